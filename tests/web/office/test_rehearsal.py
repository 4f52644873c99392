"""Trying a draft in the dashboard: asking, waiting, reading what it came to, down to one purchase with its reasons."""

import pytest
from django.test import Client

from campaigns.models import Rehearsal
from loyalty.core import clock, ids
from loyalty.core.jobs.tasks import run_waiting
from loyalty.core.programme import operations as programmes
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, days
from tests.web.office.conftest import Luna, browser_of

START = "programme/rehearsal/"
TWICE = {
    "identity": {"name": {"en": "Luna Club"}},
    "earning": {"rules": [{**ONE_POINT_PER_KRONA, "points": 2}]},
}
YEAR = {"period": "12", "moved": "on"}


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two months after the first purchase."""
    monkeypatch.setattr(clock, "now", lambda: AT + days(60))


@pytest.fixture
def drafted(lunas: Luna) -> Luna:
    """Café Luna with a draft that gives twice as much."""
    with acting_for(lunas.merchant, by=MARA):
        programmes.save_draft(content=TWICE, at=AT + days(59))
    return lunas


def tried(luna: Luna, browser: Client, **fields: str) -> str:
    """The address of a rehearsal that is done."""
    answer = browser.post(luna.url(START), {**YEAR, **fields})
    assert answer.status_code == 303, answer.context["form"].errors
    run_waiting()
    return str(answer["Location"])


def test_from_the_draft_to_what_it_would_have_done(drafted: Luna, owner: Client):
    assert drafted.url(START).encode() in owner.get(drafted.url("programme/impact/")).content
    answer = owner.post(drafted.url(START), {**YEAR, "margin": "40", "limit": "1"})
    page = owner.get(answer["Location"])
    assert b"hx-trigger" in page.content and b"happens once more" in page.content
    run_waiting()
    text = owner.get(answer["Location"]).content.decode()
    assert "hx-trigger" not in text
    assert "300 instead of 150" in text
    assert "would have been reached on" in text, "one krona is soon spent"
    assert "Margin left after it" in text
    assert "Ana Alm" in text
    listed = owner.get(drafted.url(START)).content.decode()
    assert "+150" in listed and "Done" in listed


def test_down_to_one_purchase_with_its_reasons(drafted: Luna, owner: Client):
    where = tried(drafted, owner)
    people = owner.get(f"{where}members/")
    assert b"Ana Alm" in people.content and b"Ben Berg" not in people.content
    assert b"Nobody" in owner.get(f"{where}members/?way=fewer").content
    mine = owner.get(f"{where}members/{ids.encode('mbr', drafted.ana.pk)}/").content.decode()
    bought = f"{where}orders/{ids.encode('ord', drafted.order)}/"
    assert bought in mine
    text = owner.get(bought).content.decode()
    assert "Why it really brought that" in text and "Why the draft would have given that" in text
    assert "150" in text and "300" in text
    file = b"".join(owner.get(f"{where}members.csv").streaming_content).decode("utf-8-sig")
    assert file.splitlines()[1].split(",")[2:7] == ["1", "35000", "150", "300", "150"]
    months = owner.get(f"{where}?csv").getvalue().decode("utf-8-sig").splitlines()
    assert len(months) == 2
    nobody = owner.get(f"{where}members/{ids.encode('mbr', drafted.ben.pk)}/")
    assert nobody.status_code == 200 and b"Nothing in this time" in nobody.content


def test_what_was_typed_comes_back_with_what_is_wrong(drafted: Luna, owner: Client):
    for wrong, said in (
        ({"period": "own", "first": "2026-03-01"}, "Give this day."),
        ({"period": "own", "first": "2026-03-09", "last": "2026-03-01"}, "lies before the first"),
        ({"period": "own", "first": "2026-03-01", "last": "2027-03-01"}, "has not been yet"),
        ({"period": "own", "first": "2025-03-01", "last": "2025-03-02"}, "No member bought anything"),
        ({"margin": "140"}, "less than or equal to 100"),
        ({"limit": "much"}, "number"),
        ({"period": "99"}, "valid choice"),
    ):
        answer = owner.post(drafted.url(START), {**YEAR, **wrong})
        assert answer.status_code == 422, wrong
        assert said in answer.content.decode(), wrong
    with acting_for(drafted.merchant, by=MARA):
        assert not Rehearsal.objects.exists()


def test_days_of_ones_own(drafted: Luna, owner: Client):
    where = tried(drafted, owner, period="own", first="2026-03-01", last="2026-03-31")
    assert "300 instead of 150" in owner.get(where).content.decode()


def test_a_rehearsal_can_be_stopped_and_removed(drafted: Luna, owner: Client):
    where = owner.post(drafted.url(START), YEAR)["Location"]
    assert owner.post(f"{where}stop/")["Location"] == where
    assert b"It was stopped" in owner.get(where).content
    assert owner.get(f"{where}members/").status_code == 404, "half a rehearsal tells nothing"
    assert owner.post(f"{where}remove/")["Location"] == drafted.url(START)
    assert owner.get(where).status_code == 404


def test_a_draft_that_was_changed_since_is_told(drafted: Luna, owner: Client):
    where = tried(drafted, owner)
    assert b"was changed after this" not in owner.get(where).content
    with acting_for(drafted.merchant, by=MARA):
        rule = {**ONE_POINT_PER_KRONA, "points": 3}
        programmes.save_draft(content={**TWICE, "earning": {"rules": [rule]}}, at=AT + days(60))
    page = owner.get(where).content
    assert b"was changed after this" in page
    with acting_for(drafted.merchant, by=MARA):
        programmes.publish(at=AT + days(60))
    assert b"published as version 2" in owner.get(where).content, "it is kept with the version it became"


def test_who_may_not_edit_reads_and_starts_nothing(drafted: Luna, owner: Client):
    where, analyst = tried(drafted, owner), browser_of(drafted, "analyst")
    assert analyst.get(where).status_code == 200
    assert b"Start the rehearsal" not in analyst.get(drafted.url(START)).content
    for path in (drafted.url(START), f"{where}stop/", f"{where}remove/"):
        assert analyst.post(path, YEAR).status_code == 403
    assert browser_of(drafted, "cashier").get(where).status_code == 403


def test_the_first_steps_are_said(lunas: Luna, ottos: Luna, owner: Client):
    assert b"no draft to try" in owner.get(lunas.url(START)).content
    assert owner.get(ottos.url(START)).status_code == 404
