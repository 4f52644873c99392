"""The event feed: everything, in one order, and nothing that commits late is skipped."""

import threading
import time

import pytest
from django.db import connections

from loyalty.core.events.models import Event
from loyalty.core.events.operations import record
from loyalty.core.tenancy.scope import acting_for
from tests.api.caller import Caller, an_order, key_for
from tests.cast import AT, MARA


def read(call, after="", **parameters):
    query = "&".join(f"{name}={value}" for name, value in {"after": after, **parameters}.items())
    answer = call.get(f"events?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def settled(call, kind):
    """The whole feed, once it shows `kind`: other databases on the same server may hold it back for a moment."""
    for _attempt in range(12000):
        whole = read(call, limit=1000)
        if any(event["kind"] == kind for event in whole["data"]):
            return whole
        time.sleep(0.1)
    raise AssertionError("the feed never showed it")


def test_the_feed_tells_everything_once_in_pages(luna_open):
    call = Caller(key_for(luna_open))
    call.post("members", {"external_id": "ana"})
    call.post("orders", an_order("ana"))
    whole = settled(call, "points.earned")
    assert [event["kind"] for event in whole["data"]][-3:] == [
        "member.joined",
        "order.recorded",
        "points.earned",
    ]
    assert whole["data"][-1]["subject"].startswith("mbr_")
    seen, after = [], ""
    while True:
        page = read(call, after, limit=2)
        seen += page["data"]
        after = page["last"]
        if not page["more"]:
            break
    assert seen == whole["data"]
    assert read(call, after)["data"] == []
    assert read(call, after)["last"] == after
    assert [event["kind"] for event in read(call, kinds="points.earned")["data"]] == ["points.earned"]


def test_another_shop_sees_none_of_it(luna_open, other_shop):
    ottos = Caller(key_for(other_shop))
    luna = Caller(key_for(luna_open))
    luna.post("members", {"external_id": "ana"})
    settled(luna, "member.joined")
    assert {event["kind"] for event in read(ottos)["data"]} == {"merchant.opened", "api_key.created"}


@pytest.mark.race
def test_an_event_that_commits_late_is_not_skipped(luna_open):
    """The slow one gets its number first and commits last. A reader in between must not be led past it."""
    call = Caller(key_for(luna_open))
    start = settled(call, "api_key.created")["last"]
    written, go_on = threading.Event(), threading.Event()

    def slow():
        try:
            with acting_for(luna_open, by=MARA):
                record("slow.thing", subject=None, at=AT)
                written.set()
                assert go_on.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(20)
    with acting_for(luna_open, by=MARA):
        record("quick.thing", subject=None, at=AT)
    between = read(call, start)
    # The twin: by number alone the quick one is there, and would lead past the slow one.
    with acting_for(luna_open, by=MARA):
        assert list(Event.objects.filter(kind__endswith=".thing").values_list("kind", flat=True)) == [
            "quick.thing"
        ]
        quick = Event.objects.get(kind="quick.thing").pk
    go_on.set()
    thread.join(20)
    settled(call, "slow.thing")
    after = read(call, between["last"])
    kinds = [event["kind"] for event in between["data"] + after["data"]]
    assert kinds == ["slow.thing", "quick.thing"]
    numbers = {event["kind"]: event["number"] for event in after["data"]}
    assert numbers["slow.thing"] < quick, "it had the smaller number all along"
