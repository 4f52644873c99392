"""A shop's own row is guarded too."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).resolve().parent.parent


class Migration(migrations.Migration):
    dependencies = [("merchants", "0002_no_hot_merchant_row")]
    operations = [migrations.RunSQL((HERE / "policies.sql").read_text(), migrations.RunSQL.noop)]
