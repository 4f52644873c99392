"""What a member gathers besides points: stamp cards, badges, and offers to take up."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns.queries.games.challenges import badges as made_badges
from loyalty.core import formats
from loyalty.core.pages import sent_to
from loyalty.web.office.frame import language_of
from loyalty.web.portal.frame import Card, card_page
from members.operations.offers import activate_offer
from members.queries.belonging import badges_of
from members.queries.cards import Card as StampCard
from members.queries.cards import Mark, cards_of
from members.queries.offers import MyOffer, offers_of
from rewards.queries.telling import named_by_handle


def stamp_cards(card: Card) -> list[dict[str, Any]]:
    """The member's stamp cards as the component shows them: a place for each stamp, and the last for the reward."""
    return cards_shown(card.member_id)


def cards_shown(member: UUID) -> list[dict[str, Any]]:
    """A member's stamp cards as the component shows them, in the portal and at the till."""
    found = cards_of(member)
    names = named_by_handle({one.reward for one in found})
    return [card_shown(one, names.get(one.reward, "")) for one in found]


def card_shown(one: StampCard, reward: str) -> dict[str, Any]:
    """One stamp card as the component shows it; `reward` is the name of what a full one gives."""
    titles = [_marked(mark) for mark in one.marks for _stamp in range(mark.stamps)]
    on_it = max(0, min(one.stamps, one.needed))
    places = [{"full": True, "title": titles[n] if n < len(titles) else ""} for n in range(on_it)]
    places += [{"full": False, "title": ""} for _n in range(one.needed - on_it)]
    places.append({"full": False, "title": reward})
    text = ngettext(
        "One more, and “{reward}” is yours.", "{left} more, and “{reward}” is yours.", one.needed - on_it
    )
    progress = _("{stamps} / {needed}").format(
        stamps=formats.number(on_it), needed=formats.number(one.needed)
    )
    note = text.format(left=formats.number(one.needed - on_it), reward=reward)
    return {"name": one.name, "progress": progress, "stamps": places, "note": note,
            "marks": [{"at": mark.at, "stamps": mark.stamps} for mark in reversed(one.marks)]}  # fmt: skip


def _marked(mark: Mark) -> str:
    return _("stamped on {day}").format(day=formats.when(mark.at, "date"))


def badges(card: Card) -> list[str]:
    """The member's badges, first earned first."""
    made = {row.handle: row.name for row in made_badges()}
    return [made.get(row.badge, row.badge) for row in badges_of(card.member_id)]


def my_offers(card: Card) -> list[dict[str, Any]]:
    """What the member can take up now, and what is active."""
    return [_shown(one, card) for one in offers_of(card.member_id, at=card.at, shown_only=True)]


def _shown(one: MyOffer, card: Card) -> dict[str, Any]:
    language = language_of(get_language())
    ends = one.active_until if one.state == "active" else one.offer.window.until
    return {
        "name": one.offer.named(language),
        "text": one.offer.said(language),
        "active": one.state == "active",
        "until": formats.last_moment(ends) if ends else None,
        "url": card.url("activate", one.offer.id),
    }


@require_POST
@card_page()
def activate(request: HttpRequest, card: Card, offer_id: str) -> HttpResponse:
    """Take up an offer; pressing twice is once."""
    taken = activate_offer(member=card.member_id, offer=offer_id, at=card.at, channel="portal")
    text = _("“{name}” is active. Show your code at the till.")
    messages.success(request, text.format(name=taken.offer.named(language_of(get_language()))))
    return sent_to(request, card.url("card"))
