"""How earning behaves as the ledger grows: the books are filled with old entries, then earning is timed again."""

import psycopg

from tests.bench.world import World

_FILL = """
WITH shop AS (SELECT %(merchant)s::bigint AS m),
member AS (SELECT a.id AS account, a.owner, row_number() OVER (ORDER BY a.id) AS n, count(*) OVER () AS total
             FROM ledger_account a, shop WHERE a.merchant_id = m AND a.owner IS NOT NULL AND a.kind = 'available'),
made AS (
    INSERT INTO ledger_transfer (id, merchant_id, key, fingerprint, kind, move, unit, owner, amount, shortfall, source_kind,
                                 rule, actor, reason, happened_at, recorded_at)
    SELECT gen_random_uuid(), m, 'old:' || i, md5(i::text)::uuid, 'earn', 'grant', 'points', member.owner, 10, 0, '', '',
           'bench', '', now() - interval '400 days', now() - interval '400 days'
      FROM generate_series(%(first)s::int, %(last)s::int) i JOIN member ON member.n = i %% member.total + 1, shop
    RETURNING id, owner),
opened AS (
    INSERT INTO ledger_lot (id, merchant_id, account_id, transfer_id, granted, remaining, pending, expires_at)
    SELECT gen_random_uuid(), m, member.account, made.id, 10, 0, false, now() - interval '30 days'
      FROM made JOIN member USING (owner), shop RETURNING id, account_id, transfer_id)
INSERT INTO ledger_entry (merchant_id, transfer_id, line, account_id, unit, lot_id, amount, version, balance_after, hash)
SELECT m, opened.transfer_id, 1, (SELECT id FROM ledger_account WHERE merchant_id = m AND owner IS NULL AND kind = 'issued'),
       'points', NULL, -10, NULL, NULL, NULL FROM opened, shop
UNION ALL
SELECT m, opened.transfer_id, 2, opened.account_id, 'points', opened.id, 10, -(row_number() OVER ()) - %(first)s::int, 0, sha256('')
  FROM opened, shop
"""


def fill_to(world: World, entries: int) -> None:
    """Add old, used-up lots until the ledger has about `entries` entries. Past the guards, as administrator: these rows
    weigh as much as real ones but are not checked; nothing verifies this database afterwards."""
    with psycopg.connect(world.admin, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        while (have := _count(connection)) < entries:
            first = have
            last = first + min(200_000, (entries - have + 1) // 2)
            connection.execute(_FILL, {"merchant": world.merchant, "first": first, "last": last})
        connection.execute("VACUUM ANALYZE ledger_transfer, ledger_lot, ledger_entry")
        connection.execute("CHECKPOINT")


def _count(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM ledger_entry").fetchone()
    return int(row[0]) if row else 0
