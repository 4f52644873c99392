"""Members' links: a click is counted once, leads to where people join, and the code comes along."""

import pytest
from django.test import Client

from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from members.models import Referral, ReferralClicks, ReferralCode, ReferralVisit
from members.operations.inviting import code_of
from tests.cast import MARA, publish
from tests.web.portal.conftest import Portal

pytestmark = pytest.mark.django_db
PHONE = {"User-Agent": "Mozilla/5.0 (iPhone)"}


@pytest.fixture
def code(portal: Portal) -> str:
    """Ana's code, in a shop that rewards bringing friends."""
    ana = portal.at_the_till("ana@example.com")
    with acting_for(portal.merchant, by=MARA):
        publish(referrals={"on": True})
        return code_of(member=ana.pk, at=clock.now())


def clicks(portal: Portal) -> int:
    with acting_for(portal.merchant, by=MARA):
        return sum(ReferralClicks.objects.values_list("clicks", flat=True))


def friends(portal: Portal) -> list[str]:
    with acting_for(portal.merchant, by=MARA):
        return sorted(Referral.objects.values_list("status", flat=True))


def follows(phone: Client, portal: Portal, code: str, **headers: str):
    return phone.get(portal.url(f"r/{code}/"), headers={**PHONE, **headers})


def test_who_follows_a_link_and_joins_was_brought(portal: Portal, phone: Client, code: str):
    answer = follows(phone, portal, code.lower())
    assert (answer.status_code, answer.headers["Location"], clicks(portal)) == (303, portal.url(), 1)
    follows(phone, portal, code)
    assert clicks(portal) == 1
    assert phone.get(portal.url()).status_code == 200
    assert phone.post(portal.url("join/"), {"email": "eve@example.com"}).headers["Location"] == portal.url(
        "card/"
    )
    assert friends(portal) == ["joined"]
    assert follows(phone, portal, code).headers["Location"] == portal.url("card/")  # they have a card by now


def test_a_link_that_leads_to_nobody_says_nothing_and_lets_in_all_the_same(portal: Portal, phone: Client):
    for nothing in ("AAAAAAAA", "x", "%00", "a" * 300):
        assert follows(phone, portal, nothing).headers["Location"] == portal.url()
    assert not phone.session.keys()
    assert phone.post(portal.url("join/"), {"email": "eve@example.com"}).headers["Location"] == portal.url(
        "card/"
    )
    assert (clicks(portal), friends(portal)) == (0, [])


def test_a_link_that_died_meanwhile_does_not_keep_anybody_out(portal: Portal, phone: Client, code: str):
    follows(phone, portal, code)
    with acting_for(portal.merchant, by=MARA):
        ReferralCode.objects.all().delete()
    assert phone.post(portal.url("join/"), {"email": "eve@example.com"}).headers["Location"] == portal.url(
        "card/"
    )
    assert friends(portal) == []


def test_looks_that_nobody_takes_are_no_clicks(portal: Portal, phone: Client, code: str):
    phone.head(portal.url(f"r/{code}/"), headers=PHONE)
    follows(phone, portal, code, **{"Sec-Purpose": "prefetch;prerender"})
    follows(phone, portal, code, **{"User-Agent": "WhatsApp/2.23.20.0"})
    assert phone.post(portal.url(f"r/{code}/")).status_code == 405
    assert clicks(portal) == 0
    with acting_for(portal.merchant, by=MARA):
        assert not ReferralVisit.objects.exists()
