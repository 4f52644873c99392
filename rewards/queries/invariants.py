"""What must hold between redemptions and the books; run with the ledger's own checks."""

from django.utils.translation import gettext_lazy as _

from loyalty.core.ledger.checks import register_check

_ONCE = """
SELECT r.merchant_id, r.id, format('%s redemption of %s: %s reserved in %s, %s commits, %s releases, %s back',
                                   r.status, r.cost_points, coalesce(t.reserved, 0), coalesce(t.reservations, 0),
                                   coalesce(t.commits, 0), coalesce(t.releases, 0), coalesce(t.returned, 0))
  FROM rewards_redemption r
  LEFT JOIN (SELECT x.merchant_id, x.source, sum(x.amount) FILTER (WHERE x.move = 'spend') AS reserved,
                    count(*) FILTER (WHERE x.move = 'spend') AS reservations,
                    count(*) FILTER (WHERE x.move = 'commit') AS commits,
                    count(*) FILTER (WHERE x.move = 'release') AS releases,
                    sum(x.amount) FILTER (WHERE x.move = 'give_back') AS returned
               FROM ledger_transfer x WHERE {merchant:x} AND x.source_kind = 'redemption'
              GROUP BY x.merchant_id, x.source) t ON t.merchant_id = r.merchant_id AND t.source = r.id
 WHERE {merchant:r}
   AND CASE WHEN r.cost_points = 0 THEN t.source IS NOT NULL
       ELSE (coalesce(t.reservations, 0) <> 1 OR t.reserved <> r.cost_points
        OR t.commits <> (r.status IN ('committed', 'reversed'))::int
        OR t.releases <> (r.status = 'released')::int
        OR coalesce(t.returned, 0) <> r.returned_points
        OR r.status = 'reversed' AND r.returned_points <> r.cost_points) END
"""
_CODES = """
SELECT r.merchant_id, r.id, format('%s redemption of %s with %s codes that are not void', r.status, r.quantity,
                                   coalesce(v.codes, 0))
  FROM rewards_redemption r
  LEFT JOIN (SELECT x.merchant_id, x.redemption_id, count(*) AS codes FROM rewards_voucher x
              WHERE {merchant:x} AND x.status <> 'void' GROUP BY x.merchant_id, x.redemption_id) v
    ON v.merchant_id = r.merchant_id AND v.redemption_id = r.id
 WHERE {merchant:r} AND coalesce(v.codes, 0) > CASE WHEN r.status IN ('reserved', 'committed') THEN r.quantity
                                                    ELSE 0 END
"""
_HELD = """
SELECT coalesce(h.merchant_id, a.merchant_id), coalesce(h.member_id, a.owner),
       format('open redemptions hold %s, the books %s', coalesce(h.points, 0), coalesce(a.balance, 0))
  FROM (SELECT r.merchant_id, r.member_id, sum(r.cost_points) AS points FROM rewards_redemption r
         WHERE {merchant:r} AND r.status = 'reserved' GROUP BY r.merchant_id, r.member_id) h
  FULL JOIN (SELECT b.merchant_id, b.owner, b.balance FROM ledger_account b
              WHERE {merchant:b} AND b.kind = 'reserved' AND b.unit = 'points' AND b.balance <> 0) a
    ON a.merchant_id = h.merchant_id AND a.owner = h.member_id
 WHERE coalesce(h.points, 0) <> coalesce(a.balance, 0)
"""
_POOL = """
SELECT w.merchant_id, w.id, format('%s codes left by count, %s in the pool', w.stock - w.taken, count(p.id))
  FROM (SELECT DISTINCT x.merchant_id, x.reward_id FROM rewards_poolcode x WHERE {merchant:x}) q
  JOIN rewards_reward w ON w.merchant_id = q.merchant_id AND w.id = q.reward_id
  LEFT JOIN rewards_poolcode p ON p.merchant_id = w.merchant_id AND p.reward_id = w.id AND p.redemption_id IS NULL
 GROUP BY w.merchant_id, w.id HAVING count(p.id) <> w.stock - w.taken
"""
_PLACES = """
SELECT s.merchant_id, s.id, format('%s places taken by count, %s by bookings', s.taken, coalesce(b.booked, 0))
  FROM rewards_session s
  LEFT JOIN (SELECT x.merchant_id, x.session_id, count(*) AS booked FROM rewards_booking x
              WHERE {merchant:x} AND x.status IN ('booked', 'attended', 'missed')
              GROUP BY x.merchant_id, x.session_id) b ON b.merchant_id = s.merchant_id AND b.session_id = s.id
 WHERE {merchant:s} AND s.taken <> coalesce(b.booked, 0)
"""
_STOCK = """
SELECT w.merchant_id, w.id, format('%s taken by count, %s by redemptions', w.taken, coalesce(r.open, 0))
  FROM rewards_reward w
  LEFT JOIN (SELECT x.merchant_id, x.reward_id, sum(x.quantity) AS open FROM rewards_redemption x
              WHERE {merchant:x} AND x.status IN ('reserved', 'committed')
              GROUP BY x.merchant_id, x.reward_id) r ON r.merchant_id = w.merchant_id AND r.reward_id = w.id
 WHERE {merchant:w} AND w.taken <> coalesce(r.open, 0)
"""


def register() -> None:
    """Add the checks of redemptions, codes, pools, places and stock."""
    register_check(
        "redeemed_once", _ONCE, over="rewards_redemption",
        says=_("each redemption is one reservation of its cost, settled once in the way its status says, with what came"
        " back of it; one that costs nothing is not in the books"),
    )  # fmt: skip
    register_check(
        "held_is_open", _HELD, over="rewards_redemption",
        says=_("the points a member has set aside are those of the redemptions that are open"),
    )  # fmt: skip
    register_check(
        "no_more_codes", _CODES, over="rewards_redemption",
        says=_("no redemption has more good or used codes than it hands out; one that was given back has none"),
    )  # fmt: skip
    register_check(
        "pool_is_counted", _POOL, over="rewards_poolcode",
        says=_("what is left of an imported pool is what nobody was given"),
    )  # fmt: skip
    register_check(
        "places_are_counted", _PLACES, over="rewards_session",
        says=_("the places taken of an event are those that are booked or were used"),
    )  # fmt: skip
    register_check(
        "stock_is_counted", _STOCK, over="rewards_reward",
        says=_("what is taken of a reward’s stock is what redemptions took"),
    )  # fmt: skip
