"""A member of one merchant's programme. Everything personal is in `Profile` and `Identity`, so erasing is
deleting."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast, ExtractDay, ExtractMonth

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant


class Member(MerchantScoped):
    """A row that holds no personal data: ledger, orders and events point here and stay when the person
    goes."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        BLOCKED = "blocked"
        MERGED = "merged"
        ERASED = "erased"

    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    joined_at = models.DateTimeField()
    channel = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=8, blank=True)
    merged_into = TenantForeignKey("self", null=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [*tenant("members_member", "merged_into")]
        indexes = [
            # The list page after page, and who of it is found by a common name, are read from this index alone.
            models.Index(
                fields=["merchant", "joined_at", "id"], include=["status"], name="members_member_newest"
            ),
            # Few are blocked, merged or erased: a list of them is not looked for among everybody else.
            models.Index(
                fields=["merchant", "joined_at", "id"],
                condition=~Q(status="active"),
                name="members_member_inactive",
            ),
            models.Index(fields=["user"], condition=Q(user__isnull=False), name="members_member_user"),
            models.Index(
                fields=["merchant", "merged_into"],
                condition=Q(merged_into__isnull=False),
                name="members_member_merged",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Profile(MerchantScoped):
    """The person. `search_*` are casefolded: under row-level security only `=` and prefixes can use an
    index."""

    member = TenantForeignKey(Member, related_name="profiles")
    given_name = models.CharField(max_length=80, blank=True)
    family_name = models.CharField(max_length=80, blank=True)
    birthday = models.DateField(null=True)
    news_by_email = models.BooleanField(default=False)
    news_by_sms = models.BooleanField(default=False)
    # Month and day as one number, 302 for 2 March: whose birthday it is, found by `=`.
    birthday_key = models.GeneratedField(
        expression=Cast(ExtractMonth("birthday") * 100 + ExtractDay("birthday"), models.SmallIntegerField()),
        output_field=models.SmallIntegerField(),
        db_persist=True,
        null=True,
    )
    search_given = models.CharField(max_length=80, blank=True, db_collation="C")
    search_family = models.CharField(max_length=80, blank=True, db_collation="C")

    class Meta:
        constraints = [
            *tenant("members_profile", "member"),
            models.UniqueConstraint(fields=["merchant", "member"], name="members_profile_one"),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "birthday_key"],
                condition=Q(birthday_key__isnull=False),
                name="members_profile_birthday",
            ),
            # Few want text messages: found without reading everybody else.
            models.Index(
                fields=["merchant", "member"], condition=Q(news_by_sms=True), name="members_profile_sms"
            ),
            # The list by name, page after page, is read from this index in its order. Whose name begins with a word
            # is read from it, or from its twin, alone.
            models.Index(
                fields=["merchant", "search_family", "search_given", "member"], name="members_profile_sorted"
            ),
            models.Index(
                fields=["merchant", "search_given", "search_family", "member"], name="members_profile_given"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


class Identity(MerchantScoped):
    """One way to recognise a member. `value` is normalised: e-mail lower case, phone E.164, card upper
    case."""

    class Kind(models.TextChoices):
        EXTERNAL = "external"
        EMAIL = "email"
        PHONE = "phone"
        CARD = "card"

    member = TenantForeignKey(Member, related_name="identities")
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(max_length=254, db_collation="C")
    verified_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("members_identity", "member"),
            models.UniqueConstraint(fields=["merchant", "kind", "value"], name="members_identity_value"),
        ]
        indexes = [models.Index(fields=["merchant", "member"], name="members_identity_member")]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class Stats(MerchantScoped):
    """Running counts of a member's orders, net of refunds; the engine and the lists read them."""

    member = TenantForeignKey(Member, related_name="stats")
    orders_count = models.IntegerField(default=0)
    spend_minor = models.BigIntegerField(default=0)
    first_order_at = models.DateTimeField(null=True)
    last_order_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("members_stats", "member"),
            models.UniqueConstraint(fields=["merchant", "member"], name="members_stats_one"),
        ]

    def __str__(self) -> str:
        return f"{self.orders_count} orders"
