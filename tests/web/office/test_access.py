"""Who gets in where: strangers see nothing, roles see their part, other shops' things do not exist here."""

import re

import pytest
from django.test import Client

from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from tests.cast import MARA
from tests.web.office.conftest import Luna, browser_of

SEEN_BY_ANALYSTS = [
    "", "figures/orders/", "books/", "members/", "orders/", "rewards/", "programme/", "programme/draft/",
    "programme/history/", "programme/history/1/", "programme/history/1/export.json", "audit/",
    "search/?q=ana", "print/", "print/share/square.png",
]  # fmt: skip
FOR_MANAGERS = ["members/export.csv", "members/join/", "programme/rule/", "rewards/new/", "imports/",
                "imports/new/", "exports/", "jobs/", "till/"]  # fmt: skip
FOR_OWNERS = [
    "connect/", "connect/new/", "connect/quickstart/", "connect/webhooks/", "connect/webhooks/new/", "components/",
    "imports/whole/", "settings/", "settings/brand/", "settings/words/", "settings/staff/", "settings/places/",
    "settings/mail/", "settings/privacy/", "settings/privacy/silent/", "settings/tills/", "settings/tills/new/",
]  # fmt: skip
EVERY_PAGE = SEEN_BY_ANALYSTS + FOR_MANAGERS + FOR_OWNERS


def pages_about(shop: Luna) -> list[str]:
    """Addresses with an id in them."""
    return [shop.member(shop.ana), shop.order_url, shop.reward_url]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("owner", EVERY_PAGE),
        ("manager", SEEN_BY_ANALYSTS + FOR_MANAGERS),
        ("analyst", SEEN_BY_ANALYSTS),
        ("cashier", ["members/join/", "till/"]),
    ],
)
def test_each_role_sees_exactly_its_part(lunas: Luna, role: str, allowed: list[str]):
    browser = browser_of(lunas, role)
    statuses = {path: browser.get(lunas.url(path)).status_code for path in EVERY_PAGE}
    assert statuses == {path: 200 if path in allowed else 403 for path in EVERY_PAGE}


@pytest.mark.parametrize("role", ["owner", "manager", "analyst"])
def test_members_orders_and_rewards_open_for_who_may_look(lunas: Luna, role: str):
    browser = browser_of(lunas, role)
    assert [browser.get(url).status_code for url in pages_about(lunas)] == [200, 200, 200]


def test_a_cashier_cannot_browse_people(lunas: Luna):
    browser = browser_of(lunas, "cashier")
    assert [browser.get(url).status_code for url in pages_about(lunas)] == [403, 403, 403]


def test_strangers_see_no_difference_between_a_shop_and_none(lunas: Luna, ottos: Luna):
    stranger = browser_of(ottos, "owner")
    real = [stranger.get(url) for url in [lunas.url(path) for path in EVERY_PAGE] + pages_about(lunas)]
    unreal = stranger.get("/m/nobody-has-this/")
    assert {answer.status_code for answer in real} == {404}
    assert _without_tokens(real[0].content) == _without_tokens(unreal.content).replace(
        "nobody-has-this", "luna"
    )


def _without_tokens(content: bytes) -> str:
    """A page without what differs every time: the tokens against forged requests."""
    return re.sub(r"\b[0-9A-Za-z]{64}\b", "", content.decode())


def test_another_shops_things_do_not_exist_here(lunas: Luna, ottos: Luna, owner: Client):
    theirs = [url.replace("/m/ottos/", "/m/luna/") for url in pages_about(ottos)]
    assert [owner.get(url).status_code for url in theirs] == [404, 404, 404]
    assert b"Otto" not in owner.get(lunas.url("members/")).content


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(lunas: Luna):
    answer = Client().get(lunas.url("members/?q=ana"))
    assert (answer.status_code, answer["Location"]) == (
        302,
        "/accounts/login/?next=/m/luna/members/%3Fq%3Dana",
    )


def test_htmx_is_told_to_leave_the_page_when_the_session_is_over(lunas: Luna):
    answer = Client().get(
        lunas.url("members/?q=b"),
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/m/luna/members/"},
    )
    assert answer["HX-Redirect"] == "/accounts/login/?next=/m/luna/members/"
    assert answer.content == b""


def test_a_role_that_was_taken_away_counts_at_once(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        row = lunas.staff["owner"]
        row.revoked_at = row.merchant.opened_at
        row.save(update_fields=["revoked_at"])
    assert owner.get(lunas.url()).status_code == 404


CHANGES = [
    ("members/{ana}/adjust/", {"way": "give", "amount": "5", "reason": "x"}),
    ("members/{ana}/edit/", {"given_name": "Mallory", "email": "m@example.org"}),
    ("members/{ana}/block/", {"reason": "x"}),
    ("members/{ana}/merge/", {"other": "ben", "confirmed": "on"}),
    ("members/{ana}/erase/", {"typed": "Ana Alm"}),
    ("orders/{order}/refund/", {"line_1": "10"}),
    ("orders/{order}/cancel/", {}),
    ("rewards/{reward}/", {"cost_points": "1", "kind": "custom", "name_sv": "x", "code_valid_days": "1", "position": "0"}),
    ("rewards/{reward}/retire/", {}),
    ("programme/rule/", {"points": "9"}),
    ("programme/publish/", {}),
    ("exports/", {"list": "members", "format": "csv"}),
    ("imports/new/", {"kind": "members"}),
    ("connect/new/", {"name": "x", "scopes": "orders:write"}),
]  # fmt: skip


@pytest.mark.parametrize("role", ["analyst", "cashier"])
@pytest.mark.parametrize(("path", "sent"), CHANGES, ids=[path for path, _sent in CHANGES])
def test_who_may_only_look_or_sell_changes_nothing(lunas: Luna, role: str, path: str, sent: dict[str, str]):
    from loyalty.core import ids

    path = path.format(ana=ids.encode("mbr", lunas.ana.pk), order=ids.encode("ord", lunas.order),
                       reward=ids.encode("rwd", lunas.reward.pk))  # fmt: skip
    with acting_for(lunas.merchant, by=MARA):
        before = Member.objects.get(pk=lunas.ana.pk).status
    assert browser_of(lunas, role).post(lunas.url(path), sent).status_code == 403
    with acting_for(lunas.merchant, by=MARA):
        lunas.reward.refresh_from_db()
        assert Member.objects.get(pk=lunas.ana.pk).status == before
        assert lunas.reward.retired_at is None
    assert lunas.points(lunas.ana) == 150


@pytest.mark.parametrize(
    "path", ["members/mbr_nonsense/", "members/mbr_00000000000000000000000000/", "orders/ord_x/", "rewards/1/",
             "programme/history/99/", "figures/nothing/", "connect/00000000-0000-0000-0000-000000000000/revoke/"]
)  # fmt: skip
def test_what_is_not_there_is_not_found(lunas: Luna, owner: Client, path: str):
    assert owner.get(lunas.url(path)).status_code == 404
