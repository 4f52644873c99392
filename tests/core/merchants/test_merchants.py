"""Merchants, their sandboxes, their staff and their API keys."""

import re
import threading
import time
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connections

from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.merchants import keys, queries
from loyalty.core.merchants.models import ApiKey, Location, Merchant, Staff
from loyalty.core.merchants.operations import (
    LastOwner,
    SlugTaken,
    add_location,
    add_staff,
    create_api_key,
    open_merchant,
    revoke_api_key,
    revoke_staff,
    roll_api_key,
)
from loyalty.core.merchants.roles import PERMISSIONS, SCOPES, Role
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA, shop

pytestmark = pytest.mark.django_db

SHOP = {"name": "Café Luna", "currency": "SEK", "timezone": "Europe/Stockholm", "at": AT, "by": MARA}


# --- opening ------------------------------------------------------------------------------------------------


def test_a_shop_opens_with_a_sandbox_beside_it() -> None:
    live = open_merchant(**SHOP)
    assert (live.slug, live.is_sandbox, live.sandbox.slug, live.sandbox.is_sandbox) == (
        "cafe-luna", False, "cafe-luna-test", True,
    )  # fmt: skip
    for merchant in (live, live.sandbox):
        with acting_for(merchant, by=MARA):
            assert [place.code for place in Location.objects.all()] == ["main"]
            assert [event.kind for event in Event.objects.all()] == ["merchant.opened"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "), ("name", "x" * 121), ("currency", "kr"), ("timezone", "Stockholm"), ("timezone", "../etc/passwd"),
        ("country", "Sweden"), ("language", "xx"), ("brand_colour", "red"), ("brand_colour", "#12345g"),
        ("brand_colour", "#123456;}"), ("slug", "Luna"), ("slug", "api"), ("slug", "x" * 51), ("slug", "a b"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_and_nothing_is_opened(field: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        open_merchant(**{**SHOP, "slug": "luna", field: value})
    assert [error["field"] for error in refusal.value.errors] == [field]
    assert not Merchant.objects.exists()


def test_a_long_name_still_gets_an_address() -> None:
    assert len(open_merchant(**{**SHOP, "name": "Café " * 24}).slug) <= 50


@pytest.mark.parametrize("slug", ["luna", "luna-test"])
def test_an_address_is_given_once_and_a_sandboxes_never(slug: str) -> None:
    shop("luna")
    with pytest.raises(SlugTaken):
        open_merchant(**SHOP, slug=slug)
    assert Merchant.objects.count() == 2


def test_a_sandboxes_address_must_be_free_as_well() -> None:
    shop("moon-test")
    with pytest.raises(SlugTaken):
        open_merchant(**SHOP, slug="moon")


def test_the_same_location_twice_is_one(luna: Merchant) -> None:
    with acting_for(luna, by=MARA):
        assert add_location(code="harbour", name="Harbour") == add_location(code="harbour", name="Other")
        assert queries.location("harbour").name == "Harbour"
        assert queries.location("nowhere") is None


# --- staff --------------------------------------------------------------------------------------------------


def test_a_person_has_one_account_and_a_role_in_each_shop(luna: Merchant, other_shop: Merchant) -> None:
    for place, role in ((luna, Role.OWNER), (other_shop, Role.CASHIER)):
        with acting_for(place, by=MARA):
            add_staff(email=" Mara@Example.com ", role=role, at=AT)
    user = get_user_model().objects.get()
    assert [(place.slug, row.role) for place, row in queries.staff_of(user.pk)] == [
        ("luna", "owner"),
        ("ottos", "cashier"),
    ]
    assert queries.permissions(queries.staff_at(other_shop, user.pk)) == PERMISSIONS[Role.CASHIER]


def test_strangers_and_former_staff_look_like_no_shop_at_all(luna: Merchant) -> None:
    with acting_for(luna, by=MARA):
        add_staff(email="mara@example.com", role=Role.OWNER, at=AT)
        tom = add_staff(email="tom@example.com", role=Role.CASHIER, at=AT)
        revoke_staff(staff=tom.pk, at=AT)
    for user in (tom.user_id, 10**9):
        with pytest.raises(NotFound, match="no such shop"):
            queries.staff_at(luna, user)
    assert queries.staff_of(tom.user_id) == []


@pytest.mark.parametrize("address", ["", "mara", "mara@", "a@b\x00.se", "x" * 300 + "@example.com"])
def test_staff_need_a_real_address(luna: Merchant, address: str) -> None:
    with acting_for(luna, by=MARA), pytest.raises(InvalidInput):
        add_staff(email=address, role=Role.CASHIER, at=AT)
    assert not get_user_model().objects.exists()


def test_a_shop_always_has_an_owner(luna: Merchant) -> None:
    with acting_for(luna, by=MARA):
        mara = add_staff(email="mara@example.com", role=Role.OWNER, at=AT)
        with pytest.raises(LastOwner):
            revoke_staff(staff=mara.pk, at=AT)
        with pytest.raises(LastOwner):
            add_staff(email="mara@example.com", role=Role.CASHIER, at=AT)
        olga = add_staff(email="olga@example.com", role=Role.OWNER, at=AT)
        revoke_staff(staff=mara.pk, at=AT)
        with pytest.raises(LastOwner):
            revoke_staff(staff=olga.pk, at=AT)
        with pytest.raises(NotFound):
            revoke_staff(staff=mara.pk, at=AT)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_owners_who_revoke_each_other_leave_one() -> None:
    luna = shop()
    with acting_for(luna, by=MARA):
        both = [
            add_staff(email=f"{name}@example.com", role=Role.OWNER, at=AT).pk for name in ("mara", "olga")
        ]
    together, outcomes = threading.Barrier(2), []

    def leave(staff: object) -> None:
        try:
            together.wait(10)
            with acting_for(luna, by=MARA):
                revoke_staff(staff=staff, at=AT)
                time.sleep(0.2)
            outcomes.append("left")
        except LastOwner:
            outcomes.append("refused")
        finally:
            connections.close_all()

    people = [threading.Thread(target=leave, args=[staff]) for staff in both]
    for person in people:
        person.start()
    for person in people:
        person.join(20)
    assert sorted(outcomes) == ["left", "refused"]
    with acting_for(luna, by=MARA):
        assert Staff.objects.filter(role=Role.OWNER, revoked_at=None).count() == 1


# --- API keys -----------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_only_its_digest_is_kept(luna: Merchant) -> None:
    with acting_for(luna, by=MARA):
        key, secret = create_api_key(name="Shop", scopes=["members:read", "members:read"], at=AT)
        stored = ApiKey.objects.values().get()
        said = [event.data for event in Event.objects.filter(kind="api_key.created")]
    assert re.fullmatch(r"lk_live_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}", secret)
    assert secret[17:] not in f"{stored} {said}"
    found = queries.credential(secret, at=AT)
    assert found
    assert (found.key, found.merchant, found.scopes) == (key.pk, luna, {"members:read"})
    assert found.scopes <= set(SCOPES)


def test_a_sandboxes_keys_say_so(luna: Merchant) -> None:
    with acting_for(luna.sandbox, by=MARA):
        assert create_api_key(name="Shop", scopes=["members:read"], at=AT)[1].startswith("lk_test_")


def test_a_mistyped_key_is_refused_without_asking_the_database(
    luna: Merchant, django_assert_num_queries: object
) -> None:
    with acting_for(luna, by=MARA):
        secret = create_api_key(name="Shop", scopes=["members:read"], at=AT)[1]
    wrong = [
        secret[:at] + ("a" if secret[at] != "a" else "b") + secret[at + 1 :] for at in range(len(secret))
    ]
    wrong += ["", secret[:-1], f"{secret}x", f"{secret}\n", secret.upper(), "lk_live_\x00aaaaaaa_" + "a" * 49,
              secret.replace("live", "test"), "\ud800" * 66, secret.replace("_", "-")]  # fmt: skip
    with django_assert_num_queries(0):
        assert [queries.credential(text, at=AT) for text in wrong] == [None] * len(wrong)
    assert keys.read_secret(secret) is not None


def test_a_well_formed_key_of_nobody_is_refused(luna: Merchant) -> None:
    with acting_for(luna, by=MARA):
        secret = create_api_key(name="Shop", scopes=["members:read"], at=AT)[1]
    guess = keys.new_secret(test=False)
    assert queries.credential(guess.text, at=AT) is None
    # The right row, another secret: only the digest tells.
    body = f"lk_live_{secret[8:16]}_" + "A" * 43
    forged = body + keys._checksum(body)
    assert keys.read_secret(forged)
    assert queries.credential(forged, at=AT) is None


def test_a_rolled_key_works_beside_the_new_one_for_as_long_as_was_said(luna: Merchant) -> None:
    day = timedelta(days=1)
    with acting_for(luna, by=MARA):
        old, secret = create_api_key(name="Shop", scopes=["members:read"], at=AT, expires_at=AT + 90 * day)
        queries._kept.clear()
        new, fresh = roll_api_key(key=old.pk, at=AT + 80 * day, overlap=day)
        told = Event.objects.get(kind="api_key.rolled")
    queries._kept.clear()
    assert (new.name, new.scopes) == ("Shop", ["members:read"])
    assert new.expires_at == AT + 170 * day, "it lasts as long as the one before did"
    assert told.subject == old.pk and told.data["new_key"] == str(new.pk)
    assert queries.credential(secret, at=AT + 80.9 * day) and queries.credential(fresh, at=AT + 80.9 * day)
    assert queries.credential(secret, at=AT + 81 * day) is None and queries.credential(
        fresh, at=AT + 81 * day
    )
    with acting_for(luna, by=MARA):
        for wrong in (timedelta(days=8), timedelta(seconds=-1)):
            with pytest.raises(InvalidInput):
                roll_api_key(key=new.pk, at=AT + 81 * day, overlap=wrong)
        with pytest.raises(NotFound):
            roll_api_key(key=old.pk, at=AT + 81 * day, overlap=day)
        soon, _secret = create_api_key(name="x", scopes=["members:read"], at=AT, expires_at=AT + day)
        roll_api_key(key=soon.pk, at=AT, overlap=7 * day)
        assert ApiKey.objects.get(pk=soon.pk).expires_at == AT + day, "rolling never lengthens the old one"


def test_a_revoked_key_stops_within_a_second(luna: Merchant) -> None:
    with acting_for(luna, by=MARA):
        key, secret = create_api_key(name="Shop", scopes=["members:read"], at=AT)
    assert queries.credential(secret, at=AT)
    with acting_for(luna, by=MARA):
        revoke_api_key(key=key.pk, at=AT)
        with pytest.raises(NotFound):
            revoke_api_key(key=key.pk, at=AT)
    stopped = time.monotonic() + 1
    while queries.credential(secret, at=AT) and time.monotonic() < stopped:
        time.sleep(0.02)
    assert queries.credential(secret, at=AT) is None


def test_a_key_ends_at_its_time_to_the_instant(luna: Merchant) -> None:
    end = AT + timedelta(days=1)
    with acting_for(luna, by=MARA):
        secret = create_api_key(name="Shop", scopes=["members:read"], at=AT, expires_at=end)[1]
    assert queries.credential(secret, at=end - timedelta(microseconds=1))
    assert queries.credential(secret, at=end) is None


@pytest.mark.parametrize(
    ("field", "wish"),
    [("scopes", {"scopes": []}), ("scopes", {"scopes": ["everything"]}), ("name", {"name": " "}),
     ("name", {"name": "x" * 121}), ("expires_at", {"expires_at": AT})],
)  # fmt: skip
def test_a_key_that_makes_no_sense_is_not_made(luna: Merchant, field: str, wish: dict) -> None:
    with acting_for(luna, by=MARA):
        with pytest.raises(InvalidInput) as refusal:
            create_api_key(**{"name": "Shop", "scopes": ["members:read"], "at": AT, **wish})
        assert refusal.value.errors[0]["field"] == field
        assert not ApiKey.objects.exists()
