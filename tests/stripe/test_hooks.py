"""Where Stripe delivers: what is signed counts once, and nobody else learns anything."""

import importlib
import json
import time

import pytest
from django.test import Client

from loyalty.connectors.stripe import gateway, hooks, operations
from loyalty.connectors.stripe.models import StripeEvent
from loyalty.core import ids
from loyalty.core.tenancy.scope import acting_for
from members.operations.paid_memberships import start_membership
from members.queries import paid
from tests.api.caller import Caller, key_for
from tests.cast import AT, MARA, person, publish
from tests.needs import missing
from tests.stripe import shapes
from tests.stripe.test_stripe import KEYS, MONTHLY


@pytest.fixture
def connected(luna):
    """A shop with Stripe and a membership that waits, by its public id."""
    with acting_for(luna, by=MARA):
        publish(membership_plans={"plans": [MONTHLY]})
        operations.connect(**KEYS, at=AT)
        ana = person("ana")
        row = start_membership(member=ana.pk, plan="plus", key="k", at=AT, method="stripe").membership
    return ids.encode("pmb", row.pk)


def deliver(body, *, signature="good", slug="luna"):
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().post(f"/hooks/stripe/{slug}", payload, content_type="application/json",
                         headers={"Stripe-Signature": signature})  # fmt: skip


@pytest.fixture
def believed(monkeypatch):
    """The signature is checked by a word instead of by Stripe's library."""

    def check(_payload, header, secret):
        if (header, secret) != ("good", KEYS["webhook_secret"]):
            raise gateway.BadSignature

    monkeypatch.setattr(hooks, "verify", check)


def told(luna):
    with acting_for(luna, by=MARA):
        return list(StripeEvent.objects.order_by("received_at").values_list("kind", "status"))


def test_a_delivery_counts_once_however_often_it_comes(luna, connected, believed):
    for sent in (shapes.checkout(connected, name="evt_1"), shapes.invoice(name="evt_2")):
        for _time in range(3):
            answer = deliver(sent)
            assert (answer.status_code, answer.content) == (200, b"applied\n")
    with acting_for(luna, by=MARA):
        row = paid.membership(ids.decode("pmb", connected))
        assert (row.status, row.periods) == ("active", 1)
    assert [status for _kind, status in told(luna)] == ["applied", "applied"]


def test_kinds_we_do_not_know_are_answered_with_200(luna, connected, believed):
    assert deliver(shapes.event("mandate.updated", {"id": "m"})).status_code == 200
    assert told(luna) == [("mandate.updated", "ignored")]


def test_whoever_is_not_stripe_gets_one_answer_for_everything(luna, other_shop, connected, believed):
    good = shapes.checkout(connected)
    answers = [
        deliver(good, signature="bad"), deliver(good, signature=""), deliver(good, slug="no-such-shop"),
        deliver(good, slug="ottos"), deliver(b"{", signature="bad"), deliver(b"x" * (hooks.MAX_BYTES + 1)),
    ]  # fmt: skip
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, b"not signed\n")}
    assert Client().get("/hooks/stripe/luna").status_code == 405
    assert told(luna) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"id": "evt"}', b"\xff\xfe"])
def test_a_signed_body_that_is_no_event_is_400_and_kept_nowhere(luna, connected, believed, body):
    assert deliver(body).status_code == 400
    assert told(luna) == []


def test_the_signature_is_checked_by_stripes_own_library_over_the_very_bytes(luna, connected):
    try:
        library = importlib.import_module("stripe")
    except ImportError:
        missing("Stripe's library is not installed")
    payload = json.dumps(shapes.checkout(connected))

    def signed(text=payload, *, secret=KEYS["webhook_secret"], at=None):
        stamp = int(time.time()) if at is None else at
        mark = library.WebhookSignature._compute_signature(f"{stamp}.{text}", secret)
        return f"t={stamp},v1={mark},v0=ignored"

    for header, body in (
        (signed(), payload + " "), (signed(secret="whsec_another0000"), payload), (signed(at=int(time.time()) - 301), payload),
        ("", payload), ("t=x,v1=y", payload), ("v1=" + "0" * 64, payload), ("t=1,v1=\xe9", payload),
    ):  # fmt: skip
        assert deliver(body.encode(), signature=header).status_code == 401, header
    assert told(luna) == []
    assert deliver(payload.encode(), signature=signed()).status_code == 200
    assert [status for _kind, status in told(luna)] == ["applied"]


# --- the API --------------------------------------------------------------------------------------------------------


def test_the_keys_go_in_and_never_come_out(luna):
    call = Caller(key_for(luna))
    assert call.get("integrations/stripe").json()["connected"] is False
    told_back = call("PUT", "integrations/stripe", KEYS)
    found = told_back.json()
    assert (told_back.status_code, found["connected"], found["key_hint"]) == (200, True, "6789")
    assert found["hook_url"].endswith("/hooks/stripe/luna")
    for text in (told_back.content.decode(), call.get("integrations/stripe").content.decode()):
        assert not any(secret in text for secret in KEYS.values())
    assert call("DELETE", "integrations/stripe").status_code == 204
    assert call.get("integrations/stripe").json()["connected"] is False


def test_a_checkout_needs_stripe_and_addresses_that_are_safe(luna, connected, monkeypatch):
    call = Caller(key_for(luna))
    body = {"success_url": "https://s.example.com", "cancel_url": "https://c.example.com"}
    for field in body:
        answer = call.post(f"memberships/{connected}/checkout", {**body, field: "javascript:alert(1)"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)

    class Page:
        def __init__(self, _key):
            pass

        def checkout(self, wanted, *, key):
            return f"https://pay.example.com/{wanted.reference}"

    monkeypatch.setattr(operations, "Gateway", Page)
    answer = call.post(f"memberships/{connected}/checkout", body)
    assert (answer.status_code, answer.json()["url"]) == (201, f"https://pay.example.com/{connected}")
    call("DELETE", "integrations/stripe")
    answer = call.post(f"memberships/{connected}/checkout", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "payment_service_not_connected")
