"""The statements that `checks` runs: what must always hold in the ledger's own tables."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Check:
    """A named invariant: `says` is the promise, `over` the rows it is about, `sql` finds what breaks it."""

    name: str
    says: Any  # words, translated where they are shown
    over: str
    sql: str


CHECKS = (
    Check(
        "sums_to_zero",
        _("the lines of every transfer sum to zero, and there are at least two, numbered from one"),
        "lines",
        """SELECT e.merchant_id, e.transfer_id, format('%s lines sum to %s %s', count(*), sum(e.amount), e.unit)
             FROM ledger_entry e WHERE {lines:e}
            GROUP BY e.merchant_id, e.transfer_id, e.unit
           HAVING sum(e.amount) <> 0 OR count(*) < 2 OR min(e.line) <> 1 OR max(e.line) <> count(*)""",
    ),
    Check(
        "has_lines",
        _("every transfer has lines"),
        "transfers",
        """SELECT t.merchant_id, t.id, 'no lines'
             FROM ledger_transfer t
             LEFT JOIN ledger_entry e ON e.merchant_id = t.merchant_id AND e.transfer_id = t.id
            WHERE {transfers:t} AND e.line IS NULL""",
    ),
    Check(
        "amount_is_what_moved",
        _("a transfer’s amount and unit are what its lines moved, on accounts of its own member"),
        "transfers",
        """SELECT t.merchant_id, t.id, format('%s of %s says %s', t.move, t.unit, t.amount)
             FROM ledger_transfer t
             JOIN ledger_entry e ON e.merchant_id = t.merchant_id AND e.transfer_id = t.id
             JOIN ledger_account a ON a.merchant_id = e.merchant_id AND a.id = e.account_id
            WHERE {transfers:t} AND {lines:e}
            GROUP BY t.merchant_id, t.id
           HAVING bool_or(a.owner <> t.owner OR e.unit <> t.unit OR a.unit <> t.unit)
               OR t.amount <> CASE
                    WHEN t.move = 'activate' THEN -coalesce(sum(e.amount) FILTER (WHERE a.kind = 'pending'), 0)
                    WHEN t.move = 'release' THEN -coalesce(sum(e.amount) FILTER (WHERE a.kind = 'reserved'), 0)
                    WHEN t.move = 'spend' AND bool_or(a.kind = 'reserved')
                    THEN sum(e.amount) FILTER (WHERE a.kind = 'reserved')
                    WHEN t.move IN ('grant', 'give_back')
                    THEN -coalesce(sum(e.amount) FILTER (WHERE a.owner IS NULL), 0)
                    ELSE coalesce(sum(e.amount) FILTER (WHERE a.owner IS NULL), 0) END""",
    ),
    Check(
        "balance_is_sum",
        _("a member’s balance is the sum of the lines, its version their number, its head the last hash"),
        "accounts",
        """SELECT a.merchant_id, a.id, format('%s: balance %s, lines sum to %s; version %s, %s lines up to %s',
                                              a.kind, a.balance, coalesce(s.total, 0), a.version,
                                              coalesce(s.lines, 0), coalesce(s.last, 0))
             FROM ledger_account a
             LEFT JOIN (SELECT e.merchant_id, e.account_id, sum(e.amount) AS total, count(*) AS lines,
                               max(e.version) AS last
                          FROM ledger_entry e WHERE {lines_of_accounts:e} AND e.version IS NOT NULL
                         GROUP BY e.merchant_id, e.account_id) s
               ON s.merchant_id = a.merchant_id AND s.account_id = a.id
             LEFT JOIN ledger_entry e
               ON e.merchant_id = a.merchant_id AND e.account_id = a.id AND e.version = s.last
            WHERE {accounts:a} AND a.owner IS NOT NULL
              AND (a.balance <> coalesce(s.total, 0) OR a.version <> coalesce(s.lines, 0)
                   OR coalesce(s.last, 0) <> coalesce(s.lines, 0) OR a.head IS DISTINCT FROM e.hash)""",
    ),
    Check(
        "balances_follow",
        _("versions have no gap and each balance is the one before plus the line"),
        "lines",
        """SELECT merchant_id, account_id,
                  format('version %s: %s and %s gives %s', version, before, amount, balance_after)
             FROM (SELECT e.merchant_id, e.account_id, e.version, e.amount, e.balance_after,
                          coalesce(lag(e.balance_after) OVER account, 0) AS before,
                          coalesce(lag(e.version) OVER account, 0) AS version_before
                     FROM ledger_entry e WHERE {lines_of_accounts:e} AND e.version IS NOT NULL
                   WINDOW account AS (PARTITION BY e.merchant_id, e.account_id ORDER BY e.version)) x
            WHERE before + amount <> balance_after OR version <> version_before + 1""",
    ),
    Check(
        "hashes_chain",
        _("each line’s hash is made of its content and the hash before it"),
        "lines",
        """SELECT merchant_id, account_id, format('version %s', version)
             FROM (SELECT e.merchant_id, e.account_id, e.version, e.hash,
                          sha256(coalesce(lag(e.hash) OVER account, ''::bytea) || convert_to(
                            concat_ws('|', e.merchant_id, e.transfer_id, e.line, e.account_id, e.lot_id, e.amount,
                                      e.version, (extract(epoch FROM t.happened_at) * 1000000)::bigint),
                            'UTF8')) AS right_hash
                     FROM ledger_entry e
                     JOIN ledger_transfer t ON t.merchant_id = e.merchant_id AND t.id = e.transfer_id
                    WHERE {lines_of_accounts:e} AND e.version IS NOT NULL
                   WINDOW account AS (PARTITION BY e.merchant_id, e.account_id ORDER BY e.version)) x
            WHERE hash IS DISTINCT FROM right_hash""",
    ),
    Check(
        "above_floor",
        _("no account of a member was ever below zero, and what is owed never above"),
        "lines",
        """SELECT e.merchant_id, e.account_id, format('%s %s at version %s', a.kind, e.balance_after, e.version)
             FROM ledger_entry e
             JOIN ledger_account a ON a.merchant_id = e.merchant_id AND a.id = e.account_id
            WHERE {lines:e}
              AND (a.kind = 'debt' AND e.balance_after > 0 OR a.kind <> 'debt' AND e.balance_after < 0)""",
    ),
    Check(
        "lot_is_sum",
        _(
            "what remains of a lot is the sum of its lines in available and pending, between nothing and the grant"
        ),
        "lots",
        """SELECT l.merchant_id, l.id, format('remaining %s of %s, lines sum to %s', l.remaining, l.granted,
                                              coalesce(s.total, 0))
             FROM ledger_lot l
             LEFT JOIN (SELECT e.merchant_id, e.lot_id, sum(e.amount) AS total
                          FROM ledger_entry e
                          JOIN ledger_account a ON a.merchant_id = e.merchant_id AND a.id = e.account_id
                         WHERE {lines_of_lots:e} AND e.lot_id IS NOT NULL AND a.kind IN ('available', 'pending')
                         GROUP BY e.merchant_id, e.lot_id) s ON s.merchant_id = l.merchant_id AND s.lot_id = l.id
            WHERE {lots:l}
              AND (l.remaining <> coalesce(s.total, 0) OR l.remaining < 0 OR l.remaining > l.granted)""",
    ),
    Check(
        "lot_is_granted",
        _("every lot is the one lot of one grant of its amount, on its member’s available account"),
        "lots",
        """SELECT l.merchant_id, l.id, format('granted %s by a %s of %s', l.granted, t.move, t.amount)
             FROM ledger_lot l
             JOIN ledger_account a ON a.merchant_id = l.merchant_id AND a.id = l.account_id
             LEFT JOIN ledger_transfer t ON t.merchant_id = l.merchant_id AND t.id = l.transfer_id
            WHERE {lots:l} AND (t.id IS NULL OR t.move <> 'grant' OR t.amount <> l.granted
                                OR a.kind <> 'available' OR a.owner <> t.owner OR a.unit <> t.unit)
           UNION ALL
           SELECT t.merchant_id, t.id, format('a grant with %s lots', count(l.id))
             FROM ledger_transfer t
             LEFT JOIN ledger_lot l ON l.merchant_id = t.merchant_id AND l.transfer_id = t.id
            WHERE {transfers:t} AND t.move = 'grant' GROUP BY t.merchant_id, t.id HAVING count(l.id) <> 1""",
    ),
    Check(
        "lots_make_balance",
        _("a member’s available and pending points are exactly what remains of the lots"),
        "accounts",
        """SELECT a.merchant_id, a.owner, format('%s %s: balance %s, lots %s', a.kind, a.unit, a.balance,
                                                 coalesce(s.remaining, 0))
             FROM ledger_account a
             LEFT JOIN (SELECT o.merchant_id, o.owner, o.unit,
                               CASE WHEN l.pending THEN 'pending' ELSE 'available' END AS kind,
                               sum(l.remaining) AS remaining
                          FROM ledger_lot l
                          JOIN ledger_account o ON o.merchant_id = l.merchant_id AND o.id = l.account_id
                         WHERE {merchant:l}
                         GROUP BY o.merchant_id, o.owner, o.unit, l.pending) s
               ON s.merchant_id = a.merchant_id AND s.owner = a.owner AND s.unit = a.unit AND s.kind = a.kind
            WHERE {accounts:a} AND a.kind IN ('available', 'pending') AND a.balance <> coalesce(s.remaining, 0)""",
    ),
    Check(
        "reservations_settle_once",
        _("no reservation is used or released beyond what it set aside, lot by lot"),
        "accounts",
        """SELECT a.merchant_id, coalesce(t.settles, t.id), format('lot %s: %s left', e.lot_id, sum(e.amount))
             FROM ledger_account a
             JOIN ledger_entry e ON e.merchant_id = a.merchant_id AND e.account_id = a.id
             JOIN ledger_transfer t ON t.merchant_id = e.merchant_id AND t.id = e.transfer_id
            WHERE {accounts:a} AND a.kind = 'reserved'
            GROUP BY a.merchant_id, a.id, coalesce(t.settles, t.id), e.lot_id HAVING sum(e.amount) < 0""",
    ),
    Check(
        "given_back_once",
        _("no spending gives back more than it took, lot by lot"),
        "transfers",
        """WITH back AS (
               SELECT t.merchant_id, t.settles, e.lot_id, sum(e.amount) FILTER (WHERE e.amount > 0) AS amount
                 FROM ledger_transfer t
                 JOIN ledger_entry e ON e.merchant_id = t.merchant_id AND e.transfer_id = t.id AND e.lot_id IS NOT NULL
                WHERE {merchant:t} AND t.move = 'give_back' GROUP BY t.merchant_id, t.settles, e.lot_id),
             out AS (
               SELECT e.merchant_id, e.transfer_id, e.lot_id, -sum(e.amount) AS amount
                 FROM (SELECT DISTINCT merchant_id, settles FROM back) b
                 JOIN ledger_entry e ON e.merchant_id = b.merchant_id AND e.transfer_id = b.settles
                WHERE e.lot_id IS NOT NULL GROUP BY e.merchant_id, e.transfer_id, e.lot_id)
           SELECT b.merchant_id, b.settles,
                  format('lot %s: %s taken, %s given back', b.lot_id, coalesce(o.amount, 0), b.amount)
             FROM back b LEFT JOIN out o
               ON o.merchant_id = b.merchant_id AND o.transfer_id = b.settles AND o.lot_id = b.lot_id
            WHERE b.amount > coalesce(o.amount, 0)""",
    ),
    Check(
        "taken_back_once",
        _("no grant is taken back beyond what it gave"),
        "transfers",
        """SELECT l.merchant_id, l.id, format('%s granted, %s taken back', l.granted, b.amount)
             FROM (SELECT t.merchant_id, t.settles, sum(t.amount + t.shortfall) AS amount
                     FROM ledger_transfer t WHERE {merchant:t} AND t.move = 'take_back'
                    GROUP BY t.merchant_id, t.settles) b
             JOIN ledger_lot l ON l.merchant_id = b.merchant_id AND l.transfer_id = b.settles
            WHERE b.amount > l.granted""",
    ),
    Check(
        "told_once",
        _("every transfer is told by exactly one event, and no event tells of another"),
        "transfers",
        """SELECT coalesce(t.merchant_id, v.merchant_id), coalesce(t.id, v.id),
                  format('%s events', coalesce(v.times, 0))
             FROM (SELECT t.merchant_id, t.id FROM ledger_transfer t WHERE {transfers:t}) t
             FULL JOIN (SELECT v.merchant_id, (v.data->>'transfer')::uuid AS id, count(*) AS times
                          FROM events_event v
                         WHERE {merchant:v} AND v.data ? 'transfer'
                         GROUP BY 1, 2) v ON v.merchant_id = t.merchant_id AND v.id = t.id
            WHERE v.times IS DISTINCT FROM 1 OR t.id IS NULL AND NOT EXISTS (
                SELECT 1 FROM ledger_transfer o WHERE o.merchant_id = v.merchant_id AND o.id = v.id)""",
    ),
    Check(
        "own_book",
        _(
            "every line is on an account of its own merchant and unit; only members’ lines carry a running balance"
        ),
        "lines",
        """SELECT e.merchant_id, e.transfer_id, format('line %s on account %s', e.line, e.account_id)
             FROM ledger_entry e
             LEFT JOIN ledger_account a ON a.id = e.account_id AND a.merchant_id = e.merchant_id AND a.unit = e.unit
            WHERE {lines:e} AND (a.id IS NULL OR (a.owner IS NULL) <> (e.version IS NULL)
                                 OR (e.version IS NULL) <> (e.hash IS NULL))
           UNION ALL
           SELECT a.merchant_id, a.id, format('%s of the merchant has a running balance', a.kind)
             FROM ledger_account a WHERE {merchant:a} AND a.owner IS NULL AND (a.balance <> 0 OR a.version <> 0)""",
    ),
    Check(
        "book_is_zero",
        _("all balances of members and all lines of the merchant’s side together are zero in each unit"),
        "accounts",
        """SELECT merchant_id, unit, sum(total)
             FROM (SELECT a.merchant_id, a.unit, sum(a.balance) AS total FROM ledger_account a
                    WHERE {merchant:a} AND a.owner IS NOT NULL GROUP BY a.merchant_id, a.unit
                   UNION ALL
                   SELECT e.merchant_id, e.unit, sum(e.amount) FROM ledger_entry e
                    WHERE {merchant:e} AND e.version IS NULL GROUP BY e.merchant_id, e.unit) x
            GROUP BY merchant_id, unit HAVING sum(total) <> 0""",
    ),
)
