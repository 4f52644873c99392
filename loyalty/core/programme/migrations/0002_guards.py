"""Triggers that refuse to change what has happened or is published."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).resolve().parent.parent


class Migration(migrations.Migration):
    dependencies = [("programme", "0001_initial")]
    operations = [migrations.RunSQL((HERE / "guards.sql").read_text(), migrations.RunSQL.noop)]
