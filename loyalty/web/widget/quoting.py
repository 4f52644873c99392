"""What a basket and the products on a page would earn, by the engine that decides when they are bought."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from msgspec import Meta, Struct

from loyalty.core import formats, ids
from loyalty.core.api.errors import BodyTooLarge, UnsupportedMediaType
from loyalty.core.api.strict import read_body
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.money import minor
from loyalty.web.widget.frame import Panel, part
from members.operations.orders import quote_order
from members.queries.why import Voice, voice_of_scope
from members.rules.facts import LineKind
from members.rules.shopping import MemberRef, Name, NewLine, NewOrder, Quantity, Text60, Text100, Text200
from members.rules.units import CREDITS, family

MOST_BYTES = 64 * 1024
MOST_LINES, MOST_PRODUCTS = 200, 30

Decimal = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?$(?!\n)")]


class Item(Struct, forbid_unknown_fields=True, frozen=True):
    """Something to buy. `amount` is what it costs in all, as people write it: "184.50"."""

    sku: Name
    amount: Decimal
    quantity: Quantity = "1"
    kind: LineKind = LineKind.PRODUCT
    name: Text200 = ""
    category: Text100 = ""
    brand: Text100 = ""
    tags: Annotated[tuple[Text60, ...], Meta(max_length=20)] = ()


class Basket(Struct, forbid_unknown_fields=True, frozen=True):
    """What is in the basket, and what is taken off the whole of it."""

    lines: Annotated[tuple[Item, ...], Meta(max_length=MOST_LINES)]
    discount: Decimal = "0"
    currency: Annotated[str, Meta(max_length=3)] = ""


class Asked(Struct, forbid_unknown_fields=True, frozen=True):
    """What a page asks about: its basket, the products it shows, or both."""

    basket: Basket | None = None
    products: Annotated[tuple[Item, ...], Meta(max_length=MOST_PRODUCTS)] = ()


class OtherCurrency(DomainError):
    code = "basket_currency"
    message = gettext_lazy("This shop’s currency is {currency}.")
    field = "basket.currency"


@require_POST
@part
def quote(request: HttpRequest, panel: Panel) -> HttpResponse:
    """Points for the basket and for each product, with the words to show. Writes nothing."""
    asked = _read(request)
    voice = voice_of_scope(plain=True)
    found: dict[str, Any] = {"basket": None, "products": []}
    if asked.basket is not None and asked.basket.lines:
        if asked.basket.currency not in ("", panel.merchant.currency):
            raise OtherCurrency(currency=panel.merchant.currency)
        found["basket"] = _quoted(panel, asked.basket, "basket.lines", voice)
    found["products"] = [
        _quoted(panel, Basket((item,)), f"products[{number}]", voice)
        for number, item in enumerate(asked.products)
    ]
    return JsonResponse(found)


def _read(request: HttpRequest) -> Asked:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MOST_BYTES:
        raise BodyTooLarge(limit_bytes=MOST_BYTES)
    if request.content_type != "application/json":
        raise UnsupportedMediaType()
    return read_body(request.read(), Asked)


def _quoted(panel: Panel, basket: Basket, field: str, voice: Voice) -> dict[str, Any]:
    """`points` and `text`: all that it would earn in words, "" for nothing."""
    currency = panel.merchant.currency
    lines = tuple(_line(item, currency, field) for item in basket.lines)
    discount = _minor(basket.discount, currency, "basket.discount")
    order = NewOrder(
        f"quote-{ids.new().hex}", currency, panel.at, lines,
        MemberRef(id=ids.encode("mbr", panel.member_id)) if panel.row else None,
        discount_minor=min(discount, sum(line.amount_minor for line in lines)), channel="online",
    )  # fmt: skip
    decision = quote_order(order=order, at=panel.at).decision
    # How far somebody climbs is told in their card; beside a price only what can be spent is.
    parts = [
        voice.units(decision.earned(unit), unit)
        for unit in dict.fromkeys(decision.units())
        if decision.earned(unit) and family(unit) != CREDITS
    ]
    text = _("+{points}").format(points=formats.every(parts)) if parts else ""
    return {"points": decision.earned(), "text": text}


def _line(item: Item, currency: str, field: str) -> NewLine:
    return NewLine(
        item.sku, _minor(item.amount, currency, f"{field}.amount"), item.quantity, item.kind, item.name,
        item.category, item.brand, item.tags,
    )  # fmt: skip


def _minor(text: str, currency: str, field: str) -> int:
    try:
        return minor(text, currency)
    except ValueError:
        raise InvalidInput.of(field, _("Write an amount like 184.50.")) from None
