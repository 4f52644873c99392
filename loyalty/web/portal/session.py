"""Which member is looking. A person proves their address once, by a code sent there; a card made a minute ago is
shown to the browser that made it, before any proof, and may only earn."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest

from loyalty.core.errors import DomainError
from loyalty.core.merchants.models import Merchant
from loyalty.core.people.queries import proven_addresses
from loyalty.core.tenancy.scope import SYSTEM, acting_for
from members.operations.membership import edit, verify
from members.queries.visiting import is_unclaimed, member_of_account, unclaimed


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a shop's pages: nobody known, a `member`, or a signed-in person who is none (`address`)."""

    member: UUID | None = None
    proven: bool = False
    address: str = ""


def _name(merchant: Merchant) -> str:
    return f"portal:{merchant.pk}"


def remember(request: HttpRequest, merchant: Merchant, member: UUID) -> None:
    """Show this browser the card it has just made. The session gets a new name: nobody can have planted it."""
    request.session.cycle_key()
    request.session[_name(merchant)] = str(member)


def forget(request: HttpRequest, merchant: Merchant) -> None:
    """Stop showing the card."""
    request.session.pop(_name(merchant), None)


def keep_code(request: HttpRequest, merchant: Merchant, code: str) -> None:
    """Remember by whose link somebody came, until they join."""
    request.session[f"{_name(merchant)}:code"] = code


def kept_code(request: HttpRequest, merchant: Merchant) -> str:
    """The code of the link by which somebody came; "" for none."""
    return str(request.session.get(f"{_name(merchant)}:code", ""))


def drop_code(request: HttpRequest, merchant: Merchant) -> None:
    """Forget the link: they have joined, or it leads to nobody any more."""
    request.session.pop(f"{_name(merchant)}:code", None)


@dataclass(frozen=True, slots=True)
class Claim:
    """A card whose address `email` is to be once it is proven: one that nobody has claimed, or that of the account
    `owner`, who asked for it."""

    member: UUID
    email: str
    owner: int | None = None


def keep_claim(request: HttpRequest, merchant: Merchant, claim: Claim) -> None:
    """Remember a claim until its address is proven in this browser."""
    request.session[f"{_name(merchant)}:claim"] = [str(claim.member), claim.email, claim.owner]


def _kept_claim(request: HttpRequest, merchant: Merchant, addresses: list[str]) -> Claim | None:
    """The claim that waits, if its address is among those proven now."""
    kept = request.session.get(f"{_name(merchant)}:claim")
    return Claim(UUID(kept[0]), kept[1], kept[2]) if kept and kept[1] in addresses else None


def visitor(request: HttpRequest, merchant: Merchant, *, at: datetime) -> Visitor:
    """Who is looking at this shop.

    A signed-in person whose proven address belongs to a member nobody has claimed yet is tied to it here. A
    card that somebody has claimed is no longer shown to the browser that made it.
    """
    user = request.user
    address = ""
    with acting_for(merchant, by=SYSTEM):
        if user.is_authenticated and user.pk is not None:
            found = member_of_account(user.pk)
            if found is not None:
                return Visitor(found, proven=True)
            addresses = proven_addresses(user.pk)
            claimed = _claim(user.pk, addresses, at=at)
            if claimed is None:
                claimed = _take_claim(request, merchant, user.pk, addresses, at=at)
            if claimed is not None:
                return Visitor(claimed, proven=True)
            address = addresses[0] if addresses else ""
        kept = request.session.get(_name(merchant))
        if kept and is_unclaimed(UUID(kept)):
            return Visitor(UUID(kept), address=address)
    return Visitor(address=address)


def _claim(user: int, addresses: list[str], *, at: datetime) -> UUID | None:
    identity = unclaimed(addresses) if addresses else None
    if identity is None:
        return None
    verify(member=identity.member_id, kind=identity.kind, value=identity.value, at=at, user=user)
    return identity.member_id


def _take_claim(
    request: HttpRequest, merchant: Merchant, user: int, addresses: list[str], *, at: datetime
) -> UUID | None:
    """Tie a card to the address that was just proven for it. Who was faster, or has another card with that address,
    keeps it."""
    found = _kept_claim(request, merchant, addresses)
    if found is None:
        return None
    request.session.pop(f"{_name(merchant)}:claim", None)
    theirs = found.owner is not None and member_of_account(found.owner) == found.member
    if not theirs and not is_unclaimed(found.member):
        return None
    try:
        edit(member=found.member, at=at, identities={"email": found.email})
        verify(member=found.member, kind="email", value=found.email, at=at, user=user)
    except DomainError:
        return None
    return found.member


def skip(request: HttpRequest, merchant: Merchant) -> None:
    """Ask on this device no more what somebody may tell about themselves."""
    request.session[f"{_name(merchant)}:skipped"] = True


def has_skipped(request: HttpRequest, merchant: Merchant) -> bool:
    """Whether they were asked already and would rather not."""
    return bool(request.session.get(f"{_name(merchant)}:skipped"))
