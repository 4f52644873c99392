"""What must hold between orders and the books; run with the ledger's own checks."""

from django.utils.translation import gettext_lazy as _

from loyalty.core.ledger.checks import register_check

_ORDERS = """
SELECT o.merchant_id, o.id, format('%s points earned, %s granted', o.points_earned, coalesce(g.amount, 0))
  FROM members_order o
  LEFT JOIN (SELECT t.merchant_id, t.source, sum(t.amount) AS amount
               FROM ledger_transfer t
              WHERE {merchant:t} AND t.source_kind = 'order' AND t.move = 'grant' AND t.kind = 'earn'
                AND t.unit = 'points'
              GROUP BY t.merchant_id, t.source) g ON g.merchant_id = o.merchant_id AND g.source = o.id
 WHERE {merchant:o} AND o.points_earned <> coalesce(g.amount, 0)
"""
_ACTIVITIES = """
SELECT d.merchant_id, d.id, format('%s points earned, %s granted', d.points_earned, coalesce(g.amount, 0))
  FROM members_activity d
  LEFT JOIN (SELECT t.merchant_id, t.source, sum(t.amount) AS amount
               FROM ledger_transfer t
              WHERE {merchant:t} AND t.source_kind = 'activity' AND t.move = 'grant' AND t.kind = 'earn'
                AND t.unit = 'points'
              GROUP BY t.merchant_id, t.source) g ON g.merchant_id = d.merchant_id AND g.source = d.id
 WHERE {merchant:d} AND d.points_earned <> coalesce(g.amount, 0)
"""
_UNDONE = """
SELECT d.merchant_id, d.id, format('%s: %s points earned, %s taken back, %s missing, the books say %s', d.status,
                                   d.points_earned, d.points_taken, d.shortfall, coalesce(b.points, 0))
  FROM members_activity d
  LEFT JOIN (SELECT t.merchant_id, t.source, sum(t.amount) AS points FROM ledger_transfer t
              WHERE {merchant:t} AND t.kind = 'undo' AND t.unit = 'points' GROUP BY t.merchant_id, t.source) b
    ON b.merchant_id = d.merchant_id AND b.source = d.id
 WHERE {merchant:d} AND (d.points_taken <> coalesce(b.points, 0)
    OR d.points_taken + d.shortfall <> CASE WHEN d.status = 'undone' THEN d.points_earned ELSE 0 END
    OR d.status IN ('waiting', 'refused') AND d.points_earned <> 0)
"""
_REFUNDS = """
SELECT o.merchant_id, o.id, format('refunds took %s points, the books %s', coalesce(r.points, 0), coalesce(b.points, 0))
  FROM members_order o
  LEFT JOIN (SELECT f.merchant_id, f.order_id, sum(f.points_taken) AS points FROM members_refund f
              WHERE {merchant:f} AND f.order_id IS NOT NULL GROUP BY f.merchant_id, f.order_id) r
    ON r.merchant_id = o.merchant_id AND r.order_id = o.id
  LEFT JOIN (SELECT t.merchant_id, t.source, sum(t.amount) AS points FROM ledger_transfer t
              WHERE {merchant:t} AND t.source_kind = 'order' AND t.kind = 'refund'
                AND t.unit = 'points'
              GROUP BY t.merchant_id, t.source) b ON b.merchant_id = o.merchant_id AND b.source = o.id
 WHERE {merchant:o} AND coalesce(r.points, 0) <> coalesce(b.points, 0)
"""
# The other units an order or activity gave by its decision, against what was granted; and what its refunds took.
_UNITS = """
SELECT coalesce(d.merchant_id, g.merchant_id), coalesce(d.id, g.source),
       format('%s: %s decided, %s granted', coalesce(d.unit, g.unit), coalesce(d.amount, 0), coalesce(g.amount, 0))
  FROM (SELECT x.merchant_id, x.id, e->>'unit' AS unit, (e->>'amount')::bigint AS amount
          FROM (SELECT merchant_id, id, member_id, decision FROM members_order y WHERE {merchant:y}
                 UNION ALL SELECT merchant_id, id, member_id, decision FROM members_activity z WHERE {merchant:z}) x
         CROSS JOIN LATERAL jsonb_array_elements(x.decision->'effects') e
         WHERE x.member_id IS NOT NULL AND e->>'type' = 'earn' AND e->>'unit' <> 'points') d
  FULL JOIN (SELECT t.merchant_id, t.source, t.unit, sum(t.amount) AS amount FROM ledger_transfer t
              WHERE {merchant:t} AND t.source_kind IN ('order', 'activity') AND t.move = 'grant' AND t.kind = 'earn'
                AND t.unit <> 'points' GROUP BY t.merchant_id, t.source, t.unit) g
    ON g.merchant_id = d.merchant_id AND g.source = d.id AND g.unit = d.unit
 WHERE coalesce(d.amount, 0) <> coalesce(g.amount, 0)
 UNION ALL
SELECT coalesce(r.merchant_id, b.merchant_id), coalesce(r.order_id, b.source),
       format('%s: refunds took %s, the books %s', coalesce(r.unit, b.unit), coalesce(r.taken, 0), coalesce(b.taken, 0))
  FROM (SELECT f.merchant_id, f.order_id, o.key AS unit, sum((o.value->>0)::bigint) AS taken FROM members_refund f
         CROSS JOIN LATERAL jsonb_each(f.others) o
         WHERE {merchant:f} AND f.order_id IS NOT NULL GROUP BY f.merchant_id, f.order_id, o.key) r
  FULL JOIN (SELECT t.merchant_id, t.source, t.unit, sum(t.amount) AS taken FROM ledger_transfer t
              WHERE {merchant:t} AND t.source_kind = 'order' AND t.kind = 'refund' AND t.unit <> 'points'
              GROUP BY t.merchant_id, t.source, t.unit) b
    ON b.merchant_id = r.merchant_id AND b.source = r.order_id AND b.unit = r.unit
 WHERE coalesce(r.taken, 0) <> coalesce(b.taken, 0)
"""
# A full card spent its stamps, and has them back exactly when it was reopened.
_CARDS = """
SELECT c.merchant_id, c.id, format('%s stamps, %s spent, %s given back', c.stamps, coalesce(t.spent, 0),
       coalesce(t.back, 0))
  FROM members_fullcard c
  LEFT JOIN (SELECT x.merchant_id, x.source, sum(x.amount) FILTER (WHERE x.move = 'spend') AS spent,
                    sum(x.amount) FILTER (WHERE x.move = 'give_back') AS back
               FROM ledger_transfer x WHERE {merchant:x} AND x.source_kind = 'card' GROUP BY x.merchant_id, x.source) t
    ON t.merchant_id = c.merchant_id AND t.source = c.id
 WHERE {merchant:c}
   AND (coalesce(t.spent, 0) <> c.stamps
        OR coalesce(t.back, 0) <> CASE WHEN c.reopened_at IS NULL THEN 0 ELSE c.stamps END)
"""
_BUDGETS = """
SELECT coalesce(b.merchant_id, u.merchant_id), coalesce(b.budget, u.budget),
       format('%s units at %s are spent, %s at %s are counted', b.units, b.cost_minor, u.units, u.cost)
  FROM (SELECT * FROM members_budgetuse x WHERE {merchant:x}) b
  FULL JOIN (SELECT y.merchant_id, y.budget, sum(y.units) AS units, sum(y.units * y.unit_cost) AS cost
               FROM members_ruleuse y WHERE {merchant:y} AND y.budget <> '' GROUP BY y.merchant_id, y.budget) u
    ON u.merchant_id = b.merchant_id AND u.budget = b.budget
 WHERE coalesce(b.units, 0) <> coalesce(u.units, 0) OR coalesce(b.cost_minor, 0) <> coalesce(u.cost, 0)
"""
# What a live order counts for by its decision, against what is counted: nothing missing, nothing too much, for whoever
# the member is by now, and all of it as long as nothing came back.
_USES = """
SELECT coalesce(o.merchant_id, u.merchant_id), coalesce(o.id, u.source),
       format('rule %s gave %s, %s of %s are counted', coalesce(o.rule, u.rule), o.amount, u.units, u.amount)
  FROM (SELECT d.merchant_id, d.id, c.rule, (r.reason->>'amount')::bigint AS amount, d.status, d.refunded_minor,
               CASE WHEN w.merged_into_id IS NULL THEN w.id ELSE w.merged_into_id END AS member, d.placed_at,
               EXISTS (SELECT 1 FROM members_member g WHERE g.merchant_id = d.merchant_id AND g.status = 'erased'
                          AND g.id = CASE WHEN w.merged_into_id IS NULL THEN w.id ELSE w.merged_into_id END) AS erased
          FROM (SELECT merchant_id, id, member_id, decision, status, refunded_minor, placed_at
                  FROM members_order x WHERE {merchant:x}
                 UNION ALL
                SELECT merchant_id, id, member_id, decision,
                       CASE WHEN status = 'undone' THEN 'cancelled' ELSE 'recorded' END, 0, happened_at
                  FROM members_activity y WHERE {merchant:y}) d
          JOIN members_member w ON w.merchant_id = d.merchant_id AND w.id = d.member_id
         CROSS JOIN LATERAL jsonb_array_elements_text(d.decision->'counted') c(rule)
         CROSS JOIN LATERAL (SELECT e.reason FROM jsonb_array_elements(d.decision->'reasons') e(reason)
                              WHERE e.reason->>'rule' = c.rule) r) o
  FULL JOIN (SELECT * FROM members_ruleuse z WHERE {merchant:z}) u
    ON u.merchant_id = o.merchant_id AND u.source = o.id AND u.rule = o.rule
 WHERE o.id IS NULL
    OR u.source IS NULL AND NOT o.erased
    OR u.amount <> o.amount OR u.at <> o.placed_at
    OR u.member_id IS DISTINCT FROM CASE WHEN o.erased THEN NULL ELSE o.member END
    OR o.status = 'cancelled' AND u.units <> 0
    OR o.status <> 'cancelled' AND o.refunded_minor = 0 AND u.units <> u.amount
"""
# The history is append-only; who is gone has a last row that leads to no tier.
_STANDINGS = """
SELECT coalesce(s.merchant_id, c.merchant_id), coalesce(s.member_id, c.member_id),
       format('the tier is %s, the last change led to %s', coalesce(s.tier, 'none'),
              coalesce(nullif(c.to_tier, ''), 'none'))
  FROM (SELECT merchant_id, member_id, tier FROM members_tierstanding x WHERE {merchant:x}) s
  FULL JOIN (SELECT DISTINCT ON (y.merchant_id, y.member_id) y.merchant_id, y.member_id, y.to_tier
               FROM members_tierchange y WHERE {merchant:y} ORDER BY y.merchant_id, y.member_id, y.id DESC) c
    ON c.merchant_id = s.merchant_id AND c.member_id = s.member_id
 WHERE coalesce(s.tier, '') <> coalesce(c.to_tier, '')
"""
_UNTIL = """
SELECT s.merchant_id, s.member_id,
       format('the tier is theirs until %s, the last change said %s', s.valid_until, c.until)
  FROM members_tierstanding s
  JOIN LATERAL (SELECT (y."values"->>'until')::timestamptz AS until, y.reason FROM members_tierchange y
                 WHERE y.merchant_id = s.merchant_id AND y.member_id = s.member_id ORDER BY y.id DESC LIMIT 1) c ON true
 WHERE {merchant:s} AND c.reason <> 'merged' AND s.valid_until IS DISTINCT FROM c.until
"""
_CHAIN = """
SELECT y.merchant_id, y.id, format('it leads from %s, the change before it led to %s', y.from_tier, y.before)
  FROM (SELECT x.*, lag(x.to_tier, 1, '') OVER (PARTITION BY x.merchant_id, x.member_id ORDER BY x.id) AS before
          FROM members_tierchange x WHERE {merchant:x}) y
 WHERE y.from_tier <> y.before
"""
_GONE = """
SELECT s.merchant_id, s.member_id, format('the member is %s and has the tier %s', w.status, s.tier)
  FROM members_tierstanding s JOIN members_member w ON w.merchant_id = s.merchant_id AND w.id = s.member_id
 WHERE {merchant:s} AND w.status IN ('merged', 'erased')
"""


def register() -> None:
    """Add the checks of orders, refunds and what is counted."""
    register_check(
        "units_granted", _UNITS, over="members_order",
        says=_("stamps, status credits and cash-back are granted and taken back as decisions and refunds say"),
    )  # fmt: skip
    register_check(
        "cards_spend_stamps", _CARDS, over="members_fullcard",
        says=_("a full stamp card has spent its stamps, and has them back when it was reopened"),
    )  # fmt: skip
    register_check(
        "budgets_add_up", _BUDGETS, over="members_budgetuse",
        says=_("what has gone out of a budget is what the rules that draw on it have given"),
    )  # fmt: skip
    register_check(
        "uses_follow_decisions", _USES, over="members_ruleuse",
        says=_("what counts against caps, cool-downs and budgets is what decisions that still stand gave"),
    )  # fmt: skip
    register_check(
        "order_points_granted", _ORDERS, over="members_order",
        says=_("the points an order says it earned are the points its grants gave"),
    )  # fmt: skip
    register_check(
        "activity_points_granted", _ACTIVITIES, over="members_activity",
        says=_("the points an activity says it earned are the points its grants gave"),
    )  # fmt: skip
    register_check(
        "activity_points_taken", _UNDONE, over="members_activity",
        says=_("what waits or was refused gave nothing, and what was undone was taken back"),
    )  # fmt: skip
    register_check(
        "refund_points_taken", _REFUNDS, over="members_order",
        says=_("the points an order’s refunds took are the points the books took back"),
    )  # fmt: skip
    register_check(
        "tiers_follow_history", _STANDINGS, over="members_tierstanding",
        says=_("a member’s tier is the one their last change led to"),
    )  # fmt: skip
    register_check(
        "tiers_last_as_told", _UNTIL, over="members_tierstanding",
        says=_("a tier lasts until when the last change said"),
    )  # fmt: skip
    register_check(
        "tier_changes_chained", _CHAIN, over="members_tierchange",
        says=_("each change of a member’s tier begins where the one before it ended"),
    )  # fmt: skip
    register_check(
        "nobody_gone_has_a_tier", _GONE, over="members_tierstanding",
        says=_("who was merged or erased has no tier"),
    )  # fmt: skip
