"""A seal says where it cut, so that a later change of the merchant's zone cannot move it."""

from datetime import UTC, datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_fewer_checks")]
    operations = [
        migrations.AddField(
            model_name="seal",
            name="until",
            field=models.DateTimeField(default=datetime(2026, 1, 1, tzinfo=UTC)),
            preserve_default=False,
        ),
    ]
