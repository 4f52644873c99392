"""Points outside of orders: adjust by hand, ripen, expire. What waits for an event is in `holds`."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.core.errors import InvalidInput
from loyalty.core.events import operations as events
from loyalty.core.ledger.chart import POINTS, Do, MerchantAccount
from loyalty.core.ledger.operations import Posted, Posting, post, post_many
from loyalty.core.ledger.queries import due_to_activate, due_to_expire
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.money import MAX_POINTS
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.models import Member
from members.operations import allowances, cards, tiers
from members.operations.membership import NotActive, locked
from members.rules import units
from members.rules.points_life import PointsLife, expires_at

BATCH = 1000


@transaction.atomic
def adjust_points(
    *, member: UUID, amount: int, reason: str, at: datetime, key: str = "", unit: str = POINTS
) -> Posted:
    """Give (`amount` > 0) or take (< 0) points by hand, always with a reason. Given points live by today's
    terms.

    The same `key` again answers again. Raises `NotEnoughPoints` when more would be taken than the member has,
    `NeedsApproval` when it is more than whoever acts may do on their own (`approvals.ask_adjustment` asks for it).
    """
    reason = checked(amount=amount, reason=reason, unit=unit)
    counter = allowances.lock_day(at=at)
    answer = write_adjustment(
        member=member, amount=amount, reason=reason, at=at, key=key or str(ids.new()), unit=unit
    )
    if not answer.replayed:
        allowances.count(counter, each=amount, total=amount)
    return answer


def checked(*, amount: int, reason: str, unit: str = POINTS) -> str:
    """The reason without the space around it. Raises `InvalidInput` for a change that makes no sense."""
    reason = reason.strip()
    if not reason or len(reason) > 300:
        raise InvalidInput.of("reason", str(_("Say why, in 1 to 300 characters. The member can read it.")))
    if amount == 0 or abs(amount) > MAX_POINTS:
        raise InvalidInput.of("amount", str(_("Give or take at least one point.")))
    for _field, message in units.problems(unit):
        raise InvalidInput.of("unit", message)
    return reason


def write_adjustment(
    *, member: UUID, amount: int, reason: str, at: datetime, key: str, unit: str = POINTS
) -> Posted:
    """Write a change by hand that is allowed. In the caller's transaction. Raises `NotActive`, `NotEnoughPoints`."""
    if unit == units.CREDITS:  # they count for tiers, which are looked at under the member's counts
        tiers.hold([member])
    row = locked(member)
    if row.status not in (Member.Status.ACTIVE, Member.Status.BLOCKED):
        raise NotActive(status=row.status)
    current = programmes.in_force()
    life = current.programme["points_life"] if current else PointsLife()
    zone = ZoneInfo(shop_of_scope().timezone)
    answer = post(
        Posting(
            do=Do.GRANT if amount > 0 else Do.SPEND,
            key=f"adjust:{key}",
            kind="adjustment",
            event="points.adjusted",
            owner=member,
            actor=str(scope.actor()),
            at=at,
            now=at,
            amount=abs(amount),
            unit=unit,
            counter=MerchantAccount.ADJUSTED,
            expires_at=expires_at(life, at, zone) if amount > 0 else None,
            slides_days=life.days if amount > 0 and life.expiry == "sliding" else None,
            reason=reason,
            version=current.id if current else None,
        )
    )
    if amount > 0 and current is not None:
        cards.fill(member=member, programme=current.programme, at=at, version=current.id)
    if unit == units.CREDITS:
        tiers.follow([member], version=current.id if current else None, at=at)
    events.ring_after_commit()
    return answer


def expire_due(*, at: datetime, most: int | None = None) -> int:
    """Expire lots of this merchant whose time is up, all or at most `most` (a whole batch at a time); how many.

    Safe to stop and to repeat: under the member's lock a lot that is over is emptied, an empty one kept.
    The key names the attempt, not the lot: points that were given back to a lot expire from it once more.
    """

    def expiry(lot: UUID, owner: UUID, unit: str) -> Posting:
        return Posting(
            do=Do.EXPIRE, key=f"expire:{lot}:{ids.new()}", kind="expiry", event="points.expired", owner=owner,
            actor=str(scope.actor()), at=at, now=at, unit=unit, counter=MerchantAccount.EXPIRED, lot=lot,
        )  # fmt: skip

    return _in_batches(due_to_expire, expiry, at, most)


def activate_due(*, at: datetime, most: int | None = None) -> int:
    """Make pending lots whose date has come spendable: all of them, or at most `most`; how many."""
    return _in_batches(
        due_to_activate,
        lambda lot, owner, unit: _activation(lot, owner, unit, at),
        at,
        most,
        after=lambda due: _fill_cards(due, at),
    )


def _fill_cards(due: list[tuple[UUID, UUID, str, int]], at: datetime) -> None:
    """Stamps that waited can fill a card. Their accounts are held already."""
    current = programmes.in_force()
    owners = {owner for _lot, owner, unit, _remaining in due if units.family(unit) == units.STAMPS}
    if current is not None:
        for owner in sorted(owners):
            cards.fill(member=owner, programme=current.programme, at=at, version=current.id)


def _in_batches(
    due_now: Callable[..., list[tuple[UUID, UUID, str, int]]],
    posting: Callable[[UUID, UUID, str], Posting],
    at: datetime,
    most: int | None,
    after: Callable[[list[tuple[UUID, UUID, str, int]]], None] = lambda due: None,
) -> int:
    """Post for every lot that is due, and do what follows `after` each batch.

    Two batches in one transaction do not lock in one order: callers that share the database with live traffic ask for
    one batch per transaction."""
    done, asked = 0, 0
    while due := due_now(at=at, limit=min(BATCH, most or BATCH)):
        answers = post_many([posting(lot, owner, unit) for lot, owner, unit, _remaining in due])
        moved = sum(isinstance(answer, Posted) and not answer.replayed for answer in answers)
        after(due)
        done += moved
        asked += len(due)
        if moved == 0 or len(due) < BATCH or (most is not None and asked >= most):
            break
    events.ring_after_commit()
    return done


def _activation(lot: UUID, owner: UUID, unit: str, at: datetime) -> Posting:
    return Posting(
        do=Do.ACTIVATE,
        key=f"activate:{lot}",
        kind="activation",
        event="points.activated",
        owner=owner,
        actor=str(scope.actor()),
        at=at,
        now=at,
        unit=unit,
        lot=lot,
    )


def live_through(*, at: datetime) -> dict[str, int]:
    """One run of the points' life for this merchant: ripen what is due, then expire what is over; lots of
    each."""
    return {"activated": activate_due(at=at), "expired": expire_due(at=at)}
