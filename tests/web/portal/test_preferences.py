"""A member says what they want to hear: on their card, or by the link in a mail."""

from django.test import Client

from campaigns.operations.preferences import wanted
from campaigns.queries.tokens import token
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA
from tests.web.portal.conftest import Portal


def topics(portal: Portal, email: str) -> dict[str, bool]:
    with acting_for(portal.merchant, by=MARA):
        from members.queries.directory import by_identity

        return dict(wanted(member=by_identity("email", email).pk).topics)


def link(portal: Portal, email: str, topic: str) -> str:
    with acting_for(portal.merchant, by=MARA):
        from members.queries.directory import by_identity

        return portal.url(f"unsubscribe/{token(member=by_identity('email', email).pk, topic=topic)}/")


def test_the_preference_centre_keeps_what_is_ticked(portal: Portal, ana: Client):
    url = portal.url("preferences/")
    assert ana.get(url).status_code == 200
    assert ana.post(url, {"reminders": "on", "newsletter": "on"}).status_code == 303
    assert topics(portal, "ana@example.com") == {
        "programme": False, "reminders": True, "statement": False, "newsletter": True,
    }  # fmt: skip


def test_nobody_sees_the_preference_centre_before_they_prove_their_address(portal: Portal, phone: Client):
    assert phone.get(portal.url("preferences/"))["Location"] == portal.url("")


def test_looking_at_the_link_in_a_mail_changes_nothing(portal: Portal, phone: Client):
    portal.at_the_till("bo@example.com")
    page = phone.get(link(portal, "bo@example.com", "reminders"))
    assert page.status_code == 200 and b"One-Click" in page.content
    assert topics(portal, "bo@example.com")["reminders"]


def test_one_click_stops_one_topic_without_cookies_or_signing_in(portal: Portal):
    portal.at_the_till("bo@example.com")
    robot = Client(enforce_csrf_checks=True)
    url = link(portal, "bo@example.com", "reminders")
    body, kind = "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    for _again in range(2):
        assert robot.post(url, body, content_type=kind).status_code == 200
    now = topics(portal, "bo@example.com")
    assert not now["reminders"] and now["programme"] and now["statement"]


def test_a_link_of_another_shop_or_of_nobody_does_nothing(portal: Portal, ottos: Portal, phone: Client):
    portal.at_the_till("bo@example.com")
    url = link(portal, "bo@example.com", "reminders")
    assert phone.post(url.replace("/luna/", "/ottos/")).status_code == 404
    assert phone.post(url[:-3] + "x/").status_code == 404
    assert phone.get(portal.url("unsubscribe/x/")).status_code == 404
    assert topics(portal, "bo@example.com")["reminders"]


def test_what_is_about_ones_own_account_has_no_such_link(portal: Portal, phone: Client):
    portal.at_the_till("bo@example.com")
    assert phone.post(link(portal, "bo@example.com", "account")).status_code == 404
