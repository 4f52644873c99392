"""What the engine looks at: plain values, no database, no clock.

What a programme needs of this is told by `members.rules.needs`; the rest may stay empty. **Under a lock**: orders
that arrive together must not all be the first, nor share one remainder. So what `Need.locked` names (`orders_count`,
`last_order_at`, `given`, `Facts.budgets`) must still be so when the decision is written: read while the member's row of
counts and the budget's are locked, or looked at again once they are (as `operations/orders.sql` does, and has it
decided once more if it is not). Everything else may be read without. A quote, a preview and a back-test lock nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from msgspec import Struct

_NONE: Mapping[Any, Any] = MappingProxyType({})


class LineKind(StrEnum):
    """What a line of an order is. Which kinds earn is the programme's decision."""

    PRODUCT = "product"
    GIFT_CARD = "gift_card"
    SHIPPING = "shipping"
    TAX = "tax"
    FEE = "fee"
    TIP = "tip"


class Period(StrEnum):
    """How long a limit counts, in the merchant's zone; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    LIFETIME = "lifetime"


class LineFacts(Struct, frozen=True, gc=False):
    """One line. `amount_minor` is the line's total after its own discounts, in minor units of the order's
    currency. A year has millions of them, so each weighs little."""

    number: int
    sku: str
    amount_minor: int
    quantity: str = "1"
    kind: LineKind = LineKind.PRODUCT
    name: str = ""
    category: str = ""
    brand: str = ""
    tags: frozenset[str] = frozenset()

    @property
    def items(self) -> int:
        """How many things the line is: its quantity when that is whole; what is weighed or measured is one thing."""
        if self.quantity.isdigit():
            return int(self.quantity)
        exact = Decimal(self.quantity)
        return int(exact) if exact == exact.to_integral_value() else 1


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order as the engine sees it. `discount_minor` and `points_minor` (the part paid with points) apply
    to the whole order and are spread over its lines by amount."""

    currency: str
    lines: tuple[LineFacts, ...]
    discount_minor: int = 0
    points_minor: int = 0
    channel: str = ""
    location: str = ""
    payment_method: str = ""

    @property
    def paid_minor(self) -> int:
        """What the order cost in all: every line, less the order's discount."""
        return sum(line.amount_minor for line in self.lines) - self.discount_minor


NO_ORDER = OrderFacts("", ())


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """Something a member did that is no purchase: "review", "account_created", "birthday", or any name of the shop's
    own. `product` is the thing it is about, if any; its amount does not count."""

    kind: str
    properties: Mapping[str, str | int | bool] = _NONE
    product: LineFacts | None = None
    channel: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Happened:
    """Something earlier: a purchase of `sku` (`kind` "purchase"), or an activity about it ("" for none)."""

    kind: str
    at: datetime
    sku: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What one rule has given one member: when nearest to `at` (before it, unless `at` came in late), how often and how
    many units, in each period that `at` lies in (`members.rules.usage.bounds`). Read under the member's lock."""

    last_at: datetime | None = None
    times: Mapping[Period, int] = _NONE
    units: Mapping[Period, int] = _NONE


@dataclass(frozen=True, slots=True)
class Spent:
    """What has gone out of one budget, to all members: units, and what they cost by the price they had then, in
    minor units. Read under the budget's lock."""

    units: int = 0
    cost_minor: Decimal = Decimal(0)

    def plus(self, units: int, unit_cost: Decimal) -> "Spent":
        """With so many more units at that cost each."""
        return Spent(self.units + units, self.cost_minor + units * unit_cost)


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What is known of the member before this happened. `past` needs only the kinds and the time that
    `members.rules.needs.of` asks for; `given` is by rule id; `orders_in` counts purchases within the period that `at`
    lies in, `bought` those with a product, by (days back, SKU)."""

    joined_at: datetime | None = None
    orders_count: int = 0
    spend_minor: int = 0
    last_order_at: datetime | None = None
    blocked: bool = False
    birthday: date | None = None
    tier: str = ""
    segments: frozenset[str] = frozenset()
    past: tuple[Happened, ...] = ()
    orders_in: Mapping[Period, int] = _NONE
    bought: Mapping[tuple[int, str], int] = _NONE
    given: Mapping[str, Given] = _NONE


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything one decision may use: a purchase (`order`) or an `activity`. `zone` is the merchant's time zone;
    `budgets` is by budget id."""

    order: OrderFacts = NO_ORDER
    member: MemberFacts = field(default_factory=MemberFacts)
    zone: str = "UTC"
    activity: ActivityFacts | None = None
    budgets: Mapping[str, Spent] = _NONE
