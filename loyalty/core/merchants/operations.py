"""Open a merchant with its sandbox, add staff and locations, make and revoke API keys."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from phonenumbers import SUPPORTED_REGIONS

from loyalty.core import money
from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.merchants.keys import new_secret
from loyalty.core.merchants.models import ApiKey, Location, Merchant, Staff
from loyalty.core.merchants.roles import SCOPES, Role
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import Actor, acting_for

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
LONGEST_OVERLAP = timedelta(days=7)
LONGEST_SLUG = 50  # leaves room for "-test"
RESERVED_SLUGS = frozenset(
    {
        "m",
        "demo",
        "pos",
        "w",
        "api",
        "admin",
        "accounts",
        "static",
        "brand",
        "theme",
        "healthz",
        "readyz",
        "metrics",
        "media",
        "widget",
        "widget.js",
        "join",
        "hooks",
        "language",
        "start",
        "pictures",
        "invitations",
    }
)


class SlugTaken(DomainError):
    code = "slug_taken"
    message = _("Another shop already has this address. Choose a different one.")
    field = "slug"


class LastOwner(DomainError):
    code = "last_owner"
    message = _("A shop needs an owner. Make someone else owner first.")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _check(
    *, name: str, currency: str, timezone: str, country: str, language: str, brand_colour: str, slug: str
) -> None:
    """Raise `InvalidInput` with every field that cannot be used."""
    address = len(slug) <= LONGEST_SLUG and slugify(slug) == slug and slug not in RESERVED_SLUGS
    errors = [
        *_wrong({
            "name": (len(name.strip()) > 0 and len(name) <= 120, _("Write a name of 1 to 120 characters.")),
            "currency": (money.is_currency(currency), _("Use an ISO 4217 code, like SEK.")),
        }),
        *wrong_settings(timezone=timezone, country=country, language=language, brand_colour=brand_colour),
        *_wrong({"slug": (bool(slug) and address, _("Use at most 50 small letters, digits and dashes."))}),
    ]  # fmt: skip
    if errors:
        raise InvalidInput(errors)


def wrong_settings(*, timezone: str, country: str, language: str, brand_colour: str) -> list[dict[str, str]]:
    """What of these no shop can have: field, code and message of each, none where all is well."""
    return _wrong({
        "timezone": (_is_zone(timezone), _("Use a zone like Europe/Stockholm.")),
        "country": (country in SUPPORTED_REGIONS, _("Use a two-letter country code, like SE.")),
        "language": (language in dict(settings.LANGUAGES), _("This language is not offered.")),
        "brand_colour": (_COLOUR.fullmatch(brand_colour), _("Write a colour as #rrggbb.")),
    })  # fmt: skip


def _wrong(wanted: Mapping[str, tuple[Any, Any]]) -> list[dict[str, str]]:
    return [
        {"field": field, "code": "invalid", "message": str(sentence)}
        for field, (good, sentence) in wanted.items()
        if not good
    ]


@transaction.atomic
def open_merchant(
    *,
    name: str,
    currency: str,
    timezone: str,
    at: datetime,
    by: Actor,
    slug: str = "",
    country: str = "SE",
    language: str = "en",
    brand_colour: str = "#2f5d50",
) -> Merchant:
    """Open a merchant and its sandbox sibling, each with a first location. Returns the live one."""
    slug = slug or slugify(name)[:LONGEST_SLUG].strip("-")
    _check(
        name=name,
        currency=currency,
        timezone=timezone,
        country=country,
        language=language,
        brand_colour=brand_colour,
        slug=slug,
    )
    if Merchant.objects.filter(slug__in=[slug, f"{slug}-test"]).exists():
        raise SlugTaken()
    shop = {
        "name": name,
        "currency": currency,
        "timezone": timezone,
        "country": country,
        "language": language,
        "brand_colour": brand_colour,
        "opened_at": at,
    }
    try:
        with transaction.atomic():
            live = Merchant.objects.create(slug=slug, **shop)
            sandbox = Merchant.objects.create(slug=f"{slug}-test", sandbox_of=live, **shop)
    except IntegrityError:  # somebody opened the same address at this very moment
        raise SlugTaken() from None
    for merchant in (live, sandbox):
        with acting_for(merchant, by=by):
            Location.objects.create(code="main", name=name)
            record("merchant.opened", subject=None, at=at, data={"sandbox": merchant.is_sandbox})
    return live


@transaction.atomic
def add_location(*, code: str, name: str) -> Location:
    """A further shop; the same code again gives the same location."""
    return Location.objects.get_or_create(code=code[:60], defaults={"name": name[:120]})[0]


@transaction.atomic
def add_staff(*, email: str, role: Role, at: datetime, name: str = "") -> Staff:
    """Give a person a role here, or another one than they had. They sign in by e-mail code.

    Makes their account when they have none. Raises `InvalidInput` for what is no address, `LastOwner` when
    the shop would be left without an owner.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
        MaxLengthValidator(254)(address)
    except ValidationError:
        raise InvalidInput.of("email", str(_("This is not an e-mail address."))) from None
    owners = _locked_owners()
    return _placed(_account(address).pk, role, name, owners, at)


@transaction.atomic
def place_staff(*, user: int, role: Role, at: datetime, name: str = "") -> Staff:
    """Give somebody who has an account (its id) a role here, or another one than they had. Raises `LastOwner`."""
    return _placed(user, role, name, _locked_owners(), at)


def _placed(user: int, role: Role, name: str, owners: list[int], at: datetime) -> Staff:
    if role != Role.OWNER and owners == [user]:
        raise LastOwner()
    staff, made = Staff.objects.update_or_create(
        user_id=user, defaults={"role": role, "name": name[:120], "revoked_at": None}
    )
    record("staff.added" if made else "staff.changed", subject=staff.pk, at=at, data={"role": str(role)})
    return staff


def _account(address: str) -> Any:
    """The account with this address, made when there is none; two who ask at once get the same."""
    people = get_user_model().objects
    found = people.filter(email=address).first()
    if found is None:
        try:
            with transaction.atomic():
                return people.create_user(address)
        except IntegrityError:
            return people.get(email=address)
    return found


def _locked_owners() -> list[int]:
    """Users who own this shop, locked in one order: two owners who go at the same moment must see each
    other."""
    rows = Staff.objects.select_for_update().filter(role=Role.OWNER, revoked_at=None).order_by("id")
    return [row.user_id for row in rows]


@transaction.atomic
def revoke_staff(*, staff: UUID, at: datetime) -> None:
    """Take a person's role away; it counts from their next request. Raises `LastOwner` for the only one
    left."""
    owners = _locked_owners()
    row = Staff.objects.select_for_update().filter(pk=staff, revoked_at=None).first()
    if row is None:
        raise NotFound("person")
    if owners == [row.user_id]:
        raise LastOwner()
    row.revoked_at = at
    row.save(update_fields=["revoked_at"])
    record("staff.revoked", subject=row.pk, at=at)


@transaction.atomic
def create_api_key(
    *, name: str, scopes: Sequence[str], at: datetime, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key and its secret `lk_test_<8>_<43 and checksum>`, shown once: only a digest is kept."""
    unknown = [found for found in scopes if found not in SCOPES]
    if unknown or not scopes:
        raise InvalidInput.of("scopes", str(_("Choose at least one of the offered rights.")))
    if not name.strip() or len(name) > 120:
        raise InvalidInput.of("name", str(_("Write a name of 1 to 120 characters.")))
    if expires_at is not None and expires_at <= at:
        raise InvalidInput.of("expires_at", str(_("Choose a time that is still to come.")))
    merchant = Merchant.objects.get(pk=scope.merchant_id())
    secret = new_secret(test=merchant.is_sandbox)
    key = ApiKey.objects.create(
        lookup=secret.lookup,
        digest=secret.digest,
        name=name.strip(),
        scopes=sorted(set(scopes)),
        created_at=at,
        created_by=str(scope.actor()),
        expires_at=expires_at,
    )
    record("api_key.created", subject=key.pk, at=at, data={"scopes": key.scopes})
    return key, secret.text


@transaction.atomic
def revoke_api_key(*, key: UUID, at: datetime) -> None:
    """Stop a key; it counts within half a second."""
    row = ApiKey.objects.select_for_update().filter(pk=key, revoked_at=None).first()
    if row is None:
        raise NotFound("API key")
    row.revoked_at = at
    row.save(update_fields=["revoked_at"])
    record("api_key.revoked", subject=row.pk, at=at)


@transaction.atomic
def roll_api_key(*, key: UUID, at: datetime, overlap: timedelta) -> tuple[ApiKey, str]:
    """A new key with the name and rights of another, and its secret, shown once. The old one ends after `overlap` (a
    week at most), or when it was to end anyway if that is sooner."""
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise InvalidInput.of("overlap", str(_("Choose between no time and a week.")))
    row = ApiKey.objects.select_for_update().filter(pk=key, revoked_at=None).first()
    if row is None or (row.expires_at is not None and row.expires_at <= at):
        raise NotFound("API key")
    # One that was to end keeps its length of life: rolling is how such keys are renewed.
    ends = at + (row.expires_at - row.created_at) if row.expires_at else None
    made, secret = create_api_key(name=row.name, scopes=row.scopes, at=at, expires_at=ends)
    row.expires_at = min(at + overlap, row.expires_at or at + overlap)
    row.save(update_fields=["expires_at"])
    told = {"new_key": str(made.pk), "ends_at": row.expires_at.isoformat()}
    record("api_key.rolled", subject=row.pk, at=at, data=told)
    return made, secret


def note_key_use(*, key: UUID, at: datetime) -> None:
    """Remember when a key was last used."""
    ApiKey.objects.filter(pk=key).update(last_used_at=at)
