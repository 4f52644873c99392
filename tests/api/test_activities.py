"""Activities by API: recorded once, rehearsed, listed, and refused when they make no sense."""

import pytest

from loyalty.core.tenancy.scope import acting_for
from tests.api.caller import Caller, an_activity, an_order, key_for
from tests.cast import MARA, publish

REVIEWS = {
    "type": "fixed", "id": "reviews", "amount": 50, "when": [{"type": "activity", "kinds": ["review"]}],
    "limits": {"per": [{"period": "week", "times": 1}]},
}  # fmt: skip


@pytest.fixture
def reviews(luna_open):
    """A caller of a shop that gives points for a review a week, with Ana as a member."""
    with acting_for(luna_open, by=MARA):
        publish(REVIEWS)
    call = Caller(key_for(luna_open))
    call.post("members", {"external_id": "ana"})
    return call


def test_recorded_answered_again_and_read(reviews):
    body = an_activity("ana", external_id="r1", properties={"stars": 5, "own": True, "text": "Good"},
                       product={"sku": "latte", "tags": ["hot"]}, channel="web")  # fmt: skip
    made = reviews.post("activities", body)
    assert made.status_code == 201, made.content
    found = made.json()
    assert (found["points"], found["balance"], found["kind"]) == (50, 50, "review")
    assert found["decision"]["counted"] == ["reviews"]
    again = reviews.post("activities", body)
    assert (again.status_code, again.json()["id"], again.json()["replayed"]) == (200, found["id"], True)
    other = reviews.post("activities", {**body, "properties": {"stars": 4}})
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    read = reviews.get(f"activities/{found['id']}").json()
    assert read["properties"] == body["properties"]
    assert read["product"]["sku"] == "latte" and read["points_earned"] == 50
    entry = reviews.get(f"members/{found['member']}/entries").json()["data"][0]
    assert entry["kind"] == "earn"


def test_a_rehearsal_says_what_would_be_and_when(reviews):
    body = an_activity("ana")
    would = reviews.post("activities?dry_run=true", body).json()
    assert (would["points"], would["id"], would["dry_run"]) == (50, None, True)
    assert reviews.get("activities").json()["data"] == []
    reviews.post("activities", body)
    assert reviews.post("activities?dry_run=true", an_activity("ana")).json()["points"] == 0
    later = reviews.post("activities?dry_run=true&at=2026-03-12T10:00:00Z", an_activity("ana"))
    assert later.json()["points"] == 50


def test_lists_are_narrowed_and_paged(reviews):
    reviews.post("members", {"external_id": "ben"})
    for number in range(3):
        reviews.post("activities", an_activity("ana", external_id=f"a{number}", kind="survey"))
    reviews.post("activities", an_activity("ben", external_id="b"))
    ana = reviews.get("members/lookup?external_id=ana").json()["id"]

    def names(asked):
        return [row["external_id"] for row in reviews.get(f"activities?{asked}").json()["data"]]

    assert names("") == ["b", "a2", "a1", "a0"]
    assert names(f"member={ana}") == ["a2", "a1", "a0"]
    assert names("kind=review") == ["b"]
    assert names("external_id=a1") == ["a1"]
    assert names("external_id=a1&source=app") == []
    assert names("happened_from=2026-03-03T00:00:00Z") == []
    page = reviews.get("activities?limit=3").json()
    assert len(page["data"]) == 3 and page["next"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "account_created"}, "kind"),
        ({"kind": "purchase"}, "kind"),
        ({"kind": "Review"}, "kind"),
        ({"source": "loyalty"}, "source"),
        ({"properties": {f"p{n}": n for n in range(21)}}, "properties"),
        ({"properties": {"x": "y" * 201}}, "properties"),
        ({"properties": {"x": {"y": 1}}}, "properties"),
        ({"properties": {"x": 1.5}}, "properties"),
        ({"happened_at": "2200-01-01T00:00:00Z"}, "happened_at"),
        ({"member": {"external_id": "nobody"}}, "member"),
        ({"member": {}}, "member"),
    ],
)
def test_refusals_name_the_field_and_change_nothing(reviews, change, field):
    answer = reviews.post("activities", {**an_activity("ana"), **change})
    assert 400 <= answer.status_code < 500, answer.content
    problem = answer.json()
    named = problem.get("errors") or [problem]
    assert named[0]["field"].startswith(field), problem
    assert reviews.get("activities").json()["data"] == []


def test_a_key_that_may_not_write_orders_records_nothing(reviews, luna_open):
    reader = Caller(key_for(luna_open, "orders:read"))
    assert reader.post("activities", an_activity("ana")).status_code == 403
    assert reader.get("activities").status_code == 200
    assert reviews.post("orders", an_order("ana")).status_code == 201
