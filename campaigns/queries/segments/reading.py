"""The shop's segments: found, listed, and as other floors know them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import Count, Q, QuerySet

from campaigns.models import PLACED, RfmScale, Segment
from campaigns.queries.segments.compiling import CheckedGroup, checked
from campaigns.rules.segments import Conditions
from loyalty.core.errors import NotFound
from loyalty.core.tenancy.scope import SYSTEM, acting_for
from members.models import SegmentPlace
from members.queries.belonging import segment_choices, segments_of

_KEEP_SECONDS = 5.0
_kept: dict[int, tuple[float, bool]] = {}


def are_kept(merchant: int, kinds: tuple[str, ...]) -> bool:
    """Whether a shop (its id) has segments that follow from what happens: then a worker is woken for it. Remembered for
    a few seconds, because every order asks. Outside any scope."""
    known = _kept.get(merchant)
    if known is None or known[0] <= time.monotonic():
        if len(_kept) > 10_000:
            _kept.clear()
        with acting_for(merchant, by=SYSTEM):
            known = _kept[merchant] = (time.monotonic() + _KEEP_SECONDS, with_conditions().exists())
    return known[1]


@dataclass(frozen=True, slots=True)
class Belongs:
    """A segment as it stands for one member. `place` is their place in it, None for who is not in it; `checked` how its
    conditions stand, None of a list. `by_hand`: they are in it although nothing of it says so: by a rule, or staff."""

    segment: Segment
    place: SegmentPlace | None
    checked: CheckedGroup | None

    @property
    def by_hand(self) -> bool:
        """Whether something else than conditions put them there."""
        return self.place is not None and self.place.source_kind != PLACED


def segments(*, archived: bool = False) -> QuerySet[Segment]:
    """The shop's segments by name; those put away when they are asked for."""
    state = Segment.State.ARCHIVED if archived else Segment.State.ACTIVE
    return Segment.objects.filter(state=state).order_by("name", "id")


def segment(segment_id: UUID) -> Segment:
    """One; `NotFound` otherwise."""
    found = Segment.objects.filter(pk=segment_id).first()
    if found is None:
        raise NotFound("segment")
    return found


def with_conditions() -> QuerySet[Segment]:
    """Those that follow from conditions and are kept current."""
    return segments().filter(kind=Segment.Kind.CONDITIONS)


def waiting() -> QuerySet[Segment]:
    """Those whose conditions nobody has looked at everybody with yet."""
    return with_conditions().filter(looked_at=None)


def by_hand() -> list[str]:
    """The names of segments that staff may put members into, or take them out of: lists, and others nobody has made."""
    follows = set(with_conditions().values_list("handle", flat=True))
    return [name for name, _label in segment_choices() if name not in follows]


def sizes(rows: Sequence[Segment], *, at: datetime) -> dict[UUID, int]:
    """How many members are in each: as last counted where conditions decide, counted now for lists."""
    found = {row.pk: row.size for row in rows}
    lists = {row.handle: row.pk for row in rows if row.kind == Segment.Kind.LIST}
    if lists:
        inside = SegmentPlace.objects.filter(Q(until=None) | Q(until__gt=at), segment__in=list(lists))
        counted = dict(inside.values_list("segment").annotate(number=Count("id")).order_by("segment"))
        found |= {key: counted.get(handle, 0) for handle, key in lists.items()}
    return found


def conditions_of(row: Segment) -> Conditions:
    """A segment's conditions as they were checked when they were written."""
    return msgspec.convert(row.conditions or {}, Conditions)


def places(handle: str, *, at: datetime) -> QuerySet[SegmentPlace]:
    """The places in a segment that count at an instant."""
    return SegmentPlace.objects.filter(Q(until=None) | Q(until__gt=at), segment=handle)


def latest_places(handle: str, *, at: datetime, most: int) -> list[SegmentPlace]:
    """The places in a segment, last taken first."""
    return list(places(handle, at=at).order_by("-since", "-id")[:most])


def scale() -> RfmScale | None:
    """What RFM classes are measured by; None before anybody asked for them."""
    return RfmScale.objects.first()


def names_with_conditions() -> dict[str, str]:
    """What people call the segments that follow from conditions, by handle."""
    return dict(with_conditions().values_list("handle", "name"))


def belongings(member: UUID, *, at: datetime) -> list[Belongs]:
    """Every segment of the shop as it stands for one member: those they are in first."""
    places = {row.segment: row for row in segments_of(member, at=at)}
    found = [
        Belongs(
            row,
            places.get(row.handle),
            checked(conditions_of(row), member=member, at=at)
            if row.kind == Segment.Kind.CONDITIONS
            else None,
        )
        for row in segments()
    ]
    return sorted(found, key=lambda one: (one.place is None, one.segment.name.casefold()))


def others_of(member: UUID, *, at: datetime) -> list[SegmentPlace]:
    """Segments the member is in that the shop has not made here: of answers, plans, offers and rules."""
    made = set(Segment.objects.values_list("handle", flat=True))
    return [row for row in segments_of(member, at=at) if row.segment not in made]


class Kept:
    """What floors below know of the shop's segments (`members.queries.belonging.Directory`)."""

    def labels(self) -> dict[str, str]:
        """What people call each, by its handle."""
        return dict(segments().values_list("handle", "name"))

    def follows(self, name: str) -> bool:
        """Whether who is in it follows from conditions."""
        return Segment.objects.filter(
            handle=name, kind=Segment.Kind.CONDITIONS, state=Segment.State.ACTIVE
        ).exists()
