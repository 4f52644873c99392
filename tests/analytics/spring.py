"""February and March at Café Luna, whose figures can be worked out by hand, made once for a module's tests."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from analytics.operations import filling
from analytics.queries.figures import FIGURES
from analytics.queries.rows import every_row, rows
from analytics.queries.sums import reader
from analytics.queries.telling import Told, figure
from analytics.rules.calendar import Grain, Stretch, stretch
from loyalty.core import ids
from members.models import Member, Order
from members.operations.activities import record_activity
from members.operations.points import adjust_points
from members.operations.refunds import cancel_order, refund_order
from members.rules.doing import NewActivity
from members.rules.shopping import MemberRef, NewRefund
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward
from tests.cast import AT, buy, days, person

ZONE = "Europe/Stockholm"
MARCH = stretch(Grain.MONTH, date(2026, 3, 15))
NOW = AT + days(200)  # the eighteenth of September


def told(key: str, when: Stretch = MARCH, *, at: datetime = NOW, zone: str = ZONE, **part: str) -> Told:
    return figure(reader(zone=zone, at=at), key, when, **part)


def fill(at: datetime = NOW) -> None:
    """What the task does."""
    filling.note_changes(at=at)
    while filling.sum_batch(at=at):
        pass


def lived(ana: Member, ben: Member) -> None:
    """February and March of Ana and Ben, a guest, a cancelled order, a reward, points by hand, a refund in April."""
    buy(ana, 200, at=AT - days(20), channel="web")
    buy(ben, 80, at=AT - days(10), channel="pos", location="soder")
    buy(ana, 100, external_id="a1", channel="web")
    buy(ana, 60, at=AT + days(3), channel="pos", location="soder")
    buy(None, 25, channel="pos", location="soder")
    buy(ben, 40, external_id="b1", channel="web")
    cancel_order(source="api", order_external_id="b1", cancelled_at=AT, at=AT)
    cup = create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 30,
                                        "unit_cost_minor": 700})  # fmt: skip
    redeem_reward(member=ana.pk, reward=cup.pk, key="cup", at=AT + days(4))
    adjust_points(member=ben.pk, amount=5, reason="Sorry", at=AT + days(5))
    adjust_points(member=ben.pk, amount=-2, reason="Oops", at=AT + days(5))
    for number, score in enumerate((10, 9, 7, 3)):
        answer(ana, score, number)
    late = AT + days(40)
    refund_order(source="api", order_external_id="a1", refund=NewRefund("r", late, (), 3000), at=late)
    person("carl", at=AT + days(40))


@pytest.fixture(scope="module")
def spring(ana: Member, ben: Member) -> None:
    """What `lived` says, once for a module."""
    lived(ana, ben)


def answer(who: Member, score: Any, number: int, *, at: datetime = AT) -> None:
    doing = NewActivity(
        f"nps-{number}", "nps", at, MemberRef(id=ids.encode("mbr", who.pk)), properties={"score": score}
    )
    record_activity(activity=doing, at=at)


OF_MARCH = {
    "value_per_buyer": 13000, "value_per_member": 20500, "brought_share": 0, "retention": Decimal("0.5"),
    "active_share": Decimal("0.5"), "earning_share": Decimal("0.5"), "redeeming_share": Decimal("0.5"), "visits": 2,
    "nps": 25, "aov_members": 6500, "aov_others": 2500, "orders": 3, "revenue": 15500, "revenue_members": 13000,
    "refunds": 4000, "repeat_rate": 1, "frequency": 2, "members_total": 2, "members_new": 2, "members_active": 1,
    "members_lapsed": 0, "points_issued": 160, "points_spent": 30, "points_expired": 0, "points_by_hand": 3,
    "redemption_rate": Decimal("0.1875"), "expiry_rate": 0, "points_outstanding": 413, "redemptions": 1,
    "reward_cost": 700,
}  # fmt: skip


def added_up(key: str, when: Stretch, found: Told, cut: str = "", name: str = "") -> None:
    """The rows come to the figure, each is told once, and the sums beside them are theirs."""
    opened = list(every_row(key, when, zone=ZONE, at=NOW, cut=cut, name=name))
    assert sum(row.part for row in opened) == found.part, (key, when, cut, name)
    assert found.whole is None or sum(row.whole for row in opened) == found.whole, (key, when, cut, name)
    beside = rows(key, when, zone=ZONE, at=NOW, cut=cut, name=name, most=1)
    assert (beside.part, beside.count) == (found.part, len(opened))
    known: Any = Order if FIGURES[key].opens.what == "orders" else Member
    about = {row.about for row in opened}
    assert known.objects.filter(pk__in=about).count() == len(about)
