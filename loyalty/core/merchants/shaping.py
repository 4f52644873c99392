"""What a shop decides about itself outside its programme: name and look, e-mail, privacy, its places."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.merchants.models import Location, Merchant
from loyalty.core.people.queries import second_factors
from loyalty.core.pictures.queries import known
from loyalty.core.tenancy import scope

RETENTIONS = (12, 18, 24, 36, 60, 84)
"""Months without a sign of life after which a member is up for being forgotten."""

_COLOUR = RegexValidator(r"\A#[0-9a-fA-F]{6}\Z")
_CODE = RegexValidator(r"\A[a-z0-9]+([-_][a-z0-9]+)*\Z")


class CodeTaken(DomainError):
    code = "location_code_taken"
    message = _("Another place already has this code.")
    field = "code"


class LastLocation(DomainError):
    code = "last_location"
    message = _("A shop needs at least one open place. Add another one first.")


class NoSecondFactor(DomainError):
    code = "second_factor_missing"
    message = _(
        "Set up a passkey or an authenticator app for yourself first; otherwise you would lock yourself out."
    )
    field = "second_factor"


def _passes(check: Callable[[str], None], value: Any) -> bool:
    try:
        check(value)
    except ValidationError:
        return False
    return True


def _line(most: int, *, needed: bool = False) -> Callable[[Any], bool]:
    """One line of text; a line break in the name of a sender could begin another head of a mail."""

    def check(value: Any) -> bool:
        fits = isinstance(value, str) and len(value) <= most and value.isprintable()
        return fits and bool(value.strip() or not needed)

    return check


#: Each field of `edit_shop`, what it may be, and the sentence for what it may not.
_CHECKS: dict[str, tuple[Callable[[Any], bool], Any]] = {
    "name": (_line(120, needed=True), _("Write a name of 1 to 120 characters.")),
    "brand_colour": (lambda value: _passes(_COLOUR, value), _("Write a colour as #rrggbb.")),
    "language": (lambda value: value in dict(settings.LANGUAGES), _("This language is not offered.")),
    "logo": (lambda value: value is None or known(value), _("This picture is not there any more.")),
    "sender_name": (_line(60), _("Write at most 60 characters on one line.")),
    "reply_to": (
        lambda value: value == "" or (_line(254)(value) and _passes(validate_email, value)),
        _("This is not an e-mail address."),
    ),
    "controller_name": (_line(120), _("Write at most 120 characters on one line.")),
    "controller_contact": (_line(254), _("Write at most 254 characters on one line.")),
    "retention_months": (lambda value: value is None or value in RETENTIONS, _("Choose one of the times offered.")),
}  # fmt: skip


@transaction.atomic
def edit_shop(*, details: Mapping[str, Any], at: datetime) -> Merchant:
    """Change the given fields of the shop acted for: name, brand_colour (#rrggbb), language, logo (a picture's id or
    None), sender_name, reply_to, controller_name, controller_contact, retention_months (None: never).

    Raises `InvalidInput` naming each bad field.
    """
    errors = [
        {"field": field, "code": "invalid", "message": str(sentence)}
        for field, (good, sentence) in _CHECKS.items()
        if field in details and not good(details[field])
    ]
    if errors:
        raise InvalidInput(errors)
    shop = _locked_shop()
    changed = [field for field in _CHECKS if field in details and getattr(shop, field) != details[field]]
    for field in changed:
        setattr(shop, field, details[field])
    if changed:
        shop.save(update_fields=changed)
        record("merchant.edited", subject=None, at=at, data={"fields": sorted(changed)})
    return shop


@transaction.atomic
def require_second_factor(*, on: bool, user: int, at: datetime) -> Merchant:
    """Have owners and managers prove who they are with more than a code by e-mail, or no longer. `user` is whoever
    decides it: raises `NoSecondFactor` when they have none themselves."""
    if on and not second_factors(user):
        raise NoSecondFactor()
    shop = _locked_shop()
    if shop.second_factor != on:
        shop.second_factor = on
        shop.save(update_fields=["second_factor"])
        record("merchant.second_factor", subject=None, at=at, data={"on": on})
    return shop


@transaction.atomic
def open_location(*, code: str, name: str, at: datetime) -> Location:
    """A further place. Its `code` is how tills and web shops name it, and stays. Raises `InvalidInput`, `CodeTaken`."""
    if len(code) > 60 or not _passes(_CODE, code):
        raise InvalidInput.of("code", str(_("Write it in small letters, digits and dashes, at most 60.")))
    _check_name(name)
    _locked_shop()
    if Location.objects.filter(code=code).exists():
        raise CodeTaken()
    place = Location.objects.create(code=code, name=name.strip())
    record("location.opened", subject=place.pk, at=at, data={"code": code})
    return place


@transaction.atomic
def rename_location(*, location: UUID, name: str, at: datetime) -> Location:
    """Another name for a place; its code stays."""
    _check_name(name)
    place = _location(location)
    place.name = name.strip()
    place.save(update_fields=["name"])
    record("location.renamed", subject=place.pk, at=at)
    return place


@transaction.atomic
def close_location(*, location: UUID, at: datetime, closed: bool = True) -> Location:
    """Close a place, or open it again. What was bought there stays where it was bought. Raises `LastLocation`."""
    _locked_shop()  # two who close the last two places at the same moment must see each other
    place = _location(location)
    if closed and not Location.objects.filter(closed_at=None).exclude(pk=place.pk).exists():
        raise LastLocation()
    place.closed_at = at if closed else None
    place.save(update_fields=["closed_at"])
    record(
        "location.closed" if closed else "location.opened", subject=place.pk, at=at, data={"code": place.code}
    )
    return place


def _check_name(name: str) -> None:
    if not _line(120, needed=True)(name):
        raise InvalidInput.of("name", str(_("Write a name of 1 to 120 characters.")))


def _locked_shop() -> Merchant:
    return Merchant.objects.select_for_update(no_key=True).get(pk=scope.merchant_id())


def _location(location: UUID) -> Location:
    found = Location.objects.select_for_update().filter(pk=location).first()
    if found is None:
        raise NotFound("place")
    return found
