"""C12: what goes with what, never only the best-sellers, and the offer that fits, worked out from purchases alone."""

from collections import Counter
from itertools import combinations
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import tasks
from campaigns.models import KnownProduct, ProductLink, SuggestionNight
from campaigns.operations.suggesting import due, refresh_suggestions
from campaigns.queries.suggestions import bought_by, fitting
from campaigns.rules import suggestions as rules
from campaigns.rules.suggestions import Candidate, related, varied
from loyalty.core import clock
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.refunds import cancel_order
from members.rules.facts import LineKind
from members.rules.shopping import NewLine
from rewards.operations.catalogue import create_reward
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, OTTO, buy, days, publish

# --- the arithmetic -----------------------------------------------------------------------------------------------


def by_hand(baskets: list[set[int]]) -> dict[tuple[int, int], float]:
    """The scores as their definition says, pair by pair."""
    used = [one for one in baskets if 1 < len(one) <= rules.BIGGEST]
    number = Counter(product for one in used for product in one)
    together = Counter(pair for one in used for pair in combinations(sorted(one), 2))
    found = {}
    for (one, other), both in together.items():
        if both >= rules.LEAST_TOGETHER and min(number[one], number[other]) >= rules.LEAST_BOUGHT:
            for of, to in ((one, other), (other, one)):
                usual = exp(0.7 * log(number[of]) + 0.3 * log(number[to]))
                found[of, to] = both / usual * both / (both + rules.DAMPING)
    return found


@given(st.lists(st.sets(st.integers(0, 7), max_size=5), max_size=60))
def test_the_scores_are_those_of_the_definition(baskets: list[set[int]]):
    rows = [(number, product) for number, one in enumerate(baskets) for product in one]
    links = related([row[0] for row in rows], [row[1] for row in rows])
    told = {(int(a), int(b)): float(s) for a, b, s in zip(links.of, links.to, links.score, strict=True)}
    assert told == pytest.approx(by_hand(baskets))
    for product in set(links.of.tolist()):
        mine = links.of == product
        assert list(links.place[mine]) == list(range(1, mine.sum() + 1))
        assert np.all(np.diff(links.score[mine]) <= 1e-12), "the best first"


def test_a_customer_counts_once_for_a_product_and_a_wholesaler_not_at_all():
    twice = related([0, 0, 0] * 4, [0, 0, 1] * 4)
    assert len(twice) == 0, "four times the same customer is one customer"
    order, product = zip(*[(n, p) for n in range(9) for p in range(rules.BIGGEST + 1)], strict=True)
    assert len(related(order, product)) == 0


def of(sku: str, score: float, because: str = "") -> Candidate:
    return Candidate(sku, score, because or f"for {sku}", 5)


def test_never_only_the_most_popular():
    popular = {f"top{n}" for n in range(20)}
    found = [of(f"top{n}", 1 - n / 100) for n in range(9)] + [of(f"rare{n}", 0.1 - n / 100) for n in range(9)]
    shown = varied(found, most=6, popular=popular, categories={})
    assert [one.sku for one in shown] == ["top0", "top1", "rare0", "rare1", "rare2", "rare3"]
    assert [one.sku for one in varied(found[:9], most=6, popular=popular, categories={})] == ["top0", "top1"]


def test_no_more_than_two_of_a_kind_or_for_one_reason():
    kinds = {"a": "tea", "b": "tea", "c": "tea", "d": "", "e": "", "f": ""}
    found = [of(sku, 1.0) for sku in "abcdef"]
    assert [one.sku for one in varied(found, most=6, popular=(), categories=kinds)] == list("abdef")
    same = [of(sku, 1.0, because="beans") for sku in "abc"]
    assert [one.sku for one in varied(same, most=6, popular=(), categories={})] == ["a", "b"]


# --- in a shop -----------------------------------------------------------------------------------------------------


def lines(*skus: str) -> tuple[NewLine, ...]:
    return tuple(
        NewLine(sku=sku, name=sku.title(), category=f"kind of {sku}", amount_minor=5000) for sku in skus
    )


def history() -> None:
    """Grinders go with beans, mugs with tea; the bag is in every purchase."""
    for _n in range(8):
        buy(None, lines=lines("beans", "grinder", "bag"), at=AT)
        buy(None, lines=lines("tea", "mug", "bag"), at=AT)


def test_what_goes_with_what_somebody_bought(ana: Member, ben: Member):
    history()
    buy(ana, lines=lines("beans"), at=AT)
    assert fitting(ana.pk, at=AT + days(1)).worked_out_at is None
    made = refresh_suggestions(at=AT + days(1))
    assert (made.orders, made.products) == (17, 5)
    found = fitting(ana.pk, at=AT + days(1))
    best = found.suggestions[0]
    assert (best.product.named, best.because.named, best.times, best.together) == ("Grinder", "Beans", 1, 8)
    assert "mug" not in [one.product.sku for one in found.suggestions], "it goes with tea"
    assert fitting(ben.pk, at=AT + days(1)).suggestions == (), "who bought nothing is suggested nothing"
    assert verify() == []


def test_what_was_cancelled_or_is_no_product_says_nothing(ana: Member):
    history()
    buy(ana, lines=lines("tea"), at=AT, external_id="gone")
    gift = (NewLine(sku="card", name="Gift card", kind=LineKind.GIFT_CARD, amount_minor=100),)
    buy(ana, lines=gift, at=AT)
    cancel_order(source="api", order_external_id="gone", cancelled_at=AT, at=AT)
    refresh_suggestions(at=AT + days(1))
    assert bought_by(ana.pk, at=AT + days(1)) == {}
    assert not KnownProduct.objects.filter(sku="card").exists()


def test_a_night_takes_the_place_of_the_one_before(ana: Member):
    history()
    refresh_suggestions(at=AT + days(1))
    before = set(ProductLink.objects.values_list("sku", "other", "score"))
    refresh_suggestions(at=AT + days(2))
    assert set(ProductLink.objects.values_list("sku", "other", "score")) == before and before
    refresh_suggestions(at=AT + days(400))
    assert not ProductLink.objects.exists() and SuggestionNight.objects.get().orders == 0


def test_each_shop_has_its_night_once_and_nothing_of_anothers(
    luna: Merchant, other_shop: Merchant, monkeypatch: pytest.MonkeyPatch
):
    with acting_for(luna, by=MARA):
        publish()
        history()
    monkeypatch.setattr(clock, "now", lambda: AT + days(1))  # nine in the morning
    assert tasks.work_out_suggestions() == Merchant.objects.count(), "each with its sandbox"
    assert tasks.work_out_suggestions() == 0
    with acting_for(other_shop, by=OTTO):
        assert not ProductLink.objects.exists() and SuggestionNight.objects.get().links == 0
        assert due(at=AT + days(1.1)) is None
        assert due(at=(AT + days(2)).replace(hour=0)) is None, "the night is young: one o'clock in Stockholm"
        assert due(at=(AT + days(2)).replace(hour=3)) is not None
    with acting_for(luna, by=MARA):
        assert ProductLink.objects.exists()


def test_the_same_product_under_another_number_is_no_suggestion(ana: Member):
    again = NewLine(sku="beans-2", name="Beans", amount_minor=5000)
    for _n in range(6):
        buy(None, lines=(*lines("beans", "grinder"), again), at=AT)
    buy(ana, lines=lines("beans"), at=AT)
    refresh_suggestions(at=AT + days(1))
    assert [one.product.sku for one in fitting(ana.pk, at=AT + days(1)).suggestions] == ["grinder"]


# --- the next best offer --------------------------------------------------------------------------------------------


def test_the_offer_about_what_goes_with_what_they_buy_comes_first(ana: Member):
    offers = {
        "offers": [{"id": "anything", "name": {"en": "Any day"}}, {"id": "grind", "name": {"en": "Grind it"}}]
    }
    double = {"type": "multiplier", "id": "grind", "factor": "2", "only": {"skus": ["grinder"]},
              "when": [{"type": "segment", "any_of": ["offer-grind"]}]}  # fmt: skip
    publish(ONE_POINT_PER_KRONA, double, offers=offers)
    history()
    buy(ana, lines=lines("beans"), at=AT)
    refresh_suggestions(at=AT + days(1))
    best = fitting(ana.pk, at=AT + days(1)).next_best
    assert best and best.offer and best.offer.offer.id == "grind"
    assert best.fits == "suggested" and best.product and best.product.sku == "grinder"


def test_a_reward_of_what_they_buy_is_better_than_any_other(ana: Member, ben: Member):
    create_reward(details={"kind": "custom", "name": {"en": "Sticker"}, "cost_points": 1}, at=AT)
    tea = create_reward(
        details={
            "kind": "free_product",
            "name": {"en": "Free beans"},
            "cost_points": 10,
            "product_sku": "beans",
        },
        at=AT,
    )
    history()
    buy(ana, lines=lines("beans"), at=AT)
    refresh_suggestions(at=AT + days(1))
    best = fitting(ana.pk, at=AT + days(1)).next_best
    assert best and best.reward and (best.reward.pk, best.fits) == (tea.pk, "bought")
    assert fitting(ben.pk, at=AT + days(1)).next_best is None, "he has no points for either"
