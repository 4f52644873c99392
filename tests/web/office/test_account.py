"""One's own account: signing in is remembered, second factors are set up and asked for."""

import re
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.test import Client

from loyalty.core.people.queries import sign_ins
from tests.web.office.conftest import Luna, browser_of

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


def code_for(email: str, client: Client) -> str:
    """Ask for a code and read it in the mail."""
    mail.outbox.clear()
    client.post("/accounts/login/code/", {"email": email})
    return re.search(r"^\s*([A-Z0-9]{4}-?[A-Z0-9]{4})\s*$", str(mail.outbox[0].body), re.M)[1]


def typed(client: Client, code: str):
    """Type a code, from a browser on a network."""
    return client.post(
        "/accounts/login/code/confirm/",
        {"code": code},
        headers={"User-Agent": FIREFOX},
        REMOTE_ADDR="198.51.100.77",
    )


def test_a_sign_in_is_remembered_and_shown_to_the_person_alone(lunas: Luna, owner: Client):
    manager = Client()
    typed(manager, code_for("manager@luna.example", manager))
    (row,) = sign_ins(lunas.staff["manager"].user_id)
    assert (row.how, row.device, row.address) == ("code", "Firefox · Linux", "198.51.100.0")
    assert "Code by e-mail · Firefox · Linux · " in _plain(manager)
    assert "Firefox" not in _plain(owner)


def _plain(client: Client) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", client.get("/accounts/you/").content.decode()).split())


def test_members_are_not_followed_about(lunas: Luna, django_user_model):
    ana = django_user_model.objects.create_user("ana@example.org")
    visitor = Client()
    typed(visitor, code_for("ana@example.org", visitor))
    assert sign_ins(ana.pk) == []


def test_an_app_is_set_up_and_asked_for_at_the_next_sign_in(lunas: Luna):
    client = Client()
    typed(client, code_for("owner@luna.example", client))
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    now = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    assert client.post("/accounts/2fa/totp/activate/", {"code": now}).status_code == 302
    assert Authenticator.objects.filter(user=lunas.staff["owner"].user, type="totp").exists()
    assert client.get("/accounts/2fa/")["Location"] == "/accounts/you/"
    assert "Set up on" in _plain(client)

    later = Client()
    answer = typed(later, code_for("owner@luna.example", later))
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert later.get(lunas.url()).status_code == 302  # the code by e-mail alone is not enough any more
    wrong = later.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200 and later.get(lunas.url()).status_code == 302


def test_the_page_is_for_who_is_signed_in(lunas: Luna):
    assert Client().get("/accounts/you/")["Location"].startswith("/accounts/login/")
    assert browser_of(lunas, "cashier").get("/accounts/you/").status_code == 200


def test_nobody_signs_up_or_sets_a_password(lunas: Luna, owner: Client):
    for path in (
        "signup/",
        "password/reset/",
        "password/set/",
        "password/change/",
        "password/reset/key/1-x/",
    ):
        for client in (Client(), owner):
            for answer in (
                client.get(f"/accounts/{path}"),
                client.post(f"/accounts/{path}", {"email": "x@luna.example"}),
            ):
                assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
