"""Which variant is a member's, and who is held out: for whatever acts on members. Reads one row and asks the hash."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from members.models import SegmentPlace
from members.queries.comparisons import current
from members.rules.comparisons import Arm, Comparison, Comparisons


def assigned(member_id: UUID, experiment_id: UUID, at: datetime) -> str:
    """The key of a member's variant at an instant: the same every time while the experiment runs. "" where nothing of
    it may reach them: it does not run, they are held out, or it is for a segment they are not in. Whoever lets the
    variant make a difference tells so by `exposing.expose_member`, which answers the same."""
    book = current()
    one = book.named(experiment_id)
    arm = arm_for(book, one, member_id, at) if one is not None else None
    return arm.key if arm else ""


def in_holdout(member_id: UUID, at: datetime | None = None) -> bool:
    """Whether a member gets nothing of what campaigns and experiments add, at an instant or as it stands now."""
    book = current()
    if at is None:
        at = book.holdouts[-1].since if book.holdouts else None
    return at is not None and book.is_held_out(member_id, at)


def held_out(members: Collection[UUID], at: datetime) -> frozenset[UUID]:
    """Those of some members who are held out."""
    book = current()
    return frozenset(member for member in members if book.is_held_out(member, at))


def arm_for(book: Comparisons, one: Comparison, member: UUID, at: datetime) -> Arm | None:
    """The member's variant in a comparison; None where nothing of it may reach them."""
    arm = book.arm(one, member, at)
    if arm is None or (one.audience and member not in inside(one.audience, [member], at)):
        return None
    return arm


def inside(segment: str, members: Collection[UUID], at: datetime) -> frozenset[UUID]:
    """Those of some members who are in a segment at an instant."""
    rows = SegmentPlace.objects.filter(
        Q(until=None) | Q(until__gt=at), segment=segment, member__in=list(members)
    )
    return frozenset(rows.values_list("member_id", flat=True))
