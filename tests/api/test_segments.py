"""Segments over the API: tried, made, filled, explained."""

import pytest

from loyalty.core.tenancy.scope import acting_for
from members.models import SegmentPlace
from tests.api.caller import an_order
from tests.cast import MARA

ONCE = {"match": "all", "of": [{"type": "orders", "at_least": 1}]}


@pytest.fixture
def people(call):
    """Ana, who bought, and Ben, who did not."""
    call("PUT", "programme/draft", {"document": {"earning": {"rules": []}}})
    call.post("programme/publish", {})
    found = [call.post("members", {"external_id": name}).json()["id"] for name in ("ana", "ben")]
    assert call.post("orders", an_order("ana")).status_code == 201
    return found


def test_conditions_are_tried_before_anything_is_made(call, people):
    told = call.post("segments/preview", {"conditions": ONCE}).json()
    assert told == {"size": 1, "sample": [people[0]], "says": "At least 1 purchase"}
    assert call.get("segments").json()["data"] == []


def test_a_segment_is_made_read_changed_and_put_away(call, people):
    answer = call.post("segments", {"name": "Buyers", "conditions": ONCE})
    row = answer.json()
    assert (answer.status_code, row["handle"], row["size"], row["current"]) == (201, "buyers", 1, True)
    where = f"segments/{row['id']}"
    assert [one["member"] for one in call.get(f"{where}/members").json()["data"]] == [people[0]]
    changed = call("PATCH", where, {"name": "Others", "conditions": {**ONCE, "match": "none"}}).json()
    assert (changed["name"], changed["size"], changed["says"]) == (
        "Others",
        1,
        "None of: at least 1 purchase",
    )
    assert call.get(where).json() == changed
    assert call.post(f"{where}/archive").json()["state"] == "archived"
    assert call.get("segments").json()["data"] == []
    assert [one["id"] for one in call.get("segments?state=archived").json()["data"]] == [row["id"]]
    assert call.post(f"{where}/restore").json()["size"] == 1


def test_a_list_is_filled_by_ids(call, people):
    row = call.post("segments", {"name": "Guests"}).json()
    where = f"segments/{row['id']}/members"
    told = call.post(where, {"add": people}).json()
    assert told == {"added": 2, "removed": 0, "size": 2, "skipped": []}
    assert call.post(where, {"add": people}).json()["added"] == 0
    assert call.post(where, {"remove": people[:1]}).json() == {
        "added": 0,
        "removed": 1,
        "size": 1,
        "skipped": [],
    }
    assert call.post(where, {}).status_code == 400
    assert call.post(where, {"add": ["mbr_" + "0" * 26]}).json()["code"] == "not_found"


def test_a_member_is_explained(call, people):
    call.post("segments", {"name": "Buyers", "conditions": ONCE})
    [ana] = call.get(f"members/{people[0]}/segments").json()["segments"]
    [ben] = call.get(f"members/{people[1]}/segments").json()["segments"]
    assert (ana["inside"], ana["because"]) == (
        True, [{"asks": "At least 1 purchase", "found": "1 purchase", "holds": True}],
    )  # fmt: skip
    assert (ben["inside"], ben["since"], ben["because"][0]["found"]) == (False, None, "0 purchases")


@pytest.mark.parametrize(
    ("conditions", "code", "field"),
    [
        ({"of": [{"type": "orders", "at_least": 1, "odd": 1}]}, "unknown", "conditions.of[0].odd"),
        ({"of": [{"type": "orders"}]}, "invalid", "conditions.of[0].at_least"),
        ({"of": [{"type": "tier", "any_of": ["x"]}]}, "unknown_tier", "conditions.of[0].any_of"),
        ({"of": [{"type": "group", "of": [{"type": "group", "of": []}]}]}, "invalid", "conditions.of[0].of[0].of"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(call, shopfront, people, conditions, code, field):
    for address in ("segments", "segments/preview"):
        body = {"conditions": conditions, **({"name": "x"} if address == "segments" else {})}
        answer = call.post(address, body)
        assert answer.status_code == 400
        [error] = answer.json()["errors"]
        assert (error["code"], error["field"]) == (code, field)
    with acting_for(shopfront, by=MARA):
        assert not SegmentPlace.objects.exists()
