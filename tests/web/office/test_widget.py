"""Connect, the widget: sites are added and removed, the secret is made, shown once and replaced, and what is to be
pasted works as it stands."""

import os
from typing import Any

import pytest
from django.test import Client

from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.widget import queries, tokens
from loyalty.core.widget.models import Secret
from tests.cast import MARA
from tests.web.office.conftest import Luna, browser_of

pytestmark = pytest.mark.django_db


def origins(luna: Luna) -> tuple[str, ...]:
    with acting_for(luna.merchant, by=MARA):
        return queries.origins()


def secrets(luna: Luna) -> list[str]:
    with acting_for(luna.merchant, by=MARA):
        return queries.readable_secrets(at=clock.now())


def test_a_site_is_added_and_removed(lunas: Luna, owner: Client):
    answer = owner.post(lunas.url("connect/widget/"), {"site": "Shop.example/page"}, follow=True)
    assert "https://shop.example may show the widget." in answer.content.decode()
    assert origins(lunas) == ("https://shop.example",)
    page = owner.get(lunas.url("connect/widget/"))
    remove = page.context["sites"][0]
    asked = owner.get(lunas.url(f"connect/widget/sites/{remove.pk}/remove/"))
    assert "https://shop.example" in asked.content.decode() and origins(lunas) == ("https://shop.example",)
    owner.post(lunas.url(f"connect/widget/sites/{remove.pk}/remove/"))
    assert origins(lunas) == ()
    assert owner.post(lunas.url(f"connect/widget/sites/{remove.pk}/remove/")).status_code == 404


def test_what_is_no_site_comes_back(lunas: Luna, owner: Client):
    answer = owner.post(lunas.url("connect/widget/"), {"site": "http://shop.example"})
    assert answer.status_code == 422 and "like https://shop.example" in answer.content.decode()
    assert owner.post(lunas.url("connect/widget/"), {"site": ""}).status_code == 422
    assert origins(lunas) == ()


def test_the_secret_is_shown_once(lunas: Luna, owner: Client, form_key: Any):
    page = owner.get(lunas.url("connect/widget/"))
    key = form_key(page)
    made = owner.post(lunas.url("connect/widget/secret/"), {"form_key": key})
    (secret,) = secrets(lunas)
    assert secret in made.content.decode() and "no-store" in made.headers["Cache-Control"]
    again = owner.post(lunas.url("connect/widget/secret/"), {"form_key": key}, follow=True)
    assert secret not in again.content.decode() and secrets(lunas) == [secret]
    later = owner.get(lunas.url("connect/widget/")).content.decode()
    assert secret not in later and f"lws_…{secret[-4:]}" in later
    owner.post(lunas.url("connect/widget/secret/"), {"form_key": "another"})
    assert secrets(lunas) == [secret], "there is one already"


def test_the_secret_is_replaced_with_time_to_change_over(lunas: Luna, owner: Client):
    assert owner.get(lunas.url("connect/widget/secret/roll/")).status_code == 404
    owner.post(lunas.url("connect/widget/secret/"))
    (old,) = secrets(lunas)
    assert owner.post(lunas.url("connect/widget/secret/roll/"), {"overlap": "9"}).status_code == 422
    answer = owner.post(lunas.url("connect/widget/secret/roll/"), {"overlap": "24"})
    new, kept = secrets(lunas)
    assert (
        kept == old and new != old and new in answer.content.decode() and old not in answer.content.decode()
    )
    assert "counts until" in owner.get(lunas.url("connect/widget/")).content.decode()


def test_only_the_owner_sees_it(lunas: Luna, ottos: Luna):
    for role in ("manager", "cashier", "analyst"):
        assert browser_of(lunas, role).get(lunas.url("connect/widget/")).status_code == 403
    stranger = browser_of(ottos, "owner")
    assert stranger.get(lunas.url("connect/widget/")).status_code == 404
    assert stranger.post(lunas.url("connect/widget/secret/")).status_code == 404
    with acting_for(lunas.merchant, by=MARA):
        assert not Secret.objects.exists()


def test_the_preview_is_a_frame_of_our_own(lunas: Luna, owner: Client):
    policy = owner.get(lunas.url("connect/widget/")).headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy.split("; ")
    assert "frame-src" not in owner.get(lunas.url("connect/")).headers["Content-Security-Policy"]


def test_the_python_to_paste_makes_a_token_that_counts(lunas: Luna, owner: Client, monkeypatch: Any):
    owner.post(lunas.url("connect/widget/"), {"site": "https://shop.example"})
    owner.post(lunas.url("connect/widget/secret/"))
    page = owner.get(lunas.url("connect/widget/"))
    code = next(one["text"] for one in page.context["minting"] if one["lang"] == "python")
    monkeypatch.setitem(os.environ, "LOYALTY_WIDGET_SECRET", secrets(lunas)[0])
    room: dict[str, Any] = {}
    exec(code, room)  # noqa: S102 - the example as somebody would run it
    with acting_for(lunas.merchant, by=MARA):
        shopper = queries.shopper(room["loyalty_token"](17, "ana@example.com", True), at=clock.now())
        assert (shopper.subject, shopper.email) == ("17", "ana@example.com")
        unproven = queries.shopper(room["loyalty_token"](17, "ana@example.com", False), at=clock.now())
        assert unproven.email == "" and shopper.token != unproven.token
    assert tokens.audience(lunas.merchant.slug) in code
