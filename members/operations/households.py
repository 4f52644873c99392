"""Households that share one balance: found one, let others in, and use what all have together.

Everybody keeps their own account and lots; the household's balance is their sum. When one redeems more than they have,
what is missing is gathered from the others by transfers, from what ends first over all of them. It is the redeemer's
from then on: released or reversed, it comes back to the redeemer, with the dates it had.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, NotFound
from loyalty.core.events.operations import record
from loyalty.core.ids import fingerprint
from loyalty.core.ledger.portions import spendable_lots
from loyalty.core.ledger.queries import balances
from loyalty.core.tenancy import scope
from members.models import Household, HouseholdPlace, Member, PointsTransfer
from members.operations.membership import NotActive, new_card_code
from members.operations.transfers import lock_current, move_part
from members.queries.sharing import in_force
from members.rules.sharing import Part
from members.rules.sharing import gather as gathered

CODE_DAYS = 14


class HouseholdsOff(DomainError):
    code = "households_off"
    message = _("Members cannot share a balance in this programme.")


class InHousehold(DomainError):
    code = "in_household"
    message = _("This member is in a household already. One leaves the first before joining a second.")


class HouseholdFull(DomainError):
    code = "household_full"
    message = _("This household has {largest} members, which is as many as it can have.")


class NotOwner(DomainError):
    code = "not_owner"
    message = _("Only the one who owns the household can do this.")


class InvitationNotValid(DomainError):
    """Unknown, replaced, over: one answer, so that guessing teaches nothing."""

    code = "invitation_not_valid"
    status = 404
    message = _("This invitation is not valid: it may be mistyped, replaced or over.")
    field = "code"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A code that lets members into a household until an instant."""

    household: UUID
    code: str
    until: datetime


def _active(member: UUID) -> Member:
    """The member, or whoever they were merged into, their row locked; `NotActive` when they cannot take part."""
    row = lock_current([member])[member]
    if row.status != Member.Status.ACTIVE:
        raise NotActive(status=row.status)
    return row


def _refuse_where_off() -> None:
    if not in_force().household.on:
        raise HouseholdsOff()


def _locked(household: UUID) -> Household:
    """The household's row, locked after its members'; `NotFound` when it is gone."""
    found = Household.objects.select_for_update(no_key=True).filter(pk=household).first()
    if found is None:
        raise NotFound("household")
    return found


@transaction.atomic
def open_household(*, member: UUID, at: datetime) -> Household:
    """Found a household with one member, who owns it. Raises `HouseholdsOff`, `InHousehold` or `NotActive`."""
    _refuse_where_off()
    row = _active(member)
    if HouseholdPlace.objects.filter(member=row).exists():
        raise InHousehold()
    household = Household.objects.create(opened_at=at)
    HouseholdPlace.objects.create(household=household, member=row, owns=True, since=at)
    record("household.opened", subject=row.pk, at=at, data={"household": str(household.pk)})
    return household


@transaction.atomic
def invite(*, household: UUID, by: UUID, at: datetime) -> Invitation:
    """A code for others to join with, good for two weeks; it replaces the one before. Raises `NotOwner`."""
    _refuse_where_off()
    row = _active(by)
    found = _locked(household)
    _refuse_others(found, row.pk)
    found.code, found.code_until = new_card_code(), at + timedelta(days=CODE_DAYS)
    found.save(update_fields=["code", "code_until"])
    record("household.invited", subject=row.pk, at=at, data={"household": str(found.pk)})
    return Invitation(found.pk, found.code, found.code_until)


def _refuse_others(household: Household, member: UUID) -> None:
    if not HouseholdPlace.objects.filter(household=household, member=member, owns=True).exists():
        raise NotOwner()


@transaction.atomic
def accept_invitation(*, member: UUID, code: str, at: datetime) -> Household:
    """Join the household a code is of. Joining again is once. Raises `InvitationNotValid`, `HouseholdFull`,
    `InHousehold`, `HouseholdsOff` or `NotActive`."""
    _refuse_where_off()
    row = _active(member)
    typed = "".join(letter for letter in code[:64].upper() if letter.isalnum())
    found = Household.objects.select_for_update(no_key=True).filter(code=typed).first() if typed else None
    if found is None or found.code_until is None or found.code_until <= at:
        raise InvitationNotValid()
    mine = HouseholdPlace.objects.filter(member=row).first()
    if mine is not None:
        if mine.household_id == found.pk:
            return found
        raise InHousehold()
    largest = in_force().household.largest
    if HouseholdPlace.objects.filter(household=found).count() >= largest:
        raise HouseholdFull(largest=largest)
    HouseholdPlace.objects.create(household=found, member=row, since=at)
    record("household.joined", subject=row.pk, at=at, data={"household": str(found.pk)})
    return found


@transaction.atomic
def allow_use(*, household: UUID, member: UUID, shares: bool, at: datetime) -> HouseholdPlace:
    """Let the others of the household use a member's points, or not. What was used stays used."""
    row = lock_current([member])[member]
    place = _place(household, row.pk)
    if place.shares != shares:
        place.shares = shares
        place.save(update_fields=["shares"])
        record(
            "household.allowed", subject=row.pk, at=at, data={"household": str(household), "shares": shares}
        )
    return place


def _place(household: UUID, member: UUID) -> HouseholdPlace:
    place = HouseholdPlace.objects.filter(household=household, member=member).first()
    if place is None:
        raise NotFound("household")
    return place


@transaction.atomic
def leave_household(*, household: UUID, member: UUID, at: datetime, by: UUID | None = None) -> None:
    """Take a member out of their household: by themselves, or `by` its owner. Points stay whose they are. When the
    owner leaves it is the longest member's; the last one to leave closes it. Raises `NotOwner` and `NotFound`."""
    people = lock_current([member, by] if by else [member])
    row, found = people[member], _locked(household)
    if by is not None and people[by].pk != row.pk:
        _refuse_others(found, people[by].pk)
    _take_out(found, _place(household, row.pk))
    record("household.left", subject=row.pk, at=at, data={"household": str(household)})


def _take_out(household: Household, place: HouseholdPlace) -> None:
    owned = place.owns
    place.delete()
    heir = HouseholdPlace.objects.filter(household=household).order_by("since", "id").first()
    if heir is None:
        household.delete()
    elif owned:
        heir.owns = True
        heir.save(update_fields=["owns"])


@transaction.atomic
def dissolve_household(*, household: UUID, by: UUID, at: datetime) -> None:
    """Close a household for everybody; each keeps their own points. Raises `NotOwner`."""
    row = lock_current([by])[by]
    found = _locked(household)
    _refuse_others(found, row.pk)
    HouseholdPlace.objects.filter(household=found).delete()
    found.delete()
    record("household.dissolved", subject=row.pk, at=at, data={"household": str(household)})


def _take_out_of_what_is_there(place: HouseholdPlace) -> None:
    """The same for who is merged or erased; the household may be closed at this very moment."""
    found = Household.objects.select_for_update(no_key=True).filter(pk=place.household_id).first()
    if found is not None:
        _take_out(found, place)


def move(*, to: UUID, of: UUID) -> None:
    """The place of one member is another's from now on; who has a place of their own keeps that one."""
    places = {place.member_id: place for place in HouseholdPlace.objects.filter(member__in=[to, of])}
    if of not in places:
        return
    gone = places[of]
    if to not in places:
        gone.member_id = to
        gone.save(update_fields=["member"])
        return
    kept, inherits = places[to], gone.owns and gone.household_id == places[to].household_id
    _take_out_of_what_is_there(gone)
    if inherits:
        HouseholdPlace.objects.filter(household=kept.household_id).update(owns=False)
        HouseholdPlace.objects.filter(pk=kept.pk).update(owns=True)


def forget(*, member: UUID, at: datetime) -> None:
    """A member who is erased is in no household."""
    place = HouseholdPlace.objects.filter(member=member).first()
    if place is not None:
        _take_out_of_what_is_there(place)
        record("household.left", subject=member, at=at, data={"household": str(place.household_id)})


# --- what all have together, for who redeems --------------------------------------------------------------------


def hold(member: UUID) -> list[UUID]:
    """Lock the rows and then the accounts of everybody in a member's household, before one of them redeems; empty for
    who is in none. Before the member's own row is locked, so that two of one household wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT members_hold_household(%s)", [member])
        held: list[UUID] = cursor.fetchone()[0]
    return held


def reach(held: list[UUID], *, member: UUID, at: datetime) -> int:
    """How many points the others of a household let a member use. `held` is what `hold` answered."""
    return sum(part.amount for part in _parts(held, member, at))


def _parts(held: list[UUID], member: UUID, at: datetime) -> list[Part]:
    """What may be gathered, lot by lot. Who owes points neither lends nor borrows."""
    if not held or not in_force().household.on:
        return []
    places = HouseholdPlace.objects.filter(member__in=held).select_related("member")
    house = {place.member_id: place.household_id for place in places}.get(member)
    lenders = {
        place.member_id
        for place in places
        if place.household_id == house and place.shares and place.member.status == Member.Status.ACTIVE
    } - {member}
    if house is None or not lenders:
        return []
    owing = {owner for owner, found in balances([*lenders, member]).items() if found.debt}
    if member in owing:
        return []
    lots = spendable_lots(lenders - owing, at=at)
    # Never-ending lots last; of two that end together the older one first.
    return [Part(owner, amount, (ends is None, ends or at, lot)) for owner, lot, amount, ends in lots]


def gather(held: list[UUID], *, member: UUID, needed: int, redemption: UUID, at: datetime) -> int:
    """Move to a member what they miss of `needed` points from the others of their household; how many came. Nothing
    moves when all together have too few. `held` is what `hold` answered; the locks are still there."""
    parts = _parts(held, member, at)
    own = sum(amount for _owner, _lot, amount, _ends in spendable_lots([member], at=at)) if parts else needed
    missing = needed - own
    if missing <= 0:
        return 0
    taken = gathered(parts, missing)
    for lender in sorted(taken):
        row = PointsTransfer(
            key=f"household:{redemption}:{lender}", fingerprint=fingerprint([str(redemption), taken[lender]]),
            kind=PointsTransfer.Kind.HOUSEHOLD, giver_id=lender, receiver_id=member, amount=taken[lender],
            redemption=redemption, actor=str(scope.actor()), happened_at=at,
        )  # fmt: skip
        move_part(row, at=at)
    return sum(taken.values())
