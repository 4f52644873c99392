"""Personal offers."""

import django.db.models.deletion
from django.db import migrations, models

import loyalty.core.ids
import loyalty.core.tenancy.models
import loyalty.core.tenancy.scope


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0011_stamp_cards"),
        ("merchants", "0003_policies"),
    ]

    operations = [
        migrations.CreateModel(
            name="OfferActivation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=loyalty.core.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("offer", models.CharField(db_collation="C", max_length=60)),
                ("activated_at", models.DateTimeField()),
                ("active_until", models.DateTimeField(null=True)),
                ("channel", models.CharField(blank=True, max_length=20)),
                (
                    "member",
                    loyalty.core.tenancy.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offer_activations",
                        to="members.member",
                    ),
                ),
                (
                    "merchant",
                    loyalty.core.tenancy.models.MerchantKey(
                        db_constraint=False,
                        db_index=False,
                        default=loyalty.core.tenancy.scope.merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["merchant", "member", "offer", "activated_at"],
                        name="members_offeractivation_member",
                    )
                ],
                "constraints": [
                    loyalty.core.tenancy.models.TenantKey(name="members_offeractivation_key"),
                    loyalty.core.tenancy.models.TenantPolicy(name="members_offeractivation_policy"),
                    loyalty.core.tenancy.models.TenantReference(
                        field="member", name="members_offeractivation_member_same_merchant"
                    ),
                ],
            },
        ),
    ]
