"""How it works is told by the rules in force, and by nothing else."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from loyalty.core.tenancy.scope import acting_for
from loyalty.web.portal.ways import first_rewards, short_money, ways
from rewards.operations.catalogue import create_reward
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, publish, shop

BEANS = {"one": "bean", "other": "beans"}
COFFEE = {"kind": "free_product", "name": {"en": "Coffee"}, "cost_points": 45}


@pytest.mark.parametrize(
    ("language", "amount_minor", "currency", "text"),
    [
        ("en", 100, "SEK", "SEK 1"),
        ("en", 150, "SEK", "SEK 1.50"),
        ("en", 100_000, "SEK", "SEK 1,000"),
        ("sv", 100, "SEK", "1 kr"),
        ("sv", 1_000_000, "SEK", "10 000 kr"),
        ("nl", 100_000, "EUR", "€ 1.000"),
        ("en", 500, "JPY", "¥500"),
        ("en", 100_000, "KWD", "KWD 100"),
        ("en", 1_000_000, "KWD", "KWD 1,000"),
    ],
)
def test_a_whole_amount_has_no_decimals(language: str, amount_minor: int, currency: str, text: str):
    with translation.override(language):
        assert short_money(amount_minor, currency).replace("\u00a0", " ") == text


def told(*rules: dict, **sections: object) -> list[str]:
    """Every sentence of the steps under these rules, in a shop whose coffee costs 45."""
    merchant = shop()
    with acting_for(merchant, by=MARA):
        assert ways("SEK", BEANS, [], at=AT) == [], "nothing is told before there is a programme"
        publish(*rules, **sections)
        create_reward(at=AT, details={**COFFEE, "cost_points": 900, "name": {"en": "Cake"}})
        create_reward(at=AT, details=COFFEE)
        found = ways("SEK", BEANS, first_rewards(), at=AT)
    return [sentence.replace("\u00a0", " ") for way in found for sentence in way.sentences]


@pytest.mark.django_db
def test_the_nearest_reward_is_counted_in_purchases():
    rule = {**ONE_POINT_PER_KRONA, "points": 2, "per_minor": 1000}
    sentences = told(rule)
    assert "2 beans for every SEK 10." in sentences
    assert "Coffee takes 45 beans: SEK 230 of purchases." in sentences  # 22.5 tens are 23 of them


@pytest.mark.django_db
def test_a_named_rule_is_told_by_its_name_and_whole_days():
    window = {"from": "2026-10-22T22:00:00Z", "until": "2026-12-17T23:00:00Z"}  # Stockholm's midnights
    double = {"type": "multiplier", "id": "own", "name": "Our own beans", "factor": "2", "window": window}
    with timezone.override(ZoneInfo("Europe/Stockholm")):
        sentences = told(ONE_POINT_PER_KRONA, {**double, "only": {"tags": ["own-brand"]}})
    text = "Our own beans: 2 times as many beans (from 23 Oct 2026 to the end of 17 Dec 2026)."
    assert text in sentences


@pytest.mark.django_db
def test_limits_waiting_and_expiry_are_told():
    day = timedelta(days=1)
    over = {"type": "multiplier", "id": "old", "factor": "5", "window": {"until": (AT - day).isoformat()}}
    double = {"type": "multiplier", "id": "now", "name": "Happy hour", "factor": "2"}
    limited = {**ONE_POINT_PER_KRONA, "at_least_minor": 5000, "only": {"categories": ["coffee"]}}
    sentences = told(limited, over, double, points_life={"hold_days": 14, "expiry": "rolling", "months": 6})
    assert "1 bean for every SEK 1 (only coffee). Purchases below SEK 50 earn nothing." in sentences
    assert "Happy hour: 2 times as many beans." in sentences
    assert not any("5 times" in sentence for sentence in sentences)
    assert "New beans can be spent after 14 days." in sentences
    assert "Unused beans expire 6 months after they count." in sentences
    assert "Coffee takes 45 beans." in sentences, "what only coffee earns promises no sum of purchases"


@pytest.mark.django_db
def test_conditions_caps_and_bonuses_are_told_plainly_and_segments_are_not(monkeypatch: pytest.MonkeyPatch):
    # What this server does not carry out yet has its words already.
    monkeypatch.setattr("loyalty.core.programme.document.refuse_unserved", lambda programme: None)
    morning = {
        "type": "hours",
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "from": "08:00",
        "until": "10:00",
    }
    early = {**ONE_POINT_PER_KRONA, "id": "early", "per_minor": 1000, "when": [morning]}
    review = {"type": "fixed", "id": "review", "amount": 20, "when": [{"type": "activity", "kinds": ["review"]}],
              "limits": {"per": [{"period": "month", "times": 2}]}}  # fmt: skip
    lapsed = {
        "type": "fixed",
        "id": "lapsed",
        "amount": 9,
        "when": [{"type": "segment", "any_of": ["lapsed-90"]}],
    }
    marked = {"type": "enter_segment", "id": "marked", "segment": "morning-people"}
    sentences = told(early, review, lapsed, marked)
    assert "1 bean for every SEK 10 (on weekdays from 08:00 to 10:00)." in sentences
    assert "20 beans for a review (at most 2 times a month)." in sentences
    assert "9 beans for a purchase (for chosen members)." in sentences
    assert not any("lapsed-90" in sentence or "morning-people" in sentence for sentence in sentences)
    assert "Coffee takes 45 beans." in sentences, (
        "what only counts in the morning promises no sum of purchases"
    )
