"""Set up tills, pair devices, unlock them by PIN, and write down what was done there."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.merchants.models import Location, Merchant, Staff
from loyalty.core.merchants.queries import permissions
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import Actor, acting_for
from loyalty.core.tills import queries
from loyalty.core.tills.models import Action, Pin, Till

CODE_MINUTES = 15
CODE_LENGTH = 8
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U: read aloud and typed without mistakes
TRIES = 5
"""Wrong PINs in a row that cost nothing but the try."""
LONGEST_WAIT = timedelta(hours=1)
SEEN_EVERY = timedelta(seconds=30)

_PIN = re.compile(r"[0-9]{4,6}", re.ASCII)
_EASY = frozenset(
    {*("0123456789"[start:end] for start in range(7) for end in range(start + 4, start + 7)),
     *("9876543210"[start:end] for start in range(7) for end in range(start + 4, start + 7))}
)  # fmt: skip


class CodeNotGood(DomainError):
    """Unknown, used, over: one answer, so that guessing teaches nothing."""

    code = "pairing_code_not_valid"
    message = _("This code is not good: it may be mistyped, used or over. Make a new one in the settings.")
    field = "code"


class PinNotGood(DomainError):
    code = "pin_not_valid"
    message = _("Choose 4 to 6 digits that are not all the same and do not just count up or down.")
    field = "pin"


@dataclass(frozen=True, slots=True)
class Paired:
    """The till a device has become, and the secret it keeps: this is the only time it is known."""

    till: Till
    merchant: Merchant
    secret: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a PIN. `wait` says how long nobody may try again; `left` how many tries cost nothing yet."""

    ok: bool
    wait: timedelta = timedelta()
    left: int = 0


def wait_after(wrong: int) -> timedelta:
    """How long to wait after so many wrong PINs in a row: not at all for the first few, then twice as long each time,
    up to an hour. Guessing 10,000 numbers takes more than a year."""
    if wrong < TRIES:
        return timedelta()
    return min(timedelta(minutes=1) * 2 ** min(wrong - TRIES, 10), LONGEST_WAIT)


def _named(name: str) -> str:
    if not 1 <= len(name.strip()) <= 80:
        raise InvalidInput.of("name", str(_("Write a name of 1 to 80 characters.")))
    return name.strip()


def _place(code: str) -> Location:
    found = Location.objects.filter(code=code).first()
    if found is None:
        raise InvalidInput.of("location", str(_("Choose one of your places.")))
    return found


def _idle(minutes: int) -> int:
    if not 1 <= minutes <= 60:
        raise InvalidInput.of("idle_minutes", str(_("Give a number of minutes from 1 to 60.")))
    return minutes


@transaction.atomic
def add_till(*, name: str, location: str, at: datetime, idle_minutes: int = 5) -> tuple[Till, str]:
    """A new till at a location (its code), and the code by which a device becomes it."""
    row = Till.objects.create(
        name=_named(name),
        location=_place(location),
        idle_minutes=_idle(idle_minutes),
        created_at=at,
        created_by=str(scope.actor()),
    )
    record("till.added", subject=row.pk, at=at)
    return row, new_code(till=row.pk, at=at)


def _locked(till: UUID) -> Till:
    row = Till.objects.select_for_update(no_key=True).filter(pk=till, revoked_at=None).first()
    if row is None:
        raise NotFound("till")
    return row


@transaction.atomic
def new_code(*, till: UUID, at: datetime) -> str:
    """A fresh pairing code, in two groups of four; the one before is no good any more. The device that was paired goes
    on until the code is used."""
    row = _locked(till)
    code = "".join(secrets.choice(_LETTERS) for _unused in range(CODE_LENGTH))
    row.code_digest, row.code_until = queries.code_digests(code)[0], at + timedelta(minutes=CODE_MINUTES)
    row.save(update_fields=["code_digest", "code_until"])
    return f"{code[:4]}-{code[4:]}"


@transaction.atomic
def edit_till(*, till: UUID, name: str, location: str, idle_minutes: int, at: datetime) -> Till:
    """Rename a till, move it, or change how long it stays unlocked."""
    row = _locked(till)
    row.name, row.location, row.idle_minutes = _named(name), _place(location), _idle(idle_minutes)
    row.save(update_fields=["name", "location", "idle_minutes"])
    record("till.edited", subject=row.pk, at=at)
    return row


@transaction.atomic
def revoke_till(*, till: UUID, at: datetime) -> None:
    """Stop a till for good; it counts from the device's next request. Sales that wait there are lost to it: they are
    refused when it comes back."""
    row = _locked(till)
    row.revoked_at, row.secret_digest, row.code_digest, row.staff = at, None, None, None
    row.save(update_fields=["revoked_at", "secret_digest", "code_digest", "staff"])
    record("till.revoked", subject=row.pk, at=at)


def pair(*, code: str, at: datetime) -> Paired:
    """Make this device the till whose code it knows. A device that was this till before is it no longer. Raises
    `CodeNotGood`; of two devices at once one succeeds."""
    merchant = queries.merchant_of_code(code, at=at)
    if merchant is None:
        raise CodeNotGood()
    with acting_for(merchant, by=Actor("till")):
        row = (
            Till.objects.select_for_update(no_key=True)
            .filter(code_digest__in=queries.code_digests(code), code_until__gt=at, revoked_at=None)
            .first()
        )
        if row is None:
            raise CodeNotGood()
        secret = secrets.token_urlsafe(32)
        row.secret_digest, row.paired_at, row.seen_at = queries.digest_of(secret), at, at
        row.code_digest, row.code_until, row.staff, row.active_at = None, None, None, None
        row.save(
            update_fields=["secret_digest", "paired_at", "seen_at", "code_digest", "code_until", "staff",
                           "active_at"]
        )  # fmt: skip
        record("till.paired", subject=row.pk, at=at)
        return Paired(row, merchant, secret)


@transaction.atomic
def set_pin(*, staff: UUID, pin: str, at: datetime) -> None:
    """Give one of the staff a PIN, or another one. Whoever was locked out may try again. Raises `PinNotGood`."""
    if not _PIN.fullmatch(pin) or len(set(pin)) == 1 or pin in _EASY:
        raise PinNotGood()
    who = Staff.objects.select_for_update(no_key=True).filter(pk=staff, revoked_at=None).first()
    if who is None:
        raise NotFound("person")
    fresh = {"hash": make_password(pin), "set_at": at, "set_by": str(scope.actor())}
    Pin.objects.update_or_create(staff=who, defaults={**fresh, "wrong": 0, "locked_until": None})
    Till.objects.filter(staff=who).update(staff=None)  # wherever they are, they unlock with the new one
    record("pin.set", subject=who.pk, at=at)


@transaction.atomic
def unlock(*, till: UUID, staff: UUID, pin: str, at: datetime) -> Tried:
    """Try to unlock a till. Both the device and the person count wrong tries: who knows their own PIN cannot use it to
    go on guessing a colleague's. An answer and not an error, because the count must stay.

    Tries at one till, and of one person's PIN, wait for each other, so that none goes uncounted.
    """
    device = _locked(till)
    pins = Pin.objects.select_for_update(no_key=True, of=("self",)).select_related("staff")
    row = pins.filter(staff=staff).first()
    until = max((one.locked_until or at for one in (device, row) if one is not None), default=at)
    if until > at:
        return Tried(False, wait=until - at)
    if row is not None and _is_good(row, pin):
        device.wrong, device.locked_until, device.staff, device.active_at = 0, None, row.staff, at
        device.seen_at = at
        device.save(update_fields=["wrong", "locked_until", "staff", "active_at", "seen_at"])
        row.wrong, row.locked_until = 0, None
        row.save(update_fields=["wrong", "locked_until"])
        record("till.unlocked", subject=device.pk, at=at, data={"staff": str(staff)})
        return Tried(True)
    return _count_wrong(device, row, at)


def _is_good(row: Pin, pin: str) -> bool:
    may = row.staff.revoked_at is None and "till.use" in permissions(row.staff)
    return may and _PIN.fullmatch(pin) is not None and check_password(pin, row.hash)


def _count_wrong(device: Till, row: Pin | None, at: datetime) -> Tried:
    wait = timedelta()
    for one in (device, row):
        if one is None:
            continue
        one.wrong += 1
        until = wait_after(one.wrong)
        one.locked_until = at + until if until else None
        one.save(update_fields=["wrong", "locked_until"])
        wait = max(wait, until)
    if wait:
        record("till.locked_out", subject=device.pk, at=at, data={"staff": str(row.staff_id) if row else ""})
    worst = max(device.wrong, row.wrong if row else 0)
    return Tried(False, wait=wait, left=max(0, TRIES - worst))


@transaction.atomic
def lock(*, till: UUID) -> None:
    """Whoever is at the till leaves it."""
    Till.objects.filter(pk=till).update(staff=None, active_at=None)


@transaction.atomic
def note_activity(*, till: UUID, at: datetime) -> None:
    """Somebody did something there: it stays unlocked. Written at most twice a minute."""
    Till.objects.filter(pk=till, active_at__lt=at - SEEN_EVERY).update(active_at=at, seen_at=at)


@dataclass(frozen=True, slots=True)
class Deed:
    """What is written down of an action: which (`kind`), for whom, what it led to, and its figures. Points are given
    (positive) or used (negative); money is in minor units."""

    kind: Action.Kind
    member: UUID
    subject: UUID
    what: str = ""
    points: int = 0
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    """How an action is told from another: its key, once for good, and what it asked for."""

    key: str
    mark: UUID
    queued: bool = False


@transaction.atomic
def note_action(
    *, till: UUID, staff: UUID, name: Name, deed: Deed, done_at: datetime, at: datetime
) -> Action:
    """Write down what was done, in the transaction that did it; who, where and when stand in the log of events, too."""
    row = Action.objects.create(
        till_id=till, staff_id=staff, kind=deed.kind, member=deed.member, subject=deed.subject,
        what=deed.what[:120], points=deed.points, amount_minor=deed.amount_minor, key=name.key, mark=name.mark,
        queued=name.queued, done_at=done_at, recorded_at=at,
    )  # fmt: skip
    data = {
        "till": str(till),
        "action": str(row.pk),
        "subject": str(deed.subject),
        "queued": name.queued,
    }
    record(f"till.{deed.kind}", subject=deed.member, at=done_at, data=data)
    return row


def held(*, action: UUID, till: UUID) -> Action:
    """An action of this till, locked: of two who undo it at once the second sees that it is undone."""
    row = Action.objects.select_for_update(no_key=True).filter(pk=action, till=till).first()
    if row is None:
        raise NotFound("entry")
    return row


@transaction.atomic
def note_undone(*, action: UUID, till: UUID, at: datetime) -> Action:
    """Write down that an action was taken back."""
    row = held(action=action, till=till)
    row.undone_at, row.undone_by = at, str(scope.actor())
    row.save(update_fields=["undone_at", "undone_by"])
    record("till.undone", subject=row.member, at=at, data={"till": str(till), "action": str(row.pk)})
    return row
