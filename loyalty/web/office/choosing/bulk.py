"""The same for many members: who is meant, what is done, a page that says how many and how much, and then it is done.

What is confirmed is exactly what is done: the page that asks holds the members themselves, not the filter again.
"""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from campaigns.queries.segments import reading
from loyalty.core import formats, ids
from loyalty.core.errors import DomainError, Forbidden
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.choosing.filters import carried, choice_of
from loyalty.web.office.choosing.forms import SegmentForm
from loyalty.web.office.forms.members import AdjustForm
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.lists import once_key
from loyalty.web.office.work.desk import people
from members.models import Member
from members.operations import bulk
from members.operations.allowances import NeedsApproval
from members.operations.approvals import ask_adjustment
from members.queries import choosing
from members.queries.adjusting import needs_approval

NAMED = 12
DOES = {
    "adjust": gettext_lazy("Give or take points"),
    "enter": gettext_lazy("Put into a segment"),
    "leave": gettext_lazy("Take out of a segment"),
    "export": gettext_lazy("Export"),
}
_RIGHTS = {
    "adjust": "members.adjust",
    "enter": "members.edit",
    "leave": "members.edit",
    "export": "members.export",
}


def _chosen(request: HttpRequest, here: Here) -> tuple[list[Member], bool]:
    """Who is meant: the ticked ones, or everybody the filters leave; and whether there are more than can be done at
    once."""
    asked = request.POST if request.method == "POST" else request.GET
    if asked.get("all") == "1":
        found = choosing.members(choice_of(asked), at=here.at, most=bulk.MOST + 1)
    else:
        found = choosing.named(asked.getlist("m")[: bulk.MOST + 1])
    return found[: bulk.MOST], len(found) > bulk.MOST


def _form(do: str, request: HttpRequest) -> Form:
    data = request.POST if request.method == "POST" else None
    return AdjustForm(data) if do == "adjust" else SegmentForm(data)


@require_http_methods(["GET", "HEAD", "POST"])
@require("members.edit")
def many(request: HttpRequest, here: Here) -> HttpResponse:
    """What is to be done for whom; after the form came, how many and how much; after that was confirmed, it is done."""
    asked = request.POST if request.method == "POST" else request.GET
    do = asked.get("do", "")
    do = do if do in DOES else "adjust"
    if not here.may(_RIGHTS[do]):
        raise Forbidden
    chosen, too_many = _chosen(request, here)
    if do == "export":
        return sent_to(request, _export_url(request, here, chosen))
    form = _form(do, request)
    is_sure = False
    if request.method == "POST" and chosen and not too_many and form.is_valid():
        is_sure = do != "adjust"
        if "sure" in request.POST or is_sure:
            try:
                _do(request, here, do, form, [row.pk for row in chosen])
            except DomainError as error:
                show_errors(form, error)
            else:
                return sent_to(request, reverse("office:members", args=[here.merchant.slug]))
    return _page(request, here, do, form, chosen, too_many)


def _export_url(request: HttpRequest, here: Here, chosen: list[Member]) -> str:
    url = reverse("office:members_export", args=[here.merchant.slug])
    if request.GET.get("all") == "1":
        return f"{url}?{urlencode(carried(request))}"
    return f"{url}?{urlencode([('m', ids.encode('mbr', row.pk)) for row in chosen])}"


def _page(
    request: HttpRequest, here: Here, do: str, form: Form, chosen: list[Member], too_many: bool
) -> HttpResponse:
    asks = isinstance(form, AdjustForm) and form.is_bound and form.is_valid()
    named = people(here, [row.pk for row in chosen[:NAMED]])
    context: dict[str, Any] = {
        "do": do,
        "title": DOES[do],
        "form": form,
        "count": len(chosen),
        "most": bulk.MOST,
        "too_many": too_many,
        "chosen": [ids.encode("mbr", row.pk) for row in chosen],
        "named": [named[row.pk]["name"] for row in chosen[:NAMED] if row.pk in named],
        "more": max(0, len(chosen) - NAMED),
        "asks": asks,
        "segments": reading.by_hand() if do != "adjust" else [],
        "back_url": reverse("office:members", args=[here.merchant.slug]),
    }
    if asks and isinstance(form, AdjustForm):
        each = form.signed()
        context |= {
            "each": each,
            "total": each * len(chosen),
            "over": needs_approval(each, at=here.at, members=len(chosen)),
        }
    status = 422 if form.errors else 200
    return office_page(request, here, "office/choosing/many.html", context, current="members", status=status)


def _do(request: HttpRequest, here: Here, do: str, form: Form, members: list[UUID]) -> None:
    if isinstance(form, AdjustForm):
        _adjust(request, here, form, members)
        return
    segment = form.cleaned_data["segment"]
    act = bulk.put_into_segment if do == "enter" else bulk.take_out_of_segment
    found = act(members=members, segment=segment, at=here.at)
    text = (
        ngettext("{n} member is in “{segment}” now.", "{n} members are in “{segment}” now.", found.done)
        if do == "enter"
        else ngettext("{n} member left “{segment}”.", "{n} members left “{segment}”.", found.done)
    )
    messages.success(request, text.format(n=formats.number(found.done), segment=segment))


def _adjust(request: HttpRequest, here: Here, form: AdjustForm, members: list[UUID]) -> None:
    key = once_key(request)
    asked = {"members": members, "amount": form.signed(), "reason": form.cleaned_data["reason"]}
    try:
        found = bulk.adjust_members(key=key, at=here.at, **asked)
    except NeedsApproval:
        ask_adjustment(key=key, at=here.at, **asked)
        messages.info(request, _("This is more than you may do alone. A colleague has to approve it."))
        return
    text = ngettext("{change} for {n} member.", "{change} for {n} members in all.", found.done)
    change = f"{formats.signed(found.units)} {words()['other']}"
    messages.success(request, text.format(change=change, n=formats.number(found.done)))
    if found.skipped:
        left = ngettext(
            "{n} member was passed over: too few points, or no longer here.",
            "{n} members were passed over: too few points, or no longer here.",
            len(found.skipped),
        )
        messages.warning(request, left.format(n=len(found.skipped)))
