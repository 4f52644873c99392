"""The view of facts without those that a large shop keeps for its own pages."""

from importlib import import_module

from django.db import migrations

made = import_module("analytics.migrations.0003_bi")


class Migration(migrations.Migration):
    dependencies = [("analytics", "0003_bi")]
    operations = [
        migrations.RunSQL("GRANT SELECT (family) ON analytics_fact TO loyalty_views", migrations.RunSQL.noop),
        *(
            migrations.RunSQL(text, migrations.RunSQL.noop)
            for text in (
                made.read("drop.sql"),
                made.views(),
                made.read("comments.sql"),
                made.read("grants.sql"),
            )
        ),
    ]
