"""The API of messages: the log, what a member wants to hear, and reports."""

from campaigns.models import Suppression
from campaigns.operations.planning import New, plan
from loyalty.core import clock, ids
from loyalty.core.tenancy.scope import acting_for
from members.models import Consent
from tests.api.caller import Caller
from tests.campaigns.hand import joined
from tests.cast import MARA


def a_member(merchant) -> str:
    with acting_for(merchant, by=MARA):
        member = joined("ana")
        new = New(member=member.pk, kind="birthday", occasion="x", due_at=clock.now())
        plan(messages=[new], at=clock.now())
        return ids.encode("mbr", member.pk)


def test_preferences_are_read_and_changed(shopfront, call: Caller, ottos_call: Caller):
    member = a_member(shopfront)
    address = f"members/{member}/message-preferences"
    assert call.get(address).json() == {
        "programme": True, "reminders": True, "statement": True, "newsletter": False, "timezone": "",
    }  # fmt: skip
    changed = call("PATCH", address, {"reminders": False, "newsletter": True, "timezone": "Europe/Oslo"})
    assert changed.status_code == 200
    assert call.get(address).json() == changed.json() == {
        "programme": True, "reminders": False, "statement": True, "newsletter": True, "timezone": "Europe/Oslo",
    }  # fmt: skip
    with acting_for(shopfront, by=MARA):
        assert Consent.objects.get().source == "api"
    assert call("PATCH", address, {"timezone": "Moon/Crater"}).status_code == 400
    assert ottos_call.get(address).status_code == 404
    assert ottos_call("PATCH", address, {"reminders": True}).status_code == 404


def test_the_log_is_listed_and_narrowed(shopfront, call: Caller, ottos_call: Caller):
    member = a_member(shopfront)
    (row,) = call.get("messages?state=waiting&kind=birthday").json()["data"]
    assert (row["member"], row["kind"], row["state"], row["sent_at"]) == (member, "birthday", "queued", None)
    assert call.get("messages?state=sent").json()["data"] == []
    assert ottos_call.get("messages").json()["data"] == []
    assert call.get("messages?state=lost").status_code == 400


def test_a_report_suppresses_an_address(shopfront, call: Caller):
    a_member(shopfront)
    for _again in range(2):
        told = call.post("messages/reports", {"reason": "complaint", "address": "ana@example.com"})
        assert (told.status_code, told.json()) == (200, {"suppressed": True})
    with acting_for(shopfront, by=MARA):
        assert Suppression.objects.get().member_id is not None
    refused = call.post("messages/reports", {"reason": "bounce"})
    assert (refused.status_code, refused.json()["code"]) == (422, "nothing_reported")
