"""Orders of the past: recorded by the same operation as those of the API, and decided by the programme that counted
then, or without points."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.core.errors import DomainError
from loyalty.core.ids import fingerprint
from loyalty.core.money import MAX_MINOR
from loyalty.core.programme.queries import in_force_at
from loyalty.exchange.kinds import given_back, parsing, people
from loyalty.exchange.kinds.base import (
    BAD,
    KNOWN,
    MADE,
    READY,
    Bad,
    Context,
    Field,
    Line,
    Problem,
    Verdict,
    refused,
)
from members.models import Order
from members.operations.orders import IN_FORCE, DecidedBy, Outcome, record_orders
from members.operations.refunds import cancel_order
from members.queries.orders import recorded
from members.rules.shopping import NewLine, NewOrder, NewRefund, order_problems

MEMBER_WAYS = {"external": "external_id", "email": "email", "phone": "phone", "card": "card"}
NOT_SOLD = frozenset(
    {"cancelled", "canceled", "voided", "refunded", "partially_refunded", "failed", "pending", "unpaid", "expired",
     "trash", "authorized", "annullerad", "kansellert", "geannuleerd"}
)  # fmt: skip
"""States of other systems, and ours, in which an order is no purchase."""
COLUMNS = {
    "external_id": "number", "placed_at": "placed_at", "discount_minor": "discount", "lines": "total",
    "location": "location", "payment_method": "payment_method",
    **{f"member.{field}": way for way, field in MEMBER_WAYS.items()},
}  # fmt: skip
"""The columns of what the types and the rules of orders complain about."""
NO_LINES = "order"
"""What the one line of an order is called whose file has only totals."""
FIELDS = (
    Field(name="number", label=gettext_lazy("Order number"),
          aliases=("number", "order", "orderid", "ordernumber", "orderno", "name", "id", "externalid", "ordrenummer",
                   "ordernr", "bestelnummer", "receipt", "receiptnumber", "transactionid")),
    Field(name="placed_at", label=gettext_lazy("Date"),
          aliases=("placedat", "date", "orderdate", "createdat", "paidat", "processedat", "datum", "dato", "orderdatum",
                   "ordredato", "besteldatum", "datecreated")),
    Field(name="total", label=gettext_lazy("Total"),
          aliases=("total", "ordertotal", "totalprice", "grandtotal", "amount", "sum", "summa", "belopp", "belop",
                   "totaal", "bedrag")),
    Field(name="discount", label=gettext_lazy("Discount on the order"),
          aliases=("discount", "discountamount", "orderdiscount", "rabatt", "korting", "cartdiscount")),
    Field(name="sku", label=gettext_lazy("Product number"),
          aliases=("sku", "lineitemsku", "productsku", "itemsku", "artikelnummer", "artnr", "varenummer", "productid")),
    Field(name="product", label=gettext_lazy("Product name"),
          aliases=("product", "productname", "lineitemname", "item", "itemname", "title", "produkt", "artikel",
                   "vare")),
    Field(name="category", label=gettext_lazy("Category"),
          aliases=("category", "productcategory", "producttype", "kategori", "categorie")),
    Field(name="brand", label=gettext_lazy("Brand"), aliases=("brand", "vendor", "lineitemvendor", "marke", "merk")),
    Field(name="quantity", label=gettext_lazy("Quantity"),
          aliases=("quantity", "qty", "lineitemquantity", "antal", "antall", "aantal")),
    Field(name="unit_price", label=gettext_lazy("Price of one"),
          aliases=("unitprice", "lineitemprice", "price", "itemprice", "pris", "prijs", "styckpris")),
    Field(name="line_total", label=gettext_lazy("Line total"),
          aliases=("linetotal", "lineamount", "amountminor", "itemtotal", "radsumma", "linjesum", "regeltotaal")),
    Field(name="status", label=gettext_lazy("State"), aliases=("status", "orderstatus", "financialstatus", "state")),
    Field(name="refunded", label=gettext_lazy("Given back"),
          aliases=("refunded", "refundedamount", "amountrefunded", "refundamount", "aterbetalt", "refundert",
                   "terugbetaald"),
          help=gettext_lazy("Of the whole order. It is taken back with its points, like any refund.")),
    Field(name="refunded_at", label=gettext_lazy("Given back on"),
          aliases=("refundedat", "refunddate", "daterefunded", "aterbetaldden", "refundertden", "terugbetaaldop"),
          help=gettext_lazy("Where it is empty, the date of the order counts.")),
    Field(name="currency", label=gettext_lazy("Currency"), aliases=("currency", "valuta")),
    Field(name="channel", label=gettext_lazy("Channel"), aliases=("channel", "saleschannel", "kanal", "kanaal")),
    Field(name="location", label=gettext_lazy("Location"), aliases=("location", "store", "butik", "butikk", "winkel")),
    Field(name="payment_method", label=gettext_lazy("Paid with"),
          aliases=("paymentmethod", "payment", "gateway", "betalning", "betaling", "betaalwijze")),
    *people.FIELDS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Whole:
    """An order of one or more rows, by their places, and what was given back of it."""

    places: tuple[int, ...]
    order: NewOrder
    back: NewRefund | None = None


class OrdersKind:
    """Rows with one number that stand together are the lines of one order."""

    name = "orders"
    label = gettext_lazy("Orders")
    fields: tuple[Field, ...] = FIELDS

    def lacking(self, fields: set[str]) -> list[str]:
        """Which order, when, and how much."""
        sentences = {
            "number": _("Say which column has the number of the order."),
            "placed_at": _("Say which column has the date."),
        }
        lacking = [sentence for name, sentence in sentences.items() if name not in fields]
        if fields.isdisjoint({"total", "line_total", "unit_price"}):
            lacking.append(_("Say which column has the total, or the price of each line."))
        return lacking

    def names(self, lines: Sequence[Line], context: Context) -> list[list[str]]:
        """By its number; what stands together is one order."""
        return [[line.get("number")] if line.get("number") else [] for line in lines]

    def group(self, line: Line) -> str:
        """The order it is a line of."""
        return line.get("number")

    def judge(self, lines: Sequence[Line], context: Context) -> list[Verdict]:
        """Which orders are new, and which can be read."""
        wholes, verdicts = self._read(lines, context)
        known = recorded({whole.order.external_id for whole in wholes}, source=_source(context))
        named = {whole.places[0]: _ways(whole.order) for whole in wholes if whole.order.member}
        _found, unknown = people.find(lines, named)
        missing = given_back.missing(_backs(wholes), _source(context))
        for whole in wholes:
            first = lines[whole.places[0]]
            before = known.get(whole.order.external_id)
            if before is not None:
                state = (
                    _changed(first) if before != fingerprint(whole.order) else _here(first, whole, missing)
                )
            else:
                state = unknown.get(whole.places[0]) or Verdict(first.number, READY)
            _share(state, whole, lines, verdicts)
        return [verdicts[place] for place in range(len(lines))]

    def carry_out(self, lines: Sequence[Line], context: Context) -> list[Verdict]:
        """Record them; the engine decides each by the programme that was chosen for the file."""
        wholes, verdicts = self._read(lines, context)
        for by, group in _by_programme(wholes, context).items():
            answers = record_orders(orders=[whole.order for whole in group], at=context.at, by=by)
            missing = given_back.missing(_backs(group), _source(context))
            for whole, answer in zip(group, answers, strict=True):
                first = lines[whole.places[0]]
                if isinstance(answer, Outcome) and (answer.replayed or answer.order is None):
                    state = _here(first, whole, missing)
                elif isinstance(answer, Outcome):
                    if whole.back:
                        number, source = whole.order.external_id, _source(context)
                        given_back.give(number, whole.back, missing[number], source=source, at=context.at)
                    state = Verdict(first.number, MADE, subject=answer.order)
                elif answer.code == "key_reused":
                    state = _changed(first)
                else:
                    state = refused(first, answer, otherwise="number")
                _share(state, whole, lines, verdicts)
        return [verdicts[place] for place in range(len(lines))]

    def undo(self, subjects: Sequence[UUID], at: datetime) -> list[str]:
        """Cancel them, with everything they earned."""
        rows = {row.pk: row for row in Order.objects.filter(pk__in=list(subjects))}
        answers = []
        for key in subjects:
            row = rows.get(key)
            if row is None or row.status == Order.Status.CANCELLED:
                answers.append("")
                continue
            try:
                cancel_order(source=row.source, order_external_id=row.external_id, cancelled_at=at, at=at)
                answers.append("")
            except DomainError as refusal:
                answers.append(str(refusal))
        return answers

    def _read(self, lines: Sequence[Line], context: Context) -> tuple[list[_Whole], dict[int, Verdict]]:
        wholes: list[_Whole] = []
        verdicts: dict[int, Verdict] = {}
        for places in _groups(lines):
            try:
                rows = [lines[place] for place in places]
                order = _order(rows, context)
                wholes.append(_Whole(places, order, given_back.read(rows, order, context)))
            except Bad as found:
                state = Verdict(lines[places[0]].number, BAD, found.problems)
                _share(state, _Whole(places, NOTHING), lines, verdicts)
        return wholes, verdicts


def _backs(wholes: Sequence[_Whole]) -> dict[str, NewRefund]:
    return {whole.order.external_id: whole.back for whole in wholes if whole.back}


def _here(first: Line, whole: _Whole, missing: Mapping[str, int]) -> Verdict:
    """An order that was here before: nothing to do, unless its file says more of it was given back."""
    if missing.get(whole.order.external_id, 0) <= 0:
        return Verdict(first.number, KNOWN)
    reason = _("This order is here already, and this refund is not. Send the refund through the API.")
    return Verdict(first.number, BAD, [Problem("refunded", first.get("refunded")[:200], "refunded", reason)])


def _groups(lines: Sequence[Line]) -> list[tuple[int, ...]]:
    groups: list[list[int]] = []
    for place, line in enumerate(lines):
        number = line.get("number")
        if groups and number and lines[groups[-1][0]].get("number") == number:
            groups[-1].append(place)
        else:
            groups.append([place])
    return [tuple(group) for group in groups]


def _share(state: Verdict, whole: _Whole, lines: Sequence[Line], verdicts: dict[int, Verdict]) -> None:
    """What becomes of an order becomes of each of its rows; what it became is told once."""
    for place in whole.places:
        subject = state.subject if place == whole.places[0] else None
        verdicts[place] = Verdict(lines[place].number, state.state, state.problems, subject)


def _changed(line: Line) -> Verdict:
    reason = _("An order with this number is here already, with other content. Orders are not overwritten.")
    return Verdict(line.number, BAD, [Problem("number", line.get("number")[:200], "key_reused", reason)])


def _order(lines: Sequence[Line], context: Context) -> NewOrder:
    """The order some rows make. Raises `Bad`."""
    first, currency = lines[0], context.shop.currency
    number = first.get("number")
    if not number:
        raise parsing.problem(first, "number", "missing", _("An order needs its number."))
    if first.nth:
        text = _("The rows of one order have to stand together; the others begin at row {row}.")
        reason = text.format(row=first.first)
        raise parsing.problem(first, "number", "repeated", reason)
    placed = parsing.instant(first, "placed_at", context.option("dates", "dmy"), context.zone)
    if placed is None:
        raise parsing.problem(first, "placed_at", "missing", _("An order needs its date."))
    in_file = _first(lines, "currency").upper()
    if in_file and in_file != currency:
        raise parsing.problem(first, "currency", "other_currency",
                              _("This shop’s currency is {currency}.").format(currency=currency))  # fmt: skip
    _refuse_undone(lines, currency)
    ways = people.identities(first) if people.names(first) else {}
    made, discount = (
        _lines(lines, currency),
        parsing.money(parsing.holder(lines, "discount"), "discount", currency) or 0,
    )
    document = {
        "external_id": number, "currency": currency, "placed_at": placed, "lines": made, "discount_minor": discount,
        "member": {MEMBER_WAYS[way]: value for way, value in list(ways.items())[:1]} or None,
        "source": _source(context),
        "channel": _slug(_first(lines, "channel")), "location": _first(lines, "location")[:60],
        "payment_method": _first(lines, "payment_method")[:40],
    }  # fmt: skip
    try:
        order = msgspec.convert(document, NewOrder)
    except msgspec.ValidationError as error:
        raise _unfit(lines, str(error)) from None
    wrong = order_problems(order, currency=currency, at=context.at)
    if wrong:
        raise parsing.invalid(first, wrong, COLUMNS)
    return order


def _refuse_undone(lines: Sequence[Line], currency: str) -> None:
    """What was called off, or given back without a word of how much, would earn what it did not: it is left out, and
    said so."""
    holder = parsing.holder(lines, "status")
    state = holder.get("status").casefold().replace(" ", "_")
    if state in NOT_SOLD and not (given_back.is_told(state, lines, currency)):
        reason = _("This order was cancelled, given back or never paid. Leave it out of the file.")
        raise parsing.problem(holder, "status", "not_sold", reason)


def _unfit(lines: Sequence[Line], error: str) -> Bad:
    """What of an order no order can have, by the field that its types complain of."""
    field, longest = re.search(r"\$\.([\w.]+)", error), re.search(r"length <= (\d+)", error)
    if field and longest and field[1] == "lines":
        reason = _("One order has at most {most} lines.").format(most=longest[1])
        return parsing.problem(lines[0], "number", "too_many", reason)
    name = COLUMNS.get(field[1], "") if field else ""
    code, reason = "invalid", _("Write visible characters only, without line breaks.")
    if longest:
        code, reason = "too_long", _("Write at most {most} visible characters.").format(most=longest[1])
    return parsing.problem(parsing.holder(lines, name), name, code, reason)


def _first(lines: Sequence[Line], name: str) -> str:
    """Exports write what is the order's own in its first row only, or in each."""
    return next((line.get(name) for line in lines if line.get(name)), "")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "", text.lower().replace(" ", "-"))[:20]


def _lines(lines: Sequence[Line], currency: str) -> list[NewLine]:
    """Lines by their own prices; where a file has none, one line of the whole total."""
    made, unpriced = [], []
    for line in lines:
        amount = parsing.money(line, "line_total", currency)
        if amount is None and line.get("unit_price"):
            amount = _times(line, parsing.money(line, "unit_price", currency) or 0, _quantity(line))
        if amount is None:
            unpriced.append(line)
            continue
        sku = line.get("sku") or line.get("product") or NO_LINES
        made.append(_line(line, sku, amount, _quantity(line)))
    if made:
        _refuse_unpriced(unpriced)
        return made
    holder = parsing.holder(lines, "total")
    total = parsing.money(holder, "total", currency)
    if total is None:
        raise parsing.problem(
            holder, "total", "missing", _("An order needs a total, or a price for each line.")
        )
    discount = parsing.money(parsing.holder(lines, "discount"), "discount", currency) or 0
    return [_line(holder, holder.get("sku") or NO_LINES, total + discount, "1")]


def _refuse_unpriced(lines: Sequence[Line]) -> None:
    """Beside lines with a price, one without would be lost. Rows that say nothing of a product are no lines."""
    for line in lines:
        if line.get("sku") or line.get("product") or line.get("quantity"):
            reason = _("An order needs a total, or a price for each line.")
            raise parsing.problem(line, "unit_price", "missing", reason)


def _quantity(line: Line) -> str:
    """How many, as orders have it. Noughts after the third decimal, as spreadsheets write them, are left out."""
    text = line.get("quantity").replace(",", ".") or "1"
    if re.fullmatch(r"-[0-9.]+", text):
        raise parsing.problem(line, "quantity", "out_of_range", _("A quantity cannot be below zero."))
    found = re.fullmatch(r"([0-9]{1,10}(?:\.[0-9]{1,3})?)(?:(?<=\.[0-9]{3})0+)?", text)
    if not found:
        raise parsing.problem(line, "quantity", "not_a_number", _("This is not a quantity."))
    return found[1]


def _times(line: Line, price: int, quantity: str) -> int:
    amount = int((Decimal(quantity) * price).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if amount > MAX_MINOR:
        raise parsing.problem(
            line, "unit_price", "out_of_range", _("An amount cannot be below zero or this large.")
        )
    return amount


def _line(line: Line, sku: str, amount: int, quantity: str) -> NewLine:
    document = {
        "sku": sku[:100], "amount_minor": amount, "quantity": quantity, "name": line.get("product")[:200],
        "category": line.get("category")[:100], "brand": line.get("brand")[:100],
    }  # fmt: skip
    try:
        return msgspec.convert(document, NewLine)
    except msgspec.ValidationError:
        reason = _("Write quantities like 2 or 0.5, and names in visible letters.")
        raise parsing.problem(line, "quantity", "invalid", reason) from None


def _source(context: Context) -> str:
    return context.option("source", "api")


def _ways(order: NewOrder) -> dict[str, str]:
    kind, value = order.member.given()[0] if order.member else ("", "")
    return {kind: value}


def _by_programme(wholes: Sequence[_Whole], context: Context) -> dict[DecidedBy, list[_Whole]]:
    """Orders by what decides them: the version that counted when they were placed, none, or today's."""
    match context.option("earn", "then"):
        case "none":
            return {None: list(wholes)} if wholes else {}
        case "now":
            return {IN_FORCE: list(wholes)} if wholes else {}
    versions = in_force_at([whole.order.placed_at for whole in wholes])
    groups: dict[DecidedBy, list[_Whole]] = {}
    for whole, version in zip(wholes, versions, strict=True):
        groups.setdefault(version, []).append(whole)
    return groups


NOTHING = NewOrder("nothing", "XXX", datetime(2000, 1, 1, tzinfo=UTC), (NewLine("nothing", 0),))
