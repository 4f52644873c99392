"""Stamp cards, challenges, badges and offers: what I gather besides points, and which purchases counted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from campaigns.queries.games.challenges import badges as made_badges
from loyalty.core import formats
from loyalty.web.portal import draws, games
from loyalty.web.portal.frame import Card, card_page, portal_page
from loyalty.web.portal.gathered import card_shown, my_offers
from members.queries import adding, rule_words
from members.queries.activities import activities_of_ids
from members.queries.belonging import badges_of, chances_of
from members.queries.cards import Card as StampCard
from members.queries.cards import cards_of
from members.queries.orders import orders_of_ids, standing_orders
from members.queries.sayings import purchase
from members.queries.why import Voice, voice_of_scope
from members.rules.conditions import OrderNumber
from members.rules.conditions.activities import kind_words
from members.rules.earning import Rule
from members.rules.facts import Period
from members.rules.limits import period_start
from rewards.queries.telling import named_by_handle

THINGS = 3
"""Things of a purchase that are named before "and more"."""
BEFORE_A_CHALLENGE = 40
"""Purchases that are listed of one challenge."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A purchase or something done that counted, in words."""

    title: str
    detail: str
    at: datetime
    stamps: int = 1


def _told(orders: Collection[UUID], voice: Voice) -> dict[UUID, tuple[str, str]]:
    """What each order is called, and some of the things bought."""
    found = {}
    for bought in orders_of_ids(orders):
        names = [line.name for line in bought.lines if line.name]
        more = len(names) - THINGS
        text = ", ".join(names[:THINGS])
        if more > 0:
            text = ngettext("{things} and {n} more", "{things} and {n} more", more).format(
                things=text, n=formats.number(more)
            )
        found[bought.order.pk] = purchase(bought.order, voice), text
    return found


def _done(activities: Collection[UUID], voice: Voice) -> dict[UUID, tuple[str, str]]:
    found = {}
    for row in activities_of_ids(activities):
        words = rule_words.say(kind_words(row.kind), voice)
        found[row.pk] = words[:1].upper() + words[1:], ""
    return found


def _counted(one: StampCard, titles: dict[UUID, tuple[str, str]]) -> list[Counted]:
    """What stands on a card, last first."""
    rows = []
    for mark in reversed(one.marks):
        title, detail = titles.get(mark.source, (_("Given by the shop"), "")) if mark.source else ("", "")
        rows.append(Counted(title or _("Given by the shop"), detail, mark.at, mark.stamps))
    return rows


def _running(card: Card) -> list[Rule]:
    """The earning rules that count today."""
    current = adding.in_force()
    rules = current.programme["earning"].rules if current else ()
    return [
        rule
        for rule in rules
        if not rule.off
        and not (rule.window.until and rule.window.until <= card.at)
        and not (rule.window.from_ and rule.window.from_ > card.at)
    ]


def _cards(card: Card, rules: list[Rule], voice: Voice) -> list[dict[str, Any]]:
    found = cards_of(card.member_id)
    names = named_by_handle({one.reward for one in found})
    marks = [mark for one in found for mark in one.marks if mark.source]
    orders = {mark.source for mark in marks if mark.source_kind == "order" and mark.source}
    titles = _told(orders, voice) | _done(
        {mark.source for mark in marks if mark.source_kind == "activity" and mark.source}, voice
    )
    shown = []
    for one in found:
        says = [rule_words.rule_sentence(rule, voice) for rule in rules if rule.gives == one.unit]
        filled = ngettext("You have filled it {n} time.", "You have filled it {n} times.", one.filled)
        pending = ngettext("{n} stamp is still waiting.", "{n} stamps are still waiting.", one.pending)
        shown.append(
            card_shown(one, names.get(one.reward, ""))
            | {
                "counted": _counted(one, titles) if card.proven else [],
                "says": says,
                "filled": filled.format(n=formats.number(one.filled)) if one.filled else "",
                "pending": pending.format(n=formats.number(one.pending)) if one.pending else "",
            }
        )
    return shown


def _challenges(card: Card, rules: list[Rule], voice: Voice) -> list[dict[str, Any]]:
    """Rules that give for every so-manieth purchase, with those that have counted towards the next one."""
    zone, found = ZoneInfo(card.merchant.timezone), []
    for rule in rules:
        condition = next((one for one in rule.when if isinstance(one, OrderNumber) and one.every), None)
        if condition is None or not condition.every:
            continue
        since = None if condition.per is Period.LIFETIME else period_start(condition.per, card.at, zone)
        bought = standing_orders(card.member_id, since=since)
        number = (card.row.stats.orders_count if card.row.stats else 0) if since is None else bought.count()
        done = number % condition.every
        last = list(bought.values_list("pk", "placed_at")[: min(done, BEFORE_A_CHALLENGE)])
        titles = _told([pk for pk, _at in last], voice)
        left = ngettext("One more purchase to go.", "{n} more purchases to go.", condition.every - done)
        found.append(
            {
                "title": rule.name or rule_words.rule_sentence(rule, voice),
                "says": [rule_words.rule_sentence(rule, voice)],
                "value": done, "max": condition.every,
                "text": _("{have} of {needs}").format(
                    have=formats.number(done), needs=formats.number(condition.every)
                ),
                "note": left.format(n=formats.number(condition.every - done)),
                "counted": [Counted(*titles.get(pk, ("", "")), at) for pk, at in last],
            }
        )  # fmt: skip
    return found


def _badges(card: Card, rules: list[Rule]) -> list[dict[str, Any]]:
    """Badges with the words of the rule that gives them, and when they were earned."""
    names = {badge: rule.name for rule in rules if (badge := getattr(rule, "badge", "")) and rule.name}
    made = {row.handle: row for row in made_badges()}
    return [
        {
            "name": made[row.badge].name if row.badge in made else names.get(row.badge, row.badge),
            "drawing": made[row.badge].drawing if row.badge in made else "award",
            "at": row.earned_at,
        }
        for row in badges_of(card.member_id)
    ]


@require_safe
@card_page()
def stamps(request: HttpRequest, card: Card) -> HttpResponse:
    """Every card, challenge, badge and offer, each with what counted and what still does."""
    rules, voice, pages = _running(card), voice_of_scope(plain=True), draws.links(card)
    context = {
        "stamp_cards": _cards(card, rules, voice),
        "challenges": _challenges(card, rules, voice) if card.proven else [],
        "games": games.links(card),
        "badges": _badges(card, rules),
        "personal": my_offers(card),
        "chances": [
            {"name": draw, "n": formats.number(number), "url": pages.get(draw, "")}
            for draw, number in chances_of(card.member_id).items()
        ],
    }
    return portal_page(request, card, "portal/stamps.html", context, current="stamps")
