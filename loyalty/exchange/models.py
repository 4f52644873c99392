"""Imports: what was sent, what its columns mean, and what came of each row."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from loyalty.core.jobs.models import File
from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant

WHICH = "which_of_day"
"""The field that says which of several rows of one name a row is, from 1, "?" where that could not be told. Rows that
need a fix are sent back with it: alone in a file they would all be the first."""


class Import(MerchantScoped):
    """A file on its way in. `head` names its columns; `fields` says for each what it is, "" for nothing. `checking`,
    `running` and `undoing` are its latest jobs; `rows` is the file cut into stretches that are imported one by one."""

    kind = models.CharField(max_length=20)
    file = TenantForeignKey(File)
    rows = TenantForeignKey(File, null=True)
    head = ArrayField(models.CharField(max_length=200))
    fields = ArrayField(models.CharField(max_length=40, blank=True), default=list)
    options = models.JSONField(default=dict)
    checking = models.UUIDField(null=True)
    running = models.UUIDField(null=True)
    undoing = models.UUIDField(null=True)
    begun_at = models.DateTimeField()
    begun_by = models.CharField(max_length=80)

    class Meta:
        constraints = [*tenant("exchange_import", "file", "rows")]
        indexes = [models.Index(fields=["merchant", "id"], name="exchange_import_list")]

    def __str__(self) -> str:
        return f"{self.kind} from {self.file_id}"


class Made(MerchantScoped):
    """What a row of an import made: a member, a movement in the books, an order or a code, by its id. Undoing reads
    it; what is undone stays listed."""

    source = TenantForeignKey(Import)
    number = models.IntegerField()
    subject = models.UUIDField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("exchange_made", "source"),
            models.UniqueConstraint(fields=["merchant", "source", "subject"], name="exchange_made_once"),
        ]
        indexes = [models.Index(fields=["merchant", "source", "number", "id"], name="exchange_made_rows")]

    def __str__(self) -> str:
        return f"row {self.number}"


class Heading(MerchantScoped):
    """What a heading meant the last time somebody said so: asked once, remembered for the shop. `field` "" means that
    the column is left out."""

    kind = models.CharField(max_length=20)
    heading = models.CharField(max_length=200, db_collation="C")
    field = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            *tenant("exchange_heading"),
            models.UniqueConstraint(fields=["merchant", "kind", "heading"], name="exchange_heading_one"),
        ]

    def __str__(self) -> str:
        return f"{self.heading}: {self.field}"
