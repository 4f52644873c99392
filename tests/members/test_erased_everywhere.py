"""Somebody about whom everything is known, in every field the product lets somebody type, is erased: then nothing of it is
left in any table of the database or any file, whoever looks, and the books hold.

The search is done by the server's administrator, past every guard, over every column there is. It looks into packed
sessions and files, too. That it can find each of the values is shown first, with the very same search.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import models
from django.test import Client

from campaigns.operations.sending import deliver
from loyalty.core import clock
from loyalty.core.api import throttling
from loyalty.core.events.tasks import dispatch_waiting
from loyalty.core.jobs.tasks import run_waiting
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants import queries as merchants
from loyalty.core.merchants.operations import add_staff
from loyalty.core.merchants.roles import Role
from loyalty.core.people.models import Session
from loyalty.core.tenancy.scope import acting_for
from members.models import Identity, Member
from members.operations.membership import join
from members.operations.privacy import erase_member
from tests.cast import MARA, shop
from tests.members.everything import NEW_EMAIL, Everything, opened

# --- the search -----------------------------------------------------------------------------------------------------------


def columns(admin: psycopg.Connection) -> Iterator[tuple[str, str, str]]:
    """Every column of every table: table, column, type."""
    yield from admin.execute(
        "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
        " JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY 1, 2"
    ).fetchall()


def found_in(values: dict[str, str], media: Path) -> dict[str, set[str]]:
    """Where each value stands, by its field: any column as text in any case, bytes as what they spell, packed sessions
    unpacked, files by their content and their names."""
    found: dict[str, set[str]] = {}
    with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"]) as admin:
        assert admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (
            True,
        )
        for table, column, kind in columns(admin):
            text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            said = admin.execute(
                f'SELECT string_agg(DISTINCT lower({text}), chr(10)) FROM "{table}"'
            ).fetchone()
            for field, value in values.items():
                if said and said[0] and value.lower() in said[0]:
                    found.setdefault(field, set()).add(f"{table}.{column}")
    for row in Session.objects.all():
        packed = str(row.get_decoded()).lower()
        for field, value in values.items():
            if value.lower() in packed:
                found.setdefault(field, set()).add("a session")
    for path in media.rglob("*"):
        held = path.name.lower() + (path.read_bytes().decode("latin-1").lower() if path.is_file() else "")
        for field, value in values.items():
            if value.lower() in held:
                found.setdefault(field, set()).add(str(path))
    return found


@pytest.fixture
def everything(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[Everything]:
    settings.MEDIA_ROOT = str(tmp_path)
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    for forget in (throttling.forget_local, merchants._kept.clear, merchants._shops.clear, cache.clear):
        forget()
    merchant = shop()
    opened(merchant)
    made = Everything(merchant)
    made.unkept = {}
    made.live()
    yield made
    cache.clear()


def test_nothing_of_an_erased_member_is_left_anywhere(everything: Everything, tmp_path: Path):
    known = found_in({**everything.values, **everything.unkept}, tmp_path)
    # The search can find each of them, and what is kept as a hash or no longer is not there even now.
    assert {*everything.values} - {*known} == set()
    assert {*everything.unkept} & {*known} == set()
    with acting_for(everything.merchant, by=MARA):
        erase_member(member=everything.member(), at=clock.now())
    assert found_in({**everything.values, **everything.unkept}, tmp_path) == {}
    _go_on()
    assert found_in({**everything.values, **everything.unkept}, tmp_path) == {}
    with acting_for(everything.merchant, by=MARA):
        assert verify() == []
        assert Member.objects.filter(status="erased").count() == 1
    assert everything.phone.get(f"/{everything.merchant.slug}/card/").status_code in (302, 303)


def _go_on() -> None:
    """The day goes on: events leave the outbox, jobs and messages are done."""
    dispatch_waiting()
    run_waiting()
    deliver(seconds=20)


def test_what_is_known_of_others_stays(everything: Everything):
    with acting_for(everything.merchant, by=MARA):
        ben = join(
            at=clock.now(), identities={"email": "ben@example.com"}, details={"given_name": "Ben"}
        ).member
    browser = Client()
    browser.post(f"/{everything.merchant.slug}/sign-in/", {"email": "ben@example.com"})
    with acting_for(everything.merchant, by=MARA):
        erase_member(member=everything.member(), at=clock.now())
        assert Identity.objects.filter(member=ben, value="ben@example.com").exists()
    assert [str(row.get_decoded()).count("ben@example.com") > 0 for row in Session.objects.all()] == [True]


def test_an_account_that_serves_a_shop_as_well_stays_with_its_sessions(everything: Everything):
    with acting_for(everything.merchant, by=MARA):
        staff = add_staff(email=NEW_EMAIL, role=Role.CASHIER, at=clock.now())
        before = Session.objects.filter(account=staff.user_id).count()
        assert before == 1
        erase_member(member=everything.member(), at=clock.now())
    assert Session.objects.filter(account=staff.user_id).count() == before


# --- the search can fail ----------------------------------------------------------------------------------------------------


def test_twin_a_value_that_stays_behind_is_found_wherever_it_is(everything: Everything, tmp_path: Path):
    with acting_for(everything.merchant, by=MARA):
        member = everything.member()
        erase_member(member=member, at=clock.now())
    values = everything.values
    with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"]) as admin:
        admin.execute(
            "UPDATE members_order SET decision = jsonb_build_object('a', %s::text)", [values["given name"]]
        )
        admin.execute("UPDATE api_answer SET body = %s", [values["parcel"].upper()])
        admin.execute("CREATE TABLE forgotten (note text)")
        admin.execute("INSERT INTO forgotten VALUES (%s)", [NEW_EMAIL])
    (tmp_path / "letter.txt").write_text(f"Dear {values['family name']}")
    session = Client().session
    session["note"] = values["own id"]
    session.save()
    found = found_in(values, tmp_path)
    with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"]) as admin:
        admin.execute("DROP TABLE forgotten")
    assert found["given name"] == {"members_order.decision"}
    assert found["parcel"] == {"api_answer.body"}
    assert found["new email"] == {"forgotten.note"}
    assert found["family name"] == {str(tmp_path / "letter.txt")}
    assert found["own id"] == {"a session"}


def test_nothing_is_kept_in_files_beside_the_database():
    """Uploads live in tables, where the search above sees them: a field that keeps files elsewhere would be missed."""
    beside = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.FileField)
    ]
    assert beside == []
