"""A storefront's day: join, buy, look, redeem, give back."""

from tests.api.caller import an_order


def joined(call, name="ana"):
    answer = call.post(
        "members", {"external_id": name, "email": f"{name}@example.com", "given_name": name.title()}
    )
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def coffee(call, cost=100, **fields):
    answer = call.post(
        "rewards", {"kind": "free_product", "name": {"en": "Free coffee"}, "cost_points": cost, **fields}
    )
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def available(call, member):
    return call.get(f"members/{member}/balances").json()["balances"][0]["available"]


def test_join_earn_redeem_and_reverse(call):
    member = joined(call)
    reward = coffee(call)

    recorded = call.post("orders", an_order("ana", kronor=184))
    assert recorded.status_code == 201, recorded.content
    assert recorded.json()["points"] == recorded.json()["balance"] == 184
    assert recorded.json()["decision"]["reasons"][0]["matched"] is True

    reserved = call.post("redemptions", {"member": member, "reward": reward})
    assert reserved.status_code == 201, reserved.content
    assert reserved.json()["status"] == "reserved"
    assert available(call, member) == 84

    code = reserved.json()["code"]
    assert call.post("vouchers/check", {"code": code.lower()}).json()["status"] == "active"
    committed = call.post(f"redemptions/{reserved.json()['id']}/commit")
    assert committed.json()["status"] == "committed"
    used = call.post("vouchers/use", {"code": code})
    assert (used.status_code, used.json()["status"]) == (200, "used")
    again = call.post("vouchers/use", {"code": code})
    assert (again.status_code, again.json()["code"]) == (404, "code_not_valid")

    reversed_ = call.post(f"redemptions/{reserved.json()['id']}/reverse", {"reason": "cold"})
    assert reversed_.json()["status"] == "reversed"
    assert available(call, member) == 184

    entries = call.get(f"members/{member}/entries").json()
    assert [entry["kind"] for entry in entries["data"]] == ["redemption", "redemption", "redemption", "earn"]
    assert entries["data"][0]["balance_after"] == 184


def test_refund_takes_back_what_the_line_earned(call):
    member = joined(call)
    order = call.post("orders", an_order("ana", kronor=100, external_id="r-1")).json()
    refund = {
        "external_id": "b-1",
        "refunded_at": "2026-03-03T09:00:00Z",
        "lines": [{"number": 1, "amount_minor": 4000}],
    }
    answer = call.post(f"orders/{order['id']}/refunds", refund)
    assert (answer.status_code, answer.json()["points_taken"]) == (201, 40), answer.content
    assert available(call, member) == 60
    assert call.post(f"orders/{order['id']}/refunds", refund).status_code == 200
    assert available(call, member) == 60
    cancelled = call.post(
        "orders/cancel", {"order_external_id": "r-1", "cancelled_at": "2026-03-04T09:00:00Z"}
    )
    assert (cancelled.status_code, cancelled.json()["points_taken"]) == (201, 60)
    assert available(call, member) == 0
    seen = call.get(f"orders/{order['id']}").json()
    assert (seen["status"], seen["points_taken"], len(seen["refunds"])) == ("cancelled", 100, 2)


def test_a_refund_before_its_order_waits_for_it(call):
    member = joined(call)
    body = {
        "order_external_id": "late",
        "external_id": "b-1",
        "refunded_at": "2026-03-03T09:00:00Z",
        "amount_minor": 2500,
    }
    early = call.post("orders/refunds", body)
    assert (early.status_code, early.json()["status"]) == (202, "parked"), early.content
    call.post("orders", an_order("ana", kronor=100, external_id="late"))
    assert available(call, member) == 75


def test_a_waiting_refund_that_cannot_fit_does_not_stop_its_order(call):
    member = joined(call)
    body = {
        "order_external_id": "late",
        "external_id": "b-1",
        "refunded_at": "2026-03-03T09:00:00Z",
        "lines": [{"number": 7, "amount_minor": 100}],
    }
    assert call.post("orders/refunds", body).status_code == 202
    assert call.post("orders", an_order("ana", kronor=100, external_id="late")).status_code == 201
    assert available(call, member) == 100


def test_balance_as_of_an_instant(call):
    member = joined(call)
    call.post("orders", an_order("ana", kronor=100))
    then = call.get(f"members/{member}/balances?at=2026-03-02T07:00:00Z").json()
    later = call.get(f"members/{member}/balances?at=2026-03-02T10:00:00%2B01:00").json()
    plus = call.get(f"members/{member}/balances?at=2026-03-02T10:00:00+01:00").json()
    assert [found["balances"][0]["available"] for found in (then, later, plus)] == [0, 100, 100]


def test_what_is_missing_for_each_reward(call):
    member = joined(call)
    coffee(call, cost=100)
    call.post("orders", an_order("ana", kronor=60))
    (offer,) = call.get(f"members/{member}/rewards").json()["data"]
    assert (offer["can_have"], offer["points_missing"]) == (False, 40)
    assert offer["missing"][0] == {
        "code": "not_enough_points", "needed": 100, "have": 60, "when": None, "period": "", "any_of": [],
    }  # fmt: skip
    refused = call.post("redemptions", {"member": member, "reward": offer["reward"]["id"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_eligible")
    assert refused.json()["reasons"] == [
        {"code": "not_enough_points", "needed": 100, "have": 60, "period": "", "any_of": []}
    ]


def test_members_can_be_found_changed_merged_blocked_erased_and_exported(call):
    ana, twin = joined(call), joined(call, "twin")
    assert call.get("members/lookup?email=ANA@example.com").json()["id"] == ana
    assert call.post("members", {"external_id": "ana"}).status_code == 200
    changed = call("PATCH", f"members/{ana}", {"phone": "070-174 06 05", "email": None, "language": "sv"})
    assert (changed.json()["phone"], changed.json()["email"]) == ("+46701740605", None), changed.content
    call.post("orders", an_order("twin", kronor=30))
    merged = call.post(f"members/{ana}/merge", {"remove": twin})
    assert (merged.status_code, merged.json()["balance"]["available"]) == (200, 30), merged.content
    assert call.get(f"members/{twin}").json()["id"] == ana
    assert call.post(f"members/{ana}/block", {"reason": "shared"}).json()["status"] == "blocked"
    assert call.post(f"members/{ana}/unblock").json()["status"] == "active"
    assert call.get(f"members/{ana}/export").json()["data"]["membership"]["profile"]["given_name"] == "Ana"
    erased = call.post(f"members/{ana}/erase")
    assert (erased.json()["status"], erased.json()["balance"]["available"]) == ("erased", 0)
    assert call.get("members?search=ana").json()["data"] == []


def test_points_by_hand(call):
    member = joined(call)
    given = call.post(f"members/{member}/adjustments", {"amount": 50, "reason": "Sorry"})
    assert (given.status_code, given.json()["balance"]) == (201, 50)
    taken = call.post(f"members/{member}/adjustments", {"amount": -20, "reason": "Typo"})
    assert (taken.json()["amount"], taken.json()["balance"]) == (-20, 30)
    refused = call.post(f"members/{member}/adjustments", {"amount": -31, "reason": "Too much"})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_enough_points")
    assert refused.json()["params"] == {"needed": 31, "available": 30}
    assert [lot["remaining"] for lot in call.get(f"members/{member}/lots").json()["data"]] == [30]


def test_held_points_are_released_by_an_event(call, shopfront):
    from loyalty.core.tenancy.scope import acting_for
    from tests.cast import MARA, publish

    with acting_for(shopfront, by=MARA):
        publish(points_life={"hold_event": "order.shipped"})
    member = joined(call)
    order = call.post("orders", an_order("ana", kronor=80)).json()
    assert order["pending"] is True
    assert available(call, member) == 0
    assert call.post(f"orders/{order['id']}/release-hold").json()["points"] == 80
    assert available(call, member) == 80


def test_a_batch_answers_each_order(call):
    joined(call)
    bad_type = {**an_order("ana"), "currency": 7}
    orders = [
        an_order("ana", external_id="a"),
        an_order("nobody"),
        bad_type,
        an_order("ana", external_id="a"),
    ]
    answer = call.post("orders/batch", {"orders": orders}, key=None)
    assert answer.status_code == 200, answer.content
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [201, 422, 400, 200]
    assert results[1]["problem"]["code"] == "member_not_found"
    assert results[2]["problem"]["errors"][0]["field"] == "currency"
    assert results[0]["result"]["id"] == results[3]["result"]["id"]
    assert (answer.json()["recorded"], answer.json()["replayed"], answer.json()["refused"]) == (1, 1, 2)


def test_the_programme_is_drafted_published_and_rolled_back(call):
    document = call.get("programme").json()["document"]
    document["earning"]["rules"][0]["points"] = 2
    drafted = call("PUT", "programme/draft", {"document": document, "note": "double"})
    assert drafted.status_code == 200, drafted.content
    assert drafted.json()["changes"] == [{"path": "earning.rules.base.points", "before": 1, "after": 2}]
    assert call.post("programme/publish", {}).json()["number"] == 2
    joined(call)
    assert call.post("orders", an_order("ana", kronor=10)).json()["points"] == 20
    assert call.post("programme/roll-back", {"number": 1}).json()["number"] == 3
    assert [row["number"] for row in call.get("programme/versions").json()["data"]] == [3, 2, 1]
    exported = call.get("programme/export").json()
    exported["programme"]["earning"]["rules"][0]["points"] = 3
    assert call.post("programme/import", exported).status_code == 200
    assert call("DELETE", "programme/draft").status_code == 204
    assert call.get("programme/draft").status_code == 404


def test_ping_says_whose_key_it_is(call, shopfront):
    assert call.get("ping").json()["merchant"] == shopfront.slug
    assert call.get("").json()["resources"]["orders"] == "/api/v1/orders"
