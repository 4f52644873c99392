"""Worth, costs, return, goals and advice over the API."""

from typing import Any

import pytest

from analytics.models import Advice, Cost, MemberValue
from analytics.operations.noting import note_margin
from analytics.queries import control
from campaigns.operations.experiments.holding import set_holdout
from campaigns.queries.campaigning.reading import public_id
from campaigns.rules.experiments import reading
from loyalty.core import clock, ids
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from tests.api.caller import Caller
from tests.campaigns.campaigning.started import running
from tests.cast import AT, MARA, buy, days, person


@pytest.fixture
def ana(shopfront: Merchant) -> Member:
    """Ana, who bought once in March and is about to leave."""
    with acting_for(shopfront, by=MARA):
        found = person("ana")
        buy(found, 100)
        MemberValue.objects.create(member=found, day=AT.date(), stage="leaving", purchases=3, spent_minor=10_000,
                                   alive=0.4, expected=1.5, predicted_minor=9_000, low_minor=0, high_minor=20_000)  # fmt: skip
        return found


def body(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()


def test_before_the_first_night_there_is_no_fit(shopfront: Merchant, call: Caller) -> None:
    assert body(call.get("value"))["state"] == "none"


def test_what_a_member_is_worth(ana: Member, call: Caller) -> None:
    told = body(call.get(f"members/{ids.encode('mbr', ana.pk)}/value"))["worth"]
    assert (told["stage"], told["predicted_minor"], told["alive"]) == ("leaving", 9_000, 0.4)
    listed = body(call.get("value/members?stage=leaving"))["data"]
    assert listed == [told]
    assert body(call.get("value/members?stage=gone"))["data"] == []
    assert call.get("value/members?stage=x").status_code == 400


def test_costs_are_noted_and_what_members_cost_is_read(
    ana: Member, shopfront: Merchant, call: Caller
) -> None:
    cost = {"kind": "winning", "source": "web", "month": "2026-03-09", "amount_minor": 5_000}
    for _twice in range(2):
        assert body(call("PUT", "costs", cost))["month"] == "2026-03-01"
    told = body(call.get("winning?day=2026-03-05"))
    assert told["everybody"] == {"source": "", "members": 1, "spent_minor": 5_000, "each_minor": 5_000}
    assert call("PUT", "costs", {**cost, "kind": "staff"}).status_code == 400
    assert call.get("winning?day=1999-01-01").status_code == 400
    body(call("PUT", "costs", {**cost, "amount_minor": 0}))
    with acting_for(shopfront, by=MARA):
        assert Cost.objects.count() == 0


def test_without_a_control_group_no_return_is_claimed(ana: Member, call: Caller) -> None:
    told = body(call.get("return?day=2026-03-05"))
    assert "no_control" in told["missing"]
    assert told["revenue"] is told["profit"] is None
    assert (told["campaigns"]["missing"], told["campaigns"]["givers"]) == (told["missing"], [])


def test_what_a_campaign_brings_is_read_with_its_groups_and_costs(
    ana: Member, shopfront: Merchant, call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LEAST_UNITS", 3)
    monkeypatch.setattr(control, "LEAST_HELD", 3)
    now = clock.now()
    with acting_for(shopfront, by=MARA):
        began = now - days(20)
        set_holdout(share=2000, at=began)
        row = running(at=began, starts_at=began, ends_at=now - days(5), point_cost="5")
        for number in range(40):
            buy(person(f"p{number}", at=began), 100 + number, at=began + days(2))
        note_margin(margin=4_000, at=now)
        name = public_id(row)
    told = body(call.get(f"campaigns/{name}/return"))
    assert told["missing"] == []
    assert told["held_out"]["members"] + told["others"]["members"] == 41
    assert told["held_out"]["spent_minor"] + told["others"]["spent_minor"] == sum(
        10_000 + 100 * n for n in range(40)
    )
    assert told["revenue"]["low"] < told["revenue"]["value"] < told["revenue"]["high"]
    [giver] = told["givers"]
    assert (giver["id"], giver["points_minor"]) == (name, told["costs"]["points_minor"])
    assert giver["points_minor"] == giver["points"] * 5 > 0
    assert told["profit"]["value"] == pytest.approx(
        told["margin"]["value"] - told["costs"]["cost_minor"], abs=1
    )
    assert body(call.get("campaigns/cmp_nothing/return"), 404)["code"] == "not_found"


def test_a_goal_is_set_followed_and_given_up(ana: Member, call: Caller) -> None:
    asked = {"figure": "visits", "start": "1", "target": "10", "due_on": "2099-01-01"}
    made = body(call.post("goals", asked), 201)
    assert (made["pace"], made["share"], made["target"]) == ("unknown", None, "10.000000")
    assert [one["id"] for one in body(call.get("goals"))["data"]] == [made["id"]]
    assert call.post("goals", {**asked, "figure": "nothing"}).status_code == 400
    assert body(call("DELETE", f"goals/{made['id']}"))["state"] == "dropped"
    assert body(call.get("goals"))["data"] == []
    assert body(call("DELETE", f"goals/{made['id']}"), 409)["code"] == "goal_dropped"


def test_advice_is_read_and_decided_about(ana: Member, shopfront: Merchant, call: Caller) -> None:
    assert body(call.get("advice"))["data"] == []
    assert call.post("advice/leaving/accept").status_code == 404
    with acting_for(shopfront, by=MARA):
        Advice.objects.create(rule="leaving", noticed_on=clock.now().date(), found={"members": 12, "worth_minor": 1},
                              proposed={"conditions": None, "reach": 1})  # fmt: skip
    assert body(call.get("advice"))["data"][0]["rule"] == "leaving"
    done = body(call.post("advice/leaving/accept"))
    assert (done["state"], done["done"]["size"]) == ("accepted", 1)
    assert call.post("advice/leaving/dismiss").status_code == 404
    assert [one["id"] for one in body(call.get("advice?state=accepted"))["data"]] == [done["id"]]
