"""What an endpoint says of itself, once: it is checked by `base`, written into the schema, and swept by
the tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

import msgspec

from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.money import MAX_POINTS

MAX_BYTES = 2 * 1024 * 1024
MAX_BATCH_BYTES = 10 * 1024 * 1024

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone, like 2026-11-21T14:02:00+01:00."""
Points = Annotated[int, msgspec.Meta(ge=1, le=MAX_POINTS)]
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class Nothing(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An empty object; the body may also be left out."""


class NoParameters(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """No query parameters."""


class Rehearsal(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`dry_run` answers as if it were done and writes nothing; `at` rehearses it at another instant."""

    dry_run: bool = False
    at: Instant | None = None


def within(field_name: str, instant: datetime) -> datetime:
    """An instant between 2000 and 2100, in UTC; `InvalidInput` otherwise."""
    if not _EARLIEST <= instant <= _LATEST:
        raise InvalidInput.of(field_name, "The time must lie between the years 2000 and 2100.")
    return instant.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """`answers` maps each good status to its Struct. `body` is the documented Struct, `reads` the decoded
    one when it
    differs. `moves_value` makes the Idempotency-Key required. `refuses` lists the refusals special to it,
    by class, or by code where the class belongs to a sealed room. `step` is the step of the quickstart it is."""

    summary: str
    scope: str
    answers: Mapping[int, Any]
    body: Any = None
    reads: Any = None
    query: Any = NoParameters
    moves_value: bool = False
    key_required: bool = True
    max_bytes: int = MAX_BYTES
    refuses: tuple[type[DomainError] | str, ...] = ()
    example: Any = None
    result: Any = None
    text: str = field(default="")
    step: str = ""

    @property
    def rehearses(self) -> bool:
        """True when it takes `dry_run` and `at`."""
        return "dry_run" in getattr(self.query, "__struct_fields__", ())


Handler = Callable[..., tuple[int, Any] | Any]


def endpoint(**said: Any) -> Callable[[Handler], Handler]:
    """Declare a method of an `Endpoint` class as one operation of the API. Its docstring is the
    description."""

    def declare(handler: Handler) -> Handler:
        text = " ".join((handler.__doc__ or "").split())
        handler.spec = Spec(**{"text": text, **said})  # type: ignore[attr-defined]
        return handler

    return declare


@cache
def page_of(row: Any) -> Any:
    """The Struct of a page of `row`s: one, however many lists have them, for a schema names it once."""
    return msgspec.defstruct(
        f"{row.__name__}Page",
        [("data", list[row]), ("next", str | None), ("prev", str | None)],
        namespace={"__doc__": "One page; `next` and `prev` are addresses, null at the ends."},
        module=row.__module__,
    )
