"""API keys: a secret is shown once, works with what is printed beside it, and stops when told to."""

import re

import pytest
from django.test import Client

from loyalty.core.merchants.models import ApiKey
from loyalty.core.merchants.queries import credential
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA
from tests.web.office.conftest import Luna


def made(owner: Client, luna: Luna, **sent: str):
    """Make a key through the form."""
    return owner.post(luna.url("connect/new/"), {"name": "Web shop", "scopes": ["orders:write"], **sent})


def test_the_secret_stands_on_the_answer_and_never_again(lunas: Luna, owner: Client):
    answer = made(owner, lunas, form_key="abc")
    (secret,) = set(re.findall(r"lk_live_\w{8}_\w{49}", answer.content.decode()))
    assert credential(secret, at=AT).scopes == {"orders:write"}
    assert "no-store" in answer["Cache-Control"]
    assert secret not in owner.get(lunas.url("connect/")).content.decode()
    again = made(owner, lunas, form_key="abc")
    assert (again.status_code, again["Location"]) == (303, lunas.url("connect/"))
    with acting_for(lunas.merchant, by=MARA):
        assert ApiKey.objects.count() == 1


def test_the_way_to_the_documentation_leads_there(lunas: Luna, owner: Client):
    page = owner.get(lunas.url("connect/")).content.decode()
    assert 'href="/api/docs"' in page
    assert owner.get("/api/docs/")["Location"] == "/api/docs"
    assert owner.get("/api/docs").status_code == 200


def test_a_test_shop_makes_test_keys(lunas: Luna, owner: Client):
    from loyalty.core.merchants.operations import add_staff
    from loyalty.core.merchants.roles import Role

    with acting_for(lunas.merchant.sandbox, by=MARA):
        add_staff(email="owner@luna.example", role=Role.OWNER, at=AT)
    page = owner.post("/m/luna-test/connect/new/", {"name": "x", "scopes": ["orders:write"]}).content.decode()
    assert "lk_test_" in page and "TEST MODE" in page and 'href="/m/luna/"' in page
    assert 'href="/m/luna-test/"' in owner.get(lunas.url()).content.decode()


@pytest.mark.parametrize(
    "sent", [{"name": ""}, {"name": "x" * 121}, {"scopes": []}, {"scopes": ["everything"]}, {"name": "\x00"}]
)
def test_a_bad_key_is_not_made(lunas: Luna, owner: Client, sent: dict):
    answer = made(owner, lunas, **sent)
    assert answer.status_code == 422 and answer.context["form"].errors
    with acting_for(lunas.merchant, by=MARA):
        assert ApiKey.objects.count() == 0


def test_stopping_asks_first_and_then_stops(lunas: Luna, owner: Client):
    made(owner, lunas)
    with acting_for(lunas.merchant, by=MARA):
        key = ApiKey.objects.get()
    url = lunas.url(f"connect/{key.pk}/revoke/")
    assert "cannot be started again" in owner.get(url).content.decode()
    assert owner.post(url).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        assert ApiKey.objects.get().revoked_at is not None
    assert owner.get(url).status_code == 404
