"""Surveys and suggestions over the API: made, opened, answered once, linked, read; and what fits a member."""

from typing import Any

import pytest
from django.test import Client

from campaigns.operations.suggesting import refresh_suggestions
from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from tests.api.caller import an_order
from tests.campaigns.surveys.asking import CONTENT
from tests.cast import MARA


@pytest.fixture(autouse=True)
def _plain_files(settings: Any) -> None:
    """Static files as they lie: nothing is collected for a test."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def ana(call: Any) -> str:
    """Ana, a member; her id."""
    return str(call.post("members", {"external_id": "ana"}).json()["id"])


@pytest.fixture
def survey(call: Any) -> str:
    """A survey that is open; its id."""
    made = call.post("surveys", {"name": "How was it", "content": CONTENT})
    assert made.status_code == 201, made.content
    assert call.post(f"surveys/{made.json()['id']}/open").status_code == 200
    return str(made.json()["id"])


def test_a_survey_is_made_read_changed_and_closed(call, survey):
    row = call.get(f"surveys/{survey}").json()
    assert (row["handle"], row["state"], row["content"]["title"]["sv"]) == (
        "how-was-it",
        "open",
        "Hur har vi det?",
    )
    changed = call(
        "PATCH", f"surveys/{survey}", {"rest_days": 60, "closes_at": "2099-01-01T00:00:00Z"}
    ).json()
    assert (changed["rest_days"], changed["closes_at"]) == (60, "2099-01-01T00:00:00Z")
    assert call("PATCH", f"surveys/{survey}", {"closes_at": None}).json()["closes_at"] is None
    fewer = {**CONTENT, "questions": CONTENT["questions"][:1]}
    assert call("PATCH", f"surveys/{survey}", {"content": fewer}).json()["code"] == "survey_has_answers"
    assert call.post(f"surveys/{survey}/open").json()["code"] == "survey_state"
    assert call.post(f"surveys/{survey}/close").json()["state"] == "closed"
    assert [one["id"] for one in call.get("surveys?state=closed").json()["data"]] == [survey]
    assert call.get("surveys?state=draft").json()["data"] == []
    assert call.post("surveys", {"name": "How was it", "content": CONTENT}).json()["code"] == "survey_exists"


def test_what_is_wrong_is_named(call):
    bad = {**CONTENT, "questions": [{"id": "x", "kind": "song", "name": {"en": "x"}}]}
    answer = call.post("surveys", {"name": "x", "content": bad})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert answer.json()["errors"][0]["field"].startswith("content.questions[0]")
    two = {**CONTENT, "questions": [{"id": "x", "kind": "one", "name": {"en": "x"}}]}
    assert call.post("surveys", {"name": "x", "content": two}).json()["errors"][0]["field"] == (
        "content.questions[0].options"
    )
    assert call.post("surveys", {"name": "x", "content": CONTENT, "segment": "none"}).status_code == 400
    assert call.get("surveys").json()["data"] == []


def test_an_answer_is_taken_once_and_listed(call, ana, survey):
    where = f"surveys/{survey}/answers"
    wrong = call.post(where, {"member": ana, "answers": {"recommend": 11}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "answers.recommend")
    assert call.post(where, {"member": ana, "answers": {}}).status_code == 400
    given = {"recommend": 9, "likes": ["people"], "visit": 5}
    made = call.post(where, {"member": ana, "answers": given})
    assert made.status_code == 201 and made.json()["answers"] == given
    assert call.post(where, {"member": ana, "answers": {"recommend": 1}}).json()["code"] == "already_answered"
    (row,) = call.get(where).json()["data"]
    assert (row["member"], row["score"], row["came_by"]) == (ana, 9, "api")
    told = call.get(f"surveys/{survey}/results").json()
    assert told["nps"] == {**told["nps"], "answers": 1, "promoters": 1, "score": 100.0, "few": True}
    assert {one["question"]: one["answers"] for one in told["questions"]} == {
        "recommend": 1, "why": 0, "likes": 1, "visit": 1}  # fmt: skip
    assert told["groups"] == [{"kind": "tier", "name": "", "answers": 1, "nps": None}]


def test_the_same_key_answers_the_same(call, ana, survey):
    body = {"member": ana, "answers": {"recommend": 9}}
    first, again = (call.post(f"surveys/{survey}/answers", body, key="one") for _time in range(2))
    assert first.json() == again.json() and again.status_code == 201


def test_a_members_own_link_opens_the_survey(call, shopfront, ana, survey):
    url = call.post(f"surveys/{survey}/links", {"member": ana}).json()["url"]
    assert url == call.post(f"surveys/{survey}/links", {"member": ana}).json()["url"]
    page = Client().get("/" + url.split("/", 3)[3])
    assert page.status_code == 200 and b"Would you recommend us?" in page.content


def test_a_follow_up_is_taken_and_done(call, ana, survey):
    call.post(f"surveys/{survey}/answers", {"member": ana, "answers": {"recommend": 0}})
    (row,) = call.get("survey-follow-ups").json()["data"]
    where = f"survey-follow-ups/{row['id']}"
    assert call("PATCH", where, {"state": "taken"}).json()["state"] == "taken"
    done = call("PATCH", where, {"state": "done", "note": "Called"}).json()
    assert (done["state"], done["note"], done["member"]) == ("done", "Called", ana)
    assert call.get("survey-follow-ups?state=done").json()["data"] == [done]
    assert call("PATCH", where, {"state": "lost"}).status_code == 400


def test_what_fits_a_member(call, shopfront, ana):
    empty = call.get(f"members/{ana}/suggestions").json()
    assert empty == {"member": ana, "worked_out_at": None, "suggestions": [], "next_best": None}
    for number in range(6):
        lines = [{"sku": sku, "name": sku.title(), "amount_minor": 1000} for sku in ("beans", "grinder")]
        call.post("orders", {**an_order(member=None), "external_id": f"o{number}", "lines": lines})
    mine = [{"sku": "beans", "name": "Beans", "amount_minor": 1000}]
    assert call.post("orders", {**an_order("ana"), "external_id": "mine", "lines": mine}).status_code == 201
    with acting_for(shopfront, by=MARA):
        refresh_suggestions(at=clock.now())
    told = call.get(f"members/{ana}/suggestions").json()["suggestions"]
    assert [(one["product"]["sku"], one["because"]["name"], one["together"]) for one in told] == [
        ("grinder", "Beans", 6)]  # fmt: skip
    assert call.get(f"members/{ana}/suggestions?limit=0").status_code == 400
