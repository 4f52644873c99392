"""Read what a shop uploads for the wallets, and say in plain words what is wrong with it. Keeps nothing."""

import re
from dataclasses import dataclass
from datetime import datetime

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError

MAX_BYTES = 64 * 1024
"""Far more than any certificate or key takes."""
SMALLEST_RSA_BITS = 2048
_P12 = b"\x02\x01\x03"  # version 3, in the first bytes of every .p12
_PASS_TYPE = re.compile(r"pass(\.[A-Za-z0-9-]+)+")
_TEAM = re.compile(r"[A-Za-z0-9]{1,20}")
_ISSUER = re.compile(r"[0-9]{8,24}")

type Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class CertificateTooLarge(DomainError):
    code = "certificate_too_large"
    message = _("This file is far too large for a certificate or a key. Choose the right one.")


class NotACertificate(DomainError):
    code = "not_a_certificate"
    message = _(
        "There is no certificate in this file. Choose the .p12 file from Keychain, or a .pem or .cer file."
    )
    field = "certificate"


class WrongPassword(DomainError):
    code = "certificate_password"
    message = _("The file does not open with this password. Type the one it was exported with.")
    field = "password"


class KeyMissing(DomainError):
    code = "certificate_key_missing"
    message = _(
        "The private key is missing. Export certificate and key together as a .p12 file, or add the key’s file."
    )
    field = "key"


class WrongKey(DomainError):
    code = "certificate_wrong_key"
    message = _(
        "This key does not belong to this certificate. Use the key that the certificate was asked for with."
    )
    field = "key"


class WeakKey(DomainError):
    code = "certificate_weak_key"
    message = _(
        "This kind of key cannot be used. It has to be RSA with at least 2,048 bits, or an elliptic curve."
    )
    field = "key"


class CertificateOver(DomainError):
    code = "certificate_over"
    message = _("This certificate ended on {day}. Renew it at Apple and upload the new one.")
    field = "certificate"


class CertificateEarly(DomainError):
    code = "certificate_early"
    message = _("This certificate counts only from {day} on.")
    field = "certificate"


class NotForPasses(DomainError):
    code = "certificate_not_for_passes"
    message = _("This is not a Pass Type ID certificate. Apple makes one under Identifiers, Pass Type IDs.")
    field = "certificate"


class IntermediateMissing(DomainError):
    code = "certificate_intermediate_missing"
    message = _(
        "Apple’s own certificate is missing: add the file “Worldwide Developer Relations” that Apple offers."
    )
    field = "intermediate"


class WrongIntermediate(DomainError):
    code = "certificate_wrong_intermediate"
    message = _(
        "This is not the certificate that yours was signed with. Take the one that yours names as its issuer."
    )
    field = "intermediate"


class NotAServiceAccount(DomainError):
    code = "not_a_service_account"
    message = _("This is not the key of a service account. Choose the .json file that Google made for it.")
    field = "key_file"


class NotAnIssuer(DomainError):
    code = "not_an_issuer"
    message = _("An issuer ID is a number, as Google’s Pay & Wallet Console shows it.")
    field = "issuer"


@dataclass(frozen=True, slots=True)
class AppleFiles:
    """What was uploaded: a .p12, or a certificate with its `key`; `intermediate` is Apple's certificate, where the
    first file has not got it."""

    certificate: bytes
    key: bytes = b""
    intermediate: bytes = b""
    password: str = ""


@dataclass(frozen=True, slots=True)
class AppleIdentity:
    """What signs passes, as PEM, and whose it is."""

    pass_type: str
    team: str
    certificate: str
    intermediate: str
    private_key: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """What signs for an issuer at Google; the key as PEM."""

    issuer: str
    account: str
    key_id: str
    private_key: str


def read_apple(files: AppleFiles, *, at: datetime) -> AppleIdentity:
    """The identity in uploaded files. Raises what is wrong with them, named by field."""
    for name in ("certificate", "key", "intermediate"):
        if len(getattr(files, name)) > MAX_BYTES:
            raise CertificateTooLarge(field=name)
    key, found = _opened(files)
    if files.key:
        key = _private_key(files.key, files.password)
    if key is None:
        raise KeyMissing()
    _check_strength(key)
    leaf = _leaf(found, key)
    given = _certificates(files.intermediate) if files.intermediate else []
    if files.intermediate and not given:
        raise NotACertificate(field="intermediate")
    above = _above(leaf, [*given, *found])
    if above is None:
        raise WrongIntermediate() if given else IntermediateMissing()
    try:
        for one in (leaf, above):
            _check_dates(one, at)
        pass_type, team = _names(leaf)
    except ValueError:  # its outside is a certificate's, its inside is not
        raise NotACertificate() from None
    ends = min(leaf.not_valid_after_utc, above.not_valid_after_utc)
    return AppleIdentity(pass_type, team, _pem(leaf), _pem(above), key_pem(key), ends)


def _opened(files: AppleFiles) -> tuple[Key | None, list[x509.Certificate]]:
    """The key, where there is one, and the certificates of the first file."""
    data = files.certificate
    if data[:1] == b"\x30" and _P12 in data[:12]:
        for password in {files.password.encode(), files.password.encode() or None}:
            try:
                key, leaf, others = pkcs12.load_key_and_certificates(data, password)
            except (ValueError, TypeError, UnsupportedAlgorithm):
                continue
            return _usable(key) if key else None, [one for one in (leaf, *others) if one]
        raise WrongPassword()
    found = _certificates(data)
    if not found:
        raise NotACertificate()
    return _private_key(data, files.password) if b"PRIVATE KEY" in data else None, found


def _certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM or DER file; none where there are none."""
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except (ValueError, UnsupportedAlgorithm):
        return []


def _private_key(data: bytes, password: str) -> Key:
    """The private key of a PEM file."""
    if b"PRIVATE KEY" not in data:
        raise KeyMissing()
    is_locked = b"ENCRYPTED" in data
    if is_locked and not password:
        raise WrongPassword()
    try:
        return _usable(serialization.load_pem_private_key(data, password.encode() if is_locked else None))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise (WrongPassword() if is_locked else KeyMissing()) from None


def _usable(key: object) -> Key:
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise WeakKey()
    return key


def _check_strength(key: Key) -> None:
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < SMALLEST_RSA_BITS:
        raise WeakKey()


def _leaf(found: list[x509.Certificate], key: Key) -> x509.Certificate:
    """The certificate that the key belongs to."""
    public = key.public_key()
    for one in found:
        try:
            if one.public_key() == public:
                return one
        except (ValueError, UnsupportedAlgorithm):
            continue
    raise WrongKey() if found else NotACertificate()


def _above(leaf: x509.Certificate, found: list[x509.Certificate]) -> x509.Certificate | None:
    """The certificate that the leaf was signed with, if it is among these."""
    for one in found:
        if one == leaf:
            continue
        try:
            leaf.verify_directly_issued_by(one)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            continue
        return one
    return None


def _check_dates(one: x509.Certificate, at: datetime) -> None:
    if one.not_valid_after_utc <= at:
        raise CertificateOver(day=one.not_valid_after_utc.date().isoformat())
    if one.not_valid_before_utc > at:
        raise CertificateEarly(day=one.not_valid_before_utc.date().isoformat())


def _names(leaf: x509.Certificate) -> tuple[str, str]:
    """The Pass Type ID and the team, from the certificate's subject."""
    said = {
        name: str(part[0].value) if (part := leaf.subject.get_attributes_for_oid(oid)) else ""
        for name, oid in (("type", NameOID.USER_ID), ("team", NameOID.ORGANIZATIONAL_UNIT_NAME))
    }
    if not (
        _PASS_TYPE.fullmatch(said["type"]) and len(said["type"]) <= 155 and _TEAM.fullmatch(said["team"])
    ):
        raise NotForPasses()
    return said["type"], said["team"]


def _pem(one: x509.Certificate) -> str:
    return one.public_bytes(serialization.Encoding.PEM).decode()


def key_pem(key: Key) -> str:
    """A private key as PEM, unlocked: to be locked away at once."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


class _KeyFile(msgspec.Struct):
    type: str
    client_email: str
    private_key: str
    private_key_id: str = ""


def read_google(key_file: bytes, *, issuer: str) -> ServiceAccount:
    """The service account in the file that Google made. Raises `NotAServiceAccount`, `NotAnIssuer`, `WeakKey` or
    `CertificateTooLarge`."""
    if not _ISSUER.fullmatch(issuer):
        raise NotAnIssuer()
    if len(key_file) > MAX_BYTES:
        raise CertificateTooLarge(field="key_file")
    try:
        told = msgspec.json.decode(key_file, type=_KeyFile)
        key = serialization.load_pem_private_key(told.private_key.encode(), None)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError, TypeError, UnsupportedAlgorithm):
        raise NotAServiceAccount() from None
    plain = told.client_email.isascii() and told.client_email.isprintable() and len(told.client_email) <= 254
    if told.type != "service_account" or "@" not in told.client_email or not plain:
        raise NotAServiceAccount()
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < SMALLEST_RSA_BITS:
        raise WeakKey(field="key_file")
    key_id = told.private_key_id if re.fullmatch(r"[A-Za-z0-9_-]{0,80}", told.private_key_id) else ""
    return ServiceAccount(issuer, told.client_email, key_id, key_pem(key))
