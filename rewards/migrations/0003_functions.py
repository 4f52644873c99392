"""The functions that redeem."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).resolve().parent.parent


class Migration(migrations.Migration):
    dependencies = [
        ("rewards", "0002_no_hot_merchant_row"),
        ("ledger", "0002_guards"),
        ("programme", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL((HERE / "operations" / "redemption.sql").read_text(), migrations.RunSQL.noop),
    ]
