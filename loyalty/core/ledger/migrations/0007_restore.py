"""The books of a whole shop come back out of an archive."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).resolve().parent.parent
UNDO = "DROP FUNCTION ledger_restore(); DROP FUNCTION ledger_stage(text, jsonb)"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_rights")]
    operations = [
        migrations.RunSQL((HERE / "restore.sql").read_text(), UNDO),
    ]
