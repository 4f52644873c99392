"""What a member tells the shop, agrees to, corrects, and takes along."""

import json

import pytest
from django.test import Client

from loyalty.core.tenancy.scope import acting_for
from members.models import Consent
from members.queries.directory import row
from members.queries.preferences import asked_of
from tests.cast import MARA
from tests.web.portal.conftest import Portal, programme, signs_in, text

pytestmark = pytest.mark.django_db


ANA = "ana@example.com"
ROAST = {"questions": [{"id": "roast", "name": {"en": "Which roast?"}, "answers": "one",
                        "options": [{"id": "dark", "name": {"en": "Dark"}}, {"id": "light", "name": {"en": "Light"}}]},
                       {"id": "likes", "name": {"en": "What else?"},
                        "options": [{"id": "tea", "name": {"en": "Tea"}}]}]}  # fmt: skip


def test_the_shops_questions_are_answered_and_taken_back(portal: Portal, ana: Client):
    programme(portal, questions=ROAST)
    assert "Which roast?" in text(ana, portal, "choices/")
    ana.post(portal.url("choices/"), {"roast": "dark", "likes": ["tea"]})
    with acting_for(portal.merchant, by=MARA):
        assert [one.chosen for one in asked_of(portal.member(ANA).pk)] == [("dark",), ("tea",)]
    assert ana.post(portal.url("choices/"), {"roast": "burnt"}).status_code == 422
    data = json.loads(ana.post(portal.url("profile/export/")).content)
    assert [row["chosen"] for row in data["preferences"]] == [["tea"], ["dark"]]
    ana.post(portal.url("choices/"), {"roast": ""})
    with acting_for(portal.merchant, by=MARA):
        assert [one.chosen for one in asked_of(portal.member(ANA).pk)] == [(), ()]


def test_after_the_first_points_one_is_asked_once_and_may_say_no(portal: Portal, ben: Client):
    assert ben.get(portal.url("card/")).context["welcome"] is None, "his name is known"
    portal.at_the_till("eve@example.com")
    eve = Client()
    signs_in(eve, portal, "eve@example.com")
    assert eve.get(portal.url("card/")).context["welcome"] is None, "nothing has been earned yet"
    portal.earns("eve@example.com", 10)
    assert "Make it yours" in text(eve, portal, "card/")
    eve.post(portal.url("welcome/"), {"later": "1"})
    assert eve.get(portal.url("card/")).context["welcome"] is None


def test_what_is_told_then_is_kept_with_the_consent(portal: Portal):
    portal.at_the_till("eve@example.com")
    eve = Client()
    signs_in(eve, portal, "eve@example.com")
    portal.earns("eve@example.com", 10)
    eve.post(portal.url("welcome/"), {"given_name": "Eve", "birthday": "1990-02-03", "news_by_email": "on"})
    with acting_for(portal.merchant, by=MARA):
        found = row(portal.member("eve@example.com"))
        assert found.profile and (found.profile.given_name, found.profile.news_by_email) == ("Eve", True)
        assert [(one.purpose, one.given, one.source) for one in Consent.objects.all()] == [
            ("news_by_email", True, "portal")
        ]


def test_every_yes_and_no_is_noted_and_shown(portal: Portal, ana: Client):
    for news in ({"news_by_email": "on"}, {"news_by_email": "on"}, {}):
        ana.post(portal.url("profile/"), {"given_name": "Ana", **news})
    page = ana.get(portal.url("profile/data/"))
    assert [one["given"] for one in page.context["consents"]] == [False, True]
    assert "on these pages" in page.content.decode()


def test_a_phone_number_is_told_corrected_and_taken_back(portal: Portal, ana: Client, ben: Client):
    ana.post(portal.url("profile/"), {"phone": "070-123 45 67"})
    assert ana.get(portal.url("profile/")).context["identities"]["phone"] == "+46701234567"
    assert ben.post(portal.url("profile/"), {"phone": "+46701234567"}).status_code == 422
    ana.post(portal.url("profile/"), {"phone": "+46701234567", "news_by_sms": "on"})
    ana.post(portal.url("profile/"), {"phone": ""})
    with acting_for(portal.merchant, by=MARA):
        found = row(portal.member(ANA))
        assert "phone" not in found.identities
        assert found.profile and not found.profile.news_by_sms
