"""What a job can be. Upper apps register their kinds when they start; nobody below knows what they do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from loyalty.core.jobs.models import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one chunk did: `done` more units of work, where the next one begins, what is known of the result by now.
    `over` ends the job. `file` is what can be downloaded afterwards."""

    cursor: dict[str, Any] = field(default_factory=dict)
    done: int = 0
    total: int | None = None
    result: dict[str, Any] | None = None
    file: UUID | None = None
    over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`step(job, at)` does the next chunk inside the open transaction and raises `DomainError` to end the job with a
    sentence. `permission` is what one must be allowed to do to see it. With `snapshot` a chunk reads everything as of
    one instant."""

    name: str
    label: Any
    permission: str
    step: Callable[["Job", datetime], Step]
    scope: str = ""
    snapshot: bool = False


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Called once per kind, when its app starts."""
    _kinds[kind.name] = kind


def named(name: str) -> Kind | None:
    """The kind of that name; None when the code has gone."""
    return _kinds.get(name)
