"""Before publishing: who would move between tiers and what the last purchases would have earned. Nothing is moved by
looking, and nobody moves down by publishing unless the publisher says so."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from loyalty.core import ids
from loyalty.core.errors import NotFound
from loyalty.core.pages import Here, require
from loyalty.core.programme import document, queries
from loyalty.core.programme.document import Programme
from loyalty.web.office import impact
from loyalty.web.office.files import download
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.lists import address
from loyalty.web.office.members import known_as
from loyalty.web.sentences import voice_of
from members.queries import directory, tier_preview
from members.queries.tier_words import quantity, tier_name

PAGE, MOST_ROWS = 40, 50_000


def both(number: str = "") -> tuple[Programme | None, Programme]:
    """What counts now, and what would: the draft, or an earlier version by its number. `NotFound` without one."""
    current = queries.in_force()
    if number.isdecimal() and len(number) < 10:
        row = queries.numbered(int(number))
    else:
        draft = queries.draft()
        if draft is None:
            raise NotFound("draft")
        row = draft
    return current.programme if current else None, document.parse(row.document)


def _cursor(text: str) -> UUID | None:
    return ids.decode("mbr", text) if text else None


@require_safe
@require("programme.view")
def page(request: HttpRequest, here: Here) -> HttpResponseBase:
    """The draft's impact; with `?version=` that of going back to one. `?after=` goes on where a page ended."""
    number = request.GET.get("version", "")
    before, after = both(number)
    context = {**of(before, after, here, request.GET.get("after", "")), "number": number}
    tiers = context["tiers"]
    if tiers and tiers.beyond:
        context["further_url"] = address(request, after=ids.encode("mbr", tiers.beyond))
    return office_page(
        request, here, "office/programme/impact.html", context, current="programme", partial="impact"
    )


def of(before: Programme | None, after: Programme, here: Here, start: str = "") -> dict[str, Any]:
    """What differs, counted; what does not is left out."""
    zone = ZoneInfo(here.merchant.timezone)
    found: dict[str, Any] = {"earning": None, "tiers": None, "life": None, "new_after": after}
    if impact.differs(before, after, "earning"):
        found["earning"] = impact.earning_impact(before, after, zone)
    if impact.differs(before, after, "tiers"):
        found["tiers"] = impact.tier_impact(before, after, at=here.at, start=_cursor(start))
    if impact.differs(before, after, "points_life", "conversion"):
        found["life"] = impact.life_impact(before, after, at=here.at, zone=zone)
    return found


def _rows(before: Programme | None, after: Programme, here: Here, start: UUID | None, most: int) -> Any:
    moves, following = tier_preview.moving(after["tiers"], at=here.at, after=start, most=most)
    members = {row.member.pk: row for row in directory.rows_of([move.member for move in moves])}
    voice, old = voice_of(here.merchant.currency, words()), (before or after)["tiers"]
    found = [
        {
            "id": ids.encode("mbr", move.member),
            "name": (row.name or known_as(row)) if (row := members.get(move.member)) else "",
            "from": tier_name(old, move.from_tier), "to": tier_name(after["tiers"], move.to_tier),
            "direction": move.direction.value, "amount": quantity(after["tiers"].by, move.amount, voice),
            "exact": move.amount,
        }
        for move in moves
    ]  # fmt: skip
    return found, following


@require_safe
@require("members.view")
def moves(request: HttpRequest, here: Here) -> HttpResponseBase:
    """The members behind the counts, by the order of their ids; `?after=` pages on."""
    number = request.GET.get("version", "")
    before, after = both(number)
    rows, following = _rows(before, after, here, _cursor(request.GET.get("after", "")), PAGE)
    context = {
        "rows": rows, "number": number,
        "next_url": address(request, after=ids.encode("mbr", following)) if following else "",
        "first_url": address(request, after="") if request.GET.get("after") else "",
    }  # fmt: skip
    return office_page(
        request, here, "office/programme/moves.html", context, current="programme", partial="list"
    )


@require_safe
@require("members.export")
def moves_file(request: HttpRequest, here: Here) -> HttpResponseBase:
    """The same as a file, up to so many rows."""
    before, after = both(request.GET.get("version", ""))
    rows, _following = _rows(before, after, here, None, MOST_ROWS)
    head = ["member", "name", "from_tier", "to_tier", "direction", "counts"]
    lines = ([row["id"], row["name"], row["from"], row["to"], row["direction"], row["exact"]] for row in rows)
    return download(request, f"tier-moves-{here.merchant.slug}", head, lines)
