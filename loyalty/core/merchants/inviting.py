"""Ask a colleague to join: a link by e-mail that works once, for somebody who can show that the address is theirs."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.merchants.models import Invitation, Merchant, Staff
from loyalty.core.merchants.operations import place_staff
from loyalty.core.merchants.queries import invitation_behind
from loyalty.core.merchants.roles import Role
from loyalty.core.people.queries import proven_addresses
from loyalty.core.tenancy import scope

GOOD_FOR = timedelta(days=7)
MOST_OPEN = 100
"""So many invitations may wait at once: a shop's door is not a way to send mail to the world."""


class AlreadyStaff(DomainError):
    code = "already_staff"
    message = _("This person already works here. Change their role in the list.")
    field = "email"


class AlreadyInvited(DomainError):
    code = "already_invited"
    message = _("An invitation to this address is already out. Send it again from the list.")
    field = "email"


class TooManyInvitations(DomainError):
    code = "too_many_invitations"
    message = _("A hundred invitations are waiting. Withdraw some before you send more.")


class InvitationGone(DomainError):
    code = "invitation_gone"
    status = 404
    message = _("This link no longer works. Ask for a new one.")


class InvitedAnother(DomainError):
    code = "invited_another"
    status = 403
    message = _("This invitation is for another address. Sign in with the one it was sent to.")


@transaction.atomic
def invite_staff(*, email: str, role: Role, at: datetime) -> tuple[Invitation, str]:
    """Ask somebody to work here. Returns the invitation and the secret of its link, which nobody can look up again.

    Raises `InvalidInput`, `AlreadyStaff`, `AlreadyInvited`, `TooManyInvitations`.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        address = ""
    if not address or len(address) > 254:
        raise InvalidInput.of("email", str(_("This is not an e-mail address.")))
    Merchant.objects.select_for_update(no_key=True).get(pk=scope.merchant_id())  # one invitation at a time
    if Staff.objects.filter(user__email=address, revoked_at=None).exists():
        raise AlreadyStaff()
    Invitation.objects.filter(expires_at__lte=at).delete()
    if Invitation.objects.filter(email=address).exists():
        raise AlreadyInvited()
    if Invitation.objects.count() >= MOST_OPEN:
        raise TooManyInvitations()
    row = Invitation(email=address, role=role, invited_by=str(scope.actor()))
    token = _sealed(row, at)
    record("staff.invited", subject=row.pk, at=at, data={"role": str(role)})
    return row, token


@transaction.atomic
def renew_invitation(*, invitation: UUID, at: datetime) -> tuple[Invitation, str]:
    """A fresh link for a further week; the one that was sent before stops working."""
    row = _waiting(invitation)
    token = _sealed(row, at)
    record("staff.invited", subject=row.pk, at=at, data={"role": row.role, "again": True})
    return row, token


@transaction.atomic
def withdraw_invitation(*, invitation: UUID, at: datetime) -> None:
    """Take an invitation back; its link stops working and the address is forgotten."""
    row = _waiting(invitation)
    row.delete()
    record("staff.uninvited", subject=invitation, at=at)


@transaction.atomic
def accept_invitation(*, token: str, user: int, at: datetime, name: str = "") -> Staff:
    """Begin to work here, as somebody who is signed in (`user`, an account's id) with the address that was invited.

    Raises `InvitationGone` for a link that was used, withdrawn or is too old, `InvitedAnother` when the account has not
    proven that address.
    """
    found = invitation_behind(token, at=at)
    # Locked and looked at again: a link that is followed twice at the same moment works once.
    row = (
        Invitation.objects.select_for_update().filter(pk=found.pk, digest=found.digest).first()
        if found
        else None
    )
    if row is None:
        raise InvitationGone()
    if row.email not in proven_addresses(user):
        raise InvitedAnother()
    staff = place_staff(user=user, role=Role(row.role), name=name.strip(), at=at)
    row.delete()
    return staff


def _waiting(invitation: UUID) -> Invitation:
    row = Invitation.objects.select_for_update().filter(pk=invitation).first()
    if row is None:
        raise NotFound("invitation")
    return row


def _sealed(row: Invitation, at: datetime) -> str:
    """Give an invitation a new secret and a new week."""
    token = secrets.token_urlsafe(32)
    row.digest, row.sent_at, row.expires_at = sha256(token.encode()).digest(), at, at + GOOD_FOR
    row.save()
    return token
