"""A card for Google Wallet: the link that saves it, signed by the shop's service account, and the call that changes it.

Nothing here runs for a shop that has not uploaded its key. The hosts are written down here and never taken from a file
that somebody uploaded.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from requests_hardened import Config, HTTPSession

from loyalty.connectors.wallets.content import Content, Look, grouped

SAVE = "https://pay.google.com/gp/v/save/"
TOKENS = "https://oauth2.googleapis.com/token"
OBJECTS = "https://walletobjects.googleapis.com/walletobjects/v1/loyaltyObject/"
SCOPE = "https://www.googleapis.com/auth/wallet_object.issuer"
MAX_LINK = 1800
"""Longer links are cut off by some phones."""
_SHORT, _LONG = 20, 40
_SECONDS = (5, 10)


class GoogleAway(Exception):
    """Google did not answer, or not as it should: trying again may help."""


class GoogleRefused(Exception):
    """Google refuses: trying again the same would not help."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The service account of an issuer; the key as PEM."""

    issuer: str
    account: str
    key_id: str
    private_key: str


def jwt(claims: dict[str, Any], signer: Signer) -> str:
    """Claims, signed (RS256)."""
    head = {"alg": "RS256", "typ": "JWT", **({"kid": signer.key_id} if signer.key_id else {})}
    parts = (json.dumps(part, ensure_ascii=False, separators=(",", ":")) for part in (head, claims))
    body = ".".join(_base64(part.encode()) for part in parts)
    key = serialization.load_pem_private_key(signer.private_key.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("a key of another kind was never taken")
    return f"{body}.{_base64(key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def class_id(issuer: str, slug: str) -> str:
    """What Google calls the shop's cards."""
    return f"{issuer}.{slug}"


def object_id(issuer: str, serial: str) -> str:
    """What Google calls one card: nothing of the member's is in it."""
    return f"{issuer}.{serial}"


def loyalty_class(issuer: str, slug: str, look: Look, language: str) -> dict[str, Any]:
    """What all of a shop's cards share."""
    return {
        "id": class_id(issuer, slug), "issuerName": look.shop[:_SHORT],
        "programName": look.programme[language][:_SHORT],
        "programLogo": {"sourceUri": {"uri": settings.SITE_URL + reverse("portal:icon", args=[slug, "512"])}},
        "hexBackgroundColor": look.paper, "reviewStatus": "UNDER_REVIEW",
    }  # fmt: skip


def loyalty_object(issuer: str, slug: str, serial: str, content: Content | None) -> dict[str, Any]:
    """One card. Without `content` it is void, and what it said of the member is taken back."""
    told: dict[str, Any] = {"id": object_id(issuer, serial), "classId": class_id(issuer, slug)}
    if content is None:
        gone: dict[str, Any] = {
            "state": "INACTIVE", "accountId": "", "accountName": "", "barcode": None, "loyaltyPoints": None,
            "secondaryLoyaltyPoints": None,
        }  # fmt: skip
        return told | gone
    told |= {
        "state": "ACTIVE", "accountId": content.code, "accountName": content.member[:_LONG],
        "barcode": {"type": "QR_CODE", "value": content.code, "alternateText": grouped(content.code)},
        "loyaltyPoints": {"label": content.points[content.language][:_SHORT], "balance": {"int": content.balance}},
    }  # fmt: skip
    if content.tier:
        with translation.override(content.language):
            label = _("Tier")
        tier = {"label": label, "balance": {"string": content.tier[content.language][:_SHORT]}}
        told["secondaryLoyaltyPoints"] = tier
    return told


def save_link(signer: Signer, *, slug: str, serial: str, content: Content, at: datetime) -> str:
    """The link with which a member saves their card."""
    payload = {
        "loyaltyClasses": [loyalty_class(signer.issuer, slug, content.look, content.language)],
        "loyaltyObjects": [loyalty_object(signer.issuer, slug, serial, content)],
    }
    claims = {
        "iss": signer.account, "aud": "google", "typ": "savetowallet", "iat": int(at.timestamp()),
        "origins": [settings.SITE_URL], "payload": payload,
    }  # fmt: skip
    return SAVE + jwt(claims, signer)


class Gateway:
    """The way to one issuer's cards at Google."""

    def __init__(self, signer: Signer):
        self._signer = signer

    def update(self, changed: dict[str, Any], *, at: datetime) -> bool:
        """Change a card; False when nobody has saved it. Raises `GoogleAway` or `GoogleRefused`."""
        with _session() as session:
            token = self._token(session, at)
            name = changed["id"]
            answer = _asked(
                session.patch, OBJECTS + name, json=changed, headers={"Authorization": f"Bearer {token}"}
            )
        if answer.status_code == 404:
            return False
        _check(answer)
        return True

    def _token(self, session: requests.Session, at: datetime) -> str:
        now = int(at.timestamp())
        claims = {"iss": self._signer.account, "scope": SCOPE, "aud": TOKENS, "iat": now, "exp": now + 3600}
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": jwt(claims, self._signer),
        }
        answer = _asked(session.post, TOKENS, data=form)
        _check(answer)
        try:
            return str(answer.json()["access_token"])
        except (ValueError, KeyError, TypeError):
            raise GoogleAway("no token") from None


def _session() -> HTTPSession:
    """A connection that goes nowhere but where it was sent."""
    found = HTTPSession(
        Config(
            ip_filter_enable=True, ip_filter_allow_loopback_ips=False, never_redirect=True, default_timeout=_SECONDS,
            user_agent_override="Loyalty-Wallets/1",
        )
    )  # fmt: skip
    found.trust_env = False
    return found


def _asked(send: Any, url: str, **more: Any) -> requests.Response:
    try:
        answer: requests.Response = send(url, **more)
    except requests.RequestException as trouble:
        raise GoogleAway(type(trouble).__name__) from None
    return answer


def _check(answer: requests.Response) -> None:
    if answer.status_code == 429 or answer.status_code >= 500:
        raise GoogleAway(str(answer.status_code))
    if answer.status_code >= 300:
        raise GoogleRefused(str(answer.status_code))
