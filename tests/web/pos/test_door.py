"""Who gets in at the till, and whom a till finds: a paired device, a PIN, members of this shop one at a time."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from loyalty.core.merchants.operations import revoke_staff
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.tills.models import Till
from loyalty.core.tills.operations import revoke_till
from loyalty.web.pos import frame
from members.models import Member
from tests.cast import MARA, OTTO, shop
from tests.web.pos.conftest import Counter, at, device, key, now, opened, told, unlocks


def gives(browser: Client, member: Member, amount: str = "184,00", **sent: Any):
    """Tom types a sum and gives what it earns."""
    return browser.post(at(member, "earn/"), {"amount": amount, "form_key": key(), **sent}, follow=True)


# --- the door -----------------------------------------------------------------------------------------------


def test_a_browser_that_is_no_till_is_sent_to_become_one(counter: Counter, client: Client) -> None:
    ana = counter.member("ANA2345")
    for path in ("/pos/", "/pos/lock/", at(ana), "/pos/shift/", "/pos/offline/", "/pos/worker.js"):
        assert client.get(path)["Location"] == "/pos/pair/"
    assert client.post(at(ana, "earn/"), {"amount": "10"})["Location"] == "/pos/pair/"
    assert counter.orders() == []


def test_pairing_unlocking_and_leaving(counter: Counter) -> None:
    browser = device(counter)
    cookie = browser.cookies["till"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/pos/")
    assert browser.get("/pos/")["Location"] == "/pos/lock/"
    page = told(browser.get("/pos/lock/"))
    assert "Tom" in page and "Mia" in page
    assert unlocks(browser, counter)["Location"] == "/pos/"
    assert "Ready for the next customer" in told(browser.get("/pos/"))
    browser.post("/pos/leave/")
    assert browser.get("/pos/")["Location"] == "/pos/lock/"


def test_a_wrong_code_and_a_wrong_pin_come_back(counter: Counter) -> None:
    assert Client().post("/pos/pair/", {"code": "WRNG-CODE"}).status_code == 422
    browser = device(counter)
    tom = str(counter.staff["Tom"].pk)
    answers = [browser.post("/pos/lock/", {"staff": tom, "pin": "0001"}) for _again in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [429]
    assert "Try again in 1 minute" in told(answers[-1])
    assert unlocks(browser, counter).status_code == 429, "the right PIN has to wait, too"
    for sent in ({}, {"staff": "x", "pin": "2580"}, {"staff": tom, "pin": "9" * 99}):
        assert browser.post("/pos/lock/", sent).status_code in (422, 429)


def test_a_till_that_nobody_touches_locks_itself(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345")
    with acting_for(counter.merchant, by=MARA):
        Till.objects.update(active_at=now() - timedelta(minutes=5))
    assert tablet.get(at(ana))["Location"] == "/pos/lock/"
    assert gives(tablet, ana).redirect_chain[0][0] == "/pos/lock/"
    assert counter.orders() == []


def test_a_stopped_till_and_a_lost_job_count_at_once(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345")
    with acting_for(counter.merchant, by=MARA):
        revoke_staff(staff=counter.staff["Tom"].pk, at=now())
    assert tablet.get(at(ana))["Location"] == "/pos/lock/"
    assert unlocks(tablet, counter, "Mia")["Location"] == "/pos/"
    with acting_for(counter.merchant, by=MARA):
        revoke_till(till=counter.till.pk, at=now())
    assert tablet.get("/pos/")["Location"] == "/pos/pair/"


def test_the_camera_is_for_the_till_alone(counter: Counter, tablet: Client, client: Client) -> None:
    assert tablet.get("/pos/")["Permissions-Policy"].startswith("camera=(self)")
    assert "Permissions-Policy" not in client.get("/")


# --- of one shop --------------------------------------------------------------------------------------------


def test_another_shops_till_finds_nobody_here(counter: Counter) -> None:
    ana = counter.member("ANA2345", points=500, identities={"phone": "0701234567"})
    _row, code = counter.holds_code(ana)
    ottos = opened(shop("ottos", name="Otto's Books", language="en"), by=OTTO)
    browser = device(ottos)
    unlocks(browser, ottos)
    for text in ("ANA2345", "0701234567", code):
        answer = browser.post("/pos/find/", {"q": text})
        assert answer.status_code == 422 and "Nothing was found" in told(answer)
    assert browser.get(at(ana)).status_code == 404
    assert browser.post(at(ana, "earn/"), {"amount": "10", "form_key": key()}).status_code == 404
    mine = counter.actions()
    assert mine == [] and counter.orders() == [] and counter.points(ana) == 400


def test_a_cookie_cannot_be_made_or_moved(counter: Counter) -> None:
    browser = device(counter)
    value = browser.cookies["till"].value
    forged = Client()
    forged.cookies["till"] = value.replace(f"{counter.merchant.pk}:", f"{counter.merchant.pk + 1}:", 1)
    assert forged.get("/pos/")["Location"] == "/pos/pair/"
    copied = Client()
    copied.cookies["till"] = value
    assert copied.get("/pos/")["Location"] == "/pos/lock/", "the twin: unchanged it is the till"


# --- finding ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "by"),
    [("ana2-345", "card"), (" ANA2345\n", "card"), ("070-123 45 67", "phone"), ("+46 70 123 45 67", "phone"),
     ("0046701234567", "phone"), ("Ana@Example.com", "email")],
)  # fmt: skip
def test_whatever_is_scanned_or_said_leads_to_the_member(
    counter: Counter, tablet: Client, typed: str, by: str
) -> None:
    ana = counter.member(
        "ANA2345", given_name="Ana Maria", family_name="Alm",
        identities={"phone": "0701234567", "email": "ana@example.com"},
    )  # fmt: skip
    answer = tablet.post("/pos/find/", {"q": typed}, follow=True)
    assert answer.redirect_chain == [(f"{at(ana)}?by={by}", 303)]
    page = told(answer)
    assert "Ana A." in page
    assert "Alm" not in page and "example.com" not in page and "4567" not in page


@pytest.mark.parametrize("typed", ["", " ", "ANA", "Alm", "%", "a" * 300, "ANA2345\x00", "' OR 1=1 --"])
def test_nobody_can_be_browsed_for(counter: Counter, tablet: Client, typed: str) -> None:
    counter.member("ANA2345", given_name="Ana", family_name="Alm")
    answer = tablet.post("/pos/find/", {"q": typed})
    assert answer.status_code == 422 and "Ana" not in told(answer).replace("ANA", "")


def test_looking_people_up_has_a_limit(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345")
    answers = [tablet.post("/pos/find/", {"q": "ANA2345"}) for _n in range(frame.LOOK_UPS_A_MINUTE + 2)]
    assert answers[0]["Location"] == f"{at(ana)}?by=card"
    assert answers[-1].status_code == 422 and "Wait" in told(answers[-1])
