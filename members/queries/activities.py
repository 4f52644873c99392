"""Reading activities: a member's, all of a shop's, one."""

from uuid import UUID

from django.db.models import QuerySet

from loyalty.core.errors import NotFound
from members.models import Activity, Member


def of_member(member: UUID) -> QuerySet[Activity]:
    """A member's activities, last recorded first, those of members merged into them included. The caller slices."""
    # Named one by one: PostgreSQL would read the whole shop for "theirs, or of whoever was merged into them".
    merged = Member.objects.filter(merged_into=member).values_list("pk", flat=True)
    return Activity.objects.filter(member__in=[member, *merged]).order_by("-id")


def every() -> QuerySet[Activity]:
    """All activities of the shop, in no order; the caller narrows and slices."""
    return Activity.objects.all()


def activity(activity_id: UUID) -> Activity:
    """One activity; `NotFound` otherwise."""
    found = Activity.objects.filter(pk=activity_id).first()
    if found is None:
        raise NotFound("activity")
    return found
