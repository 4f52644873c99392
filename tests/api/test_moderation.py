"""The queue of activities by API: what waits is looked at, decided once, and can be undone."""

import pytest

from loyalty.core.tenancy.scope import acting_for
from tests.api.caller import Caller, an_activity, key_for
from tests.cast import MARA, publish

TAGS = {"type": "fixed", "id": "tags", "amount": 50,
        "when": [{"type": "activity", "kinds": ["social_tag", "photo"]}]}  # fmt: skip
KINDS = [{"kind": "social_tag", "needs": "approval"}, {"kind": "photo", "needs": "proof"}]


@pytest.fixture
def queue(luna_open):
    """A caller of a shop that looks at tags and wants proof of photos, with two members."""
    with acting_for(luna_open, by=MARA):
        publish(TAGS, activities={"kinds": KINDS})
    call = Caller(key_for(luna_open))
    for name in ("ana", "ben"):
        call.post("members", {"external_id": name})
    return call


def waiting(call):
    return [row["external_id"] for row in call.get("activities?status=waiting").json()["data"]]


def test_a_tag_waits_is_approved_undone_and_told_each_time(queue):
    sent = an_activity("ana", external_id="t", kind="social_tag", proof={"link": "https://example.com/p/1"})
    made = queue.post("activities", sent)
    found = made.json()
    assert (made.status_code, found["status"], found["flags"], found["points"]) == (
        201,
        "waiting",
        ["approval"],
        0,
    )
    assert waiting(queue) == ["t"]
    yes = queue.post(f"activities/{found['id']}/approve", {"note": "lovely"}).json()
    assert (yes["status"], yes["points_earned"], yes["note"]) == ("approved", 50, "lovely")
    assert yes["proof"] == {"link": "https://example.com/p/1", "text": ""}
    assert waiting(queue) == []
    gone = queue.post(f"activities/{found['id']}/undo", {"note": "removed"}).json()
    assert (gone["status"], gone["points_taken"], gone["shortfall"]) == ("undone", 50, 0)
    assert queue.post(f"activities/{found['id']}/approve", {}).json()["code"] == "activity_already_decided"


def test_a_refused_one_says_why_and_stays_refused(queue):
    one = queue.post("activities", an_activity("ana", kind="social_tag")).json()["id"]
    assert queue.post(f"activities/{one}/refuse", {}).status_code == 400
    assert queue.post(f"activities/{one}/refuse", {"note": "another shop"}).json()["status"] == "refused"
    assert queue.post(f"activities/{one}/undo", {"note": "x"}).json()["code"] == "activity_not_counted"
    assert queue.get(f"activities/{one}").json()["note"] == "another shop"


def test_proof_is_asked_for_and_the_same_one_twice_is_flagged(queue):
    bare = queue.post("activities", an_activity("ana", kind="photo"))
    assert (bare.status_code, bare.json()["code"]) == (422, "proof_missing")
    link = {"proof": {"link": "https://example.com/p/1"}}
    first = queue.post("activities", an_activity("ana", kind="photo", **link)).json()
    second = queue.post("activities", an_activity("ben", kind="photo", external_id="b", **link)).json()
    assert (first["points"], second["status"], second["flags"]) == (50, "waiting", ["duplicate_proof"])
    assert waiting(queue) == ["b"]
    rows = queue.get("activities").json()["data"]
    assert [row["shared_by"] for row in rows] == [1, 1]
    would = queue.post("activities?dry_run=true", an_activity("ben", kind="photo", **link)).json()
    assert (would["status"], would["points"], would["id"]) == ("waiting", 50, None)


@pytest.mark.parametrize(
    "proof",
    [{"link": "javascript:alert(1)"}, {}, {"link": "https://example.com/" + "x" * 500}, {"text": "x" * 501},
     {"link": "https://exa mple.com"}, {"photo": "x"}, "https://example.com/p", {"text": "a\nb"}],
)  # fmt: skip
def test_a_proof_that_is_none_is_refused(queue, proof):
    answer = queue.post("activities", an_activity("ana", kind="photo", proof=proof))
    assert (answer.status_code, answer.json()["errors"][0]["field"].startswith("proof")) == (400, True)
    assert queue.get("activities").json()["data"] == []


def test_a_key_that_may_not_give_points_decides_nothing(queue, luna_open):
    one = queue.post("activities", an_activity("ana", kind="social_tag")).json()["id"]
    clerk = Caller(key_for(luna_open, "orders:read", "orders:write"))
    for verb in ("approve", "refuse", "undo"):
        assert clerk.post(f"activities/{one}/{verb}", {"note": "x"}).status_code == 403
    assert len(clerk.get("activities?status=waiting").json()["data"]) == 1
