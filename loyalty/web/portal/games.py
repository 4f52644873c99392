"""Challenges, badges, boards and instant wins as members see them: what counts, what counted, the odds, and who is how
far under names that give nobody away. Nothing presses: no clocks that run down, and staying out is one button."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from campaigns.models import Challenge, InstantWin, Player
from campaigns.operations.games.instant import NoTicket, play_ticket
from campaigns.operations.games.players import choose_name
from campaigns.operations.games.sending import send_in
from campaigns.queries.games import boards, progress
from campaigns.queries.games import challenges as reading
from campaigns.queries.games import instant as instants
from campaigns.queries.games import sent as sending
from loyalty.core import formats, ids
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.pages import sent_form_key, sent_to
from loyalty.web import games
from loyalty.web.office.lists import is_text
from loyalty.web.portal.frame import Card, card_page, portal_page
from members.models import Activity
from members.queries import rule_words
from members.queries.belonging import badges_of
from members.queries.why import voice_of_scope
from members.rules.conditions.activities import kind_words

TAB = "stamps"


def are_on(card: Card) -> bool:
    """Whether there is anything to play."""
    return bool(reading.running(at=card.at) or instants.running(at=card.at))


def links(card: Card) -> list[dict[str, Any]]:
    """The games that run, for the page of stamps: each with how far I am."""
    return [*_challenges(card, reading.running(at=card.at)), *_instants(card)]


def _challenges(card: Card, rows: list[Challenge]) -> list[dict[str, Any]]:
    terms, voice = [reading.terms_of(row) for row in rows], voice_of_scope(plain=True)
    names, past, found = games.names_for(terms), progress.past_of(card.member_id, rows), []
    for row in rows:
        one = progress.standing(row, member=card.member_id, at=card.at, past=past)
        if not card.proven:
            one = progress.Standing(row, one.terms, one.round, type(one.progress)(), frozenset())
        shown = games.shown(one, names, voice)
        found.append({**shown, "url": card.url("challenge", ids.encode("chl", row.pk)), "kind": "challenge"})
    return found


def _instants(card: Card) -> list[dict[str, Any]]:
    found = []
    for row in instants.running(at=card.at):
        tickets = len(instants.tickets(row, member=card.member_id, at=card.at)) if card.proven else 0
        url = card.url("instant", ids.encode("iwn", row.pk))
        found.append({"row": row, "url": url, "kind": "instant", "tickets": tickets, "icon": "party-popper"})
    return found


@require_safe
@card_page()
def hub(request: HttpRequest, card: Card) -> HttpResponse:
    """Everything there is to play, and what is over."""
    over = reading.lately(at=card.at)
    context = {
        "games": links(card),
        "over": [{"row": row, "url": card.url("challenge", ids.encode("chl", row.pk))} for row in over[:10]],
        "medals": medals(card)[:6],
    }
    return portal_page(request, card, "portal/games/hub.html", context, current=TAB)


def _open(challenge_id: str, card: Card) -> Challenge:
    row = reading.challenge(ids.decode("chl", challenge_id))
    if row.state == Challenge.State.DRAFT or row.starts_at > card.at:
        raise NotFound("challenge")
    return row


@require_safe
@card_page(proven=True)
def challenge(request: HttpRequest, card: Card, challenge_id: str) -> HttpResponse:
    """One: how far I am, what counted, what still counts, and the board."""
    row = _open(challenge_id, card)
    voice, one = voice_of_scope(plain=True), progress.standing(row, member=card.member_id, at=card.at)
    counted = one.progress.counted[-40:]
    context = {
        **games.shown(one, games.names_for([one.terms]), voice),
        "counted": games.counted_of(counted, one.terms, voice),
        "over": row.ends_at is not None and row.ends_at <= card.at,
        "board": _board(row, card) if row.board else None,
        "sends": _sends(row, card),
        "send_url": card.url("challenge_send", challenge_id),
    }
    return portal_page(request, card, "portal/games/challenge.html", context, current=TAB)


_BECAME = {
    Activity.Status.WAITING: (gettext_lazy("waits to be looked at"), "info"),
    Activity.Status.REFUSED: (gettext_lazy("does not count"), "warn"),
    Activity.Status.UNDONE: (gettext_lazy("taken back"), "warn"),
}


def _sends(row: Challenge, card: Card) -> dict[str, Any]:
    """What can be sent in, and what became of what was."""
    voice, kinds = voice_of_scope(plain=True), sending.sendable(row)

    def called(kind: str) -> str:
        words = rule_words.say(kind_words(kind), voice)
        return words[:1].upper() + words[1:]

    rows = []
    for one in sending.sent_by(card.member_id, kinds):
        label, badge = _BECAME.get(Activity.Status(one.status), (gettext_lazy("counts"), "good"))
        rows.append({"row": one, "title": called(one.kind), "label": label, "badge": badge})
    return {"kinds": [{"kind": kind, "title": called(kind)} for kind in kinds], "rows": rows}


@require_POST
@card_page(proven=True)
def send(request: HttpRequest, card: Card, challenge_id: str) -> HttpResponse:
    """Send something in; pressing twice is once."""
    row, key = _open(challenge_id, card), sent_form_key(request)
    kind, proof = request.POST.get("kind", ""), request.POST.get("proof", "")
    if not key or not is_text(proof) or len(proof) > 500:
        raise InvalidInput.of("proof", _("Give a link or a few words, at most 500 characters."))
    send_in(challenge=row.pk, member=card.member_id, kind=kind, proof=proof, key=key, at=card.at)
    messages.success(request, _("Thank you! It counts as soon as the shop has looked at it."))
    return sent_to(request, card.url("challenge", challenge_id))


def _board(row: Challenge, card: Card) -> dict[str, Any]:
    voice, terms = voice_of_scope(plain=True), reading.terms_of(row)
    found = boards.board(row, at=card.at, me=card.member_id)

    def told(one: boards.Placed) -> dict[str, Any]:
        return {"place": one.place, "name": one.name, "is_me": one.is_me,
                "value": games.amount_of(terms, one.value, voice)}  # fmt: skip

    player = boards.player_of(card.member_id)
    return {
        "first": [told(one) for one in found.first],
        "me": told(found.me) if found.me else None,
        "hidden": player is not None and player.shown == Player.Shown.HIDDEN,
    }


# --- badges -------------------------------------------------------------------------------------------------------


def medals(card: Card) -> list[dict[str, Any]]:
    """The member's badges, last earned first, each with when and why."""
    rows = list(badges_of(card.member_id))
    names, voice = games.names_for(), voice_of_scope(plain=True)
    awards = progress.challenges_of_awards([row.source for row in rows if row.source_kind == "challenge"])
    return [
        {
            "name": names.badge(row.badge), "drawing": names.drawing(row.badge), "at": row.earned_at,
            "why": games.why_earned(row, awards, voice) if card.proven else "",
        }
        for row in reversed(rows)
    ]  # fmt: skip


@require_safe
@card_page()
def badges(request: HttpRequest, card: Card) -> HttpResponse:
    """Mine, with what each was for, and those still to be earned."""
    mine = {row.badge for row in badges_of(card.member_id)}
    ahead = [row for row in reading.badges() if row.handle not in mine]
    ways = _ways(card)
    context = {
        "medals": medals(card),
        "ahead": [{"row": row, "way": ways.get(row.handle, row.text)} for row in ahead],
    }
    return portal_page(request, card, "portal/games/badges.html", context, current=TAB)


def _ways(card: Card) -> dict[str, str]:
    """How badges can be earned in the challenges that run."""
    voice, found = voice_of_scope(plain=True), {}
    for row in reading.running(at=card.at):
        terms = reading.terms_of(row)
        for one in terms.milestones:
            if one.badge:
                asks = games.amount_of(terms, one.needed, voice)
                found[one.badge] = _("{asks} in “{name}”").format(asks=asks, name=row.name)
    return found


# --- how I appear on boards ---------------------------------------------------------------------------------------


@require_safe
@card_page(proven=True)
def name(request: HttpRequest, card: Card) -> HttpResponse:
    """How I appear on boards, with what others read."""
    row = boards.player_of(card.member_id)
    context = {
        "shown": row.shown if row else Player.Shown.ALIAS.value,
        "alias": boards.alias_of(card.member_id, row.turn if row else 0),
        "given_name": card.row.profile.given_name if card.row.profile else "",
        "back_url": card.url("games"),
    }
    return portal_page(request, card, "portal/games/name.html", context, current=TAB)


@require_POST
@card_page(proven=True)
def choose(request: HttpRequest, card: Card) -> HttpResponse:
    """Choose it."""
    another = "another" in request.POST
    shown = Player.Shown.ALIAS.value if another else request.POST.get("shown", "")
    choose_name(member=card.member_id, shown=shown, another=another, at=card.at)
    hidden = shown == Player.Shown.HIDDEN
    messages.success(
        request, _("You are on no board any more.") if hidden else _("Saved. So others see you.")
    )
    return sent_to(request, card.url("board_name"))


# --- instant wins -------------------------------------------------------------------------------------------------


@require_safe
@card_page(proven=True)
def instant(request: HttpRequest, card: Card, game_id: str) -> HttpResponse:
    """What can be won and how likely, my tickets, and what they won."""
    row = _instant(game_id, card)
    running = row.state == InstantWin.State.OPEN and card.at < row.ends_at
    tickets = instants.tickets(row, member=card.member_id, at=card.at) if running else []
    names = {one["id"]: one["name"] for one in row.prizes}
    mine = [one for one in instants.plays_of(card.member_id)[:50] if one.game_id == row.pk]
    plays = [{"row": one, "prize": names.get(one.prize, "")} for one in mine]
    context = {
        "row": row,
        "running": running,
        "ended": row.state == InstantWin.State.ENDED,
        "tickets": len(tickets),
        "ticket": instants.code_of(row, card.member_id, tickets[0]) if tickets else "",
        "prizes": [
            {**one, "odds": games.odds(one["odds"]), "left": one["total"] - one["given"]}
            for one in row.prizes
        ],
        "any": games.odds(instants.any_odds(row)),
        "plays": plays,
        "just": next((one for one in plays if one["row"].ticket == request.GET.get("ticket")), None),
        "daily": row.ticket == InstantWin.Ticket.DAY,
        "at_least": formats.money(row.at_least_minor, card.merchant.currency) if row.at_least_minor else "",
        "until": formats.last_moment(row.ends_at),
        "play_url": card.url("instant_play", game_id),
        "file_url": card.url("instant_file", game_id),
    }
    return portal_page(request, card, "portal/games/instant.html", context, current=TAB)


def _instant(game_id: str, card: Card) -> InstantWin:
    row = instants.game(ids.decode("iwn", game_id))
    if row.starts_at > card.at:
        raise NotFound("instant win")
    return row


@require_POST
@card_page(proven=True)
def play(request: HttpRequest, card: Card, game_id: str) -> HttpResponse:
    """Play my ticket. Pressing twice plays it once."""
    row = _instant(game_id, card)
    ticket = request.POST.get("ticket", "")
    if not ticket.isalnum() or len(ticket) > 20:
        raise NoTicket()
    done = play_ticket(game=row.pk, member=card.member_id, ticket=ticket, at=card.at)
    return sent_to(request, f"{card.url('instant', game_id)}?ticket={done.play.ticket}")


@require_safe
@card_page()
def instant_file(_request: HttpRequest, card: Card, game_id: str) -> HttpResponse:
    """What is published, as a file for `verify_instant_win.py`."""
    row = _instant(game_id, card)
    answer = JsonResponse(instants.published(row), json_dumps_params={"indent": 1})
    answer["Content-Disposition"] = 'attachment; filename="game.json"'
    return answer
