"""A reason somebody typed can be taken out of an event, and nothing else."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).resolve().parent.parent


class Migration(migrations.Migration):
    dependencies = [("events", "0004_written_by")]
    operations = [
        migrations.RunSQL((HERE / "forgetting.sql").read_text(), migrations.RunSQL.noop),
    ]
