"""Stamp cards, and what refunds take of units besides points."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import loyalty.core.ids
import loyalty.core.tenancy.models
import loyalty.core.tenancy.scope

HERE = Path(__file__).resolve().parent.parent


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0010_belonging"),
        ("merchants", "0003_policies"),
    ]

    operations = [
        # An order's row has postings for several units now.
        migrations.RunSQL((HERE / "operations" / "orders.sql").read_text(), migrations.RunSQL.noop),
        migrations.AddField(
            model_name="refund",
            name="others",
            field=models.JSONField(default=dict),
        ),
        migrations.CreateModel(
            name="FullCard",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=loyalty.core.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("card", models.CharField(db_collation="C", max_length=60)),
                ("unit", models.CharField(max_length=20)),
                ("stamps", models.IntegerField()),
                ("reward", models.CharField(max_length=60)),
                ("quantity", models.IntegerField()),
                ("transfer", models.UUIDField()),
                ("filled_at", models.DateTimeField()),
                ("reopened_at", models.DateTimeField(null=True)),
                (
                    "member",
                    loyalty.core.tenancy.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="full_cards",
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
                    models.Index(fields=["merchant", "member", "unit", "id"], name="members_fullcard_member")
                ],
                "constraints": [
                    loyalty.core.tenancy.models.TenantKey(name="members_fullcard_key"),
                    loyalty.core.tenancy.models.TenantPolicy(name="members_fullcard_policy"),
                    loyalty.core.tenancy.models.TenantReference(
                        field="member", name="members_fullcard_member_same_merchant"
                    ),
                    models.UniqueConstraint(
                        fields=("merchant", "transfer"), name="members_fullcard_transfer"
                    ),
                ],
            },
        ),
    ]
