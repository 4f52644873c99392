"""Tills in the dashboard: making one, its code, stopping it, and everybody's PIN."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from loyalty.core.tenancy.scope import acting_for
from loyalty.core.tills import queries
from loyalty.core.tills.models import Pin, Till
from tests.cast import MARA
from tests.web.office.conftest import Luna, browser_of

CODE = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}")
COUNTER = {"name": "Counter", "location": "main", "idle_minutes": "5"}


def made(lunas: Luna, owner: Client) -> tuple[Till, str]:
    """A till by the form, and the code that the answer shows."""
    answer = owner.post(lunas.url("settings/tills/new/"), COUNTER)
    assert answer.status_code == 200
    with acting_for(lunas.merchant, by=MARA):
        return Till.objects.latest("id"), CODE.findall(answer.content.decode())[0]


def test_a_till_is_made_and_its_code_stands_there_once(lunas: Luna, owner: Client):
    assert "No tills yet" in owner.get(lunas.url("settings/tills/")).content.decode()
    till, code = made(lunas, owner)
    page = owner.get(lunas.url("settings/tills/")).content.decode()
    assert "Waits for its device" in page and code not in page
    assert Client().post("/pos/pair/", {"code": code}).status_code == 303
    assert "Paired" in owner.get(lunas.url("settings/tills/")).content.decode()
    assert till.name == "Counter"


def test_the_same_form_sent_again_makes_no_second_till_and_shows_no_code(lunas: Luna, owner: Client):
    sent = {**COUNTER, "form_key": "abc"}
    owner.post(lunas.url("settings/tills/new/"), sent)
    again = owner.post(lunas.url("settings/tills/new/"), sent)
    assert (again.status_code, again["Location"]) == (303, lunas.url("settings/tills/"))
    with acting_for(lunas.merchant, by=MARA):
        assert Till.objects.count() == 1


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"location": "moon"}, {"idle_minutes": "0"}, {"idle_minutes": "x"}]
)
def test_a_till_that_makes_no_sense_comes_back(lunas: Luna, owner: Client, wrong: dict[str, str]):
    answer = owner.post(lunas.url("settings/tills/new/"), {**COUNTER, **wrong})
    assert answer.status_code == 422
    with acting_for(lunas.merchant, by=MARA):
        assert Till.objects.count() == 0


def test_it_is_renamed_gets_another_code_and_is_stopped(lunas: Luna, owner: Client):
    till, code = made(lunas, owner)
    about = lunas.url(f"settings/tills/{till.pk}/")
    assert owner.post(about, {**COUNTER, "name": "Bar"})["Location"] == lunas.url("settings/tills/")
    fresh = CODE.findall(owner.post(f"{about}code/").content.decode())[0]
    assert Client().post("/pos/pair/", {"code": code}).status_code == 422
    device = Client()
    device.post("/pos/pair/", {"code": fresh})
    assert "The device can do nothing more" in owner.get(f"{about}stop/").content.decode()
    assert device.get("/pos/")["Location"] == "/pos/lock/"
    assert owner.post(f"{about}stop/").status_code == 303
    assert device.get("/pos/")["Location"] == "/pos/pair/"
    assert owner.get(about).status_code == 404
    assert "Stopped" in owner.get(lunas.url("settings/tills/")).content.decode()


def test_everybody_sets_their_own_pin_and_the_owner_anybodys(lunas: Luna, owner: Client):
    cashier = browser_of(lunas, "cashier")
    assert cashier.post(lunas.url("till/"), {"pin": "2580", "again": "2580"}).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        assert queries.has_pin(lunas.staff["cashier"].pk)
        assert Pin.objects.get().set_by == f"staff:{lunas.staff['cashier'].pk}"
    manager = lunas.url(f"settings/pins/{lunas.staff['manager'].pk}/")
    assert owner.post(manager, {"pin": "1379", "again": "1379"})["Location"] == lunas.url("settings/tills/")
    assert cashier.post(manager, {"pin": "1379", "again": "1379"}).status_code == 403
    analyst = lunas.url(f"settings/pins/{lunas.staff['analyst'].pk}/")
    assert owner.get(analyst).status_code == 404, "who may not use tills needs none"


@pytest.mark.parametrize(("pin", "again"), [("1234", "1234"), ("2580", "2581"), ("25", "25"), ("", "")])
def test_a_pin_that_is_none_comes_back(lunas: Luna, owner: Client, pin: str, again: str):
    answer = owner.post(lunas.url("till/"), {"pin": pin, "again": again})
    assert answer.status_code == 422 and f'value="{pin or "-"}"' not in answer.content.decode()
    with acting_for(lunas.merchant, by=MARA):
        assert Pin.objects.count() == 0


def test_another_shops_tills_and_people_are_not_here(lunas: Luna, ottos: Luna, owner: Client):
    theirs, _code = made(ottos, browser_of(ottos, "owner"))
    for path in (f"settings/tills/{theirs.pk}/", f"settings/tills/{theirs.pk}/stop/"):
        assert owner.get(lunas.url(path)).status_code == 404
        assert owner.post(lunas.url(path), COUNTER).status_code == 404
    assert owner.post(lunas.url(f"settings/tills/{theirs.pk}/code/")).status_code == 404
    pin = lunas.url(f"settings/pins/{ottos.staff['cashier'].pk}/")
    assert owner.post(pin, {"pin": "2580", "again": "2580"}).status_code == 404
    assert get_user_model().objects.filter(email="cashier@ottos.example").exists()
    with acting_for(ottos.merchant, by=MARA):
        assert queries.till(theirs.pk).name == "Counter" and not Pin.objects.exists()
