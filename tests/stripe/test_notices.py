"""What is read out of Stripe's deliveries, and that nothing else is."""

import json

import msgspec
import pytest

from loyalty.connectors.stripe.notices import NotUnderstood, read
from tests.cast import AT, days
from tests.stripe import shapes


@pytest.mark.parametrize("new", [False, True])
def test_invoices_and_subscriptions_of_old_and_new_versions_say_the_same(new):
    paid = read(shapes.invoice(new=new, name="evt"))
    assert (paid.invoice, paid.subscription, paid.payment, paid.amount_minor) == (
        "in_1",
        "sub_1",
        "pi_1",
        3_900,
    )
    assert (paid.period_start, paid.period_end, paid.created) == (AT, AT + days(31), AT)
    told = read(shapes.subscription("past_due", membership="pmb_x", cancels=True, new=new))
    assert (told.status, told.membership, told.cancels_at_end, told.period_end) == (
        "past_due", "pmb_x", True, AT + days(30)
    )  # fmt: skip


def test_a_checkout_names_our_membership_and_only_of_a_subscription():
    found = read(shapes.checkout("pmb_x"))
    assert (found.membership, found.subscription, found.customer) == ("pmb_x", "sub_1", "cus_1")
    once = shapes.checkout("pmb_x")
    once["data"]["object"] |= {"mode": "payment", "subscription": None}
    assert read(once).subscription == ""


def test_ids_are_read_where_the_whole_object_was_sent():
    sent = shapes.invoice()
    sent["data"]["object"] |= {"subscription": {"id": "sub_9"}, "payment_intent": {"id": "pi_9"}}
    assert (read(sent).subscription, read(sent).payment) == ("sub_9", "pi_9")


def test_parts_of_a_period_do_not_make_the_period():
    sent = shapes.invoice()
    early = {"start": shapes.stamp(AT - days(9)), "end": shapes.stamp(AT + days(99))}
    sent["data"]["object"]["lines"]["data"].append({"id": "il_2", "proration": True, "period": early})
    assert read(sent).period_end == AT + days(31)


def test_nothing_of_a_person_is_taken_out():
    for sent in (shapes.checkout("pmb_x"), shapes.invoice(), shapes.refund(1)):
        kept = json.dumps(msgspec.to_builtins(read(sent)))
        assert "ana" not in kept.lower()


@pytest.mark.parametrize(
    "sent",
    [None, [], 7, "x", {}, {"id": "evt", "type": "invoice.paid"}, {**shapes.invoice(), "created": "now"},
     {**shapes.invoice(), "created": True}, {**shapes.invoice(), "created": 10**30}, {**shapes.invoice(), "data": []},
     {**shapes.invoice(), "id": ""}, {**shapes.invoice(), "data": {"object": []}},
     {**shapes.invoice(), "data": {"object": {"id": "in", "lines": {"data": [{"period": {}}]}}}}],
)  # fmt: skip
def test_what_is_no_event_is_not_understood(sent):
    with pytest.raises(NotUnderstood):
        read(sent)


def test_kinds_that_mean_nothing_here_are_read_all_the_same():
    assert read(shapes.event("payout.paid", {"id": "po_1"})).subscription == ""
