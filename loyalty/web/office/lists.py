"""What lists share: cursors that survive new rows, addresses that keep the filter, and spreadsheets."""

import base64
import csv
import io
import json
import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, QueryDict

from loyalty.core import ids
from loyalty.core.pages import FORM_KEY

PAGE = 40
"""Rows on one page of a list."""

_RISKY = ("=", "+", "-", "@", "\t", "\r")


def cursor(instant: datetime, key: UUID | int) -> str:
    """Where a page ended, as a short text for an address."""
    return base64.urlsafe_b64encode(json.dumps([instant.isoformat(), str(key)]).encode()).decode().rstrip("=")


def after(text: str) -> tuple[datetime, UUID] | None:
    """What `cursor` wrote; None for the first page and for anything nobody wrote."""
    if not text:
        return None
    try:
        instant, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        found = datetime.fromisoformat(instant), UUID(key)
    except (ValueError, TypeError, AttributeError):
        return None
    return found if found[0].tzinfo is not None else None


def address(request: HttpRequest, **changes: str) -> str:
    """This page's address with some parameters changed; "" removes one."""
    query = QueryDict(mutable=True)
    for name in request.GET:
        query[name] = request.GET.get(name, "")
    for name, value in changes.items():
        if value:
            query[name] = value
        else:
            query.pop(name, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def once_key(request: HttpRequest) -> str:
    """The name under which an operation does what a form asks once: the form's key and all that was typed, since going
    back and typing something else is something new. A fresh one for a form without a key."""
    form = request.POST.get(FORM_KEY, "")[:64]
    if not form:
        return ids.new().hex
    typed = {
        name: request.POST.getlist(name) for name in sorted(request.POST) if name != "csrfmiddlewaretoken"
    }
    return ids.fingerprint([request.path, typed]).hex


def is_text(text: str) -> bool:
    """False for what PostgreSQL cannot hold and no person types."""
    return "\x00" not in text


def _harmless(value: Any) -> str:
    """A cell that no spreadsheet runs: text that begins like a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_RISKY) else text


def spreadsheet(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> FileResponse:
    """A CSV file for download, in UTF-8 with the mark that spreadsheets look for. Large ones wait on disk.

    Everything is written before the answer starts, while the scope is still open.
    """
    file = tempfile.SpooledTemporaryFile(max_size=5_000_000)  # noqa: SIM115  (the response closes it)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    text.flush()
    text.detach()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
