"""Where a shop's widget may be shown, the secrets with which the shop says who its shopper is, and used tokens."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, tenant


class Site(MerchantScoped):
    """A site that may show the widget, by its origin: scheme, host and port, as browsers write it."""

    origin = models.CharField(max_length=200, db_collation="C")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("widget_site"),
            models.UniqueConstraint(fields=["merchant", "origin"], name="widget_site_origin"),
        ]

    def __str__(self) -> str:
        return self.origin


class Secret(MerchantScoped):
    """A secret, encrypted: a signature cannot be checked with a digest. `hint` is its end, for people to recognise it
    by; the secret itself is never shown again. `ends_at` is set once it has been replaced."""

    secret = models.TextField()
    hint = models.CharField(max_length=8)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=60)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            *tenant("widget_secret"),
            # Of two people who make the first one, or replace it, at the same moment, one succeeds.
            models.UniqueConstraint(
                fields=["merchant"], condition=models.Q(ends_at=None), name="widget_secret_current"
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.hint}"


class TokenUse(MerchantScoped):
    """A token that moved value, and the open panel in which it did. Both are digests: what a shop writes into its
    tokens is its own business. Of no use, and deleted, once the token itself has ended."""

    token = models.BinaryField(max_length=32)
    panel = models.BinaryField(max_length=32)
    used_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("widget_tokenuse"),
            models.UniqueConstraint(fields=["merchant", "token"], name="widget_tokenuse_once"),
        ]
        indexes = [models.Index(fields=["merchant", "ends_at"], name="widget_tokenuse_ends")]

    def __str__(self) -> str:
        return f"until {self.ends_at}"
