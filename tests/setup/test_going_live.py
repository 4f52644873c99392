"""Going live: what stops it is told, what is copied is exactly the test shop's, and the same again changes nothing."""

import threading
from typing import Any

import pytest
from django.db import connection

from loyalty.core import clock
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.programme import operations as programmes
from loyalty.core.programme import queries
from loyalty.core.tenancy.scope import acting_for
from loyalty.setup import operations
from loyalty.setup.readiness import COPIED, Readiness, Weight, readiness
from members.models import Member
from members.operations.products import save_product
from members.queries.perks import tier_of
from members.rules.products import ProductChange
from rewards.models import Reward
from rewards.operations.catalogue import create_reward, edit_reward, retire_reward
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, buy, days, person, publish, shop

pytestmark = pytest.mark.django_db

COFFEE = {"kind": "free_product", "name": {"en": "Free coffee", "sv": "En kaffe"}, "cost_points": 100,
          "unit_cost_minor": 700}  # fmt: skip
OTHERS = {"nb": "En kaffe", "nl": "Een koffie"}
LATER = AT + days(1)


@pytest.fixture
def luna_shop(settings: Any) -> Merchant:
    """Café Luna, live and empty; its test shop has a programme and a coffee for a hundred points."""
    settings.SITE_URL = "https://loyalty.luna.example"
    live = shop()
    with acting_for(live.sandbox, by=MARA):
        publish(identity={"name": {"sv": "Lunaklubben"}})
        create_reward(at=AT, handle="coffee", details={**COFFEE, "name": COFFEE["name"] | OTHERS})
        person("robin")
    return live


def ready(live: Merchant) -> Readiness:
    with acting_for(live, by=MARA):
        return readiness(sandbox=live.sandbox, live=live, at=LATER)


def codes(live: Merchant, weight: Weight) -> list[str]:
    return [one.code for one in ready(live).of(weight)]


def take(live: Merchant, *confirmed: str, at: Any = LATER) -> operations.Taken:
    with acting_for(live, by=MARA):
        return operations.take_live(sandbox=live.sandbox, live=live, at=at, confirmed=confirmed)


def catalogue(merchant: Merchant) -> dict[str, tuple[Any, ...]]:
    """Every reward by its handle: whether it is offered, and what is copied."""
    with acting_for(merchant, by=MARA):
        return {row.handle: (row.retired_at is None, *(getattr(row, name) for name in COPIED))
                for row in Reward.objects.all()}  # fmt: skip


def content(merchant: Merchant) -> Any:
    with acting_for(merchant, by=MARA):
        current = queries.in_force()
        return current and current.programme.document()


def test_the_live_shop_offers_what_the_test_shop_does(luna_shop: Merchant):
    assert codes(luna_shop, Weight.STOPS) == []
    taken = take(luna_shop)
    assert (taken.programme, taken.number, taken.made, taken.changed) == (True, 1, ("coffee",), ())
    assert catalogue(luna_shop) == catalogue(luna_shop.sandbox)
    assert content(luna_shop) == content(luna_shop.sandbox)
    with acting_for(luna_shop, by=MARA):
        assert not Member.objects.exists()  # pretend members stay behind
        assert verify() == []


def test_a_member_earns_and_could_redeem_right_away(luna_shop: Merchant):
    take(luna_shop)
    with acting_for(luna_shop, by=MARA):
        assert buy(person("ana"), 150, at=LATER).points == 150
        assert verify() == []


def test_the_same_again_changes_nothing(luna_shop: Merchant):
    take(luna_shop)
    with acting_for(luna_shop, by=MARA):
        before = Event.objects.count()
    again = take(luna_shop)
    assert (again.programme, again.made, again.changed) == (False, (), ())
    assert not ready(luna_shop).anything
    with acting_for(luna_shop, by=MARA):
        assert Event.objects.count() == before
        assert queries.history().count() == 1


def test_what_was_changed_in_the_test_shop_follows(luna_shop: Merchant):
    take(luna_shop)
    with acting_for(luna_shop, by=MARA):
        edit_reward(reward=Reward.objects.get().pk, at=LATER, details={"stock": 5})
        create_reward(at=LATER, handle="own", details={**COFFEE, "cost_points": 7})
    with acting_for(luna_shop.sandbox, by=MARA):
        edit_reward(reward=Reward.objects.get().pk, at=LATER, details={"cost_points": 120})
        create_reward(at=LATER, handle="bun", details={**COFFEE, "cost_points": 60})
    assert [(one.reward.handle, one.what) for one in ready(luna_shop).changes] == [
        ("bun", "made"),
        ("coffee", "changed"),
    ]
    taken = take(luna_shop)
    assert (taken.programme, taken.made, taken.changed) == (False, ("bun",), ("coffee",))
    with acting_for(luna_shop, by=MARA):
        rows = {row.handle: row for row in Reward.objects.all()}
    assert rows["coffee"].cost_points == 120
    assert rows["coffee"].stock == 5, "how many are left is the live shop's own affair"
    assert rows["own"].cost_points == 7, "what only the live shop has stays"


def test_a_reward_that_was_retired_or_restored_follows(luna_shop: Merchant):
    with acting_for(luna_shop.sandbox, by=MARA):
        create_reward(at=AT, handle="bun", details={**COFFEE, "cost_points": 60})
    take(luna_shop)
    with acting_for(luna_shop.sandbox, by=MARA):
        retire_reward(reward=Reward.objects.get(handle="bun").pk, at=LATER)
    assert [one.what for one in ready(luna_shop).changes] == ["retired"]
    take(luna_shop)
    assert catalogue(luna_shop)["bun"][0] is False
    with acting_for(luna_shop.sandbox, by=MARA):
        retire_reward(reward=Reward.objects.get(handle="bun").pk, at=LATER, retired=False)
    take(luna_shop)
    assert catalogue(luna_shop)["bun"][0] is True


def test_a_retired_reward_is_not_brought_along(luna_shop: Merchant):
    with acting_for(luna_shop.sandbox, by=MARA):
        bun = create_reward(at=AT, handle="bun", details={**COFFEE, "cost_points": 60})
        retire_reward(reward=bun.pk, at=AT)
    take(luna_shop)
    assert set(catalogue(luna_shop)) == {"coffee"}


def test_without_a_programme_or_a_reward_nothing_goes_live():
    live = shop()
    assert {"no_programme", "no_reward"} <= set(codes(live, Weight.STOPS))
    with pytest.raises(operations.NotReady):
        take(live)
    assert content(live) is None and catalogue(live) == {}


def test_a_programme_in_which_nothing_earns_does_not_go_live(luna_shop: Merchant):
    with acting_for(luna_shop.sandbox, by=MARA):
        programmes.save_draft(content={"earning": {"rules": []}}, at=LATER)
        programmes.publish(at=LATER)
    assert codes(luna_shop, Weight.STOPS) == ["nothing_earns"]


def test_a_draft_in_the_live_shop_is_not_written_over(luna_shop: Merchant):
    take(luna_shop)
    with acting_for(luna_shop, by=MARA):
        programmes.save_draft(content={"identity": {"name": {"sv": "Hemligt"}}}, at=LATER)
    with acting_for(luna_shop.sandbox, by=MARA):
        publish({"type": "points_per_amount", "id": "base", "points": 2, "per_minor": 100}, at=LATER)
    before = content(luna_shop)
    assert codes(luna_shop, Weight.STOPS) == ["live_draft"]
    with pytest.raises(operations.NotReady):
        take(luna_shop)
    with acting_for(luna_shop, by=MARA):
        assert queries.draft().document["identity"]["name"] == {"sv": "Hemligt"}
    assert content(luna_shop) == before


def test_a_tier_that_members_have_goes_only_when_somebody_says_so(luna_shop: Merchant):
    gold = {"ladder": [{"id": "gold", "at_least": 0}]}
    silver = {"ladder": [{"id": "silver", "at_least": 0}]}
    with acting_for(luna_shop.sandbox, by=MARA):
        publish(identity={"name": {"sv": "Lunaklubben"}}, tiers=gold, at=LATER)
    take(luna_shop)
    with acting_for(luna_shop, by=MARA):
        ana = person("ana", at=LATER)
        buy(ana, 100, at=LATER)
        assert tier_of(ana.pk, at=LATER) == "gold"
    with acting_for(luna_shop.sandbox, by=MARA):
        publish(identity={"name": {"sv": "Lunaklubben"}}, tiers=silver, at=LATER)
    assert codes(luna_shop, Weight.CONFIRM) == ["move_down"]
    with pytest.raises(operations.NotReady):
        take(luna_shop)
    with acting_for(luna_shop, by=MARA):
        assert tier_of(ana.pk, at=LATER) == "gold"
    assert take(luna_shop, "move_down").programme


def test_what_gives_back_too_much_has_to_be_confirmed(luna_shop: Merchant):
    with acting_for(luna_shop.sandbox, by=MARA):
        edit_reward(reward=Reward.objects.get().pk, at=LATER, details={"unit_cost_minor": 50_00})
    (found,) = ready(luna_shop).of(Weight.CONFIRM)
    assert (found.code, found.params["share"]) == ("costly", 0.5)
    with pytest.raises(operations.NotReady):
        take(luna_shop)
    assert content(luna_shop) is None and catalogue(luna_shop) == {}
    assert take(luna_shop, "costly").programme


def test_a_server_that_sends_no_mail_has_to_be_confirmed(luna_shop: Merchant, settings: Any):
    settings.MAILERS = {
        "default": {"BACKEND": "django.core.mail.backends.filebased.EmailBackend", "OPTIONS": {}}
    }
    assert codes(luna_shop, Weight.CONFIRM) == ["no_email"]
    with pytest.raises(operations.NotReady):
        take(luna_shop, "costly")
    assert take(luna_shop, "no_email").programme


def test_confirming_does_not_lift_what_stops(luna_shop: Merchant):
    with acting_for(luna_shop.sandbox, by=MARA):
        retire_reward(reward=Reward.objects.get().pk, at=LATER)
    with pytest.raises(operations.NotReady):
        take(luna_shop, "no_reward", "costly", "no_email")
    assert content(luna_shop) is None


def test_words_that_members_read_have_to_be_there(luna_shop: Merchant):
    with acting_for(luna_shop.sandbox, by=MARA):
        edit_reward(reward=Reward.objects.get().pk, at=LATER, details={"name": {"en": "Free coffee"}})
    stop = next(one for one in ready(luna_shop).of(Weight.STOPS) if one.code == "words")
    assert (stop.params["language"], [row.handle for row in stop.params["rewards"]]) == ("sv", ["coffee"])
    assert [one.params["language"] for one in ready(luna_shop).of(Weight.ADVICE) if one.code == "other_words"] == [
        "nb", "nl"]  # fmt: skip


def test_a_programme_named_in_another_language_only_is_said(luna_shop: Merchant):
    with acting_for(luna_shop.sandbox, by=MARA):
        publish(at=LATER)
    assert codes(luna_shop, Weight.ADVICE) == ["name_word"]


def test_what_is_recommended_stops_nobody(luna_shop: Merchant, settings: Any):
    settings.SITE_URL = "http://127.0.0.1:8000"
    with acting_for(luna_shop.sandbox, by=MARA):
        edit_reward(reward=Reward.objects.get().pk, at=LATER, details={"cost_points": 90_000})
        create_reward(at=LATER, handle="codes", details={"kind": "coupon", "name": COFFEE["name"] | OTHERS,
                                                         "cost_points": 90_000})  # fmt: skip
        programmes.save_draft(content={"identity": {"name": {"sv": "Snart"}}}, at=LATER)
    assert set(codes(luna_shop, Weight.ADVICE)) == {"far", "codes", "test_draft", "local_address"}
    assert take(luna_shop).programme


def test_rules_that_name_what_the_live_shop_does_not_sell_are_told(luna_shop: Merchant):
    with acting_for(luna_shop, by=MARA):
        save_product(product=ProductChange("latte", category="Coffee"), at=LATER)
    double = {"type": "multiplier", "id": "double", "factor": "2", "only": {"categories": ["Cofee"]}}
    with acting_for(luna_shop.sandbox, by=MARA):
        publish(
            ONE_POINT_PER_KRONA,
            double,
            {**double, "id": "off", "off": True, "only": {"skus": ["x"]}},
            at=LATER,
        )
    told = next(one for one in ready(luna_shop).of(Weight.ADVICE) if one.code == "unsold")
    assert told.params == {"names": ["Cofee"]}


def test_only_a_test_shop_is_taken_live_and_only_into_its_own(luna_shop: Merchant):
    others = shop("ottos", name="Otto's Books")
    for sandbox, live in ((luna_shop.sandbox, others), (luna_shop, luna_shop.sandbox), (others, others)):
        with acting_for(luna_shop, by=MARA), pytest.raises(operations.NotTheTestShop):
            operations.take_live(sandbox=sandbox, live=live, at=LATER)
    assert content(others) is None and content(luna_shop) is None


def test_a_month_costs_what_members_really_bought(luna_shop: Merchant):
    take(luna_shop)
    now = clock.now()
    with acting_for(luna_shop, by=MARA):
        ana = person("ana")
        buy(ana, 300, at=now - days(2))
        buy(None, 999, at=now - days(2))  # a guest earns nothing
        buy(ana, 500, at=now - days(90))
        found = readiness(sandbox=luna_shop.sandbox, live=luna_shop, at=now).cost
    assert found is not None and found.share is not None
    assert found.month_minor == int(300_00 * found.share)
    assert found.basket_minor == 500_00  # the middle one of what members bought


def test_it_stands_in_the_log(luna_shop: Merchant):
    take(luna_shop)
    with acting_for(luna_shop, by=MARA):
        event = Event.objects.get(kind="programme.taken_live")
    assert (event.actor, event.data["made"], event.data["number"]) == ("staff:mara", ["coffee"], 1)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_who_take_it_live_at_once_publish_once(settings: Any):
    settings.SITE_URL = "https://loyalty.luna.example"
    live = shop()
    with acting_for(live.sandbox, by=MARA):
        publish()
        create_reward(at=AT, handle="coffee", details=COFFEE)
    start, found = threading.Barrier(2), []

    def press() -> None:
        start.wait()
        try:
            found.append(take(live).programme)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, True]
    with acting_for(live, by=MARA):
        assert queries.history().count() == 1
        assert Reward.objects.count() == 1
