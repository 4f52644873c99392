"""Tills: devices at the counter, paired by a code, and the PINs by which staff unlock them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core.errors import DomainError, NotFound
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.tills import operations, queries
from loyalty.core.tills.models import Till
from loyalty.web.office.forms.tills import PinForm, TillForm
from loyalty.web.office.frame import office_page

CURRENT = "till"


def _url(here: Here, name: str, *args: object) -> str:
    return reverse(f"office:{name}", args=[here.merchant.slug, *args])


def _state(row: Till, here: Here) -> str:
    """Where a till stands: stopped, waiting (for its device), paired."""
    if row.revoked_at is not None:
        return "stopped"
    return "paired" if row.secret_digest is not None else "waiting"


def _list(request: HttpRequest, here: Here, code: str = "", made: Till | None = None) -> HttpResponse:
    rows = [
        {"till": row, "state": _state(row, here), "at_work": queries.at_work(row, at=here.at)}
        for row in queries.tills()
    ]
    context = {
        "rows": rows,
        "people": queries.colleagues(),
        "code": code,
        "made": made,
        "minutes": operations.CODE_MINUTES,
        "pair_url": request.build_absolute_uri(reverse("pos:pair")),
    }
    return office_page(request, here, "office/tills/tills.html", context, current=CURRENT)


@require_safe
@require("settings.edit")
def tills(request: HttpRequest, here: Here) -> HttpResponse:
    """All tills, and who has a PIN."""
    return _list(request, here)


def _with_code(request: HttpRequest, here: Here, row: Till, code: str) -> HttpResponse:
    """The list with a code that stands there once."""
    answer = _list(request, here, code, row)
    # Where the same form sent again is led: to the tills, without the code.
    answer["Content-Location"] = _url(here, "tills")
    return answer


def _form_page(request: HttpRequest, here: Here, form: TillForm, row: Till | None) -> HttpResponse:
    status = 422 if form.errors else 200
    context = {"form": form, "till": row, "back_url": _url(here, "tills")}
    return office_page(request, here, "office/tills/till.html", context, current=CURRENT, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require("settings.edit")
def add(request: HttpRequest, here: Here) -> HttpResponse:
    """A new till; the answer has the code for its device."""
    form = TillForm(request.POST if request.method == "POST" else None, places=queries.locations())
    if request.method == "POST" and form.is_valid():
        try:
            row, code = operations.add_till(at=here.at, **form.cleaned_data)
        except DomainError as error:
            show_errors(form, error)
        else:
            return _with_code(request, here, row, code)
    return _form_page(request, here, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@require("settings.edit")
def edit(request: HttpRequest, here: Here, till_id: UUID) -> HttpResponse:
    """Rename a till, move it, change when it locks itself."""
    row = queries.till(till_id)
    known = {"name": row.name, "location": row.location.code, "idle_minutes": row.idle_minutes}
    form = TillForm(
        request.POST if request.method == "POST" else None, initial=known, places=queries.locations()
    )
    if request.method == "POST" and form.is_valid():
        try:
            operations.edit_till(till=till_id, at=here.at, **form.cleaned_data)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The till is saved."))
            return sent_to(request, _url(here, "tills"))
    return _form_page(request, here, form, row)


@never_cache
@require_POST
@require("settings.edit")
def code(request: HttpRequest, here: Here, till_id: UUID) -> HttpResponse:
    """Another code: for a new device, or one that has lost its cookies."""
    row = queries.till(till_id)
    return _with_code(request, here, row, operations.new_code(till=till_id, at=here.at))


@require_http_methods(["GET", "HEAD", "POST"])
@require("settings.edit")
def stop(request: HttpRequest, here: Here, till_id: UUID) -> HttpResponse:
    """Stop a till for good, after asking."""
    row = queries.till(till_id)
    if request.method != "POST":
        context = {"till": row, "back_url": _url(here, "tills")}
        return office_page(
            request, here, "office/tills/stop.html", context, current=CURRENT, partial="dialog"
        )
    operations.revoke_till(till=till_id, at=here.at)
    messages.success(request, _("“{name}” is no till any more.").format(name=row.name))
    return sent_to(request, _url(here, "tills"))


def _pin_page(
    request: HttpRequest, here: Here, who: queries.Colleague, context: dict[str, Any], back: str
) -> HttpResponse:
    """Type a PIN for somebody; `back` is where it leads afterwards."""
    form = PinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.set_pin(staff=who.staff.pk, pin=form.cleaned_data["pin"], at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The PIN is set. It works at every till of this shop."))
            return sent_to(request, back)
    status = 422 if form.errors else 200
    own = {"form": form, "who": who, "is_own": who.staff.pk == here.staff.pk, **context}
    return office_page(request, here, "office/tills/pin.html", own, current=CURRENT, status=status)


def _colleague(staff: UUID) -> queries.Colleague:
    found = next((one for one in queries.colleagues() if one.staff.pk == staff), None)
    if found is None:
        raise NotFound("person")
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@require("till.use")
def mine(request: HttpRequest, here: Here) -> HttpResponse:
    """One's own PIN, and the way to the till."""
    context = {"till_url": reverse("pos:till"), "tills_url": _tills_url(here)}
    return _pin_page(request, here, _colleague(here.staff.pk), context, _url(here, "till"))


def _tills_url(here: Here) -> str:
    return _url(here, "tills") if here.may("settings.edit") else ""


@require_http_methods(["GET", "HEAD", "POST"])
@require("staff.manage")
def pin(request: HttpRequest, here: Here, staff_id: UUID) -> HttpResponse:
    """Give a colleague a PIN, or another one when it was forgotten."""
    back = _url(here, "tills")
    return _pin_page(request, here, _colleague(staff_id), {"back_url": back}, back)
