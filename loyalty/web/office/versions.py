"""The programme's history: every version that ever counted, going back to one, and files."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.programme import document, operations, queries
from loyalty.web.office.forms.programme import ImportForm, PublishForm
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.lists import PAGE, address
from loyalty.web.office.people import names_of
from loyalty.web.office.programme import told
from loyalty.web.office.words import change_rows


@require_safe
@require("programme.view")
def history(request: HttpRequest, here: Here) -> HttpResponse:
    """Published versions, newest first; `?before=` pages on by number."""
    before = request.GET.get("before", "")
    found = queries.history()
    if before.isdecimal() and len(before) < 10:
        found = found.filter(number__lt=int(before))
    rows = list(found[: PAGE + 1])
    current = queries.in_force()
    shown = rows[:PAGE]
    context = {
        "versions": shown,
        "names": names_of([row.published_by for row in shown]),
        "current_number": current.number if current else None,
        "first_url": address(request, before="") if before else "",
        "next_url": address(request, before=str(shown[-1].number)) if len(rows) > PAGE else "",
    }
    return office_page(
        request, here, "office/programme_history.html", context, current="programme", partial="list"
    )


@require_safe
@require("programme.view")
def version(request: HttpRequest, here: Here, number: int) -> HttpResponse:
    """One version in words, and what it changed against the one before it."""
    found = queries.numbered(number)
    earlier = queries.history().filter(number__lt=number).first()
    current = queries.in_force()
    changes = queries.compare(earlier, found) if earlier else []
    context = {
        "version": found,
        "earlier": earlier,
        "names": names_of([found.published_by]),
        "is_current": current is not None and current.number == number,
        "told": told(document.parse(found.document), here),
        "changes": change_rows(changes, here.merchant.currency, words()),
    }
    return office_page(request, here, "office/programme_version.html", context, current="programme")


@require_safe
@require("programme.view")
def export(request: HttpRequest, here: Here, number: int) -> HttpResponse:
    """A version as a file that this or another shop can import."""
    body = json.dumps(queries.export(number), ensure_ascii=False, indent=2) + "\n"
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="programme-{here.merchant.slug}-{number}.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@require("programme.publish")
def roll_back(request: HttpRequest, here: Here, number: int) -> HttpResponse:
    """Publish an earlier version's content again; a GET shows first what that would change and do."""
    earlier, current = queries.numbered(number), queries.in_force()
    now = queries.numbered(current.number) if current else None
    differ = current is not None and document.parse(earlier.document)["tiers"] != current.programme["tiers"]
    form = PublishForm(request.POST if request.method == "POST" else None, tiers_differ=differ)
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.roll_back(number=number, at=here.at, choices=form.choices())
        except DomainError as error:
            show_errors(form, error, {"tiers.ladder": "move_down"})
        else:
            text = _("Version {made} says what version {number} said, and counts from now on.")
            messages.success(request, text.format(made=made.number, number=number))
            return sent_to(request, reverse("office:programme_history", args=[here.merchant.slug]))
    changes = change_rows(queries.compare(now, earlier), here.merchant.currency, words())
    context = {"version": earlier, "form": form, "changes": changes, "has_draft": queries.draft() is not None}
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/programme/back.html", context, current="programme", status=status
    )


@require_POST
@require("programme.edit")
def import_file(request: HttpRequest, here: Here) -> HttpResponse:
    """Turn a file into the draft; nothing counts before it is published."""
    form = ImportForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            operations.import_file(content=form.cleaned_data["file"], at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The file is your draft now. Look at it, then publish."))
            return sent_to(request, reverse("office:programme_draft", args=[here.merchant.slug]))
    context = {"import_form": form}
    return office_page(
        request, here, "office/programme_import.html", context, current="programme", status=422
    )
