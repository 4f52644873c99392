"""The shape of orders and refunds as they come in: the API, imports, connectors and the demo all fill these.

Types and ranges are checked while decoding; `problems` finds what a type cannot say. Money is in minor units.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from loyalty.core.money import MAX_MINOR
from members.rules.facts import LineFacts, LineKind, OrderFacts

# `$` alone would also match before a last line break; `\d` would also take digits of other scripts.
_VISIBLE = r"^[^\x00-\x1f\x7f]*$(?!\n)"
Text40 = Annotated[str, Meta(max_length=40, pattern=_VISIBLE)]
Text60 = Annotated[str, Meta(max_length=60, pattern=_VISIBLE)]
Text100 = Annotated[str, Meta(max_length=100, pattern=_VISIBLE)]
Text200 = Annotated[str, Meta(max_length=200, pattern=_VISIBLE)]
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
Minor = Annotated[int, Meta(ge=0, le=MAX_MINOR)]
Instant = Annotated[datetime, Meta(tz=True)]
Quantity = Annotated[str, Meta(pattern=r"^[0-9]{1,10}(\.[0-9]{1,3})?$(?!\n)")]
MOST_LINES = 500
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class MemberRef(Struct, forbid_unknown_fields=True, frozen=True):
    """Which member: exactly one of these."""

    id: Text100 | None = None
    external_id: Text100 | None = None
    email: Text200 | None = None
    phone: Text40 | None = None
    card: Text100 | None = None

    def given(self) -> list[tuple[str, str]]:
        """The ways that are filled in, as (kind, value)."""
        pairs = (
            ("id", self.id),
            ("external", self.external_id),
            ("email", self.email),
            ("phone", self.phone),
            ("card", self.card),
        )
        return [(kind, value) for kind, value in pairs if value]


class NewLine(Struct, forbid_unknown_fields=True, frozen=True):
    """One line. `amount_minor` is the line's total after its own discounts; `discount_minor` says how much
    they were. Name, category, brand and tags that are left out come from the catalogue of products, if it knows the
    `sku`."""

    sku: Name
    amount_minor: Minor
    quantity: Quantity = "1"
    kind: LineKind = LineKind.PRODUCT
    name: Text200 = ""
    category: Text100 = ""
    brand: Text100 = ""
    tags: Annotated[tuple[Text60, ...], Meta(max_length=20)] = ()
    discount_minor: Minor = 0


class NewOrder(Struct, forbid_unknown_fields=True, frozen=True):
    """An order. `member` None is a guest; `points_minor` is the part paid with points; `source` names the
    shop system."""

    external_id: Name
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]
    placed_at: Instant
    lines: Annotated[tuple[NewLine, ...], Meta(min_length=1, max_length=MOST_LINES)]
    member: MemberRef | None = None
    source: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9_.-]+$(?!\n)")] = "api"
    discount_minor: Minor = 0
    points_minor: Minor = 0
    channel: Annotated[str, Meta(max_length=20, pattern=r"^[a-z0-9_-]*$(?!\n)")] = ""
    location: Text60 = ""
    payment_method: Text40 = ""

    @property
    def total_minor(self) -> int:
        """What the order cost in all, points included."""
        return sum(line.amount_minor for line in self.lines) - self.discount_minor

    def facts(self) -> OrderFacts:
        """As the engine sees it; lines are numbered from 1."""
        return OrderFacts(
            currency=self.currency,
            lines=tuple(
                LineFacts(
                    number,
                    line.sku,
                    line.amount_minor,
                    line.quantity,
                    line.kind,
                    line.name,
                    line.category,
                    line.brand,
                    frozenset(line.tags),
                )
                for number, line in enumerate(self.lines, start=1)
            ),
            discount_minor=self.discount_minor,
            points_minor=self.points_minor,
            channel=self.channel,
            location=self.location,
            payment_method=self.payment_method,
        )


class RefundedLine(Struct, forbid_unknown_fields=True, frozen=True):
    """Money back for one line, by its number (from 1)."""

    number: Annotated[int, Meta(ge=1, le=MOST_LINES)]
    amount_minor: Annotated[int, Meta(ge=1, le=MAX_MINOR)]


class NewRefund(Struct, forbid_unknown_fields=True, frozen=True):
    """Money back: for certain lines, an amount on the whole order, or both. `external_id` names the
    refund."""

    external_id: Name
    refunded_at: Instant
    lines: Annotated[tuple[RefundedLine, ...], Meta(max_length=MOST_LINES)] = ()
    amount_minor: Minor = 0


def time_problem(field: str, instant: datetime, at: datetime) -> list[tuple[str, str]]:
    """A business time must carry its zone and lie between 2000 and tomorrow."""
    if instant.tzinfo is None:
        return [(field, "Give the time with its zone, like 2026-11-21T14:02:00+01:00.")]
    if not EARLIEST <= instant <= at + timedelta(days=1):
        return [(field, "The time must lie between the year 2000 and tomorrow.")]
    return []


def order_problems(order: NewOrder, *, currency: str, at: datetime) -> list[tuple[str, str]]:
    """What is wrong with an order beyond its types, as (field, sentence). `currency` is the shop's."""
    problems = time_problem("placed_at", order.placed_at, at)
    if order.currency != currency:
        problems.append(("currency", f"This shop's currency is {currency}."))
    gross = sum(line.amount_minor for line in order.lines)
    if gross > MAX_MINOR:
        problems.append(("lines", "The order is too large."))
    if order.discount_minor > gross:
        problems.append(("discount_minor", "The discount is larger than the order."))
    elif order.points_minor > gross - order.discount_minor:
        problems.append(("points_minor", "More was paid with points than the order cost."))
    if order.member is not None and len(order.member.given()) != 1:
        problems.append(("member", "Name the member in exactly one way."))
    return problems


def refund_problems(refund: NewRefund, *, at: datetime) -> list[tuple[str, str]]:
    """What is wrong with a refund beyond its types."""
    problems = time_problem("refunded_at", refund.refunded_at, at)
    numbers = [line.number for line in refund.lines]
    if len(set(numbers)) != len(numbers):
        problems.append(("lines", "Each line at most once."))
    if not refund.lines and not refund.amount_minor:
        problems.append(("amount_minor", "Say which lines or how much was refunded."))
    return problems
