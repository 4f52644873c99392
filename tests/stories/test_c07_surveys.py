"""C7: a shop asks its members, by mail and on their cards; they answer once and are rewarded once; somebody unhappy is
called back; and the score that the shop reads is the one that its answers make. All of it through the faces."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from campaigns import tasks
from loyalty.core import clock
from loyalty.core.events.tasks import dispatch_waiting
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from tests.api.caller import Caller, key_for
from tests.campaigns.hand import go_out
from tests.campaigns.surveys.asking import CONTENT, THANKS
from tests.cast import MARA, ONE_POINT_PER_KRONA, days, publish, shop

pytestmark = pytest.mark.django_db
PEOPLE = {"ana": 9, "ben": 10, "cleo": 4, "dan": 7}


@pytest.fixture(autouse=True)
def _plain_files(settings: Any) -> None:
    """Static files as they lie: nothing is collected for a test."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def cafe_luna() -> Merchant:
    merchant = shop()
    with acting_for(merchant, by=MARA):
        publish(ONE_POINT_PER_KRONA, THANKS, at=clock.now() - days(1))
    return merchant


def test_a_survey_from_the_first_question_to_the_call_back(cafe_luna: Merchant):
    call = Caller(key_for(cafe_luna))
    members = {}
    for name in PEOPLE:
        body = {"external_id": name, "email": f"{name}@example.com", "news_by_email": name != "dan"}
        members[name] = call.post("members", body).json()["id"]

    survey = call.post("surveys", {"name": "How was it", "content": CONTENT}).json()
    assert call.post(f"surveys/{survey['id']}/send").json()["code"] == "survey_not_open"
    assert call.post(f"surveys/{survey['id']}/open").json()["state"] == "open"
    assert call.post(f"surveys/{survey['id']}/send").status_code == 200
    tasks.plan_surveys()
    mail.outbox.clear()
    go_out(at=(clock.now() + days(1)).replace(hour=12))
    asked = {one.to[0]: one for one in mail.outbox if "q-recommend=0" in one.body}
    assert set(asked) == {"ana@example.com", "ben@example.com", "cleo@example.com"}, "Dan wants no news"

    for name, sent in ((one, asked[f"{one}@example.com"]) for one in ("ana", "ben", "cleo")):
        url = re.findall(rf"\S+q-recommend={PEOPLE[name]}$", sent.body, flags=re.MULTILINE)[0]
        where, phone = "/" + url.split("/", 3)[3], Client()
        assert f'value="{PEOPLE[name]}" checked' in phone.get(where).content.decode()
        given = {"q-recommend": PEOPLE[name], "shown": ["recommend", "why", "likes", "visit"]}
        if name == "cleo":
            given["q-why"] = "Nobody said hello"
        assert phone.post(where, given).status_code == 303
        assert "Thanks, we read every one." in phone.get(where).content.decode()
    given = {"member": members["dan"], "answers": {"recommend": PEOPLE["dan"], "visit": 4}}
    assert call.post(f"surveys/{survey['id']}/answers", given).json()["points"] == 25
    assert call.post(f"surveys/{survey['id']}/answers", given).json()["code"] == "already_answered"

    for name in PEOPLE:
        (balance,) = call.get(f"members/{members[name]}/balances").json()["balances"]
        assert balance["available"] == 25, "once each"
    (waiting,) = call.get("survey-follow-ups").json()["data"]
    assert (waiting["member"], waiting["score"]) == (members["cleo"], 4)
    done = {"state": "done", "note": "Called her, and she will come again."}
    assert call("PATCH", f"survey-follow-ups/{waiting['id']}", done).json()["state"] == "done"
    assert call.get("survey-follow-ups").json()["data"] == []

    told = call.get(f"surveys/{survey['id']}/results").json()
    assert told["nps"]["score"] == pytest.approx(100 * (2 - 1) / 4)
    assert told["nps"]["few"] and told["nps"]["low"] < 25 < told["nps"]["high"]
    answers = call.get(f"surveys/{survey['id']}/answers").json()["data"]
    assert {one["member"]: one["answers"].get("why") for one in answers}[
        members["cleo"]
    ] == "Nobody said hello"
    dispatch_waiting()
    with acting_for(cafe_luna, by=MARA):
        assert verify() == []
