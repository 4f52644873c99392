"""OpenAPI 3.1 from the endpoints' own declarations: the Structs that decode and encode are the schema."""

import re
from typing import Any

import msgspec
from drf_spectacular.openapi import AutoSchema

from loyalty.core.api import errors, strict
from loyalty.core.api.spec import Nothing, Spec
from loyalty.core.errors import Busy, DomainError, InvalidInput, KeyReused, NotFound

_REF = "#/components/schemas/{name}"
_types: list[Any] = [errors.Problem]


def _component(shape: Any) -> dict[str, Any]:
    if shape not in _types:
        _types.append(shape)
    (schema,), _ = msgspec.json.schema_components([shape], ref_template=_REF)
    return schema


_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x20-\\x7e]+$"},
    "description": "A new one for each new request, the same one when repeating it. Kept for good.",
    "example": "till-7-receipt-10025",
}
_PATH_WORDS = {"number": {"type": "integer", "minimum": 1, "maximum": 2_000_000_000}}


class Schema(AutoSchema):
    """Writes one operation from its `Spec`; nothing is guessed from views or models."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> dict[str, Any] | None:
        """The OpenAPI operation of one method of one endpoint."""
        handler = getattr(self.view, method.lower(), None)
        spec: Spec | None = getattr(handler, "spec", None)
        if spec is None:
            return None
        operation = {
            "operationId": _identifier(spec.summary),
            "summary": spec.summary,
            "description": _described(spec),
            "tags": [_tag(path)],
            "security": [{"apiKey": []}],
            "parameters": [*_in_path(path), *_in_query(spec), *_in_header(spec)],
            "responses": {**_good(spec), **_refusals(spec, path, method)},
        }
        if spec.body is not None:
            content: dict[str, Any] = {"schema": _component(spec.body)}
            if spec.example is not None:
                content["example"] = spec.example
            operation["requestBody"] = {"required": True, "content": {"application/json": content}}
        return operation


def _special(spec: Spec) -> list[type[DomainError]]:
    by_code = {kind.code: kind for kind in errors.kinds()}
    return [by_code[kind] if isinstance(kind, str) else kind for kind in spec.refuses]


def _identifier(summary: str) -> str:
    """What generated clients call it: "Record an order" → `record_order`."""
    words = re.findall(r"[a-z]+", summary.lower().replace("\u2019s", "").replace("'s", ""))
    return "_".join(word for word in words if word not in ("a", "an", "the"))


def _tag(path: str) -> str:
    parts = path.removeprefix("/api/v1/").split("/")
    return parts[0] or "start"


def _described(spec: Spec) -> str:
    lines = [spec.text]
    if spec.scope:
        lines.append(f"Needs the scope `{spec.scope}`.")
    if spec.refuses:
        codes = ", ".join(f"`{kind.code}`" for kind in _special(spec))
        lines.append(f"Refusals special to it: {codes}.")
    return "\n\n".join(line for line in lines if line)


def _in_path(path: str) -> list[dict[str, Any]]:
    found = []
    for name in re.findall(r"{(\w+)}", path):
        schema = _PATH_WORDS.get(
            name, {"type": "string", "minLength": 1, "maxLength": 40, "pattern": "^[a-z0-9_]+$"}
        )
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    return found


def _in_query(spec: Spec) -> list[dict[str, Any]]:
    _, components = msgspec.json.schema_components([spec.query], ref_template="{name}")
    schema = components[spec.query.__name__]
    required = set(schema.get("required", ()))
    found = []
    for name, part in schema["properties"].items():
        part = _inlined(part, components)
        words = part.pop("description", None)
        parameter = {"name": name, "in": "query", "required": name in required, "schema": part}
        found.append({**parameter, **({"description": words} if words else {})})
    return found


def _inlined(part: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """A parameter without references; null cannot be said in a query, so it is left out."""
    part = dict(part)
    if "anyOf" in part:
        kept = [one for one in part.pop("anyOf") if one != {"type": "null"}]
        part = {**part, **(kept[0] if len(kept) == 1 else {"anyOf": kept})}
    if "$ref" in part:
        part = {**components[part.pop("$ref")], **part}
        part.pop("title", None)
    if part.get("default", "") is None:
        del part["default"]
    return part


def _in_header(spec: Spec) -> list[dict[str, Any]]:
    if not spec.moves_value:
        return []
    # A rehearsal needs no key, and OpenAPI cannot say "required unless dry_run"; the endpoint itself is
    # exact.
    return [{**_IDEMPOTENCY, "required": spec.key_required and not spec.rehearses}]


def _good(spec: Spec) -> dict[str, Any]:
    found = {}
    for status, shape in spec.answers.items():
        answer: dict[str, Any] = {"description": _first_line(shape), "headers": _ANSWER_HEADERS}
        if shape is not None:
            answer["content"] = {"application/json": {"schema": _component(shape)}}
            if spec.result is not None:
                answer["content"]["application/json"]["example"] = spec.result
        found[str(status)] = answer
    return found


def _first_line(shape: Any) -> str:
    return " ".join((getattr(shape, "__doc__", None) or "Done.").split())


_ANSWER_HEADERS = {
    "RateLimit": {
        "schema": {"type": "string"},
        "description": "What is left of each limit, and when it is full again.",
    },
    "RateLimit-Policy": {"schema": {"type": "string"}, "description": "The limits: q requests in w seconds."},
    "X-Request-ID": {
        "schema": {"type": "string"},
        "description": "Yours, or one made here; quote it to support.",
    },
}


def _refusals(spec: Spec, path: str, method: str) -> dict[str, Any]:
    """The problems an endpoint can answer with, by status."""
    kinds: list[type[DomainError]] = [
        InvalidInput,
        errors.Unauthenticated,
        errors.ScopeMissing,
        errors.RateLimited,
        errors.Unavailable,
        *_special(spec),
    ]
    if "{" in path or spec.body is not None:
        kinds.append(NotFound)
    if method in ("POST", "PUT", "PATCH"):
        kinds += [strict.NotJson, errors.BodyTooLarge, errors.UnsupportedMediaType]
    if spec.moves_value:
        kinds += [errors.KeyMissing, errors.KeyMalformed, KeyReused, Busy]
    by_status: dict[int, list[str]] = {}
    for kind in kinds:
        codes = by_status.setdefault(kind.status, [])
        if kind.code not in codes:
            codes.append(kind.code)
    return {
        str(status): {
            "description": f"{errors.status_title(status)}: " + ", ".join(f"`{code}`" for code in codes),
            "content": {errors.CONTENT_TYPE: {"schema": _REF_PROBLEM}},
        }
        for status, codes in sorted(by_status.items())
    }


_REF_PROBLEM = {"$ref": _REF.format(name="Problem")}


def add_components(result: dict[str, Any], **_unused: Any) -> dict[str, Any]:
    """Post-processing: the Structs as components, the security scheme, and the patterns as other
    languages read them."""
    shapes = [shape for shape in _types if shape is not Nothing]
    _, components = msgspec.json.schema_components(shapes, ref_template=_REF)
    result.setdefault("components", {})["schemas"] = {name: components[name] for name in sorted(components)}
    result["components"]["securitySchemes"] = {
        "apiKey": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "lk_test_… or lk_live_…",
            "description": "A key from the dashboard, under “API keys”.",
        }
    }
    return _portable(result)


def _portable(part: Any) -> Any:
    """Python's `$` also matches before a last line break, so our patterns end in `$(?!\\n)`; elsewhere
    `$` is enough."""
    if isinstance(part, dict):
        return {
            key: value.replace("$(?!\\n)", "$")
            if key == "pattern" and isinstance(value, str)
            else _portable(value)
            for key, value in part.items()
        }
    return [_portable(one) for one in part] if isinstance(part, list) else part
