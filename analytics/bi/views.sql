-- What a tool for reports reads: one shop's rows, without who anybody is.
--
-- Each view says whose rows it shows, and row-level security says it again: the views belong to loyalty_views, which may
-- see the rows of the login's shop only (rights.sql). A view is a barrier: nothing a reader writes into a query is asked
-- about a row before the row is known to be theirs. Somebody who was merged appears under the member they became.
--
-- PostgreSQL refuses to change a column that a view reads. A migration that has to begins with drop.sql and ends with this
-- file, comments.sql and grants.sql, as 0003 runs them.

CREATE VIEW bi.shop WITH (security_barrier) AS
SELECT s.name, s.slug AS address, s.currency, {decimals} AS currency_decimals, s.timezone, s.country, s.language
  FROM merchants_merchant s WHERE s.id = (SELECT bi.shop_of_login());

CREATE VIEW bi.places WITH (security_barrier) AS
SELECT l.code AS location, l.name, l.closed_at
  FROM merchants_location l WHERE l.merchant_id = (SELECT bi.shop_of_login());

CREATE VIEW bi.members WITH (security_barrier) AS
SELECT m.id AS member_id, m.status, m.joined_at, (m.joined_at AT TIME ZONE s.timezone)::date AS joined_on,
       m.channel AS joined_by, m.language, coalesce(t.tier, '') AS tier, t.since AS tier_since,
       t.valid_until AS tier_until, coalesce(f.orders_count, 0) AS orders, coalesce(f.spend_minor, 0) AS spent_minor,
       f.first_order_at, f.last_order_at, coalesce(av.balance, 0) AS points_available,
       coalesce(pe.balance, 0) AS points_pending
  FROM members_member m
  JOIN merchants_merchant s ON s.id = m.merchant_id
  LEFT JOIN members_stats f ON f.merchant_id = m.merchant_id AND f.member_id = m.id
  LEFT JOIN members_tierstanding t ON t.merchant_id = m.merchant_id AND t.member_id = m.id
  LEFT JOIN ledger_account av ON av.merchant_id = m.merchant_id AND av.owner = m.id AND av.unit = 'points'
                             AND av.kind = 'available'
  LEFT JOIN ledger_account pe ON pe.merchant_id = m.merchant_id AND pe.owner = m.id AND pe.unit = 'points'
                             AND pe.kind = 'pending'
 WHERE m.merchant_id = (SELECT bi.shop_of_login()) AND m.status <> 'merged';

CREATE VIEW bi.tier_changes WITH (security_barrier) AS
SELECT t.id AS change_id, coalesce(m.merged_into_id, t.member_id) AS member_id, t.from_tier, t.to_tier, t.direction,
       t.reason, t.changed_at
  FROM members_tierchange t
  JOIN members_member m ON m.merchant_id = t.merchant_id AND m.id = t.member_id
 WHERE t.merchant_id = (SELECT bi.shop_of_login());

CREATE VIEW bi.orders WITH (security_barrier) AS
SELECT o.id AS order_id, o.external_id AS number, o.source, coalesce(m.merged_into_id, o.member_id) AS member_id,
       o.status, o.placed_at, (o.placed_at AT TIME ZONE s.timezone)::date AS placed_on, o.recorded_at, o.currency,
       o.total_minor, o.refunded_minor, o.total_minor - o.refunded_minor AS net_minor, o.discount_minor,
       o.points_minor AS paid_with_points_minor, o.points_earned, o.channel, o.location, o.payment_method
  FROM members_order o
  JOIN merchants_merchant s ON s.id = o.merchant_id
  LEFT JOIN members_member m ON m.merchant_id = o.merchant_id AND m.id = o.member_id
 WHERE o.merchant_id = (SELECT bi.shop_of_login());

CREATE VIEW bi.order_lines WITH (security_barrier) AS
SELECT l.order_id, l.number AS line, l.kind, l.sku, l.name AS product, l.category, l.brand, l.quantity, l.amount_minor,
       l.discount_minor, l.paid_minor, l.refunded_minor, l.points
  FROM members_orderline l WHERE l.merchant_id = (SELECT bi.shop_of_login());

CREATE VIEW bi.refunds WITH (security_barrier) AS
SELECT r.id AS refund_id, r.external_id AS number, r.order_id, r.status, r.cancels AS cancels_order, r.amount_minor,
       r.points_taken, r.shortfall AS points_missing, r.refunded_at,
       (r.refunded_at AT TIME ZONE s.timezone)::date AS refunded_on
  FROM members_refund r JOIN merchants_merchant s ON s.id = r.merchant_id
 WHERE r.merchant_id = (SELECT bi.shop_of_login());

CREATE VIEW bi.entries WITH (security_barrier) AS
SELECT e.transfer_id, e.line, coalesce(m.merged_into_id, a.owner) AS member_id, t.happened_at,
       (t.happened_at AT TIME ZONE s.timezone)::date AS happened_on, t.recorded_at, e.unit, a.kind AS account, e.amount,
       e.balance_after, t.kind, t.rule, t.source_kind, t.source AS source_id, e.lot_id
  FROM ledger_entry e
  JOIN ledger_account a ON a.merchant_id = e.merchant_id AND a.id = e.account_id AND a.owner IS NOT NULL
  JOIN ledger_transfer t ON t.merchant_id = e.merchant_id AND t.id = e.transfer_id
  JOIN merchants_merchant s ON s.id = e.merchant_id
  LEFT JOIN members_member m ON m.merchant_id = e.merchant_id AND m.id = a.owner
 WHERE e.merchant_id = (SELECT bi.shop_of_login());

CREATE VIEW bi.rewards WITH (security_barrier) AS
SELECT r.id AS reward_id, r.handle, coalesce(r.name ->> s.language, r.name ->> 'en', r.handle) AS name, r.kind,
       r.cost_points, r.unit_cost_minor, r.stock, r.taken, r.available_from, r.available_until, r.retired_at
  FROM rewards_reward r JOIN merchants_merchant s ON s.id = r.merchant_id
 WHERE r.merchant_id = (SELECT bi.shop_of_login());

CREATE VIEW bi.redemptions WITH (security_barrier) AS
SELECT r.id AS redemption_id, coalesce(m.merged_into_id, r.member_id) AS member_id, r.reward_id, r.status, r.quantity,
       r.cost_points, r.returned_points, r.unit_cost_minor, r.channel, r.order_external_id AS order_number,
       r.source_kind, r.source AS source_id, r.reserved_at AS taken_at,
       (r.reserved_at AT TIME ZONE s.timezone)::date AS taken_on, r.settled_at, r.reversed_at
  FROM rewards_redemption r
  JOIN merchants_merchant s ON s.id = r.merchant_id
  JOIN members_member m ON m.merchant_id = r.merchant_id AND m.id = r.member_id
 WHERE r.merchant_id = (SELECT bi.shop_of_login());

CREATE VIEW bi.campaigns WITH (security_barrier) AS
SELECT c.id AS campaign_id, c.name, c.kind, c.state, c.segment, c.tier, c.starts_at, c.ends_at, c.launched_at,
       c.ended_at, c.budget_points, c.budget_minor, c.created_at
  FROM campaigns_campaign c WHERE c.merchant_id = (SELECT bi.shop_of_login());

CREATE VIEW bi.campaign_gifts WITH (security_barrier) AS
SELECT c.id AS campaign_id, u.rule, coalesce(m.merged_into_id, u.member_id) AS member_id, u.source_kind,
       u.source AS source_id, u.unit, u.amount AS given, u.units AS remaining, u.at AS given_at
  FROM campaigns_campaign c
  JOIN members_ruleuse u ON u.merchant_id = c.merchant_id AND u.rule = ANY (c.rule_ids)
  LEFT JOIN members_member m ON m.merchant_id = u.merchant_id AND m.id = u.member_id
 WHERE c.merchant_id = (SELECT bi.shop_of_login());

CREATE VIEW bi.segments WITH (security_barrier) AS
SELECT g.handle AS segment, g.name, g.kind, g.state, g.size, g.looked_at
  FROM campaigns_segment g WHERE g.merchant_id = (SELECT bi.shop_of_login());

CREATE VIEW bi.segment_members WITH (security_barrier) AS
SELECT p.segment, p.member_id, p.since, p.until
  FROM members_segmentplace p
 WHERE p.merchant_id = (SELECT bi.shop_of_login()) AND (p.until IS NULL OR p.until > now());

CREATE VIEW bi.answers WITH (security_barrier) AS
SELECT a.id AS answer_id, v.handle AS survey, v.name AS survey_name, coalesce(m.merged_into_id, a.member_id) AS member_id,
       a.round, a.score, a.given, a.tier, a.came_by, a.points, a.answered_at,
       (a.answered_at AT TIME ZONE s.timezone)::date AS answered_on
  FROM campaigns_surveyanswer a
  JOIN campaigns_survey v ON v.merchant_id = a.merchant_id AND v.id = a.survey_id
  JOIN merchants_merchant s ON s.id = a.merchant_id
  LEFT JOIN members_member m ON m.merchant_id = a.merchant_id AND m.id = a.member_id
 WHERE a.merchant_id = (SELECT bi.shop_of_login());

-- A large shop's overview and what it owes are kept as facts, too, but are no sums of days or of stretches.
CREATE VIEW bi.facts WITH (security_barrier) AS
SELECT f.grain, f.first AS first_day, f.cut, f.name, f.measure, f.amount
  FROM analytics_fact f
 WHERE f.merchant_id = (SELECT bi.shop_of_login()) AND f.family NOT IN ('owed', 'visitors');
