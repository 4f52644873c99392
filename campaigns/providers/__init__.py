"""Which provider a channel has here."""

from collections.abc import Callable

from campaigns.providers.base import Provider
from campaigns.providers.email import Email, is_configured
from campaigns.providers.outbox import Outbox
from loyalty.core.merchants.models import Merchant

_registered: dict[str, Callable[[], Provider]] = {}


def register(channel: str, make: Callable[[], Provider]) -> None:
    """Let a connector carry a channel: text messages, push. Called once, when its app starts."""
    _registered[channel] = make


def provider_of(shop: Merchant, channel: str) -> Provider:
    """Who carries a shop's messages of a channel. A test shop's never leave the server."""
    if shop.is_sandbox:
        return Outbox(channel)
    if channel in _registered:
        return _registered[channel]()
    return Email() if channel == "email" and is_configured() else Outbox(channel)


def leaves(shop: Merchant, channel: str = "email") -> bool:
    """Whether a shop's messages of a channel leave this server."""
    return not isinstance(provider_of(shop, channel), Outbox)
