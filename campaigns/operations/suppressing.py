"""Addresses that may not be written to: put on the list, taken off it, and what providers report."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Message, Suppression
from campaigns.providers.email import behind
from campaigns.queries.addresses import digests
from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from members.models import Identity
from members.queries import directory

REASONS = ("bounce", "complaint")


class NothingReported(DomainError):
    code = "nothing_reported"
    message = _("Name the message or the address that the report is about.")
    field = "address"


@transaction.atomic
def suppress(*, channel: str, address: str, reason: str, at: datetime) -> Suppression:
    """Never write to an address of the shop's again; a graver reason replaces a lighter one."""
    kind = Identity.Kind.PHONE if channel == "sms" else Identity.Kind.EMAIL
    owner = Identity.objects.filter(kind=kind, value=address.strip().lower()).first()
    row, made = Suppression.objects.get_or_create(
        channel=channel,
        digest=digests(channel, address)[0],
        defaults={"reason": reason, "member_id": owner.member_id if owner else None, "since": at},
    )
    changed = not made and row.reason == Suppression.Reason.UNSUBSCRIBED and reason != row.reason
    if changed:
        row.reason = reason
        row.save(update_fields=["reason"])
    if made or changed:
        record(
            "address.suppressed", subject=row.member_id, at=at, data={"channel": channel, "reason": reason}
        )
    return row


@transaction.atomic
def lift(*, suppression: UUID, at: datetime) -> None:
    """Write to an address again, because somebody has made sure that it works. Raises `NotFound`."""
    row = Suppression.objects.select_for_update().filter(pk=suppression).first()
    if row is None:
        raise NotFound("suppressed address")
    data = {"channel": row.channel, "reason": row.reason}
    member = row.member_id
    row.delete()
    record("address.released", subject=member, at=at, data=data)


def _address_of(member: UUID) -> str:
    """The e-mail address of a member, whoever they are by now; "" when there is none."""
    who = directory.member(member)
    owner = Identity.objects.filter(member=who, kind=Identity.Kind.EMAIL).first()
    return owner.value if owner else ""


@transaction.atomic
def report(
    *, reason: str, address: str = "", message: str = "", channel: str = "email", at: datetime
) -> bool:
    """What a provider tells of a message (by its Message-ID) or an address: it bounced for good, or its reader
    complained. True when it led to a suppression; a message nobody knows leads to none. Raises `NothingReported` and
    `InvalidInput`."""
    if reason not in REASONS:
        raise InvalidInput.of("reason", str(_("One of: bounce, complaint.")))
    if not address and message:
        known = behind(message)
        row = Message.objects.filter(pk=known).first() if known else None
        address = _address_of(row.member_id) if row else ""
        if not address:
            return False
    if not address:
        raise NothingReported()
    suppress(channel=channel, address=address, reason=reason, at=at)
    return True
