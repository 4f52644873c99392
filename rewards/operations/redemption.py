"""Redeem in two phases: quote → reserve → commit | release; a committed redemption can be reversed.

One redemption, one reservation in the books, at most one commit. Stock and limits are counted under the
reward's and the member's locks, so no race can oversell. Locks come in the order `membership.locked` states: the
reward last, because purchases hand rewards out when they have posted their points.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from msgspec import structs

from loyalty.core.errors import DomainError, KeyReused, NotFound
from loyalty.core.events.operations import record
from loyalty.core.ids import fingerprint
from loyalty.core.ledger.chart import Do, MerchantAccount
from loyalty.core.ledger.operations import Posting, post
from loyalty.core.ledger.operations import hold as hold_accounts
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.plans import Fixed
from members.models import Member
from members.operations import households, pulling
from members.operations.membership import NotActive, locked
from members.operations.moving import move_points
from members.queries.partners import Linked
from members.rules.points_life import Expiry, PointsLife, end_of, expires_at
from rewards.models import Redemption, Reward, Voucher
from rewards.operations import codes, vouchers, written
from rewards.operations.undoing import undo
from rewards.queries import pricing
from rewards.queries.asking import zone_of_shop
from rewards.queries.catalogue import asker, priced, terms_of
from rewards.rules.eligibility import Missing, why_not

DEFAULT_HOLD = timedelta(minutes=30)
LONGEST_HOLD = timedelta(days=30)
_KEYS = {Do.COMMIT: "commit", Do.RELEASE: "release", Do.GIVE_BACK: "reverse"}


class NotEligible(DomainError):
    """`params["reasons"]` holds every reason with what is missing."""

    code = "not_eligible"
    message = _("This reward cannot be had right now.")

    def __init__(self, reasons: tuple[Missing, ...]):
        super().__init__()
        self.reasons = reasons


class WrongState(DomainError):
    code = "wrong_state"
    message = _("This redemption is already {status}.")


class Overdue(DomainError):
    code = "reservation_over"
    message = _("The time to use this reservation is over; the points are back with the member.")


@dataclass(frozen=True, slots=True)
class Use:
    """How a reward is had that is not simply taken: with a place, or as so many points that pay so many minor
    units."""

    booking: bool = False
    points: int | None = None
    minor: int = 0


PLAIN = Use()


def quote_redemption(*, member: UUID, reward: UUID, at: datetime, channel: str = "") -> tuple[Missing, ...]:
    """Why the member cannot have the reward now; empty when they can. Writes nothing."""
    row = Reward.objects.filter(pk=reward).first()
    if row is None:
        raise NotFound("reward")
    who = asker(member, row, at=at, channel=channel)
    cost = priced(row, who, member=member, at=at)
    return why_not(structs.replace(terms_of(row), cost_points=cost), who, at)


def reserve_reward(
    *,
    member: UUID,
    reward: UUID,
    key: str,
    at: datetime,
    hold: timedelta = DEFAULT_HOLD,
    channel: str = "",
    order_external_id: str = "",
    use: Use = PLAIN,
) -> Redemption:
    """Set points and stock aside for the member, or whoever they were merged into, and issue the code. The same
    `key` again answers again.

    Raises `NotEligible` with every reason; nothing is set aside then.
    """
    linked = pulling.lock(member)  # before the household: merchants are locked in the order of their ids
    household = households.hold(member)
    who, asked = written.ask(member=member, reward=reward, key=key, at=at)
    # Of the member as asked for: the same request stays the same when they are merged in between.
    paid = [] if use.points is None else [str(use.points), str(use.minor)]
    mark = fingerprint([str(member), str(reward), order_external_id, *paid])
    if asked.earlier is not None:
        return _earlier(asked.earlier, mark)
    shared = 0
    if asked.asker is not None:
        shared = households.reach(household, member=who, at=at)
        asked.asker.points += shared + pulling.reach(linked, member=who, at=at)
    terms = _refuse(asked, who, reward, channel, use, at)
    redemption = Redemption(
        key=key,
        fingerprint=mark,
        member_id=who,
        reward_id=reward,
        status=Redemption.Status.RESERVED,
        cost_points=terms.cost_points,
        value=terms.value if use.points is None else use.minor,
        unit_cost_minor=terms.unit_cost_minor,
        channel=channel[:20],
        order_external_id=order_external_id,
        reserved_at=at,
        reserved_until=at + min(max(hold, timedelta()), LONGEST_HOLD),
    )
    with transaction.atomic() if linked or household else nullcontext():
        _gather(linked, household, redemption, shared)
        _write(redemption, terms, asked.version)
    record("reward.reserved", subject=who, at=at, data=_told(redemption))
    return redemption


def _gather(linked: list[Linked], household: list[UUID], row: Redemption, shared: int) -> None:
    """Bring what the member misses from their accounts at partners, less the `shared` points that their household lets
    them use, and then those. The caller undoes it when it turns out too little after all."""
    who, cost, at = row.member_id, row.cost_points, row.reserved_at
    pulling.gather(linked, member=who, needed=cost - shared, redemption=row.pk, at=at)
    households.gather(household, member=who, needed=cost, redemption=row.pk, at=at)


def _refuse(
    asked: written.Asked, member: UUID, reward: UUID, channel: str, use: Use, at: datetime
) -> written.Priced:
    """What the reward asks for, or `NotEligible`."""
    if asked.reward is None or asked.asker is None:
        raise NotFound("reward")
    terms = asked.reward.needs()
    if use.points is not None:
        terms = structs.replace(terms, cost_points=use.points)
    else:
        rows = [(reward, terms.cost_points)]
        compared = pricing.variants(rows, member=member, segments=asked.asker.segments, at=at)
        if reward in compared:
            terms = structs.replace(terms, cost_points=pricing.price(compared[reward][1], terms.cost_points))
    paying = use.points is not None
    who = asked.asker.asker(reward, zone_of_shop(), channel=channel, booking=use.booking, paying=paying)
    reasons = why_not(terms, who, at)
    if reasons:
        raise NotEligible(reasons)
    return terms


def _write(redemption: Redemption, terms: written.Priced, version: UUID | None) -> None:
    kind = terms.kind_terms()
    ready = codes.ready(row=redemption, terms=kind, valid_days=terms.code_valid_days)
    written.take(row=redemption, vouchers=ready.vouchers, version=version)
    codes.given(row=redemption, codes=ready, low_at=getattr(kind, "low_at", 0))


def _earlier(redemption: UUID, mark: UUID) -> Redemption:
    row = Redemption.objects.get(pk=redemption)
    if row.fingerprint != mark:
        raise KeyReused(field="key")
    return row


def commit_redemption(*, redemption: UUID, at: datetime) -> Redemption:
    """The reward is used: the reserved points are spent for good. Committing twice is once."""
    row = written.held(redemption=redemption)
    if row.status == Redemption.Status.COMMITTED:
        return row
    if row.status != Redemption.Status.RESERVED:
        raise WrongState(status=row.status)
    if at > row.reserved_until:
        raise Overdue()
    posting = _posting(
        row, Do.COMMIT, "points.spent", at, counter=MerchantAccount.REDEEMED, of=row.reserve_transfer,
        slide_to=_slides_to(at),
    )  # fmt: skip
    to_do = written.commit(row=row, posting=posting if row.cost_points else None, at=at)
    record("reward.redeemed", subject=row.member_id, at=at, data=_told(row))
    if to_do is not None:
        tell_to_do(row=row, to_do=to_do, at=at)
    return row


def tell_to_do(*, row: Redemption, to_do: UUID, at: datetime) -> None:
    """Staff have something to do for a redemption from now on."""
    data = {"fulfilment": str(to_do), "redemption": str(row.pk), "state": "open"}
    record("fulfilment.opened", subject=row.member_id, at=at, data=data)


@transaction.atomic
def redeem_reward(
    *,
    member: UUID,
    reward: UUID,
    key: str,
    at: datetime,
    channel: str = "",
    order_external_id: str = "",
    use: Use = PLAIN,
) -> Redemption:
    """Reserve and commit at once: the member takes the reward now and keeps the code."""
    row = reserve_reward(
        member=member,
        reward=reward,
        key=key,
        at=at,
        channel=channel,
        order_external_id=order_external_id,
        use=use,
    )
    return commit_redemption(redemption=row.pk, at=at) if row.status == Redemption.Status.RESERVED else row


@transaction.atomic
def release_redemption(*, redemption: UUID, at: datetime, reason: str = "") -> Redemption:
    """Give the reserved points back to the lots they came from. Releasing twice is once."""
    row = written.held(redemption=redemption)
    if row.status == Redemption.Status.RELEASED:
        return row
    if row.status != Redemption.Status.RESERVED:
        raise WrongState(status=row.status)
    if row.cost_points:
        hold_accounts([row.member_id])
        post(_posting(row, Do.RELEASE, "points.released", at, of=row.reserve_transfer, reason=reason[:300]))
    row.status, row.settled_at, row.reason = Redemption.Status.RELEASED, at, reason[:300]
    row.save(update_fields=["status", "settled_at", "reason"])
    undo(row=row, at=at)
    record("reward.released", subject=row.member_id, at=at, data=_told(row))
    return row


@transaction.atomic
def reverse_redemption(*, redemption: UUID, at: datetime, reason: str) -> Redemption:
    """Undo a committed redemption: the points return to their lots, its codes are void. Reversing twice is
    once.

    Points of a member who was merged go on to whoever they are now. Raises `NotActive` when the member was
    erased: there is nobody to give anything back to.
    """
    row = written.held(redemption=redemption)
    if row.status == Redemption.Status.REVERSED:
        return row
    if row.status != Redemption.Status.COMMITTED:
        raise WrongState(status=row.status)
    owner = owner_now(row=row)
    give_back(row=row, owner=owner, points=row.cost_points - row.returned_points, at=at, reason=reason)
    row.status, row.reversed_at, row.reason = Redemption.Status.REVERSED, at, reason[:300]
    row.save(update_fields=["status", "reversed_at", "reason"])
    undo(row=row, at=at)
    record("reward.reversed", subject=row.member_id, at=at, data=_told(row))
    return row


def give_back(*, row: Redemption, owner: UUID, points: int, at: datetime, reason: str = "") -> None:
    """Give so many of a committed redemption's points back, to their lots; on to `owner`, whoever the member is now."""
    if not points:
        return
    hold_accounts([row.member_id, owner])
    part = "" if points == row.cost_points else f":{row.returned_points + points}"
    post(_posting(
        row, Do.GIVE_BACK, "points.given_back", at, part=part, amount=points, counter=MerchantAccount.REDEEMED,
        of=row.commit_transfer, grace_until=_grace(at), reason=reason[:300],
    ))  # fmt: skip
    row.returned_points += points
    row.save(update_fields=["returned_points"])
    if owner != row.member_id:
        move_points(to=owner, of=row.member_id, at=at)


@transaction.atomic
def use_voucher(*, code: str, at: datetime) -> Voucher:
    """Use a code once, committing its redemption when that is still open. Of two tills at once one
    succeeds."""
    found = vouchers.find(code=code, at=at)
    redemption = written.held(redemption=found.redemption_id)
    row = Voucher.objects.select_for_update().get(pk=found.pk)
    if row.status != Voucher.Status.ACTIVE:
        raise vouchers.CodeNotValid()
    if redemption.status == Redemption.Status.RESERVED:
        commit_redemption(redemption=redemption.pk, at=at)
    row.status, row.used_at, row.used_by = Voucher.Status.USED, at, str(scope.actor())
    row.save(update_fields=["status", "used_at", "used_by"])
    record("voucher.used", subject=redemption.member_id, at=at, data=_told(redemption))
    return row


@transaction.atomic
def release_stale(*, at: datetime, limit: int = 100) -> int:
    """Release up to `limit` of this merchant's reservations whose time is over; how many. One transaction."""
    due = list(
        Redemption.objects.filter(status=Fixed("reserved"), reserved_until__lt=at)
        .order_by("reserved_until")
        .values_list("pk", "member_id", "reward_id")[:limit]
    )
    # All locks first, each kind sorted: what one release takes last, a redemption next door takes first.
    members = sorted({member for _redemption, member, _reward in due})
    for member in members:
        locked(member)
    hold_accounts(members)
    rewards = {reward for _redemption, _member, reward in due}
    list(Reward.objects.select_for_update(no_key=True).filter(pk__in=rewards).order_by("pk"))
    released = 0
    for redemption, _member, _reward in due:
        try:
            release_redemption(redemption=redemption, at=at, reason=str(_("Not used in time")))
            released += 1
        except WrongState:
            continue  # used at this very moment
    return released


def owner_now(*, row: Redemption) -> UUID:
    """Who the redemption's member is today, their row locked; `NotActive` when that is nobody."""
    member = Member.objects.get(pk=row.member_id)
    if member.merged_into_id is not None:
        member = locked(member.merged_into_id)
    if member.status not in (Member.Status.ACTIVE, Member.Status.BLOCKED):
        raise NotActive(status=member.status)
    return member.pk


def _posting(row: Redemption, do: Do, event: str, at: datetime, part: str = "", **more: Any) -> Posting:
    """What settles a redemption's reservation, once; or a part of it."""
    return Posting(
        do=do, key=f"{_KEYS[do]}:{row.pk}{part}", kind="redemption", event=event, owner=row.member_id,
        actor=str(scope.actor()), at=at, now=at, source_kind="redemption", source=row.pk, **more,
    )  # fmt: skip


def _slides_to(at: datetime) -> datetime | None:
    """Until when using a reward keeps points on sliding terms alive; None where the programme has other terms.

    Setting points aside is no activity: reserving and releasing must not keep points alive for ever.
    """
    current = programmes.in_force()
    life = current.programme["points_life"] if current else PointsLife()
    if life.expiry is not Expiry.SLIDING:
        return None
    return expires_at(life, at, ZoneInfo(shop_of_scope().timezone))


def _grace(at: datetime) -> datetime:
    """Until when points live that come back after their time was up."""
    current = programmes.in_force()
    life = current.programme["points_life"] if current else PointsLife()
    zone = ZoneInfo(shop_of_scope().timezone)
    return end_of(at.astimezone(zone).date() + timedelta(days=life.grace_days), zone)


def _told(row: Redemption) -> dict[str, object]:
    return {"redemption": str(row.pk), "reward": str(row.reward_id), "points": row.cost_points}
