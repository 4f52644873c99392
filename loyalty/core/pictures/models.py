"""A merchant's pictures: logos and rewards, kept beside everything else, so that one backup holds them all."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, tenant


class Picture(MerchantScoped):
    """Its `id` is a digest of what it shows: the same picture again is the same row, and an address that carries the
    id can be kept by a browser for ever. Three renditions, the largest at most 1,280 pixels on its longer edge."""

    class Kind(models.TextChoices):
        PNG = "png"
        WEBP = "webp"

    kind = models.CharField(max_length=4, choices=Kind)
    width = models.IntegerField()
    height = models.IntegerField()
    small = models.BinaryField()
    medium = models.BinaryField()
    large = models.BinaryField()
    added_at = models.DateTimeField()

    class Meta:
        constraints = [*tenant("pictures_picture")]

    def __str__(self) -> str:
        return f"{self.kind} {self.width}×{self.height}"
