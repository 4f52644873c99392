"""Hot queries use an index as the serving role, in a shop with thousands of members.

Under row-level security a condition may use an index only when its operator is leakproof: LIKE, ILIKE,
upper() and most of jsonb are not, and silently read the whole shop. Each query runs as the code runs it; the
plan that PostgreSQL makes for it is read.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import connection

from loyalty.core.events import queries as events
from loyalty.core.ledger import queries as ledger
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.webhooks import delivering
from loyalty.core.webhooks import queries as webhooks
from members.models import Activity, JoinTrace, Member, Order, Profile, Referral, RuleUse
from members.operations.referral_payouts import due_referrals
from members.queries import (
    activities,
    adjusting,
    belonging,
    birthdays,
    consents,
    directory,
    order_facts,
    perks,
    preferences,
    referrals,
    tiers,
    usage,
)
from members.queries.orders import of_member
from members.rules.facts import Period
from members.rules.needs import Need
from members.rules.tiers import By, Tiers
from members.rules.usage import Asked
from rewards.queries import fulfilments, places
from rewards.queries.redemptions import redemptions
from tests.cast import AT, MARA, buy, days, person, publish, shop

MEMBERS = 3000
WATCHED = ("members_", "ledger_", "events_", "rewards_", "webhooks_delivery", "campaigns_m")
ONE_ROW_EACH = ("members_comparisonbook", "members_addedmark")

# Rows as thousands of orders would leave them, written the short way.
CROWD = """
INSERT INTO members_member (id, merchant_id, status, joined_at, channel, language)
SELECT gen_random_uuid(), %(shop)s, 'active', %(at)s::timestamptz - n * interval '1 minute', 'crowd', 'sv'
  FROM generate_series(1, %(count)s) n;
CREATE TEMPORARY VIEW crowd AS SELECT * FROM members_member
 WHERE merchant_id = (SELECT current_setting('app.merchant_id')::bigint) AND channel = 'crowd';
INSERT INTO members_profile (id, merchant_id, member_id, given_name, family_name, news_by_email, news_by_sms,
                             birthday, search_given, search_family)
SELECT gen_random_uuid(), merchant_id, id, '', '', false, false,
       date '1980-01-01' + (row_number() OVER ())::int, substr(md5(id::text), 1, 6), md5(id::text)
  FROM crowd;
INSERT INTO members_identity (id, merchant_id, member_id, kind, value)
SELECT gen_random_uuid(), merchant_id, m.id, k, k || m.id
  FROM crowd m, unnest('{external,email,card}'::text[]) k;
INSERT INTO members_stats (id, merchant_id, member_id, orders_count, spend_minor)
SELECT gen_random_uuid(), merchant_id, id, 0, 0 FROM crowd;
INSERT INTO ledger_account (id, merchant_id, owner, unit, kind, balance, version)
SELECT gen_random_uuid(), merchant_id, m.id, 'points', k, 0, 0
  FROM crowd m, unnest('{available,pending,reserved,debt}'::text[]) k;
INSERT INTO ledger_transfer (id, merchant_id, key, fingerprint, kind, move, unit, owner, amount, shortfall,
                             source_kind, source, rule, actor, reason, happened_at, recorded_at)
SELECT gen_random_uuid(), merchant_id, id::text, id, 'earn', 'grant', 'points', id, 1, 0,
       'order', gen_random_uuid(), 'crowd', 'system', '', joined_at, joined_at FROM crowd;
INSERT INTO ledger_lot (id, merchant_id, account_id, transfer_id, granted, remaining, pending, expires_at)
SELECT gen_random_uuid(), t.merchant_id, a.id, t.id, 1, 1, false, t.happened_at + interval '1 year'
  FROM ledger_transfer t
  JOIN ledger_account a ON a.merchant_id = t.merchant_id AND a.owner = t.owner AND a.kind = 'available'
 WHERE t.rule = 'crowd';
INSERT INTO ledger_entry (merchant_id, transfer_id, line, account_id, unit, lot_id, amount, version,
                          balance_after, hash)
SELECT l.merchant_id, l.transfer_id, line, l.account_id, 'points', l.id, line * 2 - 1, line + 1, line, ''
  FROM ledger_lot l JOIN ledger_transfer t ON t.merchant_id = l.merchant_id AND t.id = l.transfer_id,
       generate_series(0, 1) line
 WHERE t.rule = 'crowd';
INSERT INTO events_event (merchant_id, kind, subject, actor, data, happened_at, recorded_at)
SELECT merchant_id, 'order.recorded', id, 'system', '{}', joined_at, joined_at FROM crowd;
INSERT INTO webhooks_endpoint (id, merchant_id, url, description, kinds, status, why, secret, old_secret, failures, changed_at,
                               created_at, created_by)
SELECT id, merchant_id, 'x', '', '{*}', 'active', '', '', '', 0, joined_at, joined_at, '' FROM crowd ORDER BY id LIMIT 1;
INSERT INTO webhooks_delivery (id, merchant_id, endpoint_id, event_number, kind, status, attempts, tries, due_at, created_at,
                               error, response, log)
SELECT gen_random_uuid(), merchant_id, (SELECT id FROM crowd ORDER BY id LIMIT 1), row_number() OVER (), 'x', 'delivered', 1, 1,
       joined_at, joined_at, '', '', '[]' FROM crowd;
INSERT INTO members_order (id, merchant_id, source, external_id, fingerprint, member_id, status, currency,
                           total_minor, discount_minor, points_minor, refunded_minor,
                           unassigned_refund_minor, eligible_minor, points_earned, channel, location,
                           payment_method, decision, placed_at, recorded_at)
SELECT gen_random_uuid(), merchant_id, 'api', id::text, id, id, 'recorded', 'SEK',
       100, 0, 0, 0, 0, 100, 1, '', '', '', '{}', joined_at, joined_at FROM crowd;
INSERT INTO members_orderline (merchant_id, order_id, number, kind, sku, name, category, brand, tags, quantity, amount_minor,
                               discount_minor, paid_minor, points, refunded_minor)
SELECT o.merchant_id, o.id, 1, 'product', 'x', '', '', '', '{}', 1, 100, 0, 100, 1, 0
  FROM members_order o JOIN crowd c ON c.merchant_id = o.merchant_id AND c.id = o.member_id;
INSERT INTO members_refund (id, merchant_id, source, order_external_id, external_id, fingerprint, order_id, cancels, content,
                            status, note, amount_minor, points_taken, shortfall, others, refunded_at, recorded_at)
SELECT gen_random_uuid(), merchant_id, 'api', external_id, 'crowd', id, id, false, '{}', 'refused', '', 0, 0, 0, '{}',
       placed_at, placed_at FROM members_order WHERE fingerprint IN (SELECT id FROM crowd);
INSERT INTO members_activity (id, merchant_id, source, external_id, fingerprint, kind, member_id, properties, sku, channel,
                              location, points_earned, decision, happened_at, recorded_at, status, proof_link, proof_text,
                              proof_print, flags, note, points_taken, shortfall)
SELECT gen_random_uuid(), merchant_id, 'api', id::text, id, 'review', id, '{}', 'x', '', '', 0, '{}', joined_at,
       joined_at, 'recorded', '', '', id, '{}', '', 0, 0 FROM crowd;
INSERT INTO members_ruleuse (merchant_id, source_kind, source, rule, member_id, unit, amount, units, budget, unit_cost, at)
SELECT merchant_id, 'order', gen_random_uuid(), 'capped', id, 'points', 1, 1, '', 0, joined_at FROM crowd;
INSERT INTO members_tierstanding (id, merchant_id, member_id, tier, since, valid_until, review_at, basis)
SELECT gen_random_uuid(), merchant_id, id, 'gold', joined_at, joined_at + interval '2 years',
       joined_at + interval '2 years', 'qualified' FROM crowd;
INSERT INTO members_segmentplace (id, merchant_id, member_id, segment, since, source_kind)
SELECT gen_random_uuid(), merchant_id, id, 'crowd', joined_at, '' FROM crowd;
INSERT INTO members_preferenceanswer (id, merchant_id, member_id, question, chosen, answered_at)
SELECT gen_random_uuid(), merchant_id, id, 'roast', '{dark}', joined_at FROM crowd;
INSERT INTO members_consent (id, merchant_id, member_id, purpose, given, source, proof, noted_at)
SELECT gen_random_uuid(), merchant_id, id, 'news_by_email', true, 'portal', '', joined_at FROM crowd;
INSERT INTO members_tierchange (id, merchant_id, member_id, from_tier, to_tier, direction, reason, "values", actor, changed_at)
SELECT gen_random_uuid(), merchant_id, id, '', 'gold', 'up', 'reached', '{}', 'system', joined_at FROM crowd;
INSERT INTO members_perkclaim (id, merchant_id, member_id, perk, tier, key, fingerprint, order_source, order_external_id,
                               status, note, outcome, claimed_at, claimed_by, settled_by)
SELECT gen_random_uuid(), merchant_id, id, 'stylist', 'gold', id::text, id, '', '', 'open', '', '', joined_at, '', ''
  FROM crowd;
INSERT INTO members_referral (id, merchant_id, referrer_id, friend_id, status, reasons, note, joined_at, order_id,
                              qualified_at, round)
SELECT o.id, o.merchant_id, (SELECT id FROM crowd ORDER BY id LIMIT 1), o.member_id, 'rewarded', '{}', '',
       o.placed_at, o.id, o.placed_at, 0
  FROM members_order o JOIN crowd c ON c.merchant_id = o.merchant_id AND c.id = o.member_id
 WHERE o.member_id <> (SELECT id FROM crowd ORDER BY id LIMIT 1);
INSERT INTO members_referralpayout (id, merchant_id, referral_id, member_id, order_id, role, key, unit, reward, amount, undone,
                                    cut, given, taken, shortfall, decided_at, paid_at, programme_version)
SELECT gen_random_uuid(), r.merchant_id, r.id, r.referrer_id, r.order_id, 'referrer', r.id::text, 'points', '', 1, 0, 0, 1, 0, 0,
       r.joined_at, r.joined_at, r.id
  FROM members_referral r JOIN crowd c ON c.merchant_id = r.merchant_id AND c.id = r.friend_id;
INSERT INTO members_referralcode (id, merchant_id, member_id, code, made_at)
SELECT gen_random_uuid(), merchant_id, id, upper(substr(md5(id::text), 1, 12)), joined_at FROM crowd;
INSERT INTO members_jointrace (id, merchant_id, member_id, kind, print)
SELECT gen_random_uuid(), merchant_id, id, 'device', id FROM crowd;
INSERT INTO members_adjustmentrequest (id, merchant_id, key, amount, unit, reason, status, asked_at, asked_by, expires_at,
                                       decided_at, decided_by, note)
SELECT id, merchant_id, id::text, 1, 'points', '', 'approved', joined_at, 'staff:a', joined_at, joined_at, 'staff:b', ''
  FROM crowd;
INSERT INTO members_adjustmentpart (id, merchant_id, request_id, member_id, skipped)
SELECT id, merchant_id, id, id, '' FROM crowd;
INSERT INTO members_budgetuse (merchant_id, budget, units, cost_minor)
SELECT merchant_id, id::text, 0, 0 FROM crowd;
INSERT INTO rewards_reward (id, merchant_id, handle, kind, name, description, cost_points, gift_only, value, terms,
                            product_sku, unit_cost_minor, taken, limits, audience, delivery, channels, code_valid_days,
                            position, created_at)
SELECT id, merchant_id, id::text, 'workshop', '{}', '{}', 0, false, 0, '{}', '', 0, 1, '[]', '{}', 'served', '{}', 30, 0,
       joined_at FROM crowd;
INSERT INTO rewards_redemption (id, merchant_id, key, fingerprint, member_id, reward_id, status, quantity, cost_points,
                                returned_points, value, unit_cost_minor, channel, order_external_id, source_kind,
                                reserved_at, reserved_until, reason)
SELECT id, merchant_id, id::text, id, id, id, 'committed', 1, 0, 0, 0, 0, '', '', '', joined_at, joined_at, '' FROM crowd;
INSERT INTO rewards_fulfilment (id, merchant_id, redemption_id, delivery, state, reference, opened_at, changed_at)
SELECT id, merchant_id, id, 'served', 'done', '', joined_at, joined_at FROM crowd;
INSERT INTO rewards_session (id, merchant_id, reward_id, starts_at, place, capacity, taken, book_until, created_at)
SELECT id, merchant_id, id, joined_at, '', 1, 1, joined_at, joined_at FROM crowd;
INSERT INTO rewards_booking (id, merchant_id, key, fingerprint, session_id, member_id, redemption_id, status, channel,
                             asked_at)
SELECT id, merchant_id, id::text, id, id, id, id, 'booked', '', joined_at FROM crowd;
INSERT INTO campaigns_message (id, merchant_id, member_id, kind, channel, occasion, language, data, state, reason, planned_for,
                               due_at, priority, attempts, created_at, provider, provider_id, error)
SELECT gen_random_uuid(), merchant_id, id, 'welcome', 'email', 'crowd', 'sv', '{}', 'sent', '', joined_at, joined_at, 1, 1,
       joined_at, 'email', '', '' FROM crowd;
DROP VIEW crowd
"""


@dataclass
class Crowded:
    """A shop with thousands of members, and one of them with a real order."""

    member: UUID
    name: str
    order: UUID


@pytest.fixture
def crowded(transactional_db: None) -> Iterator[Crowded]:
    for slug in ("luna", "ottos"):
        here = shop(slug)
        with acting_for(here, by=MARA):
            publish()
            ana = person("ana", given_name="Anastasia", family_name="Alm")
            bought = buy(ana, 100)
        # As the role of the functions that post, and without a check of every row: that would take most of the time.
        with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"], autocommit=True) as admin:
            with admin.transaction():
                admin.execute("SET LOCAL session_replication_role = replica; SET LOCAL ROLE loyalty_books")
                admin.execute("SELECT set_config('app.merchant_id', %s, true)", [str(here.pk)])
                for statement in CROWD.split(";"):
                    admin.execute(statement, {"shop": here.pk, "at": AT, "count": MEMBERS})
            admin.execute("ANALYZE")
    assert bought.order
    with acting_for(here, by=MARA):
        yield Crowded(ana.pk, "anastasia", bought.order)


def plans(run: Callable[[], Any]) -> list[dict[str, Any]]:
    """The plan of every SELECT that `run` sends."""
    found = []

    def explain(execute: Callable, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.lstrip().upper().startswith(("SELECT", "WITH")) and "set_config" not in sql:
            with context["connection"].cursor() as cursor:
                cursor.cursor.execute(f"EXPLAIN (FORMAT JSON, COSTS OFF) {sql}", params)
                plan = cursor.cursor.fetchone()[0]
            found.append((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        run()
    assert found, "it asked the database nothing"
    return found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of a plan."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def slow_steps(run: Callable[[], Any], *, paged: bool = False) -> list[str]:
    """Steps that read a whole shop: a table read without an index, or by nothing more than the merchant.

    With `paged` an index may be walked in its order from the merchant's first row on, as long as nothing is sorted.
    Tables with one row of each shop are read whole among a handful of shops: no index saves anything there.
    """
    slow = []
    for plan in plans(run):
        for node in nodes(plan):
            kind, table = node["Node Type"], node.get("Relation Name", node.get("Index Name", ""))
            condition = node.get("Index Cond", "").replace("merchant_id", "")
            if kind == "Seq Scan" and table.startswith(WATCHED) and table not in ONE_ROW_EACH:
                slow.append(f"reads all of {table}")
            if kind in {"Index Scan", "Index Only Scan", "Bitmap Index Scan"} and not paged:
                by_more = any(word in condition for word in (" AND ", "_id =", "id =", "id >"))
                if not by_more and "merchants" not in table and "programme" not in table:
                    slow.append(
                        f"reads the whole shop through {node['Index Name']}: {node.get('Index Cond')}"
                    )
            if kind == "Sort" and paged:
                slow.append(f"sorts by {node['Sort Key']}")
    return slow


def _qualifying(member: UUID, by: str) -> Any:
    """What a ladder counts of one member."""
    zone = ZoneInfo("Europe/Stockholm")
    return tiers.known([member], tiers=Tiers(by=By(by), kinds=("review",)), at=AT, zone=zone)


def test_hot_queries_use_an_index(crowded: Crowded) -> None:
    member, soon = crowded.member, AT + days(400)
    orders = Order.objects.filter(member=member).order_by("-placed_at")
    named = {0: ("external", "ana"), 1: ("id", str(member))}
    occasion = usage.Occasion(0, member, AT, ("api", "x"))
    periods = {"capped": (Period.DAY, Period.LIFETIME)}
    asked = Asked(
        frozenset(Need), periods, frozenset({"capped"}), ("pot",), {"purchase": days(9), "review": days(9)}
    )
    hot: dict[str, Callable[[], Any]] = {
        "identity": lambda: directory.by_identity("external", "ana"),
        "start of a name": lambda: list(Profile.objects.filter(search_given__begins="anasta")),
        "what staff type": lambda: list(directory.members(text="anasta")[:50]),
        "rows of a list": lambda: directory.rows(list(Member.objects.filter(pk=member))),
        "order facts": lambda: order_facts.look_up(named),
        "what rules compare": lambda: usage.sheet(asked, [occasion], ZoneInfo("Europe/Stockholm")),
        "what an order counts for": lambda: list(RuleUse.objects.filter(source=crowded.order)),
        "a member's redemptions": lambda: list(redemptions(member=member)[:50]),
        "orders of a member and those merged": lambda: list(of_member(member)[:50]),
        "a member's places": lambda: list(places.bookings(member=member)[:50]),
        "a member's activities": lambda: list(activities.of_member(member)[:50]),
        "an activity by its name": lambda: Activity.objects.filter(source="api", external_id="x").first(),
        "an order by its name": lambda: Order.objects.filter(source="api", external_id="x").first(),
        "a member's orders": lambda: list(orders[:50]),
        "balance": lambda: ledger.balance(member),
        "balance as of": lambda: ledger.balance_as_of(member, at=AT),
        "lots to spend": lambda: list(ledger.lots(member)),
        "expiring": lambda: ledger.expiring(member, until=soon),
        "statement": lambda: ledger.statement(member),
        "movements": lambda: list(ledger.transfers(member)[:50]),
        "lots of an order": lambda: ledger.lots_of_source(crowded.order),
        "due to expire": lambda: ledger.due_to_expire(at=AT - days(1000), limit=10),
        "feed": lambda: list(events.feed(after=(10**9, 0))[:100]),
        "a member's story": lambda: list(events.about(member)[:50]),
        "what a member told": lambda: list(preferences.answers_of(member)),
        "what a member agreed to": lambda: list(consents.consents_of(member)),
    }
    pages: dict[str, Callable[[], Any]] = {
        "list of members": lambda: list(directory.members()[:50]),
        "next page of members": lambda: list(directory.members(before=(AT, member))[:50]),
        "what staff have to hand over": lambda: list(fulfilments.queue()[:50]),
        "audit log": lambda: list(events.log()[:50]),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    found = [f"{name}: {step}" for name, steps in slow.items() for step in steps]
    assert found == []


def test_tiers_use_an_index(crowded: Crowded) -> None:
    member = crowded.member
    hot: dict[str, Callable[[], Any]] = {
        "what qualifies by spend": lambda: _qualifying(member, "spend"),
        "what qualifies by points": lambda: _qualifying(member, "points"),
        "what qualifies by credits": lambda: _qualifying(member, "credits"),
        "what qualifies by activities": lambda: _qualifying(member, "activities"),
        "tiers whose time is over": lambda: tiers.due(at=AT - days(1000), most=10),
        "a tier that somebody has": lambda: tiers.anybody_in("silver"),
        "how a member got their tier": lambda: list(tiers.history(member)[:20]),
        "what a member claimed": lambda: list(perks.claims_of(member)[:20]),
    }
    pages: dict[str, Callable[[], Any]] = {
        "claims that wait": lambda: list(perks.to_serve()[:50]),
        "everybody, page by page": lambda: tiers.members_after(member, most=50),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []


def test_referrals_birthdays_and_queues_use_an_index(crowded: Crowded) -> None:
    member, soon = crowded.member, AT + days(400)
    hot: dict[str, Callable[[], Any]] = {
        "who a code leads to": lambda: referrals.owner_of_code("K7MPQ2XA"),
        "who was brought": lambda: list(Referral.objects.filter(friend__in=[member, crowded.order])),
        "whom a member brought": lambda: list(referrals.brought_by(member)[:50]),
        "friends who count": lambda: referrals.counted([member], since=AT - days(365), until=soon),
        "referrals of an order": lambda: referrals.by_order(crowded.order),
        "referrals that are due": lambda: due_referrals(at=AT - days(1000), most=10),
        "who has the same device": lambda: list(JoinTrace.objects.filter(print__in=[member, crowded.order])),
        "the same proof": lambda: activities.sent_by_others(member, member=member),
        "birthdays": lambda: birthdays.due(at=AT, zone=ZoneInfo("Europe/Stockholm"), grace_days=7, limit=9),
    }
    pages: dict[str, Callable[[], Any]] = {
        "activities that wait": lambda: list(activities.every("waiting").order_by("-id")[:50]),
        "referrals that wait": lambda: list(referrals.every("held").order_by("-id")[:50]),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []


def test_requests_and_dates_use_an_index(crowded: Crowded) -> None:
    member = crowded.member
    hot: dict[str, Callable[[], Any]] = {
        "changes by hand about a member": lambda: list(adjusting.about(member)),
        "members of a request": lambda: adjusting.parts([member]),
        "how many a request is about": lambda: adjusting.sizes([member]),
        "who has a place on a date": lambda: list(places.bookings(session=member)[:50]),
        "a member's segments": lambda: belonging.segments_of(member, at=AT),
    }
    pages: dict[str, Callable[[], Any]] = {
        "requests that wait": lambda: list(adjusting.waiting(at=AT)[:50]),
        "dates to come": lambda: list(places.dates(after=AT)[:50]),
        "dates that were": lambda: list(places.dates(until=AT)[:20]),
        "segments that there are": lambda: belonging.segment_names(),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []


def test_webhooks_use_an_index(crowded: Crowded) -> None:
    endpoint = webhooks.endpoints()[0].pk
    hot: dict[str, Callable[[], Any]] = {
        "what is due to go out": lambda: delivering.claim(at=AT - days(36_000), most=10),
        "how many failed since": lambda: webhooks.failed_since(endpoint, AT),
    }
    pages: dict[str, Callable[[], Any]] = {
        "a webhook's deliveries": lambda: list(webhooks.deliveries(endpoint)[:50]),
        "those that failed": lambda: list(webhooks.deliveries(endpoint, status="failed")[:50]),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []


def test_twin_what_cannot_use_an_index_is_reported(crowded: Crowded) -> None:
    by_prefix = slow_steps(lambda: list(Profile.objects.filter(search_given__startswith="anasta")))
    by_pattern = slow_steps(lambda: list(Profile.objects.filter(search_given__contains="anasta")))
    by_function = slow_steps(lambda: list(Profile.objects.filter(search_given__iexact="anastasia")))
    assert by_prefix
    assert by_pattern
    assert by_function
    assert slow_steps(lambda: list(Member.objects.order_by("channel")[:50]), paged=True)
