"""What wallets know of a member: told, and forgotten."""

from typing import Any
from uuid import UUID

from loyalty.connectors.wallets import updating
from loyalty.connectors.wallets.models import WalletDevice, WalletPass
from loyalty.connectors.wallets.operations import void_passes
from loyalty.core import clock, privacy


def _export(member: UUID) -> list[dict[str, Any]]:
    """Their cards, and on how many devices each is."""
    return [
        {
            "platform": row.platform,
            "made_at": row.made_at.isoformat(),
            "devices": WalletDevice.objects.filter(wallet_pass=row).count(),
        }
        for row in WalletPass.objects.filter(member=member).order_by("id")
    ]


def _erase(member: UUID) -> None:
    """The cards are void from now on, and say so to whoever asks."""
    void_passes(member=member, at=clock.now())
    updating.wake_after_commit()


holder = privacy.Holder("wallets", _export, _erase)
