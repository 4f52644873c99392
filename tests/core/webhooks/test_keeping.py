"""What is kept of deliveries, in what form, and when it goes."""

import json

import pytest

from loyalty.core import clock
from loyalty.core.events.models import Event
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import SYSTEM, acting_for
from loyalty.core.vault import Unreadable
from loyalty.core.webhooks import forgetting, operations, tasks, vault
from loyalty.core.webhooks.models import Delivery, Endpoint
from members.operations.membership import block
from members.operations.privacy import erase_member
from tests.cast import AT, MARA, days, person
from tests.core.webhooks.hand import go_out, listen, make_due, row, statuses
from tests.core.webhooks.receiver import Receiver
from tests.core.webhooks.test_delivering import joined

pytestmark = pytest.mark.django_db


def test_a_lost_server_key_is_a_failure_that_says_so(quiet: Merchant, receiver: Receiver, settings):
    listen(quiet, receiver.url, "member.*")
    joined(quiet, "ana")
    settings.SECRET_KEY = "another one altogether"
    go_out()
    assert (row(quiet).status, row(quiet).error, receiver.told) == ("waiting", "secret_lost", [])


def test_a_rolled_server_key_still_opens_what_the_old_one_closed(
    quiet: Merchant, receiver: Receiver, settings
):
    _made, secret = listen(quiet, receiver.url, "member.*")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the new one", [settings.SECRET_KEY]
    joined(quiet, "ana")
    go_out()
    assert receiver.told[0].is_signed_with(secret)
    with pytest.raises(Unreadable):
        vault.opened("nonsense")


def test_of_an_answer_a_thousand_bytes_are_kept_as_plain_text(quiet: Merchant, receiver: Receiver):
    receiver.says = b"a\x00\x1b[31m\xff\n" + b"x" * 5000
    listen(quiet, receiver.url, "member.*")
    joined(quiet, "ana")
    go_out()
    kept = row(quiet)
    assert kept.status == "delivered" and len(kept.response.encode()) <= 1100
    assert kept.response.startswith("a\ufffd\ufffd[31m\ufffd\nxxx") and "\x00" not in json.dumps(kept.log)


def test_what_was_answered_about_a_person_goes_with_the_person(quiet: Merchant, receiver: Receiver):
    receiver.says = b"thanks, Ana Alm"
    listen(quiet, receiver.url, "member.*")
    with acting_for(quiet, by=MARA):
        ana = person("ana", given_name="Ana")
        person("ben")
        block(member=ana.pk, reason="rude", at=AT)
    go_out()
    with acting_for(quiet, by=MARA):
        erase_member(member=ana.pk, at=AT)
        about = {event.pk for event in Event.objects.filter(subject=ana.pk)}
        for one in Delivery.objects.all():
            assert bool(one.response or one.log) == (one.event_number not in about)
        assert Delivery.objects.filter(event_number__in=about).count() == 2
    go_out()
    assert [event["kind"] for event in receiver.events()][-1] == "member.erased"


def test_a_reason_that_was_taken_out_is_not_told_later(quiet: Merchant, receiver: Receiver):
    receiver.answers = [500, 500]
    listen(quiet, receiver.url, "member.blocked")
    with acting_for(quiet, by=MARA):
        ana = person("ana")
        block(member=ana.pk, reason="rude at the till", at=AT)
    go_out()
    assert receiver.events()[0]["data"] == {"reason": "rude at the till"}
    with acting_for(quiet, by=MARA):
        erase_member(member=ana.pk, at=AT)
    make_due(quiet, clock.now())
    go_out()
    assert receiver.events()[1]["data"] == {}


def test_what_is_old_is_forgotten_and_what_waits_is_not(quiet: Merchant, receiver: Receiver):
    made, _secret = listen(quiet, receiver.url, "member.*")
    joined(quiet, "ana", "ben")
    go_out()
    receiver.status = 500
    joined(quiet, "cleo")
    go_out()
    with acting_for(quiet, by=MARA):
        first = Delivery.objects.order_by("id").first()
        Delivery.objects.exclude(pk=Delivery.objects.order_by("id")[1].pk).update(
            created_at=clock.now() - days(31)
        )
    assert tasks.forget_old() == 1
    assert statuses(quiet) == ["delivered", "waiting"]
    with acting_for(quiet, by=MARA):
        assert not Delivery.objects.filter(pk=first.pk).exists()
        operations.remove_endpoint(endpoint=made.pk, at=clock.now() - days(32))
        Delivery.objects.update(created_at=clock.now() - days(31))
    with acting_for(quiet, by=SYSTEM):
        assert forgetting.forget_before(before=clock.now() - days(30), most=1) == 1
        assert forgetting.forget_before(before=clock.now() - days(30)) == 1
        assert forgetting.forget_before(before=clock.now() - days(30)) == 0
        assert not Endpoint.objects.exists()
