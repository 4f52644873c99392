"""Reading what wallets a shop has connected and which passes there are."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from loyalty.connectors.wallets.apple import Seal
from loyalty.connectors.wallets.google import Signer
from loyalty.connectors.wallets.models import AppleWallet, GoogleWallet, WalletDevice, WalletPass
from loyalty.connectors.wallets.vault import opened

SOON = timedelta(days=30)
"""How long before a certificate ends its shop is warned."""
_A_MINUTE = timedelta(minutes=1)


def apple_wallet() -> AppleWallet | None:
    """The shop's Pass Type ID, if it has connected one."""
    return AppleWallet.objects.first()


def google_wallet() -> GoogleWallet | None:
    """The shop's issuer at Google, if it has connected one."""
    return GoogleWallet.objects.first()


def platforms(*, at: datetime) -> list[str]:
    """The wallets that a member can put their card into now: a certificate that is over makes no more cards."""
    found = []
    apple = apple_wallet()
    if apple is not None and apple.expires_at > at:
        found.append(WalletPass.Platform.APPLE.value)
    if google_wallet() is not None:
        found.append(WalletPass.Platform.GOOGLE.value)
    return found


def ends_soon(wallet: AppleWallet, *, at: datetime) -> bool:
    """Whether somebody should renew the certificate."""
    return wallet.expires_at <= at + SOON


def seal_of(wallet: AppleWallet) -> Seal:
    """What signs the shop's passes."""
    return Seal(
        wallet.pass_type, wallet.team, wallet.certificate, wallet.intermediate, opened(wallet.private_key)
    )


def signer_of(wallet: GoogleWallet) -> Signer:
    """What signs for the shop at Google."""
    return Signer(wallet.issuer, wallet.account, wallet.key_id, opened(wallet.private_key))


def pass_of(serial: str) -> WalletPass | None:
    """Apple's pass of that serial number; None for what is none."""
    if len(serial) != 32 or not serial.isascii():
        return None
    try:
        key = UUID(hex=serial)
    except ValueError:
        return None
    found = WalletPass.objects.filter(pk=key, platform=WalletPass.Platform.APPLE).first()
    return found if key.hex == serial else None


def passes(platform: str) -> int:
    """How many members' cards there are in a wallet."""
    return WalletPass.objects.filter(platform=platform, voided_at=None).count()


def digest_of(device: str) -> str:
    """A phone's name as it is kept."""
    return hashlib.sha256(b"wallet device|" + device.encode()).hexdigest()


def is_known(device: str) -> bool:
    """Whether a phone has any of the shop's passes."""
    return WalletDevice.objects.filter(device=digest_of(device)).exists()


def changed_on(device: str, *, since: datetime | None) -> Sequence[WalletPass]:
    """The passes on a phone that changed after then, or all of them."""
    rows = WalletDevice.objects.filter(device=digest_of(device)).select_related("wallet_pass").order_by("id")
    return [row.wallet_pass for row in rows if since is None or row.wallet_pass.changed_at > since]


def mark_of(at: datetime) -> str:
    """What a phone brings along the next time it asks. A minute early: what is being written at this moment must not be
    missed, and hearing of something twice does no harm."""
    return str(int((at - _A_MINUTE).timestamp() * 1_000_000))


def instant_of(mark: str) -> datetime | None:
    """The instant of a mark; None for none, or for something else. Raises nothing."""
    if not (mark.isascii() and mark.isdecimal() and len(mark) <= 18):
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(mark))
