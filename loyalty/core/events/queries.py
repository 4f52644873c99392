"""Reading what happened."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import BigIntegerField, Func, Q, QuerySet

from loyalty.core.events.models import COMMON, Event
from loyalty.core.tenancy.plans import Fixed


class OldestOpenTransaction(Func):
    """Every transaction before this one is over: what it wrote is there, or never will be."""

    template = "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint)"
    output_field = BigIntegerField()


class OwnTransaction(Func):
    """This transaction's number, NULL while it has written nothing."""

    template = "(pg_current_xact_id_if_assigned()::text::bigint)"
    output_field = BigIntegerField()


def feed(*, after: tuple[int, int] = (0, 0), kinds: list[str] | None = None) -> QuerySet[Event]:
    """Events that no later commit can come before, in a fixed order; the caller slices. `after` is the last one's
    `(written_by, id)`. An event shows once every transaction that began writing before its own is over."""
    writer, number = after
    found = Event.objects.filter(
        Q(written_by__gt=writer) | Q(written_by=writer, pk__gt=number),
        Q(written_by__lt=OldestOpenTransaction()) | Q(written_by=OwnTransaction()),
        written_by__gte=writer,
    ).order_by("written_by", "pk")
    if kinds and not set(kinds) & set(COMMON):
        # Says nothing new, and lets the few be read from their own index instead of looked for among all events.
        found = found.exclude(kind__in=[Fixed(kind) for kind in COMMON])
    return found.filter(kind__in=kinds) if kinds else found


def about(subject: UUID) -> QuerySet[Event]:
    """Everything that happened to one subject, newest first."""
    return Event.objects.filter(subject=subject).order_by("-pk")


def log(*, kinds: Iterable[str] = (), actor: str = "") -> QuerySet[Event]:
    """The audit log, newest first; of some `kinds` (names the code has for them), or of all."""
    found = Event.objects.order_by("-pk")
    if kinds:
        found = found.filter(kind__in=[Fixed(kind) for kind in kinds])
    if actor.startswith("staff:"):
        found = found.filter(actor__begins=Fixed("staff:"))
    return found.filter(actor=actor) if actor else found
