"""The books. Written only by the function in `functions.sql`; read through `queries`."""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import (
    MerchantKey,
    MerchantScoped,
    ScopedManager,
    TenantForeignKey,
    TenantPolicy,
    TenantReference,
    tenant,
)

BESIDE = ("pending", "reserved", "debt")
"""Kinds of a member's accounts besides what they can spend."""


class Account(MerchantScoped):
    """Where value of one unit lies. A member's account (owner set) has a running balance; a merchant's has
    none."""

    owner = models.UUIDField(null=True)
    unit = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    balance = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0)
    head = models.BinaryField(null=True)
    is_empty = models.GeneratedField(
        expression=Q(balance=0),  # type: ignore[arg-type]  # a condition is an expression, whatever the stubs say
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            *tenant("ledger_account"),
            models.UniqueConstraint(
                fields=["merchant", "owner", "unit", "kind"], name="ledger_account_owner"
            ),
            models.UniqueConstraint(
                fields=["merchant", "unit", "kind"],
                condition=Q(owner=None),
                name="ledger_account_merchant_side",
            ),
            models.UniqueConstraint(fields=["merchant", "id", "unit"], name="ledger_account_unit"),
            # Few words on purpose: PostgreSQL reads a check anew for every statement.
            models.CheckConstraint(
                condition=Q(kind="debt", balance__lte=0) | (~Q(kind="debt") & Q(balance__gte=0)),
                name="ledger_account_floor",
            ),
        ]
        indexes = [
            # Few have anything here: they are found without reading all accounts. None of its columns ever changes.
            models.Index(
                fields=["merchant", "unit", "owner"],
                condition=Q(kind__in=BESIDE),
                name="ledger_account_beside",
            ),
            # Whoever has nothing to spend. A balance that moves without becoming nothing changes no column of it.
            models.Index(
                fields=["merchant", "unit", "owner"],
                condition=Q(kind="available", is_empty=True),
                name="ledger_account_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.unit}"


class Transfer(MerchantScoped):
    """One movement of value: immutable, zero in sum, once per key, for good."""

    key = models.CharField(max_length=200)
    fingerprint = models.UUIDField()
    kind = models.CharField(max_length=24)  # the business's word: earn, redemption, refund, adjustment, …
    move = models.CharField(max_length=12)  # what it does to the books: `chart.Do`
    unit = models.CharField(max_length=20)
    owner = models.UUIDField()
    amount = models.BigIntegerField()
    shortfall = models.BigIntegerField(default=0)
    settles = models.UUIDField(null=True)  # the earlier transfer it commits, releases, gives or takes back, …
    source_kind = models.CharField(max_length=24, blank=True)
    source = models.UUIDField(null=True)
    programme_version = models.UUIDField(null=True)
    rule = models.CharField(max_length=80, blank=True)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)
    data = models.JSONField(null=True)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("ledger_transfer"),
            models.UniqueConstraint(fields=["merchant", "key"], name="ledger_transfer_once"),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "source"],
                condition=Q(source__isnull=False),
                name="ledger_transfer_source",
            ),
            models.Index(
                fields=["merchant", "settles"],
                condition=Q(settles__isnull=False),
                name="ledger_transfer_settles",
            ),
            # What happened in a period, and the largest of it, is read from this index alone, however long ago it was.
            models.Index(
                fields=["merchant", "happened_at"],
                include=["unit", "move", "amount", "id"],
                name="ledger_transfer_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.unit}"


class Lot(MerchantScoped):
    """One credit with its own terms. `remaining` is what of it lies in pending or available."""

    account = TenantForeignKey(Account)  # the member's available account
    transfer = TenantForeignKey(Transfer)
    granted = models.BigIntegerField()
    remaining = models.BigIntegerField()
    pending = models.BooleanField(default=False)
    available_from = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    slides_days = models.IntegerField(null=True)

    class Meta:
        constraints = [
            *tenant("ledger_lot", "account", "transfer"),
            models.CheckConstraint(
                condition=Q(granted__gt=0, remaining__gte=0, remaining__lte=models.F("granted")),
                name="ledger_lot_within_grant",
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "account", "expires_at", "id"],
                condition=Q(remaining__gt=0),
                name="ledger_lot_open",
            ),
            models.Index(
                fields=["merchant", "expires_at"],
                condition=Q(remaining__gt=0, pending=False, expires_at__isnull=False),
                name="ledger_lot_expiring",
            ),
            models.Index(
                fields=["merchant", "available_from"],
                condition=Q(remaining__gt=0, pending=True, available_from__isnull=False),
                name="ledger_lot_ripening",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remaining} of {self.granted}"


class Entry(models.Model):
    """One line of a transfer. Append-only. Members' lines carry version, balance after and the chain's
    hash."""

    pk = models.CompositePrimaryKey("merchant_id", "transfer_id", "line")
    merchant = MerchantKey()
    transfer = TenantForeignKey(Transfer)
    line = models.SmallIntegerField()
    account = TenantForeignKey(Account)
    unit = models.CharField(max_length=20)
    lot = TenantForeignKey(Lot, null=True)
    amount = models.BigIntegerField()
    version = models.BigIntegerField(null=True)
    balance_after = models.BigIntegerField(null=True)
    hash = models.BinaryField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            TenantPolicy(name="ledger_entry_policy"),
            TenantReference(name="ledger_entry_transfer_same_merchant", field="transfer"),
            TenantReference(name="ledger_entry_lot_same_merchant", field="lot"),
            models.UniqueConstraint(fields=["merchant", "account", "version"], name="ledger_entry_version"),
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_entry_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+d}"


class Seal(MerchantScoped):
    """A night's digest over all entries recorded until then, chained to the night before. `sums` is what all of them,
    from the first on, add up to, carried forward: see `carried`."""

    day = models.DateField()
    # The cut: what was written before it, and after the cut of the seal before.
    until = models.DateTimeField()
    entries = models.BigIntegerField()
    sums = models.JSONField(default=dict)
    digest = models.BinaryField()
    previous = models.BinaryField(null=True)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("ledger_seal"),
            models.UniqueConstraint(fields=["merchant", "day"], name="ledger_seal_day"),
        ]

    def __str__(self) -> str:
        return str(self.day)
