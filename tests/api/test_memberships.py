"""A paid membership as a shop without a payment service runs it: at the till and by invoice."""

from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA, publish


def member(call, name="ana"):
    return call.post("members", {"external_id": name}).json()["id"]


def paid(name="r-1", minor=29_900, **more):
    return {"external_id": name, "amount_minor": minor, "paid_at": clock.now().isoformat(), **more}


def test_from_the_plans_to_a_refund(call):
    (plan,) = call.get("membership-plans").json()["plans"]
    assert (plan["id"], plan["price_minor"], plan["perks"][0]["kind"]) == ("plus", 29_900, "free_shipping")
    ana = member(call)
    rehearsed = call.post("memberships?dry_run=true", {"member": ana, "plan": "plus"}).json()
    assert (rehearsed["id"], rehearsed["status"], rehearsed["due_minor"]) == (None, "pending", 29_900)
    made = call.post("memberships", {"member": ana, "plan": "plus"}, key="start").json()
    assert call.post("memberships", {"member": ana, "plan": "plus"}, key="start").json() == made
    where = f"memberships/{made['id']}"
    body = paid()
    payment = call.post(f"{where}/payments", body)
    assert (payment.status_code, payment.json()["replayed"]) == (201, False)
    again = call.post(f"{where}/payments", body)
    assert (again.status_code, again.json()["replayed"]) == (200, True)
    found = call.get(where).json()
    assert (found["status"], found["segment"]) == ("active", "plan-plus")
    assert found["covered_until"] > found["paid_until"] == payment.json()["paid_until"]
    assert call.post(f"{where}/cancel").json()["cancels_at_end"]
    assert not call.post(f"{where}/resume").json()["cancels_at_end"]
    assert [row["id"] for row in call.get(f"memberships?member={ana}&status=active").json()["data"]] == [
        made["id"]
    ]
    refunded = call.post(f"{where}/refund", {"reason": "Moved away"}).json()
    assert refunded["refunded_minor"] == 29_900
    assert call.get(where).json()["end"] == "refunded"
    assert [row["refunded_minor"] for row in call.get(f"{where}/payments").json()["data"]] == [29_900]


def test_after_a_perk_was_used_it_is_not_refunded(call):
    made = call.post("memberships", {"member": member(call), "plan": "plus"}).json()["id"]
    assert call.post(f"memberships/{made}/payments", paid()).status_code == 201
    use = {"external_id": "order-1", "perk": "free-shipping"}
    for _time in range(2):
        assert call.post(f"memberships/{made}/perks-used", use).status_code == 201
    answer = call.post(f"memberships/{made}/refund", {"reason": "x"})
    assert (answer.status_code, answer.json()["code"], answer.json()["params"]) == (
        422,
        "perks_used",
        {"times": 1},
    )
    assert call.get(f"memberships/{made}").json()["status"] == "active"


def test_refusals_have_codes_and_change_nothing(call, shopfront):
    ana = member(call)
    assert call.post("memberships", {"member": ana, "plan": "gold"}).json()["code"] == "no_such_plan"
    made = call.post("memberships", {"member": ana, "plan": "plus"}).json()["id"]
    for body, status, code in (
        (paid(minor=29_800), 422, "wrong_amount"),
        (paid(paid_at="2099-01-01T00:00:00Z"), 400, "invalid_input"),
        (paid(method="stripe"), 400, "invalid_input"),
    ):
        answer = call.post(f"memberships/{made}/payments", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert call.post(f"memberships/{made}/refund", {"reason": "x"}).json()["code"] == "nothing_to_refund"
    use = {"external_id": "o", "perk": "free-shipping"}
    assert call.post(f"memberships/{made}/perks-used", use).json()["code"] == "membership_ended"
    assert call.post(f"memberships/{made}/payment-failed").json()["status"] == "pending"
    assert call.post(f"memberships/{made}/cancel").json()["end"] == "withdrawn"
    assert call.post(f"memberships/{made}/payments", paid()).json()["code"] == "membership_ended"
    with acting_for(shopfront, by=MARA):
        publish()
    assert call.get("membership-plans").json()["plans"] == []
