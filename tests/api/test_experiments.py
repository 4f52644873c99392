"""Experiments over the API: planned, started, met, read, decided; and the holdout."""

import pytest

from loyalty.core import clock
from tests.api.caller import an_order
from tests.cast import days

RULE = {
    "name": "Double", "kind": "earning", "target": "base", "metric": "bought", "window_days": 7, "planned_days": 14,
    "variants": [{"id": "a", "name": "As now"}, {"id": "b", "name": "Double", "values": {"points": 2}}],
    "guardrails": [{"metric": "points", "percent": 10}],
}  # fmt: skip
OWN = {
    "name": "Banner",
    "kind": "other",
    "metric": "spend",
    "variants": [{"id": "now"}, {"id": "red", "weight": 3}],
}


@pytest.fixture
def later(call, monkeypatch):
    """Called with days, it is so many days later."""
    start = clock.now()

    def at(count):
        monkeypatch.setattr(clock, "now", lambda: start + days(count))

    return at


def test_an_experiment_from_plan_to_decision(call, later):
    answer = call.post("experiments", RULE)
    made = answer.json()
    assert (answer.status_code, made["state"], made["begins_at"]) == (201, "draft", None)
    where = f"experiments/{made['id']}"
    assert call.get(where).json() == made == call.get("experiments").json()["data"][0]
    assert call.post(f"{where}/stop").json()["code"] == "not_started"
    assert call.post(f"{where}/start").json()["state"] == "running"
    assert call.post(f"{where}/start").json()["code"] == "experiment_under_way"
    second = call.post("experiments", {**RULE, "name": "Again"}).json()["id"]
    assert call.post(f"experiments/{second}/start").json()["code"] == "already_compared"
    later(1)
    people = [call.post("members", {"external_id": f"m{n}"}).json()["id"] for n in range(12)]
    variants = {}
    for number, member in enumerate(people):
        placed = clock.now().isoformat()
        told = call.post(
            "orders", an_order(f"m{number}", external_id=f"o{number}", kronor=10, placed_at=placed)
        ).json()
        variants[member] = call.post(f"{where}/exposures", {"member": member}).json()["variant"]
        assert told["points"] == {"a": 10, "b": 20}[variants[member]], told
    assert set(variants.values()) == {"a", "b"}
    later(9)
    found = call.get(f"{where}/results").json()
    assert (found["exposed"], found["counted"], found["uneven"]) == (12, 12, False)
    assert [one["verdict"] for one in found["variants"]] == [None, "not_enough_data"]
    assert [(one["metric"], one["variant"], one["holds"]) for one in found["guardrails"]] == [
        ("points", "b", None)
    ]
    assert call.post(f"{where}/decide", {"variant": "c"}).json()["code"] == "no_such_variant"
    assert call.post(f"{where}/decide", {"variant": "b"}).json()["decided"] == "b"
    assert call.post(f"{where}/decide", {"variant": "b"}).json()["code"] == "already_decided"
    assert call.get("programme/draft").json()["draft"]["document"]["earning"]["rules"][0]["points"] == 2


def test_a_shop_s_own_systems_ask_whose_variant_is_which(call, later):
    where = f"experiments/{call.post('experiments', OWN).json()['id']}"
    member = call.post("members", {"external_id": "ana"}).json()["id"]
    assert call.post(f"{where}/exposures", {"member": member}).json()["variant"] == "", "it has not started"
    call.post(f"{where}/start")
    later(1)
    told = call.post(f"{where}/exposures", {"member": member}).json()
    assert told["variant"] in {"now", "red"}
    assert call.post(f"{where}/exposures", {"member": member}).json() == told
    assert call.get(f"{where}/results").json()["exposed"] == 1
    call.post(f"{where}/stop")
    later(2)
    assert call.post(f"{where}/exposures", {"member": member}).json()["variant"] == ""


def test_the_holdout_is_read_and_changed(call, later):
    assert call.get("holdout").json() == {"share": 0, "since": None}
    assert call("PUT", "holdout", {"share": 500}).json()["share"] == 500
    assert call.get("holdout").json()["share"] == 500
    assert call("PUT", "holdout", {"share": 5000}).status_code == 400
    where = f"experiments/{call.post('experiments', OWN).json()['id']}"
    call.post(f"{where}/start")
    later(1)
    assert call("PUT", "holdout", {"share": 600}).json()["code"] == "experiments_run"
    assert call.get("holdout").json()["share"] == 500


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "reward", "target": "base"},
        {"kind": "message", "target": "newsletter"},
        {"target": "nothing"},
        {"audience": "nobody"},
        {"guardrails": [{"metric": "bought"}]},
        {"variants": [{"id": "a"}, {"id": "a", "values": {"points": 2}}]},
        {"variants": [{"id": "a"}, {"id": "b", "values": {"points": [2]}}]},
        {"variants": [{"id": "a"}, {"id": "b", "values": {"points": 10**30}}]},
        {"variants": [{"id": "a"}, {"id": "b", "values": {"steps[9].amount": 2}}]},
        {"variants": [{"id": "a"}, {"id": "b"}]},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(call, later, wrong):
    answer = call.post("experiments", {**RULE, **wrong})
    assert answer.status_code in (400, 404), answer.content
    assert call.get("experiments").json()["data"] == []
