"""Dates of events: which come, who has a place or waits for one, who was there, and changing or calling one off."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.lists import PAGE
from loyalty.web.office.rewards import name_of
from loyalty.web.office.work.desk import people, work_page
from loyalty.web.office.work.forms import CalledOffForm, CodeForm, SessionForm
from rewards.models import Booking, Session
from rewards.operations import door
from rewards.operations import places as operations
from rewards.queries import catalogue
from rewards.queries import places as queries
from rewards.rules.kinds import KINDS

PAST = 20
MOST = 500
"""Bookings that the page of one date shows."""
STATUS = {
    "booked": (gettext_lazy("Has a place"), "info"),
    "attended": (gettext_lazy("Came"), "good"),
    "waiting": (gettext_lazy("Waits"), "warn"),
    "missed": (gettext_lazy("Did not come"), "bad"),
    "passed": (gettext_lazy("Passed over"), ""),
    "cancelled": (gettext_lazy("Given up"), ""),
}


def page_of(here: Here, session: UUID) -> str:
    """The address of a date's page."""
    return reverse("office:work_session", args=[here.merchant.slug, ids.encode("ssn", session)])


def _shown(row: Session, numbers: dict[str, int], here: Here) -> dict[str, Any]:
    open_ones = numbers.get("booked", 0)
    return {
        "row": row,
        "url": page_of(here, row.pk),
        "name": name_of(row.reward),
        "numbers": numbers,
        "waiting": numbers.get("waiting", 0),
        "came": numbers.get("attended", 0),
        "open": open_ones,
        "left": row.capacity - row.taken,
        "is_over": row.starts_at <= here.at,
        "is_unsettled": row.starts_at <= here.at and open_ones > 0 and row.cancelled_at is None,
    }


@require_safe
@require("work.view")
def sessions(request: HttpRequest, here: Here) -> HttpResponse:
    """Dates to come, soonest first, and the last ones that were, with what is still open of them."""
    coming = list(queries.dates(after=here.at)[:PAGE])
    past = list(queries.dates(until=here.at)[:PAST])
    numbers = queries.numbers([row.pk for row in (*coming, *past)])
    bookable = [row for row in catalogue.rewards() if KINDS[row.kind].booked]
    context = {
        "coming": [_shown(row, numbers[row.pk], here) for row in coming],
        "past": [_shown(row, numbers[row.pk], here) for row in past],
        "events": [
            {
                "name": name_of(row),
                "url": reverse(
                    "office:work_session_new", args=[here.merchant.slug, ids.encode("rwd", row.pk)]
                ),
            }
            for row in bookable
        ],
    }
    return work_page(request, here, "office/work/sessions.html", context, queue="sessions")


def _booking(row: Booking, members: dict[UUID, dict[str, str]]) -> dict[str, Any]:
    label, badge = STATUS[row.status]
    return {
        "row": row,
        "public_id": ids.encode("bkg", row.pk),
        "member": members.get(row.member_id, {"name": _("Nobody"), "url": "", "card": ""}),
        "status": label,
        "badge": badge,
    }


def _one(here: Here, session_id: str) -> tuple[Session, dict[str, Any]]:
    row = queries.session(ids.decode("ssn", session_id))
    bookings = list(queries.bookings(session=row.pk)[:MOST])
    members = people(here, [one.member_id for one in bookings])
    order = list(STATUS)
    shown = sorted(
        (_booking(one, members) for one in bookings), key=lambda one: order.index(one["row"].status)
    )
    numbers = queries.numbers([row.pk])[row.pk]
    context = {
        **_shown(row, numbers, here),
        "public_id": session_id,
        "bookings": [one for one in shown if one["row"].status in ("booked", "attended", "missed")],
        "line": [one for one in shown if one["row"].status == "waiting"],
        "gone": [one for one in shown if one["row"].status in ("passed", "cancelled")],
        "edit_url": reverse("office:work_session_edit", args=[here.merchant.slug, session_id]),
        "off_url": reverse("office:work_session_off", args=[here.merchant.slug, session_id]),
    }
    return row, context


@require_safe
@require("work.view")
def session(request: HttpRequest, here: Here, session_id: str) -> HttpResponse:
    """One date: the attendance list, the waiting list, and the box for tickets."""
    _row, context = _one(here, session_id)
    return work_page(
        request, here, "office/work/session.html", {**context, "form": CodeForm()}, queue="sessions",
        partial="lists",
    )  # fmt: skip


@require_POST
@require("work.serve")
def check_in(request: HttpRequest, here: Here, session_id: str) -> HttpResponse:
    """Somebody shows a ticket or their card."""
    form = CodeForm(request.POST)
    row = queries.session(ids.decode("ssn", session_id))
    if form.is_valid():
        try:
            found = door.check_in_by_code(session=row.pk, code=form.cleaned_data["code"], at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            name = people(here, [found.member_id]).get(found.member_id, {}).get("name", "")
            messages.success(request, _("{name} is here.").format(name=name))
            return sent_to(request, page_of(here, row.pk))
    _row, context = _one(here, session_id)
    return work_page(
        request, here, "office/work/session.html", {**context, "form": form}, queue="sessions", status=422
    )


def _after(request: HttpRequest, here: Here, row: Booking, text: str) -> HttpResponse:
    messages.success(request, text)
    return sent_to(request, page_of(here, row.session_id))


@require_POST
@require("work.serve")
def attend(request: HttpRequest, here: Here, booking_id: str) -> HttpResponse:
    """They are here."""
    row = operations.check_in(booking=ids.decode("bkg", booking_id), at=here.at)
    return _after(request, here, row, _("Noted: they came."))


@require_POST
@require("work.serve")
def miss(request: HttpRequest, here: Here, booking_id: str) -> HttpResponse:
    """They did not come; what they paid stays paid."""
    row = operations.miss_place(booking=ids.decode("bkg", booking_id), at=here.at)
    return _after(request, here, row, _("Noted: they did not come."))


@require_POST
@require("work.decide")
def give_up(request: HttpRequest, here: Here, booking_id: str) -> HttpResponse:
    """Give up a place for a member: with their points back, or without."""
    returns = request.POST.get("returns") == "yes"
    row = operations.cancel_place(
        booking=ids.decode("bkg", booking_id), at=here.at, give_back=returns,
        reason=_("Place given up") if returns else "",
    )  # fmt: skip
    text = _("The place is free, and the points are back.") if returns else _("The place is free.")
    return _after(request, here, row, text)


@require_http_methods(["GET", "HEAD", "POST"])
@require("rewards.edit")
def create(request: HttpRequest, here: Here, reward_id: str) -> HttpResponse:
    """A new date of an event."""
    reward = catalogue.reward(ids.decode("rwd", reward_id))
    form = SessionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            row = operations.open_session(reward=reward.pk, at=here.at, details=form.details())
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The date is open: members can book it now."))
            return sent_to(request, page_of(here, row.pk))
    return _form_page(request, here, form, name_of(reward), None)


@require_http_methods(["GET", "HEAD", "POST"])
@require("rewards.edit")
def edit(request: HttpRequest, here: Here, session_id: str) -> HttpResponse:
    """Change a date; added places go to whoever waits."""
    row = queries.session(ids.decode("ssn", session_id))
    form = SessionForm(request.POST) if request.method == "POST" else SessionForm.of(row)
    if request.method == "POST" and form.is_valid():
        try:
            operations.edit_session(session=row.pk, at=here.at, details=form.details())
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The date is saved."))
            return sent_to(request, page_of(here, row.pk))
    return _form_page(request, here, form, name_of(row.reward), row)


def _form_page(
    request: HttpRequest, here: Here, form: SessionForm, name: str, row: Session | None
) -> HttpResponse:
    back = page_of(here, row.pk) if row else reverse("office:work_sessions", args=[here.merchant.slug])
    context = {"form": form, "name": name, "row": row, "back_url": back}
    status = 422 if form.errors else 200
    return work_page(request, here, "office/work/session_form.html", context, queue="sessions", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require("rewards.edit")
def call_off(request: HttpRequest, here: Here, session_id: str) -> HttpResponse:
    """Call a date off: everybody's points go back."""
    row, context = _one(here, session_id)
    form = CalledOffForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        operations.cancel_session(session=row.pk, at=here.at, reason=form.cleaned_data["reason"])
        messages.success(request, _("Called off. Everybody’s points are on their way back."))
        return sent_to(request, page_of(here, row.pk))
    status = 422 if form.errors else 200
    return work_page(
        request, here, "office/work/session_off.html", {**context, "form": form}, queue="sessions",
        status=status, partial="dialog" if request.method != "POST" else "form",
    )  # fmt: skip
