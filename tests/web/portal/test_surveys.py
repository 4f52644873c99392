"""A survey on a member's card, by the link in a mail, and what looking at it does: nothing."""

from typing import Any

import pytest
from django.test import Client

from campaigns.models import Survey, SurveyAnswer
from campaigns.queries.surveys import reading
from loyalty.core import clock, ids
from loyalty.core.tenancy.scope import acting_for
from tests.campaigns.surveys.asking import THANKS, asked
from tests.cast import MARA, ONE_POINT_PER_KRONA
from tests.web.portal.conftest import Portal, programme, text

NINE = {"q-recommend": "9", "shown": ["recommend", "likes", "visit"]}


@pytest.fixture
def row(portal: Portal) -> Survey:
    """A survey that is open, rewarded with 25 beans."""
    programme(portal, ONE_POINT_PER_KRONA, THANKS)
    with acting_for(portal.merchant, by=MARA):
        return asked(at=clock.now())


def answers(portal: Portal) -> list[SurveyAnswer]:
    with acting_for(portal.merchant, by=MARA):
        return list(SurveyAnswer.objects.order_by("id"))


def own_link(portal: Portal, row: Survey) -> str:
    """Ana's own."""
    member = portal.member("ana@example.com").pk
    with acting_for(portal.merchant, by=MARA):
        return portal.url(f"s/{reading.token(member=member, survey=row.pk)}/")


def test_the_card_asks_and_the_answer_is_rewarded(portal: Portal, ana: Client, row: Survey):
    where = f"surveys/{ids.encode('srv', row.pk)}/"
    card = text(ana, portal, "card/")
    assert portal.url(where) in card and "You get 25" in card
    page = text(ana, portal, where)
    assert "Would you recommend us?" in page and "What do you like?" not in page
    before = portal.points("ana@example.com")
    answer = ana.post(portal.url(where), {**NINE, "q-likes": ["coffee", "people"]})
    assert answer.status_code == 303
    thanks = text(ana, portal, where)
    assert "Thanks, we read every one." in thanks and "+25" in thanks
    assert portal.points("ana@example.com") == before + 25
    assert ana.post(portal.url(where), NINE).status_code == 200, "sent again, it says thank you"
    assert len(answers(portal)) == 1 and portal.points("ana@example.com") == before + 25
    assert portal.url(where) not in text(ana, portal, "card/")


def test_what_follows_is_asked_at_once_or_on_the_next_page(portal: Portal, ana: Client, row: Survey):
    where = portal.url(f"surveys/{ids.encode('srv', row.pk)}/")
    looked = ana.post(where, {"q-recommend": "4", "look": "1"}, headers={"HX-Request": "true"})
    assert b"What should we do better?" in looked.content and b"<html" not in looked.content
    plain = ana.post(where, {"q-recommend": "4", "shown": ["recommend", "visit"]})
    assert plain.status_code == 200 and b"What should we do better?" in plain.content
    assert answers(portal) == [], "it was asked for more before it was taken"
    sent = {"q-recommend": "4", "q-why": "Slow", "shown": ["recommend", "why", "visit"]}
    assert ana.post(where, sent).status_code == 303
    assert answers(portal)[0].score == 4


def test_looking_records_nothing_and_fills_in_the_number(portal: Portal, ana: Client, row: Survey):
    where = own_link(portal, row)
    stranger = Client()
    for method in (stranger.get, stranger.head):
        assert method(where, {"by": "email", "q-recommend": "2"}).status_code == 200
    page = stranger.get(where, {"by": "email", "q-recommend": "2", "q-why": "scanner"}).content.decode()
    assert 'value="2" checked' in page and "What should we do better?" in page
    assert "scanner" not in page, "what is written stands in no address"
    assert answers(portal) == []
    assert 'value="2" checked' not in stranger.get(where, {"q-recommend": "99"}).content.decode()


def test_the_link_answers_as_its_holder_without_signing_in(portal: Portal, ana: Client, row: Survey):
    where = own_link(portal, row)
    stranger = Client()
    assert stranger.post(f"{where}?by=email", NINE).status_code == 303
    made = answers(portal)[0]
    assert (made.member_id, made.came_by) == (portal.member("ana@example.com").pk, "email")
    assert "Thanks, we read every one." in stranger.get(where).content.decode()
    assert stranger.post(where, {**NINE, "q-recommend": "1"}).status_code == 200
    assert len(answers(portal)) == 1
    assert stranger.get(portal.url("profile/")).status_code == 303, "it opens nothing else"


def test_a_link_that_was_never_given_out_leads_nowhere(
    portal: Portal, ottos: Portal, ana: Client, row: Survey
):
    good = own_link(portal, row)
    token = good.rstrip("/").rpartition("/")[2]
    other = "B" if token[-1] == "A" else "A"
    for bad in (token[:-1] + other, "x", token.swapcase()):
        assert Client().get(portal.url(f"s/{bad}/")).status_code == 404
    assert Client().get(ottos.url(f"s/{token}/")).status_code == 404
    assert Client().post(ottos.url(f"s/{token}/"), NINE).status_code == 404
    assert answers(portal) == []


@pytest.mark.parametrize("sent", [
    {"shown": ["recommend", "visit"]},
    {"q-recommend": "eleven", "shown": ["recommend", "visit"]},
    {"q-recommend": "8", "q-visit": "9", "shown": ["recommend", "visit"]},
])  # fmt: skip
def test_what_is_missing_is_said_beside_the_question(
    portal: Portal, ana: Client, row: Survey, sent: dict[str, Any]
):
    answer = ana.post(portal.url(f"surveys/{ids.encode('srv', row.pk)}/"), sent)
    assert answer.status_code == 422 and b"survey__question--bad" in answer.content
    assert answers(portal) == []


def test_a_visitor_is_led_to_the_front_page(portal: Portal, phone: Client, row: Survey):
    answer = phone.get(portal.url(f"surveys/{ids.encode('srv', row.pk)}/"))
    assert answer.status_code == 303 and answer["Location"] == portal.url("")
