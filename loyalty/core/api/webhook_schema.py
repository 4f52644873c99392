"""The `webhooks` part of the OpenAPI document: each kind of event as the request that tells of it."""

from typing import Any
from uuid import UUID

import msgspec

from loyalty.core import ids
from loyalty.core.api.schema import _REF
from loyalty.core.events.kinds import Kind, known
from loyalty.core.events.public import Event

_AT = "2026-03-02T08:00:00Z"
_NUMBER = 48_151
_ONE = "01980f5e-7a30-7c51-9a63-0c2b51a3d9e4"

_HEADERS = [
    ("webhook-id", f"evt_{_NUMBER}", "The message's id: the same in every attempt. Do what it tells once per id."),
    ("webhook-timestamp", "1772438400", "When this attempt was made, in seconds since 1970. Refuse what is old."),
    ("webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
     "HMAC-SHA256 over “id.timestamp.body” with your secret; several, separated by spaces, while it is rolled."),
]  # fmt: skip


def add_webhooks(result: dict[str, Any], **_unused: Any) -> dict[str, Any]:
    """Post-processing: one entry for each kind of event that is described."""
    result.setdefault("components", {}).setdefault("schemas", {}).update(_event_schema())
    result["webhooks"] = {kind.name: {"post": _operation(kind)} for kind in known()}
    return result


def _event_schema() -> dict[str, Any]:
    _, components = msgspec.json.schema_components([Event], ref_template=_REF)
    return {"Event": components["Event"]}


def _operation(kind: Kind) -> dict[str, Any]:
    return {
        "operationId": "told_" + kind.name.replace(".", "_"),
        "summary": kind.name,
        "description": f"{kind.text} How to verify, retries and ordering: /api/webhooks.",
        "tags": ["webhooks"],
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "example": example,
             "description": words}
            for name, example, words in _HEADERS
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _schema(kind), "example": example(kind)}},
        },
        "responses": {
            "2XX": {"description": "Taken. Answer at once and do the work afterwards."},
            "410": {"description": "Never again: the endpoint is switched off."},
            "default": {"description": "Not taken: it comes again, ten times over three days."},
        },
    }  # fmt: skip


def _schema(kind: Kind) -> dict[str, Any]:
    """An event of this kind: what all have, and its own figures."""
    data = {
        "type": "object",
        "properties": {name: _of(value) for name, value in kind.data.items()},
        "description": "Further figures may be added; read what you know.",
    }
    return {
        "allOf": [{"$ref": _REF.format(name="Event")}],
        "properties": {"kind": {"const": kind.name}, "data": data},
    }


def _of(value: Any) -> dict[str, Any]:
    """The schema of a figure, by its example."""
    match value:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case list():
            return {"type": "array", "items": _of(value[0]) if value else {}}
        case None:
            return {}
    return {"type": ["string", "null"]}


def example(kind: Kind) -> dict[str, Any]:
    """An event of this kind as it is told."""
    subject = ids.encode(kind.about, UUID(_ONE)) if kind.about else None
    return {
        "number": _NUMBER, "kind": kind.name, "subject": subject, "actor": "system", "data": dict(kind.data),
        "happened_at": _AT, "recorded_at": _AT,
    }  # fmt: skip
