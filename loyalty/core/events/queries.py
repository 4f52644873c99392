"""Reading what happened."""

from uuid import UUID

from django.db.models import QuerySet

from loyalty.core.events.models import Event


def feed(*, after: int = 0, kinds: list[str] | None = None) -> QuerySet[Event]:
    """Events in the order they were numbered, after a number; the caller slices."""
    found = Event.objects.filter(pk__gt=after).order_by("pk")
    return found.filter(kind__in=kinds) if kinds else found


def about(subject: UUID) -> QuerySet[Event]:
    """Everything that happened to one subject, newest first."""
    return Event.objects.filter(subject=subject).order_by("-pk")


def log(*, kind: str = "", actor: str = "") -> QuerySet[Event]:
    """The audit log, newest first."""
    found = Event.objects.order_by("-pk")
    if kind:
        found = found.filter(kind=kind)
    return found.filter(actor=actor) if actor else found
