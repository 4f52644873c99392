"""A browser becomes a till, somebody unlocks it, and leaves it again."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from loyalty.core import clock
from loyalty.core.errors import DomainError
from loyalty.core.pages import is_tried_too_often, render_page, sent_to, show_errors
from loyalty.core.tills import operations, queries
from loyalty.web.pos import frame
from loyalty.web.pos.frame import Device, desk_of, device_of, device_page, open_page, pos_page, url

PAIRINGS_AN_HOUR = 20


class PairForm(forms.Form):
    """The code from the settings."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        help_text=gettext_lazy("Eight letters and digits from the dashboard."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class PinForm(forms.Form):
    """Who is there, and the number only they know."""

    staff = forms.UUIDField()
    pin = forms.CharField(max_length=6)


@require_http_methods(["GET", "HEAD", "POST"])
@open_page
def pair(request: HttpRequest) -> HttpResponse:
    """Type the code once, and this browser is the till."""
    if request.method != "POST" and device_of(request) is not None:
        return sent_to(request, url("till"))
    form = PairForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            # The next shop's devices must not wait for somebody who guesses.
            if is_tried_too_often(request, "pos-pair", an_hour=PAIRINGS_AN_HOUR):
                form.add_error(
                    "code", _("Many codes were tried from here. Wait a few minutes, then try again.")
                )
                status = 429
            else:
                try:
                    paired = operations.pair(code=form.cleaned_data["code"], at=clock.now())
                except DomainError as error:
                    show_errors(form, error)
                else:
                    response = sent_to(request, url("lock"))
                    frame.remember(response, paired, secure=request.is_secure())
                    return response
    return render_page(request, "pos/pair.html", {"form": form}, status=status)


def _lock_page(request: HttpRequest, device: Device, context: dict[str, Any], status: int) -> HttpResponse:
    people = [one for one in queries.colleagues() if one.pin_set_at is not None]
    return pos_page(request, device, "pos/lock.html", {"people": people, **context}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@device_page
def lock(request: HttpRequest, device: Device) -> HttpResponse:
    """Choose who is there and type the PIN."""
    if request.method != "POST":
        return _lock_page(request, device, {"chosen": request.GET.get("who", "")}, 200)
    form = PinForm(request.POST)
    chosen = request.POST.get("staff", "")[:36]
    if not form.is_valid():
        return _lock_page(
            request, device, {"chosen": chosen, "problem": _("Choose who you are and type your PIN.")}, 422
        )
    tried = operations.unlock(
        till=device.till.pk, staff=form.cleaned_data["staff"], pin=form.cleaned_data["pin"], at=device.at
    )
    if tried.ok:
        return sent_to(request, url("till"))
    context = {"chosen": chosen, "problem": _problem(tried), "waiting": bool(tried.wait)}
    return _lock_page(request, device, context, 429 if tried.wait else 422)


def _problem(tried: operations.Tried) -> str:
    if tried.wait:
        minutes = max(1, -(-int(tried.wait.total_seconds()) // 60))
        text = ngettext(
            "Too many wrong PINs. Try again in {n} minute.",
            "Too many wrong PINs. Try again in {n} minutes.",
            minutes,
        )
        return text.format(n=minutes)
    text = ngettext(
        "This is not the PIN. {n} try is left.", "This is not the PIN. {n} tries are left.", tried.left
    )
    return text.format(n=tried.left)


@require_POST
@device_page
def leave(request: HttpRequest, device: Device) -> HttpResponse:
    """Lock the till."""
    if desk_of(device) is not None:
        operations.lock(till=device.till.pk)
        messages.info(request, _("The till is locked."))
    return sent_to(request, url("lock"))
