"""Every refusal as `application/problem+json` (RFC 9457), with a code that never changes."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import msgspec
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError

CONTENT_TYPE = "application/problem+json"


class Unauthenticated(DomainError):
    code = "unauthenticated"
    status = 401
    message = _("Send a valid API key as “Authorization: Bearer lk_…”.")


class ScopeMissing(DomainError):
    code = "scope_missing"
    status = 403
    message = _("This API key lacks the scope {scope}.")


class NoSuchPath(DomainError):
    code = "no_such_path"
    status = 404
    message = _("There is nothing at this address. See /api/docs.")


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"
    status = 405
    message = _("This address takes {allowed}.")


class BodyTooLarge(DomainError):
    code = "body_too_large"
    status = 413
    message = _("The body may have at most {limit_bytes} bytes.")


class UnsupportedMediaType(DomainError):
    code = "unsupported_media_type"
    status = 415
    message = _("Send JSON, with “Content-Type: application/json”.")


class RateLimited(DomainError):
    code = "rate_limited"
    status = 429
    message = _("Too many requests. Wait {retry_after} seconds.")


class KeyMissing(DomainError):
    code = "idempotency_key_missing"
    status = 400
    message = _(
        "This request moves value: send an “Idempotency-Key” header, a new one for each new request and the "
        "same one for a repetition. See /api/docs."
    )
    field = "Idempotency-Key"


class KeyMalformed(DomainError):
    code = "idempotency_key_malformed"
    status = 400
    message = _("The “Idempotency-Key” header must be 1 to 255 visible ASCII characters.")
    field = "Idempotency-Key"


class InternalError(DomainError):
    """What a caller sees of a bug. The log has the rest."""

    code = "internal_error"
    status = 500
    message = _("Something went wrong here. Nothing was written; it is safe to ask again with the same key.")


class Unavailable(DomainError):
    code = "unavailable"
    status = 503
    message = _("The service is busy or restarting. Nothing was written; ask again in a moment.")


class FieldProblem(msgspec.Struct):
    """One field that cannot be used: a path like `lines[0].sku`, a stable code, a sentence."""

    field: str
    code: str
    message: str


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457 problem details. Decide by `code`; show `detail` to people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem] = []
    params: dict[str, Any] = {}
    reasons: list[dict[str, Any]] = []


_encode = msgspec.json.Encoder(enc_hook=str).encode


def link(code: str) -> str:
    """Where a problem is explained."""
    return f"{settings.SITE_URL}/api/problems#{code}"


def problem(error: DomainError) -> Problem:
    """The problem that tells a caller about a refusal."""
    errors = getattr(error, "errors", None)
    if errors is None:
        errors = [{"field": error.field, "code": error.code, "message": str(error)}] if error.field else []
    return Problem(
        type=link(error.code),
        title=error.code.replace("_", " ").capitalize(),
        status=error.status,
        detail=str(error),
        code=error.code,
        errors=[FieldProblem(**found) for found in errors],
        params=dict(error.params),
        reasons=[
            {name: value for name, value in msgspec.structs.asdict(reason).items() if value is not None}
            for reason in getattr(error, "reasons", ())
        ],
    )


def problem_body(error: DomainError) -> bytes:
    """The same, as JSON."""
    return _encode(problem(error))


def kinds(of: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Every refusal the product knows, for the page that explains them."""
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


def status_title(status: int) -> str:
    """The HTTP phrase of a status."""
    return HTTPStatus(status).phrase
