"""C12: what goes with what somebody really buys, and the reward that fits them best, worked out in a night from real
purchases. Whatever the shop is told is counted again from the receipts."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.tasks import work_out_suggestions
from loyalty.demo.history import Basket
from tests.stories.campaigns.played import Calendar
from tests.stories.grocery import Grocery, grocery

pytestmark = pytest.mark.django_db
FEBRUARY = datetime(2026, 2, 12, 12, 0, tzinfo=UTC)  # seven in the morning in New York
HOUSEHOLDS = 16


def bought(baskets: list[Basket]) -> dict[str, dict[str, int]]:
    """In how many purchases each household bought each product, by the receipts."""
    found: dict[str, dict[str, int]] = {}
    for basket in baskets:
        mine = found.setdefault(basket.household, {})
        for sku in {line.sku for line in basket.lines}:
            mine[sku] = mine.get(sku, 0) + 1
    return found


@pytest.fixture
def club(calendar: Calendar) -> Grocery:
    return grocery(calendar, until=FEBRUARY, households=HOUSEHOLDS)


def test_suggestions_have_reasons_that_the_receipts_bear_out(club: Grocery, calendar: Calendar):
    name = max(club.members, key=lambda one: sum(basket.household == one for basket in club.past))
    where = f"members/{club.members[name]}/suggestions"
    assert (club.get(where)["worked_out_at"], club.get(where)["suggestions"]) == (None, [])
    assert work_out_suggestions() >= 1
    assert work_out_suggestions() == 0, "once in a night"
    lives, sure = bought(club.past), 0
    for one in sorted(club.members)[::3]:
        for told in club.get(f"members/{club.members[one]}/suggestions?limit=12")["suggestions"]:
            sku, because = told["product"]["sku"], told["because"]["sku"]
            assert sku not in lives[one], "nothing they have bought already"
            assert told["times"] == lives[one][because], "what they bought, as often as they did"
            both = [who for who, mine in lives.items() if sku in mine and because in mine]
            assert told["together"] == len(both) >= 3 and one not in both
            sure += 1
    assert sure > 10
    calendar.at += timedelta(days=400)
    assert work_out_suggestions() >= 1
    assert club.get(where)["suggestions"] == [], "what was bought long ago is forgotten"
    club.books_hold()


def test_the_reward_about_what_somebody_always_buys_is_their_next_best_and_is_taken(club: Grocery):
    lives = bought(club.past)
    name = max(club.members, key=lambda one: max(lives[one].values()))
    usual = max(lives[name], key=lambda sku: (lives[name][sku], sku))
    other = {"handle": "bag", "kind": "custom", "name": {"en": "A bag"}, "cost_points": 1}
    fits = {"handle": "usual", "kind": "free_product", "name": {"en": "Your usual"}, "cost_points": 20,
            "product_sku": usual}  # fmt: skip
    for body in (other, fits):
        assert club.call.post("rewards", body).status_code == 201
    work_out_suggestions()
    best = club.get(f"members/{club.members[name]}/suggestions")["next_best"]
    assert (best["fits"], best["reward"]) == ("bought", club.reward("usual")["id"])
    assert best["product"]["sku"] == usual
    card = club.sees(name)
    assert "Because you bought" in card and "Your usual" in card
    before = club.has(name)
    assert club.till_takes(club.takes(name, "usual")) == 200
    assert club.has(name) == before - 20
    never = [one for one in club.members if usual not in lives[one]]
    for one in never[:3]:
        found = club.get(f"members/{club.members[one]}/suggestions")["next_best"]
        assert found is None or found["fits"] != "bought", "it says nothing to who never buys it"
    club.books_hold()
