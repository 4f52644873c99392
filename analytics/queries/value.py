"""What members are worth: the last fit with what it says of groups, who is about to leave, and one member."""

from uuid import UUID

from django.db.models import QuerySet

from analytics.models import MemberValue, ValueFit
from loyalty.core.errors import NotFound


def last_fit() -> ValueFit | None:
    """The last night's work; None before the first."""
    return ValueFit.objects.order_by("-day").first()


def fits(most: int = 30) -> list[ValueFit]:
    """The last nights' work, oldest first."""
    return list(ValueFit.objects.order_by("-day")[:most])[::-1]


def of_member(member: UUID) -> MemberValue | None:
    """What is foretold of a member; None of one who bought nothing, or where nothing could be."""
    return MemberValue.objects.filter(member=member).first()


def of_stage(stage: str) -> QuerySet[MemberValue]:
    """Members of a stage, by what they have spent, most first. Raises: NotFound for a stage there is none of."""
    if stage not in MemberValue.Stage.values:
        raise NotFound("stage")
    return MemberValue.objects.filter(stage=stage).order_by("-spent_minor", "-id")
