"""Certificates and keys as Apple and Google give them, made here: a root, Apple's own below it, and shops' below that."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption, pkcs12
from cryptography.x509.oid import NameOID

from loyalty.connectors.wallets.certificates import AppleFiles
from tests.cast import AT, days

PASS_TYPE, TEAM = "pass.com.example.loyalty", "A1B2C3D4E5"
ISSUER, ACCOUNT = "3388000000012345678", "cards@luna-club.iam.gserviceaccount.com"
PASSWORD = "kaffe"


@dataclass(frozen=True)
class Paper:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def key_pem(self, password: str = "") -> bytes:
        lock = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)

    def p12(self, *others: "Paper", password: str = PASSWORD, key: bool = True) -> bytes:
        lock = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        above = [one.certificate for one in others]
        return pkcs12.serialize_key_and_certificates(
            b"pass", self.key if key else None, self.certificate if key else None,
            above if key else [self.certificate, *above], lock,
        )  # fmt: skip


SINCE, UNTIL = AT - days(400), AT + days(365)


def made(name: str, *, by: Paper | None = None, since: datetime = SINCE, until: datetime = UNTIL,
         key: Any = None, subject: dict[Any, str] | None = None) -> Paper:  # fmt: skip
    """A certificate, signed `by` another or by itself; one that others are signed with has no `subject`."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    parts = {NameOID.COMMON_NAME: name, **(subject or {})}
    named = x509.Name([x509.NameAttribute(oid, text) for oid, text in parts.items()])
    builder = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(by.certificate.subject if by else named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=subject is None, path_length=None), critical=True)
    )
    return Paper(builder.sign(by.key if by else key, hashes.SHA256()), key)


@cache
def root() -> Paper:
    """What everybody trusts."""
    return made("Root", until=AT + timedelta(days=9000))


@cache
def relations() -> Paper:
    """Apple's certificate above those of shops."""
    return made("Worldwide Developer Relations", by=root(), until=AT + timedelta(days=3000))


def for_passes(pass_type: str = PASS_TYPE, team: str = TEAM, **more: Any) -> Paper:
    """A shop's certificate."""
    subject = {NameOID.USER_ID: pass_type, NameOID.ORGANIZATIONAL_UNIT_NAME: team}
    return made(f"Pass Type ID: {pass_type}", by=more.pop("by", None) or relations(), subject=subject, **more)


@cache
def lunas() -> Paper:
    """Café Luna's certificate."""
    return for_passes()


def files(paper: Paper | None = None) -> AppleFiles:
    """A .p12 with everything in it, as it is uploaded."""
    return AppleFiles((paper or lunas()).p12(relations()), password=PASSWORD)


@cache
def account_key() -> Any:
    """The key of the shop's service account."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_file(**changed: Any) -> bytes:
    """The file that Google makes for a service account."""
    key = account_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, NoEncryption()
    )
    told = {"type": "service_account", "project_id": "luna-club", "private_key_id": "4f9a", "private_key": key.decode(),
            "client_email": ACCOUNT, "token_uri": "https://elsewhere.example/token", **changed}  # fmt: skip
    return json.dumps(told).encode()


def read_key() -> str:
    """The key of the service account, as it is read from its file."""
    return str(json.loads(key_file())["private_key"])
