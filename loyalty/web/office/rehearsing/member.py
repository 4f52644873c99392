"""Behind a rehearsal's figures: its members, a member's purchases one by one, and one of them with its reasons."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from campaigns.models import Rehearsal
from campaigns.queries import rehearsals as reading
from campaigns.queries.rehearsals import Again
from loyalty.core import ids
from loyalty.core.errors import NotFound
from loyalty.core.pages import Here, require
from loyalty.web.office.files import download
from loyalty.web.office.frame import office_page
from loyalty.web.office.lists import PAGE, address
from loyalty.web.office.members import known_as
from loyalty.web.office.rehearsing.pages import result_url
from loyalty.web.office.rehearsing.told import Both, member_rows
from members.queries import directory, orders
from members.queries.tier_words import tier_name
from members.queries.why import explain, voice_of_scope

WAYS = {"more": gettext_lazy("Would get more"), "fewer": gettext_lazy("Would get less")}
MOST_ROWS = 50_000


def _done(rehearsal_id: str) -> Rehearsal:
    row = reading.rehearsal(ids.decode("rhs", rehearsal_id))
    if row.finished_at is None:
        raise NotFound("rehearsal")
    return row


def _after(text: str) -> tuple[int, UUID] | None:
    """Where a page ended, as "-120.0199…"; None for the first one and for anything nobody wrote."""
    change, _dot, key = text.partition(".")
    try:
        return (int(change), UUID(key)) if len(change) < 20 else None
    except ValueError:
        return None


@require_safe
@require("members.view")
def members(request: HttpRequest, here: Here, rehearsal_id: str) -> HttpResponse:
    """Members by what would have changed for them; `?way=` more or fewer."""
    row, way = _done(rehearsal_id), request.GET.get("way", "more")
    way = way if way in WAYS else "more"
    found = member_rows(row, here, way=way, most=PAGE + 1, after=_after(request.GET.get("after", "")))
    last = found[PAGE - 1]["one"] if len(found) > PAGE else None
    context = {
        "row": row, "rows": found[:PAGE], "way": way, "back_url": result_url(here, row),
        "file_url": f"{result_url(here, row, 'file')}?way={way}",
        "tabs": [{"label": label, "url": address(request, way=name, after=""), "current": name == way}
                 for name, label in WAYS.items()],
        "first_url": address(request, after="") if request.GET.get("after") else "",
        "next_url": address(request, after=f"{last.change}.{last.pk}") if last else "",
    }  # fmt: skip
    return office_page(
        request, here, "office/rehearsal/members.html", context, current="programme", partial="list"
    )


@require_safe
@require("members.export")
def members_file(request: HttpRequest, here: Here, rehearsal_id: str) -> HttpResponseBase:
    """The same as a file, up to so many rows."""
    row, way = _done(rehearsal_id), request.GET.get("way", "more")
    way = way if way in WAYS else "more"
    head = [
        "member",
        "name",
        "purchases",
        "spend_minor",
        "really",
        "with_draft",
        "difference",
        "tier",
        "tier_with_draft",
    ]
    return download(request, f"rehearsal-{here.merchant.slug}-{way}", head, _lines(row, here, way))


def _lines(row: Rehearsal, here: Here, way: str) -> Iterator[list[Any]]:
    after, sent = None, 0
    while sent < MOST_ROWS:
        rows = member_rows(row, here, way=way, most=1000, after=after)
        if not rows:
            return
        for one in rows:
            found = one["one"]
            yield [one["id"], one["name"], found.orders, found.spend_minor, found.before, found.after, found.change,
                   one["tier_from"], one["tier_to"]]  # fmt: skip
        sent += len(rows)
        after = rows[-1]["one"].change, rows[-1]["one"].pk


def _lived(row: Rehearsal, member: UUID) -> tuple[Any, list[Again]]:
    found = reading.live_member(row, member)
    if found is None:
        raise NotFound("member")
    return found[0], reading.purchases(row, *found)


@require_safe
@require("members.view")
def member(request: HttpRequest, here: Here, rehearsal_id: str, member_id: str) -> HttpResponse:
    """A member's purchases, last first, with what each brought and would have brought."""
    row, key = _done(rehearsal_id), ids.decode("mbr", member_id)
    person = directory.by_ids([key]).get(key)
    if person is None:
        raise NotFound("member")
    life, found = _lived(row, key)
    start = request.GET.get("after", "")
    begin = int(start) if start.isdecimal() and len(start) < 7 else 0
    tiers = life.rules.tiers
    context = {
        "row": row, "name": person.name or known_as(person), "back_url": f"{result_url(here, row, 'members')}",
        "member_url": reverse("office:member", args=[here.merchant.slug, member_id]),
        "rows": [_shown(one, row, here, tiers) for one in found[begin : begin + PAGE]],
        "both": Both(sum(one.before for one in found), sum(one.after for one in found)),
        "moves": [{"at": move.at, "to": tier_name(tiers, move.after) if move.after else ""}
                  for move in reversed(life.moves) if move.at >= row.since],
        "first_url": address(request, after="") if begin else "",
        "next_url": address(request, after=str(begin + PAGE)) if len(found) > begin + PAGE else "",
    }  # fmt: skip
    return office_page(
        request, here, "office/rehearsal/member.html", context, current="programme", partial="list"
    )


def _shown(one: Again, row: Rehearsal, here: Here, tiers: Any) -> dict[str, Any]:
    """A purchase with the way to its reasons; what was no purchase has its reasons with it."""
    order, url = one.lived.order, ""
    if order is not None:
        public = ids.encode("ord", one.source)
        url = reverse("office:rehearsal_order", args=[here.merchant.slug, ids.encode("rhs", row.pk), public])
    return {
        "one": one, "at": one.lived.at, "url": url, "both": Both(one.before, one.after),
        "spend_minor": order.total_minor - one.lived.back_minor if order else None,
        "tier": tier_name(tiers, one.lived.tier) if one.lived.tier else "",
    }  # fmt: skip


@require_safe
@require("members.view")
def order(request: HttpRequest, here: Here, rehearsal_id: str, order_id: str) -> HttpResponse:
    """One purchase: why it brought what it did, and why it would have brought something else."""
    row = _done(rehearsal_id)
    bought = orders.order(ids.decode("ord", order_id))
    if bought.order.member_id is None:
        raise NotFound("order")
    owner = directory.member(bought.order.member_id).pk
    _life, found = _lived(row, owner)
    one = next((one for one in found if one.source == bought.order.pk), None)
    if one is None:
        raise NotFound("order")
    voice = voice_of_scope()
    public = ids.encode("mbr", owner)
    context = {
        "row": row, "bought": bought, "one": one, "both": Both(one.before, one.after), "at": bought.order.placed_at,
        "really": explain(bought.order.decision, voice) if bought.order.decision else [],
        "would": explain(one.lived.decision, voice),
        "order_url": reverse("office:order", args=[here.merchant.slug, order_id]),
        "back_url": reverse("office:rehearsal_member", args=[here.merchant.slug, rehearsal_id, public]),
    }  # fmt: skip
    return office_page(request, here, "office/rehearsal/order.html", context, current="programme")
