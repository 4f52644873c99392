"""Ladders as merchants write them: what makes no sense is refused where it stands, with a sentence."""

from typing import Any

import msgspec
import pytest

from loyalty.core.programme.identity import LANGUAGES
from members.rules.perks import LANGUAGES as WRITTEN_IN
from members.rules.tiers import Tiers, check
from tests.members.rules.test_tiers import ladder


def problems(**terms: Any) -> dict[str, str]:
    return dict(check(msgspec.convert(terms, Tiers)))


PERK = {"id": "p", "kind": "free_shipping"}


@pytest.mark.parametrize(
    ("terms", "path"),
    [
        ({"ladder": [{"id": "a", "at_least": 5}, {"id": "a", "at_least": 6}]}, "ladder[1].id"),
        ({"ladder": [{"id": "a", "at_least": 5}, {"id": "b", "at_least": 5}]}, "ladder[1].at_least"),
        ({"ladder": [{"id": "a b", "at_least": 5}]}, "ladder[0].id"),
        ({"ladder": [{"id": "a", "at_least": -1}]}, "ladder[0].at_least"),
        ({"ladder": [{"id": "a", "at_least": 5, "keep_at_least": 6}]}, "ladder[0].keep_at_least"),
        ({"ladder": [{"id": "a", "at_least": 5, "keep_at_least": 0}]}, "ladder[0].keep_at_least"),
        ({"ladder": [{"id": "a", "at_least": 9}, {"id": "b", "at_least": 10, "keep_at_least": 8}]},
         "ladder[1].keep_at_least"),
        ({"ladder": [{"id": "a", "at_least": 5, "name": {"xx": "A"}}]}, "ladder[0].name.xx"),
        ({"ladder": [{"id": "a", "at_least": 5, "name": {"en": " "}}]}, "ladder[0].name.en"),
        ({"ladder": [{"id": "a", "at_least": 5}], "window": "rolling"}, "valid"),
        ({"ladder": [{"id": "a", "at_least": 5}], "window": "lifetime", "valid": "period_end"}, "valid"),
        ({"valid": "forever", "grace_days": 5}, "grace_days"),
        ({"months": 0}, "months"),
        ({"valid_months": 121}, "valid_months"),
        ({"grace_days": 367}, "grace_days"),
        ({"by": "activities"}, "kinds"),
        ({"by": "activities", "kinds": ["purchase"]}, "kinds"),
        ({"kinds": ["review"]}, "kinds"),
        ({"ladder": [{"id": f"t{n}", "at_least": n} for n in range(21)]}, "ladder"),
        ({"ladder": [{"id": "a", "at_least": 5, "perks": [PERK, PERK]}]}, "ladder[0].perks[1].id"),
        ({"ladder": [{"id": "a", "at_least": 5, "perks": [{**PERK, "hours": 5}]}]}, "ladder[0].perks[0].hours"),
        ({"ladder": [{"id": "a", "at_least": 5, "perks": [{**PERK, "kind": "early_access"}]}]},
         "ladder[0].perks[0].hours"),
        ({"ladder": [{"id": "a", "at_least": 5, "perks": [{**PERK, "kind": "member_price", "percent": 101}]}]},
         "ladder[0].perks[0].percent"),
        ({"ladder": [{"id": "a", "at_least": 5, "perks": [{**PERK, "kind": "custom"}]}]}, "ladder[0].perks[0].name"),
        ({"ladder": [{"id": "a", "at_least": 5, "perks": [{**PERK, "service": True}]}]}, "ladder[0].perks[0].service"),
        ({"ladder": [{"id": "a", "at_least": 5, "perks": [{**PERK, "limit": {"times": 1}}]}]},
         "ladder[0].perks[0].limit.times"),
        ({"ladder": [{"id": "a", "at_least": 5,
                      "perks": [{**PERK, "kind": "concierge", "limit": {"times": 1, "per": "decade"}}]}]},
         "ladder[0].perks[0].limit.per"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_where_it_stands(terms, path):
    assert path in problems(**terms)


def test_a_programme_without_a_ladder_says_nothing_wrong():
    assert problems() == {}
    assert problems(window="rolling") == {}


def test_higher_tiers_have_what_the_lower_ones_have_unless_they_say_otherwise():
    tiers = ladder(ladder=[
        {"id": "silver", "at_least": 1, "perks": [{"id": "ship", "kind": "free_shipping"},
                                                  {"id": "sale", "kind": "early_access", "hours": 12}]},
        {"id": "gold", "at_least": 2, "perks": [{"id": "sale", "kind": "early_access", "hours": 48}]},
    ])  # fmt: skip
    assert [(perk.id, perk.hours) for perk in tiers.perks("gold")] == [("ship", None), ("sale", 48)]
    assert tiers.perks("") == []
    alone = msgspec.structs.replace(tiers, perks_add_up=False)
    assert [perk.id for perk in alone.perks("gold")] == ["sale"]


def test_the_rules_speak_the_languages_of_the_programme():
    assert WRITTEN_IN == LANGUAGES
