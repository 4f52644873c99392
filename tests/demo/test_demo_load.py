"""The loaded history against figures worked out without the code that loads it, and loading twice."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import Sum

from loyalty.core import clock
from loyalty.core.events.models import JobRun
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balances, outstanding, totals
from loyalty.core.merchants.models import Location, Merchant, Staff
from loyalty.core.programme.queries import in_force
from loyalty.core.tenancy.scope import acting_for
from loyalty.demo import cafe, load
from loyalty.demo.catalogue import fill_catalogue
from loyalty.demo.figures import figures, figures_by_household
from loyalty.demo.history import open_history
from loyalty.demo.load import load_part
from loyalty.demo.parts import JOINED, PARTS, PASSED, REDEEMED, SKIPPED, Work
from loyalty.demo.shops import CAFE, DEMO, GROCERY, NotTheDemos, Shops, open_shops
from members.models import Identity, Member, Order, OrderLine, Product
from rewards.models import Redemption, Voucher
from tests.cast import shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops(db: None, monkeypatch: pytest.MonkeyPatch) -> Shops:
    """Both demo shops, just opened; of the café's weeks only the last one."""
    monkeypatch.setattr(cafe, "WEEKS", 1)
    return open_shops(at=clock.now())


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """A history of six households for this test: the operations are the same, only fewer of them."""
    monkeypatch.setitem(load.SIZES, "tiny", 6)
    return 6


def load_all(shops: Shops, *, skip: frozenset[str] = frozenset()) -> list[list[int]]:
    """Both parts, one after the other, in this process; their tallies."""
    work = Work(shops.grocery.pk, "tiny", shops.last_day, skip)
    tallies = [[0] * 4 for _part in range(PARTS)]
    for part in range(PARTS):
        load_part(work, part, tallies[part])
    return tallies


def households(few: int) -> tuple[list[str], int]:
    """External ids of the households, and by how many weeks the history is moved."""
    with open_history(households=few, last_day=clock.now().date()) as history:
        return [household.external_id for household in history.households()], history.weeks


def base_points() -> dict[str, int]:
    """What the rule "1 point for every dollar" gave to each household, read from the orders' reasons."""
    names = dict(Identity.objects.filter(kind="external").values_list("member_id", "value"))
    found: dict[str, int] = {}
    for member, decision in Order.objects.values_list("member_id", "decision"):
        given = sum(reason["amount"] for reason in decision["reasons"] if reason["rule"] == "every-dollar")
        found[names[member]] = found.get(names[member], 0) + given
    return found


def snapshot() -> dict[str, Any]:
    """Everything that loading again must leave alone."""
    return {
        "orders": sorted(Order.objects.values_list("pk", "fingerprint")),
        "lines": OrderLine.objects.count(),
        "members": sorted(Member.objects.values_list("pk", flat=True)),
        "redemptions": sorted(Redemption.objects.values_list("pk", "status")),
        "balances": balances(Member.objects.values_list("pk", flat=True)),
        "totals": totals(),
        "locations": Location.objects.count(),
    }


def test_books_say_what_the_figures_say(shops: Shops, few: int) -> None:
    tallies = load_all(shops)
    names, _weeks = households(few)
    expected, by_household = figures(households=names), figures_by_household(households=names)
    with acting_for(shops.grocery, by=DEMO):
        revenue = Order.objects.aggregate(total=Sum("total_minor"))["total"]
        assert Order.objects.count() == expected.orders == sum(tally[PASSED] for tally in tallies)
        assert revenue == expected.revenue_minor
        assert Member.objects.count() == expected.members == few == sum(tally[JOINED] for tally in tallies)
        base = base_points()
        assert {name: points for name, points in base.items() if points} == {
            name: one.points for name, one in by_household.items() if one.points
        }
        assert sum(base.values()) == expected.points
        # The books hold what the orders say, no point more: extra points only from the double weeks.
        earned = Order.objects.aggregate(total=Sum("points_earned"))["total"]
        books = totals()
        assert books["issued"] == earned
        assert expected.points < earned < 2 * expected.points
        assert outstanding() == books["issued"] + books.get("redeemed", 0) + books.get("expired", 0)
        assert -books["redeemed"] == Redemption.objects.aggregate(total=Sum("cost_points"))["total"] > 0
        assert Redemption.objects.count() == sum(tally[REDEEMED] for tally in tallies)
        assert verify() == []


def test_only_the_double_weeks_double(shops: Shops, few: int) -> None:
    load_all(shops)
    with acting_for(shops.grocery, by=DEMO):
        rule = in_force().programme["earning"].rules[1]
        inside = outside = 0
        for placed_at, decision in Order.objects.values_list("placed_at", "decision"):
            extra = sum(reason["amount"] for reason in decision["reasons"] if reason["rule"] == rule.id)
            if rule.window.holds(placed_at):
                inside += extra
            else:
                outside += extra
    assert inside > 0
    assert outside == 0


def test_loading_twice_changes_nothing(shops: Shops, few: int) -> None:
    load_all(shops)
    with acting_for(shops.grocery, by=DEMO):
        before = snapshot()
    again = load_all(shops)
    assert [tally[JOINED] for tally in again] == [tally[REDEEMED] for tally in again] == [0, 0]
    assert all(tally[PASSED] == tally[SKIPPED] > 0 for tally in again)
    with acting_for(shops.grocery, by=DEMO):
        assert snapshot() == before


def test_an_interrupted_month_is_taken_up_again(
    shops: Shops, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in the middle of a month's redemptions, with its receipts written and its row missing."""
    real, calls = load.redeem_month, []

    def breaks(**what: Any) -> int:
        calls.append(what["month"])
        if len(calls) == 4:
            real(**{**what, "visits": what["visits"][:1]})
            raise KeyboardInterrupt
        return real(**what)

    with monkeypatch.context() as patch:
        patch.setattr(load, "redeem_month", breaks)
        with pytest.raises(KeyboardInterrupt):
            load_all(shops)
    with acting_for(shops.grocery, by=DEMO):
        assert 0 < JobRun.objects.filter(job=load.MONTH).count() < 4
        some = Order.objects.count()
    tallies = load_all(shops)
    names, _weeks = households(few)
    with acting_for(shops.grocery, by=DEMO):
        assert 0 < some < Order.objects.count() == figures(households=names).orders
        assert tallies[0][SKIPPED] == some, "what was there is skipped, receipt by receipt"
        assert verify() == []


def test_households_of_an_earlier_load_are_left_alone(shops: Shops, few: int) -> None:
    names, _weeks = households(few)
    tallies = load_all(shops, skip=frozenset(names[:2]))
    with acting_for(shops.grocery, by=DEMO):
        joined = set(Identity.objects.filter(kind="external").values_list("value", flat=True))
        assert joined == set(names[2:])
        assert Order.objects.count() == figures(households=names[2:]).orders
    passed = sum(tally[PASSED] for tally in tallies)
    assert passed == figures(households=names).orders, "the progress still reaches its end"


def test_redemptions_are_affordable_at_the_time(shops: Shops, few: int) -> None:
    """Each happens after what it is paid from, and its code was shown by someone at the till or waits."""
    load_all(shops)
    with acting_for(shops.grocery, by=DEMO):
        taken = list(Redemption.objects.select_related("reward"))
        assert taken
        for redemption in taken:
            visits = Order.objects.filter(member=redemption.member_id)
            before = visits.filter(placed_at__lt=redemption.reserved_at)
            earned = before.aggregate(total=Sum("points_earned"))["total"]
            spent = sum(
                other.cost_points
                for other in taken
                if other.member_id == redemption.member_id and other.reserved_at <= redemption.reserved_at
            )
            assert spent <= earned
        assert set(Voucher.objects.values_list("status", flat=True)) <= {"used", "active"}


def test_the_history_ends_before_today(shops: Shops, few: int) -> None:
    load_all(shops)
    names, _weeks = households(few)
    with open_history(households=few, last_day=shops.last_day) as history:
        *_rest, final = (basket.happened_at for basket in history.baskets())
    with acting_for(shops.grocery, by=DEMO):
        assert Order.objects.latest("placed_at").placed_at == final < clock.now()
        assert set(names) == set(Identity.objects.filter(kind="external").values_list("value", flat=True))
    # The whole history's last receipt is the one that decides, so a few households may end a little earlier.
    assert shops.last_day == clock.now().astimezone(load.SHOP_ZONE).date() - timedelta(days=1)
    assert 0 <= (shops.last_day - final.astimezone(load.SHOP_ZONE).date()).days < 35


def test_opening_again_finds_the_shops_and_keeps_their_last_day(shops: Shops) -> None:
    later = open_shops(at=clock.now().replace(year=clock.now().year + 1))
    assert later == shops
    assert later.last_day == shops.last_day


def test_each_shop_is_complete(shops: Shops) -> None:
    for merchant in (shops.grocery, shops.cafe, shops.grocery.sandbox, shops.cafe.sandbox):
        with acting_for(merchant, by=DEMO):
            assert in_force() is not None
            assert sorted(Staff.objects.values_list("role", flat=True)) == [
                "analyst", "cashier", "manager", "owner",
            ]  # fmt: skip
            assert verify() == []
            if merchant.pk != shops.grocery.pk:
                assert Order.objects.exists()
                assert outstanding() > 0


def test_the_cafe_has_a_story(db: None) -> None:
    shops = open_shops(at=clock.now())
    with acting_for(shops.cafe, by=DEMO):
        assert Member.objects.count() >= 15
        assert Order.objects.count() > 200
        assert Redemption.objects.filter(status="committed").count() > 5
        assert not Order.objects.filter(placed_at__gt=clock.now()).exists()


def test_another_shop_at_the_demos_address_is_left_alone(db: None) -> None:
    shop(GROCERY, name="A real shop")
    with pytest.raises(NotTheDemos, match=GROCERY):
        open_shops(at=clock.now())


def test_opening_is_all_or_nothing(db: None) -> None:
    shop(CAFE, name="A real café")
    with pytest.raises(NotTheDemos):
        open_shops(at=clock.now())
    assert not Merchant.objects.filter(slug=GROCERY).exists()


def test_a_receipt_becomes_the_order_it_is() -> None:
    with open_history(households=3, last_day=date(2026, 11, 20)) as history:
        basket = next(
            basket for basket in history.baskets() if any(line.discount_minor for line in basket.lines)
        )
    order = load.order_of(basket)
    assert order.total_minor == basket.total_minor
    assert order.placed_at == basket.happened_at
    assert [line.amount_minor + line.discount_minor for line in order.lines] == [
        line.amount_minor for line in basket.lines
    ]
    card = replace(basket.lines[0], tags=("gift-card",))
    assert load.order_of(replace(basket, lines=(card,))).lines[0].kind == "gift_card"


def test_what_the_receipts_sold_is_in_the_catalogue_once(shops: Shops, few: int):
    load_all(shops)
    with acting_for(shops.grocery, by=DEMO):
        sold = set(OrderLine.objects.values_list("sku", flat=True))
    assert fill_catalogue(shops.grocery.pk) == len(sold) > 50
    with acting_for(shops.grocery, by=DEMO):
        before = list(Product.objects.order_by("sku").values())
        assert {row["sku"] for row in before} == sold
        line = OrderLine.objects.order_by("-order__placed_at").filter(quantity=1).first()
        product = Product.objects.get(sku=line.sku)
        assert (product.name, product.category, product.brand, product.tags) == (
            line.name, line.category, line.brand, line.tags,
        )  # fmt: skip
    fill_catalogue(shops.grocery.pk)
    with acting_for(shops.grocery, by=DEMO):
        assert list(Product.objects.order_by("sku").values()) == before
    with acting_for(shops.cafe, by=DEMO):
        assert Product.objects.get(sku="havrelatte").price_minor == 54_00
