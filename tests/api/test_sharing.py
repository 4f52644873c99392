"""Points given to another member, and households, as a storefront does it."""

from loyalty.core import ids
from loyalty.core.tenancy.scope import acting_for
from rewards.operations.catalogue import create_reward
from tests.api.caller import an_order
from tests.cast import AT, MARA, publish


def member(call, name, kronor=0):
    made = call.post("members", {"external_id": name, "given_name": name.title()}).json()["id"]
    if kronor:
        call.post("orders", an_order(name, kronor=kronor))
    return made


def giving(amount=40, **more):
    return {"giver": {"external_id": "ana"}, "receiver": {"external_id": "ben"}, "amount": amount, **more}


def test_points_are_given_rehearsed_listed_and_brought_back(call):
    ana, ben = member(call, "ana", 100), member(call, "ben")
    rehearsed = call.post("transfers?dry_run=true", giving())
    assert (rehearsed.status_code, rehearsed.json()["id"]) == (200, None)
    assert (rehearsed.json()["giver_balance"], rehearsed.json()["receiver_balance"]) == (60, 40)
    assert call.get("transfers").json()["data"] == []
    made = call.post("transfers", giving(), key="gift-1")
    assert made.status_code == 201
    found = made.json()
    assert (found["giver"], found["receiver"], found["amount"], found["kind"]) == (ana, ben, 40, "gift")
    assert (found["giver_balance"], found["receiver_balance"]) == (60, 40)
    assert call.post("transfers", giving(), key="gift-1").json() == found
    assert call.post("transfers", giving(41), key="gift-1").json()["code"] == "key_reused"
    for who in (ana, ben):
        assert [row["id"] for row in call.get(f"transfers?member={who}").json()["data"]] == [found["id"]]
    undone = call.post(f"transfers/{found['id']}/undo", {"reason": "Sent to the wrong member"})
    assert (undone.status_code, undone.json()["undone"]) == (200, 40)
    assert undone.json()["giver_balance"] == 100
    assert call.get(f"transfers/{found['id']}").json()["undone_at"] is not None


def test_refusals_have_codes_and_move_nothing(call):
    member(call, "ana", 100)
    member(call, "ben")
    nobody = {"external_id": "nobody"}
    for body, status, code, field in (
        (giving(101), 422, "not_enough_points", None),
        (giving(receiver={"external_id": "ana"}), 422, "same_member", "receiver"),
        (giving(receiver=nobody), 422, "member_not_found", "receiver"),
        (giving(giver=nobody), 422, "member_not_found", "giver"),
        (giving(giver={}), 400, "invalid_input", "giver"),
        (giving(giver={"email": "no address"}), 400, "invalid_input", "giver.email"),
        (giving(giver={"external_id": "ana", "card": "X"}), 400, "invalid_input", "giver"),
    ):
        answer = call.post("transfers", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
        named = [error["field"] for error in answer.json().get("errors", ())]
        assert field is None or field in named, answer.content
    assert call.get("transfers").json()["data"] == []


def test_where_the_programme_has_no_sharing_it_says_so(call, shopfront):
    ana = member(call, "ana", 100)
    member(call, "ben")
    with acting_for(shopfront, by=MARA):
        publish()
    assert call.post("transfers", giving()).json()["code"] == "transfers_off"
    assert call.post("households", {"member": ana}).json()["code"] == "households_off"


def test_a_household_from_its_opening_to_a_reward_with_what_all_have(call, shopfront):
    ana, ben = member(call, "ana", 60), member(call, "ben", 60)
    home = call.post("households", {"member": ana}).json()
    assert call.post("households", {"member": ana}).json()["code"] == "in_household"
    invited = call.post(f"households/{home['id']}/invitation", {"by": ana})
    assert invited.status_code == 201
    joined = call.post("households/join", {"member": ben, "code": invited.json()["code"]})
    assert [one["member"] for one in joined.json()["members"]] == [ana, ben]
    assert joined.json()["points"] == 120
    balances = call.get(f"members/{ana}/balances").json()
    assert balances["shared"] == {"household": home["id"], "members": 2, "yours": 60, "together": 120}
    assert balances["balances"][0]["available"] == 60
    with acting_for(shopfront, by=MARA):
        reward = create_reward(at=AT, details={"kind": "custom", "name": {"en": "x"}, "cost_points": 100})
    asked = {"member": ana, "reward": ids.encode("rwd", reward.pk)}
    assert call.post("redemptions/quote", asked).json()["can_have"]
    assert call.post("redemptions", asked).status_code == 201
    assert call.get(f"members/{ben}/balances").json()["shared"]["together"] == 20
    (gathered,) = call.get(f"transfers?member={ben}").json()["data"]
    assert (gathered["kind"], gathered["amount"]) == ("household", 40)
    stopped = call.post(f"households/{home['id']}/sharing", {"member": ben, "shares": False})
    assert [one["shares"] for one in stopped.json()["members"]] == [True, False]
    left = call.post(f"households/{home['id']}/leave", {"member": ben, "by": ana})
    assert [one["member"] for one in left.json()["members"]] == [ana]
    assert call.post(f"households/{home['id']}/dissolve", {"by": ana}).json()["members"] == []
    assert call.get(f"households/{home['id']}").status_code == 404
    assert call.get(f"members/{ana}/balances").json()["shared"] is None


def test_an_invitation_that_is_not_valid_is_not_found(call):
    ana, ben = member(call, "ana"), member(call, "ben")
    home = call.post("households", {"member": ana}).json()["id"]
    answer = call.post("households/join", {"member": ben, "code": "NOPE"})
    assert (answer.status_code, answer.json()["code"]) == (404, "invitation_not_valid")
    for address, body in (("leave", {"member": ana, "by": ben}), ("dissolve", {"by": ben})):
        assert call.post(f"households/{home}/{address}", body).json()["code"] == "not_owner"
    assert call.post(f"households/{home}/leave", {"member": ben}).status_code == 404


def test_sharing_terms_are_checked_in_the_document(call):
    for path, section in (
        ("sharing.transfers.minimum", {"transfers": {"minimum": 0}}),
        ("sharing.transfers.maximum", {"transfers": {"minimum": 10, "maximum": 9}}),
        ("sharing.transfers.maximum_per_period", {"transfers": {"minimum": 5, "maximum_per_period": 4}}),
        ("sharing.household.largest", {"household": {"largest": 1}}),
        ("sharing.transfers.period", {"transfers": {"period": "decade"}}),
    ):
        draft = {"document": {"identity": {"name": {"en": "x"}}, "sharing": section}}
        answer = call("PUT", "programme/draft", draft)
        assert answer.status_code == 400, answer.content
        assert [error["field"] for error in answer.json()["errors"]] == [path]
