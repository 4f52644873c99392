"""What members have gathered."""

from uuid import UUID

from django.db.models import QuerySet

from members.models import EarnedBadge, SegmentPlace


def badges_of(member: UUID) -> QuerySet[EarnedBadge]:
    """A member's badges, first earned first."""
    return EarnedBadge.objects.filter(member=member).order_by("earned_at", "badge")


def segments_with_members(most: int = 200) -> set[str]:
    """Segments that somebody is in, at most so many."""
    found = SegmentPlace.objects.order_by("segment").values_list("segment", flat=True).distinct()
    return set(found[:most])
