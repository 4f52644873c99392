"""Lists: made by name, filled by typing, pasting or a file, and emptied one by one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.operations.segments.listing import add_to_list, remove_from_list
from campaigns.operations.segments.shaping import create_segment
from campaigns.queries.segments import reading
from loyalty.core import formats, ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.frame import office_page
from loyalty.web.office.segments.build import NameForm
from loyalty.web.office.segments.naming import WhoForm, found_in
from loyalty.web.office.segments.pages import CURRENT, segment_page, url_of


@require_http_methods(["GET", "HEAD", "POST"])
@require("segments.edit")
def create(request: HttpRequest, here: Here) -> HttpResponse:
    """A new list, still empty."""
    form = NameForm(request.POST if request.method == "POST" else None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            row = create_segment(name=said["name"], note=said["note"], at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The list is there. Now put members on it."))
            return sent_to(request, url_of(here, "segment", row))
    context = {"form": form, "back": reverse("office:segments", args=[here.merchant.slug])}
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/segments/list_new.html", context, current=CURRENT, status=status
    )


@require_POST
@require("segments.edit")
def add(request: HttpRequest, here: Here, segment_id: str) -> HttpResponse:
    """Put members on a list."""
    row = reading.segment(ids.decode("seg", segment_id))
    form = WhoForm(request.POST, request.FILES, label_suffix="")
    if form.is_valid():
        try:
            members, unknown = found_in(form.lines())
            done = add_to_list(segment=row.pk, members=members, at=here.at).done if members else 0
        except DomainError as error:
            show_errors(form, error)
        else:
            return _told(request, here, row, done, unknown)
    return segment_page(request, here, row, form, status=422)


def _told(request: HttpRequest, here: Here, row: Any, done: int, unknown: list[str]) -> HttpResponse:
    text = ngettext("{n} member came onto the list.", "{n} members came onto the list.", done)
    messages.success(request, text.format(n=formats.number(done)))
    if unknown:
        count = len(unknown)
        text = ngettext("{n} line names nobody here: {lines}", "{n} lines name nobody here: {lines}", count)
        lines = ", ".join(unknown[:5]) + (" …" if count > 5 else "")
        messages.warning(request, text.format(n=formats.number(count), lines=lines))
    return sent_to(request, url_of(here, "segment", row))


@require_POST
@require("segments.edit")
def remove(request: HttpRequest, here: Here, segment_id: str) -> HttpResponse:
    """Take one member off a list."""
    row = reading.segment(ids.decode("seg", segment_id))
    member = ids.decode("mbr", request.POST.get("member", ""))
    if remove_from_list(segment=row.pk, members=[member], at=here.at).done:
        messages.success(request, _("Taken off the list."))
    return sent_to(request, url_of(here, "segment", row))
