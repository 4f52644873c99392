"""Where members belong and what they have gathered."""

import django.db.models.deletion
from django.db import migrations, models

import loyalty.core.ids
import loyalty.core.tenancy.models
import loyalty.core.tenancy.scope


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0009_activities"),
        ("merchants", "0003_policies"),
    ]

    operations = [
        migrations.CreateModel(
            name="DrawEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=loyalty.core.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("draw", models.CharField(db_collation="C", max_length=60)),
                ("rule", models.CharField(db_collation="C", max_length=60)),
                ("given", models.IntegerField()),
                ("entries", models.IntegerField()),
                ("source_kind", models.CharField(max_length=24)),
                ("source", models.UUIDField()),
                ("entered_at", models.DateTimeField()),
                (
                    "member",
                    loyalty.core.tenancy.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draw_entries",
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
                    models.Index(fields=["merchant", "draw", "member"], name="members_drawentry_draw"),
                    models.Index(fields=["merchant", "member"], name="members_drawentry_member"),
                ],
                "constraints": [
                    loyalty.core.tenancy.models.TenantKey(name="members_drawentry_key"),
                    loyalty.core.tenancy.models.TenantPolicy(name="members_drawentry_policy"),
                    loyalty.core.tenancy.models.TenantReference(
                        field="member", name="members_drawentry_member_same_merchant"
                    ),
                    models.UniqueConstraint(
                        fields=("merchant", "source", "rule"), name="members_drawentry_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("entries__gte", 0), ("entries__lte", models.F("given"))),
                        name="members_drawentry_within",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EarnedBadge",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=loyalty.core.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("badge", models.CharField(db_collation="C", max_length=60)),
                ("earned_at", models.DateTimeField()),
                ("source_kind", models.CharField(max_length=24)),
                ("source", models.UUIDField()),
                (
                    "member",
                    loyalty.core.tenancy.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="badges",
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
                "indexes": [models.Index(fields=["merchant", "source"], name="members_earnedbadge_source")],
                "constraints": [
                    loyalty.core.tenancy.models.TenantKey(name="members_earnedbadge_key"),
                    loyalty.core.tenancy.models.TenantPolicy(name="members_earnedbadge_policy"),
                    loyalty.core.tenancy.models.TenantReference(
                        field="member", name="members_earnedbadge_member_same_merchant"
                    ),
                    models.UniqueConstraint(
                        fields=("merchant", "member", "badge"), name="members_earnedbadge_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SegmentPlace",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=loyalty.core.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("segment", models.CharField(db_collation="C", max_length=60)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("source_kind", models.CharField(blank=True, max_length=24)),
                ("source", models.UUIDField(null=True)),
                (
                    "member",
                    loyalty.core.tenancy.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="segment_places",
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
                        fields=["merchant", "segment", "member"], name="members_segmentplace_segment"
                    ),
                    models.Index(
                        condition=models.Q(("source__isnull", False)),
                        fields=["merchant", "source"],
                        name="members_segmentplace_source",
                    ),
                ],
                "constraints": [
                    loyalty.core.tenancy.models.TenantKey(name="members_segmentplace_key"),
                    loyalty.core.tenancy.models.TenantPolicy(name="members_segmentplace_policy"),
                    loyalty.core.tenancy.models.TenantReference(
                        field="member", name="members_segmentplace_member_same_merchant"
                    ),
                    models.UniqueConstraint(
                        fields=("merchant", "member", "segment"), name="members_segmentplace_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TierStanding",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=loyalty.core.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tier", models.CharField(db_collation="C", max_length=60)),
                ("since", models.DateTimeField()),
                ("valid_until", models.DateTimeField(null=True)),
                (
                    "member",
                    loyalty.core.tenancy.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tier_standings",
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
                    models.Index(fields=["merchant", "tier", "member"], name="members_tierstanding_tier"),
                    models.Index(
                        condition=models.Q(("valid_until__isnull", False)),
                        fields=["merchant", "valid_until"],
                        name="members_tierstanding_ends",
                    ),
                ],
                "constraints": [
                    loyalty.core.tenancy.models.TenantKey(name="members_tierstanding_key"),
                    loyalty.core.tenancy.models.TenantPolicy(name="members_tierstanding_policy"),
                    loyalty.core.tenancy.models.TenantReference(
                        field="member", name="members_tierstanding_member_same_merchant"
                    ),
                    models.UniqueConstraint(fields=("merchant", "member"), name="members_tierstanding_one"),
                ],
            },
        ),
    ]
