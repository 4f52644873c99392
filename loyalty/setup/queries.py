"""Where a server and a shop stand on the way to a live programme."""

import hashlib
import hmac
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from loyalty.core.errors import NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import staff_of
from loyalty.core.merchants.roles import Role
from loyalty.core.people.queries import has_operator
from loyalty.setup.answers import Answers, Customers, ShopFacts, read
from loyalty.setup.models import FirstLink, Launch, Sketch
from loyalty.setup.places import country_of, currency_of, zone_of

NO_DELIVERY = ("filebased", "console", "dummy")
"""Ends of the names of mail backends that bring no mail to anybody."""


def is_claimed() -> bool:
    """True once this server is somebody's: it has an operator, or a shop."""
    return has_operator() or Merchant.objects.exists()


def digest_of(token: str) -> bytes:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode()).digest()


def link_stands(token: str, *, at: datetime) -> bool:
    """True while that token makes the owner: the newest there is, in time, not used, on a server nobody owns."""
    row = FirstLink.objects.filter(pk=FirstLink.ONLY).first()
    return row is not None and fits(row, token, at=at) and not is_claimed()


def fits(row: FirstLink, token: str, *, at: datetime) -> bool:
    """True when the token is this link's and the link still counts. Compared in constant time."""
    return (
        hmac.compare_digest(bytes(row.digest), digest_of(token))
        and row.used_at is None
        and at < row.expires_at
    )


def may_open_shops(user: Any) -> bool:
    """Whether a signed-in person may open a shop: the operator, and owners of one where the operator lets them."""
    if user.is_superuser:
        return True
    return bool(settings.OWNERS_OPEN_SHOPS) and any(
        row.role == Role.OWNER for _shop, row in staff_of(user.pk)
    )


def sketch(user: int) -> Sketch | None:
    """The shop that this person is setting up, if any."""
    return Sketch.objects.filter(user_id=user, opened=None).first()


def sketch_of(sketch_id: UUID, *, user: int) -> Sketch:
    """One of this person's, opened ones too; `NotFound` otherwise."""
    row = Sketch.objects.filter(pk=sketch_id, user_id=user).select_related("opened").first()
    if row is None:
        raise NotFound("set-up")
    return row


def answers_of(row: Sketch | None, *, accepted: str, language: str) -> Answers:
    """What was answered so far. At the start: guesses from the `Accept-Language` of the browser, and the page's
    `language`."""
    found = read(row.answers) if row is not None else None
    if found is not None:
        return found
    country = country_of(accepted)
    return Answers(
        customers=Customers(country=country, currency=currency_of(country)),
        shop=ShopFacts(timezone=zone_of(country), language=language),
    )


def launch() -> Launch | None:
    """What the live shop that is acted for said of its launch."""
    return Launch.objects.first()


def delivers_mail() -> bool:
    """False while mails go nowhere but into a file or a terminal."""
    backend = str(settings.MAILERS["default"]["BACKEND"]).lower()
    return not any(name in backend for name in NO_DELIVERY)
