"""Apple's push service, played by a server on this machine that speaks HTTP/2 and asks for the shop's certificate."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from loyalty.connectors.wallets.apns import Apns
from loyalty.connectors.wallets.pushing import Envelope, PushFailed, pusher
from loyalty.core import clock
from tests.wallets import papers


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def refusal(stream: int, status: bytes, reason: str) -> bytes:
    """An answer that says why not, in the shapes that servers choose."""
    body = b'{"reason":"%s"}' % reason.encode()
    return frame(1, 4, stream, b"\x08\x03" + status) + frame(0, 1, stream, body)


class Apple:
    """The server: answers each push by its token, and notes what it was sent."""

    def __init__(self, folder: Path):
        now = clock.now()
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
        own = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        made = (
            x509.CertificateBuilder()
            .subject_name(name).issuer_name(name).public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
            .add_extension(own, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )  # fmt: skip
        paper = papers.Paper(made, self.key)
        self.certificate = folder / "server.pem"
        self.certificate.write_bytes(paper.pem + paper.key_pem())
        (folder / "clients.pem").write_bytes(papers.relations().pem + papers.root().pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(folder / "clients.pem")
        context.set_alpn_protocols(["h2"])
        self.context, self.heads, self.peers = context, [], []
        self.answers: dict[str, bytes] = {}
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = ("127.0.0.1", self.listening.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                plain, _where = self.listening.accept()
                with suppress(OSError), self.context.wrap_socket(plain, server_side=True) as line:
                    line.settimeout(5)
                    self.peers.append(line.getpeercert())
                    self._talk(line)

    def _talk(self, line: ssl.SSLSocket) -> None:
        def exactly(count: int) -> bytes:
            data = b""
            while len(data) < count:
                part = line.recv(count - len(data))
                if not part:
                    raise OSError
                data += part
            return data

        assert exactly(24) == b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        line.sendall(
            frame(4, 0, 0, b"\x00\x03\x00\x00\x00\x64")
            + frame(6, 0, 0, b"12345678")
            + frame(8, 0, 0, b"\0" * 4)
        )
        token = ""
        while True:
            head = exactly(9)
            payload = exactly(int.from_bytes(head[:3]))
            kind, stream = head[3], int.from_bytes(head[5:])
            if kind == 1:
                self.heads.append(payload)
                token = payload.partition(b"/3/device/")[2].partition(b"\x01")[0].decode()
            if kind == 0:
                assert payload == b"{}"
                line.sendall(self._answer(token, stream))

    def _answer(self, token: str, stream: int) -> bytes:
        match token:
            case "gone":
                return refusal(stream, b"410", "Unregistered")
            case "busy":
                return refusal(stream, b"429", "TooManyRequests")
            case "rude":
                return frame(7, 0, 0, b"\0" * 8)
            case "odd":
                return frame(1, 5, stream, b"\x8e")
            case "padded":
                return frame(1, 0x8 | 0x20 | 4 | 1, stream, b"\x02" + b"\0" * 5 + b"\x20\x88" + b"\0\0")
            case "huge":
                return (70_000).to_bytes(3) + b"\0\0" + stream.to_bytes(4)
        return frame(1, 5, stream, b"\x88")


@pytest.fixture
def apple(tmp_path: Path) -> Iterator[Apple]:
    made = Apple(tmp_path)
    yield made
    made.listening.close()


def to(apple: Apple, *tokens: str, paper: Any = None) -> set[str]:
    """Push as the product does, to this machine; the tokens of phones that are gone."""

    class Here(Apns):
        address = apple.address

        def context(self) -> ssl.SSLContext:
            return ssl.create_default_context(cafile=str(apple.certificate))

    now = clock.now()
    paper = paper or papers.for_passes(until=now + timedelta(30))
    pem, key = paper.pem.decode(), paper.key_pem().decode()
    return Here().push(Envelope(papers.PASS_TYPE, pem, key, tokens))


def test_phones_are_told_with_the_shops_certificate(apple):
    assert to(apple, "a" * 64, "b" * 200) == set()
    assert len(apple.heads) == 2
    assert papers.PASS_TYPE.encode() in apple.heads[0] and b"127.0.0.1" in apple.heads[0]
    assert b"b" * 200 in apple.heads[1]
    assert (("userId", papers.PASS_TYPE),) in apple.peers[0]["subject"] or papers.PASS_TYPE in str(
        apple.peers[0]
    )


def test_a_phone_that_is_gone_is_named_and_the_others_are_told(apple):
    assert to(apple, "one", "gone", "padded", "two") == {"gone"}
    assert len(apple.heads) == 4


@pytest.mark.parametrize("token", ["busy", "rude", "odd", "huge"])
def test_what_apple_does_not_take_is_tried_again_later(apple, token):
    with pytest.raises(PushFailed):
        to(apple, token)


def test_a_server_that_nobody_vouches_for_is_told_nothing(apple, tmp_path):
    class Strict(Apns):
        address = apple.address

    paper = papers.for_passes(until=clock.now() + timedelta(30))
    envelope = Envelope(papers.PASS_TYPE, paper.pem.decode(), paper.key_pem().decode(), ["a"])
    with pytest.raises(PushFailed):
        Strict().push(envelope)
    assert apple.heads == []


def test_a_certificate_of_nobody_is_turned_away(apple):
    with pytest.raises(PushFailed):
        to(apple, "a", paper=papers.made("nobody", subject={}, until=clock.now() + timedelta(30)))
    assert apple.heads == []


def test_nobody_there_is_a_push_that_failed(apple):
    apple.listening.shutdown(
        socket.SHUT_RDWR
    )  # a close alone leaves it open for the thread that waits for calls
    apple.listening.close()
    with pytest.raises(PushFailed):
        to(apple, "a")


def test_it_is_off_until_somebody_names_it(settings):
    settings.WALLET_PUSHER = ""
    assert pusher() is None
    settings.WALLET_PUSHER = "loyalty.connectors.wallets.apns.Apns"
    assert isinstance(pusher(), Apns) and Apns.address == ("api.push.apple.com", 443)
