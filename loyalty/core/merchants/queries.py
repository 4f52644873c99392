"""Finding the merchant for a host, a person or a key. These run before a scope is known."""

import hmac
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from loyalty.core.errors import NotFound
from loyalty.core.merchants.keys import Secret, read_secret
from loyalty.core.merchants.models import ApiKey, Invitation, Location, Merchant, Staff
from loyalty.core.merchants.roles import PERMISSIONS, Role
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import across_merchants

_KEEP_SECONDS = 0.5  # how long a revoked key or an old setting may still count
_shops: dict[int, tuple[float, Merchant]] = {}


def merchant_by_slug(slug: str) -> Merchant:
    """The merchant with that address; `NotFound` otherwise."""
    found = Merchant.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound("shop")
    return found


def shop_of_scope() -> Merchant:
    """The merchant acted for. Kept for half a second: every order asks, and currency and zone hardly ever
    change."""
    merchant_id = scope.merchant_id()
    kept = _shops.get(merchant_id)
    if kept is None or kept[0] <= time.monotonic():
        kept = _shops[merchant_id] = (time.monotonic() + _KEEP_SECONDS, Merchant.objects.get(pk=merchant_id))
    return kept[1]


def staff_of(user_id: int) -> list[tuple[Merchant, Staff]]:
    """Every merchant a person works for, with their role there, by name."""
    with across_merchants("a person may work for several merchants"):
        rows = Staff.objects.filter(user_id=user_id, revoked_at=None).select_related("merchant")
        return sorted(
            ((row.merchant, row) for row in rows), key=lambda pair: (pair[0].name, pair[0].is_sandbox)
        )


def staff_at(merchant: Merchant, user_id: int) -> Staff:
    """A person's row at one merchant; `NotFound` for strangers, so that a shop's existence does not show."""
    with across_merchants("is this person staff here"):
        found = Staff.objects.filter(merchant=merchant, user_id=user_id, revoked_at=None).first()
    if found is None:
        raise NotFound("shop")
    return found


def staff_here(staff: UUID) -> Staff:
    """One of those who work here now; `NotFound` otherwise."""
    found = Staff.objects.filter(pk=staff, revoked_at=None).first()
    if found is None:
        raise NotFound("person")
    return found


def people() -> list[Staff]:
    """Everybody who works or worked here, by name, with their accounts."""
    return list(Staff.objects.select_related("user").order_by("name"))


def staff_names(keys: Iterable[UUID]) -> dict[UUID, str]:
    """Names of people who work or worked here by their rows' ids; an address where there is no name."""
    rows = Staff.objects.filter(pk__in=list(keys)).select_related("user")
    return {row.pk: row.name or row.user.email for row in rows}


def key_names(keys: Iterable[UUID]) -> dict[UUID, str]:
    """What API keys are called, stopped ones too, by their ids."""
    return dict(ApiKey.objects.filter(pk__in=list(keys)).values_list("pk", "name"))


def permissions(staff: Staff) -> frozenset[str]:
    """What this person may do here."""
    return PERMISSIONS[Role(staff.role)]


@dataclass(frozen=True, slots=True)
class Credential:
    """A checked API key: whose it is and what it may do."""

    key: UUID
    merchant: Merchant
    scopes: frozenset[str]
    expires_at: datetime | None


_kept: dict[bytes, tuple[float, Credential]] = {}


def credential(secret: str, *, at: datetime) -> Credential | None:
    """The credential behind an API key, or None. Compared in constant time by digest."""
    sent = read_secret(secret)
    if sent is None:
        return None
    kept = _kept.get(sent.digest)
    if kept is not None and kept[0] > time.monotonic():
        found: Credential | None = kept[1]
    else:
        found = _look_up(sent)
        if len(_kept) > 10_000:
            _kept.clear()
        if found is not None:
            _kept[sent.digest] = (time.monotonic() + _KEEP_SECONDS, found)
    if found is None or (found.expires_at is not None and found.expires_at <= at):
        return None
    return found


def _look_up(sent: Secret) -> Credential | None:
    with across_merchants("whose API key is this"):
        row = ApiKey.objects.filter(lookup=sent.lookup, revoked_at=None).select_related("merchant").first()
    if row is None or not hmac.compare_digest(bytes(row.digest), sent.digest):
        return None
    return Credential(row.pk, row.merchant, frozenset(row.scopes), row.expires_at)


def api_keys() -> list[ApiKey]:
    """The merchant's keys, newest first."""
    return list(ApiKey.objects.order_by("-created_at"))


def location_names() -> dict[str, str]:
    """Names of the merchant's places by code."""
    return dict(Location.objects.values_list("code", "name"))


def locations(*, closed: bool = True) -> list[Location]:
    """The merchant's places by name; with `closed=False` only those that are open."""
    found = Location.objects.order_by("name", "code")
    return list(found if closed else found.filter(closed_at=None))


def invitations() -> list[Invitation]:
    """Colleagues who were asked and have not come yet, latest first."""
    return list(Invitation.objects.order_by("-sent_at", "id"))


def invitation_behind(token: str, *, at: datetime) -> Invitation | None:
    """The invitation whose link carries this secret; None for one that was used, withdrawn or is too old."""
    digest = sha256(token.encode()).digest()
    found = Invitation.objects.filter(digest=digest).first()
    return found if found is not None and found.expires_at > at else None


def location(code: str) -> Location | None:
    """The location with that code."""
    return Location.objects.filter(code=code).first()
