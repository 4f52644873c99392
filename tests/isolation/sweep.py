"""The intruder: tries every address as somebody who must not get anywhere, and reports whatever gives way."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http.response import HttpResponseBase
from django.test import Client

from tests.isolation.routes import Route
from tests.isolation.snapshot import everything, kept, written
from tests.isolation.victims import Shop, absent

REFUSED = {400, 401, 403, 404, 405, 409, 410, 415, 422, 429}
# Where somebody is sent who has to sign in first: the sign-in page, or the front page of a shop's portal; at the till,
# to make the browser one.
_TO_THE_DOOR = re.compile(r"/login|/sign-in|^/pos/pair/$|^/[a-z0-9-]+/(\?|$)")
_VARYING = re.compile(
    r"\b[a-z]{3}_[0-9a-z]{26}\b|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9A-Za-z]{64}\b|\b[0-9a-f]{32}\b"
    r"|req_\w+|\d{4}-\d\d-\d\dT[\d:.]+(Z|\+\d\d:\d\d)?"
)
"""Ids, tokens against forged requests, names of requests, instants."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks: signed in as `user`, or with an API `key`, or a stranger. `home` is their own
    shop."""

    name: str
    home: Shop | None = None
    insider: bool = False  # a member of the victim's shop: may join in there, in their own name
    user: Any = None
    key: str = ""

    def client(self) -> Client:
        """A fresh browser, signed in when the visitor has an account."""
        client = Client(raise_request_exception=False)
        if self.user is not None:
            client.force_login(self.user)
        return client


@dataclass(frozen=True)
class Breach:
    """Something gave way: who did what where, and what was seen."""

    visitor: str
    method: str
    template: str
    what: str

    def __str__(self) -> str:
        return f"{self.visitor}: {self.method.upper()} {self.template}: {self.what}"


class Sweep:
    """Everything one visitor tries on a victim's shop. `secret` must never be in an answer."""

    def __init__(self, victim: Shop, *, secret: str):
        self.victim = victim
        self.secret = secret.lower()
        self.nothing = absent(victim)
        self.tried = 0
        self.before = everything(victim.merchant)
        self.written = written()

    def visit(self, visitor: Visitor, route: Route) -> Iterator[Breach]:
        """Try one address every way; yields what gave way."""
        client = visitor.client()
        for method in route.methods:
            for breach in self._try(client, visitor, route, method):
                yield Breach(visitor.name, method, route.template, breach)
        front = route.is_front and visitor.insider
        for what in self.changes():
            if front:
                continue
            yield Breach(visitor.name, "any", route.template, what)

    def changes(self) -> list[str]:
        """What of the victim's has changed since the last look."""
        before, self.written = self.written, written()  # only what was written to can have changed
        touched = {table for table in kept() if self.written.get(table) != before.get(table)}
        if not touched:
            return []
        after = everything(self.victim.merchant, touched)
        changed = sorted(table for table in after if after[table] != self.before[table])
        self.before |= after
        return [f"changed {', '.join(changed)}"] if changed else []

    def _try(self, client: Client, visitor: Visitor, route: Route, method: str) -> Iterator[str]:
        theirs, nowhere = self.victim.ids, self.nothing
        if route.template.startswith(("/<slug>/", "/w/<slug>/")):
            nowhere = {**nowhere, "slug": theirs["slug"]}  # that a shop has a portal is no secret
        named = route.kinds - {"slug"}
        closed = not route.is_front
        yield from self._compare(
            client, visitor, route, method, theirs, nowhere, refused=closed and bool(route.kinds)
        )
        if "slug" in route.kinds and visitor.home:
            # In the visitor's own shop, asking for the victim's things.
            at_home = {"slug": visitor.home.ids["slug"]}
            theirs, nowhere = {**theirs, **at_home}, {**nowhere, **at_home}
            yield from self._compare(client, visitor, route, method, theirs, nowhere, refused=bool(named))

    def _compare(
        self,
        client: Client,
        visitor: Visitor,
        route: Route,
        method: str,
        theirs: dict[str, str],
        nowhere: dict[str, str],
        *,
        refused: bool,
    ) -> Iterator[str]:
        """Ask for what is another's; where that is to be refused, ask for what is not there, too."""
        answer = self._send(client, visitor, route, method, theirs)
        yield from self._judge(answer, refused=refused)
        if refused:
            missing = self._send(client, visitor, route, method, nowhere)
            if _plainly(answer, theirs) != _plainly(missing, nowhere):
                statuses = f"{missing.status_code} and {answer.status_code}"
                yield f"what is absent and what is another's look different: {statuses}"

    def _judge(self, answer: HttpResponseBase, *, refused: bool) -> Iterator[str]:
        if answer.status_code >= 500 and answer.status_code != 503:  # 503 is said on purpose: not ready yet
            yield f"answered {answer.status_code}"
        if self.secret in _text(answer).lower():
            yield f"showed what is secret (answered {answer.status_code})"
        turned_away = answer.status_code in REFUSED or (
            answer.status_code in {302, 303} and _TO_THE_DOOR.search(answer["Location"])
        )
        if refused and not turned_away:
            yield f"answered {answer.status_code} for what is another's"

    def _send(
        self, client: Client, visitor: Visitor, route: Route, method: str, ids: dict[str, str]
    ) -> HttpResponseBase:
        self.tried += 1
        path = route.filled(ids)
        headers = {"Idempotency-Key": f"sweep-{self.tried}"}
        if visitor.key:
            headers["Authorization"] = f"Bearer {visitor.key}"
        if method == "get":
            query = {} if route.is_api else {"q": self.secret[:5], "member": ids.get("member", "")}
            return client.get(path, query, headers=headers)
        body = _body(route, method, ids)
        if route.is_api:
            send = getattr(client, method)
            return send(path, data=json.dumps(body), content_type="application/json", headers=headers)
        return client.generic(
            method.upper(),
            path,
            _form(body),
            content_type="application/x-www-form-urlencoded",
            headers=headers,
        )


def _body(route: Route, method: str, ids: dict[str, str]) -> dict[str, Any]:
    """What the address is sent: its own example with the victim's ids in it, or the ids under the usual
    names."""
    view = getattr(route.view, "cls", None)
    spec = getattr(getattr(view, method, None), "spec", None)
    example = getattr(spec, "example", None)
    if isinstance(example, dict):
        return _with_ids(example, ids)
    usual = {
        name: ids[name] for name in ("member", "order", "reward", "redemption", "voucher") if name in ids
    }
    return usual | {
        "code": ids.get("voucher", ""), "other": ids.get("member", ""), "into": ids.get("member", ""),
        "points": "1", "amount": "1", "reason": "sweep", "confirm": "yes",
    }  # fmt: skip


_PREFIXES = {
    "mbr": "member",
    "ord": "order",
    "rwd": "reward",
    "rdm": "redemption",
    "ssn": "session",
    "bkg": "booking",
    "ful": "fulfilment",
    "lot": "lot",
    "trf": "transfer",
    "iwn": "instant_win",
}


def _with_ids(value: Any, ids: dict[str, str]) -> Any:
    """An example in which each id is the one given for its kind."""
    if isinstance(value, dict):
        return {name: _with_ids(part, ids) for name, part in value.items()}
    if isinstance(value, list):
        return [_with_ids(part, ids) for part in value]
    if isinstance(value, str) and len(value) == 30 and value[:3] in _PREFIXES:
        return ids.get(_PREFIXES[value[:3]], value)
    return value


def _form(body: dict[str, Any]) -> str:
    from urllib.parse import urlencode

    return urlencode({name: value for name, value in body.items() if not isinstance(value, dict | list)})


def _text(answer: HttpResponseBase) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return "\n".join([content.decode(errors="replace"), *(f"{k}: {v}" for k, v in answer.items())])


def _plainly(answer: HttpResponseBase, asked: dict[str, str]) -> tuple[int, str]:
    """Status and body without what was asked for, and without what differs between any two requests."""
    if answer.streaming:
        return answer.status_code, ""
    text = answer.content.decode(errors="replace")  # type: ignore[attr-defined]
    for value in sorted(asked.values(), key=len, reverse=True):
        if len(value) > 3:
            text = text.replace(value, "…")
    return answer.status_code, _VARYING.sub("…", text)
