"""What must hold between referrals and the books; run with the ledger's own checks."""

from django.utils.translation import gettext_lazy as _

from loyalty.core.ledger.checks import register_check

# What the books gave and took for each payout, against what it says of itself. A reward is no unit of the books. What a
# merge moved on is told by the moves of the same source, which are no grants of a referral.
_PAYOUTS = """
SELECT coalesce(p.merchant_id, b.merchant_id), coalesce(p.id, b.source),
       format('%s given and %s taken back, the books say %s and %s', p.given, p.taken, b.given, b.taken)
  FROM (SELECT * FROM members_referralpayout x WHERE {merchant:x} AND x.unit <> 'rewards') p
  FULL JOIN (SELECT t.merchant_id, t.source, sum(t.amount) FILTER (WHERE t.move = 'grant') AS given,
                    coalesce(sum(t.amount) FILTER (WHERE t.move <> 'grant'), 0) AS taken, min(t.unit) AS unit,
                    count(*) FILTER (WHERE t.move = 'grant') AS grants
               FROM ledger_transfer t WHERE {merchant:t} AND t.kind = 'referral'
              GROUP BY t.merchant_id, t.source) b ON b.merchant_id = p.merchant_id AND b.source = p.id
 WHERE p.id IS NULL OR p.given <> coalesce(b.given, 0) OR p.taken <> coalesce(b.taken, 0)
    OR coalesce(b.grants, 0) > 1 OR b.unit <> p.unit
"""
# A payout that nothing waits for is as its referral is: paid while it counts, undone when it does not.
_SETTLED = """
SELECT p.merchant_id, p.id, format('a %s referral gave %s of %s, %s taken back, %s missing',
                                   r.status, p.given, p.amount, p.taken, p.shortfall)
  FROM members_referralpayout p
  JOIN members_referral r ON r.merchant_id = p.merchant_id AND r.id = p.referral_id
 WHERE {merchant:p} AND (
       p.settle_at IS NULL
       AND p.given - p.taken - p.shortfall <> CASE WHEN p.given = 0 THEN 0
                                                   ELSE greatest(0, least(p.given, p.amount - p.undone)) END
    OR r.status IN ('reversed', 'refused') AND p.role <> 'commission' AND p.undone <> p.amount
    OR r.status = 'rewarded' AND p.order_id = r.order_id AND p.role <> 'commission' AND p.settle_at IS NULL
       AND p.given = 0 AND p.cut < p.amount AND p.undone < p.amount
    OR r.status = 'rewarded' AND p.order_id = r.order_id AND p.role <> 'commission' AND p.paid_at IS NULL
       AND p.settle_at IS NOT NULL)
"""
_PAIRS = """
SELECT r.merchant_id, r.id, 'it names somebody who has become the other one, and still counts'
  FROM members_referral r
  JOIN members_member a ON a.merchant_id = r.merchant_id AND a.id = r.referrer_id
  JOIN members_member b ON b.merchant_id = r.merchant_id AND b.id = r.friend_id
 WHERE {merchant:r} AND r.status NOT IN ('refused', 'reversed')
   AND CASE WHEN a.merged_into_id IS NULL THEN a.id ELSE a.merged_into_id END
     = CASE WHEN b.merged_into_id IS NULL THEN b.id ELSE b.merged_into_id END
"""
_TWICE = """
SELECT r.merchant_id, min(r.id::text), format('%s was brought %s times', r.who, count(*))
  FROM (SELECT x.merchant_id, x.id, CASE WHEN m.merged_into_id IS NULL THEN m.id ELSE m.merged_into_id END AS who
          FROM members_referral x
          JOIN members_member m ON m.merchant_id = x.merchant_id AND m.id = x.friend_id
         WHERE {merchant:x} AND x.status IN ('joined', 'held')) r
 GROUP BY r.merchant_id, r.who HAVING count(*) > 1
"""
_STATES = """
SELECT r.merchant_id, r.id, format('%s, with the order %s', r.status, r.order_id)
  FROM members_referral r
 WHERE {merchant:r} AND (r.status IN ('qualified', 'rewarded', 'reversed') AND r.order_id IS NULL
                         AND NOT (r.status = 'reversed' AND 'same_person' = ANY(r.reasons))
                      OR r.status = 'joined' AND r.order_id IS NOT NULL
                      OR r.status = 'held' AND r.approved_at IS NOT NULL)
"""


def register() -> None:
    """Add the checks of referrals."""
    register_check(
        "referral_payouts_posted", _PAYOUTS, over="members_referralpayout",
        says=_("what a referral gave and took back is what the books gave and took for it, once"),
    )  # fmt: skip
    register_check(
        "referrals_settled", _SETTLED, over="members_referralpayout",
        says=_("a referral that counts has given what it should, and one that was taken back has taken it back"),
    )  # fmt: skip
    register_check(
        "referrals_between_two", _PAIRS, over="members_referral",
        says=_("nobody is rewarded for bringing themselves"),
    )  # fmt: skip
    register_check(
        "referrals_once", _TWICE, over="members_referral", says=_("nobody is brought twice"),
    )  # fmt: skip
    register_check(
        "referral_states", _STATES, over="members_referral",
        says=_("a referral counts by a purchase, and one that staff let through is not held again"),
    )  # fmt: skip
