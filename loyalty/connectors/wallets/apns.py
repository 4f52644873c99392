"""Apple's push service: `WALLET_PUSHER=loyalty.connectors.wallets.apns.Apns`. It is spoken to with the certificate of
each shop.

Apple takes pushes by HTTP/2 alone. A push to a wallet is one request of a few plain headers and an empty object, its
answer a status and perhaps a reason; that little of HTTP/2 (RFC 9113, headers as in RFC 7541 without tables) is written
out here, one request after the other on one connection.
"""

import json
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from loyalty.connectors.wallets.pushing import Envelope, PushFailed

HOST, PORT, SECONDS = "api.push.apple.com", 443, 10.0
GONE = frozenset({"Unregistered", "BadDeviceToken", "DeviceTokenNotForTopic", "ExpiredToken"})
"""Reasons after which a phone will not be reached again."""
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GO_AWAY, _MORE_HEADERS = 0, 1, 3, 4, 6, 7, 9
_END_STREAM, _END_HEADERS, _PADDED, _PRIORITY, _ACK = 0x1, 0x4, 0x8, 0x20, 0x1
_LARGEST = 16_384
_OK = (
    b"\x88",
    b"\x08\x03200",
    b"\x48\x03200",
    b"\x18\x03200",
)  # 200, by its number in the table or written out


class Apns:
    """Tells phones through Apple."""

    address: tuple[str, int] = (HOST, PORT)

    def push(self, envelope: Envelope) -> set[str]:
        """Tell each phone; the tokens of those that are gone for good. Raises `PushFailed`."""
        gone = set()
        try:
            with self._line(envelope) as line:
                talk = _Talk(line)
                for token in envelope.tokens:
                    reason = talk.ask(_head(self.address[0], token, envelope.topic))
                    if reason in GONE:
                        gone.add(token)
                    elif reason:
                        raise PushFailed(reason[:80])
        except (OSError, ValueError) as trouble:  # the network, TLS, or what is no HTTP/2
            raise PushFailed(type(trouble).__name__) from None
        return gone

    def context(self) -> ssl.SSLContext:
        """What is trusted on the other side."""
        return ssl.create_default_context()

    @contextmanager
    def _line(self, envelope: Envelope) -> Iterator[ssl.SSLSocket]:
        """A connection that proves itself with the shop's certificate."""
        context = self.context()
        context.set_alpn_protocols(["h2"])
        # The library reads keys from files alone; this one is ours to read, and gone the moment it was.
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(envelope.certificate + envelope.private_key)
            file.flush()
            context.load_cert_chain(file.name)
        with (
            socket.create_connection(self.address, timeout=SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=self.address[0]) as line,
        ):
            if line.selected_alpn_protocol() != "h2":
                raise PushFailed("no HTTP/2")
            yield line


class _Talk:
    """One connection: requests, one after the other."""

    def __init__(self, line: ssl.SSLSocket):
        self._line, self._stream = line, -1
        # No table of headers and no pushes: what comes then can be read without remembering anything.
        settings = b"\x00\x01\x00\x00\x00\x00" + b"\x00\x02\x00\x00\x00\x00"
        line.sendall(_PREFACE + _frame(_SETTINGS, 0, 0, settings))

    def ask(self, head: bytes) -> str:
        """Send one push; "" when it was taken, else why not."""
        self._stream += 2
        self._line.sendall(
            _frame(_HEADERS, _END_HEADERS, self._stream, head)
            + _frame(_DATA, _END_STREAM, self._stream, b"{}")
        )
        answer, body = b"", b""
        while True:
            kind, flags, stream, payload = self._read()
            if kind in (_RESET, _GO_AWAY) and stream in (0, self._stream):
                raise PushFailed("refused the connection")
            if stream != self._stream:
                continue
            if kind in (_HEADERS, _MORE_HEADERS):
                answer += payload
            elif kind == _DATA:
                body = (body + payload)[:_LARGEST]
            if flags & _END_STREAM and kind in (_HEADERS, _DATA):
                return _reason(answer, body)

    def _read(self) -> tuple[int, int, int, bytes]:
        """The next frame that is about something; the others are answered as they have to be."""
        while True:
            head = self._exactly(9)
            length, kind, flags = int.from_bytes(head[:3]), head[3], head[4]
            stream = int.from_bytes(head[5:]) & 0x7FFF_FFFF
            if length > _LARGEST:
                raise PushFailed("an answer that is no push's")
            payload = self._exactly(length)
            if kind in (_SETTINGS, _PING) and not flags & _ACK:
                self._line.sendall(_frame(kind, _ACK, 0, payload if kind == _PING else b""))
            elif kind not in (_SETTINGS, _PING):
                return kind, flags, stream, _bare(kind, flags, payload)

    def _exactly(self, count: int) -> bytes:
        parts = b""
        while len(parts) < count:
            part = self._line.recv(count - len(parts))
            if not part:
                raise PushFailed("hung up")
            parts += part
        return parts


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def _bare(kind: int, flags: int, payload: bytes) -> bytes:
    """What a frame holds without its padding and its weight."""
    if kind in (_DATA, _HEADERS) and flags & _PADDED and payload:
        payload = payload[1 : len(payload) - payload[0]]
    return payload[5:] if kind == _HEADERS and flags & _PRIORITY else payload


def _head(host: str, token: str, topic: str) -> bytes:
    """The headers of a push: POST and https by their numbers in the table, the rest written out."""
    named = ((b"\x04", f"/3/device/{token}"), (b"\x01", host))
    return (
        b"\x83\x87"
        + b"".join(number + _text(value) for number, value in named)
        + b"\x00" + _text("apns-topic") + _text(topic)
        + b"\x00" + _text("content-type") + _text("application/json")
    )  # fmt: skip


def _text(value: str) -> bytes:
    """A text after its length: seven bits, and more where they do not hold it."""
    data = value.encode("ascii")
    if len(data) < 127:
        return bytes((len(data),)) + data
    rest, more = len(data) - 127, bytearray((127,))
    while rest >= 128:
        more.append(rest % 128 + 128)
        rest //= 128
    more.append(rest)
    return bytes(more) + data


def _reason(answer: bytes, body: bytes) -> str:
    """Why a push was not taken; "" when it was. What is no 200 comes with a reason."""
    while answer[:1] and 0x20 <= answer[0] < 0x40:  # the size of the table, which has none
        answer = answer[1:]
    if not body and answer.startswith(_OK):
        return ""
    try:
        told = json.loads(body)
    except ValueError:
        return "no reason given"
    found = told.get("reason") if isinstance(told, dict) else None
    return found if isinstance(found, str) and found else "no reason given"
