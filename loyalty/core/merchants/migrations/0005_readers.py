"""Logins of tools for reports, each of one shop."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).resolve().parent.parent
UNDO = "DROP FUNCTION bi.shop_of_login(); DROP TABLE bi.login; DROP SCHEMA bi"


class Migration(migrations.Migration):
    dependencies = [("merchants", "0004_settings")]
    operations = [migrations.RunSQL((HERE / "readers.sql").read_text(), UNDO)]
