"""Orders: the list, one with its lines and the reasons for its points, money back and cancelling."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from loyalty.core import formats, ids
from loyalty.core.errors import DomainError
from loyalty.core.merchants.queries import location_names
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.forms.orders import RefundForm
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.lists import PAGE, address, after, cursor, is_text
from loyalty.web.office.members import known_as
from members.models import Order
from members.operations import refunds
from members.queries import directory
from members.queries import orders as queries
from members.queries.why import explain, voice_of_scope
from members.rules.shopping import NewRefund

SHOWS = {
    "": gettext_lazy("All"),
    "members": gettext_lazy("Members’"),
    "guests": gettext_lazy("Guests’"),
    "refunded": gettext_lazy("Refunded"),
    "cancelled": gettext_lazy("Cancelled"),
}
#: Where orders come from when no location is named; what a shop calls its own channels is shown as it is.
CHANNELS = {
    "pos": gettext_lazy("At the till"),
    "web": gettext_lazy("In the web shop"),
    "app": gettext_lazy("In the app"),
}
LINE_KINDS = {
    "product": gettext_lazy("Product"),
    "gift_card": gettext_lazy("Gift card"),
    "shipping": gettext_lazy("Shipping"),
    "tax": gettext_lazy("Tax"),
    "fee": gettext_lazy("Fee"),
    "tip": gettext_lazy("Tip"),
}


def channel_name(channel: str) -> str:
    """A channel as people say it."""
    return str(CHANNELS.get(channel, channel))


def order_rows(found: Iterable[Order], slug: str) -> list[dict[str, Any]]:
    """Orders as a list shows them, with who bought; a handful of queries however many there are."""
    orders = list(found)
    buyers = directory.by_ids(row.member_id for row in orders if row.member_id)
    names = {member: row.name or known_as(row) for member, row in buyers.items()}
    places = location_names() if orders else {}
    return [
        {
            "order": row,
            "where": places.get(row.location, row.location) or channel_name(row.channel),
            "url": reverse("office:order", args=[slug, ids.encode("ord", row.pk)]),
            "member": names.get(row.member_id, "") if row.member_id else "",
            "member_url": reverse("office:member", args=[slug, ids.encode("mbr", row.member_id)])
            if row.member_id
            else "",
            "net_minor": 0 if row.status == Order.Status.CANCELLED else row.total_minor - row.refunded_minor,
        }
        for row in orders
    ]


@require_safe
@require("members.view")
def orders(request: HttpRequest, here: Here) -> HttpResponse:
    """The list, newest first; `?show=` filters, `?number=` finds one by the shop's own number."""
    show, text = request.GET.get("show", ""), request.GET.get("number", "").strip()[:100]
    show, text = show if show in SHOWS else "", text if is_text(text) else ""
    before = after(request.GET.get("after", ""))
    found = list(queries.listed(show=show, number=text, before=before)[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    context = {
        "rows": order_rows(found[:PAGE], here.merchant.slug),
        "text": text,
        "is_filtered": bool(show or text),
        "tabs": [
            {"label": label, "url": address(request, show=name, after=""), "current": show == name}
            for name, label in SHOWS.items()
        ],
        "show": show,
        "waiting": list(queries.waiting_refunds()[:20]) if not show and not text else [],
        "first_url": address(request, after="") if request.GET.get("after") else "",
        "next_url": address(request, after=cursor(last.placed_at, last.pk)) if last else "",
    }
    return office_page(request, here, "office/orders.html", context, current="orders", partial="list")


def _found(here: Here, order_id: str) -> tuple[queries.Bought, dict[str, Any]]:
    bought = queries.order(ids.decode("ord", order_id))
    order = bought.order
    row = order_rows([order], here.merchant.slug)[0]
    left = bought.net_minor
    context = {
        **row,
        "bought": bought,
        "public_id": order_id,
        "back_url": reverse("office:orders", args=[here.merchant.slug]),
        "order_url": row["url"],
        "lines": [{"line": line, "kind": LINE_KINDS.get(line.kind, line.kind)} for line in bought.lines],
        "is_cancelled": order.status == Order.Status.CANCELLED,
        "can_refund": here.may("orders.refund") and order.status == Order.Status.RECORDED and left > 0,
        "can_cancel": here.may("orders.refund") and order.status == Order.Status.RECORDED,
    }
    return bought, context


@require_safe
@require("members.view")
def order(request: HttpRequest, here: Here, order_id: str) -> HttpResponse:
    """One order: what was bought, why it earned what it earned, what came back."""
    bought, context = _found(here, order_id)
    context["why"] = explain(bought.order.decision, voice_of_scope()) if bought.order.decision else []
    return office_page(request, here, "office/order.html", context, current="orders")


@require_http_methods(["GET", "HEAD", "POST"])
@require("orders.refund")
def refund(request: HttpRequest, here: Here, order_id: str) -> HttpResponse:
    """Record money that went back, per line or on the whole; points follow by the terms they came under."""
    bought, context = _found(here, order_id)
    currency = bought.order.currency
    form = RefundForm(
        request.POST if request.method == "POST" else None, lines=bought.lines, currency=currency
    )
    if request.method == "POST" and form.is_valid():
        asked = NewRefund(
            external_id=f"office-{ids.new().hex}",
            refunded_at=here.at,
            lines=form.refunded_lines(),
            amount_minor=form.cleaned_data["amount"] or 0,
        )
        try:
            done = refunds.refund_order(
                source=bought.order.source,
                order_external_id=bought.order.external_id,
                refund=asked,
                at=here.at,
            )
        except DomainError as error:
            show_errors(form, error, {"amount_minor": "amount"})
        else:
            messages.success(request, _said(done.refund.points_taken, done.refund.shortfall))
            return sent_to(request, context["order_url"])
    status = 422 if form.errors else 200
    return office_page(
        request,
        here,
        "office/refund.html",
        {**context, "form": form},
        current="orders",
        partial="dialog" if request.method != "POST" else "form",
        status=status,
    )


def _said(taken: int, shortfall: int) -> str:
    said = words()
    if shortfall:
        return _("Refunded. Taken back: {taken}. Already spent, so not taken back: {short}.").format(
            taken=formats.points(taken, said), short=formats.points(shortfall, said)
        )
    return _("Refunded. Taken back: {taken}.").format(taken=formats.points(taken, said))


@require_http_methods(["GET", "HEAD", "POST"])
@require("orders.refund")
def cancel(request: HttpRequest, here: Here, order_id: str) -> HttpResponse:
    """Undo a whole order with everything it earned."""
    bought, context = _found(here, order_id)
    if request.method == "POST":
        done = refunds.cancel_order(
            source=bought.order.source,
            order_external_id=bought.order.external_id,
            cancelled_at=here.at,
            at=here.at,
        )
        messages.success(request, _said(done.refund.points_taken, done.refund.shortfall))
        return sent_to(request, context["order_url"])
    return office_page(request, here, "office/cancel.html", context, current="orders", partial="dialog")
