"""What a mistake meets: the forgotten filter, raw SQL, another merchant's row, a query run too late.

Ana's row is Café Luna's; the mistakes are made while acting for Otto's shop. Where PostgreSQL is what stops
them, a twin makes the same attempt on a table without that guard and succeeds.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError

from loyalty.core import ids
from loyalty.core.merchants.models import Location, Merchant
from loyalty.core.tenancy.scope import NoMerchant, across_merchants, acting_for
from members.models import Identity, Member, Order, Profile
from tests.cast import AT, MARA, OTTO, buy, person, publish

pytestmark = pytest.mark.django_db


@dataclass
class Two:
    """Two shops with one member each."""

    luna: Merchant
    otto: Merchant
    ana: UUID
    olle: UUID


@pytest.fixture
def two(luna: Merchant, other_shop: Merchant) -> Two:
    with acting_for(luna, by=MARA):
        publish()
        ana = person("ana", given_name="Ana")
        buy(ana, 100)
    with acting_for(other_shop, by=OTTO):
        publish()
        olle = person("olle", given_name="Olle")
        buy(olle, 50)
    return Two(luna, other_shop, ana.pk, olle.pk)


def count(table: str = "members_member") -> int:
    """Rows of a table that raw SQL sees."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def sql(statement: str, *values: object) -> int:
    """Run one statement; the rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


# --- no scope -----------------------------------------------------------------------------------------------


def test_without_a_scope_the_managers_raise(two: Two) -> None:
    for attempt in (
        Member.objects.all,
        Member.objects.count,
        Member.objects.exists,
        lambda: Member.objects.filter(pk=two.ana),
        lambda: Member.objects.create(joined_at=AT),
        lambda: Member.objects.bulk_create([]),
        lambda: Member.objects.update(status="blocked"),
        lambda: Order.objects.aggregate(),
        Member,
    ):
        with pytest.raises(NoMerchant):
            attempt()


@pytest.mark.parametrize("table", ["members_member", "ledger_entry", "events_event", "members_orderline"])
def test_without_a_scope_raw_sql_sees_nothing(two: Two, table: str) -> None:
    assert count(table) == 0
    with across_merchants("proof that there is something to see"):
        assert count(table) > 0
    assert count(table) == 0


def test_without_a_scope_nothing_can_be_written(two: Two) -> None:
    assert sql("UPDATE members_member SET status = 'blocked'") == 0
    assert sql("DELETE FROM members_profile") == 0
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        sql(
            "INSERT INTO merchants_location (id, merchant_id, code, name) VALUES (%s, %s, 'x', 'x')",
            ids.new(),
            two.luna.pk,
        )


@pytest.mark.parametrize("nobody", [None, Merchant(name="not stored"), "1", True, 0.5])
def test_a_missing_merchant_never_means_every_merchant(two: Two, nobody: object) -> None:
    with pytest.raises(NoMerchant), acting_for(nobody, by=OTTO):
        pytest.fail("a scope was opened")


def test_seeing_every_merchant_needs_a_reason(two: Two) -> None:
    with pytest.raises(ValueError, match="why"), across_merchants("  "):
        pytest.fail("a scope was opened")


# --- another merchant's scope -------------------------------------------------------------------------------


def test_a_forgotten_filter_in_raw_sql_sees_its_own_rows_only(two: Two) -> None:
    with acting_for(two.otto, by=OTTO):
        assert count() == 1
        assert sql("SELECT 1 FROM members_member WHERE id = %s", two.ana) == 0
        assert sql("SELECT 1 FROM members_member WHERE merchant_id = %s", two.luna.pk) == 0
        assert sql("SELECT 1 FROM members_member WHERE id = %s OR true", two.ana) == 1


def test_a_foreign_id_finds_nothing(two: Two) -> None:
    with acting_for(two.otto, by=OTTO):
        assert not Member.objects.filter(pk=two.ana).exists()
        assert Member.objects.filter(pk=two.ana).update(status="blocked") == 0
        assert Profile.objects.filter(member=two.ana).delete()[0] == 0
        assert sql("UPDATE members_member SET status = 'blocked' WHERE id = %s", two.ana) == 0
        assert sql("DELETE FROM members_profile WHERE member_id = %s", two.ana) == 0


def test_a_manager_that_forgets_the_filter_is_still_held(two: Two) -> None:
    """`_base_manager` adds nothing: only row-level security stands."""
    with acting_for(two.otto, by=OTTO):
        assert Member._base_manager.count() == 1
        assert Member._base_manager.filter(pk=two.ana).first() is None


def test_a_row_for_another_merchant_is_refused(two: Two) -> None:
    with acting_for(two.otto, by=OTTO):
        for attempt in (
            lambda: Location.objects.create(merchant=two.luna, code="annex", name="Annex"),
            lambda: Location.objects.bulk_create([Location(merchant=two.luna, code="annex", name="Annex")]),
        ):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                attempt()


def test_a_row_cannot_be_moved_to_another_merchant(two: Two) -> None:
    with acting_for(two.otto, by=OTTO):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            sql("UPDATE merchants_location SET merchant_id = %s", two.luna.pk)
        own = Location.objects.get()
        own.merchant_id, own.name = two.luna.pk, "moved"
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            own.save()
    with acting_for(two.luna, by=MARA):
        assert [place.name for place in Location.objects.all()] == ["Café Luna"]


def test_a_reference_to_another_merchants_row_is_refused(two: Two) -> None:
    with (
        acting_for(two.otto, by=OTTO),
        pytest.raises(IntegrityError, match="same_merchant"),
        transaction.atomic(),
    ):
        Identity.objects.create(member_id=two.ana, kind="external", value="stolen")


# --- the same attempts where the guard is missing: these tests can fail -------------------------------------


@pytest.fixture
def careless(two: Two) -> Iterator[psycopg.Connection]:
    """Scratch tables with row-level security and a plain foreign key; and one without row-level security at
    all."""
    with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"]) as admin:
        for table in ("scratch", "scratch_part"):
            admin.execute(f"CREATE TABLE {table} (id int, merchant_id bigint, PRIMARY KEY (id))")
            admin.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            admin.execute(
                f"CREATE POLICY own ON {table} TO loyalty_app"
                " USING (merchant_id = NULLIF(current_setting('app.merchant_id', true), '')::bigint)"
            )
        admin.execute("ALTER TABLE scratch ADD UNIQUE (merchant_id, id)")
        admin.execute("ALTER TABLE scratch_part ADD scratch_id int REFERENCES scratch (id)")
        admin.execute("CREATE TABLE scratch_open (id int, merchant_id bigint)")
        admin.execute("GRANT ALL ON scratch, scratch_part, scratch_open TO loyalty_app")
        admin.execute("INSERT INTO scratch VALUES (1, %s)", [two.luna.pk])
        admin.execute("INSERT INTO scratch_open VALUES (1, %s)", [two.luna.pk])
        admin.execute("SET LOCAL ROLE loyalty_app")
        admin.execute("SELECT set_config('app.merchant_id', %s, true)", [str(two.otto.pk)])
        yield admin
        admin.rollback()


def test_twin_without_row_level_security_a_forgotten_filter_sees_everything(
    careless: psycopg.Connection,
) -> None:
    assert careless.execute("SELECT count(*) FROM scratch").fetchone() == (0,)
    assert careless.execute("SELECT count(*) FROM scratch_open").fetchone() == (1,)


def test_twin_a_plain_foreign_key_accepts_another_merchants_row(
    careless: psycopg.Connection, two: Two
) -> None:
    """PostgreSQL checks foreign keys past row-level security; a careless schema lets this through."""
    careless.execute("INSERT INTO scratch_part VALUES (1, %s, 1)", [two.otto.pk])


def test_the_composite_key_refuses_it_even_to_a_superuser(careless: psycopg.Connection, two: Two) -> None:
    careless.execute("RESET ROLE")
    assert careless.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (
        True,
    )
    careless.execute("INSERT INTO scratch_part VALUES (1, %s, 1)", [two.otto.pk])
    careless.execute("DELETE FROM scratch_part")
    careless.execute(
        "ALTER TABLE scratch_part ADD FOREIGN KEY (merchant_id, scratch_id)"
        " REFERENCES scratch (merchant_id, id)"
    )
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        careless.execute("INSERT INTO scratch_part VALUES (1, %s, 1)", [two.otto.pk])


def test_a_superuser_cannot_tie_a_member_to_another_shop(two: Two) -> None:
    """On a real table: as superuser, who is not bound by any policy, in a committed state of its own."""
    with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"]) as admin:
        for shop, slug in ((900_001, "real-a"), (900_002, "real-b")):
            admin.execute(
                "INSERT INTO merchants_merchant (id, slug, name, currency, timezone, country, language,"
                " brand_colour, opened_at, second_factor, controller_name, controller_contact, reply_to, sender_name) VALUES (%s, %s, 'x', 'SEK', 'UTC', 'SE', 'sv', '#000000', now(), false, '', '', '', '')",
                [shop, slug],
            )
        member = ids.new()
        admin.execute(
            "INSERT INTO members_member (id, merchant_id, status, joined_at, channel, language)"
            " VALUES (%s, 900001, 'active', now(), '', 'sv')",
            [member],
        )
        identity = (
            "INSERT INTO members_identity (id, merchant_id, member_id, kind, value)"
            " VALUES (%s, %s, %s, 'external', 'x')"
        )
        admin.execute(identity, [ids.new(), 900_001, member])
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            admin.execute(identity, [ids.new(), 900_002, member])
        admin.rollback()


# --- queries that run too late ------------------------------------------------------------------------------


def test_a_lazy_query_run_after_its_scope_raises(two: Two) -> None:
    with acting_for(two.luna, by=MARA):
        late = Member.objects.filter(status="active").order_by("joined_at")
        assert len(late.all()) == 1
    for run in (list, len, bool, lambda q: q.count(), lambda q: q.exists(), lambda q: q.first(),
                lambda q: q.aggregate(), lambda q: q.update(status="blocked"), lambda q: q.delete(),
                lambda q: list(q.iterator()), lambda q: q.values_list("pk")[0]):  # fmt: skip
        with pytest.raises(NoMerchant):
            run(late.all())


def test_a_lazy_query_run_in_another_merchants_scope_raises(two: Two) -> None:
    with acting_for(two.luna, by=MARA):
        late = Member.objects.all()
    with across_merchants("a wider scope is another one, too"), pytest.raises(NoMerchant):
        list(late)
    with acting_for(two.otto, by=OTTO):
        with pytest.raises(NoMerchant):
            list(late)
        assert [row.pk for row in Member.objects.all()] == [two.olle]


def test_related_rows_are_scoped_too(two: Two) -> None:
    with acting_for(two.luna, by=MARA):
        ana = Member.objects.get(pk=two.ana)
        assert ana.profiles.get().given_name == "Ana"
    with pytest.raises(NoMerchant):
        ana.profiles.first()
    with acting_for(two.otto, by=OTTO):
        assert ana.profiles.first() is None


def test_a_shops_own_row_is_changed_only_by_who_acts_for_it(luna, other_shop):
    with acting_for(other_shop, by=OTTO), connection.cursor() as cursor:
        cursor.execute("UPDATE merchants_merchant SET name = 'taken over' WHERE id = %s", [luna.pk])
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM merchants_merchant WHERE id = %s", [luna.pk])
        assert cursor.rowcount == 0
        cursor.execute("UPDATE merchants_merchant SET name = 'Otto & Co' WHERE id = %s", [other_shop.pk])
        assert cursor.rowcount == 1
