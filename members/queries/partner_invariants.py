"""What must hold between settlement entries, the books, and the two sides of a partnership."""

from django.utils.translation import gettext_lazy as _

from loyalty.core.ledger.checks import register_check

_BOOKED = """
SELECT s.merchant_id, s.id, format('%s points to settle, %s in the books', s.points, coalesce(b.points, 0))
  FROM members_settlemententry s
  LEFT JOIN (SELECT t.merchant_id, t.id, CASE t.move WHEN 'grant' THEN t.amount ELSE -t.amount END AS points
               FROM ledger_transfer t WHERE {merchant:t} AND t.source_kind = 'settlement') b
    ON b.merchant_id = s.merchant_id AND b.id = s.posting
 WHERE {merchant:s} AND s.points <> coalesce(b.points, 0)
 UNION ALL
SELECT e.merchant_id, e.transfer_id, format('%s points on the account of settlement, of no entry', e.amount)
  FROM ledger_entry e
  JOIN ledger_account a ON a.merchant_id = e.merchant_id AND a.id = e.account_id
  LEFT JOIN members_settlemententry s ON s.merchant_id = e.merchant_id AND s.posting = e.transfer_id
 WHERE {merchant:e} AND a.owner IS NULL AND a.kind = 'settlement' AND s.id IS NULL
"""
# Only a scope that spans all merchants can see the partner's side; in a merchant's own there is nothing to compare.
_ZERO = """
SELECT s.merchant_id, s.id, format('%s here, %s at merchant %s', s.amount_minor, o.amount_minor, p.partner)
  FROM members_settlemententry s
  JOIN members_partnership p ON p.merchant_id = s.merchant_id AND p.id = s.partnership_id
  LEFT JOIN members_settlemententry o
    ON o.merchant_id = p.partner AND o.id = s.id AND o.partnership_id = s.partnership_id
 WHERE {merchant:s} AND NULLIF(current_setting('app.merchant_id', true), '') IS NULL
   AND (o.id IS NULL OR o.amount_minor <> -s.amount_minor OR o.points <> s.partner_points
        OR o.partner_points <> s.points OR o.happened_at <> s.happened_at)
"""
_MIRRORED = """
SELECT p.merchant_id, p.id, format('%s here, %s at merchant %s', p.status, o.status, p.partner)
  FROM members_partnership p
  LEFT JOIN members_partnership o
    ON o.merchant_id = p.partner AND o.id = p.id AND o.partner = p.merchant_id
 WHERE {merchant:p} AND NULLIF(current_setting('app.merchant_id', true), '') IS NULL
   AND (o.id IS NULL OR (o.status, o.our_worth, o.their_worth, o.currency)
                        IS DISTINCT FROM (p.status, p.their_worth, p.our_worth, p.currency))
 UNION ALL
SELECT l.merchant_id, l.id, format('link with merchant %s is not there', l.partner)
  FROM members_cardlink l
  LEFT JOIN members_cardlink o
    ON o.merchant_id = l.partner AND o.id = l.id AND o.partner = l.merchant_id AND o.member_id = l.partner_member
   AND o.partner_member = l.member_id
 WHERE {merchant:l} AND NULLIF(current_setting('app.merchant_id', true), '') IS NULL AND o.id IS NULL
"""


def register() -> None:
    """Called once, when the app starts."""
    over = "members_settlemententry"
    register_check(
        "settlement_is_booked", _BOOKED, over=over,
        says=_("what is to be settled with partners is what the books say left for them and arrived from them"),
    )  # fmt: skip
    register_check(
        "settlement_is_zero", _ZERO, over=over,
        says=_("what one partner owes is owed to the other: each entry has its opposite, so every period sums to zero"),
    )  # fmt: skip
    register_check(
        "partners_mirror", _MIRRORED, over="members_partnership",
        says=_("partners hold the same agreement in the same state, and both sides of each linked card"),
    )  # fmt: skip
