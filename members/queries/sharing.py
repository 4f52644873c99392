"""What members share: transfers, households, and what a household has together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from loyalty.core.errors import NotFound
from loyalty.core.ledger.queries import balances
from loyalty.core.programme import queries as programmes
from members.models import Household, HouseholdPlace, Member, PointsTransfer, Profile
from members.rules.sharing import Sharing


def in_force() -> Sharing:
    """What the programme that counts now allows to share; nothing before the first publication."""
    current = programmes.in_force()
    found: Sharing = current.programme["sharing"] if current else Sharing()
    return found


def transfer(transfer_id: UUID) -> PointsTransfer:
    """One transfer; `NotFound` otherwise."""
    found = PointsTransfer.objects.filter(pk=transfer_id).first()
    if found is None:
        raise NotFound("transfer")
    return found


def transfers(member: UUID | None = None) -> QuerySet[PointsTransfer]:
    """Transfers of everybody, or those a member gave or was given."""
    found = PointsTransfer.objects.all()
    return found if member is None else found.filter(Q(giver=member) | Q(receiver=member))


def undoable(transfers: Sequence[UUID]) -> set[UUID]:
    """Those of some transfers that a member gave another and that were not undone; one query."""
    if not transfers:
        return set()
    rows = PointsTransfer.objects.filter(pk__in=list(transfers), undone_at=None, posting__isnull=False)
    return set(rows.filter(kind=PointsTransfer.Kind.GIFT).values_list("pk", flat=True))


def first_names(members: set[UUID]) -> dict[UUID, str]:
    """Given names by member; those who have none, or were erased, are missing."""
    rows = Profile.objects.filter(member__in=members).exclude(given_name="")
    return dict(rows.values_list("member_id", "given_name"))


@dataclass(frozen=True, slots=True)
class Placed:
    """One member of a household, with the points they can spend and whether the others may use them."""

    member: UUID
    owns: bool
    shares: bool
    since: datetime
    points: int


def household(household_id: UUID) -> Household:
    """One household; `NotFound` otherwise."""
    found = Household.objects.filter(pk=household_id).first()
    if found is None:
        raise NotFound("household")
    return found


def households(*, before: UUID | None = None) -> QuerySet[Household]:
    """Every household, last founded first, from after one on; the caller slices."""
    rows = Household.objects.order_by("-id")
    return rows.filter(pk__lt=before) if before else rows


def places_of(households: Sequence[UUID]) -> dict[UUID, list[HouseholdPlace]]:
    """Who is in each of some households, longest first; one query."""
    found: dict[UUID, list[HouseholdPlace]] = {pk: [] for pk in households}
    for row in HouseholdPlace.objects.filter(household__in=list(households)).order_by("since", "id"):
        found[row.household_id].append(row)
    return found


def household_of(member: UUID) -> UUID | None:
    """The household a member is in."""
    return HouseholdPlace.objects.filter(member=member).values_list("household_id", flat=True).first()


def placed(household_id: UUID) -> list[Placed]:
    """Who is in a household, longest first. What blocked members have and those who owe points cannot be used."""
    rows = (
        HouseholdPlace.objects.filter(household=household_id).select_related("member").order_by("since", "id")
    )
    held = balances([row.member_id for row in rows])
    found = []
    for row in rows:
        now = held.get(row.member_id)
        points = now.available if now and row.member.status == Member.Status.ACTIVE and not now.debt else 0
        found.append(Placed(row.member_id, row.owns, row.shares, row.since, points))
    return found


@dataclass(frozen=True, slots=True)
class Together:
    """What a member of a household can spend: `yours`, and `together` with what the others let them use."""

    household: UUID
    members: int
    yours: int
    together: int


def together(member: UUID, *, yours: int, household_id: UUID | None = None) -> Together | None:
    """What a member and their household have together; None for who is in none, or while the programme has none."""
    found = household_id or household_of(member)
    if found is None or not in_force().household.on:
        return None
    places = placed(found)
    # Who owes points cannot use the others': they would settle the debt.
    others = (
        sum(place.points for place in places if place.member != member and place.shares) if yours >= 0 else 0
    )
    return Together(found, len(places), yours, yours + others)


def shared(member: UUID) -> dict[str, Any]:
    """What a member gave and was given, and their household, as JSON-able data; who the others are is theirs."""
    return {
        "transfers": [
            {"at": row.happened_at.isoformat(), "kind": row.kind, "gave": row.giver_id == member,
             "points": row.amount, "undone": row.undone, "reason": row.reason}
            for row in transfers(member).order_by("happened_at", "id")
        ],
        "household": [
            {"owns": row.owns, "shares": row.shares, "since": row.since.isoformat()}
            for row in HouseholdPlace.objects.filter(member=member)
        ],
    }  # fmt: skip
