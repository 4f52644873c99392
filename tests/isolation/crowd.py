"""A shop with thousands of members, and with as many rows of all that they leave behind."""

import os
from dataclasses import dataclass
from uuid import UUID

import psycopg

from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA, buy, person, publish, shop

MEMBERS = 3000

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

    database: str
    merchant: Merchant
    member: UUID
    name: str
    order: UUID


def filled(slug: str) -> tuple[Merchant, UUID, str, UUID]:
    """A shop with thousands of members; itself, and the one of them who has an order."""
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
    return here, ana.pk, "anastasia", bought.order
