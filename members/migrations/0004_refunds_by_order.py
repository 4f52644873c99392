"""Find an order's refunds by the order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0003_no_hot_merchant_row")]
    operations = [
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("order__isnull", False)),
                fields=["merchant", "order"],
                name="members_refund_order",
            ),
        ),
    ]
