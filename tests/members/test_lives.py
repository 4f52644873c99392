"""Random lives through a whole programme: what the engine decides is earned in four units, refunded in any order, held,
expired, redeemed, gives stamps, tiers, badges and chances; after each life everything is undone. No promise of the books
may break on the way, and nothing may be left of what was undone."""

import os
import random
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import transaction

from loyalty.core.errors import DomainError
from loyalty.core.ledger.checks import verify
from members.models import (
    Activity,
    DrawEntry,
    EarnedBadge,
    FullCard,
    Member,
    Order,
    OrderLine,
    Refund,
    TierStanding,
)
from members.operations import following, refunds, tiers
from members.operations.activities import record_activity
from members.operations.moderation import undo_activity
from members.operations.orders import record_order
from members.operations.points import adjust_points, live_through
from members.operations.refunds import cancel_order, refund_order
from members.rules.doing import NewActivity
from members.rules.shopping import MemberRef, NewLine, NewRefund, RefundedLine
from rewards.models import Redemption, Reward, Voucher
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward, release_redemption, reserve_reward, use_voucher
from tests.cast import AT, ONE_POINT_PER_KRONA, days, order, person, publish

LIVES = int(os.environ.get("LIVES", "8"))
STEPS = 30
UNITS = ("points", "credits", "stamps", "cashback")
RULES = [
    ONE_POINT_PER_KRONA,
    {**ONE_POINT_PER_KRONA, "id": "credits", "unit": "credits", "per_minor": 700, "rounding": "up"},
    {**ONE_POINT_PER_KRONA, "id": "back", "unit": "cashback", "points": 3},
    {"type": "fixed", "id": "stamp", "unit": "stamps", "amount": 1},
    {"type": "multiplier", "id": "silver", "factor": "1.5", "when": [{"type": "tier", "any_of": ["silver"]}]},
    {"type": "fixed", "id": "bonus", "amount": 25, "limits": {"per": [{"period": "month", "units": 60}], "budget": "b"}},
    {"type": "fixed", "id": "review", "amount": 40, "when": [{"type": "activity", "kinds": ["review"]}]},
    {"type": "badge", "id": "badge", "badge": "regular", "when": [{"type": "order_number", "number": 3}]},
    {"type": "draw_entry", "id": "draw", "draw": "bike", "entries": 2},
]  # fmt: skip
PROGRAMME = {
    "earning": {"budgets": [{"id": "b", "units": 400}]},
    "points_life": {"hold_days": 3, "expiry": "rolling", "months": 2},
    "side_units": {
        "units": [{"id": "cashback", "life": {"on_shortfall": "debt"}}],
        "cards": [{"id": "card", "needed": 4, "reward": "coffee"}],
    },
    "tiers": {
        "by": "points", "window": "rolling", "months": 12, "valid": "months", "on_refund": "review",
        "ladder": [{"id": "silver", "at_least": 900}],
    },
}  # fmt: skip


class Life:
    """One member's life, made from a seed. Each step is an operation; what is refused changes nothing."""

    def __init__(self, seed: int):
        self.dice = random.Random(seed)
        self.now: datetime = AT
        self.member: Member = person(f"life-{seed}")
        self.name = f"life-{seed}"
        self.orders: list[str] = []
        self.done = 0

    def live(self) -> None:
        steps: list[Callable[[], object]] = [
            self.buys, self.buys, self.buys, self.returns_a_line, self.returns_a_part, self.cancels, self.reviews,
            self.is_given, self.redeems, self.sets_aside, self.uses_a_code, self.time_passes,
        ]  # fmt: skip
        for number in range(STEPS):
            try:
                with transaction.atomic():
                    self.dice.choice(steps)()
            except DomainError:
                pass
            if number % 10 == 9:
                assert verify() == []

    def buys(self) -> None:
        lines = tuple(
            NewLine(f"sku-{n}", self.dice.randint(0, 30_000)) for n in range(self.dice.randint(1, 3))
        )
        name = f"{self.name}-{len(self.orders)}"
        record_order(order=order(self.member, at=self.now, external_id=name, lines=lines), at=self.now)
        self.orders.append(name)

    def some(self) -> str:
        """One of the orders; a life without one is refused what needs it."""
        return self.dice.choice(self.orders or ["none"])

    def returns_a_line(self) -> None:
        line = OrderLine.objects.select_related("order").filter(order__external_id=self.some()).last()
        if line is not None and line.paid_minor > line.refunded_minor:
            amount = self.dice.randint(1, line.paid_minor - line.refunded_minor)
            self.returns(line.order.external_id, (RefundedLine(line.number, amount),), 0)

    def returns_a_part(self) -> None:
        self.returns(self.some(), (), self.dice.randint(1, 20_000))

    def returns(self, name: str, lines: tuple[RefundedLine, ...], amount: int) -> None:
        self.done += 1
        back = NewRefund(f"back-{self.done}", self.now, lines, amount)
        refund_order(source="api", order_external_id=name, refund=back, at=self.now)

    def cancels(self) -> None:
        if self.orders and self.dice.random() < 0.5:
            cancel_order(source="api", order_external_id=self.some(), cancelled_at=self.now, at=self.now)

    def reviews(self) -> None:
        self.done += 1
        doing = NewActivity(f"{self.name}-a{self.done}", "review", self.now, MemberRef(external_id=self.name))
        record_activity(activity=doing, at=self.now)

    def is_given(self) -> None:
        unit, amount = self.dice.choice(("points", "stamps")), self.dice.choice((-20, -1, 1, 3, 50))
        adjust_points(member=self.member.pk, amount=amount, unit=unit, reason="by hand", at=self.now)

    def redeems(self) -> None:
        self.done += 1
        redeem_reward(member=self.member.pk, reward=Reward.objects.get(handle="cup").pk, key=f"{self.name}-{self.done}",
                      at=self.now)  # fmt: skip

    def sets_aside(self) -> None:
        self.done += 1
        reward = Reward.objects.get(handle="cup").pk
        row = reserve_reward(
            member=self.member.pk, reward=reward, key=f"{self.name}-{self.done}", at=self.now
        )
        if self.dice.random() < 0.7:
            release_redemption(redemption=row.pk, at=self.now)

    def uses_a_code(self) -> None:
        code = Voucher.objects.filter(redemption__member=self.member, status="active").first()
        if code is not None:
            use_voucher(code=code.code, at=self.now)

    def time_passes(self) -> None:
        self.now += days(self.dice.choice((1, 4, 20, 70)))
        live_through(at=self.now)
        tiers.review_due(at=self.now)

    def undo_everything(self) -> None:
        """All orders are cancelled, all activities undone."""
        for name in self.orders:
            cancel_order(source="api", order_external_id=name, cancelled_at=self.now, at=self.now)
        for done in Activity.objects.filter(member=self.member):
            undo_activity(activity=done.pk, at=self.now, note="undone")

    def leaves_nothing(self) -> None:
        """Of what was undone nothing is left: units are taken back or recorded as missing, to the last one."""
        for row in Order.objects.filter(external_id__in=self.orders):
            decision = refunds.decided(row)
            taken = dict.fromkeys(UNITS, 0)
            for back in Refund.objects.filter(order=row):
                taken["points"] += back.points_taken + back.shortfall
                for unit, parts in back.others.items():
                    taken[unit] += sum(parts)
            assert taken == {unit: decision.earned(unit) for unit in UNITS}, row.external_id
        assert not DrawEntry.objects.filter(member=self.member, entries__gt=0).exists()
        assert not EarnedBadge.objects.filter(member=self.member).exists()
        assert not TierStanding.objects.filter(member=self.member).exists()


@pytest.fixture
def club(cafe):
    """A shop with a programme that uses everything at once."""
    create_reward(at=AT, details={"kind": "custom", "name": {"en": "Coffee"}, "cost_points": 1})
    create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 60})
    return publish(*RULES, **{**PROGRAMME, "earning": dict(PROGRAMME["earning"])})


def play() -> None:
    for seed in range(LIVES):
        life = Life(seed)
        life.live()
        life.undo_everything()
        life.leaves_nothing()
        assert verify() == []


@pytest.mark.slow
def test_random_lives_break_no_promise_and_leave_nothing_of_what_was_undone(club):
    play()
    # The lives do reach what they are about.
    assert FullCard.objects.exists() and FullCard.objects.exclude(reopened_at=None).exists()
    assert (
        Redemption.objects.filter(source_kind="card").exists()
        and Refund.objects.filter(shortfall__gt=0).exists()
    )


def _forgets_a_point(monkeypatch):
    honest = refunds._undone
    monkeypatch.setattr(refunds, "_undone", lambda *given: max(0, honest(*given) - 1))


def _keeps_the_count(monkeypatch):
    monkeypatch.setattr(refunds, "give_back", lambda **_given: None)


def _never_looks_at_tiers(monkeypatch):
    honest = tiers.follow
    monkeypatch.setattr(
        following.tiers, "follow",
        lambda members, **given: 0 if given.get("occasion") == following.Occasion.REFUND else honest(members, **given),
    )  # fmt: skip


def _leaves_the_gifts(monkeypatch):
    monkeypatch.setattr(following.gifts, "take_back", lambda *_args, **_given: None)


@pytest.mark.parametrize(
    "mutant", [_forgets_a_point, _keeps_the_count, _never_looks_at_tiers, _leaves_the_gifts]
)
def test_twin_what_was_broken_on_purpose_is_found(club, monkeypatch, mutant):
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        play()
