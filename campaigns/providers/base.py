"""What hands a message over to the world: one way for each channel, behind one shape."""

from dataclasses import dataclass
from typing import Protocol

from campaigns.queries.rendering import Rendered

AWAY = "no_connection"
"""The code of a `TryLater` that holds for whatever else would go the same way now."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A rendered message on its way. `name` is its stable name: the same in every attempt, so that a provider or a
    mailbox that has it already can tell."""

    name: str
    to: str
    sender: str
    reply_to: str
    message: Rendered


class Refused(Exception):
    """The provider will never take this message. `code` says why, without anything of the person."""

    def __init__(self, code: str, *, bounced: bool = False):
        super().__init__(code)
        self.code, self.bounced = code, bounced


class TryLater(Exception):
    """The provider did not take it now."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


class Provider(Protocol):
    """`hand_over` returns once the provider has taken the message, with the provider's own name for it; it raises
    `Refused` or `TryLater`. `close` ends what was opened for a batch."""

    name: str
    channel: str

    def hand_over(self, outgoing: Outgoing) -> str: ...

    def close(self) -> None: ...
