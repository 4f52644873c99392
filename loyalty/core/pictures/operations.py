"""Keep a picture that somebody uploaded, or one that was drawn here."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from loyalty.core.events.operations import record
from loyalty.core.pictures.encoding import Encoded, encode, renditions
from loyalty.core.pictures.models import Picture


def keep_picture(*, data: bytes, at: datetime, name: str = "") -> Picture:
    """Check an uploaded file, write its picture anew and keep it; the same one again gives the same row.

    Raises what `encoding.encode` raises; nothing is kept then.
    """
    return _keep(encode(data, name=name), at)


def keep_drawing(*, drawing: Any, at: datetime) -> Picture:
    """Keep a picture that was drawn by the house itself (a Pillow image in RGB or RGBA)."""
    return _keep(renditions(drawing), at)


@transaction.atomic
def _keep(made: Encoded, at: datetime) -> Picture:
    found = Picture.objects.filter(pk=made.id).first()
    if found is not None:
        return found
    shape = {"kind": made.kind, "width": made.width, "height": made.height}
    try:
        with transaction.atomic():
            picture = Picture.objects.create(id=made.id, added_at=at, **shape, **made.files)
    except IntegrityError:  # a colleague uploads the same one at this very moment
        return Picture.objects.get(pk=made.id)
    record("picture.added", subject=picture.pk, at=at, data=shape)
    return picture
