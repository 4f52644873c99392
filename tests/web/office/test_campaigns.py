"""Campaigns in the dashboard: begun with a template, tried, launched, approved, and every figure opened to its rows."""

import json

import pytest
from django.test import Client

from campaigns.models import Campaign, CampaignPolicy
from campaigns.queries.campaigning import figures
from campaigns.queries.campaigning.reading import public_id
from campaigns.queries.campaigning.templates import TEMPLATES
from loyalty.core import clock
from loyalty.core.jobs.tasks import run_waiting
from loyalty.core.tenancy.scope import acting_for
from rewards.models import Reward
from tests.api.caller import Caller, key_for
from tests.campaigns.campaigning.started import DOUBLE, drafted, running
from tests.cast import AT, MARA, buy, days
from tests.web.office.conftest import Luna, browser_of

HTMX = {"HX-Request": "true"}
FORM = {
    "name": "Double weekend", "starts_at": "2026-03-06T09:00", "ends_at": "2026-03-09T00:00", "days": ["sat", "sun"],
    "brake_percent": "200", "budget_points": "5000",
    "rules.count": "1", "rules.0.was": "", "rules.0.type": "multiplier", "rules.0.factor": "2",
    "rules.0.unit": "points", "rules.0.rounding": "down",
}  # fmt: skip


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is some days after everything."""
    monkeypatch.setattr(clock, "now", lambda: AT + days(3))


def page(luna: Luna, row: Campaign, path: str = "") -> str:
    return luna.url(f"campaigns/{public_id(row)}/{path}")


def only() -> Campaign:
    return Campaign.objects.get()


@pytest.fixture
def ran(lunas: Luna) -> Campaign:
    """Double points for what Ana and Ben bought."""
    with acting_for(lunas.merchant, by=MARA):
        row = running(budget_points=1_000, brake_percent=0, point_cost="5", ends_at=AT + days(30))
        buy(lunas.ana, 100, at=AT)
        buy(lunas.ben, 50, at=AT)
        buy(lunas.ana, 20, at=AT)
    return row


def test_a_shop_without_campaigns_is_told_what_to_begin_with(lunas: Luna, owner: Client):
    text = owner.get(lunas.url("campaigns/")).content.decode()
    assert "Your first campaign" in text
    assert all(f"?with={one.key}" in text for one in TEMPLATES)
    assert "No campaign in these weeks" in owner.get(lunas.url("campaigns/calendar/")).content.decode()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.key)
def test_each_template_opens_filled_in_and_says_what_members_read(lunas: Luna, owner: Client, template):
    answer = owner.get(lunas.url(f"campaigns/new/?with={template.key}"))
    assert answer.status_code == 200
    assert answer.context["preview"]["members"] == 2
    rules = answer.context["editor"].root.main[0]
    content = template.content(currency="SEK", language="en")
    assert len(rules.children) == len(content.rules)
    for node, rule in zip(rules.children, content.rules, strict=True):
        parts = {one.part.name: one for one in node.children}
        assert len(parts["when"].children) == len(rule.when), "its conditions are there to be changed"
        assert "steps" not in parts or len(parts["steps"].children) == 2


def test_a_campaign_is_written_changed_and_launched(lunas: Luna, owner: Client):
    answer = owner.post(lunas.url("campaigns/new/?with=double-weekend"), FORM)
    with acting_for(lunas.merchant, by=MARA):
        row = only()
    assert (answer.status_code, answer["Location"]) == (303, page(lunas, row)), answer.context
    assert (row.kind, row.days, row.budget_points, row.starts_at) == (
        "double-weekend", ["sat", "sun"], 5_000, AT.replace(day=6))  # fmt: skip
    assert row.rules[0]["factor"] == "2"
    same = {**FORM, "rules.0.was": "0", "budget_points": "6000"}
    assert owner.post(page(lunas, row, "edit/"), same).status_code == 303
    assert owner.post(page(lunas, row, "launch/"), {"form_key": "k"}).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        row = only()
        assert (row.state, row.budget_points, len(row.rules)) == ("planned", 6_000, 1)
    seen = owner.get(page(lunas, row))
    assert seen.context["can"]["pause"] and not seen.context["can"]["launch"]
    calendar = owner.get(lunas.url("campaigns/calendar/?month=2026-03")).content.decode()
    assert calendar.count("Double weekend") > 2


def test_what_makes_no_sense_comes_back_with_everything_typed(lunas: Luna, owner: Client):
    wrong = {**FORM, "ends_at": "2026-03-01T00:00", "rules.0.factor": "0,5"}
    answer = owner.post(lunas.url("campaigns/new/"), wrong)
    assert answer.status_code == 422
    assert answer.context["form"]["name"].value() == "Double weekend"
    with acting_for(lunas.merchant, by=MARA):
        assert Campaign.objects.count() == 0


def test_the_preview_follows_what_is_typed_and_keeps_nothing(lunas: Luna, owner: Client):
    answer = owner.post(lunas.url("campaigns/new/"), {**FORM, "_do": "preview"}, headers=HTMX)
    assert answer.status_code == 200
    assert b"Double weekend" in answer.content and b"<html" not in answer.content
    more = owner.post(lunas.url("campaigns/new/"), {**FORM, "_do": "add rules fixed"}, headers=HTMX)
    assert len(more.context["editor"].root.main[0].children) == 2
    with acting_for(lunas.merchant, by=MARA):
        assert Campaign.objects.count() == 0


def test_every_figure_opens_the_rows_that_make_it_up(lunas: Luna, owner: Client, ran: Campaign):
    seen = owner.get(page(lunas, ran))
    came = seen.context["came"]
    assert (came.points, came.members, came.orders, came.cost_minor) == (170, 2, 3, 850)
    rows = owner.get(page(lunas, ran, "orders/")).context["rows"]
    assert (sum(one["units"] for one in rows), len(rows)) == (came.points, came.orders)
    assert sum(one["spend"] for one in rows) == came.spend_minor
    assert {owner.get(one["url"]).status_code for one in rows} == {200}
    people = owner.get(page(lunas, ran, "members/")).context["rows"]
    assert (sum(one["units"] for one in people), len(people)) == (came.points, came.members)
    assert seen.context["budget"]["value"] == 170
    assert {owner.get(one["href"]).status_code for one in seen.context["stats"]} == {200}


def test_it_is_paused_goes_on_ends_and_is_copied(lunas: Luna, owner: Client, ran: Campaign):
    states = []
    for verb in ("pause", "launch", "end"):
        assert owner.post(page(lunas, ran, f"{verb}/"), {}).status_code == 303
        with acting_for(lunas.merchant, by=MARA):
            states.append(only().state)
    assert states == ["paused", "running", "ended"]
    assert b"ended it before its time" in owner.get(page(lunas, ran)).content
    assert owner.get(page(lunas, ran, "edit/")).status_code == 303, "it is over"
    copied = owner.post(page(lunas, ran, "copy/"), {})
    assert copied["Location"] != page(lunas, ran)
    assert b"(copy)" in owner.get(copied["Location"]).content
    assert owner.post(f"{copied['Location']}remove/", {})["Location"] == lunas.url("campaigns/")
    assert b"Double weekend" in owner.get(lunas.url("campaigns/?show=ended")).content


def test_it_is_tried_on_last_year_before_it_is_launched(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        row = drafted(starts_at=AT + days(365), ends_at=AT + days(367), budget_points=100, brake_percent=0)
        buy(lunas.ana, 80, at=AT + days(2))
    assert b"a year before" in owner.get(page(lunas, row)).content
    assert owner.post(page(lunas, row, "rehearse/"), {}).status_code == 303
    assert owner.get(page(lunas, row)).context["tried"]["state"].is_open
    run_waiting()
    said = owner.get(page(lunas, row)).context["tried"]["found"]
    assert (said.points, said.members, said.empty_at is not None) == (100, 1, True)


def test_two_people_decide_above_the_limit(lunas: Luna, owner: Client):
    answer = owner.post(lunas.url("campaigns/limits/"), {"approve_points": "100", "approve_minor": ""})
    assert answer.status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        assert CampaignPolicy.objects.get().approve_points == 100
        row = drafted(budget_points=500, ends_at=AT + days(30))
    owner.post(page(lunas, row, "launch/"), {})
    mine = owner.get(page(lunas, row))
    assert not mine.context["can"]["decide"] and b"somebody else has to say yes" in mine.content
    owner.post(page(lunas, row, "approve/"), {})
    manager = browser_of(lunas, "manager")
    assert manager.get(page(lunas, row)).context["can"]["decide"]
    with acting_for(lunas.merchant, by=MARA):
        assert only().state == "waiting"
    manager.post(page(lunas, row, "refuse/"), {"note": "Smaller, please"})
    assert b"Smaller, please" in owner.get(page(lunas, row)).content
    owner.post(page(lunas, row, "launch/"), {})
    manager.post(page(lunas, row, "approve/"), {})
    with acting_for(lunas.merchant, by=MARA):
        assert only().state == "running"


@pytest.mark.parametrize("path", ["campaigns/", "campaigns/calendar/"])
def test_analysts_look_and_cashiers_do_not(lunas: Luna, path: str):
    assert browser_of(lunas, "analyst").get(lunas.url(path)).status_code == 200
    assert browser_of(lunas, "cashier").get(lunas.url(path)).status_code == 403
    with acting_for(lunas.merchant, by=MARA):
        row = drafted()
    assert browser_of(lunas, "analyst").post(page(lunas, row, "launch/"), {}).status_code == 403
    assert browser_of(lunas, "manager").post(lunas.url("campaigns/limits/"), {}).status_code == 403


@pytest.mark.parametrize("month", ["", "2026-13", "x", "1999-01", "9999-12", "2026-1"])
def test_a_month_that_is_none_is_this_one(lunas: Luna, owner: Client, month: str):
    seen = owner.get(lunas.url(f"campaigns/calendar/?month={month}"))
    assert sum(one["today"] for week in seen.context["weeks"] for one in week) == 1


# --- the same by API -----------------------------------------------------------------------------------------------


def test_the_api_does_what_the_pages_do(lunas: Luna):
    call = Caller(key_for(lunas.merchant))
    made = call.post("campaigns", {"name": "Twice", "rules": [DOUBLE], "budget_points": 500})
    assert made.status_code == 201, made.content
    key = made.json()["id"]
    changed = call(
        "PATCH", f"campaigns/{key}", {"budget_points": None, "ends_at": (AT + days(9)).isoformat()}
    )
    assert (changed.status_code, changed.json()["content"]["budget_points"]) == (200, None), changed.content
    assert call.post(f"campaigns/{key}/rehearsal", {}).status_code == 422, "nobody bought a year before"
    assert call.get(f"campaigns/{key}/rehearsal").status_code == 404
    assert call.post(f"campaigns/{key}/launch", {}).json()["state"] == "running"
    assert call("PATCH", f"campaigns/{key}", {"note": "x"}).json()["code"] == "campaign_under_way"
    with acting_for(lunas.merchant, by=MARA):
        buy(lunas.ana, 10, at=AT + days(3))
        assert figures.from_books(only()) == 10
    assert call.get(f"campaigns/{key}").json()["figures"]["points"] == 10
    assert call.post(f"campaigns/{key}/pause", {}).json()["state"] == "paused"
    assert call.post(f"campaigns/{key}/end", {}).json()["state"] == "ended"
    assert call.post(f"campaigns/{key}/launch", {}).json()["code"] == "campaign_state"
    assert [one["id"] for one in call.get("campaigns?state=ended").json()["data"]] == [key]


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "x", "rules": [{"type": "nothing", "id": "x"}]},
        {"name": "x", "rules": [{"type": "fixed", "id": "x", "amount": "many"}]},
        {"name": "x", "rules": [7]},
        {"name": "x", "days": ["someday"]},
        {"name": "x", "from_time": "25:00"},
        {"name": "x", "words": {"xx": {"subject": "a", "body": "b"}}},
        {"name": "x", "point_cost": "."},
        {"name": "x", "budget_points": 0},
        {"name": "x", "offer": {"name": {"en": "\x00"}}},
        {"name": "x", "rules": json.loads('[{"type": "fixed", "id": "x", "amount": 1, "name": "\\u0000"}]')},
    ],
)
def test_bad_input_is_refused_with_a_code_and_keeps_nothing(lunas: Luna, body: dict):
    answer = Caller(key_for(lunas.merchant)).post("campaigns", body)
    assert answer.status_code in (400, 422), answer.content
    assert answer.json()["code"] in ("invalid_input", "unknown_placeholder")
    with acting_for(lunas.merchant, by=MARA):
        assert Campaign.objects.count() == 0
        assert Reward.objects.count() == 1
