"""Events know which transaction wrote them, so that the feed can wait for those that commit late."""

from django.db import migrations, models

import loyalty.core.events.models


class Migration(migrations.Migration):
    dependencies = [("events", "0003_no_hot_merchant_row")]
    operations = [
        migrations.AddField(
            model_name="event",
            name="written_by",
            field=models.BigIntegerField(
                db_default=loyalty.core.events.models.ThisTransaction(), editable=False
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["merchant", "written_by", "id"], name="events_event_settled"),
        ),
    ]
