"""Memberships that Stripe runs: each delivery once, in any order; and what is decided here is told to Stripe."""

import itertools
import random
from typing import Any

import pytest

from loyalty.connectors.stripe import consumers, operations
from loyalty.connectors.stripe.gateway import Checkout
from loyalty.connectors.stripe.hooks import STRIPE
from loyalty.connectors.stripe.models import StripeAccount, StripeEvent
from loyalty.connectors.stripe.notices import read
from loyalty.core import ids
from loyalty.core.errors import InvalidInput
from loyalty.core.events.models import Event
from loyalty.core.tenancy.scope import acting_for
from members.models import MembershipPayment, PaidMembership, SegmentPlace
from members.operations import provider_memberships
from members.operations.membership_payments import refund_membership
from members.operations.paid_memberships import (
    cancel_membership,
    live_through,
    resume_membership,
    start_membership,
)
from tests.cast import AT, days, publish
from tests.stripe import shapes

MONTHLY = {
    "id": "plus",
    "price_minor": 3_900,
    "period": "month",
    "grace_days": 10,
    "name": {"en": "Luna Plus"},
}
KEYS = {"secret_key": "sk_test_0123456789", "webhook_secret": "whsec_0123456789"}


@pytest.fixture
def row(cafe, ana):
    publish(membership_plans={"plans": [MONTHLY], "on_refund": "full"})
    operations.connect(**KEYS, at=AT)
    return start_membership(member=ana.pk, plan="plus", key="k", at=AT, method="stripe").membership


def named(row):
    return ids.encode("pmb", row.pk)


def take(row, *sent, at=AT):
    """Stripe tells these, one after the other; how each was taken."""
    with acting_for(row.merchant_id, by=STRIPE):
        return [operations.take_notice(notice=read(one), at=at).status for one in sent]


def now(row):
    row.refresh_from_db()
    return row


def covered(row, at):
    return SegmentPlace.objects.filter(member=row.member_id, segment="plan-plus", until__gt=at).exists()


# --- what Stripe says -----------------------------------------------------------------------------------------------


def test_checkout_and_invoice_make_it_active_until_the_period_stripe_names(row):
    assert take(row, shapes.checkout(named(row)), shapes.invoice()) == ["applied", "applied"]
    assert (now(row).status, row.paid_until, row.covered_until) == ("active", AT + days(31), AT + days(41))
    assert (row.provider_subscription, row.provider_customer) == ("sub_1", "cus_1")
    assert covered(row, AT + days(40))
    renewal = shapes.invoice(since=AT + days(31), number="in_2", payment="pi_2", at=AT + days(31))
    take(row, renewal, at=AT + days(31))
    assert now(row).paid_until == AT + days(62)


def test_every_order_of_arrival_and_every_repetition_end_the_same(row):
    story = [
        shapes.checkout(named(row), name="evt_a", at=AT),
        shapes.subscription("active", name="evt_b", at=AT + days(0.01), kind="created"),
        shapes.invoice(name="evt_c", at=AT + days(0.02)),
        shapes.invoice(name="evt_d", at=AT + days(0.02), kind="invoice.payment_succeeded"),
        shapes.subscription("active", name="evt_e", at=AT + days(1), cancels=True),
        shapes.refund(1_000, name="evt_f", at=AT + days(2)),
    ]
    orders = list(itertools.permutations(story))
    from django.db import transaction

    for order in random.Random(7).sample(orders, 60):
        with transaction.atomic():
            take(row, *order, *order[:2], at=AT + days(3))
            found = now(row)
            payment = MembershipPayment.objects.get()
            assert (found.status, found.paid_until, found.cancels_at_end) == (
                "active",
                AT + days(31),
                True,
            ), order
            assert (payment.amount_minor, payment.refunded_minor) == (3_900, 1_000)
            assert StripeEvent.objects.filter(status="applied").count() == len(story)
            assert covered(row, AT + days(30))
            transaction.set_rollback(True)


def test_what_comes_before_its_membership_is_known_waits(row):
    early = [shapes.subscription("active", kind="created"), shapes.invoice()]
    assert take(row, *early) == ["parked", "parked"]
    assert now(row).status == "pending"
    assert take(row, shapes.checkout(named(row))) == ["applied"]
    assert now(row).status == "active"
    assert not StripeEvent.objects.exclude(status="applied").exists()


def test_our_reference_on_the_subscription_is_enough(row):
    told = shapes.subscription("trialing", membership=named(row), kind="created")
    assert take(row, told, shapes.invoice()) == ["applied", "applied"]
    assert now(row).status == "active"


def test_old_news_does_not_undo_new(row):
    take(row, shapes.checkout(named(row)), shapes.invoice())
    newer = shapes.subscription(cancels=False, at=AT + days(5))
    older = shapes.subscription(cancels=True, at=AT + days(4))
    take(row, newer, older, at=AT + days(6))
    assert not now(row).cancels_at_end


def test_a_trial_is_an_invoice_of_nothing_and_is_once(row, ana):
    until = AT + days(14)
    assert take(row, shapes.checkout(named(row)), shapes.invoice(0, until=until, payment=""))[1] == "applied"
    assert (now(row).status, row.trial_until) == ("trial", until)
    publish(membership_plans={"plans": [{**MONTHLY, "trial_days": 14}], "on_refund": "full"})
    assert provider_memberships.trial_days(row) == 0
    take(row, shapes.invoice(since=until, number="in_2"), at=until)
    assert (now(row).status, row.paid_until) == ("active", until + days(31))


def test_a_payment_that_fails_has_grace_and_lapses(row):
    take(row, shapes.checkout(named(row)), shapes.invoice())
    missed = AT + days(31.1)
    take(row, shapes.invoice(kind="invoice.payment_failed", number="in_2", at=missed), at=missed)
    assert (now(row).status, covered(row, missed)) == ("grace", True)
    live_through(at=AT + days(42))
    assert (now(row).end, covered(row, AT + days(42))) == ("lapsed", False)
    late = shapes.invoice(
        since=AT + days(31), until=AT + days(62), number="in_2", payment="pi_2", at=AT + days(43)
    )
    take(row, late, at=AT + days(43))
    assert (now(row).status, row.paid_until) == ("active", AT + days(62))


def test_ended_there_it_ends_here(row):
    take(row, shapes.checkout(named(row)), shapes.invoice())
    take(row, shapes.subscription("canceled", kind="deleted", at=AT + days(1)), at=AT + days(1))
    assert (now(row).end, covered(row, AT + days(1))) == ("cancelled", False)
    # Money for what has ended is not taken silently.
    assert take(row, shapes.invoice(number="in_9", payment="pi_9"), at=AT + days(2)) == ["ignored"]
    assert "membership_ended" in StripeEvent.objects.latest("received_at").note
    assert Event.objects.filter(kind="stripe.refused").count() == 1


def test_all_of_it_given_back_there_ends_the_perks(row):
    take(row, shapes.checkout(named(row)), shapes.invoice(), shapes.refund(3_900))
    assert (now(row).end, covered(row, AT)) == ("refunded", False)


def test_another_mode_another_kind_and_another_subscription_change_nothing(row, ben):
    assert (
        take(row, shapes.checkout(named(row), live=True), shapes.event("payout.paid", {"id": "po"}))
        == ["ignored"] * 2
    )
    assert now(row).provider_subscription == ""
    take(row, shapes.checkout(named(row)))
    assert take(row, shapes.checkout(named(row), subscription="sub_2")) == ["ignored"]
    other = start_membership(member=ben.pk, plan="plus", key="b", at=AT, method="stripe").membership
    assert take(row, shapes.checkout(named(other))) == ["ignored"]
    assert (now(row).provider_subscription, now(other).provider_subscription) == ("sub_1", "")


def test_another_shops_membership_is_not_found(row, other_shop):
    with acting_for(other_shop, by=STRIPE):
        operations.connect(**KEYS, at=AT)
        found = operations.take_notice(notice=read(shapes.checkout(named(row))), at=AT)
        assert found.status == "parked"
    assert now(row).provider_subscription == ""


# --- what we say to Stripe ------------------------------------------------------------------------------------------


class Fake:
    """A gateway that notes what it is asked."""

    asked: list[tuple[Any, ...]] = []

    def __init__(self, secret_key: str):
        assert secret_key == KEYS["secret_key"]

    def __getattr__(self, name: str) -> Any:
        return lambda *args, key, **more: (
            Fake.asked.append((name, *args, more)) or "https://pay.example.com/1"
        )


@pytest.fixture
def asked(monkeypatch):
    monkeypatch.setattr(operations, "Gateway", Fake)
    Fake.asked = []
    return Fake.asked


def tell_all(since=0):
    """Run the consumers of everything that happened, as the outbox would."""
    work = {
        "membership.cancelled": consumers.tell_of_the_end, "membership.resumed": consumers.tell_of_the_end,
        "membership.ended": consumers.end_it_there, "membership.refunded": consumers.send_it_back,
        "membership.price_changes": consumers.charge_the_new_price,
    }  # fmt: skip
    for event in Event.objects.filter(pk__gt=since).order_by("pk"):
        if event.kind in work:
            work[event.kind](event)


def test_what_staff_decide_is_told_and_what_stripe_said_is_not(row, asked):
    take(
        row, shapes.checkout(named(row)), shapes.invoice(), shapes.subscription(cancels=True, at=AT + days(1))
    )
    tell_all()
    assert asked == []
    resume_membership(membership=row.pk, at=AT + days(2))
    cancel_membership(membership=row.pk, at=AT + days(3))
    publish(at=AT, membership_plans={"plans": [{**MONTHLY, "price_minor": 4_900}], "on_refund": "full"})
    live_through(at=AT + days(3))
    refund_membership(membership=row.pk, reason="moved", at=AT + days(4))
    tell_all()
    assert asked == [
        ("cancel_at_end", "sub_1", {"cancels": False}),
        ("cancel_at_end", "sub_1", {"cancels": True}),
        ("change_price", "sub_1", {"price_minor": 4_900}),
        ("refund", "pi_1", {"amount_minor": 3_900}),
        ("cancel_now", "sub_1", {}),
    ]


def test_a_shop_without_stripe_tells_nobody(row, asked):
    take(row, shapes.checkout(named(row)), shapes.invoice())
    operations.disconnect(at=AT)
    cancel_membership(membership=row.pk, at=AT)
    tell_all()
    assert asked == []


def test_the_consumers_are_registered():
    from loyalty.core.events.consumers import interested

    for kind in ("cancelled", "resumed", "ended", "refunded", "price_changes"):
        assert any("connectors.stripe" in name for name in interested(f"membership.{kind}")), kind


def test_a_checkout_has_the_plan_the_price_and_the_trial_of_who_never_had_one(row, asked):
    publish(membership_plans={"plans": [{**MONTHLY, "trial_days": 14}], "on_refund": "full"})
    url = operations.open_checkout(
        membership=row.pk, success_url="https://s", cancel_url="https://c", key="k"
    )
    assert url == "https://pay.example.com/1"
    ((name, wanted, _more),) = asked
    assert (name, wanted) == (
        "checkout",
        Checkout(named(row), "Luna Plus", 3_900, "SEK", "month", 14, "https://s", "https://c"),
    )
    take(row, shapes.checkout(named(row)), shapes.invoice())
    with pytest.raises(operations.NoCheckout):
        operations.open_checkout(membership=row.pk, success_url="https://s", cancel_url="https://c", key="k")


# --- keys -----------------------------------------------------------------------------------------------------------


def test_keys_are_kept_encrypted_and_survive_a_new_server_key(cafe, settings):
    operations.connect(**KEYS, at=AT)
    kept = StripeAccount.objects.get()
    for secret in KEYS.values():
        assert secret not in f"{kept.secret_key}{kept.webhook_secret}"
    assert (kept.hint, kept.live, str(kept)) == ("6789", False, "…6789")
    assert KEYS["secret_key"] not in str(Event.objects.get(kind="stripe.connected").data)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key of the server's"
    settings.SECRET_KEY_FALLBACKS = [old]
    assert operations.webhook_secret() == KEYS["webhook_secret"]
    operations.connect(secret_key="rk_live_0123456789", webhook_secret=KEYS["webhook_secret"], at=AT)
    assert StripeAccount.objects.get().live
    operations.disconnect(at=AT)
    assert operations.webhook_secret() is None


@pytest.mark.parametrize(
    ("keys", "field"),
    [({"secret_key": "pk_test_0123456789"}, "secret_key"), ({"webhook_secret": "0123456789abc"}, "webhook_secret"),
     ({"secret_key": "sk_1"}, "secret_key")],
)  # fmt: skip
def test_what_is_no_key_is_refused_and_not_said_again(cafe, keys, field):
    with pytest.raises(InvalidInput) as refused:
        operations.connect(**{**KEYS, **keys}, at=AT)
    assert refused.value.errors[0]["field"] == field
    assert keys[field] not in str(refused.value.errors)
    assert not StripeAccount.objects.exists()


def test_a_membership_paid_through_stripe_is_marked_so(row):
    take(row, shapes.checkout(named(row)))
    assert PaidMembership.objects.get().method == "stripe"
