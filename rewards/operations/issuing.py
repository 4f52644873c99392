"""Hand out rewards without points: what a rule, a full card or a referral gives. The same key twice is once.

What is handed out is a redemption that costs nothing and is committed from the start, with a code for each one. Limits
for each member do not stop a gift, nor does it use them up: the shop has decided that it is due. Stock does: when
nothing is left, `reward.not_issued` says why, and what the gift was for stands all the same.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from loyalty.core.events.operations import record
from loyalty.core.ids import fingerprint
from loyalty.core.programme.document import Problem, Programme
from members.operations.gifts import Occasion
from rewards.models import Redemption, Reward, Voucher
from rewards.operations import codes, written
from rewards.operations.redemption import tell_to_do
from rewards.operations.undoing import is_pooled, put_back, undo
from rewards.queries.catalogue import kind_terms
from rewards.rules.kinds import KINDS

_NO_GIFTS = [name for name, kind in KINDS.items() if kind.booked or kind.at_checkout]
"""A place is for a date that somebody has to choose, and points that pay are no gift."""


@transaction.atomic
def issue_reward(*, reward: str, quantity: int, key: str, occasion: Occasion) -> int:
    """Give the member of the occasion so many of a reward, by its handle; how many there were. The same `key` again
    answers again. A code is good for the reward's days from when the occasion happened.

    The caller holds the member's counts. The reward is locked last, by the order of locks.
    """
    row = _locked(reward)
    earlier = Redemption.objects.filter(key=_name(key)).first()
    if earlier is not None:
        return earlier.quantity
    why, there = _there(row, quantity)
    if there < quantity:
        _tell_missing(occasion, handle=reward, row=row, missing=quantity - there, why=why)
    if row is not None and there > 0:
        _write(row, there, key, occasion)
    return there


def given_under(key: str) -> Redemption | None:
    """What a key gave; None while it gave nothing."""
    return Redemption.objects.filter(key=_name(key)).first()


def _locked(handle: str) -> Reward | None:
    return Reward.objects.select_for_update(no_key=True).filter(handle=handle).first()


def _there(row: Reward | None, quantity: int) -> tuple[str, int]:
    """How many of so many can be handed out, and why not all."""
    if row is None:
        return "unknown", 0
    if row.retired_at is not None:
        return "retired", 0
    kind = KINDS[row.kind]
    if kind.booked or kind.at_checkout:
        return "not_a_gift", 0
    left = quantity if row.stock is None else row.stock - row.taken
    return "out_of_stock", min(quantity, left)


def _write(row: Reward, quantity: int, key: str, occasion: Occasion) -> None:
    redemption = Redemption(
        key=_name(key), fingerprint=fingerprint([key, row.handle]), member_id=occasion.member, reward_id=row.pk,
        status=Redemption.Status.COMMITTED, quantity=quantity, cost_points=0, value=row.value,
        unit_cost_minor=row.unit_cost_minor,
        source_kind=occasion.kind, source=occasion.source, reserved_at=occasion.at, reserved_until=occasion.at,
        settled_at=occasion.at,
    )  # fmt: skip
    terms = kind_terms(row)
    ready = codes.ready(row=redemption, terms=terms, valid_days=row.code_valid_days)
    written.take(row=redemption, vouchers=ready.vouchers)
    codes.given(row=redemption, codes=ready, low_at=getattr(terms, "low_at", 0))
    _tell("reward.issued", redemption, occasion.at, quantity=quantity)
    to_do = written.to_fulfil(row=redemption, at=occasion.at) if row.delivery else None
    if to_do is not None:
        tell_to_do(row=redemption, to_do=to_do, at=occasion.at)


@transaction.atomic
def withdraw_reward(*, key: str, at: datetime) -> bool:
    """Take back what a key gave: codes that nobody used are void and their part of the stock returns. False when one
    was used: that one stays. True when nothing is left of it, or nothing ever was."""
    row = Redemption.objects.select_for_update(no_key=True).filter(key=_name(key)).first()
    if row is None or row.status != Redemption.Status.COMMITTED:
        return True
    kept = Voucher.objects.select_for_update(no_key=True).filter(redemption=row).order_by("pk")
    used = sum(code.status == Voucher.Status.USED for code in kept)
    gone = row.quantity - used
    if not used:
        row.status, row.reversed_at = Redemption.Status.REVERSED, at
        undo(row=row, at=at)
    elif gone:
        Voucher.objects.filter(redemption=row, status=Voucher.Status.ACTIVE).update(
            status=Voucher.Status.VOID
        )
        put_back(reward=row.reward_id, quantity=gone, pooled=is_pooled(redemption=row.pk))
        row.quantity = used
    row.save(update_fields=["quantity", "status", "reversed_at"])
    if gone:
        _tell("reward.withdrawn", row, at, quantity=gone)
    return not used


def _name(key: str) -> str:
    """A key as redemptions keep it: no caller's own key begins like this."""
    return f"issued:{key}"


def _tell(kind: str, row: Redemption, at: datetime, **figures: Any) -> None:
    data = {"redemption": str(row.pk), "reward": str(row.reward_id), **figures,
            "source_kind": row.source_kind, "source": str(row.source)}  # fmt: skip
    record(kind, subject=row.member_id, at=at, data=data)


def _tell_missing(occasion: Occasion, *, handle: str, row: Reward | None, missing: int, why: str) -> None:
    data = {"handle": handle, "reward": str(row.pk) if row else None, "missing": missing, "why": why,
            "source_kind": occasion.kind, "source": str(occasion.source)}  # fmt: skip
    record("reward.not_issued", subject=occasion.member, at=occasion.at, data=data)


def unknown_rewards(rewards: Collection[str]) -> set[str]:
    """Of some handles those that name no reward the shop can hand out: a retired one is not offered, a place has to be
    booked."""
    wanted = set(rewards)
    offered = Reward.objects.filter(handle__in=wanted, retired_at=None).exclude(kind__in=_NO_GIFTS)
    return wanted - set(offered.values_list("handle", flat=True))


class RewardShelf:
    """Rewards as what is below hands them out: see `members.operations.gifts.Shelf`."""

    def issue(self, *, reward: str, quantity: int, key: str, occasion: Occasion) -> int:
        return issue_reward(reward=reward, quantity=quantity, key=key, occasion=occasion)

    def withdraw(self, *, key: str, at: datetime) -> bool:
        return withdraw_reward(key=key, at=at)

    def hold_given(self, keys: Collection[str]) -> None:
        """Lock what these keys gave, in the order every batch locks them."""
        names = [_name(key) for key in keys]
        list(
            Redemption.objects.select_for_update(no_key=True)
            .filter(key__in=names)
            .order_by("pk")
            .values("pk")
        )

    def unknown(self, rewards: Collection[str]) -> set[str]:
        return unknown_rewards(rewards)

    def hold(self, rewards: Collection[str]) -> None:
        """Lock these, in the order every batch locks them."""
        wanted = sorted(set(rewards))
        list(
            Reward.objects.select_for_update(no_key=True)
            .filter(handle__in=wanted)
            .order_by("pk")
            .values("pk")
        )


def review(programme: Programme) -> list[Problem]:
    """What keeps a programme from being carried out: rewards it names that the shop does not offer. Wherever a
    section names a reward, its field is called `reward`."""
    named = dict(_named(programme.document(), ""))
    missing = unknown_rewards(named.values()) if named else set()
    return [
        (path, _("There is no reward “{handle}” in the catalogue.").format(handle=handle))
        for path, handle in named.items()
        if handle in missing
    ]


def _named(part: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(part, dict):
        for name, value in part.items():
            inside = f"{path}.{name}" if path else name
            if name == "reward" and isinstance(value, str):
                if value:
                    yield inside, value
            else:
                yield from _named(value, inside)
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from _named(value, f"{path}[{index}]")
