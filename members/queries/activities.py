"""Reading activities: a member's, all of a shop's, one."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import QuerySet

from loyalty.core.errors import NotFound
from loyalty.core.tenancy.plans import Fixed
from members.models import Activity, Member
from members.queries.prints import print_of
from members.rules.moderation import Proof, same_page


def of_member(member: UUID) -> QuerySet[Activity]:
    """A member's activities, last recorded first, those of members merged into them included. The caller slices."""
    # Named one by one: PostgreSQL would read the whole shop for "theirs, or of whoever was merged into them".
    merged = Member.objects.filter(merged_into=member).values_list("pk", flat=True)
    return Activity.objects.filter(member__in=[member, *merged]).order_by("-id")


def every(status: str = "") -> QuerySet[Activity]:
    """All activities of the shop, or those of a status, in no order; the caller narrows and slices."""
    found = Activity.objects.all()
    if status == Activity.Status.WAITING:
        return found.filter(status=Fixed("waiting"))  # the index of the queue is of these alone
    return found.filter(status=status) if status else found


def proof_print(proof: Proof | None) -> UUID | None:
    """The hash by which the same link is known again; None without one. Words are anybody's."""
    return print_of("link", same_page(proof.link)) if proof is not None and proof.link else None


def sent_by_others(proof: UUID, *, member: UUID) -> int:
    """How many activities of other people came with the same proof."""
    merged = Member.objects.filter(merged_into=member).values_list("pk", flat=True)
    same = Activity.objects.filter(proof_print=proof)
    return same.exclude(member__in=[member, *merged]).count()


def activities_of_ids(activity_ids: Collection[UUID]) -> list[Activity]:
    """Those of these activities that are here."""
    return list(Activity.objects.filter(pk__in=list(activity_ids)))


def activity(activity_id: UUID) -> Activity:
    """One activity; `NotFound` otherwise."""
    found = Activity.objects.filter(pk=activity_id).first()
    if found is None:
        raise NotFound("activity")
    return found


def shared_by(rows: Sequence[Activity]) -> dict[UUID, int]:
    """How many activities of other people came with the link of each of `rows`; none are missing. One query."""
    prints = {row.proof_print for row in rows} - {None}
    found: dict[UUID | None, list[UUID]] = {}
    if prints:
        same = Activity.objects.filter(proof_print__in=prints)
        for print_, member, into in same.values_list("proof_print", "member", "member__merged_into"):
            found.setdefault(print_, []).append(into or member)
    merged = dict(
        Member.objects.filter(pk__in=[row.member_id for row in rows]).values_list("pk", "merged_into")
    )
    return {
        row.pk: sum(one != (merged[row.member_id] or row.member_id) for one in found.get(row.proof_print, ()))
        if row.proof_print
        else 0
        for row in rows
    }
