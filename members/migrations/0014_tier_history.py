"""A member's tier history is written once."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).resolve().parent.parent


class Migration(migrations.Migration):
    dependencies = [("members", "0013_tiers"), ("ledger", "0002_guards")]
    operations = [
        migrations.RunSQL((HERE / "operations" / "tierchange.sql").read_text(), migrations.RunSQL.noop),
    ]
