"""What a server says when it starts and belongs to nobody: the way to become its owner."""

import logging
from datetime import datetime

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.urls import reverse

from loyalty.core.errors import DomainError
from loyalty.setup.operations import ensure_owner, offer_first_link

log = logging.getLogger(__name__)


def address_of(token: str) -> str:
    """The whole address of a one-time link."""
    return f"{settings.SITE_URL.rstrip('/')}{reverse('create_owner', args=[token])}"


def welcome(*, at: datetime) -> str:
    """Make the owner that `OWNER_EMAIL` names, or a one-time link for whoever reads the log; what is to be said about
    it, "" when there is nothing to say."""
    try:
        return _said(at)
    except (DatabaseError, DomainError) as trouble:
        # A server whose database is not ready says so on /readyz; this must not keep it from starting.
        return f"The owner of this server could not be looked up: {trouble}"


def _said(at: datetime) -> str:
    if settings.OWNER_EMAIL:
        made = ensure_owner(email=settings.OWNER_EMAIL)
        return (
            f"{settings.OWNER_EMAIL} is the owner of this server: sign in at {settings.SITE_URL}"
            if made
            else ""
        )
    token = offer_first_link(at=at)
    if token is None:
        return ""
    return f"This server has no owner yet. Create one here, within a day: {address_of(token)}"


def announce(*, at: datetime) -> None:
    """Write what there is to say where the operator looks first: the log. Leaves no connection behind, so that a
    process may fork afterwards."""
    try:
        text = welcome(at=at)
    finally:
        connection.close()
    if text:
        log.warning(text)
