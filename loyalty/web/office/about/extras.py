"""What a member gathered besides points: stamp cards with what counted, offers, badges, chances and segments."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import formats, ids
from loyalty.core.pages import Here, require, sent_to
from loyalty.web.office.about.page import about_page, row_of
from loyalty.web.office.frame import language_of
from members.operations.offers import activate_offer
from members.queries.belonging import badges_of, chances_of, segments_of
from members.queries.cards import Card, Mark, cards_of
from members.queries.offers import offers_of
from rewards.queries.telling import named_by_handle

STATES = {
    "active": (gettext_lazy("Active"), "good"),
    "ready": (gettext_lazy("Ready to activate"), "info"),
    "done": (gettext_lazy("Was activated"), ""),
    "not_yet": (gettext_lazy("Not yet"), ""),
    "over": (gettext_lazy("Over"), ""),
    "not_for_you": (gettext_lazy("Not for this member"), ""),
}


def _where(marks: Iterable[Mark], slug: str) -> list[dict[str, Any]]:
    """Which purchases and activities stand on a card, newest first, with the way to each purchase."""
    return [
        {
            "at": mark.at,
            "stamps": mark.stamps,
            "expires_at": formats.last_moment(mark.expires_at) if mark.expires_at else None,
            "url": reverse("office:order", args=[slug, ids.encode("ord", mark.source)])
            if mark.source_kind == "order" and mark.source
            else "",
            "is_order": mark.source_kind == "order",
            "is_activity": mark.source_kind == "activity",
        }
        for mark in reversed(list(marks))
    ]


def _card(card: Card, reward: str, slug: str) -> dict[str, Any]:
    on_it = max(0, min(card.stamps, card.needed))
    places = [{"full": number < on_it, "title": ""} for number in range(card.needed)]
    left = card.needed - on_it
    text = ngettext("{n} more for “{reward}”", "{n} more for “{reward}”", left)
    return {
        "name": card.name,
        "stamps": [*places, {"full": False, "title": reward}],
        "note": text.format(n=formats.number(left), reward=reward),
        "pending": card.pending,
        "filled": card.filled,
        "marks": _where(card.marks, slug),
    }


def _offers(member: UUID, here: Here, public_id: str) -> list[dict[str, Any]]:
    language = language_of(get_language())
    found = []
    for one in offers_of(member, at=here.at):
        label, badge = STATES.get(one.state, (one.state, ""))
        ends = one.active_until if one.state == "active" else one.offer.window.until
        found.append(
            {
                "name": one.offer.named(language),
                "text": one.offer.said(language),
                "state": label,
                "badge": badge,
                "until": formats.last_moment(ends) if ends else None,
                "url": reverse("office:about_activate", args=[here.merchant.slug, public_id, one.offer.id])
                if one.state == "ready"
                else "",
            }
        )
    return found


@require_safe
@require("members.view")
def extras(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Everything they gathered."""
    row = row_of(member_id)
    cards = cards_of(row.member.pk)
    names = named_by_handle({card.reward for card in cards})
    context = {
        "cards": [_card(card, names.get(card.reward, card.reward), here.merchant.slug) for card in cards],
        "offers": _offers(row.member.pk, here, ids.encode("mbr", row.member.pk)),
        "badges": list(badges_of(row.member.pk)),
        "chances": chances_of(row.member.pk),
        "segments": segments_of(row.member.pk, at=here.at),
    }
    return about_page(request, here, "office/about/extras.html", row, context, current="about_extras")


@require_POST
@require("work.serve")
def activate(request: HttpRequest, here: Here, member_id: str, offer_id: str) -> HttpResponse:
    """Take up an offer for the member, who asks for it at the counter."""
    row = row_of(member_id)
    taken = activate_offer(member=row.member.pk, offer=offer_id, at=here.at, channel="office")
    name = taken.offer.named(language_of(get_language()))
    messages.success(request, _("“{name}” is active for this member.").format(name=name))
    return sent_to(
        request, reverse("office:about_extras", args=[here.merchant.slug, ids.encode("mbr", row.member.pk)])
    )
