"""A message as its reader sees it: a document of its own, in a frame that may run nothing and fetch nothing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from campaigns.queries import log, newsletters
from campaigns.queries.automated import own_words
from campaigns.queries.contents import Asked, content
from campaigns.queries.rendering import Letter, Rendered, language_of, render, sample
from campaigns.queries.settings import chosen
from campaigns.rules.kinds import PLANNED
from loyalty.core import ids
from loyalty.core.merchants.models import Merchant
from loyalty.core.pages import Here, require
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.identity import Identity
from loyalty.web.office.messages.frame import language_in
from members.queries import directory
from members.queries.why import voice_of_scope

# Styles stand on the elements, as mail programs want them; nothing else is allowed, and nothing runs.
_POLICY: Mapping[str, Any] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF],
    "form-action": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": True,
}


HIDDEN = "••••••••"


def identity_here() -> Identity:
    """The programme's name and words, as they are in force."""
    current = programmes.in_force()
    found: Identity = current.programme["identity"] if current else Identity()
    return found


def previewed(
    shop: Merchant, kind: str, language: str, own: Mapping[str, str], *, at: datetime, inline: bool = True
) -> Rendered:
    """A kind of message with made-up figures, to nobody."""
    identity = identity_here()
    letter = Letter(
        kind=kind,
        shop=shop,
        identity=identity,
        language=language,
        name="Ana",
        own=own,
        content=sample(kind, identity=identity, language=language, zone=shop.timezone, at=at),
        member=None,
    )
    return render(letter, inline=inline)


def again(message: UUID, shop: Merchant, *, at: datetime) -> Rendered | None:
    """A message of the log, rendered anew from what is known now; None when there is nothing to show any more."""
    row = log.message(message)
    person = directory.by_ids([row.member_id]).get(row.member_id)
    if person is None:
        return None
    language = row.language or language_of(person.member.language, shop)
    zone = ZoneInfo(shop.timezone)
    with translation.override(language), timezone.override(zone):
        said = content(Asked(row, voice_of_scope(), zone, row.handed_at or at, person.balance.available))
    if said is None:
        return None
    if said.code:  # whoever has it can use it: it is the member's and not for those who look at the log
        said = replace(said, code=HIDDEN, values={**said.values, "code": HIDDEN})
    own = own_words(row, chosen(), language)
    name = person.profile.given_name if person.profile else ""
    letter = Letter(
        kind=row.kind,
        shop=shop,
        identity=identity_here(),
        language=language,
        name=name,
        own=own,
        content=said,
        member=None,
    )
    return replace(render(letter, inline=True), unsubscribe_url="")


@require_safe
@xframe_options_sameorigin
@csp_override(_POLICY)
@require("messages.view")
def of_kind(request: HttpRequest, here: Here, message_kind: str) -> HttpResponse:
    """A kind, in a language, in the words that count or in those that are being typed (`subject`, `body`)."""
    if message_kind not in PLANNED:
        raise Http404
    language = language_in(request, here.merchant.language)
    own = dict(chosen().own_words(message_kind, language))
    own |= {name: request.GET[name][:8000] for name in ("subject", "body") if name in request.GET}
    return HttpResponse(previewed(here.merchant, message_kind, language, own, at=here.at).html)


@require_safe
@xframe_options_sameorigin
@csp_override(_POLICY)
@require("messages.view")
def of_newsletter(request: HttpRequest, here: Here, newsletter_id: str) -> HttpResponse:
    """A newsletter, in a language."""
    row = newsletters.newsletter(ids.decode("nws", newsletter_id))
    language = language_in(request, here.merchant.language)
    own = newsletters.words_in(row, language)
    return HttpResponse(previewed(here.merchant, "newsletter", language, own, at=here.at).html)


@require_safe
@xframe_options_sameorigin
@csp_override(_POLICY)
@require("messages.view")
def of_message(request: HttpRequest, here: Here, message_id: str) -> HttpResponse:
    """What went out, or would have."""
    found = again(ids.decode("msg", message_id), here.merchant, at=here.at)
    if found is None:
        raise Http404
    return HttpResponse(found.html)
