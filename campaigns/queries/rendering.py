"""A message as its reader gets it: subject, text and HTML from one set of templates, in their language.

Nothing in it is fetched from anywhere: styles stand on the elements, the logo travels inside the mail.
"""

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import escape, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from PIL import Image

from campaigns.queries import tokens
from campaigns.queries.colours import painted
from campaigns.queries.contents import Content, month_name
from campaigns.queries.words import SAID
from campaigns.rules.kinds import KINDS, Topic
from campaigns.rules.wording import fill, one_line, paragraphs
from loyalty.core import formats
from loyalty.core.merchants.models import Merchant
from loyalty.core.pictures.queries import address, rendition
from loyalty.core.programme.identity import LANGUAGES, Identity

LOGO = "logo"
"""The name under which the logo travels: `cid:logo`."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished message. `unsubscribe_url` is "" for what cannot be stopped."""

    subject: str
    text: str
    html: str
    language: str
    unsubscribe_url: str = ""
    logo: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is to be rendered: `own` are the shop's words for it, `content` what fills them, `name` the reader's given
    name. `member` None is a preview: its links lead nowhere."""

    kind: str
    shop: Merchant
    identity: Identity
    language: str
    name: str = ""
    own: Mapping[str, str]
    content: Content
    member: UUID | None


def language_of(kept: str, shop: Merchant) -> str:
    """The language a reader gets: their own, else the shop's, else English."""
    for code in (kept, shop.language):
        short = code.split("-")[0].lower()
        if short in LANGUAGES:
            return short
    return "en"


@contextmanager
def spoken(language: str, zone: str) -> Any:
    """Speak a language in a zone."""
    with translation.override(language), timezone.override(ZoneInfo(zone)):
        yield


def page_url(shop: Merchant, page: str) -> str:
    """A page of the shop's portal, with its host."""
    return f"{settings.SITE_URL}/{shop.slug}/{page}/"


def render(letter: Letter, *, inline: bool = False) -> Rendered:
    """Render a message; `inline` shows the logo by its address instead of packing it, for a preview in a browser."""
    with spoken(letter.language, letter.shop.timezone):
        return _render(letter, inline)


def _render(letter: Letter, inline: bool) -> Rendered:
    said, kind, shop = SAID[letter.kind], KINDS[letter.kind], letter.shop
    values = {
        "first_name": letter.name,
        "shop": shop.name,
        "programme": letter.identity.named(letter.language, shop.name),
        **letter.content.values,
    }
    subject = one_line(fill(letter.own.get("subject") or str(said.subject), values)).rstrip(", ")
    body = [fill(part, values) for part in paragraphs(letter.own.get("body") or str(said.body))]
    logo = None if inline or shop.logo is None else _logo(shop.pk, shop.logo)
    links = _links(letter, kind.topic)
    brand, upon, ink = painted(shop.brand_colour)
    context = {
        "subject": subject,
        "preheader": body[0][:140] if body else "",
        "greeting": _("Hi {name},").format(name=letter.name) if letter.name else _("Hi,"),
        "paragraphs": body,
        "linked": [_linked(part) for part in body],
        "facts": letter.content.facts,
        "code": letter.content.code,
        "button": str(said.button),
        "button_url": letter.content.link or page_url(shop, kind.page),
        "question": letter.content.question,
        "numbers": letter.content.numbers,
        "ends": letter.content.ends,
        "brand": brand,
        "on_brand": upon,
        "ink": ink,
        "shop": shop,
        "programme": values["programme"],
        "logo_src": address(shop.slug, shop.logo, "small") if inline else (f"cid:{LOGO}" if logo else ""),
        "language": letter.language,
        "why": _why(letter, kind.topic),
        **links,
    }
    return Rendered(
        subject=subject or shop.name,
        text=render_to_string("messages/message.txt", context).strip() + "\n",
        html=render_to_string("messages/message.html", context),
        language=letter.language,
        unsubscribe_url=links["unsubscribe_url"],
        logo=logo,
    )


def _links(letter: Letter, topic: Topic) -> dict[str, str]:
    preferences = page_url(letter.shop, "preferences")
    if topic is Topic.ACCOUNT:
        return {"preferences_url": preferences, "unsubscribe_url": ""}
    key = tokens.token(member=letter.member, topic=topic) if letter.member else "preview"
    return {
        "preferences_url": preferences,
        "unsubscribe_url": f"{settings.SITE_URL}/{letter.shop.slug}/unsubscribe/{key}/",
    }


def _why(letter: Letter, topic: Topic) -> str:
    name = letter.identity.named(letter.language, letter.shop.name)
    if topic is Topic.NEWSLETTER:
        return _("You get this because you said yes to news from {shop}.").format(shop=letter.shop.name)
    return _("You get this because you are a member of {programme}.").format(programme=name)


def _linked(text: str) -> SafeString:
    """A paragraph with its addresses made into links and its line breaks kept; everything else is only text."""
    return mark_safe(urlize(escape(text), autoescape=False).replace("\n", "<br>"))  # noqa: S308 (escaped just before)


@lru_cache(maxsize=256)
def _logo(_merchant: int, picture: UUID) -> bytes | None:
    """A shop's logo as a PNG, which every mail program can show."""
    found = rendition(picture, "small")
    if found is None:
        return None
    if found.kind == "png":
        return found.content
    written = BytesIO()
    Image.open(BytesIO(found.content)).convert("RGBA").save(written, "PNG")
    return written.getvalue()


def sample(kind: str, *, identity: Identity, language: str, zone: str, at: datetime) -> Content:
    """What a preview fills in where a member's own would stand."""
    with spoken(language, zone):

        def points(count: int) -> str:
            return f"{formats.number(count)} {identity.word(language, count)}"

        values = {
            "balance": points(240),
            "points": points(84),
            "reward": _("a free coffee"),
            "code": "8KD2-11QP",
            "date": formats.when(at, "date", ZoneInfo(zone)),
            "tier": _("Gold"),
            "missing": points(60),
            "friends": formats.number(3),
            "amount": formats.number(299),
            "month": month_name(at.strftime("%Y-%m")),
            "earned": points(184),
            "spent": points(100),
            "survey": _("How are we doing?"),
        }
        facts: tuple[tuple[str, str], ...] = ()
        if kind == "statement":
            facts = (
                (_("Collected"), values["earned"]),
                (_("Used"), values["spent"]),
                (_("You have now"), values["balance"]),
            )
        elif "balance" in KINDS[kind].placeholders:
            facts = ((_("You have now"), values["balance"]),)
        return Content(values, facts, values["code"] if kind == "code" else "")
