"""Errors that people meet.

A `DomainError` is an answer, not a bug: it carries a stable `code` for machines, a sentence for people that
says what happened and what to do, and the field it is about. Forms show it beside the field; the API turns it
into `application/problem+json`. Any other exception is a bug and surfaces.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty.core import complaints
from loyalty.core.codewords import in_words


class DomainError(Exception):
    """Base of every refusal. Subclasses set `code`, `message` and `status`, beside the operation that raises
    them.

    `message` is a format string; keyword arguments fill it, codes as words of the language, and travel to API clients
    as they are as `params`.
    """

    code = "refused"
    status = 422
    message: Any = _("This cannot be done.")
    field: str | None = None

    def __init__(self, *, field: str | None = None, **params: Any):
        self.params = params
        if field is not None:
            self.field = field
        super().__init__(self.code)

    def __str__(self) -> str:
        said = {place: in_words(place, value) for place, value in self.params.items()}
        return str(self.message).format(**said)


class NotFound(DomainError):
    """Absent and not yours look the same on purpose."""

    code = "not_found"
    status = 404
    message = _("There is no such {what} here.")

    def __init__(self, what: str = "thing", **params: Any):
        super().__init__(what=what, **params)


class Forbidden(DomainError):
    code = "forbidden"
    status = 403
    message = _("Your role does not allow this. Ask an owner of the shop.")


class InvalidInput(DomainError):
    """Bad input, one entry per field: `errors = [{"field": "lines[0].sku", "code": …, "message": …}]`.
    Messages that rules wrote in English are said in the reader's language."""

    code = "invalid_input"
    status = 400
    message = _("Some of the data cannot be used. See the fields named in “errors”.")

    def __init__(self, errors: list[dict[str, str]]):
        super().__init__()
        self.errors = [{**found, "message": complaints.in_words(found["message"])} for found in errors]

    @classmethod
    def of(cls, field: str, message: str, code: str = "invalid") -> "InvalidInput":
        """The common case: one field, one sentence."""
        return cls([{"field": field, "code": code, "message": str(message)}])


class KeyReused(DomainError):
    code = "key_reused"
    status = 422
    message = _("This key was already used for something else. Use a new key for a new request.")


class Busy(DomainError):
    code = "in_flight"
    status = 409
    message = _("The same request is being worked on right now. Ask again in a second.")
