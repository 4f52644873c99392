"""Connect Stripe, see whether it is connected, and send a member to pay."""

from datetime import datetime
from typing import Annotated

from django.urls import path, reverse
from msgspec import Meta, Struct

from loyalty.connectors.stripe import operations
from loyalty.connectors.stripe.gateway import StripeAway, StripeRefused
from loyalty.connectors.stripe.models import StripeAccount
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.spec import endpoint
from loyalty.core.errors import InvalidInput

Secret = Annotated[str, Meta(min_length=12, max_length=255, pattern=r"^[A-Za-z0-9_]+$(?!\n)")]
Address = Annotated[str, Meta(min_length=8, max_length=2000, pattern=r"^[^\x00-\x20\x7f]+$(?!\n)")]


class StripeKeys(Struct, forbid_unknown_fields=True, frozen=True):
    """The account's secret key and the signing secret of its webhook endpoint. Kept encrypted, never shown again."""

    secret_key: Secret
    webhook_secret: Secret


class WhereTo(Struct, forbid_unknown_fields=True, frozen=True):
    """Where the member comes back to when they have paid, and when they have not. Both begin with https://."""

    success_url: Address
    cancel_url: Address


class StripeConnection(Struct):
    """Whether Stripe is connected, with the end of the key to recognise it by. `hook_url` is the address to give to
    Stripe for its webhooks."""

    connected: bool
    live: bool
    key_hint: str
    connected_at: datetime | None
    hook_url: str


class CheckoutPage(Struct):
    """The page on which the member pays."""

    membership: str
    url: str


def _told(call: Call, row: StripeAccount | None) -> StripeConnection:
    hook = call.request.build_absolute_uri(reverse("stripe_hook", args=[call.credential.merchant.slug]))
    if row is None:
        return StripeConnection(False, False, "", None, hook)
    return StripeConnection(True, row.live, row.hint, row.connected_at, hook)


class Connection(Endpoint):
    @endpoint(
        summary="Read the Stripe connection", scope="integrations:write", answers={200: StripeConnection}
    )
    def get(self, call: Call) -> StripeConnection:
        """Without its keys."""
        return _told(call, operations.account())

    @endpoint(
        summary="Connect Stripe",
        scope="integrations:write",
        body=StripeKeys,
        example={"secret_key": "sk_test_0123456789abcdef", "webhook_secret": "whsec_0123456789abcdef"},
        answers={200: StripeConnection},
    )
    def put(self, call: Call) -> StripeConnection:
        """Or another account, or other keys. Without it memberships are paid at the till and by invoice."""
        body = call.body
        row = operations.connect(secret_key=body.secret_key, webhook_secret=body.webhook_secret, at=call.at)
        return _told(call, row)

    @endpoint(summary="Disconnect Stripe", scope="integrations:write", answers={204: None})
    def delete(self, call: Call) -> tuple[int, None]:
        """Forgets the keys. Memberships stay as they are."""
        operations.disconnect(at=call.at)
        return 204, None


class MembershipCheckout(Endpoint):
    @endpoint(
        summary="Open a checkout for a paid membership",
        scope="memberships:write",
        body=WhereTo,
        moves_value=True,
        example={
            "success_url": "https://shop.example.com/thanks",
            "cancel_url": "https://shop.example.com/plans",
        },
        answers={201: CheckoutPage},
        refuses=(operations.StripeNotConnected, operations.NoCheckout, StripeRefused, StripeAway),
    )
    def post(self, call: Call, id: str) -> tuple[int, CheckoutPage]:  # noqa: A002 - the address's own word
        """For a membership started with the method stripe that waits for its first payment. Send the member to the
        page; the membership runs when Stripe has told that it is paid, or that its trial has begun."""
        for field in ("success_url", "cancel_url"):
            if not getattr(call.body, field).startswith("https://"):
                raise InvalidInput.of(field, "The address begins with https://.")
        membership = ids.decode("pmb", id)
        url = operations.open_checkout(
            membership=membership, success_url=call.body.success_url, cancel_url=call.body.cancel_url,
            key=call.natural_key,
        )  # fmt: skip
        return 201, CheckoutPage(ids.encode("pmb", membership), url)


urlpatterns = [
    path("integrations/stripe", Connection.as_view()),
    path("memberships/<str:id>/checkout", MembershipCheckout.as_view()),
]
