"""A mail server on loopback that counts what it takes, by Message-ID."""

import email
import email.policy
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Sink:
    """`taken` counts every mail by its Message-ID, `to` by its reader; `answers` refuses readers by their address."""

    port: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    to: Counter[str] = field(default_factory=Counter)
    answers: dict[str, str] = field(default_factory=dict)
    last: Any = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def total(self) -> int:
        """How many mails came, copies included."""
        return sum(self.taken.values())

    async def handle_RCPT(  # noqa: N802 - the library names it
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take a reader or refuse them."""
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        """Count one mail."""
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        with self.lock:
            self.last = mail
            self.taken[str(mail["Message-ID"])] += 1
            self.to[envelope.rcpt_tos[0]] += 1
        return "250 taken"


@contextmanager
def sinking() -> Iterator[Sink]:
    """A sink that listens while the block runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sink = Sink(port)
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
