"""What lists share: cursors that survive new rows, and addresses that keep the filter."""

import base64
import json
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, QueryDict

from loyalty.core import ids
from loyalty.core.pages import FORM_KEY

PAGE = 40
"""Rows on one page of a list."""


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
