"""What the engine looks at: plain values, no database, no clock."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class LineKind(StrEnum):
    """What a line of an order is. Which kinds earn is the programme's decision."""

    PRODUCT = "product"
    GIFT_CARD = "gift_card"
    SHIPPING = "shipping"
    TAX = "tax"
    FEE = "fee"
    TIP = "tip"


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line. `amount_minor` is the line's total after its own discounts, in minor units of the order's
    currency."""

    number: int
    sku: str
    amount_minor: int
    quantity: str = "1"
    kind: LineKind = LineKind.PRODUCT
    name: str = ""
    category: str = ""
    brand: str = ""
    tags: frozenset[str] = frozenset()


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


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What is known of the member before this order."""

    joined_at: datetime | None = None
    orders_count: int = 0
    spend_minor: int = 0
    last_order_at: datetime | None = None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything one decision may use. `zone` is the merchant's time zone."""

    order: OrderFacts
    member: MemberFacts = field(default_factory=MemberFacts)
    zone: str = "UTC"
