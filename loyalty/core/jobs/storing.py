"""Keeping files: written part by part, in one transaction or in many, and forgotten when their time is over."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db.models import F

from loyalty.core.jobs import queries
from loyalty.core.jobs.models import File, FilePart

KEEP = timedelta(days=30)
"""How long uploads and results are kept. Nobody's export outlives a request to be forgotten by more than that."""
PART_BYTES = 1 << 20


def begin(*, name: str, content_type: str, at: datetime, personal: bool = True) -> File:
    """An empty file, to be appended to."""
    visible = "".join(letter for letter in name if letter.isprintable())
    return File.objects.create(
        name=visible[:200] or "file", content_type=content_type, made_at=at, forget_at=at + KEEP, personal=personal
    )  # fmt: skip


def append(file: UUID, content: bytes) -> None:
    """Add to the end; the caller is the only one who does."""
    if not content:
        return
    number = File.objects.values_list("parts", flat=True).get(pk=file)
    pieces = [content[start : start + PART_BYTES] for start in range(0, len(content), PART_BYTES)]
    FilePart.objects.bulk_create(
        [FilePart(file_id=file, number=number + index, content=piece) for index, piece in enumerate(pieces)]
    )
    File.objects.filter(pk=file).update(parts=F("parts") + len(pieces), size=F("size") + len(content))


def append_part(file: UUID, content: bytes) -> None:
    """Add one part as it is, however long: for files whose parts mean something."""
    number = File.objects.values_list("parts", flat=True).get(pk=file)
    FilePart.objects.create(file_id=file, number=number, content=content)
    File.objects.filter(pk=file).update(parts=F("parts") + 1, size=F("size") + len(content))


def close(file: UUID) -> File:
    """The file is complete: note its digest."""
    made, found = sha256(), File.objects.get(pk=file)
    for number in range(found.parts):
        made.update(queries.part(file, number) or b"")
    found.digest = made.hexdigest()
    found.save(update_fields=["digest"])
    return found


def store(*, name: str, content_type: str, chunks: Iterable[bytes], at: datetime) -> File:
    """Keep a whole file."""
    made = begin(name=name, content_type=content_type, at=at)
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= PART_BYTES:
            append(made.pk, bytes(waiting[:PART_BYTES]))
            del waiting[:PART_BYTES]
    append(made.pk, bytes(waiting))
    return close(made.pk)


def forget(file: UUID, *, at: datetime) -> None:
    """Delete a file's content; that there was one stays."""
    FilePart.objects.filter(file=file).delete()
    File.objects.filter(pk=file, gone_at=None).update(gone_at=at)
