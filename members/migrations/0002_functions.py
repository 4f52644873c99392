"""The function that writes orders."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).resolve().parent.parent


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial"), ("events", "0001_initial")]
    operations = [
        migrations.RunSQL((HERE / "operations" / "orders.sql").read_text(), migrations.RunSQL.noop),
    ]
