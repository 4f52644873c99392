"""Ways to a card of one's own: by phone number, and by the code of a card that was made at the till."""

import pytest
from django.core import mail
from django.test import Client

from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.portal.claiming import TRIES_AN_HOUR
from members.models import Consent, Member
from members.operations.membership import join
from members.queries.directory import by_identity, row
from tests.cast import AT, MARA
from tests.web.portal.conftest import CODE, Portal, mailed_code, signs_in

pytestmark = pytest.mark.django_db
EVE, PHONE = "eve@example.com", "+46701234567"


def made_at_the_till(portal: Portal, **identities: str) -> str:
    """The code of a card that staff made for somebody."""
    with acting_for(portal.merchant, by=MARA):
        return row(join(at=AT, identities=identities, channel="till").member).identities["card"]


def claims(browser: Client, portal: Portal, **typed: str):
    return browser.post(portal.url("claim/"), typed)


def owner_of(portal: Portal, kind: str, value: str) -> Member:
    with acting_for(portal.merchant, by=MARA):
        return by_identity(kind, value)


def test_a_phone_number_is_enough_for_a_card(portal: Portal, phone: Client):
    answer = phone.post(portal.url("join/"), {"email": "070-123 45 67"})
    assert answer.headers["Location"] == portal.url("card/")
    page = phone.get(portal.url("card/")).content.decode()
    assert "Add an e-mail address to use what you collect." in page
    assert owner_of(portal, "phone", PHONE).user_id is None
    assert mail.outbox == []


def test_a_card_by_phone_is_used_once_an_address_is_proven(portal: Portal, phone: Client):
    phone.post(portal.url("join/"), {"email": PHONE})
    answer = phone.post(portal.url("prove/"), {"email": EVE})
    assert answer.headers["Location"] == portal.url("sign-in/code/")
    with acting_for(portal.merchant, by=MARA):
        assert "email" not in row(by_identity("phone", PHONE)).identities, (
            "an address is nobody's before its proof"
        )
    phone.post(portal.url("sign-in/code/"), {"code": mailed_code(EVE)})
    assert "Add an e-mail" not in phone.get(portal.url("card/")).content.decode()
    assert owner_of(portal, "email", EVE).pk == owner_of(portal, "phone", PHONE).pk


def test_an_address_of_another_card_is_not_taken(portal: Portal, phone: Client):
    portal.at_the_till(EVE)
    phone.post(portal.url("join/"), {"email": PHONE})
    answer = phone.post(portal.url("prove/"), {"email": EVE})
    assert answer.status_code == 422
    assert "Another card has this address" in answer.content.decode()
    assert mail.outbox == []


def test_a_number_that_has_a_card_opens_nothing(portal: Portal, phone: Client):
    made_at_the_till(portal, phone=PHONE)
    answer = phone.post(portal.url("join/"), {"email": PHONE})
    assert answer.status_code == 422
    assert "This number has a card already" in answer.content.decode()
    assert phone.get(portal.url("card/")).headers["Location"] == portal.url()


def test_news_by_phone_is_agreed_to_for_messages_and_noted(portal: Portal, phone: Client):
    phone.post(portal.url("join/"), {"email": PHONE, "news": "on"})
    with acting_for(portal.merchant, by=MARA):
        agreed = Consent.objects.get()
        assert (agreed.purpose, agreed.given, agreed.source) == ("news_by_sms", True, "portal")
        assert agreed.proof == "Send me news and offers"


@pytest.mark.parametrize("typed", ["hello", "12", "+46", "0" * 60, "\x00", " "])
def test_what_is_neither_an_address_nor_a_number_comes_back(portal: Portal, phone: Client, typed: str):
    assert phone.post(portal.url("join/"), {"email": typed}).status_code == 422
    with acting_for(portal.merchant, by=MARA):
        assert not Member.objects.exists()


# --- cards from the till -------------------------------------------------------------------------------------


def test_a_card_from_the_till_becomes_ones_own_by_its_code(portal: Portal, phone: Client):
    code = made_at_the_till(portal, external="4711")
    with acting_for(portal.merchant, by=MARA):
        member = by_identity("card", code)
    answer = claims(phone, portal, card=f"{code[:4]}-{code[4:8]}-{code[8:]}".lower(), email=EVE)
    assert answer.headers["Location"] == portal.url("sign-in/code/")
    assert phone.get(portal.url("card/")).headers["Location"] == portal.url(), "the code alone shows nothing"
    phone.post(portal.url("sign-in/code/"), {"code": mailed_code(EVE)})
    assert phone.get(portal.url("card/")).status_code == 200
    assert owner_of(portal, "email", EVE).pk == member.pk
    portal.earns(EVE, 150)
    assert "Free coffee" in phone.get(portal.url("card/")).content.decode()
    with acting_for(portal.merchant, by=MARA):
        assert verify() == []


def test_who_gave_a_number_must_know_it(portal: Portal, phone: Client):
    code = made_at_the_till(portal, phone=PHONE)
    assert claims(phone, portal, card=code, email=EVE, phone="070-999 99 99").status_code == 422
    answer = claims(phone, portal, card=code, email=EVE, phone="070 123 45 67")
    assert answer.headers["Location"] == portal.url("sign-in/code/")


def test_a_card_with_an_address_is_opened_by_that_address_alone(portal: Portal, phone: Client):
    code = made_at_the_till(portal, email="ana@example.com")
    assert claims(phone, portal, card=code, email=EVE).status_code == 422
    assert mail.outbox == []
    claims(phone, portal, card=code, email="ana@example.com")
    phone.post(portal.url("sign-in/code/"), {"code": mailed_code("ana@example.com")})
    assert phone.get(portal.url("profile/")).context["identities"]["email"] == "ana@example.com"


def test_a_card_that_somebody_has_claimed_is_nobody_elses(portal: Portal, ana: Client, phone: Client):
    with acting_for(portal.merchant, by=MARA):
        code = row(by_identity("email", "ana@example.com")).identities["card"]
    thief = Client()
    assert claims(thief, portal, card=code, email=EVE).status_code == 422
    assert claims(thief, portal, card=code, email="ana@example.com").status_code == 422
    assert thief.get(portal.url("card/")).headers["Location"] == portal.url()


def test_every_refusal_sounds_the_same(portal: Portal, phone: Client):
    known = made_at_the_till(portal, email="ana@example.com")
    said = {
        claims(phone, portal, card=code, email=EVE).context["form"].non_field_errors()[0]
        for code in (known, "2222-2222-2222", "?", "x" * 40)
    }
    assert len(said) == 1


def test_tries_from_one_address_end_somewhere(portal: Portal):
    answers = [
        claims(Client(), portal, card="2222-2222-2222", email=EVE).status_code
        for _try in range(TRIES_AN_HOUR + 1)
    ]
    assert answers == [422] * TRIES_AN_HOUR + [429]


def test_a_claim_waits_for_its_own_address(portal: Portal, phone: Client):
    """Somebody types a stranger's card and proves another address: the card stays where it is."""
    code = made_at_the_till(portal, external="4711")
    portal.at_the_till("ben@example.com")
    claims(phone, portal, card=code, email=EVE)
    signs_in(phone, portal, "ben@example.com")
    assert phone.get(portal.url("profile/")).context["identities"]["email"] == "ben@example.com"
    with acting_for(portal.merchant, by=MARA):
        assert by_identity("card", code).user_id is None


# --- another address -----------------------------------------------------------------------------------------


def test_another_address_is_mine_once_it_is_proven(portal: Portal, ana: Client):
    member = owner_of(portal, "email", "ana@example.com").pk
    ana.post(portal.url("profile/email/"), {"email": "anna@example.com"})
    assert owner_of(portal, "email", "ana@example.com").pk == member, "until then the old one is"
    ana.post(portal.url("sign-in/code/"), {"code": mailed_code("anna@example.com")})
    assert ana.get(portal.url("profile/")).context["identities"]["email"] == "anna@example.com"
    assert owner_of(portal, "email", "anna@example.com").pk == member
    assert portal.points("anna@example.com") == 150
    old = Client()
    old.post(portal.url("sign-in/"), {"email": "ana@example.com"})
    assert not CODE.search(mail.outbox[-1].body)  # the account of the old address went with it
    assert old.get(portal.url("card/")).headers["Location"] == portal.url()


def test_an_address_that_has_a_card_is_not_mine_to_take(portal: Portal, ana: Client):
    portal.at_the_till(EVE)
    mail.outbox.clear()
    answer = ana.post(portal.url("profile/email/"), {"email": EVE})
    assert (answer.status_code, mail.outbox) == (422, [])
    assert ana.get(portal.url("card/")).status_code == 200


def test_nobody_changes_the_address_of_a_card_they_have_not_proven(portal: Portal, phone: Client):
    phone.post(portal.url("join/"), {"email": EVE})
    answer = phone.post(portal.url("profile/email/"), {"email": "mallory@example.com"})
    assert answer.headers["Location"] == portal.url()
