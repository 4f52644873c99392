"""The frame around every endpoint: who, how often, what is asked, once, and how it is answered.

Django REST framework's own dispatch (content negotiation, parsers, serializers, its request and response
objects) costs more than recording an order does, so `Endpoint` replaces it and keeps the class for
routing and the schema.
"""

import logging
import random
import re
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.core.exceptions import SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.views import APIView

from loyalty.core import clock
from loyalty.core.api import errors, idempotency, sightings
from loyalty.core.api.authentication import authenticate, require_scope, touch
from loyalty.core.api.pagination import Window, links
from loyalty.core.api.spec import Nothing, Spec, within
from loyalty.core.api.strict import read_body, read_query
from loyalty.core.api.throttling import Verdict, request_buckets, take
from loyalty.core.errors import Busy, DomainError, InvalidInput
from loyalty.core.merchants.queries import Credential
from loyalty.core.tenancy.scope import Actor, acting_for

log = logging.getLogger("django.request")

METHODS = ("get", "post", "put", "patch", "delete")
_ATTEMPTS = 4
_AGAIN = {"40P01", "40001"}  # deadlock, serialization failure
_LATER = {
    "55P03",
    "57014",
    "57P01",
    "57P02",
    "57P03",
    "53300",
}  # locks, cancelled, shutting down, too many connections
_KEPT = {404, 409, 422}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_encode = msgspec.json.Encoder(enc_hook=str).encode


@dataclass(slots=True)
class Call:
    """One request, checked. `at` is the instant to work at: now, or what a rehearsal asks for."""

    request: HttpRequest
    credential: Credential
    now: datetime
    at: datetime
    dry_run: bool
    query: Any
    body: Any
    key: idempotency.Key | None = None

    @property
    def natural_key(self) -> str:
        """The name under which an operation keeps what this request does."""
        return self.key.natural if self.key else f"rehearsal:{secrets.token_hex(16)}"

    def page(self, window: Window, rows: list) -> dict[str, Any]:
        """A page's body: `rows` with the links beside them."""
        parameters = {name: str(value) for name, value in self.request.GET.items() if name != "cursor"}
        return {"data": rows, **links(self.request.path, parameters, window)}


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out."""

    status: int
    body: bytes
    replayed: bool = False


class _Refusal(Exception):
    """The handler refused: what it did is rolled back, then the answer is kept."""


class _Rehearsed(Exception):
    """A dry run is over: roll everything back."""


class Endpoint(APIView):
    """One address of the API; each method is declared with `@endpoint(...)`."""

    def dispatch(self, request: HttpRequest, *_args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer the request. Every refusal is a problem; only a bug is a 500."""
        verdict: list[Verdict] = []
        extra: dict[str, str] = {}
        try:
            reply = self._reply(request, kwargs, clock.now(), verdict)
            if reply.replayed:
                extra["Idempotent-Replayed"] = "true"
        except DomainError as error:
            reply = Reply(error.status, errors.problem_body(error))
            extra.update(self._headers_of(error))
        except SuspiciousOperation as error:
            reply = _refused(InvalidInput.of("", str(error)))
        except (DatabaseError, InterfaceError) as error:
            if not _is_outage(error):
                reply = _bug(self, request, error)
            else:
                log.warning("the database could not answer %s", request.path, exc_info=True)
                reply, extra["Retry-After"] = _refused(errors.Unavailable()), "1"
        except Exception as error:  # noqa: BLE001 - the caller gets a problem, the log and the tests get the exception
            reply = _bug(self, request, error)
        return _response(request, reply, {**(verdict[0].headers() if verdict else {}), **extra})

    def _reply(
        self, request: HttpRequest, kwargs: dict[str, Any], now: datetime, verdict: list[Verdict]
    ) -> Reply:
        if request.method == "OPTIONS":
            return Reply(204, b"")
        name = "get" if request.method == "HEAD" else (request.method or "").lower()
        handler = getattr(self, name, None) if name in METHODS else None
        if handler is None:
            raise errors.MethodNotAllowed(allowed=", ".join(self._allowed()))
        spec: Spec = handler.spec
        who = authenticate(request, at=now)
        verdict.append(take(request_buckets(who.merchant.pk, who.key)))
        if verdict[0].wait_seconds:
            raise errors.RateLimited(retry_after=max(1, round(verdict[0].wait_seconds + 0.5)))
        require_scope(who, spec.scope)
        call = _call(request, spec, who, now)
        touch(who, at=now)
        reply = _attempts(handler, spec, call, kwargs)
        if spec.step and reply.status < 400 and not call.dry_run:
            sightings.note(who, spec.step, at=now)
        return reply

    @classmethod
    def _allowed(cls) -> list[str]:
        found = [name.upper() for name in METHODS if hasattr(cls, name)]
        return [*found, *(["HEAD"] if "GET" in found else []), "OPTIONS"]

    def _headers_of(self, error: DomainError) -> dict[str, str]:
        if isinstance(error, errors.Unauthenticated):
            return {"WWW-Authenticate": 'Bearer realm="loyalty"'}
        if isinstance(error, errors.MethodNotAllowed):
            return {"Allow": ", ".join(self._allowed())}
        if isinstance(error, errors.RateLimited):
            return {"Retry-After": str(error.params["retry_after"])}
        if isinstance(error, Busy):
            return {"Retry-After": "1"}
        return {}


class NoSuchAddress(Endpoint):
    """Whatever else is asked for under /api/."""

    schema = None

    def dispatch(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """404, as a problem."""
        return _response(request, _refused(errors.NoSuchPath()), {})


def _call(request: HttpRequest, spec: Spec, who: Credential, now: datetime) -> Call:
    query = read_query(_parameters(request), spec.query)
    body = _body(request, spec) if request.method in ("POST", "PUT", "PATCH") else None
    call = Call(request, who, now, now, False, query, body)
    if spec.rehearses:
        call.dry_run = query.dry_run
        if query.at is not None:
            if not query.dry_run:
                raise InvalidInput.of("at", "“at” rehearses: send it together with dry_run=true.")
            call.at = within("at", query.at)
    header = request.headers.get("Idempotency-Key")
    if spec.moves_value and header is not None:
        asked = [request.method, request.path, sorted(request.GET.items()), body]
        key = idempotency.key_of(header, credential=who.key, asked=asked)
        call.key = None if call.dry_run else key
    elif spec.moves_value and spec.key_required and not call.dry_run:
        raise errors.KeyMissing
    return call


def _parameters(request: HttpRequest) -> dict[str, str]:
    found = {}
    for name, values in request.GET.lists():
        if len(values) > 1:
            raise InvalidInput.of(name.replace("\x00", "\\0"), "Give this parameter once.", "duplicate")
        if "\x00" in name or "\x00" in values[0]:
            raise InvalidInput.of(name.replace("\x00", "\\0"), "The text holds a NUL character.", "nul")
        found[name] = values[0]
    if "at" in found:  # an unescaped “+” of a time zone arrives as a space
        found["at"] = re.sub(r" (\d\d:?\d\d)$", r"+\1", found["at"])
    return found


def _body(request: HttpRequest, spec: Spec) -> Any:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > spec.max_bytes:
        raise errors.BodyTooLarge(limit_bytes=spec.max_bytes)
    raw = request.read()
    shape = spec.reads or spec.body or Nothing
    if not raw and shape is Nothing:
        return Nothing()
    if not _is_json(request.content_type, request.content_params):
        raise errors.UnsupportedMediaType
    return read_body(raw, shape)


def _is_json(content_type: str | None, parameters: dict[str, str] | None) -> bool:
    charset = (parameters or {}).get("charset", "utf-8")
    return content_type == "application/json" and charset.lower() in ("utf-8", "utf8")


def _attempts(handler: Any, spec: Spec, call: Call, kwargs: dict[str, Any]) -> Reply:
    """Once; again from the start when the database chose us to break a deadlock, with a little wait."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _once(handler, call, kwargs)
        except idempotency.Raced:
            if attempt == _ATTEMPTS:
                raise Busy from None
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in _AGAIN:
                raise
            if attempt == _ATTEMPTS:
                raise errors.Unavailable from error
            time.sleep(random.uniform(0.005, 0.03) * attempt)
    raise AssertionError("the last attempt returns or raises")


def _once(handler: Any, call: Call, kwargs: dict[str, Any]) -> Reply:
    """The whole request in one transaction, which is the scope of its merchant."""
    by = Actor("api_key", str(call.credential.key))
    try:
        with acting_for(call.credential.merchant, by=by):
            if call.key is not None:
                given = idempotency.earlier(call.key)
                if given is not None:
                    return Reply(given.status, given.body.encode(), True)
            try:
                answer = handler(call, **kwargs)
            except DomainError as refusal:
                raise _Refusal(refusal) from refusal
            status, content = answer if isinstance(answer, tuple) else (200, answer)
            reply = Reply(status, b"" if content is None else _encode(content))
            if call.dry_run:
                raise _Rehearsed(reply)
            if call.key is not None:
                idempotency.store(call.key, status, reply.body.decode(), at=call.now)
        return reply
    except _Rehearsed as over:
        return over.args[0]
    except _Refusal as wrapped:
        found: DomainError = wrapped.args[0]
        if call.key is None or found.status not in _KEPT:
            raise found from None
        return _keep(found, call, call.key, by)


def _keep(refusal: DomainError, call: Call, key: idempotency.Key, by: Actor) -> Reply:
    """A refusal of the business is an answer too: the same key gets it again, whatever has changed since."""
    reply = _refused(refusal)
    with acting_for(call.credential.merchant, by=by):
        given = idempotency.earlier(key)
        if given is not None:
            return Reply(given.status, given.body.encode(), True)
        idempotency.store(key, reply.status, reply.body.decode(), at=call.now)
    return reply


def _refused(error: DomainError) -> Reply:
    return Reply(error.status, errors.problem_body(error))


def _is_outage(error: DatabaseError | InterfaceError) -> bool:
    """The server is away or overloaded, as opposed to a statement that is wrong."""
    state = getattr(error.__cause__, "sqlstate", None)
    lost = isinstance(error, OperationalError | InterfaceError) and state is None
    return lost or state in _LATER or str(state or "").startswith("08")


def _bug(view: Endpoint, request: HttpRequest, error: Exception) -> Reply:
    got_request_exception.send(sender=type(view), request=request)
    log.error("unexpected error in %s %s", request.method, request.path, exc_info=error)
    return _refused(errors.InternalError())


def _response(request: HttpRequest, reply: Reply, extra: dict[str, str]) -> HttpResponse:
    kind = "application/json" if reply.status < 400 else errors.CONTENT_TYPE
    response = HttpResponse(
        b"" if request.method == "HEAD" else reply.body, status=reply.status, content_type=kind
    )
    response.headers["Content-Length"] = str(len(reply.body))
    response.headers["Cache-Control"] = "no-store"
    asked = request.headers.get("X-Request-ID", "")
    response.headers["X-Request-ID"] = asked if _REQUEST_ID.fullmatch(asked) else secrets.token_hex(12)
    if request.method == "OPTIONS":
        response.headers["Allow"] = ", ".join(request.resolver_match.func.cls._allowed())  # type: ignore[union-attr]
    for name, value in extra.items():
        response.headers[name] = value
    return response
