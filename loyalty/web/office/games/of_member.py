"""A member's games: how far they are in each challenge and what counted, what they reached, and their badges."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from campaigns.models import Challenge, Player
from campaigns.queries.games import boards, progress
from campaigns.queries.games import challenges as reading
from campaigns.queries.games import instant as instants
from loyalty.core.pages import Here, require
from loyalty.web import games
from loyalty.web.office.about.page import about_page, row_of
from loyalty.web.office.frame import words
from loyalty.web.office.games.frame import challenge_url, instant_url
from loyalty.web.sentences import voice_of
from members.queries.belonging import badges_of

SHOWN = 20


def _stands(row: Challenge, member: Any, here: Here, names: games.Names, voice: Any) -> dict[str, Any]:
    one = progress.standing(row, member=member, at=here.at)
    return {
        **games.shown(one, names, voice), "url": challenge_url(here, row),
        "counted": games.counted_of(one.progress.counted[-SHOWN:], one.terms, voice),
    }  # fmt: skip


@require_safe
@require("members.view")
def about(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """How a member stands in the games that run."""
    row = row_of(member_id)
    member, voice = row.member.pk, voice_of(here.merchant.currency, words())
    rows = reading.running(at=here.at)
    names = games.names_for([reading.terms_of(one) for one in rows])
    earned = list(badges_of(member))
    origins = progress.challenges_of_awards([one.source for one in earned if one.source_kind == "challenge"])
    plays = list(instants.plays_of(member)[:SHOWN])
    player = boards.player_of(member)
    context = {
        "stands": [_stands(one, member, here, names, voice) for one in rows],
        "reached": [
            {"row": one, "url": challenge_url(here, one.challenge),
             "asks": games.amount_of(reading.terms_of(one.challenge), one.needed, voice)}
            for one in progress.awards_to(member)[:SHOWN]
        ],
        "medals": [
            {"name": names.badge(one.badge), "drawing": names.drawing(one.badge), "at": one.earned_at,
             "why": games.why_earned(one, origins, voice)}
            for one in reversed(earned)
        ],
        "plays": [
            {"row": one, "url": instant_url(here, one.game),
             "prize": next((prize["name"] for prize in one.game.prizes if prize["id"] == one.prize), "")}
            for one in plays
        ],
        "shown": player.shown if player else Player.Shown.ALIAS.value,
        "known_as": boards.names_of([member]).get(member, ""),
    }  # fmt: skip
    return about_page(request, here, "office/games/of_member.html", row, context, current="about_games")
