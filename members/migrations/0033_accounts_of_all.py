"""Whoever joined before accounts were opened on joining gets theirs."""

from django.db import migrations

OPEN = """
    INSERT INTO ledger_account (id, merchant_id, owner, unit, kind, balance, version)
    SELECT gen_random_uuid(), m.merchant_id, m.id, 'points', 'available', 0, 0
      FROM members_member m
    ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("members", "0032_products"), ("ledger", "0011_empty_accounts")]
    operations = [migrations.RunSQL(OPEN, migrations.RunSQL.noop)]
