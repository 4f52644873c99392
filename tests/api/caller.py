"""A storefront for tests: calls the API with a key, sends an Idempotency-Key with everything that moves
value."""

import itertools
import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.operations import create_api_key
from loyalty.core.merchants.roles import SCOPES
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA

_names = itertools.count(1)


def key_for(merchant: Merchant, *scopes: str) -> str:
    """A fresh API key of a merchant; all scopes when none are named."""
    with acting_for(merchant, by=MARA):
        return create_api_key(name="tests", scopes=list(scopes or SCOPES), at=AT)[1]


class Caller:
    """`call("POST", "orders", {...})` → the response; `.json()` is its body."""

    def __init__(self, secret: str = "", *, raise_bugs: bool = True):
        self.secret = secret
        self.client = Client(raise_request_exception=raise_bugs)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = "",
        raw: bytes | None = None,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> HttpResponse:
        """`key` "" makes a new Idempotency-Key, None sends none; `raw` is a body as it is."""
        sent = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        if key is not None and method == "POST":
            sent["Idempotency-Key"] = key or f"test-{next(_names)}"
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else b"")
        if not data and raw is None:
            content_type = "" if body is None else content_type
        where = path if path.startswith("/") else f"/api/v1/{path}"
        return self.client.generic(
            method, where, data, content_type=content_type, headers={**sent, **(headers or {})}
        )

    def get(self, path: str, **kwargs: Any) -> HttpResponse:
        """GET."""
        return self("GET", path, **kwargs)

    def post(self, path: str, body: Any = None, **kwargs: Any) -> HttpResponse:
        """POST."""
        return self("POST", path, body, **kwargs)


def an_order(
    member: str | None = None, *, external_id: str = "", kronor: int = 100, **fields: Any
) -> dict[str, Any]:
    """The body of an order of one line."""
    return {
        "external_id": external_id or f"receipt-{next(_names)}",
        "currency": "SEK",
        "placed_at": "2026-03-02T09:00:00+01:00",
        "lines": [{"sku": "latte", "amount_minor": kronor * 100}],
        **({"member": {"external_id": member}} if member else {}),
        **fields,
    }


def an_activity(member: str, **more: Any) -> dict[str, Any]:
    """A review by a member, under a name of its own."""
    return {
        "external_id": f"did-{next(_names)}",
        "kind": "review",
        "happened_at": "2026-03-02T20:15:00+01:00",
        "member": {"external_id": member},
        **more,
    }
