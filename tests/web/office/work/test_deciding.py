"""What staff decide on their pages: activities, odd referrals, and changes by hand that need a second person."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from members.models import Activity, AdjustmentRequest, Referral
from members.queries import adjusting
from tests.cast import MARA
from tests.web.office.work.conftest import Busy


def said(answer) -> str:
    """What the page said afterwards."""
    return " ".join(str(message) for message in get_messages(answer.wsgi_request)).replace("\u00a0", " ")


def acting(busy: Busy):
    return acting_for(busy.luna.merchant, by=MARA)


@pytest.fixture(autouse=True)
def _books(busy: Busy):
    """After each test the books are right."""
    yield
    with acting(busy):
        assert verify() == []


# --- activities -----------------------------------------------------------------------------------------------


def test_an_activity_is_shown_safely_and_approved(busy: Busy, owner: Client):
    page = owner.get(busy.url("work/activities/")).content.decode()
    assert "&lt;b&gt;my cup&lt;/b&gt;" in page and "<b>my cup</b>" not in page
    assert 'href="https://photos.example/1" rel="noopener noreferrer nofollow ugc"' in page
    before = busy.luna.points(busy.luna.ana)
    answer = owner.post(busy.url(f"work/activities/{busy.ids['activity']}/approve/"))
    assert (answer.status_code, said(answer)) == (303, "Approved: 25 points given.")
    assert busy.luna.points(busy.luna.ana) == before + 25
    assert owner.get(busy.url("work/activities/")).context["rows"] == []


def test_an_activity_is_refused_only_with_a_reason(busy: Busy, owner: Client):
    url = busy.url(f"work/activities/{busy.ids['activity']}/refuse/")
    assert "Say why" in said(owner.post(url, {"note": " "}))
    with acting(busy):
        assert Activity.objects.get(kind="photo").status == "waiting"
    owner.post(url, {"note": "This is our own picture"})
    with acting(busy):
        row = Activity.objects.get(kind="photo")
        assert (row.status, row.note, row.points_earned) == ("refused", "This is our own picture", 0)


# --- referrals ------------------------------------------------------------------------------------------------


def test_a_referral_says_what_is_odd_and_is_decided(busy: Busy, owner: Client):
    (item,) = owner.get(busy.url("work/referrals/")).context["rows"]
    assert [str(reason) for reason in item["reasons"]] == ["The same device"]
    url = busy.url(f"work/referrals/{busy.ids['referral']}/")
    assert "Say why" in said(owner.post(f"{url}refuse/", {"note": ""}))
    owner.post(f"{url}approve/")
    with acting(busy):
        assert Referral.objects.get(friend=busy.friend).status == "joined"
    assert "joined" in said(owner.post(f"{url}refuse/", {"note": "late"}))


# --- approvals ------------------------------------------------------------------------------------------------


def test_a_colleague_approves_what_a_manager_asked_for(busy: Busy, owner: Client, manager: Client):
    (mine,) = manager.get(busy.url("work/approvals/")).context["waiting"]
    assert mine["is_mine"]
    url = busy.url(f"work/approvals/{busy.ids['request']}/")
    assert "asked for this yourself" in said(manager.post(f"{url}approve/"))
    before = busy.luna.points(busy.luna.ben)
    owner.post(f"{url}approve/", {"form_key": "a"})
    assert busy.luna.points(busy.luna.ben) == before + 5000
    assert "already approved" in said(owner.post(f"{url}approve/", {"form_key": "b"}))
    assert busy.luna.points(busy.luna.ben) == before + 5000
    (done,) = owner.get(busy.url("work/approvals/")).context["settled"]
    assert (str(done["status"]), done["asker"]) == ("Approved", "Manager of Café Luna")


def test_limits_are_set_and_obeyed_and_more_is_asked_for(busy: Busy, owner: Client, manager: Client):
    form = {"manager_each": "100", "manager_day": "50", "days": "3"}
    assert owner.post(busy.url("work/approvals/limits/"), form).status_code == 422
    form["manager_day"] = "300"
    assert owner.post(busy.url("work/approvals/limits/"), form).status_code == 303
    with acting(busy):
        assert adjusting.limits().manager.each == 100
    before = busy.luna.points(busy.luna.ana)
    url = busy.luna.member(busy.luna.ana, "adjust/")
    preview = manager.get(url, {"way": "give", "amount": "101"})
    assert preview.context["preview"]["asks"]
    answer = manager.post(url, {"way": "give", "amount": "101", "reason": "Sorry", "form_key": "k"})
    assert "has to approve" in said(answer)
    assert busy.luna.points(busy.luna.ana) == before
    with acting(busy):
        asked = AdjustmentRequest.objects.order_by("-id").first()
        assert (asked.amount, asked.status, (asked.expires_at - asked.asked_at).days) == (101, "waiting", 3)
    assert manager.post(busy.url("work/approvals/limits/"), form).status_code == 403
    assert b"waits for a second person" in owner.get(busy.luna.member(busy.luna.ana)).content


def test_only_the_asker_takes_a_request_back(busy: Busy, owner: Client, manager: Client):
    url = busy.url(f"work/approvals/{busy.ids['request']}/withdraw/")
    assert "Only whoever asked" in said(owner.post(url))
    manager.post(url)
    with acting(busy):
        assert AdjustmentRequest.objects.get().status == "withdrawn"
