"""A shop's own addresses: what can be one, its secret, what it chose, and what becomes of what waits for it."""

from datetime import timedelta

import pytest

from loyalty.core import clock
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.events.tasks import spread
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.webhooks import operations, queries
from loyalty.core.webhooks.models import Delivery, Endpoint
from loyalty.core.webhooks.vault import opened
from tests.cast import AT, MARA, OTTO, person, publish
from tests.core.webhooks.hand import go_out, listen, of, row, statuses
from tests.core.webhooks.receiver import Receiver

pytestmark = pytest.mark.django_db
URL = "https://shop.example/hooks/points"


def test_an_address_is_added_with_a_secret_that_is_kept_encrypted(quiet: Merchant):
    made, secret = listen(quiet, URL, "points.*", "member.joined", "points.*")
    found = of(quiet, made)
    assert (found.url, found.kinds, found.status) == (URL, ["member.joined", "points.*"], "active")
    assert secret.startswith("whsec_") and secret not in found.secret and opened(found.secret) == secret
    with acting_for(quiet, by=MARA):
        event = Event.objects.get(kind="webhook.added")
    assert (event.subject, event.data) == (made.pk, {"kinds": ["member.joined", "points.*"]})
    assert URL not in str(event.data), "an address may hold a token; events are told to others"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "not_an_address"),
        ("shop.example/hooks", "not_an_address"),
        ("https://", "not_an_address"),
        ("https://shop.example:99999/", "not_an_address"),
        ("https://shop example/", "not_an_address"),
        ("https://shop.example/\x00", "not_an_address"),
        ("https://[::1/", "not_an_address"),
        ("https://shop.example/" + "x" * 2000, "not_an_address"),
        ("http://shop.example/", "not_https"),
        ("ftp://shop.example/", "not_https"),
        ("javascript://shop.example/", "not_https"),
        ("https://mara:secret@shop.example/", "has_password"),
        ("https://shop.example@10.0.0.1/", "has_password"),
        ("https://shop.example/#part", "has_fragment"),
        ("https://shop.example:22/", "port"),
        ("https://localhost/", "not_public"),
        ("https://intranet/", "not_public"),
        ("https://printer.local/", "not_public"),
        ("https://metadata.google.internal/", "not_public"),
        ("https://127.0.0.1/", "not_public"),
        ("https://10.1.2.3/", "not_public"),
        ("https://169.254.169.254/latest/", "not_public"),
        ("https://[::1]/", "not_public"),
        ("https://[fe80::1]/", "not_public"),
        ("https://[::ffff:10.0.0.1]/", "not_public"),
        ("https://224.0.0.1/", "not_public"),
    ],
)
def test_what_can_be_no_address_is_refused(quiet: Merchant, settings, url: str, code: str):
    settings.WEBHOOK_ALLOWED_NETS = ()
    with pytest.raises(InvalidInput) as refused:
        listen(quiet, url)
    assert [(one["field"], one["code"]) for one in refused.value.errors] == [("url", code)]
    with acting_for(quiet, by=MARA):
        assert not Endpoint.objects.exists() and not Event.objects.filter(kind="webhook.added").exists()


@pytest.mark.parametrize(
    "url", [URL, "https://93.184.216.34/x", "https://shop.example:8443/", "https://høst.example/"]
)
def test_what_is_public_is_taken(quiet: Merchant, settings, url: str):
    settings.WEBHOOK_ALLOWED_NETS = ()
    assert listen(quiet, url)[0].url == url


def test_the_operator_can_allow_a_network_of_their_own(quiet: Merchant, settings):
    settings.WEBHOOK_ALLOWED_NETS = ("10.0.0.0/8",)
    assert listen(quiet, "http://10.1.2.3:8080/hook")[0].url
    with pytest.raises(InvalidInput):
        listen(quiet, "http://192.168.1.1/hook")


@pytest.mark.parametrize(
    "kinds", [[], ["points"], ["points.*", "nothing.*"], ["points.earned "], ["*.*"], ["points.earned"] * 101]
)
def test_only_kinds_there_are_can_be_chosen(quiet: Merchant, kinds: list[str]):
    with acting_for(quiet, by=MARA), pytest.raises(InvalidInput) as refused:
        operations.add_endpoint(url=URL, kinds=kinds, at=AT)
    assert refused.value.errors[0]["field"] == "kinds"


def test_a_shop_has_twenty_at_most_and_one_removed_makes_room(quiet: Merchant):
    made = [listen(quiet, URL)[0] for _each in range(operations.MOST_ENDPOINTS)]
    with pytest.raises(operations.TooManyWebhooks):
        listen(quiet, URL)
    with acting_for(quiet, by=MARA):
        operations.remove_endpoint(endpoint=made[0].pk, at=AT)
    listen(quiet, URL)


def test_each_is_told_what_it_chose_and_nothing_else(quiet: Merchant, receiver: Receiver):
    for path, kinds in {"all": ["*"], "family": ["member.*"], "one": ["order.recorded"]}.items():
        listen(quiet, f"{receiver.url}/{path}", *kinds)
    go_out()
    receiver.told.clear()
    with acting_for(quiet, by=MARA):
        publish()
        person("ana")
    go_out()
    told = {(one.path.rpartition("/")[2], one.event["kind"]) for one in receiver.told}
    assert told == {("all", "programme.published"), ("all", "member.joined"), ("family", "member.joined")}


def test_nobody_hears_of_another_shop(quiet: Merchant, other_shop: Merchant, receiver: Receiver):
    listen(quiet, receiver.url, "member.*")
    with acting_for(other_shop, by=OTTO):
        person("otto")
    go_out()
    assert receiver.told == []
    with acting_for(other_shop, by=OTTO):
        assert not Delivery.objects.exists() and queries.endpoints() == []


def test_what_happened_before_it_was_added_is_not_told(quiet: Merchant, receiver: Receiver):
    with acting_for(quiet, by=MARA):
        person("ana")
    listen(quiet, receiver.url, "member.*")  # while it still lies in the outbox
    go_out()
    assert receiver.told == []
    with acting_for(quiet, by=MARA):
        person("ben")
    go_out()
    assert len(receiver.told) == 1


def test_changing_it_takes_what_waits_along(quiet: Merchant, receiver: Receiver):
    made, _secret = listen(quiet, URL, "member.*")
    with acting_for(quiet, by=MARA):
        person("ana")
        spread(limit=10)
        operations.change_endpoint(
            endpoint=made.pk, at=AT, url=receiver.url, kinds=["order.*"], description=" Till "
        )
        operations.change_endpoint(endpoint=made.pk, at=AT, url=receiver.url)
    go_out()
    assert [one["kind"] for one in receiver.events()] == ["member.joined"]
    with acting_for(quiet, by=MARA):
        changes = Event.objects.filter(kind="webhook.changed")
        assert [event.data["fields"] for event in changes] == [["url", "kinds", "description"]]
        person("ben")
    assert go_out() == 0


def test_a_bad_change_changes_nothing(quiet: Merchant):
    made, _secret = listen(quiet, URL, "member.*")
    for wrong in ({"url": "ftp://x"}, {"kinds": ["x"]}, {"description": "x" * 121}, {"kinds": []}):
        with acting_for(quiet, by=MARA), pytest.raises(InvalidInput):
            operations.change_endpoint(endpoint=made.pk, at=AT, **wrong)
    found = of(quiet, made)
    assert (found.url, found.kinds, found.description, found.changed_at) == (
        URL,
        ["member.*"],
        "",
        made.changed_at,
    )


def test_a_paused_one_is_told_nothing_until_it_is_switched_on(quiet: Merchant, receiver: Receiver):
    made, _secret = listen(quiet, receiver.url, "member.*")
    with acting_for(quiet, by=MARA):
        person("ana")
        spread(limit=10)
        operations.pause_endpoint(endpoint=made.pk, at=AT)
        operations.pause_endpoint(endpoint=made.pk, at=AT)
        person("ben")
    assert go_out() == 0 and statuses(quiet) == ["failed"] and row(quiet).error == "switched_off"
    with acting_for(quiet, by=MARA):
        for refused in (
            lambda: operations.send_test(endpoint=made.pk, at=AT),
            lambda: operations.resend(delivery=Delivery.objects.get().pk, at=AT),
            lambda: operations.resend_failed(endpoint=made.pk, since=AT, at=AT),
        ):
            with pytest.raises(operations.WebhookOff):
                refused()
        operations.resume_endpoint(endpoint=made.pk, at=clock.now())
        assert Event.objects.filter(kind="webhook.paused").count() == 1
        person("cleo")
        assert operations.resend_failed(endpoint=made.pk, since=made.created_at, at=clock.now()) == 1
    go_out()
    assert len(receiver.events("member.joined")) == 2, "Ben's was never planned: the feed of the API has it"


def test_a_removed_one_is_gone_with_its_secrets(quiet: Merchant, receiver: Receiver):
    made, _secret = listen(quiet, receiver.url)
    go_out()
    heard = len(receiver.told)
    with acting_for(quiet, by=MARA):
        delivery = Delivery.objects.get()
        operations.remove_endpoint(endpoint=made.pk, at=AT)
        person("ana")
        for gone in (
            lambda: queries.endpoint(made.pk),
            lambda: queries.delivery(delivery.pk),
            lambda: operations.remove_endpoint(endpoint=made.pk, at=AT),
            lambda: operations.resume_endpoint(endpoint=made.pk, at=AT),
            lambda: operations.resend(delivery=delivery.pk, at=AT),
        ):
            with pytest.raises(NotFound):
                gone()
        assert queries.endpoints() == []
    go_out()
    assert len(receiver.told) == heard
    assert of(quiet, made).secret == ""


def test_while_a_secret_is_rolled_both_sign_and_then_only_the_new_one(quiet: Merchant, receiver: Receiver):
    made, old = listen(quiet, receiver.url, "member.*")
    now = clock.now()
    with acting_for(quiet, by=MARA):
        new = operations.roll_secret(endpoint=made.pk, at=now, overlap=timedelta(hours=1))
        person("ana")
    go_out()
    (told,) = receiver.told
    assert told.is_signed_with(old) and told.is_signed_with(new)
    with acting_for(quiet, by=MARA):
        Endpoint.objects.update(old_secret_until=now)
        person("ben")
    go_out()
    assert receiver.told[1].is_signed_with(new) and not receiver.told[1].is_signed_with(old)
    with acting_for(quiet, by=MARA):
        at_once = operations.roll_secret(endpoint=made.pk, at=now, overlap=timedelta())
        person("cleo")
        with pytest.raises(InvalidInput):
            operations.roll_secret(endpoint=made.pk, at=now, overlap=timedelta(days=8))
    go_out()
    assert receiver.told[2].is_signed_with(at_once) and not receiver.told[2].is_signed_with(new)


def test_the_bell_rings_only_for_shops_that_somebody_waits_for(quiet: Merchant, other_shop: Merchant):
    assert not queries.is_awaited(quiet.pk, ("order.recorded",))
    listen(quiet, URL, "points.*")
    queries.forget_choices(quiet.pk)
    assert queries.is_awaited(quiet.pk, ("order.recorded", "points.earned")) and queries.is_awaited(
        quiet.pk, ()
    )
    assert not queries.is_awaited(quiet.pk, ("order.recorded",))
    assert not queries.is_awaited(other_shop.pk, ("points.earned",))
