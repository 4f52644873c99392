"""A shop's certificates for the wallets of phones, the cards made with them, and the phones that have one.

Nothing here names a person: a pass points to the member, and what it says is made anew each time it is asked for.
"""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant


class AppleWallet(MerchantScoped):
    """A shop's Pass Type ID: its certificate with Apple's above it (PEM), and the private key, encrypted.
    `expires_at` is when the first of the two ends."""

    pass_type = models.CharField(max_length=155, db_collation="C")
    team = models.CharField(max_length=20)
    certificate = models.TextField()
    intermediate = models.TextField()
    private_key = models.TextField()
    expires_at = models.DateTimeField()
    connected_at = models.DateTimeField()
    connected_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            *tenant("wallets_applewallet"),
            models.UniqueConstraint(fields=["merchant"], name="wallets_applewallet_one"),
        ]

    def __str__(self) -> str:
        return self.pass_type


class GoogleWallet(MerchantScoped):
    """A shop's issuer at Google and the service account that signs for it; the private key is encrypted."""

    issuer = models.CharField(max_length=24)
    account = models.CharField(max_length=254)
    key_id = models.CharField(max_length=80, blank=True)
    private_key = models.TextField()
    connected_at = models.DateTimeField()
    connected_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            *tenant("wallets_googlewallet"),
            models.UniqueConstraint(fields=["merchant"], name="wallets_googlewallet_one"),
        ]

    def __str__(self) -> str:
        return self.issuer


class WalletPass(MerchantScoped):
    """A member's card in a wallet. `token` (encrypted) is what their phone proves itself with at the web service.

    `changed_at` is what phones compare: each change is at least a second after the one before, because that is how
    exactly a phone remembers. `due_at` is when the wallet is to be told of a change; null when it has been.
    """

    class Platform(models.TextChoices):
        APPLE = "apple"
        GOOGLE = "google"

    member = TenantForeignKey("members.Member")
    platform = models.CharField(max_length=10, choices=Platform)
    token = models.TextField(blank=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    told_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [*tenant("wallets_walletpass", "member")]
        indexes = [
            models.Index(fields=["merchant", "member"], name="wallets_walletpass_member"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="wallets_walletpass_due"),
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.pk}"


class WalletDevice(MerchantScoped):
    """A phone that has a pass and wants to hear of changes. Its name is kept as a digest, for it is only compared; the
    address to push to is encrypted."""

    wallet_pass = TenantForeignKey(WalletPass)
    device = models.CharField(max_length=64, db_collation="C")
    push_token = models.TextField()
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("wallets_walletdevice", "wallet_pass"),
            models.UniqueConstraint(
                fields=["merchant", "device", "wallet_pass"], name="wallets_walletdevice_once"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "wallet_pass"], name="wallets_walletdevice_pass")]

    def __str__(self) -> str:
        return str(self.wallet_pass_id)
