"""Café Luna with both wallets connected, and what phones were told."""

from typing import Any

import pytest

from loyalty.connectors.wallets import google, operations
from loyalty.connectors.wallets.pushing import Envelope, PushFailed
from loyalty.core.merchants.models import Merchant
from tests.cast import AT
from tests.wallets import papers


class Pushed:
    """Stands where Apple's push service would be."""

    told: list[Envelope] = []
    gone: set[str] = set()
    away = False

    def push(self, envelope: Envelope) -> set[str]:
        if self.away:
            raise PushFailed("503")
        self.told.append(envelope)
        return self.gone & set(envelope.tokens)


@pytest.fixture
def pushed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Pushed]:
    """A push service is configured; what it was asked to tell."""
    settings.WALLET_PUSHER = f"{__name__}.Pushed"
    monkeypatch.setattr(Pushed, "told", [])
    monkeypatch.setattr(Pushed, "gone", set())
    monkeypatch.setattr(Pushed, "away", False)
    return Pushed


@pytest.fixture
def googled(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What Google was told of cards, in the order in which it was."""
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(
        google.Gateway, "update", lambda _self, changed, *, at: bool(told.append(changed) or True)
    )
    return told


@pytest.fixture
def connected(cafe: Merchant, settings: Any) -> Merchant:
    """Café Luna makes cards for both wallets, on a site that phones may ask."""
    settings.SITE_URL = "https://club.example"
    operations.connect_apple(files=papers.files(), at=AT)
    operations.connect_google(key_file=papers.key_file(), issuer=papers.ISSUER, at=AT)
    return cafe
