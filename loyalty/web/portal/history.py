"""The story: everything that happened, with the reason of each."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from loyalty.core import ids
from loyalty.web.portal.frame import Card, card_page, portal_page
from members.queries.story import Kind, StoryRow, story

ENTRIES = 30
MOST_READ = 8
"""Pages of the story that are read to fill one of the filtered list. Whoever has more reads on."""

_ICONS = {
    Kind.ORDER: "shopping-bag", Kind.REFUND: "undo-2", Kind.REDEMPTION: "gift", Kind.RETURNED: "undo-2",
    Kind.ADJUSTMENT: "pencil", Kind.ACTIVATION: "clock", Kind.EXPIRY: "hourglass", Kind.MOVED: "merge",
    Kind.GIFT: "gift", Kind.REFERRAL: "users", Kind.SHARED: "arrow-left-right",
}  # fmt: skip


def entries(rows: list[StoryRow]) -> list[dict[str, Any]]:
    """The member's story as the component shows it. One reason is told in the line itself."""
    return [
        {
            "at": row.happened_at,
            "title": row.title,
            "detail": row.sentence,
            "amount": row.change or row.pending_change,
            # What only waits has not touched the balance.
            "balance": row.balance_after if row.change else None,
            "icon": _ICONS.get(row.kind, ""),
            "state": "wait" if row.pending_change > 0 else "",
            "state_text": _("Waiting") if row.pending_change > 0 else "",
            "reasons": [why.sentence for why in row.why] if len(row.why) > 1 else [],
        }
        for row in rows
    ]


def _collected(row: StoryRow) -> bool:
    return row.change > 0 or row.pending_change > 0 or row.kind is Kind.GIFT


def _used(row: StoryRow) -> bool:
    return row.change < 0


_FILTERS = {"in": _collected, "out": _used}


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of one page, and where the next begins."""

    rows: list[StoryRow]
    next: UUID | None


def _read(card: Card, wanted: str, start: UUID | None) -> Found:
    """A page of the story, or of the part of it that was asked for."""
    if wanted not in _FILTERS:
        page = story(card.member_id, before=start, limit=ENTRIES, plain=True)
        return Found(page.rows, page.next)
    fits, rows = _FILTERS[wanted], []
    for _page in range(MOST_READ):
        page = story(card.member_id, before=start, limit=ENTRIES, plain=True)
        rows += [row for row in page.rows if fits(row)]
        start = page.next
        if start is None or len(rows) >= ENTRIES:
            break
    return Found(rows, start)


def _tabs(card: Card, wanted: str) -> list[dict[str, Any]]:
    names = {
        "": pgettext("activity", "All"), "in": pgettext("activity", "Collected"),
        "out": pgettext("activity", "Used"),
    }  # fmt: skip
    url = card.url("activity")
    return [
        {"label": label, "url": f"{url}?show={name}" if name else url, "current": name == wanted}
        for name, label in names.items()
    ]


@require_safe
@card_page()
def activity(request: HttpRequest, card: Card) -> HttpResponse:
    """Everything that happened, with the reason. `?show=` is what is shown, `?before=` pages on."""
    if not card.proven:
        return portal_page(request, card, "portal/activity.html", {}, current="activity")
    before, wanted = request.GET.get("before", ""), request.GET.get("show", "")
    wanted = wanted if wanted in _FILTERS else ""
    found = _read(card, wanted, ids.decode("ent", before) if before else None)
    more, asked = ids.encode("ent", found.next) if found.next else "", f"show={wanted}&" if wanted else ""
    context = {
        "entries": entries(found.rows),
        "filters": _tabs(card, wanted),
        "wanted": wanted,
        "next_url": f"?{asked}before={more}" if more else "",
        "first_url": (f"{request.path}?show={wanted}" if wanted else request.path) if before else "",
    }
    return portal_page(request, card, "portal/activity.html", context, current="activity")
