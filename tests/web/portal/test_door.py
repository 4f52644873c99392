"""Joining, proving and signing in: a card at once, its use only for whoever reads its mail."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client

from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.portal.entrance import JOINS_AN_HOUR
from tests.cast import shop
from tests.web.portal.conftest import Portal, mailed_code, signs_in

pytestmark = pytest.mark.django_db
EVE = "eve@example.com"


def joins(phone: Client, portal: Portal, email: str = EVE, **fields: str):
    return phone.post(portal.url("join/"), {"email": email, **fields})


def test_the_front_page_says_how_it_works_from_the_live_rules(portal: Portal, phone: Client):
    page = phone.get(portal.url()).content.decode()
    assert "Luna Club" in page
    assert "The tenth coffee is on us" in page
    assert "1\u00a0bean for every SEK\u00a01." in page
    assert "Free coffee takes 100\u00a0beans: SEK\u00a0100 of purchases." in page
    assert "Beans never expire." in page


def test_one_field_gives_a_card_at_once_and_sends_the_code(portal: Portal, phone: Client):
    answer = joins(phone, portal)
    assert answer.headers["Location"] == portal.url("card/")
    page = phone.get(portal.url("card/"))
    assert page.status_code == 200
    assert "Type the code from your e-mail" in page.content.decode()
    assert [message.to for message in mail.outbox] == [[EVE]]
    assert mail.outbox[0].subject.endswith("Your code for Luna Club")
    assert portal.member(EVE).user_id is None


def test_the_mail_with_the_code_wears_the_shops_colour_and_says_the_same_twice(portal: Portal, phone: Client):
    with acting_for(portal.merchant, by=portal.by):
        assert Merchant.objects.filter(pk=portal.merchant.pk).update(brand_colour="#7a1f3d") == 1
    joins(phone, portal)
    sent = mail.outbox[0]
    assert isinstance(sent, mail.EmailMultiAlternatives)
    (html, kind), *others = sent.alternatives
    assert (kind, others) == ("text/html", [])
    assert f">{mailed_code(EVE)}</p>" in str(html)
    assert "background-color:#7a1f3d" in str(html) and "Luna Club" in str(html)
    assert not re.search(r"https?://|src=|url\(", str(html)), "nothing in it is fetched"


def test_an_unproven_card_earns_but_neither_takes_nor_tells(portal: Portal, phone: Client):
    joins(phone, portal)
    portal.earns(EVE, 250)
    assert "250" in phone.get(portal.url("card/")).content.decode()
    for path in ("codes/rdm_0/", "profile/erase/"):
        assert phone.get(portal.url(path)).headers["Location"] == portal.url("prove/")
    for path in (
        f"rewards/{portal.reward_url(portal.coffee).split('/')[3]}/redeem/",
        "profile/export/",
        "profile/erase/",
    ):
        answer = phone.post(portal.url(path), {"form_key": "a" * 32, "word": "ERASE"})
        assert answer.headers["Location"] == portal.url("prove/"), path
    assert portal.taken(EVE) == []
    activity = phone.get(portal.url("activity/")).content.decode()
    assert "Purchase" not in activity
    assert "Purchase" not in phone.get(portal.url("card/")).content.decode()
    profile = phone.get(portal.url("profile/")).content.decode()
    assert 'name="given_name"' not in profile
    assert EVE not in profile


def test_an_unproven_card_cannot_be_edited(portal: Portal, phone: Client):
    joins(phone, portal)
    phone.post(portal.url("profile/"), {"given_name": "Mallory"})
    assert signs_in(phone, portal, EVE).headers["Location"] == portal.url("card/")
    assert "Mallory" not in phone.get(portal.url("profile/")).content.decode()


def test_the_mailed_code_proves_the_card(portal: Portal, phone: Client):
    joins(phone, portal)
    answer = phone.post(portal.url("sign-in/code/"), {"code": mailed_code(EVE)})
    assert answer.headers["Location"] == portal.url("card/")
    page = phone.get(portal.url("card/")).content.decode()
    assert "Type the code" not in page
    assert portal.member(EVE).user_id == get_user_model().objects.get(email=EVE).pk


def test_consent_is_a_choice_and_is_kept(portal: Portal, phone: Client):
    joins(phone, portal, news="on")
    signs_in(phone, portal, EVE)
    assert phone.get(portal.url("profile/")).context["form"].initial["news_by_email"] is True


def test_a_known_address_gets_a_code_and_never_the_card(portal: Portal, phone: Client):
    portal.at_the_till(EVE, given_name="Evelyn")
    answer = joins(phone, portal)
    assert answer.headers["Location"] == portal.url("sign-in/code/")
    assert phone.get(portal.url("card/")).headers["Location"] == portal.url()
    assert phone.post(portal.url("sign-in/code/"), {"code": "0000-0000"}).status_code == 422
    phone.post(portal.url("sign-in/code/"), {"code": mailed_code(EVE)})
    assert "Evelyn" in phone.get(portal.url("card/")).content.decode()


def test_who_joined_with_a_strangers_address_loses_the_card_to_them(portal: Portal, phone: Client):
    joins(phone, portal)
    hers = Client()
    signs_in(hers, portal, EVE)
    assert hers.get(portal.url("card/")).status_code == 200
    assert phone.get(portal.url("card/")).headers["Location"] == portal.url()


def test_three_wrong_codes_end_it_and_the_right_one_is_then_wrong(portal: Portal, phone: Client):
    joins(phone, portal)
    code = mailed_code(EVE)
    for _attempt in range(2):
        assert phone.post(portal.url("sign-in/code/"), {"code": "0000-0000"}).status_code == 422
    assert phone.post(portal.url("sign-in/code/"), {"code": "0000-0000"}).headers["Location"] == portal.url(
        "prove/"
    )
    assert phone.post(portal.url("sign-in/code/"), {"code": code}).headers["Location"] == portal.url("prove/")
    assert portal.member(EVE).user_id is None


def test_a_code_is_good_only_in_the_browser_that_asked(portal: Portal, phone: Client):
    joins(phone, portal)
    answer = Client().post(portal.url("sign-in/code/"), {"code": mailed_code(EVE)})
    assert answer.headers["Location"] == portal.url("sign-in/")


def test_the_session_gets_a_new_name_when_a_card_is_made(portal: Portal, phone: Client):
    session = phone.session
    session["planted"] = "yes"
    session.save()
    before = session.session_key
    phone.cookies["sessionid"] = before
    joins(phone, portal)
    assert phone.cookies["sessionid"].value != before


def test_a_person_of_another_shop_is_offered_to_join_and_sees_nothing(
    portal: Portal, ottos: Portal, ana: Client
):
    assert ana.get(ottos.url("card/")).headers["Location"] == ottos.url()
    front = ana.get(ottos.url()).content.decode()
    assert "ana@example.com" in front
    assert 'name="email"' not in front
    ana.post(ottos.url("join/"))
    page = ana.get(ottos.url("card/")).content.decode()
    assert "Type the code" not in page
    assert not re.search(r"\b150\b", page)
    assert ottos.points("ana@example.com") == 0
    assert portal.points("ana@example.com") == 150


def test_joins_from_one_address_end_somewhere(portal: Portal):
    for number in range(JOINS_AN_HOUR):
        assert joins(Client(), portal, f"m{number}@example.com").status_code == 303
    answer = joins(Client(), portal, "one-more@example.com")
    assert answer.status_code == 429
    assert "Try again in an hour" in answer.content.decode()


def test_codes_for_one_address_end_somewhere(portal: Portal, phone: Client):
    portal.at_the_till(EVE)
    answers = [phone.post(portal.url("sign-in/"), {"email": EVE}).status_code for _try in range(5)]
    assert answers == [303, 303, 303, 429, 429]
    assert len(mail.outbox) == 3


def test_an_unknown_address_looks_the_same_and_leads_nowhere(portal: Portal, phone: Client):
    answer = phone.post(portal.url("sign-in/"), {"email": "nobody@example.com"})
    assert answer.headers["Location"] == portal.url("sign-in/code/")
    assert not get_user_model().objects.filter(email="nobody@example.com").exists()
    (told,) = mail.outbox
    assert "Luna Club as nobody@example.com, but no card has this address" in told.body
    assert f"http://testserver{portal.url()}" in told.body
    assert phone.post(portal.url("sign-in/code/"), {"code": ""}).status_code == 422


@pytest.mark.parametrize("email", ["", "no", "a@b", "x" * 250 + "@example.com", "a\x00@example.com"])
def test_what_is_no_address_comes_back_with_a_word(portal: Portal, phone: Client, email: str):
    for path in ("join/", "sign-in/"):
        assert phone.post(portal.url(path), {"email": email}).status_code == 422
    assert mail.outbox == []


def test_no_programme_no_cards(portal: Portal, phone: Client):
    shop("closed", name="Closed")
    assert "Opening soon" in phone.get("/closed/").content.decode()
    assert phone.post("/closed/join/", {"email": EVE}).status_code == 422


def test_an_unknown_shop_is_not_found_anywhere(portal: Portal, ana: Client):
    for path in ("", "card/", "join/", "sign-in/", "profile/"):
        assert ana.get(f"/nowhere/{path}").status_code == 404
    for reserved in ("m", "api", "accounts", "static", "demo", "w", "pos", "admin"):
        assert ana.get(f"/{reserved}/card/").status_code == 404


def test_an_ended_session_leads_to_the_door(portal: Portal, ana: Client):
    ana.session.flush()
    ana.cookies.clear()
    assert ana.get(portal.url("activity/")).headers["Location"] == portal.url()
    answer = ana.post(portal.reward_url(portal.coffee, "redeem/"), {"form_key": "b" * 32})
    assert answer.headers["Location"] == portal.url()
    assert portal.points("ana@example.com") == 150


def test_signing_out_shows_nothing_any_more(portal: Portal, ana: Client):
    assert ana.post("/accounts/logout/", {"next": portal.url()}).headers["Location"] == portal.url()
    assert ana.get(portal.url("card/")).headers["Location"] == portal.url()


def test_a_device_can_forget_an_unproven_card(portal: Portal, phone: Client):
    joins(phone, portal)
    phone.post(portal.url("leave/"))
    assert phone.get(portal.url("card/")).headers["Location"] == portal.url()


def test_a_person_who_joined_as_somebody_else_can_still_prove_it(portal: Portal, ottos: Portal, ana: Client):
    """Ana made a card for her partner before she signed in: the code goes to the partner, and signs them in."""
    partner = Client()
    joins(partner, ottos, "partner@example.com")
    signs_in(partner, portal, "ana@example.com")
    assert partner.get(ottos.url("card/")).status_code == 200
    assert partner.post(ottos.url("prove/")).headers["Location"] == ottos.url("sign-in/code/")
    partner.post(ottos.url("sign-in/code/"), {"code": mailed_code("partner@example.com")})
    assert partner.get(ottos.url("profile/")).context["identities"]["email"] == "partner@example.com"
    assert partner.get(portal.url("card/")).headers["Location"] == portal.url()


# --- without the cache --------------------------------------------------------------------------------------


def test_joining_and_signing_in_go_on_without_the_cache(portal: Portal, phone: Client, dead_cache: None):
    assert joins(phone, portal).headers["Location"] == portal.url("card/")
    answer = phone.post(portal.url("sign-in/code/"), {"code": mailed_code(EVE)})
    assert answer.headers["Location"] == portal.url("card/")
    other = Client()
    signs_in(other, portal, EVE)
    assert other.get(portal.url("card/")).status_code == 200


def test_limits_are_kept_without_the_cache(portal: Portal, dead_cache: None):
    test_joins_from_one_address_end_somewhere(portal)
    assert any(Client().post(portal.url("sign-in/"), {"email": EVE}).status_code == 429 for _n in range(30))
