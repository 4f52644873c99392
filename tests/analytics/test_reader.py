"""Tools for reports read one shop, without who anybody is; the operator lets them in, and the manual says what they see."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql

from analytics.models import Fact
from analytics.operations.owing import keep_owed
from analytics.operations.reading import drop_reader
from analytics.queries import freshness
from analytics.queries.described import chapter, views
from analytics.queries.gathering import MEASURES
from analytics.queries.sums import reader as sums_of
from analytics.queries.telling import figure
from analytics.rules.calendar import Grain, stretch
from loyalty.core.events.models import Event
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy import readers
from loyalty.core.tenancy.roles import READER, VIEWS
from loyalty.core.tenancy.scope import acting_for
from members.operations.merging import merge
from members.operations.privacy import erase_member
from tests.analytics.conftest import NOW, Login, Two, admin, admin_dsn, customer, everything, fill
from tests.cast import MARA, OTTO, buy

pytestmark = pytest.mark.race
SECRETS = (
    "Anneliese",
    "Almqvist",
    "anneliese@example.com",
    "+46701234567",
    "CARD77001",
    "kund-4711",
    "1981-05-17",
)


# --- what they read -----------------------------------------------------------------------------------------


def test_each_reader_sees_their_own_shop(two: Two, login: Callable[[Merchant], Login]) -> None:
    luna, otto = login(two.luna), login(two.otto)
    assert luna.rows("SELECT address, currency, currency_decimals, timezone FROM bi.shop") == [
        ("luna", "SEK", 2, "Europe/Stockholm")
    ]
    assert [number for (number,) in luna.rows("SELECT number FROM bi.orders ORDER BY 1")] == [
        "luna-1",
        "luna-2",
        "luna-3",
    ]
    assert [number for (number,) in otto.rows("SELECT number FROM orders ORDER BY 1")] == [
        "ottos-1",
        "ottos-2",
    ]
    assert luna.rows("SELECT member_id FROM bi.members") == [(two.ana.pk,)]
    assert otto.rows("SELECT member_id FROM bi.members") == [(two.olle.pk,)]


def test_what_they_read_adds_up_to_what_the_pages_say(two: Two, luna_reads: Login) -> None:
    march = stretch(Grain.MONTH, date(2026, 3, 15))
    with acting_for(two.luna, by=MARA):
        read = sums_of(zone=two.luna.timezone, at=NOW)
        pages = {
            key: figure(read, key, march).value
            for key in ("revenue", "orders", "points_issued", "reward_cost")
        }
        held = balance(two.ana.pk)
    assert luna_reads.rows(
        "SELECT sum(net_minor), count(*) FROM bi.orders WHERE status = 'recorded' AND placed_on >= '2026-03-01'"
    ) == [(pages["revenue"], pages["orders"])]
    assert luna_reads.rows(
        "SELECT sum(amount) FILTER (WHERE measure = 'revenue'), sum(amount) FILTER (WHERE measure = 'orders'),"
        " sum(amount) FILTER (WHERE measure = 'issued_in') - sum(amount) FILTER (WHERE measure = 'issued_out')"
        " FROM bi.facts WHERE grain = 'day' AND cut = ''"
    ) == [(pages["revenue"], pages["orders"], pages["points_issued"])]
    by_account = dict(
        luna_reads.rows("SELECT account, sum(amount) FROM bi.entries WHERE unit = 'points' GROUP BY 1")
    )
    assert by_account["available"] == held.available
    assert luna_reads.rows("SELECT points_available, orders, spent_minor FROM bi.members") == [
        (held.available, 2, 24_000)
    ]
    assert luna_reads.rows("SELECT amount_minor, refunded_on FROM bi.refunds") == [(1000, date(2026, 3, 7))]
    assert luna_reads.rows("SELECT sum(paid_minor), count(*) FROM bi.order_lines") == [(28_000, 3)]
    assert luna_reads.rows(
        "SELECT r.name, d.status, d.cost_points FROM bi.redemptions d JOIN bi.rewards r USING (reward_id)"
    ) == [("Kopp", "committed", 40)]


def test_who_was_merged_or_erased_stays_in_the_sums_and_nowhere_else(two: Two, luna_reads: Login) -> None:
    with acting_for(two.luna, by=MARA):
        again = customer("kund-4712")
        buy(again, 10, external_id="luna-4")
        merge(keep=two.ana.pk, remove=again.pk, at=NOW)
    assert luna_reads.rows(
        "SELECT count(*), sum(net_minor) FROM bi.orders o JOIN bi.members USING (member_id)"
    ) == [(3, 25_000)]
    assert luna_reads.rows("SELECT status FROM bi.members") == [("active",)]
    with acting_for(two.luna, by=MARA):
        erase_member(member=two.ana.pk, at=NOW)
    assert luna_reads.rows("SELECT status, points_available FROM bi.members") == [("erased", 0)]
    assert luna_reads.rows("SELECT sum(amount) FROM bi.entries WHERE account = 'available'") == [(0,)]
    assert luna_reads.rows("SELECT sum(net_minor) FROM bi.orders") == [(28_000,)]


def test_facts_are_the_sums_behind_figures_and_nothing_else(
    two: Two, luna_reads: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        freshness, "LIVE_BELOW", 0
    )  # a large shop keeps what it owes and who came lately as well
    with acting_for(two.luna, by=MARA):
        buy(two.ana, 20, external_id="luna-5", at=NOW)
        fill()
        assert keep_owed(at=NOW)
        kept = set(Fact.objects.values_list("family", "grain"))
    assert {("owed", "books"), ("owed", "month"), ("visitors", "last7")} <= kept
    told = luna_reads.rows("SELECT DISTINCT grain, measure FROM bi.facts")
    assert {grain for grain, _measure in told} == set(Grain)
    assert {measure for _grain, measure in told} <= set(MEASURES)
    assert min(luna_reads.rows("SELECT DISTINCT first_day FROM bi.facts")) == (date(2026, 1, 1),)


def test_nobody_can_be_known_from_what_they_read(two: Two, luna_reads: Login) -> None:
    text = everything(luna_reads)
    assert "luna-1" in text
    assert [secret for secret in SECRETS if secret in text] == []
    assert "Olle" not in text
    assert str(two.olle.pk) not in text


def test_twin_the_shop_itself_knows_all_of_it(two: Two) -> None:
    with acting_for(two.luna, by=MARA), connection.cursor() as cursor:
        cursor.execute(
            "SELECT p::text FROM members_profile p UNION ALL SELECT i::text FROM members_identity i"
        )
        text = str(cursor.fetchall())
    assert [secret for secret in SECRETS if secret not in text] == []


def test_the_role_behind_the_views_has_no_right_to_what_is_personal(two: Two) -> None:
    rights = (
        "SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped"
        " AND has_column_privilege(%s, c.oid, a.attnum, 'SELECT')"
    )
    with admin() as asking:
        seen = {name for (name,) in asking.execute(rights, [VIEWS])}
        by_group = asking.execute(rights, [READER]).fetchall()
    assert "members_order.total_minor" in seen
    assert by_group == []
    tables = {name.partition(".")[0] for name in seen}
    assert not tables & {
        "members_profile",
        "members_identity",
        "campaigns_surveytext",
        "people_user",
        "rewards_voucher",
    }
    typed = {
        "reason",
        "note",
        "proof",
        "decision",
        "properties",
        "user_id",
        "code",
        "key",
        "actor",
        "data",
        "content",
    }
    assert {name for name in seen if name.partition(".")[2] in typed} == {
        "members_tierchange.reason",  # one of a few words of the house
        "merchants_location.code",
    }


# --- the operator's command ---------------------------------------------------------------------------------


def test_the_operator_makes_lists_and_drops_readers_and_the_shop_is_told(
    two: Two, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("reader", "make", "luna")
    said = dict(re.findall(r"^(\w+): +(\S+)$", capsys.readouterr().out, re.MULTILINE))
    made = Login(said["User"], said["Password"])
    assert made.rows("SELECT count(*) FROM bi.orders") == [(3,)]
    call_command("reader", "list")
    assert re.search(rf"^{made.role} .* luna$", capsys.readouterr().out, re.MULTILINE)
    with made.connect() as reading:
        call_command("reader", "drop", made.role)
        with pytest.raises(psycopg.OperationalError):
            reading.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        made.connect()
    with acting_for(two.luna, by=MARA):
        assert [(event.kind, event.actor, event.data) for event in Event.objects.filter(kind__startswith="reader.")
                .order_by("pk")] == [("reader.made", "operator", {"role": made.role}),
                                     ("reader.dropped", "operator", {"role": made.role})]  # fmt: skip
    with acting_for(two.otto, by=OTTO):
        assert not Event.objects.filter(kind__startswith="reader.").exists()


def test_the_command_says_what_is_wrong(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    for asked, said in (
        (["make", "nowhere"], "no shop with the address nowhere"),
        (["drop", "loyalty_app"], "no reader called loyalty_app"),
        (["drop", "loyalty_reader_nobody"], "no reader called loyalty_reader_nobody"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("reader", *asked)
    monkeypatch.delenv("DATABASE_ADMIN_URL")
    with pytest.raises(CommandError, match="Set DATABASE_ADMIN_URL"):
        call_command("reader", "make", "luna")


def test_only_readers_can_be_dropped(two: Two) -> None:
    for role in ("loyalty_app", "loyalty_views", "postgres"):
        with pytest.raises(readers.NoSuchReader):
            drop_reader(role=role, admin_dsn=admin_dsn(), at=NOW)
    with admin() as asking:
        kept = asking.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'loyalty_app'").fetchone()
    assert kept == (True,)


def test_a_reader_that_could_not_be_dropped_is_shut_out_and_dropped_later(
    two: Two, login: Callable[[Merchant], Login]
) -> None:
    made, others = login(two.luna), login(two.otto)
    with admin() as server:
        server.execute(sql.SQL("GRANT SELECT ON bi.shop TO {}").format(sql.Identifier(made.role)))
    with pytest.raises(CommandError, match="refused"):
        call_command("reader", "drop", made.role)
    with pytest.raises(psycopg.OperationalError):
        made.connect()
    with admin() as server:
        server.execute(sql.SQL("REVOKE SELECT ON bi.shop FROM {}").format(sql.Identifier(made.role)))
        server.execute(
            "DELETE FROM bi.login WHERE role = %s", [others.role]
        )  # as if of another database here
    call_command("reader", "drop", made.role)
    with pytest.raises(CommandError, match="no reader"):
        call_command("reader", "drop", made.role)
    with pytest.raises(CommandError, match="no reader"):
        call_command("reader", "drop", others.role)
    with admin() as server:
        left = server.execute(
            "SELECT rolname FROM pg_roles WHERE rolname IN (%s, %s)", [made.role, others.role]
        )
        assert left.fetchall() == [(others.role,)]
        server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(others.role)))
    with acting_for(two.luna, by=MARA):
        assert Event.objects.filter(kind="reader.dropped").count() == 1


# --- what is written about it -------------------------------------------------------------------------------


def test_every_view_and_column_is_explained(two: Two) -> None:
    found = views()
    assert len(found) > 12
    bare = [view.name for view in found if not view.meaning]
    bare += [f"{view.name}.{one.name}" for view in found for one in view.columns if not one.meaning]
    assert bare == []
    unitless = [
        f"{view.name}.{one.name}" for view in found for one in view.columns
        if one.name.endswith("_minor") and "minor units" not in one.meaning
    ]  # fmt: skip
    assert unitless == []


def test_the_manual_says_what_the_database_says(two: Two) -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "bi.md").read_text()
    begin, end = "<!-- written by `manage.py reader describe` -->\n", "<!-- end -->"
    assert text.partition(begin)[2].partition(end)[0] == chapter()
