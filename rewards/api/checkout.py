"""Points as money at the checkout: how many may be used, and setting them aside for an order."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.spec import Points, Rehearsal, endpoint
from loyalty.core.money import MAX_MINOR
from members.queries.wallet import wallet
from rewards.api import shapes
from rewards.operations.checkout import AlreadyPaid, CannotPay, pay_with_points, quote_payment
from rewards.operations.redemption import NotEligible
from rewards.rules.eligibility import Missing

OrderMinor = Annotated[int, Meta(ge=1, le=MAX_MINOR)]
OrderName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
ASKED = {
    "member": "mbr_01m6k3q8r6e3vabq7m6w0t9d2c",
    "reward": "rwd_01m6k3q8r6e3vabq7m6w0t9d2d",
    "order_minor": 40_000,
}


class PaymentAsked(Struct, forbid_unknown_fields=True, frozen=True):
    """Whose points, by which reward, on an order of how much in minor units."""

    member: shapes.Id
    reward: shapes.Id
    order_minor: OrderMinor
    channel: shapes.Channel = ""


class PaymentQuote(Struct):
    """At most `points` may be used and pay `minor`; at least `least_points`. `minor_left` is to be paid otherwise.
    `missing`: every reason why none may."""

    member: str
    reward: str
    balance: int
    points: int
    minor: int
    least_points: int
    minor_left: int
    missing: tuple[Missing, ...]


class NewPayment(Struct, forbid_unknown_fields=True, frozen=True):
    """`points` of the member for the order with the shop's own id `order_external_id`, of `order_minor` in all. They
    wait for it `hold_minutes`."""

    member: shapes.Id
    reward: shapes.Id
    points: Points
    order_minor: OrderMinor
    order_external_id: OrderName
    channel: shapes.Channel = ""
    hold_minutes: Annotated[int, Meta(ge=1, le=43_200)] = 1440


class PointsPaymentQuote(Endpoint):
    @endpoint(
        summary="Quote paying with points", scope="rewards:read", body=PaymentAsked, query=Rehearsal, example=ASKED,
        answers={200: PaymentQuote},
    )  # fmt: skip
    def post(self, call: Call) -> PaymentQuote:
        """How many points may be used on an order, and what they pay. Writes nothing and sets nothing aside."""
        held = wallet(ids.decode("mbr", call.body.member))
        found = quote_payment(
            member=held.member, reward=ids.decode("rwd", call.body.reward), order_minor=call.body.order_minor,
            at=call.at, channel=call.body.channel,
        )  # fmt: skip
        return PaymentQuote(
            ids.encode("mbr", held.member), ids.encode("rwd", found.reward), found.has, found.points, found.minor,
            found.least_points, found.minor_left, found.missing,
        )  # fmt: skip


class PointsPayments(Endpoint):
    @endpoint(
        summary="Pay with points", scope="redemptions:write", body=NewPayment, query=Rehearsal, moves_value=True,
        example={**ASKED, "points": 1000, "order_external_id": "1001"},
        answers={201: shapes.Redemption, 200: shapes.Redemption}, refuses=(NotEligible, CannotPay, AlreadyPaid),
    )  # fmt: skip
    def post(self, call: Call) -> tuple[int, shapes.Redemption]:
        """Sets the points aside; `value` is what they pay. Record the order with that in `points_minor`, and they are
        spent; release the redemption, or let the time go by, and they are back. When the order is refunded, points
        come back in proportion, and money only for what was paid with money. 200 for a rehearsal."""
        row = pay_with_points(
            member=ids.decode("mbr", call.body.member), reward=ids.decode("rwd", call.body.reward),
            points=call.body.points, order_minor=call.body.order_minor,
            order_external_id=call.body.order_external_id, key=call.natural_key, at=call.at,
            hold=timedelta(minutes=call.body.hold_minutes), channel=call.body.channel,
        )  # fmt: skip
        return (200 if call.dry_run else 201), shapes.redemption(row, [], dry_run=call.dry_run)
