"""How Apple's phones are told that a pass has changed. Off unless whoever runs the server names a `WALLET_PUSHER`;
without one phones find out when somebody opens the pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom to tell: phones by their push tokens. `topic` is the Pass Type ID; its certificate and private key (PEM)
    prove to Apple who tells."""

    topic: str
    certificate: str
    private_key: str
    tokens: Sequence[str]


class PushFailed(Exception):
    """Apple's service did not answer, or refused: trying again may help."""


class Pusher(Protocol):
    """Tells phones. A push to a wallet is empty: it only says that there is news."""

    def push(self, envelope: Envelope) -> set[str]:
        """Tell each phone; the tokens of those that are gone for good. Raises `PushFailed`."""


def pusher() -> Pusher | None:
    """The one that is configured, if one is."""
    if not settings.WALLET_PUSHER:
        return None
    made: Pusher = import_string(settings.WALLET_PUSHER)()
    return made


def is_on() -> bool:
    """Whether phones are told."""
    return bool(settings.WALLET_PUSHER)
