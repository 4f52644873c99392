"""Connect a wallet, make members' cards for it, and keep which phones have them."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from loyalty.connectors.wallets import certificates, pushing
from loyalty.connectors.wallets.certificates import AppleFiles
from loyalty.connectors.wallets.models import AppleWallet, GoogleWallet, WalletDevice, WalletPass
from loyalty.connectors.wallets.queries import digest_of, platforms
from loyalty.connectors.wallets.vault import locked_away
from loyalty.core.errors import DomainError
from loyalty.core.events.operations import record
from loyalty.core.tenancy import scope
from members.models import Member
from members.operations.membership import NotActive, locked

Platform = WalletPass.Platform
MOST_DEVICES = 20
"""Phones and watches that can have one pass: more than a person has."""
A_SECOND = timedelta(seconds=1)


class WalletNotConnected(DomainError):
    code = "wallet_not_connected"
    message = _("This shop makes no cards for this wallet at the moment.")


class TooManyDevices(DomainError):
    code = "too_many_devices"
    message = _("This card is on as many devices as it can be.")


@transaction.atomic
def connect_apple(*, files: AppleFiles, at: datetime) -> AppleWallet:
    """Connect the shop's Pass Type ID, or renew its certificate. The private key is encrypted and never shown again.
    Raises what `certificates.read_apple` raises."""
    told = certificates.read_apple(files, at=at)
    row = AppleWallet.objects.select_for_update().first() or AppleWallet()
    row.pass_type, row.team, row.expires_at = told.pass_type, told.team, told.expires_at
    row.certificate, row.intermediate = told.certificate, told.intermediate
    row.private_key = locked_away(told.private_key)
    row.connected_at, row.connected_by = at, str(scope.actor())
    row.save()
    data = {"platform": Platform.APPLE.value, "expires_at": told.expires_at.isoformat()}
    record("wallet.connected", subject=None, at=at, data=data)
    return row


@transaction.atomic
def connect_google(*, key_file: bytes, issuer: str, at: datetime) -> GoogleWallet:
    """Connect the shop's issuer at Google by the key of a service account. It is encrypted and never shown again.
    Raises what `certificates.read_google` raises."""
    told = certificates.read_google(key_file, issuer=issuer)
    row = GoogleWallet.objects.select_for_update().first() or GoogleWallet()
    row.issuer, row.account, row.key_id = told.issuer, told.account, told.key_id
    row.private_key = locked_away(told.private_key)
    row.connected_at, row.connected_by = at, str(scope.actor())
    row.save()
    record("wallet.connected", subject=None, at=at, data={"platform": Platform.GOOGLE.value})
    return row


@transaction.atomic
def disconnect(*, platform: str, at: datetime) -> None:
    """Forget a wallet's keys. Cards that are on phones stay there, and change no more."""
    kept = AppleWallet if platform == Platform.APPLE else GoogleWallet
    if kept.objects.all().delete()[0]:
        record("wallet.disconnected", subject=None, at=at, data={"platform": platform})


@transaction.atomic
def issue_pass(*, member: UUID, platform: str, at: datetime) -> WalletPass:
    """The member's card for a wallet: made the first time, the same one ever after. Raises `WalletNotConnected`, or
    `NotActive` for who takes no part any more."""
    if platform not in platforms(at=at):
        raise WalletNotConnected()
    row = locked(member)  # two clicks are one card, and nobody is erased meanwhile
    if row.status not in (Member.Status.ACTIVE, Member.Status.BLOCKED):
        raise NotActive(status=row.status)
    mine = WalletPass.objects.filter(member=row, platform=platform, voided_at=None)
    found = mine.order_by("-id").first()
    if found is not None:
        return found
    token = locked_away(secrets.token_urlsafe(24)) if platform == Platform.APPLE else ""
    made = WalletPass.objects.create(member=row, platform=platform, token=token, made_at=at, changed_at=at)
    record("wallet.pass_made", subject=row.pk, at=at, data={"platform": platform})
    return made


@transaction.atomic
def register_device(*, wallet_pass: UUID, device: str, push_token: str, at: datetime) -> bool:
    """A phone has put the pass into its wallet and wants to hear of changes; whether it is new here. Raises
    `TooManyDevices`."""
    row = WalletPass.objects.select_for_update(no_key=True).get(pk=wallet_pass)
    mine = WalletDevice.objects.filter(wallet_pass=row)
    known = mine.filter(device=digest_of(device)).first()
    if known is not None:
        known.push_token = locked_away(push_token)
        known.save(update_fields=["push_token"])
        return False
    if mine.count() >= MOST_DEVICES:
        raise TooManyDevices()
    if row.voided_at is not None and not pushing.is_on():
        return False  # a card of nobody: there is nothing it could hear of
    try:
        with transaction.atomic():
            WalletDevice.objects.create(
                wallet_pass=row,
                device=digest_of(device),
                push_token=locked_away(push_token),
                registered_at=at,
            )
    except IntegrityError:
        return False
    return True


@transaction.atomic
def unregister_device(*, wallet_pass: UUID, device: str) -> None:
    """A phone has thrown the pass away."""
    WalletDevice.objects.filter(wallet_pass=wallet_pass, device=digest_of(device)).delete()


@transaction.atomic
def let_go(*, device: str, passes: Iterable[WalletPass]) -> None:
    """A phone was told of these; of those that are void it hears nothing more."""
    void = [row.pk for row in passes if row.voided_at is not None]
    if void:
        WalletDevice.objects.filter(device=digest_of(device), wallet_pass__in=void).delete()


@transaction.atomic
def void_passes(*, member: UUID, at: datetime) -> None:
    """The member is gone: their cards are good for nothing any more and say nothing of them. Where phones are told, who
    has one is kept until they have been; otherwise it goes at once."""
    for row in _of(member).filter(voided_at=None):
        row.voided_at, row.due_at, row.attempts = at, at, 0
        row.changed_at = max(at, row.changed_at + A_SECOND)
        row.save(update_fields=["voided_at", "due_at", "attempts", "changed_at"])
    if not pushing.is_on():
        WalletDevice.objects.filter(wallet_pass__member=member).delete()


@transaction.atomic
def move_passes(*, to: UUID, of: UUID, at: datetime) -> None:
    """Two memberships became one: cards of the one that went show the other from now on."""
    for row in _of(of):
        row.member_id, row.due_at, row.attempts = to, row.due_at if row.voided_at else at, 0
        row.changed_at = max(at, row.changed_at + A_SECOND)
        row.save(update_fields=["member", "due_at", "attempts", "changed_at"])


def _of(member: UUID) -> QuerySet[WalletPass]:
    """A member's passes, locked in their order."""
    return WalletPass.objects.select_for_update(no_key=True).filter(member=member).order_by("id")


def forget_before(*, before: datetime) -> int:
    """Forget the phones of cards that were made void before then: who has not come by now is not coming. In the scope
    of every shop; how many."""
    return int(WalletDevice.objects.filter(wallet_pass__voided_at__lt=before).delete()[0])
