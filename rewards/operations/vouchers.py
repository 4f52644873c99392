"""Voucher codes: 60 random bits in letters without look-alikes, found by digest, used once."""

import hashlib
import secrets
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError
from loyalty.core.tenancy import scope
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
    kept = "".join(c for c in text.upper() if c.isalnum())
    return kept.translate(str.maketrans("OIL", "011"))


def _digest(code: str) -> bytes:
    return hashlib.sha256(f"voucher|{scope.merchant_id()}|{code}".encode()).digest()


def issue(*, redemption: Redemption, expires_at: datetime) -> Voucher:
    """Make the redemption's code. Part of `reserve`'s transaction."""
    code = "".join(secrets.choice(_LETTERS) for _unused in range(LENGTH))
    return Voucher.objects.create(
        redemption=redemption, code=code, digest=_digest(code), expires_at=expires_at
    )


def find(*, code: str, at: datetime) -> Voucher:
    """The active voucher with that code; `CodeNotValid` for everything else, after the same work."""
    found = (
        Voucher.objects.select_related("redemption__reward", "redemption__member")
        .filter(digest=_digest(normal_code(code[:64])))
        .first()
    )
    if found is None or found.status != Voucher.Status.ACTIVE or found.expires_at <= at:
        raise CodeNotValid()
    return found
