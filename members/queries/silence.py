"""Members of whom nothing has been heard for long: who has neither bought nor done anything since."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from members.models import Activity, Member, Stats


def silent_members(*, before: datetime) -> QuerySet[Member]:
    """Members who joined before an instant and have not bought and not done anything since, first joined first. The
    caller slices."""
    bought = Stats.objects.filter(member=OuterRef("pk"), last_order_at__gte=before)
    did = Activity.objects.filter(member=OuterRef("pk"), happened_at__gte=before)
    here = (Member.Status.ACTIVE, Member.Status.BLOCKED)
    found = Member.objects.filter(status__in=here, joined_at__lt=before)
    return found.exclude(Exists(bought)).exclude(Exists(did)).order_by("joined_at", "id")
