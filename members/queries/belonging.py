"""What members have gathered."""

from uuid import UUID

from django.db.models import QuerySet

from members.models import EarnedBadge


def badges_of(member: UUID) -> QuerySet[EarnedBadge]:
    """A member's badges, first earned first."""
    return EarnedBadge.objects.filter(member=member).order_by("earned_at", "badge")
