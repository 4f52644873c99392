"""Programmes that real shops have published, each written as one document and lived through: the numbers they print, a
return, and what is left when time is up. Rates alone are in `members/rules/test_published.py`, tiers in
`members/operations/test_tiers_published.py`, the quarterly conversion in `test_conversions.py` there."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, lots
from members.operations.holds import report_event
from members.operations.inviting import Invitation, code_of
from members.operations.membership import join
from members.operations.points import activate_due, expire_due
from members.operations.referral_payouts import due_referrals, settle
from members.operations.refunds import refund_order
from members.rules.shopping import NewRefund
from rewards.consumers import give_back_what_paid, spend_what_was_set_aside
from rewards.models import Redemption
from rewards.operations.catalogue import create_reward
from rewards.operations.checkout import CannotPay, pay_with_points, quote_payment
from rewards.operations.redemption import NotEligible, redeem_reward
from tests.cast import AT, buy, days, person, publish

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def rate(points: int, per_minor: int = 100, **more: object) -> dict[str, object]:
    """So many points for each so many of the smallest coin."""
    return {"type": "points_per_amount", "id": "base", "points": points, "per_minor": per_minor, **more}


def has(member) -> tuple[int, int]:
    """Points to spend, and points that wait."""
    now = balance(member.pk)
    return now.available, now.pending


def comes_back(order: str, kronor: float, at: datetime) -> None:
    """So much of an order is refunded."""
    refund = NewRefund(f"back-{order}-{at.isoformat()}", at, (), round(kronor * 100))
    refund_order(source="api", order_external_id=order, refund=refund, at=at)


def midnight(year: int, month: int, day: int) -> datetime:
    """When a day begins in Stockholm."""
    return datetime(year, month, day, tzinfo=STOCKHOLM)


@pytest.fixture(autouse=True)
def _books(cafe):
    """After each programme the books are right."""
    yield
    assert verify() == []


def test_ahlens_a_bonus_on_demand_leaves_the_rest_which_lives_two_years(cafe, ana):
    """2,500 points are 50 kr on demand and points live two years; of 3,000 points one bonus leaves 500."""
    publish(rate(1), points_life={"expiry": "rolling", "months": 24})
    bonus = create_reward(
        at=AT, details={"kind": "money_off", "name": {"sv": "50 kr"}, "cost_points": 2500, "value": 50_00}
    )
    buy(ana, 2499, external_id="coat")
    with pytest.raises(NotEligible):
        redeem_reward(member=ana.pk, reward=bonus.pk, key="too-early", at=AT)
    buy(ana, 501, external_id="hat")
    redeem_reward(member=ana.pk, reward=bonus.pk, key="bonus", at=AT)
    assert has(ana) == (500, 0)
    comes_back("hat", 100, AT + days(5))
    assert has(ana) == (400, 0)
    assert expire_due(at=midnight(2028, 3, 2)) == 0
    expire_due(at=midnight(2028, 3, 3))
    assert has(ana) == (0, 0)


def test_only_for_men_points_wait_fourteen_days_and_then_live_two_years(cafe, ana):
    """10 points for each euro, credited after 14 days, valid 24 months."""
    publish(rate(10), points_life={"hold_days": 14, "expiry": "rolling", "months": 24})
    buy(ana, 89.90, external_id="shirt")
    buy(ana, 20, external_id="socks")
    assert has(ana) == (0, 890 + 200), "whole coins of what each order came to"
    comes_back("socks", 20, AT + days(10))
    assert has(ana) == (0, 890), "what comes back before it counts never counted"
    assert activate_due(at=midnight(2026, 3, 15)) == 0
    activate_due(at=midnight(2026, 3, 16))
    assert has(ana) == (890, 0)
    comes_back("shirt", 44.95, midnight(2026, 4, 1))
    assert has(ana) == (445, 0)
    assert expire_due(at=midnight(2028, 3, 16)) == 0
    expire_due(at=midnight(2028, 3, 17))
    assert has(ana) == (0, 0)


def test_koffiestore_signing_up_a_friend_and_a_quarter_of_the_order(cafe):
    """250 points for signing up, 5 for each euro, 750 for a friend who buys; points pay 25 % of an order at most."""
    publish(
        rate(5),
        {"type": "fixed", "id": "welcome", "amount": 250, "when": [{"type": "activity", "kinds": ["account_created"]}]},
        referrals={"on": True, "referrer": {"units": [{"amount": 750}]}},
    )  # fmt: skip
    paying = create_reward(at=AT, details={"kind": "pay_with_points", "name": {"en": "Pay with points"}, "cost_points": 0,
                                           "terms": {"points": 100, "minor": 100, "most_percent": 2500}})  # fmt: skip
    ana = person("ana")
    assert has(ana) == (250, 0)
    friend = join(
        at=AT,
        identities={"external": "friend"},
        invitation=Invitation(code_of(member=ana.pk, at=AT), {}),
    ).member
    assert has(ana) == (250, 0), "a friend who only joined has brought nothing yet"
    buy(friend, 40, external_id="beans")
    for referral in due_referrals(at=AT, most=10):
        settle(referral=referral, at=AT)
    assert (has(ana), has(friend)) == ((1000, 0), (250 + 200, 0))
    quote = quote_payment(member=ana.pk, reward=paying.pk, order_minor=30_00, at=AT)
    assert (quote.points, quote.minor) == (750, 7_50)

    def pay(points: int) -> Redemption:
        return pay_with_points(member=ana.pk, reward=paying.pk, points=points, order_minor=30_00, order_external_id="cups",
                               key=f"pay-{points}", at=AT)  # fmt: skip

    with pytest.raises(CannotPay):
        pay(751)
    pay(750)
    buy(ana, 30, external_id="cups", points_minor=7_50)
    for event in list(Event.objects.filter(kind="order.paid_with_points")):
        spend_what_was_set_aside(event)
    assert has(ana) == (250 + 110, 0), "5 points for each full euro of the 22.50 paid with money"
    comes_back("cups", 30, AT + days(1))
    for event in list(Event.objects.filter(kind="order.refunded")):
        give_back_what_paid(event)
    assert has(ana) == (1000, 0), "no money for points: the points themselves come back"
    comes_back("beans", 40, AT + days(1))
    assert has(friend) == (250, 0)


def test_feelia_any_purchase_gives_the_whole_balance_twelve_more_months(cafe, ana):
    publish(rate(1), points_life={"expiry": "sliding", "days": 365})
    buy(ana, 500, at=midnight(2026, 3, 2), external_id="first")
    buy(ana, 1, at=midnight(2027, 3, 1), external_id="last-day")
    assert expire_due(at=midnight(2027, 3, 4)) == 0
    assert has(ana) == (501, 0)
    assert len({lot.expires_at for lot in lots(ana.pk)}) == 1, "old and new points end together"
    comes_back("last-day", 1, midnight(2027, 3, 2))
    assert has(ana) == (500, 0)
    assert expire_due(at=midnight(2028, 2, 29)) == 0
    expire_due(at=midnight(2028, 3, 1))
    assert has(ana) == (0, 0)


def test_oletkaunis_each_point_lives_a_year_and_what_points_paid_earns_none(cafe, ana):
    publish(rate(1), points_life={"expiry": "rolling", "months": 12})
    buy(ana, 100, at=midnight(2026, 3, 2), external_id="cream")
    buy(ana, 80, at=midnight(2026, 9, 2), external_id="soap", points_minor=30_00)
    assert has(ana) == (150, 0)
    comes_back("soap", 80, midnight(2026, 9, 9))
    assert has(ana) == (100, 0), "what comes back takes the points it made"
    buy(ana, 40, at=midnight(2026, 12, 2))
    expire_due(at=midnight(2027, 3, 3))
    assert has(ana) == (40, 0), "a later purchase keeps no older point alive"
    expire_due(at=midnight(2027, 12, 3))
    assert has(ana) == (0, 0)


def test_suser_i_sivet_five_per_cent_when_the_order_ships_and_a_start_bonus_for_a_week(cafe):
    """5 % back when the order ships, valid a year; 250 kr to start with, valid 7 days."""
    create_reward(at=AT, handle="start-bonus", details={"kind": "money_off", "name": {"nb": "250 kr"}, "cost_points": 1,
                                                        "value": 250_00, "code_valid_days": 7})  # fmt: skip
    publish(
        rate(1, 20),
        {"type": "issue_reward", "id": "start", "reward": "start-bonus",
         "when": [{"type": "activity", "kinds": ["account_created"]}]},
        points_life={"hold_event": "order.shipped", "expiry": "rolling", "months": 12},
    )  # fmt: skip
    ana = person("ana")
    start = Redemption.objects.get(member=ana)
    assert (start.status, start.value, start.voucher.expires_at) == (
        "committed",
        250_00,
        midnight(2026, 3, 10),
    )
    buy(ana, 399, external_id="yarn")
    assert has(ana) == (0, 19_95), "nineteen kroner and ninety-five øre wait for the parcel"

    def ships(order: str, when: datetime) -> None:
        report_event(
            about="order", source="api", external_id=order, event="order.shipped", happened_at=when, at=when
        )

    ships("yarn", AT + days(3))
    assert has(ana) == (19_95, 0)
    comes_back("yarn", 200, AT + days(9))
    assert has(ana) == (9_95, 0)
    assert expire_due(at=midnight(2027, 3, 5)) == 0
    expire_due(at=midnight(2027, 3, 6))
    assert has(ana) == (0, 0)
