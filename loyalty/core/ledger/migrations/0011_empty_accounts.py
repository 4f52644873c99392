"""Members without anything to spend are found by their empty accounts."""

from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).resolve().parent.parent


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_accounts_beside")]
    operations = [
        migrations.AddField(
            model_name="account",
            name="is_empty",
            field=models.GeneratedField(
                expression=models.Q(("balance", 0)), output_field=models.BooleanField(), db_persist=True
            ),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(
                condition=models.Q(("is_empty", True), ("kind", "available")),
                fields=["merchant", "unit", "owner"],
                name="ledger_account_empty",
            ),
        ),
        migrations.RunSQL((HERE / "opening.sql").read_text(), "DROP FUNCTION ledger_open_for(uuid[], text)"),
    ]
