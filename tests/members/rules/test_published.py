"""Programmes that real shops have published, written as rules, against the numbers they print."""

from dataclasses import replace
from datetime import timedelta

import pytest

from members.rules.clawback import LineState, points_to_take
from members.rules.engine import decide
from members.rules.facts import Facts, Given, LineKind, MemberFacts
from tests.members.rules.written import AT, bought, did, earning, line

HOUR = timedelta(hours=1)


def per(points: int, per_minor: int, rounding: str = "down", **more: object) -> dict:
    """A rate."""
    return {
        "type": "points_per_amount",
        "points": points,
        "per_minor": per_minor,
        "rounding": rounding,
        **more,
    }


def euros(*lines: object, **more: object) -> Facts:
    """A purchase in euros."""
    facts = bought(*lines, **more)
    return replace(facts, order=replace(facts.order, currency="EUR"))


KOP_OG_KANDE = earning(per(1, 20_00, "up"))
GREEN_COMFORT = earning(per(1, 20_00), on_points=True)


@pytest.mark.parametrize(
    ("programme", "kroner", "points"),
    [(KOP_OG_KANDE, 100, 5), (KOP_OG_KANDE, 101, 6), (KOP_OG_KANDE, 121, 7), (GREEN_COMFORT, 500, 25), (GREEN_COMFORT, 1150, 57)],
)  # fmt: skip
def test_started_and_full_twenties(programme, kroner, points):
    assert decide(programme, bought(kroner * 100), AT).earned() == points


def test_started_twenties_are_of_the_whole_after_its_discount_and_not_of_gift_cards():
    facts = bought(line(1, 71_00), line(2, 50_00), line(3, 200_00, kind=LineKind.GIFT_CARD), discount_minor=0)
    assert decide(KOP_OG_KANDE, facts, AT).earned() == 7
    assert decide(KOP_OG_KANDE, bought(71_00, 50_00, discount_minor=20_00), AT).earned() == 6


def test_one_earns_on_what_was_paid_with_points_and_the_other_does_not():
    facts = bought(500_00, points_minor=100_00)
    assert (decide(GREEN_COMFORT, facts, AT).earned(), decide(KOP_OG_KANDE, facts, AT).earned()) == (25, 20)


def test_team_sportia_gives_nothing_on_bikes():
    programme = earning(per(1, 100, only={"not_categories": ["bike"]}))
    facts = bought(line(1, 1500_00, category="shoes"), line(2, 9000_00, category="bike"), points_minor=0)
    assert decide(programme, facts, AT).earned() == 1500


def test_a_point_for_two_euros_by_the_cent():
    programme = earning(per(1, 2_00))
    assert [decide(programme, euros(cents), AT).earned() for cents in (1_99, 2_00, 184_50, 185_99)] == [
        0,
        1,
        92,
        92,
    ]


def tiered(rates: dict[str, int]) -> list[dict]:
    """A rate for each tier, of which the best counts."""
    return [
        per(
            points,
            100,
            id=tier,
            group="rate",
            when=[{"type": "tier", "any_of": [tier]}] if tier != "any" else [],
        )
        for tier, points in rates.items()
    ]


@pytest.mark.parametrize(("tier", "points"), [("", 300), ("silver", 500), ("gold", 1000)])
def test_sportler_gives_by_tier(tier, points):
    programme = earning(*tiered({"any": 3, "silver": 5, "gold": 10}), groups=[{"id": "rate", "mode": "best"}])
    assert decide(programme, euros(100_00, member=MemberFacts(tier=tier)), AT).earned() == points


def test_shisha_store_gives_fifty_for_signing_up_once():
    joined = {"type": "fixed", "id": "joined", "amount": 50, "when": [{"type": "activity", "kinds": ["account_created"]}],
              "limits": {"per": [{"period": "lifetime", "times": 1}]}}  # fmt: skip
    programme = earning(per(1, 100), joined)
    assert decide(programme, did("account_created"), AT).earned() == 50
    again = MemberFacts(given={"joined": Given(AT, {"lifetime": 1}, {"lifetime": 50})})
    assert decide(programme, did("account_created", member=again), AT).earned() == 0
    assert decide(programme, euros(80_00), AT).earned() == 80


# --- Espresso House: a stamp for a purchase of at least 20 kr, an hour apart; one more for an own cup, whatever it cost

STAMPS = {"unit": "stamps", "amount": 1}
ESPRESSO_HOUSE = earning(
    {"type": "fixed", "id": "stamp", **STAMPS,
     "when": [{"type": "order_amount", "at_least_minor": 20_00}, {"type": "cool_down", "minutes": 60}]},
    {"type": "fixed", "id": "own-cup", **STAMPS, "only": {"tags": ["own-cup"]}},
)  # fmt: skip


def coffee(
    amount_minor: int, *, own_cup: bool = False, last: timedelta | None = None, **more: object
) -> Facts:
    """A coffee, and how long ago the last stamp was."""
    drink = line(1, amount_minor, tags=["own-cup"] if own_cup else [], **more)
    given = {"stamp": Given(AT - last)} if last is not None else {}
    return bought(drink, member=MemberFacts(given=given))


@pytest.mark.parametrize(
    ("facts", "stamps"),
    [
        (coffee(20_00), 1), (coffee(19_99), 0), (coffee(45_00, own_cup=True), 2), (coffee(15_00, own_cup=True), 1),
        (coffee(45_00, last=HOUR), 1), (coffee(45_00, last=HOUR - timedelta(seconds=1)), 0),
        (coffee(45_00, own_cup=True, last=HOUR / 2), 1), (coffee(300_00, kind=LineKind.GIFT_CARD), 0),
        (coffee(300_00, kind=LineKind.GIFT_CARD, own_cup=True), 0),
    ],
)  # fmt: skip
def test_stamps_an_hour_apart_and_one_for_the_cup(facts, stamps):
    assert decide(ESPRESSO_HOUSE, facts, AT).earned("stamps") == stamps


def test_five_per_cent_back_to_the_last_coin():
    suser_i_sivet = earning(per(1, 20, unit="cashback"))
    assert decide(suser_i_sivet, bought(184_50), AT).earned("cashback") == 9_22
    assert decide(suser_i_sivet, bought(19), AT).earned("cashback") == 0


# --- what comes back takes exactly its own


def test_a_returned_line_takes_its_bonus_and_leaves_the_others():
    programme = earning(
        per(1, 100), {"type": "fixed", "amount": 50, "only": {"brands": ["bean"]}},
        {"type": "fixed", "amount": 1, "unit": "stamps", "for_each": "item"},
    )  # fmt: skip
    facts = bought(line(1, 80_00, brand="bean"), line(2, 20_00, quantity="3"))
    decision = decide(programme, facts, AT)
    assert (decision.lines, decision.split("stamps")) == ({1: 130, 2: 20}, {1: 1, 2: 3})
    for unit, left in (("points", 20), ("stamps", 3)):
        lines = [
            LineState(80_00, 80_00, decision.split(unit)[1]),
            LineState(20_00, 0, decision.split(unit)[2]),
        ]
        taken = points_to_take(lines, unassigned_minor=0, cancelled=False)
        assert decision.earned(unit) - taken == left
