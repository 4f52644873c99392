"""A merchant is a tenant. Its sandbox is a sibling merchant with its own members, keys and books."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from loyalty.core.merchants.roles import Role
from loyalty.core.tenancy.models import MerchantScoped, tenant


class Merchant(models.Model):
    """A shop (or chain) that runs one programme. Not scoped: it is what scopes are made of.

    `second_factor`: owners and managers need more than a code by e-mail. `controller_*`: who answers for personal data.
    `retention_months`: after how long without a sign of life a member is up for being forgotten; null is never."""

    id = models.BigAutoField(primary_key=True)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    sandbox_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="sandbox"
    )
    currency = models.CharField(max_length=3)
    timezone = models.CharField(max_length=64, default="UTC")
    country = models.CharField(max_length=2, default="SE")
    language = models.CharField(max_length=8, default="en")
    brand_colour = models.CharField(max_length=7, default="#2f5d50")
    # The id of a picture. No reference: this row is what scopes are made of and stands in none.
    logo = models.UUIDField(null=True, blank=True)
    second_factor = models.BooleanField(default=False)
    sender_name = models.CharField(max_length=60, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    controller_name = models.CharField(max_length=120, blank=True)
    controller_contact = models.CharField(max_length=254, blank=True)
    retention_months = models.SmallIntegerField(null=True, blank=True)
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def is_sandbox(self) -> bool:
        """True for the test sibling: pretend members, pretend points, shown on every page."""
        return self.sandbox_of_id is not None


class Location(MerchantScoped):
    """A shop, café or web shop where orders are made."""

    code = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            *tenant("merchants_location"),
            models.UniqueConstraint(fields=["merchant", "code"], name="merchants_location_code"),
        ]

    def __str__(self) -> str:
        return self.name


class Staff(MerchantScoped):
    """One person's role at one merchant."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in Role])
    name = models.CharField(max_length=120, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            *tenant("merchants_staff"),
            models.UniqueConstraint(fields=["merchant", "user"], name="merchants_staff_user"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.user_id}"


class Invitation(MerchantScoped):
    """A colleague who was asked and has not come yet. The link in the mail carries a secret; only its SHA-256 is kept.

    The row goes when it is accepted or withdrawn: nobody's address stays behind."""

    email = models.CharField(max_length=254, db_collation="C")
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in Role])
    digest = models.BinaryField(max_length=32)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    invited_by = models.CharField(max_length=60)

    class Meta:
        constraints = [
            *tenant("merchants_invitation"),
            models.UniqueConstraint(fields=["merchant", "email"], name="merchants_invitation_email"),
            models.UniqueConstraint(fields=["merchant", "digest"], name="merchants_invitation_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.role} until {self.expires_at}"


class ApiKey(MerchantScoped):
    """A secret for a storefront. Only its SHA-256 is kept: 256 random bits need no slow hash."""

    lookup = models.CharField(max_length=8, unique=True)
    digest = models.BinaryField(max_length=32)
    name = models.CharField(max_length=120)
    scopes = ArrayField(models.CharField(max_length=40))
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)

    class Meta:
        constraints = [*tenant("merchants_apikey")]

    def __str__(self) -> str:
        return f"{self.name} ({self.lookup})"
