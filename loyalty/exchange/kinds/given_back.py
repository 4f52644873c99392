"""What a file of orders says was given back: refunded when the order comes in, so that it has earned what is left."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from django.utils.translation import gettext as _

from loyalty.exchange.kinds import parsing
from loyalty.exchange.kinds.base import Context, Line
from members.models import Order
from members.operations.refunds import refund_order
from members.rules.shopping import NewOrder, NewRefund, refund_problems

STATES = frozenset({"refunded", "partially_refunded"})
"""States of other systems in which an order was a purchase until money went back."""
NAME = "import"
"""What the refund is called that brings an order to what its file says was given back."""


def is_told(state: str, lines: Sequence[Line], currency: str) -> bool:
    """Whether an order in this state was refunded, and its rows say how much. Raises `Bad`."""
    return state in STATES and any(parsing.money(line, "refunded", currency) for line in lines)


def read(lines: Sequence[Line], order: NewOrder, context: Context) -> NewRefund | None:
    """The refund that the rows of an order tell of, at the order's time where they tell none. Raises `Bad`."""
    said = {parsing.money(line, "refunded", order.currency): line for line in lines if line.get("refunded")}
    amounts = [amount for amount in said if amount]
    if not amounts:
        return None
    holder, when = said[amounts[0]], parsing.holder(lines, "refunded_at")
    if len(amounts) > 1:
        reason = _(
            "The rows of this order say different amounts. Write what was given back of the whole order."
        )
        raise parsing.problem(said[amounts[1]], "refunded", "ambiguous", reason)
    if amounts[0] > order.total_minor:
        reason = _("More was given back than the order cost.")
        raise parsing.problem(holder, "refunded", "out_of_range", reason)
    at = parsing.instant(when, "refunded_at", context.option("dates", "dmy"), context.zone) or order.placed_at
    if at.astimezone(context.zone).date() < order.placed_at.astimezone(context.zone).date():
        reason = _("It was given back before it was bought.")
        raise parsing.problem(when, "refunded_at", "out_of_range", reason)
    # A day without a time begins at midnight, which is before everything that was bought on it.
    refund = NewRefund(NAME, max(at, order.placed_at), amount_minor=amounts[0])
    wrong = refund_problems(refund, at=context.at)
    if wrong:
        raise parsing.invalid(when, wrong)
    return refund


def missing(backs: Mapping[str, NewRefund], source: str) -> dict[str, int]:
    """What of orders that are here is given back by the file only, in minor units, by the order's number."""
    rows = Order.objects.filter(source=source, external_id__in=list(backs)) if backs else ()
    return {row.external_id: backs[row.external_id].amount_minor - row.refunded_minor for row in rows}


def give(number: str, refund: NewRefund, amount_minor: int, *, source: str, at: datetime) -> None:
    """Refund an order that has just come in, less what a refund that had waited for it has taken already."""
    if amount_minor > 0:
        rest = msgspec.structs.replace(refund, amount_minor=amount_minor)
        refund_order(source=source, order_external_id=number, refund=rest, at=at)
