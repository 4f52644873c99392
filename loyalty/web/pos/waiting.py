"""Sales that had to wait on the device for the connection, and what the device keeps to go on without one."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import formats
from loyalty.core.errors import DomainError, InvalidInput, KeyReused, NotFound
from loyalty.core.merchants.queries import staff_here
from loyalty.core.pages import FORM_KEY, said
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy.scope import Actor, acting_for
from loyalty.core.tills.models import Action
from loyalty.web.office.frame import words
from loyalty.web.pos import finding, reading, selling, shown
from loyalty.web.pos.asking import asked
from loyalty.web.pos.frame import (
    Desk,
    Device,
    TooManyLookUps,
    desk_for,
    device_of,
    device_page,
    guarded,
    in_words_of,
    pos_page,
    read_shift,
    url,
)
from members.queries import directory


@require_POST
@never_cache
def queued(request: HttpRequest) -> HttpResponse:
    """One sale that waited. Answers how it stands: done (now or before, that is the same), later, or refused with the
    reason in words; the device drops only what is done.

    The token of the shift says whose sale it was: nobody has to unlock the till for it to be sent in.
    """
    device = device_of(request)
    if device is None:
        text = _("This device is no till any more. Pair it again, then send what waits.")
        return _answer("stopped", text, status=403)
    with in_words_of(request, device.merchant):
        token = read_shift(request.POST.get("shift", ""), max_age=selling.LONGEST_WAIT)
        if token is None or token[0] != device.till.pk:
            return _answer("refused", _("It cannot be told any more who made this sale. Enter it anew."))
        _till, staff_id, since = token
        try:
            with acting_for(device.merchant, by=Actor("staff", str(staff_id))):
                staff = staff_here(staff_id)
            desk = desk_for(device, staff)
            if not desk.may("orders.record"):
                raise NotFound("person")
            with acting_for(device.merchant, by=desk.actor):
                return _sold(request, desk, datetime.fromtimestamp(since, UTC))
        except TooManyLookUps as error:
            return _answer("later", str(error))
        except NotFound:
            return _answer("refused", _("Who made this sale does not work here any more. Enter it anew."))
        except finding.Nobody:
            return _answer("refused", _("No member has this card. Ask for another way to find them."))
        except KeyReused:
            return _answer("refused", _("Another sale was sent under the same number. Enter it anew."))
        except DomainError as error:
            return _answer("refused", said(error))


def _sold(request: HttpRequest, desk: Desk, since: datetime) -> HttpResponse:
    sale = reading.read_sale(request.POST, currency=desk.merchant.currency, asks=asked())
    row = _whose(request, desk)
    action = selling.sell(
        desk=desk,
        member=row.member.pk,
        sale=sale,
        key=request.POST.get(FORM_KEY, ""),
        sold_at=_when(request, since, desk.at),
    )
    return _answer("done", _told(action, row))


def _whose(request: HttpRequest, desk: Desk) -> directory.Row:
    """The member who was on the screen when the connection went, or whose card was typed since."""
    if request.POST.get("member"):
        try:
            return shown.found(request.POST["member"])
        except NotFound:
            raise finding.Nobody() from None
    found = finding.find(request.POST.get("card", ""), desk)
    if found.redemption is not None:
        raise finding.Nobody()
    return directory.row(directory.member(found.member))


def _told(action: Action, row: directory.Row) -> str:
    points = formats.points(action.points, words())
    return _("{points} for {name}").format(points=points, name=shown.short_name(row))


def _when(request: HttpRequest, since: datetime, now: datetime) -> datetime:
    """When the device says the sale was made: not before somebody had unlocked it, and not in the future."""
    try:
        told = datetime.fromtimestamp(int(request.POST.get("sold_at", "")), UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidInput.of("sold_at", _("It cannot be told when this sale was made.")) from None
    return max(since, min(told, now))


def _answer(state: str, text: str, status: int = 200) -> HttpResponse:
    return guarded(JsonResponse({"state": state, "text": text}, status=status))


@require_safe
@device_page
def shell(request: HttpRequest, device: Device) -> HttpResponse:
    """The till without a connection: the same fields, and a list of what waits. It names nobody."""
    return pos_page(request, device, "pos/offline.html", {"asks": shown.asks_shown()})


@require_safe
@device_page
def worker(request: HttpRequest, device: Device) -> HttpResponse:
    """The script that keeps the shell on the device. It changes with what the shell shows, so it is fetched anew
    then."""
    current = programmes.in_force()
    context: dict[str, Any] = {
        "version": f"{device.merchant.pk}-{current.number if current else 0}-{get_language()}",
        "shell": url("offline"),
    }
    response = pos_page(request, device, "pos/worker.js", context)
    response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return response


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a tablet needs to put the till among its programs."""
    content = {
        "name": _("Till"),
        "short_name": _("Till"),
        "start_url": "/pos/",
        "scope": "/pos/",
        "display": "standalone",
        "background_color": "#f6f6f4",
        "theme_color": "#2f4fc4",
        "icons": [{"src": static("img/mark.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    return JsonResponse(content, content_type="application/manifest+json")
