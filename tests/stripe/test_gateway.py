"""How Stripe's library is called, and what becomes of its trouble."""

from types import SimpleNamespace
from typing import Any

import pytest

from loyalty.connectors.stripe import gateway
from loyalty.connectors.stripe.gateway import Checkout, StripeAway, StripeRefused


class Trouble(Exception):
    def __init__(self, http_status: int | None = None, code: str | None = None):
        super().__init__(code)
        self.http_status, self.code, self.user_message = http_status, code, None


class Away(Trouble):
    pass


class Library:
    """Stripe's library as its documentation describes it, noting each call."""

    StripeError, APIConnectionError, RateLimitError = Trouble, Away, Away

    def __init__(self, trouble: Exception | None = None):
        self.calls: list[Any] = []
        self.trouble = trouble
        item = {
            "id": "si_1",
            "price": {"currency": "sek", "product": "prod_1", "recurring": {"interval": "month"}},
        }
        subs = {"update": None, "cancel": None, "retrieve": {"items": {"data": [item]}}}
        v1 = SimpleNamespace(
            checkout=SimpleNamespace(sessions=self._service("checkout", create=SimpleNamespace(url="https://pay"))),
            subscriptions=self._service("subscriptions", **subs), refunds=self._service("refunds", create=None),
        )  # fmt: skip
        self.StripeClient = lambda key: SimpleNamespace(v1=v1)

    def _service(self, service: str, **answers: Any) -> Any:
        def work(name: str) -> Any:
            def called(*named: str, **more: Any) -> Any:
                self.calls.append((f"{service}.{name}", *named, more))
                if self.trouble:
                    raise self.trouble
                return answers[name]

            return called

        return SimpleNamespace(**{name: work(name) for name in answers})


@pytest.fixture
def library(monkeypatch):
    def with_trouble(trouble: Exception | None = None) -> Library:
        made = Library(trouble)
        monkeypatch.setattr(gateway, "_library", lambda: made)
        return made

    return with_trouble


def test_calls_are_made_as_the_library_documents_them_each_with_its_key(library):
    made = library()
    way = gateway.Gateway("sk_test_x")
    wanted = Checkout("pmb_1", "Luna Plus", 3_900, "SEK", "month", 14, "https://s", "https://c")
    assert way.checkout(wanted, key="k1") == "https://pay"
    way.cancel_at_end("sub_1", cancels=True, key="k2")
    way.refund("pi_1", amount_minor=5, key="k3")
    way.refund("ch_1", amount_minor=5, key="k4")
    way.change_price("sub_1", price_minor=4_900, key="k5")
    names = [call[0] for call in made.calls]
    assert names == ["checkout.create", "subscriptions.update", "refunds.create", "refunds.create",
                     "subscriptions.retrieve", "subscriptions.update"]  # fmt: skip
    session = made.calls[0][1]
    assert session["options"] == {"idempotency_key": "k1"}
    assert session["params"]["client_reference_id"] == "pmb_1"
    assert session["params"]["subscription_data"] == {
        "metadata": {"membership": "pmb_1"},
        "trial_period_days": 14,
    }
    assert session["params"]["line_items"][0]["price_data"]["unit_amount"] == 3_900
    assert [call[1]["params"] for call in made.calls[2:4]] == [
        {"payment_intent": "pi_1", "amount": 5}, {"charge": "ch_1", "amount": 5}
    ]  # fmt: skip
    assert made.calls[5][2]["params"]["proration_behavior"] == "none"


@pytest.mark.parametrize(
    ("trouble", "refusal"),
    [(Away(), StripeAway), (Trouble(500), StripeAway), (Trouble(), StripeAway), (Trouble(402, "card_declined"), StripeRefused)],
)  # fmt: skip
def test_trouble_with_stripe_is_an_answer_and_no_bug(library, trouble, refusal):
    library(trouble)
    with pytest.raises(refusal):
        gateway.Gateway("sk_test_x").cancel_at_end("sub_1", cancels=True, key="k")


def test_what_is_gone_there_already_stays_gone(library):
    library(Trouble(404, "resource_missing"))
    gateway.Gateway("sk_test_x").cancel_now("sub_1", key="k")
    library(Trouble(400, "other"))
    with pytest.raises(StripeRefused):
        gateway.Gateway("sk_test_x").cancel_now("sub_1", key="k")
