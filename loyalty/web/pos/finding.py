"""Who somebody is: by whatever a scanner types or a customer says."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.web.pos.frame import Desk, look_up_allowed
from members.models import Identity, Member
from members.queries import directory
from rewards.operations.vouchers import CodeNotValid
from rewards.operations.vouchers import find as find_voucher

LONGEST = 254
_GONE = (Member.Status.ERASED, Member.Status.MERGED)


class Nobody(DomainError):
    """No member, no code that is good: which of both is nobody's business."""

    code = "nobody_found"
    status = 404
    message = _("No card, code, phone number or e-mail address here is that.")


@dataclass(frozen=True, slots=True)
class Found:
    """A member and what they were found by; with a `redemption` it was the code of a reward of theirs."""

    member: UUID
    by: str
    redemption: UUID | None = None


def find(text: str, desk: Desk) -> Found:
    """The member or the reward's code that is meant. Everything is looked up whole: nobody can browse. Raises `Nobody`,
    `TooManyLookUps`, `InvalidInput`."""
    wanted = text.strip()
    if not wanted or len(wanted) > LONGEST or not wanted.isprintable():
        raise InvalidInput.of(
            "q", str(_("Scan a card, or type its letters, a phone number or an e-mail address."))
        )
    look_up_allowed(desk.till)
    for kind in _kinds(wanted):
        try:
            member = directory.by_identity(kind, wanted)
        except NotFound:
            continue
        if member.status not in _GONE:
            return Found(member.pk, kind)
    return _by_code(wanted, desk)


def _kinds(text: str) -> list[str]:
    """What it may be, likeliest first. An address is nothing else; letters are no phone number."""
    if "@" in text:
        return [Identity.Kind.EMAIL, Identity.Kind.EXTERNAL]
    kinds: list[str] = [Identity.Kind.CARD, Identity.Kind.EXTERNAL]
    return [*kinds, Identity.Kind.PHONE] if any(letter.isdigit() for letter in text) else kinds


def _by_code(text: str, desk: Desk) -> Found:
    try:
        voucher = find_voucher(code=text, at=desk.at)
    except CodeNotValid:
        raise Nobody() from None
    return Found(voucher.redemption.member_id, "code", voucher.redemption_id)
