"""Automations over the API: written, put to work, followed, paused; and what makes no sense is refused."""

import pytest

from campaigns.api.automations import EXAMPLE
from campaigns.models import Automation
from campaigns.tasks import run_automations
from loyalty.core.events.tasks import dispatch_waiting
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA


def written(call, **flow) -> str:
    answer = call.post("automations", {**EXAMPLE, "flow": {**EXAMPLE["flow"], **flow}})
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def test_an_automation_is_written_put_to_work_and_followed(call):
    made = call.post("automations", EXAMPLE).json()
    assert (made["state"], made["flow"], made["edition"]) == ("draft", None, 0)
    assert [step["id"] for step in made["draft"]["steps"]] == ["s1", "s2"]
    live = call.post(f"automations/{made['id']}/start").json()
    assert (live["state"], live["draft"], live["edition"]) == ("live", None, 1)
    member = call.post("members", {"external_id": "new"}).json()["id"]
    dispatch_waiting()
    run_automations()
    (run,) = call.get(f"automations/{made['id']}/runs").json()["data"]
    assert (run["member"], run["state"], run["step"], run["edition"]) == (member, "active", "s2", 1)
    whole = call.get(f"automation-runs/{run['id']}").json()
    assert [(step["kind"], step["outcome"]) for step in whole["steps"]] == [("wait", "waited")]
    (mine,) = call.get(f"members/{member}/automations").json()["data"]
    assert mine == run
    assert call.get(f"automations/{made['id']}").json()["inside"] == 1
    assert call.get(f"automations/{made['id']}/runs?state=done").json()["data"] == []


def test_it_is_paused_goes_on_and_ends(call):
    key = written(call)
    assert call.post(f"automations/{key}/pause").json()["code"] == "automation_not_live"
    call.post(f"automations/{key}/start")
    assert call.post(f"automations/{key}/start").json()["code"] == "nothing_to_start"
    assert call.post(f"automations/{key}/pause").json()["state"] == "paused"
    assert call.post(f"automations/{key}/pause").json()["state"] == "paused"
    assert call.post(f"automations/{key}/resume").json()["state"] == "live"
    assert call.post(f"automations/{key}/end").json()["state"] == "ended"
    assert call.post(f"automations/{key}/resume").json()["code"] == "automation_ended"
    assert call.get("automations").json()["data"] == []
    assert [one["id"] for one in call.get("automations?ended=true").json()["data"]] == [key]


def test_a_change_waits_and_ids_of_steps_stay(call):
    key = written(call)
    call.post(f"automations/{key}/start")
    before = call.get(f"automations/{key}").json()["flow"]
    steps = [{"type": "wait", "number": 1}, *before["steps"]]
    after = call("PATCH", f"automations/{key}", {"flow": {**before, "steps": steps}}).json()
    assert after["flow"] == before
    assert [step["id"] for step in after["draft"]["steps"]] == ["s3", "s1", "s2"]
    same = call("PATCH", f"automations/{key}", {"flow": before}).json()
    assert same["draft"] is None, "what says the same is no change"


@pytest.mark.parametrize(
    ("flow", "field", "code"),
    [
        ({"steps": []}, "flow.steps", "invalid"),
        ({"budget": {}}, "flow.budget.points", "invalid"),
        ({"starts": [{"type": "event", "kind": "nothing.happened"}]}, "flow.starts[0].kind", "unknown_kind"),
        ({"starts": [{"type": "event", "kind": "webhook.added"}]}, "flow.starts[0].kind", "unknown_kind"),
        ({"starts": [{"type": "enters", "segment": "none"}]}, "flow.starts[0].segment", "unknown_segment"),
        ({"exit_on": ["nothing.happened"]}, "flow.exit_on", "unknown_kind"),
        ({"steps": [{"type": "reward", "reward": "none"}]}, "flow.steps[0].reward", "unknown_reward"),
        ({"steps": [{"type": "offer", "offer": "none"}]}, "flow.steps[0].offer", "unknown_offer"),
        ({"steps": [{"type": "add", "segment": "none"}]}, "flow.steps[0].segment", "unknown_list"),
        ({"steps": [{"type": "webhook", "endpoint": "none"}]}, "flow.steps[0].endpoint", "unknown_webhook"),
        ({"steps": [{"type": "unheard-of"}]}, "flow.steps[0].type", None),
        ({"steps": [{"type": "wait", "number": "x"}]}, "flow.steps[0].number", None),
        ({"steps": [{"type": "points", "amount": 1, "reason": "a\u0000b"}]}, "flow.steps[0].reason", "nul"),
        ({"only": {"of": [{"type": "tier", "any_of": ["none"]}]}}, "flow.only.of[0].any_of", "unknown_tier"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_changes_nothing(call, shopfront, flow, field, code):
    answer = call.post("automations", {**EXAMPLE, "flow": {**EXAMPLE["flow"], **flow}})
    assert answer.status_code == 400, answer.content
    found = {one["field"]: one["code"] for one in answer.json()["errors"]}
    assert field in found, found
    assert code is None or found[field] == code
    with acting_for(shopfront, by=MARA):
        assert not Automation.objects.exists()


def test_trying_it_does_nothing(call):
    key = written(call)
    member = call.post("members", {"external_id": "ana"}).json()["id"]
    tried = call.post(f"automations/{key}/try", {"member": member}).json()
    assert tried["why_not"] == ""
    assert [step["step"] for step in tried["steps"]] == ["s1", "s2"]
    assert call.get(f"members/{member}/automations").json()["data"] == []


def test_how_far_behind_it_is(call):
    found = call.get("automations/lag").json()
    assert found["steps_due"] == 0 and found["behind_seconds"] >= 0
    assert found["events"] > 0, "the programme that was just published is in the outbox"
