"""A reason somebody typed can be emptied, and nothing else of a transfer."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).resolve().parent.parent


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_seal_until")]
    operations = [
        migrations.RunSQL((HERE / "forgetting.sql").read_text(), migrations.RunSQL.noop),
    ]
