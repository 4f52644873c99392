"""The whole shop out, and in. Each is one chunk: out sees one instant, in is everything or nothing."""

import tempfile
from datetime import datetime
from uuid import UUID

from loyalty.core.events.operations import record
from loyalty.core.jobs import storing
from loyalty.core.jobs.kinds import Step
from loyalty.core.jobs.models import Job
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.exchange.archive import read_archive, write_archive
from loyalty.exchange.archive.writing import Manifest
from loyalty.exchange.queries import poured

_PIECE = 1 << 20


def _result(manifest: Manifest) -> dict[str, object]:
    points = manifest.units.get("points")
    rows = {part.table: part.rows for part in manifest.tables}
    return {
        "rows": sum(rows.values()), "members": rows.get("members.Member", 0), "orders": rows.get("members.Order", 0),
        "points": points.held if points else 0,
    }  # fmt: skip


def write_whole(_job: Job, at: datetime) -> Step:
    """Write the archive and keep it."""
    with tempfile.TemporaryFile() as file:
        manifest = write_archive(file, at=at)
        file.seek(0)
        name = f"{shop_of_scope().slug}-{at:%Y-%m-%d}.zip"
        chunks = iter(lambda: file.read(_PIECE), b"")
        made = storing.store(name=name, content_type="application/zip", chunks=chunks, at=at)
    record("shop.exported", subject=None, at=at, data=_result(manifest))
    rows = sum(part.rows for part in manifest.tables)
    return Step(done=rows, total=rows, result=_result(manifest), file=made.pk, over=True)


def read_whole(job: Job, at: datetime) -> Step:
    """Read an archive that was sent."""
    with poured(UUID(job.options["file"])) as file:
        manifest = read_archive(file)
    record("shop.imported", subject=None, at=at, data=_result(manifest))
    rows = sum(part.rows for part in manifest.tables)
    return Step(done=rows, total=rows, result=_result(manifest), over=True)
