"""The frame: methods, headers, addresses, pages, rehearsals, and what a bug looks like from outside."""

import logging

import pytest

from loyalty.core.api import pagination
from members.api import members
from tests.api.caller import Caller, an_order
from tests.api.one_of_each import everything


@pytest.mark.parametrize(
    "address", ["/api/", "/api/v1/nothing", "/api/v2/members", "/api/v1/members/", "/api/v1/orders/x/y/z"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_addresses_that_do_not_exist_are_problems_too(call, address, method):
    answer = call(method, address)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_path")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "FOO"])
def test_other_methods_are_told_what_there_is(call, method):
    answer = call(method, "members")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_options_and_head(call):
    answer = call("OPTIONS", "members")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    got, head = call.get("ping"), call("HEAD", "ping")
    assert (head.status_code, head.content) == (200, b"")
    assert abs(int(head.headers["Content-Length"]) - int(got.headers["Content-Length"])) < 9


def test_answers_are_not_kept_and_can_be_traced(call):
    answer = call.get("ping", headers={"X-Request-ID": "till-7.req-0001"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-ID"] == "till-7.req-0001"
    for bad in ("", "short", "x" * 65, "new\tline-and-more"):
        made = call.get("ping", headers={"X-Request-ID": bad}).headers["X-Request-ID"]
        assert made != bad
        assert len(made) == 24


def test_a_bug_is_a_500_that_tells_nothing_and_is_logged(call, monkeypatch, caplog):
    def broken(*_args, **_kwargs):
        raise KeyError("secret detail")

    monkeypatch.setattr(members.directory, "by_identity", broken)
    with caplog.at_level(logging.ERROR, logger="django.request"):
        answer = Caller(call.secret, raise_bugs=False).get("members/lookup?external_id=ana")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret detail" not in answer.content.decode()
    assert "secret detail" in caplog.text
    with pytest.raises(KeyError):
        call.get("members/lookup?external_id=ana")


def test_pages_go_forth_and_back_and_miss_nothing(call):
    names = [call.post("members", {"external_id": f"m{number}"}).json()["id"] for number in range(7)][::-1]
    first = call.get("members?limit=3").json()
    assert first["prev"] is None
    second = call.get(first["next"]).json()
    third = call.get(second["next"]).json()
    assert third["next"] is None
    seen = [row["id"] for page in (first, second, third) for row in page["data"]]
    assert seen == names
    back = call.get(third["prev"]).json()
    assert [row["id"] for row in back["data"]] == names[3:6]
    assert [row["id"] for row in call.get(back["prev"]).json()["data"]] == names[:3]
    assert call.get(call.get(back["prev"]).json()["next"]).json()["data"] == back["data"]


def test_rows_that_come_while_paging_shift_nothing(call):
    names = [call.post("members", {"external_id": f"m{number}"}).json()["id"] for number in range(4)][::-1]
    first = call.get("members?limit=2").json()
    call.post("members", {"external_id": "new"})
    assert [row["id"] for row in call.get(first["next"]).json()["data"]] == names[2:]


def test_statements_and_other_lists_page_too(call):
    member = everything(call, "ana")["mbr"]
    for number in range(4):
        call.post("orders", an_order("ana", external_id=f"more-{number}"))
    for address in (f"members/{member}/entries", f"members/{member}/lots", "orders"):
        whole = call.get(address).json()["data"]
        page, seen = call.get(f"{address}?limit=2").json(), []
        while True:
            seen += page["data"]
            if page["next"] is None:
                break
            page = call.get(page["next"]).json()
        assert seen == whole
        assert len(whole) >= 5


@pytest.mark.parametrize("cursor", ["x", "eyJhIjoxfQ", "x:y:z", "%F0%9F%92%A9"])
def test_a_cursor_that_is_not_ours_is_refused(call, cursor):
    answer = call.get(f"members?cursor={cursor}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor")


def test_a_cursor_belongs_to_its_list(call):
    everything(call, "ana")
    call.post("members", {"external_id": "ben"})
    cursor = call.get("members?limit=1").json()["next"].split("cursor=")[1]
    assert call.get(f"orders?cursor={cursor}").status_code == 400
    assert call.get(f"members?cursor={cursor}").status_code == 200
    assert pagination.seal("members", ["next"]) != pagination.seal("orders", ["next"])


def test_rehearsals_change_nothing_and_say_what_would_be(call):
    known = everything(call, "ana")
    member, reward, order = known["mbr"], known["rwd"], known["ord"]
    before = call.get(f"members/{member}/entries").json()
    lots = call.get(f"members/{member}/lots").json()
    refund = {"external_id": "b", "refunded_at": "2026-03-03T09:00:00Z", "amount_minor": 10_000}
    rehearsed = {
        "orders": an_order("ana", kronor=7),
        f"members/{member}/adjustments": {"amount": 5, "reason": "x"},
        f"orders/{order}/refunds": refund,
        f"orders/{order}/cancel": {"cancelled_at": "2026-03-03T09:00:00Z"},
        "redemptions": {"member": member, "reward": reward},
        f"redemptions/{known['rdm']}/commit": None,
        f"redemptions/{known['rdm']}/release": {},
        "vouchers/use": {"code": known["code"]},
    }
    for address, body in rehearsed.items():
        answer = call.post(f"{address}?dry_run=true", body, key=None)
        assert answer.status_code == 200, (address, answer.content)
        assert answer.json()["dry_run"] is True
        assert answer.json().get("code") is None or address.endswith(("commit", "release"))
    assert call.get(f"members/{member}/entries").json() == before
    assert call.get(f"members/{member}/lots").json() == lots
    assert call.post(f"orders/{order}/refunds", refund).json()["points_taken"] == 100, (
        "and then it does happen"
    )


def test_a_rehearsal_can_be_at_another_instant(call, shopfront):
    from loyalty.core.tenancy.scope import acting_for
    from tests.cast import MARA, ONE_POINT_PER_KRONA, publish

    double = {
        "type": "multiplier",
        "id": "double",
        "factor": "2",
        "window": {"from": "2027-01-01T00:00:00+01:00"},
    }
    with acting_for(shopfront, by=MARA):
        publish(ONE_POINT_PER_KRONA, double)
    call.post("members", {"external_id": "ana"})
    quote = an_order("ana", kronor=10)
    now = call.post("orders?dry_run=true", quote).json()
    later = call.post("orders?dry_run=true&at=2027-02-01T00:00:00Z", quote).json()
    assert (now["points"], later["points"]) == (10, 20)
    assert call.post("orders/quote?dry_run=true&at=2027-02-01T00:00:00Z", quote).json()["points"] == 20
    alone = call.post("orders?at=2027-02-01T00:00:00Z", quote)
    assert (alone.status_code, alone.json()["errors"][0]["field"]) == (400, "at")
