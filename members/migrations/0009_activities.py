"""Activities: what members do besides buying."""

import django.db.models.deletion
from django.db import migrations, models

import loyalty.core.ids
import loyalty.core.tenancy.models
import loyalty.core.tenancy.scope


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0008_usage"),
        ("merchants", "0003_policies"),
    ]

    operations = [
        migrations.AlterField(
            model_name="ruleuse",
            name="source_kind",
            field=models.CharField(choices=[("order", "Order"), ("activity", "Activity")], max_length=10),
        ),
        migrations.CreateModel(
            name="Activity",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=loyalty.core.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("source", models.CharField(max_length=40)),
                ("external_id", models.CharField(max_length=100)),
                ("fingerprint", models.UUIDField()),
                ("kind", models.CharField(db_collation="C", max_length=40)),
                ("properties", models.JSONField(default=dict)),
                ("product", models.JSONField(null=True)),
                ("sku", models.CharField(blank=True, max_length=100)),
                ("channel", models.CharField(blank=True, max_length=20)),
                ("location", models.CharField(blank=True, max_length=60)),
                ("points_earned", models.BigIntegerField(default=0)),
                ("programme_version", models.UUIDField(null=True)),
                ("decision", models.JSONField(default=dict)),
                ("happened_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "member",
                    loyalty.core.tenancy.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
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
                        fields=["merchant", "member", "kind", "happened_at"],
                        include=("sku",),
                        name="members_activity_kind",
                    ),
                    models.Index(fields=["merchant", "member", "id"], name="members_activity_member"),
                ],
                "constraints": [
                    loyalty.core.tenancy.models.TenantKey(name="members_activity_key"),
                    loyalty.core.tenancy.models.TenantPolicy(name="members_activity_policy"),
                    loyalty.core.tenancy.models.TenantReference(
                        field="member", name="members_activity_member_same_merchant"
                    ),
                    models.UniqueConstraint(
                        fields=("merchant", "source", "external_id"), name="members_activity_once"
                    ),
                ],
            },
        ),
    ]
