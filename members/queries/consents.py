"""What a member agreed to, and how that came about."""

from uuid import UUID

from django.db.models import QuerySet

from members.models import Consent


def consents_of(member: UUID) -> QuerySet[Consent]:
    """Every yes and no of a member, last first."""
    return Consent.objects.filter(member=member).order_by("-id")
