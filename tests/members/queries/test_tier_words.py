"""Tiers in words: every reason has a sentence, and every figure is said the reader's way."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from members.queries import tier_words
from members.queries.why import Voice
from members.rules.tiers import By, Occasion, PerkKind, Standing, Tiers, check, projection, standing

STOCKHOLM = ZoneInfo("Europe/Stockholm")
JOINED = datetime(2024, 5, 10, 12, tzinfo=UTC)
VOICE = Voice("SEK", "Europe/Stockholm", plain=True)
LADDER = [
    {"id": "silver", "at_least": 1000_00, "name": {"en": "Silver"}},
    {"id": "gold", "at_least": 2000_00, "name": {"en": "Gold"}, "keep_at_least": 1500_00},
]


def ladder(**terms: Any) -> Tiers:
    found = msgspec.convert({"ladder": LADDER, **terms}, Tiers)
    assert check(found) == []
    return found


def look(
    tiers: Tiers, days: dict, now: Standing | None, at: datetime, occasion: Occasion = Occasion.CHANGE
) -> Any:
    return standing(tiers, days, now, joined_at=JOINED, at=at, zone=STOCKHOLM, occasion=occasion)


def on(*day: int) -> datetime:
    return datetime(*day, 12, tzinfo=STOCKHOLM)


def test_every_reason_that_the_rules_and_operations_give_has_words():
    house = Path(tier_words.__file__).parents[1]
    places = [
        house / "rules" / "tiers" / "standing.py",
        *(house / "operations" / name for name in ("tiers.py", "tiers_by_hand.py")),
    ]
    texts = "\n".join(path.read_text() for path in places)
    given = set(
        re.findall(
            r'"(joined|reached|kept|\w+_kept|landed|refunded|given|given_over|given_ended|\w+_changed|\w+_removed|merged|erased)"',
            texts,
        )
    )
    assert given - {"tier.changed"} == tier_words.reasons()
    assert len(given) == 13


@pytest.mark.parametrize(
    ("days", "until", "occasion", "says"),
    [
        ({date(2026, 3, 1): 2000_00}, (2026, 3, 1), "change", "Gold was reached: SEK 2,000.00 of the SEK 2,000.00 it takes."),
        ({date(2026, 3, 1): 2000_00, date(2027, 5, 1): 1600_00}, (2027, 5, 1), "change",
         "Gold is kept: SEK 1,600.00 of the SEK 1,500.00 it takes."),
        ({date(2026, 3, 1): 2000_00, date(2027, 5, 1): 1100_00}, (2028, 1, 1), "review",
         "The time of Gold was over: SEK 1,100.00 of the SEK 1,500.00 that keep it. It is Silver now."),
        ({date(2026, 3, 1): 2000_00}, (2028, 1, 1), "review",
         "The time of Gold was over: SEK 0.00 of the SEK 1,500.00 that keep it."),
    ],
)  # fmt: skip
def test_why_a_tier_changed(days, until, occasion, says):
    tiers = ladder()
    first = look(tiers, {date(2026, 3, 1): 2000_00}, None, on(2026, 3, 1))
    found = (
        first if until == (2026, 3, 1) else look(tiers, days, first.standing, on(*until), Occasion(occasion))
    )
    to = found.standing.tier if found.standing else ""
    text = tier_words.change_sentence(found.code, "gold", to, found.values, tiers=tiers, voice=VOICE)
    assert text.replace("\u00a0", " ") == says


def test_a_reason_of_another_version_is_shown_and_never_dropped():
    tiers = ladder()
    assert (
        tier_words.change_sentence("by_moon", "", "gold", {}, tiers=tiers, voice=VOICE)
        == "From no tier to Gold: by_moon."
    )
    assert "reached" in tier_words.change_sentence(
        "reached", "", "gold", {"by": "tea"}, tiers=tiers, voice=VOICE
    )


def said(tiers: Tiers, days: dict, now: Standing | None, at: datetime) -> list[str]:
    found = projection(tiers, days, now, joined_at=JOINED, at=at, zone=STOCKHOLM)
    texts = tier_words.projection_sentences(tiers, found, now, at=at, voice=VOICE)
    return [text.replace("\u00a0", " ") for text in texts]


def test_what_is_missing_in_one_sentence_each():
    tiers, days = ladder(), {date(2026, 3, 1): 1680_00}
    now = look(tiers, days, None, on(2026, 3, 1)).standing
    assert said(tiers, days, now, on(2026, 4, 1)) == [
        "You are Silver until 31 Dec 2027.", "SEK 320.00 more by 31 Dec 2026 for Gold.",
    ]  # fmt: skip
    assert said(tiers, days, now, on(2027, 4, 1)) == [
        "You are Silver until 31 Dec 2027.", "SEK 1,000.00 more by 31 Dec 2027 to keep Silver.",
        "SEK 2,000.00 more by 31 Dec 2027 for Gold.",
    ]  # fmt: skip


def test_a_rolling_window_and_a_grace_in_words():
    tiers = ladder(window="rolling", valid="months", valid_months=3, grace_days=10)
    days = {date(2026, 3, 1): 1100_00}
    now = look(tiers, days, None, on(2026, 3, 1)).standing
    assert said(tiers, days, now, on(2026, 4, 1)) == [
        "You are Silver until 1 Jun 2026.", "Silver will be kept by what is there already.",
        "SEK 900.00 more for Gold; the last 12 months count.",
    ]  # fmt: skip
    assert (
        said(tiers, {}, now, on(2026, 6, 5))[0]
        == "Silver has ended on 1 Jun 2026; its grace lasts until 11 Jun 2026."
    )


def test_the_ladder_and_its_terms_in_words():
    tiers = ladder(valid="period_end", landing="one_step", on_refund="review", grace_days=1)
    texts = [tier_words.tier_sentence(tiers, tier, VOICE).replace("\u00a0", " ") for tier in tiers.ladder]
    assert texts == [
        "Silver: from SEK 1,000.00 in a calendar year",
        "Gold: from SEK 2,000.00 in a calendar year, kept with SEK 1,500.00",
    ]
    assert tier_words.terms_sentences(tiers) == [
        "A tier lasts until the end of the year it is reached in.", "Who has not kept it by then has 1 day of grace.",
        "Nobody falls more than one tier at a time.",
        "A tier that was reached with what is returned is gone with it.",
    ]  # fmt: skip


@pytest.mark.parametrize("by", list(By))
def test_every_figure_has_words(by):
    assert "2" in tier_words.quantity(by, 2, VOICE)


def test_every_kind_of_perk_has_a_name():
    assert set(tier_words._KINDS) == set(PerkKind)
