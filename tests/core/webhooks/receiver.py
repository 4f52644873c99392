"""A shop system's side of webhooks: a server on loopback that remembers what it was told and answers as it is told to.

What it accepts it has verified, with a check of its own and not with the product's.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Told:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def name(self) -> str:
        return self.headers["webhook-id"]

    def is_signed_with(self, secret: str) -> bool:
        """Checked as Standard Webhooks 1.0 says, over the very bytes that came."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.name}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        given = [one.partition(",") for one in self.headers["webhook-signature"].split(" ")]
        return any(version == "v1" and hmac.compare_digest(text, wanted) for version, _, text in given)


@dataclass
class Receiver:
    """`answers` are statuses for the next requests; when there are none left, `status`."""

    url: str = ""
    status: int = 200
    answers: list[int] = field(default_factory=list)
    says: bytes = b"thank you"
    headers: dict[str, str] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    waits: float = 0.0
    drips: bool = False
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """What was told, in the order in which it came."""
        return [one.event for one in self.told if not kind or one.event["kind"] == kind]


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with receiver.lock:
                receiver.told.append(Told(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                receiver.at_once += 1
                receiver.most_at_once = max(receiver.most_at_once, receiver.at_once)
                status = receiver.answers.pop(0) if receiver.answers else receiver.status
            time.sleep(receiver.waits)
            with receiver.lock:
                receiver.at_once -= 1
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(receiver.says)))
            self.end_headers()
            self._say()

        do_GET = do_POST  # noqa: N815 - what follows a redirect would ask this way

        def _say(self) -> None:
            for byte in receiver.says if receiver.drips else [receiver.says]:
                try:
                    self.wfile.write(bytes([byte]) if isinstance(byte, int) else byte)
                    self.wfile.flush()
                except OSError:
                    return
                if receiver.drips:
                    time.sleep(0.1)

        def log_message(self, *_unused: Any) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_unused: Any) -> None:
        """Whoever hangs up on us is part of a test."""


@contextmanager
def receiving(**answers: Any) -> Iterator[Receiver]:
    """A receiver that is listening."""
    receiver = Receiver(**answers)
    server = _Server(("127.0.0.1", 0), _handler(receiver))
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks/points"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
