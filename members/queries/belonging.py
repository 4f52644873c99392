"""What members have gathered."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from loyalty.core.tenancy import scope
from members.models import DrawEntry, EarnedBadge, SegmentPlace, TierStanding


def badges_of(member: UUID) -> QuerySet[EarnedBadge]:
    """A member's badges, first earned first."""
    return EarnedBadge.objects.filter(member=member).order_by("earned_at", "badge")


def chances_of(member: UUID) -> dict[str, int]:
    """How many chances a member has in each draw."""
    rows = DrawEntry.objects.filter(member=member).order_by("draw").values_list("draw")
    return {draw: number for draw, number in rows.annotate(number=Sum("entries")) if number}


def segments_of(member: UUID, *, at: datetime) -> list[SegmentPlace]:
    """The segments a member is in at an instant, by name."""
    rows = SegmentPlace.objects.filter(member=member).order_by("segment")
    return list(rows.filter(Q(until=None) | Q(until__gt=at)))


def tiers_of(members: list[UUID]) -> dict[UUID, str]:
    """The tiers of some members, by member; who has none is missing."""
    return dict(TierStanding.objects.filter(member__in=members).values_list("member", "tier"))


# One look into the index for each segment, however many members each has.
_SEGMENTS = """
WITH RECURSIVE found (segment) AS (
    (SELECT segment FROM members_segmentplace WHERE merchant_id = %(m)s ORDER BY segment LIMIT 1)
    UNION ALL
    SELECT (SELECT p.segment FROM members_segmentplace p WHERE p.merchant_id = %(m)s AND p.segment > f.segment
             ORDER BY p.segment LIMIT 1)
      FROM found f WHERE f.segment IS NOT NULL)
SELECT segment FROM found WHERE segment IS NOT NULL LIMIT %(most)s
"""


def segment_names(*, most: int = 200) -> list[str]:
    """The names of the segments that somebody is in, sorted."""
    with connection.cursor() as cursor:
        cursor.execute(_SEGMENTS, {"m": scope.merchant_id(), "most": most})
        return [row[0] for row in cursor.fetchall()]


class Directory(Protocol):
    """Knows the segments that the shop has made. They belong to a floor above, which registers itself."""

    def labels(self) -> dict[str, str]:
        """What people call each of them, by its name in rules."""

    def follows(self, name: str) -> bool:
        """Whether who is in it follows from conditions, and from nobody's hand."""


_directories: list[Directory] = []


def register_directory(directory: Directory) -> None:
    """Let segments be known by `directory`. Called once, when the app that keeps them starts."""
    _directories[:] = [directory]


def segment_labels() -> dict[str, str]:
    """The segments the shop has made, by name, with what people call them; in the order of those words."""
    made = _directories[0].labels() if _directories else {}
    return dict(sorted(made.items(), key=lambda pair: pair[1].casefold()))


def follows_from_conditions(name: str) -> bool:
    """Whether nobody can be put into a segment, because conditions say who is in it."""
    return any(one.follows(name) for one in _directories)


def segment_choices() -> list[tuple[str, str]]:
    """Every segment that can be named: those the shop has made, then others that somebody is in."""
    made = segment_labels()
    return [*made.items(), *((name, name) for name in segment_names() if name not in made)]
