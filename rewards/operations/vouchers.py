"""Voucher codes: 60 random bits in letters without look-alikes, found by digest, used once."""

import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.encoding import force_bytes
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope
from members.rules.points_life import end_of
from rewards.models import Redemption, Voucher

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: 12 letters are 60 bits
LENGTH = 12


class CodeNotValid(DomainError):
    """Unknown, used, expired, void: one answer, so that guessing teaches nothing."""

    code = "code_not_valid"
    status = 404
    message = _("This code is not valid: it may be mistyped, already used or expired.")
    field = "code"


def normal_code(text: str) -> str:
    """As typed or read aloud: no spaces and dashes, upper case, O as 0, I and L as 1."""
    kept = "".join(c for c in text[:64].upper() if c.isalnum())
    return kept.translate(str.maketrans("OIL", "011"))


def _digests(code: str) -> list[bytes]:
    """The code's keyed digests: by the server's key first, then by the keys it replaced.

    Keyed, so that nobody outside can work out a digest and feel their way along the index by the time an
    answer takes; by old keys too, so that changing the server's key voids no code.
    """
    message = f"voucher|{scope.merchant_id()}|{code}".encode()
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [hmac.digest(force_bytes(key), message, "sha256") for key in keys]


def digest(*, code: str) -> bytes:
    """By what a code of somebody else's is found, however it is typed."""
    return _digests(normal_code(code))[0]


def redemptions_of(*, code: str) -> list[UUID]:
    """What a code was given for, whatever has become of it since; empty for one that is none."""
    found = Voucher.objects.filter(digest__in=_digests(normal_code(code)))
    return list(found.values_list("redemption_id", flat=True))


def good_until(at: datetime, *, days: int) -> datetime:
    """Until when a code from `at` is good: the end of its last day in the shop's zone."""
    zone = ZoneInfo(shop_of_scope().timezone)
    return end_of(at.astimezone(zone).date() + timedelta(days=days), zone)


def made(*, redemption: Redemption, expires_at: datetime) -> Voucher:
    """A fresh code for a redemption; `reserve` stores both."""
    code = "".join(secrets.choice(_LETTERS) for _unused in range(LENGTH))
    return Voucher(redemption=redemption, code=code, digest=_digests(code)[0], expires_at=expires_at)


def find(*, code: str, at: datetime) -> Voucher:
    """The active voucher with that code; `CodeNotValid` for everything else.

    Used, void, expired and unknown codes are told apart by nothing: the same statement answers them all with
    no row.
    """
    found = (
        Voucher.objects.select_related("redemption__reward", "redemption__member")
        .filter(digest__in=_digests(normal_code(code)), status=Voucher.Status.ACTIVE, expires_at__gt=at)
        .first()
    )
    if found is None:
        raise CodeNotValid()
    return found
