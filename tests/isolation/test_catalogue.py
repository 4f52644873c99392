"""Every table that belongs to merchants is guarded, whoever added it: read from PostgreSQL's catalogue.

Each promise has a twin that breaks it on a table of its own and sees the breach reported.
"""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.apps import apps

from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.models import MERCHANT_OF_SESSION
from loyalty.core.tenancy.roles import APP, BOOKS, OWNER, SYSTEM
from tests.isolation import catalogue

pytestmark = pytest.mark.django_db

# Unique keys that cannot begin with the merchant, and why. Nothing is added here without a reason as good.
KEYS_OF_THE_WHOLE_SERVER = {
    "merchants_apikey_lookup_key": "a request names its key before anybody knows the merchant",
    "events_event_pkey": "numbers of events come from one sequence: the feed of a server has one order",
}
# What runs with other rights than its caller's, and whose. Each pins its search path. The one with the owner's reads
# past row-level security: it takes no text from outside and answers no rows. The books' role is bound by it.
WITH_RIGHTS_OF = {
    "refuse_empty_transfer": OWNER,
    **dict.fromkeys(("ledger_post", "ledger_post_many", "ledger_open", "ledger_hold"), BOOKS),
    "ledger_open_for": BOOKS,
    **dict.fromkeys(("ledger_stage", "ledger_restore"), BOOKS),
}

THE_BOOKS = ["ledger_account", "ledger_lot", "ledger_transfer", "ledger_entry"]
WRITTEN_ONCE = ["ledger_seal", "events_event", "members_tierchange"]
MOVING_PARTS = {
    "ledger_account": {"balance", "version", "head"},
    "ledger_lot": {"remaining", "pending", "expires_at"},
}
MARKED = {"events_event": {"dispatched_at"}}
# What was typed about a person can be emptied, only by who serves; a trigger refuses any other change of it.
FORGETTABLE = {"ledger_transfer": {"reason"}, "events_event": {"data"}}


@pytest.fixture
def admin(db: None) -> Iterator[psycopg.Connection]:
    """A superuser inside a transaction that is rolled back: what a twin breaks never stays broken."""
    with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"]) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def scratch(admin: psycopg.Connection) -> psycopg.Connection:
    """Two tables as a careless migration would make them."""
    admin.execute("CREATE TABLE scratch (id uuid PRIMARY KEY, merchant_id bigint NOT NULL, code text UNIQUE)")
    admin.execute("CREATE TABLE scratch_part (merchant_id bigint, scratch_id uuid REFERENCES scratch (id))")
    return admin


def test_the_models_tenant_tables_are_the_databases(admin: psycopg.Connection) -> None:
    models = {
        model._meta.db_table
        for model in apps.get_models()
        if any(field.column == "merchant_id" for field in model._meta.concrete_fields)
    }
    assert set(catalogue.tenant_tables(admin)) == models
    assert len(models) > 15


def test_every_tenant_table_has_row_level_security(admin: psycopg.Connection) -> None:
    assert catalogue.without_security(admin) == []


def test_twin_a_table_without_row_level_security_is_reported(scratch: psycopg.Connection) -> None:
    assert catalogue.without_security(scratch) == [
        "scratch: row-level security is off",
        "scratch_part: row-level security is off",
    ]


def test_every_tenant_table_has_exactly_the_two_policies(admin: psycopg.Connection) -> None:
    assert catalogue.with_other_policies(admin) == []


@pytest.mark.parametrize(
    "slip",
    [
        "CREATE POLICY more ON members_member TO loyalty_app USING (true)",
        "CREATE POLICY more ON members_member USING (true)",
        "ALTER POLICY members_member_tenant ON members_member TO PUBLIC",
        "ALTER POLICY members_member_tenant ON members_member USING (true)",
        "ALTER POLICY members_member_tenant ON members_member WITH CHECK (true)",
        "ALTER POLICY members_member_system ON members_member TO loyalty_system, loyalty_app",
        "DROP POLICY members_member_tenant ON members_member",
    ],
)
def test_twin_any_other_policy_is_reported(admin: psycopg.Connection, slip: str) -> None:
    admin.execute(slip)
    breaches = catalogue.with_other_policies(admin)
    assert len(breaches) == 1
    assert breaches[0].startswith("members_member:")


def test_twin_a_loosened_example_is_reported(admin: psycopg.Connection) -> None:
    admin.execute("ALTER POLICY merchants_location_tenant ON merchants_location USING (true)")
    assert catalogue.with_other_policies(admin) != []


def test_every_key_begins_with_the_merchant(admin: psycopg.Connection) -> None:
    assert set(catalogue.keys_without_merchant(admin)) == set(KEYS_OF_THE_WHOLE_SERVER)


def test_twin_a_key_without_merchant_is_reported(scratch: psycopg.Connection) -> None:
    assert {"scratch_pkey", "scratch_code_key"} <= set(catalogue.keys_without_merchant(scratch))


def test_every_reference_between_tenant_tables_carries_the_merchant(admin: psycopg.Connection) -> None:
    assert catalogue.references_without_merchant(admin) == []


def test_twin_a_plain_reference_is_reported(scratch: psycopg.Connection) -> None:
    assert catalogue.references_without_merchant(scratch) == [
        "scratch_part_scratch_id_fkey: FOREIGN KEY (scratch_id) REFERENCES scratch(id)"
    ]


def test_every_relation_of_the_models_is_held_by_the_database(admin: psycopg.Connection) -> None:
    """A `TenantForeignKey` makes no constraint of its own: forgotten in `tenant(...)`, nothing holds it."""
    held = {
        (table, column)
        for table, column in admin.execute(
            "SELECT k.conrelid::regclass::text, a.attname FROM pg_constraint k"
            " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)"
            " WHERE k.contype = 'f'"
        )
    }
    missing = [
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.is_relation
        and field.remote_field.model is not Merchant  # by design: see `MerchantKey`
        and (model._meta.db_table, field.column) not in held
    ]
    assert missing == []


def test_no_constraint_was_added_unchecked(admin: psycopg.Connection) -> None:
    assert catalogue.unvalidated(admin) == []


def test_all_belongs_to_the_owner_role_and_nothing_to_those_who_serve(admin: psycopg.Connection) -> None:
    functions = [f"{name}: belongs to {BOOKS}" for name, role in WITH_RIGHTS_OF.items() if role == BOOKS]
    assert catalogue.owned_by_others(admin) == sorted(functions)


def test_twin_a_table_of_another_owner_is_reported(scratch: psycopg.Connection) -> None:
    assert "scratch: belongs to postgres" in catalogue.owned_by_others(scratch)


def test_what_reads_past_row_level_security_is_known_and_pinned(admin: psycopg.Connection) -> None:
    found = catalogue.run_with_other_rights(admin)
    assert {name: role for name, (role, _settings) in found.items()} == WITH_RIGHTS_OF
    assert all(settings and settings[0].startswith("search_path=") for _role, settings in found.values())


@pytest.mark.parametrize("role", [APP, SYSTEM])
def test_nobody_who_serves_may_change_what_has_happened(admin: psycopg.Connection, role: str) -> None:
    for table in (*THE_BOOKS, *WRITTEN_ONCE):
        may = MARKED.get(table, set()) | (FORGETTABLE.get(table, set()) if role == APP else set())
        assert catalogue.rights(admin, role, table) == {"SELECT"} | (
            {"INSERT"} if table in WRITTEN_ONCE else set()
        ), table
        assert catalogue.columns_changeable(admin, role, table) == may, table


def test_only_what_posts_writes_the_books_and_no_more_than_it_must(admin: psycopg.Connection) -> None:
    for table in THE_BOOKS:
        assert catalogue.rights(admin, BOOKS, table) == {"SELECT", "INSERT"}, table
        may = MOVING_PARTS.get(table, set()) | FORGETTABLE.get(table, set())
        assert catalogue.columns_changeable(admin, BOOKS, table) == may, table
    assert admin.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", [BOOKS]).fetchone() == (
        False,
    )


@pytest.mark.parametrize("role", [APP, SYSTEM])
def test_nobody_who_serves_may_empty_or_reshape_a_table(admin: psycopg.Connection, role: str) -> None:
    for table in catalogue.tenant_tables(admin):
        assert catalogue.rights(admin, role, table) <= {"SELECT", "INSERT", "UPDATE", "DELETE"}, table


def test_the_policy_reads_the_merchant_of_the_transaction() -> None:
    """Written out once more: a typing mistake in the expression would be in every table."""
    assert MERCHANT_OF_SESSION == "NULLIF(current_setting('app.merchant_id', true), '')::bigint"
