"""Triggers that refuse, grants that withhold, and the functions that post."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).resolve().parent.parent


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("events", "0002_guards")]
    operations = [
        migrations.RunSQL((HERE / "guards.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((HERE / "functions.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((HERE / "bulk.sql").read_text(), migrations.RunSQL.noop),
    ]
