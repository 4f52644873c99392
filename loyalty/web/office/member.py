"""One member: the story of their account with every why, what they have, and what staff can do about it."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core import formats, ids
from loyalty.core.errors import DomainError
from loyalty.core.ledger.queries import balance, ending
from loyalty.core.merchants.queries import location_names
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.about.page import requests_about, tabs
from loyalty.web.office.about.undo import ways_back
from loyalty.web.office.forms.members import AdjustForm, BlockForm, EraseForm, MergeForm
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.joining import page_of
from loyalty.web.office.lists import address, once_key
from loyalty.web.office.member_tier import tier_card
from loyalty.web.office.members import STATUS_BADGES, STATUS_NAMES, known_as
from loyalty.web.office.people import names_of
from loyalty.web.office.value.worth import worth_card
from members.models import Member
from members.operations import membership, merging, points, privacy
from members.operations.allowances import NeedsApproval
from members.operations.approvals import ask_adjustment
from members.queries import directory
from members.queries.adjusting import needs_approval
from members.queries.orders import with_lines
from members.queries.story import Kind, Page, story

ICONS = {
    Kind.ORDER: "shopping-bag",
    Kind.ACTIVITY: "sparkles",
    Kind.REFUND: "undo-2",
    Kind.REDEMPTION: "gift",
    Kind.RETURNED: "gift",
    Kind.GIFT: "party-popper",
    Kind.ADJUSTMENT: "hand-coins",
    Kind.ACTIVATION: "clock-check",
    Kind.EXPIRY: "hourglass",
    Kind.REFERRAL: "users",
    Kind.SHARED: "arrow-left-right",
    Kind.MOVED: "merge",
    Kind.CLOSED: "door-closed",
    Kind.OTHER: "dot",
}
ENTRIES, ENDINGS = 20, 8
_UNDOABLE = (Member.Status.ACTIVE, Member.Status.BLOCKED)


def _row(here: Here, member_id: str) -> directory.Row:
    return directory.row(directory.member(ids.decode("mbr", member_id)))


def _head(row: directory.Row, here: Here) -> dict[str, Any]:
    """What every page about a member shows of them."""
    status = Member.Status(row.member.status)
    return {
        "row": row,
        "member": row.member,
        "public_id": ids.encode("mbr", row.member.pk),
        "name": row.name or known_as(row),
        "member_url": page_of(here, row.member.pk),
        "status_name": STATUS_NAMES[status],
        "badge": STATUS_BADGES.get(row.member.status, ""),
        "is_active": status == Member.Status.ACTIVE,
        "is_blocked": status == Member.Status.BLOCKED,
        "is_here": status in _UNDOABLE,
        "balance": row.balance,
        "about": tabs(here.merchant.slug, ids.encode("mbr", row.member.pk), "member"),
    }


def _lasting(member: UUID) -> dict[str, Any]:
    """Until when a member's points last, soonest first; what ends after the first few stands in one sum."""
    found = ending(member)
    return {
        "lasting": [
            {**each, "last": formats.last_moment(each["expires_at"]) if each["expires_at"] else None}
            for each in found[:ENDINGS]
        ],
        "lasting_longer": sum(each["points"] for each in found[ENDINGS:]),
    }


def entries(page: Page, here: Here) -> list[dict[str, Any]]:
    """The story's rows as the page shows them: who did it, the lines bought, where to look further."""
    names = names_of([row.actor for row in page.rows])
    bought = {one.order.pk: one for one in with_lines({row.order for row in page.rows if row.order})}
    places, back = location_names(), ways_back(page.rows, here)
    found = []
    for row in page.rows:
        order = row.order
        waiting = row.pending_change > 0
        found.append(
            {
                "row": row,
                "at": row.happened_at,
                "late": (row.recorded_at - row.happened_at).total_seconds() > 3600,
                "icon": ICONS[row.kind],
                "title": row.title,
                "sentence": row.sentence,
                "amount": row.change or row.pending_change,
                "waiting": waiting,
                "balance": row.balance_after,
                "who": names.get(row.actor, ""),
                "where": places.get(order.location, order.location) if order else "",
                "why": row.why,
                "bought": bought.get(order.pk) if order else None,
                "undo_url": back.get(row.id, ""),
                "order_url": reverse("office:order", args=[here.merchant.slug, ids.encode("ord", order.pk)])
                if order
                else "",
            }
        )
    return found


@require_safe
@require("members.view")
def member(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """The story, newest first, and beside it the balance, the lots and what is known. `?before=` pages on."""
    asked = ids.decode("mbr", member_id)
    row = _row(here, member_id)
    if row.member.pk != asked:
        messages.info(request, _("That account was merged into this one."))
        return sent_to(request, page_of(here, row.member.pk))
    before = request.GET.get("before", "")
    page = story(row.member.pk, before=ids.decode("ent", before) if before else None, limit=ENTRIES)
    context = {
        **_head(row, here),
        "entries": entries(page, here),
        "next_url": address(request, before=ids.encode("ent", page.next)) if page.next else "",
        "first_url": address(request, before="") if before else "",
        **_lasting(row.member.pk),
        "waits": requests_about(row),
        "tier": tier_card(row.member.pk, here) if row.member.status in _UNDOABLE else None,
        "worth": worth_card(row.member.pk),
    }
    return office_page(request, here, "office/member.html", context, current="members", partial="story")


def _answer(
    request: HttpRequest, here: Here, template: str, row: directory.Row, form: Form, **more: Any
) -> HttpResponse:
    """The page of one thing to do; as a dialog when htmx asked for it, only the form when it came back."""
    partial = "form" if request.method == "POST" else "dialog"
    status = 422 if form.errors and request.method == "POST" else 200
    context = {**_head(row, here), "form": form, **more}
    return office_page(request, here, template, context, current="members", partial=partial, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require("members.adjust")
def adjust(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Give or take points by hand with a reason. A GET with an amount answers with what would come of it."""
    row = _row(here, member_id)
    if request.method != "POST":
        if "amount" in request.GET:
            form = AdjustForm(request.GET)
            context = {**_head(row, here), "form": form, "preview": _preview(form, row, here.at)}
            return office_page(
                request, here, "office/adjust.html", context, current="members", partial="preview"
            )
        return _answer(request, here, "office/adjust.html", row, AdjustForm())
    form = AdjustForm(request.POST)
    if form.is_valid():
        try:
            return _adjusted(request, here, row, form)
        except DomainError as error:
            show_errors(form, error, {"": "amount"} if error.code == "not_enough_points" else {})
    return _answer(request, here, "office/adjust.html", row, form, preview=_preview(form, row, here.at))


def _adjusted(request: HttpRequest, here: Here, row: directory.Row, form: AdjustForm) -> HttpResponse:
    """Give or take; what is more than this person may do alone is asked for instead."""
    amount, reason = form.signed(), form.cleaned_data["reason"]
    try:
        points.adjust_points(member=row.member.pk, amount=amount, reason=reason, at=here.at)
    except NeedsApproval:
        key = once_key(request)
        ask_adjustment(members=[row.member.pk], amount=amount, reason=reason, key=key, at=here.at)
        messages.info(request, _("This is more than you may do alone. A colleague has to approve it."))
    else:
        text = _("{change}: {name} has {points} now.").format(
            change=formats.signed(amount),
            name=_head(row, here)["name"],
            points=formats.points(balance(row.member.pk).available, words()),
        )
        messages.success(request, text)
    return sent_to(request, page_of(here, row.member.pk))


def _preview(form: AdjustForm, row: directory.Row, at: datetime) -> dict[str, Any] | None:
    """Before and after, as far as what was typed makes sense; the reason may still be missing."""
    form.is_valid()
    if not {"amount", "way"} <= form.cleaned_data.keys():
        return None
    after = row.balance.available + form.signed()
    return {
        "before": row.balance.available,
        "after": after,
        "short": form.signed() < 0 and after < 0,
        "asks": needs_approval(form.signed(), at=at),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@require("members.edit")
def block(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Stop a member from earning and redeeming; what they have stays."""
    row = _row(here, member_id)
    form = BlockForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        membership.block(member=row.member.pk, at=here.at, reason=form.cleaned_data["reason"])
        undo = reverse("office:unblock", args=[here.merchant.slug, member_id])
        messages.success(
            request, _("Blocked: no earning and no redeeming for now."), extra_tags=f"undo={undo}"
        )
        return sent_to(request, page_of(here, row.member.pk))
    return _answer(request, here, "office/block.html", row, form)


@require_POST
@require("members.edit")
def unblock(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Let a blocked member take part again."""
    found = directory.member(ids.decode("mbr", member_id))
    membership.unblock(member=found.pk, at=here.at)
    messages.success(request, _("Welcome back: this member takes part again."))
    return sent_to(request, page_of(here, found.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@require("members.merge")
def merge(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Move another account into this one: first both are shown, then one tick merges them."""
    row = _row(here, member_id)
    form = MergeForm(request.POST if request.method == "POST" else None)
    other: directory.Row | None = None
    if request.method == "POST" and form.is_valid():
        found: Member = form.cleaned_data["other"]
        other = directory.row(found)
        if found.pk == row.member.pk:
            form.add_error("other", _("This is the same account. Name the other one."))
            other = None
        elif form.cleaned_data["confirmed"]:
            try:
                merging.merge(keep=row.member.pk, remove=found.pk, at=here.at)
            except DomainError as error:
                show_errors(form, error)
            else:
                messages.success(request, _("The two accounts are one now."))
                return sent_to(request, page_of(here, row.member.pk))
    shown: dict[str, Any] = {}
    if other is not None:
        after = row.balance.available + other.balance.available
        shown = {"other": other, "other_name": other.name or known_as(other), "after": after}
    return _answer(request, here, "office/merge.html", row, form, **shown)


@require_safe
@require("members.export")
def export(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Everything held about a member, as a file they can be given."""
    found = directory.member(ids.decode("mbr", member_id))
    body = json.dumps(
        privacy.export_member(member=found.pk, at=here.at), ensure_ascii=False, indent=2, default=str
    )
    response = HttpResponse(body + "\n", content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{ids.encode("mbr", found.pk)}.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@require("members.erase")
def erase(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Delete the person for good. The books keep their figures under an id that means nobody."""
    row = _row(here, member_id)
    name = row.name or known_as(row)
    form = EraseForm(request.POST if request.method == "POST" else None, name=name)
    if request.method == "POST" and form.is_valid():
        privacy.erase_member(member=row.member.pk, at=here.at)
        messages.success(request, _("Erased. What is left in the books names nobody."))
        return sent_to(request, reverse("office:members", args=[here.merchant.slug]))
    return _answer(request, here, "office/erase.html", row, form)
