"""How people are told apart: e-mail, phone, card and the shop's own id, each in one written form."""

import re
import unicodedata

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import InvalidInput
from loyalty.core.merchants.queries import shop_of_scope
from members.models import Identity


def folded(text: str) -> str:
    """How texts are compared: accents kept apart from letters and dropped, case folded, spaces squeezed."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


def search_key(text: str) -> str:
    """How names are compared: folded, and as long as the column."""
    return folded(text)[:80]


def normal_email(text: str) -> str:
    """Lower case, checked. Raises `InvalidInput`."""
    value = text.strip().lower()
    try:
        validate_email(value)
        MaxLengthValidator(254)(value)  # what a mail server takes, and the column
    except ValidationError:
        raise InvalidInput.of("email", str(_("This is not an e-mail address."))) from None
    return value


def normal_phone(text: str, country: str) -> str:
    """E.164, numbers without a country code read as the merchant's country. Raises `InvalidInput`."""
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise InvalidInput.of("phone", str(_("This is not a phone number."))) from None
    if not phonenumbers.is_possible_number(parsed):
        raise InvalidInput.of("phone", str(_("This phone number is too short or too long.")))
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def normal(kind: str, text: str) -> str:
    """An identity's value as it is stored and looked up."""
    if kind == Identity.Kind.EMAIL:
        return normal_email(text)
    if kind == Identity.Kind.PHONE:
        return normal_phone(text, shop_of_scope().country)
    value = text.strip() if kind == Identity.Kind.EXTERNAL else re.sub(r"[\s-]", "", text).upper()
    if not value or len(value) > 100 or not value.isprintable():
        raise InvalidInput.of(kind, str(_("Write 1 to 100 visible characters.")))
    return value
