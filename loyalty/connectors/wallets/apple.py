"""A card for Apple Wallet: what it says, its pictures and its words in four languages, sealed with the shop's
certificate. Apple's description of the format: "Wallet Passes", PassKit Package Format.
"""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image

from loyalty.connectors.wallets.content import Content, Look, Said, everywhere, grouped
from loyalty.core.programme.identity import LANGUAGES
from loyalty.web.icons import drawn, place

CONTENT_TYPE = "application/vnd.apple.pkpass"
_ICON = 29
_LOGO_HEIGHT, _LOGO_WIDTH = 50, 160
_A_DAY = (2020, 1, 1, 0, 0, 0)  # the same pass is the same file


@dataclass(frozen=True, slots=True)
class Seal:
    """What signs: certificate, Apple's above it, and the private key, as PEM; whose they are."""

    pass_type: str
    team: str
    certificate: str
    intermediate: str
    private_key: str


class _Words:
    """Texts that a phone shows in its own language. What stands in the pass itself is the shop's language, so that a
    phone that speaks none of the four still shows words."""

    def __init__(self, language: str):
        self._language = language
        self.strings: dict[str, dict[str, str]] = {one: {} for one in LANGUAGES}

    def __call__(self, said: Said) -> str:
        key = said[self._language]
        for language, text in said.items():
            self.strings[language][key] = text
        return key

    def files(self) -> dict[str, bytes]:
        """One list of texts for each language, as Apple reads them."""
        return {
            f"{language}.lproj/pass.strings": "".join(
                f'"{_escaped(key)}" = "{_escaped(text)}";\n' for key, text in texts.items()
            ).encode("utf-16")
            for language, texts in self.strings.items()
        }


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "")


def built(
    seal: Seal, *, look: Look, language: str, serial: str, token: str, service: str, content: Content | None
) -> bytes:
    """The .pkpass file. `service` is the address of the web service, "" for none; without `content` the pass is void
    and says nothing of anybody."""
    words = _Words(language)
    told: dict[str, Any] = {
        "formatVersion": 1, "passTypeIdentifier": seal.pass_type, "teamIdentifier": seal.team, "serialNumber": serial,
        "organizationName": look.shop, "description": words(look.programme), "logoText": words(look.programme),
        "backgroundColor": _rgb(look.paper), "foregroundColor": _rgb(look.ink), "labelColor": _rgb(look.ink),
        "sharingProhibited": True,
    }  # fmt: skip
    if service:
        told |= {"webServiceURL": service, "authenticationToken": token}
    told |= _of_member(content, words) if content else _void(words)
    files = {
        "pass.json": json.dumps(told, ensure_ascii=False).encode(),
        **_pictures(look),
        **words.files(),
    }
    manifest = json.dumps({name: hashlib.sha1(data).hexdigest() for name, data in files.items()}).encode()  # noqa: S324 - Apple's format
    files |= {"manifest.json": manifest, "signature": signed(manifest, seal)}
    return _zipped(files)


def _of_member(content: Content, words: _Words) -> dict[str, Any]:
    """The front and the back of a card, and its code."""
    front: dict[str, list[dict[str, Any]]] = {
        "headerFields": [],
        "primaryFields": [],
        "secondaryFields": [
            {"key": "balance", "label": words(_upper(content.points)), "value": content.balance,
             "changeMessage": words(content.has_now)},
        ],
        "auxiliaryFields": [],
        "backFields": [
            {"key": "more", "label": words(content.look.home), "value": content.card_url},
            {"key": "code", "label": words(everywhere(lambda _language: _("Card"))), "value": grouped(content.code)},
        ],
    }  # fmt: skip
    if content.tier:
        label = words(everywhere(lambda _language: _("Tier")))
        front["headerFields"].append({"key": "tier", "label": label, "value": words(content.tier)})
    if content.member:
        label = words(everywhere(lambda _language: _("Member")))
        front["auxiliaryFields"].append({"key": "member", "label": label, "value": content.member})
    told: dict[str, Any] = {"storeCard": front}
    if content.code:
        told["barcodes"] = [
            {"format": "PKBarcodeFormatQR", "message": content.code, "messageEncoding": "iso-8859-1",
             "altText": grouped(content.code)}
        ]  # fmt: skip
    return told


def _void(words: _Words) -> dict[str, Any]:
    """A card of nobody: it is no longer good for anything."""
    said = everywhere(lambda _language: _("This card is no longer in use."))
    label = everywhere(lambda _language: _("Card"))
    return {
        "voided": True,
        "storeCard": {"secondaryFields": [{"key": "void", "label": words(label), "value": words(said)}]},
    }


def _upper(said: Said) -> Said:
    return {language: text[:1].upper() + text[1:] for language, text in said.items()}


def _rgb(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


def _pictures(look: Look) -> dict[str, bytes]:
    """The icon, and the logo where the shop has one, for screens of every sharpness."""
    found = {}
    for times in (1, 2, 3):
        mark = "" if times == 1 else f"@{times}x"
        found[f"icon{mark}.png"] = drawn(look.paper, look.shop, look.logo, _ICON * times, 0.86)
        if look.logo:
            found[f"logo{mark}.png"] = _logo(look.logo, times)
    return found


def _logo(logo: bytes, times: int) -> bytes:
    """The logo on nothing, in the room that Apple leaves for it."""
    side = _LOGO_HEIGHT * times
    with Image.open(io.BytesIO(logo)) as picture:
        ratio = picture.width / picture.height
    width = max(side // 2, min(round(side * ratio), _LOGO_WIDTH * times))
    canvas = Image.new("RGBA", (width, side))
    place(canvas, logo, min(width, side) if ratio <= 1 else width)
    made = io.BytesIO()
    canvas.save(made, "PNG", optimize=True)
    return made.getvalue()


def signed(manifest: bytes, seal: Seal) -> bytes:
    """The detached signature over a manifest (PKCS #7, DER), with both certificates in it."""
    key = serialization.load_pem_private_key(seal.private_key.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError("a key of another kind was never taken")
    leaf = x509.load_pem_x509_certificate(seal.certificate.encode())
    above = x509.load_pem_x509_certificate(seal.intermediate.encode())
    builder = pkcs7.PKCS7SignatureBuilder().set_data(manifest).add_signer(leaf, key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.add_certificate(above).sign(serialization.Encoding.DER, options)


def _zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _A_DAY), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def service_url(slug: str) -> str:
    """Where phones ask for news of a shop's passes; "" where the site has no https, which phones insist on."""
    return f"{settings.SITE_URL}/hooks/wallets/{slug}/" if settings.SITE_URL.startswith("https://") else ""
