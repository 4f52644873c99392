"""What limited rules gave, and the function that counts it with the orders."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import loyalty.core.tenancy.models
import loyalty.core.tenancy.scope

HERE = Path(__file__).resolve().parent.parent


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0007_order_figures"),
        ("merchants", "0003_policies"),
    ]

    operations = [
        migrations.CreateModel(
            name="BudgetUse",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "merchant_id", "budget", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("budget", models.CharField(db_collation="C", max_length=60)),
                ("units", models.BigIntegerField(default=0)),
                ("cost_minor", models.DecimalField(decimal_places=18, default=0, max_digits=48)),
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
                "constraints": [
                    loyalty.core.tenancy.models.TenantPolicy(name="members_budgetuse_policy"),
                    models.CheckConstraint(
                        condition=models.Q(("units__gte", 0), ("cost_minor__gte", 0)),
                        name="members_budgetuse_not_below",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RuleUse",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "merchant_id",
                        "source",
                        "rule",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("source_kind", models.CharField(choices=[("order", "Order")], max_length=10)),
                ("source", models.UUIDField()),
                ("rule", models.CharField(db_collation="C", max_length=60)),
                ("unit", models.CharField(max_length=20)),
                ("amount", models.BigIntegerField()),
                ("units", models.BigIntegerField()),
                ("budget", models.CharField(blank=True, max_length=60)),
                ("unit_cost", models.DecimalField(decimal_places=18, default=0, max_digits=30)),
                ("at", models.DateTimeField()),
                (
                    "member",
                    loyalty.core.tenancy.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
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
                        fields=["merchant", "member", "rule", "at"],
                        include=("units",),
                        name="members_ruleuse_member",
                    )
                ],
                "constraints": [
                    loyalty.core.tenancy.models.TenantPolicy(name="members_ruleuse_policy"),
                    loyalty.core.tenancy.models.TenantReference(
                        field="member", name="members_ruleuse_member_same_merchant"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("units__gte", 0), ("units__lte", models.F("amount"))),
                        name="members_ruleuse_within",
                    ),
                ],
            },
        ),
        # It has another parameter now; PostgreSQL would keep both.
        migrations.RunSQL(
            "DROP FUNCTION IF EXISTS members_record_orders(jsonb);"
            + (HERE / "operations" / "orders.sql").read_text(),
            migrations.RunSQL.noop,
        ),
    ]
