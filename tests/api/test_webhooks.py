"""Webhooks through the API: added, tried, changed, rolled, sent again; what happened stands in the document, too."""

import json

import pytest

from loyalty.core import clock
from loyalty.core.api.models import Answer
from loyalty.core.events import tasks as events
from loyalty.core.events.kinds import known
from loyalty.core.events.models import Event
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import across_merchants, acting_for
from loyalty.core.webhooks import tasks
from loyalty.web.api import Generator
from tests.api.caller import Caller, an_order
from tests.api.one_of_each import everything
from tests.cast import MARA
from tests.core.webhooks.receiver import receiving


def made(call: Caller, url: str, *kinds: str) -> tuple[str, str]:
    answer = call.post("webhook-endpoints", {"url": url, "kinds": list(kinds) or ["*"]})
    assert answer.status_code == 201, answer.content
    return answer.json()["endpoint"]["id"], answer.json()["secret"]


def go_out() -> int:
    events.dispatch_waiting()
    return tasks.deliver_due()


def test_from_adding_it_to_the_first_order(call: Caller):
    go_out()
    with receiving() as receiver:
        where, secret = made(call, receiver.url, "order.recorded", "points.*")
        call.post("members", {"external_id": "ana"})
        call.post("orders", an_order("ana", kronor=50))
        go_out()
        assert {event["kind"] for event in receiver.events()} == {"order.recorded", "points.earned"}
        assert all(one.is_signed_with(secret) for one in receiver.told)
        feed = call.get("events?kinds=order.recorded,points.earned").json()["data"]
        assert sorted(receiver.events(), key=lambda one: one["number"]) == feed, "both say the same"
    rows = call.get(f"webhook-endpoints/{where}/deliveries").json()["data"]
    assert {(row["status"], row["attempts"], row["status_code"]) for row in rows} == {("delivered", 1, 200)}
    detail = call.get(f"webhook-deliveries/{rows[0]['id']}").json()
    assert detail["event"] in feed and detail["log"][0]["response"] == "thank you"
    assert detail["delivery"]["message"] == f"evt_{detail['event']['number']}"


def test_a_secret_is_told_once_and_stored_nowhere_in_the_open(call: Caller, shopfront: Merchant):
    where, secret = made(call, "https://shop.example/hook")
    again = call.get(f"webhook-endpoints/{where}").content + call.get("webhook-endpoints").content
    assert secret.encode() not in again
    rolled = call.post(f"webhook-endpoints/{where}/roll-secret", {"overlap_hours": 1}).json()
    assert rolled["secret"].startswith("whsec_") and rolled["secret"] != secret
    with across_merchants("look for it"):
        kept = " ".join(Answer.objects.values_list("body", flat=True))
        assert secret not in kept and rolled["secret"] not in kept
        assert not [event for event in Event.objects.all() if secret in json.dumps(event.data)]


def test_failed_ones_are_listed_and_sent_again(call: Caller):
    go_out()
    with receiving(status=410) as receiver:
        where, _secret = made(call, receiver.url, "member.joined")
        call.post("members", {"external_id": "ana"})
        go_out()
        told = call.get(f"webhook-endpoints/{where}").json()
        assert (told["status"], told["disabled_why"], told["failures"]) == ("disabled", "gone", 1)
        (row,) = call.get(f"webhook-endpoints/{where}/deliveries?status=failed").json()["data"]
        assert call.post(f"webhook-deliveries/{row['id']}/resend").json()["code"] == "webhook_off"
        assert call.post(f"webhook-endpoints/{where}/test").json()["code"] == "webhook_off"
        assert call("PATCH", f"webhook-endpoints/{where}", {"status": "active"}).json()["status"] == "active"
        receiver.status = 200
        since = {"since": row["created_at"]}
        assert call.post(f"webhook-endpoints/{where}/resend-failed", since).json() == {"count": 1}
        assert go_out() == 1
        assert call.post(f"webhook-deliveries/{row['id']}/resend").status_code == 202
        assert go_out() == 1
        assert len({one.name for one in receiver.told}) == 1 and len(receiver.told) == 3
    assert call.get(f"webhook-endpoints/{where}/deliveries?status=failed").json()["data"] == []


def test_it_is_changed_paused_and_removed(call: Caller):
    where, _secret = made(call, "https://shop.example/hook", "points.*")
    asked = {"url": "https://till.example/hook", "kinds": ["*"], "description": "Till", "status": "paused"}
    told = call("PATCH", f"webhook-endpoints/{where}", asked).json()
    assert {name: told[name] for name in asked} == asked
    assert call("PATCH", f"webhook-endpoints/{where}", {}).json() == told
    for wrong in (
        {"url": "https://localhost:22/#x"},
        {"kinds": ["nothing"]},
        {"status": "disabled"},
        {"id": "x"},
    ):
        refused = call("PATCH", f"webhook-endpoints/{where}", wrong)
        if wrong.get("url") and refused.status_code == 400:
            assert refused.json()["errors"][0]["code"] == "has_fragment"
        assert refused.status_code == 400, refused.content
    assert call.get(f"webhook-endpoints/{where}").json() == told
    assert call("DELETE", f"webhook-endpoints/{where}").status_code == 204
    assert call.get(f"webhook-endpoints/{where}").status_code == 404
    assert call.get("webhook-endpoints").json()["data"] == []


def test_deliveries_are_paged(call: Caller):
    with receiving() as receiver:
        where, _secret = made(call, receiver.url, "member.joined")
        for number in range(5):
            call.post("members", {"external_id": f"m{number}"})
        go_out()
    page = call.get(f"webhook-endpoints/{where}/deliveries?limit=3").json()
    rest = call.get(page["next"]).json()
    names = [row["message"] for row in page["data"] + rest["data"]]
    assert len(names) == len(set(names)) == 5 and names == sorted(names, reverse=True)


def test_the_document_describes_every_kind_with_an_example(call: Caller):
    document = json.loads(json.dumps(Generator().get_schema(request=None, public=True), default=str))
    assert set(document["webhooks"]) == {kind.name for kind in known()} and len(known()) > 100
    earned = document["webhooks"]["points.earned"]["post"]
    content = earned["requestBody"]["content"]["application/json"]
    assert content["schema"]["allOf"] == [{"$ref": "#/components/schemas/Event"}]
    assert content["schema"]["properties"]["kind"] == {"const": "points.earned"}
    assert set(content["example"]) == set(document["components"]["schemas"]["Event"]["properties"])
    assert {one["name"] for one in earned["parameters"]} == {
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    }


def test_what_happens_is_what_is_described(call: Caller, shopfront: Merchant):
    """A shop with one of everything: each kind it recorded is described, with every figure it carried."""
    everything(call, "ana")
    described = {kind.name: kind for kind in known()}
    with acting_for(shopfront, by=MARA):
        happened = list(Event.objects.all())
    assert {event.kind for event in happened} - set(described) == set()
    odd = [
        f"{event.kind}: {sorted(set(event.data) - set(described[event.kind].data))}"
        for event in happened
        if set(event.data) - set(described[event.kind].data) - {"reason", "choices", "provider_subscription"}
    ]
    assert odd == []
    assert len({event.kind for event in happened}) > 25


def test_the_page_that_explains_it_is_for_everybody(client, db, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    page = client.get("/api/webhooks")
    text = page.content.decode()
    assert page.status_code == 200
    for word in ("webhook-signature", "points.earned", "resend-failed", "hash_equals", "timingSafeEqual"):
        assert word in text


@pytest.mark.parametrize("step", ["member", "order", "balance"])
def test_first_calls_are_remembered_and_refused_ones_are_not(call: Caller, shopfront: Merchant, step: str):
    from loyalty.core.api import sightings

    call.get("members/mbr_01m6k3q8r6e3vabq7m6w0t9d2c/balances")
    call.post("orders", {"nonsense": 1})
    call.post("members", {})
    call("POST", "members?dry_run=true", {"external_id": "ana"}) if step == "order" else None
    with acting_for(shopfront, by=MARA):
        assert step not in sightings.seen()
    began = clock.now()
    member = call.post("members", {"external_id": "ana"}).json()["id"]
    call.post("orders", an_order("ana"))
    call.get(f"members/{member}/balances")
    with acting_for(shopfront, by=MARA):
        assert set(sightings.seen()) == {"member", "order", "balance"} and sightings.seen()[step] >= began
