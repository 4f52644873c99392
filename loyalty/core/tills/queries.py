"""Finding tills: the one a device is, the merchant's, and what was done at one."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.utils.encoding import force_bytes

from loyalty.core.errors import NotFound
from loyalty.core.merchants.models import Location, Merchant, Staff
from loyalty.core.merchants.queries import permissions
from loyalty.core.tenancy.scope import across_merchants
from loyalty.core.tills.models import Action, Pin, Till

LAST = 20


def digest_of(secret: str) -> bytes:
    """What is kept of a device's secret: 256 random bits need no slow hash."""
    return sha256(secret.encode()).digest()


def code_digests(code: str) -> list[bytes]:
    """What is kept of a pairing code, by the server's key and by those it replaced. Keyed, because a short code's plain
    digest could be turned back."""
    typed = "".join(letter for letter in code[:40].upper() if letter.isalnum())
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [hmac.digest(force_bytes(key), f"till|{typed}".encode(), "sha256") for key in keys]


def device(till: UUID, merchant: int, secret: str) -> Till | None:
    """The paired till that a device says it is, with its merchant, its location and who is at it; None when it is
    revoked, paired anew elsewhere, or no such thing."""
    with across_merchants("which till is this device"):
        row = (
            Till.objects.filter(merchant=merchant, pk=till, revoked_at=None)
            .select_related("merchant", "location", "staff")
            .first()
        )
    if row is None or row.secret_digest is None:
        return None
    return row if hmac.compare_digest(bytes(row.secret_digest), digest_of(secret)) else None


def at_work(till: Till, *, at: datetime) -> Staff | None:
    """Who has unlocked a till and done something there lately enough; None while it is locked."""
    if till.staff is None or till.staff.revoked_at is not None or till.active_at is None:
        return None
    return till.staff if at - till.active_at < timedelta(minutes=till.idle_minutes) else None


def merchant_of_code(code: str, *, at: datetime) -> Merchant | None:
    """The merchant whose open pairing code this is."""
    with across_merchants("a device that is being paired knows nothing but its code"):
        rows = list(
            Till.objects.filter(code_digest__in=code_digests(code), code_until__gt=at, revoked_at=None)
            .select_related("merchant")[:2]
        )  # fmt: skip
    return rows[0].merchant if len(rows) == 1 else None


def tills() -> list[Till]:
    """The merchant's tills with their locations, those that work first, by name."""
    rows = Till.objects.select_related("location", "staff").order_by("name", "id")
    return sorted(rows, key=lambda row: row.revoked_at is not None)


def till(till_id: UUID) -> Till:
    """One till that is not revoked; `NotFound` otherwise."""
    found = Till.objects.filter(pk=till_id, revoked_at=None).select_related("location").first()
    if found is None:
        raise NotFound("till")
    return found


def locations() -> list[Location]:
    """The merchant's places, by name."""
    return list(Location.objects.order_by("name", "code"))


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who may use the tills, and since when they have a PIN; None while they have none."""

    staff: Staff
    name: str
    pin_set_at: datetime | None


def colleagues() -> list[Colleague]:
    """Everybody who may use the tills, by name."""
    pins = dict(Pin.objects.values_list("staff_id", "set_at"))
    rows = Staff.objects.filter(revoked_at=None).select_related("user").order_by("name", "id")
    return [
        Colleague(row, row.name or row.user.email, pins.get(row.pk))
        for row in rows
        if "till.use" in permissions(row)
    ]


def has_pin(staff: UUID) -> bool:
    """Whether somebody can unlock a till."""
    return Pin.objects.filter(staff=staff).exists()


def action(action_id: UUID, *, till: UUID) -> Action:
    """Something done at this very till; `NotFound` otherwise."""
    found = Action.objects.filter(pk=action_id, till=till).first()
    if found is None:
        raise NotFound("entry")
    return found


def action_named(text: str, *, till: UUID) -> Action | None:
    """Something done at this very till, by its id as an address has it; None for anything else."""
    try:
        return Action.objects.filter(pk=UUID(text), till=till).first()
    except ValueError:
        return None


def action_by_key(key: str) -> Action | None:
    """What was done under a key."""
    return Action.objects.filter(key=key).first()


def last_at(till: UUID) -> list[Action]:
    """The last things done at a till, last first."""
    return list(Action.objects.filter(till=till).order_by("-id")[:LAST])


@dataclass(frozen=True, slots=True)
class Shift:
    """What one of the staff did at a till within some hours; what was undone counts nowhere but in `undone`."""

    staff: UUID
    sales: int
    amount_minor: int
    points: int
    rewards: int
    members: int
    undone: int


def shifts(till: UUID, *, since: datetime, until: datetime) -> list[Shift]:
    """Everybody's work at a till from `since` until before `until`."""
    stands, earned = Q(undone_at=None), Q(kind=Action.Kind.EARN, undone_at=None)
    used = Q(kind__in=[Action.Kind.REDEEM, Action.Kind.CODE]) & stands
    rows: Iterable[dict] = (
        Action.objects.filter(till=till, done_at__gte=since, done_at__lt=until)
        .values("staff_id")
        .annotate(
            sales=Count("id", filter=earned),
            amount_minor=Sum("amount_minor", filter=earned, default=0),
            points=Sum("points", filter=earned, default=0),
            rewards=Count("id", filter=used),
            members=Count("id", filter=Q(kind=Action.Kind.JOIN) & stands),
            undone=Count("id", filter=~stands),
        )
        .order_by("staff_id")
    )
    return [Shift(row.pop("staff_id"), **row) for row in rows]
