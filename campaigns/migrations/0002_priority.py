from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]

    operations = [
        migrations.AddField(model_name="message", name="priority", field=models.SmallIntegerField(default=2)),
        migrations.RemoveIndex(model_name="message", name="campaigns_message_due"),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state__in", ("queued", "held", "sending"))),
                fields=["priority", "due_at"],
                name="campaigns_message_next",
            ),
        ),
    ]
