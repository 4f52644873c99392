"""Staff write an automation as a list of small forms, put it to work, and see what became of every member in it."""

import re

import pytest
from django.test import Client

from campaigns.models import Automation, AutomationRun
from campaigns.operations.automations.shaping import checked_flow, create_automation, start_automation
from campaigns.rules.automations.starts import AnyStart
from campaigns.rules.automations.steps import AnyStep
from campaigns.tasks import run_automations
from loyalty.core import clock, ids
from loyalty.core.events.tasks import dispatch_waiting
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.office.automations.starts import STARTS
from loyalty.web.office.automations.words import ICONS, tag_of
from loyalty.web.office.editor.shapes import shapes, tag, variants
from loyalty.web.office.editor.sheets import parts, title
from members.operations.membership import join
from tests.campaigns.automations.hand import HELLO, flow, points, wait
from tests.cast import MARA
from tests.web.office.conftest import Luna, browser_of

TYPED = {
    "name": "Welcome", "note": "", "starts.count": "1", "starts.0.was": "", "starts.0.type": "event",
    "starts.0.kind": "member.joined", "starts.0.facts.count": "0", "again": "once", "again_days": "30",
    "only.match": "all", "only.of.count": "0", "exit_when.match": "all", "exit_when.of.count": "0",
    "budget.points": "500", "steps.count": "2", "steps.0.was": "", "steps.0.type": "wait", "steps.0.number": "3",
    "steps.0.unit": "days", "steps.1.was": "", "steps.1.type": "points", "steps.1.amount": "25",
    "steps.1.reason": "To get you started",
}  # fmt: skip
HTMX = {"HX-Request": "true"}


def text(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def made(lunas: Luna, *steps, start: bool = True, **more) -> Automation:
    """An automation of some steps, at work where nothing else is said."""
    with acting_for(lunas.merchant, by=MARA):
        row = create_automation(name="Welcome", flow=flow(*steps, **more), at=clock.now())
        return start_automation(automation=row.pk, at=clock.now()) if start else row


def url_of(lunas: Luna, row: Automation, path: str = "") -> str:
    return lunas.url(f"automations/{ids.encode('atm', row.pk)}/{path}")


def come_in(lunas: Luna) -> AutomationRun:
    """Cleo joins, and is taken as far as she gets."""
    with acting_for(lunas.merchant, by=MARA):
        join(
            at=clock.now(),
            identities={"external": "cleo", "email": "cleo@example.com"},
            details={"given_name": "Cleo"},
        )
    dispatch_waiting()
    run_automations()
    with acting_for(lunas.merchant, by=MARA):
        return AutomationRun.objects.get()


@pytest.mark.parametrize("page", ["automations/", "automations/?show=ended", "automations/new/"])
def test_every_page_shows_something_where_nothing_is_there_yet(lunas: Luna, owner: Client, page: str):
    answer = owner.get(lunas.url(page))
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("language", ["en", "sv", "nb", "nl"])
def test_each_to_begin_with_makes_sense_as_it_is(lunas: Luna, owner: Client, start: str, language: str):
    owner.cookies["django_language"] = language
    answer = owner.get(lunas.url(f"automations/new/?start={start}"))
    assert answer.status_code == 200
    assert answer.context["preview"] is not None, "it says what it does as it stands"
    with acting_for(lunas.merchant, by=MARA):
        checked_flow(STARTS[start].flow(language))


def test_every_start_and_step_can_be_read_shown_and_added(lunas: Luna, owner: Client):
    for name, union in (("starts", AnyStart), ("steps", AnyStep)):
        for struct in variants(union):
            assert title(struct), struct
            assert tag(struct) in ICONS, struct
            shown = {one.name for one in parts(struct)}
            assert shown == set(shapes(struct)) - {"id"}, struct
            typed = {"name": "x", f"{name}.count": "0", "_do": f"add {name} {tag(struct)}"}
            answer = owner.post(lunas.url("automations/new/"), typed, headers=HTMX)
            assert answer.status_code == 200, struct
            assert f'value="{tag(struct)}"' in answer.content.decode(), struct


def test_an_automation_is_written_put_to_work_and_does_what_it_says(lunas: Luna, owner: Client):
    answer = owner.post(lunas.url("automations/new/"), TYPED)
    assert answer.status_code == 303, answer.context and answer.context["editor"].form.errors
    page = owner.get(answer["Location"])
    assert "Wait 3 days" in text(page) and "Not at work yet" in text(page)
    with acting_for(lunas.merchant, by=MARA):
        row = Automation.objects.get()
        assert row.state == "draft" and row.draft["steps"][1]["amount"] == 25
    assert owner.post(url_of(lunas, row, "start/")).status_code == 303
    assert "At work" in text(owner.get(url_of(lunas, row)))
    run = come_in(lunas)
    assert (run.state, run.step) == ("active", "s2")


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_kept(lunas: Luna, owner: Client):
    answer = owner.post(lunas.url("automations/new/"), {**TYPED, "steps.0.number": "0", "name": ""})
    assert answer.status_code == 422
    answer = owner.post(lunas.url("automations/new/"), {**TYPED, "steps.0.number": "0"})
    assert answer.status_code == 422 and "from 1 to 730" in text(answer)
    answer = owner.post(lunas.url("automations/new/"), {**TYPED, "budget.points": ""})
    assert answer.status_code == 422 and "how many" in text(answer)
    with acting_for(lunas.merchant, by=MARA):
        assert not Automation.objects.exists()


def test_a_form_saved_unchanged_changes_nothing(lunas: Luna, owner: Client):
    asked = {"match": "all", "of": [{"type": "orders", "at_least": 1}]}
    row = made(
        lunas, HELLO, {"type": "check", "test": asked, "yes": [wait()], "no": [points()]}, {"type": "split"}
    )
    page = owner.get(url_of(lunas, row, "edit/"))
    typed = {"name": "Welcome", "note": ""}
    form = page.context["editor"]
    for name in form.form.fields:
        value = form.form[name].value()
        if isinstance(value, bool):
            typed |= {name: "on"} if value else {}
        elif value not in (None, ""):
            typed[name] = value
    typed |= dict(re.findall(r'name="([\w.]+\.(?:count|was|type))" value="([^"]*)"', page.content.decode()))
    assert owner.post(url_of(lunas, row, "edit/"), typed).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        row.refresh_from_db()
        assert row.draft == {}


def test_a_change_waits_until_it_is_put_to_work(lunas: Luna, owner: Client):
    row = made(lunas, wait(3), points())
    assert owner.post(url_of(lunas, row, "edit/"), TYPED).status_code == 303
    page = text(owner.get(url_of(lunas, row)))
    assert "not at work yet" in page and "Put to work" in page
    with acting_for(lunas.merchant, by=MARA):
        row.refresh_from_db()
        assert (row.edition, bool(row.draft)) == (1, True)
    owner.post(url_of(lunas, row, "start/"))
    with acting_for(lunas.merchant, by=MARA):
        row.refresh_from_db()
        assert (row.edition, row.draft) == (2, {})


def test_it_is_paused_with_an_undo_goes_on_and_is_ended(lunas: Luna, owner: Client):
    row = made(lunas, wait())
    come_in(lunas)
    page = owner.post(url_of(lunas, row, "pause/"), follow=True)
    assert "Paused" in text(page) and url_of(lunas, row, "resume/") in text(page)
    assert "held" in text(owner.get(url_of(lunas, row, "runs/?state=held")))
    owner.post(url_of(lunas, row, "resume/"))
    owner.post(url_of(lunas, row, "end/"))
    page = text(owner.get(url_of(lunas, row, "runs/")))
    assert "The automation was ended" in page
    assert "Welcome" in text(owner.get(lunas.url("automations/?show=ended")))


def test_one_that_has_ended_is_copied_into_a_new_one(lunas: Luna, owner: Client):
    row = made(lunas, wait(9), points())
    owner.post(url_of(lunas, row, "end/"))
    public = ids.encode("atm", row.pk)
    assert f"?from={public}" in text(owner.get(url_of(lunas, row)))
    page = owner.get(lunas.url(f"automations/new/?from={public}"))
    assert "Wait 9 days" in text(page)
    assert owner.get(lunas.url(f"automations/new/?from=atm_{'0' * 26}")).status_code == 404


def test_a_members_way_is_shown_with_what_happened_when_and_why(lunas: Luna, owner: Client):
    row = made(lunas, points(900), points(200), wait(), budget={"points": 1_000})
    run = come_in(lunas)
    page = text(owner.get(url_of(lunas, row)))

    assert "Cleo" in page and "1 here now" in page.split("Came in last")[0]
    way = text(owner.get(lunas.url(f"automations/runs/{ids.encode('atr', run.pk)}/")))
    assert "Cleo" in way and "Give 900" in way and "the budget is spent" in way
    assert "It ends here" not in way
    about = text(owner.get(lunas.url(f"members/{ids.encode('mbr', run.member_id)}/automations/")))
    assert "Welcome" in about and "See the way" in about
    counted = text(owner.get(url_of(lunas, row)))
    assert "done: <span" in counted and "not done: <span" in counted


def test_trying_it_shows_what_would_happen_and_does_nothing(lunas: Luna, owner: Client):
    asked = {"match": "all", "of": [{"type": "orders", "at_least": 1}]}
    row = made(lunas, wait(3), {"type": "check", "test": asked, "yes": [HELLO], "no": [points()]})
    page = text(owner.get(url_of(lunas, row, "try/?who=ana")))
    assert "Wait 3 days" in page and "Write to them" in page and "Give 10" not in page
    page = text(owner.get(url_of(lunas, row, "try/?who=ben")))
    assert "Give 10" in page and "Write to them" not in page
    assert owner.get(url_of(lunas, row, "try/?who=nobody-here")).status_code == 422
    with acting_for(lunas.merchant, by=MARA):
        assert not AutomationRun.objects.exists()


def test_the_page_says_how_far_behind_it_is(lunas: Luna, owner: Client):
    made(lunas, wait())
    dispatch_waiting()
    assert "Up to date" in text(owner.get(lunas.url("automations/")))
    with acting_for(lunas.merchant, by=MARA):
        join(at=clock.now(), identities={"external": "late"})
    assert "At it right now" in text(owner.get(lunas.url("automations/")))


def test_who_may_not_write_them_reads_them(lunas: Luna):
    row = made(lunas, wait(), start=False)
    analyst, cashier = browser_of(lunas, "analyst"), browser_of(lunas, "cashier")
    assert analyst.get(url_of(lunas, row)).status_code == 200
    assert "Put to work" not in text(analyst.get(url_of(lunas, row)))
    assert analyst.get(url_of(lunas, row, "edit/")).status_code == 403
    assert analyst.post(url_of(lunas, row, "start/")).status_code == 403
    assert cashier.get(lunas.url("automations/")).status_code == 403


def test_icons_are_there_for_everything():
    for union in (AnyStart, AnyStep):
        for struct in variants(union):
            assert tag(struct) in ICONS
    assert tag_of(variants(AnyStep)[0](id="s1")) == "wait"
