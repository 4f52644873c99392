"""A key gives and takes by hand within the limit the shop has for keys, each within its own day."""

from loyalty.core.ledger.queries import balance
from loyalty.core.tenancy.scope import acting_for
from members.models import AdjustmentRequest, AdjustmentUse, Member
from members.operations.allowances import set_limits
from members.rules.adjusting import Limit, Limits
from tests.api.caller import Caller, key_for
from tests.cast import AT, MARA


def test_a_key_is_told_at_once_what_is_over_its_limit(shopfront, call):
    with acting_for(shopfront, by=MARA):
        set_limits(limits=Limits(api_key=Limit(each=50, day=80)), at=AT)
    member = call.post("members", {"external_id": "ana"}).json()["id"]

    def gives(amount: int, caller: Caller = call, **how):
        return caller.post(f"members/{member}/adjustments", {"amount": amount, "reason": "Sorry"}, **how)

    refused = gives(51)
    assert (refused.status_code, refused.json()["code"]) == (422, "adjustment_over_limit")
    assert refused.json()["params"] == {"each": 50, "left": 80}
    assert gives(50, key="k-1").status_code == 201
    assert gives(50, key="k-1").status_code == 201  # the same again is the same
    over = gives(-40)
    assert over.json()["params"] == {"each": 50, "left": 30}
    assert gives(30).status_code == 201
    assert gives(50, Caller(key_for(shopfront))).status_code == 201  # another key has a day of its own
    with acting_for(shopfront, by=MARA):
        assert balance(Member.objects.get().pk).available == 130
        assert sorted(AdjustmentUse.objects.values_list("units", flat=True)) == [50, 80]
        assert not AdjustmentRequest.objects.exists()


def test_a_rehearsal_uses_nothing_up_and_says_the_same(shopfront, call):
    with acting_for(shopfront, by=MARA):
        set_limits(limits=Limits(api_key=Limit(day=50)), at=AT)
    member = call.post("members", {"external_id": "ana"}).json()["id"]
    url = f"members/{member}/adjustments?dry_run=true"
    assert call.post(url, {"amount": 50, "reason": "x"}).status_code == 200
    assert call.post(url, {"amount": 51, "reason": "x"}).json()["code"] == "adjustment_over_limit"
    with acting_for(shopfront, by=MARA):
        assert not AdjustmentUse.objects.exclude(units=0).exists()
