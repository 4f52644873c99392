"""Only the functions that post write the books; who serves may only read them."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).resolve().parent.parent


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_forgetting")]
    operations = [
        migrations.RunSQL((HERE / "rights.sql").read_text(), migrations.RunSQL.noop),
    ]
