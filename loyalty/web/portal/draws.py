"""A prize draw as members see it: what was promised, and everything it takes to check who won."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from campaigns.models import Draw
from campaigns.queries import draws as reading
from campaigns.rules.draws import code_of
from loyalty.core import ids
from loyalty.web import games
from loyalty.web.portal.frame import Card, card_page, portal_page


def links(card: Card) -> dict[str, str]:
    """The pages of draws, by the name under which their chances are gathered."""
    rows = reading.draws().exclude(state=Draw.State.CANCELLED)[:100]
    return {row.handle: card.url("draw", ids.encode("drw", row.pk)) for row in rows}


@require_safe
@card_page()
def draw(request: HttpRequest, card: Card, draw_id: str) -> HttpResponse:
    """What can be won, my chances, and after the draw the winners with the proof."""
    row = reading.draw(ids.decode("drw", draw_id))
    mine, held = code_of(card.member_id, row.pk), row.state == Draw.State.HELD
    listed = dict(line.split(" ") for line in row.listed.splitlines())
    found = [one.code for one in reading.winners_of(row.pk)]
    chances = int(listed.get(mine, 0)) if held else reading.chances_of(card.member_id, row, at=card.at)
    total = (
        row.chances if held else sum(reading.chances(row.handle, until=min(row.closes_at, card.at)).values())
    )
    context: dict[str, Any] = {
        "odds": games.odds(reading.odds_of(chances, total, row.prizes)) if chances else "",
        "total": total,
        "draw": row,
        "held": held,
        "cancelled": row.state == Draw.State.CANCELLED,
        "closed": card.at >= row.closes_at,
        "mine": mine,
        "chances": chances,
        "taking_part": len(listed),
        "winners": found,
        "won": mine in found,
        "file_url": card.url("draw_file", draw_id),
    }
    return portal_page(request, card, "portal/draw.html", context, current="stamps")


@require_safe
@card_page()
def draw_file(_request: HttpRequest, card: Card, draw_id: str) -> HttpResponse:
    """What is published, as a file for `verify_draw.py`."""
    row = reading.draw(ids.decode("drw", draw_id))
    answer = JsonResponse(reading.published(row), json_dumps_params={"indent": 1})
    answer["Content-Disposition"] = 'attachment; filename="draw.json"'
    return answer
