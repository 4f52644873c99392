"""Who may do what: every endpoint against every wrong key, and another shop's ids everywhere."""

import json
import re
import time

import pytest

from campaigns.api.surveys import EXAMPLE as SURVEY
from campaigns.tasks import run_automations
from loyalty.core import clock, ids
from loyalty.core.events.tasks import dispatch_waiting
from loyalty.core.merchants.models import ApiKey
from loyalty.core.merchants.operations import create_api_key, revoke_api_key
from loyalty.core.merchants.roles import SCOPES
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.api import V1
from tests.api.caller import Caller, an_activity, an_order, key_for
from tests.api.conftest import PLANS, QUESTIONS, SHARING
from tests.cast import AT, ENGRAVING, MARA, ONE_POINT_PER_KRONA, shop

METHODS = ("get", "post", "put", "patch", "delete")


def operations():
    """(METHOD, address with {names}, spec) of everything the API offers, from the routes themselves."""
    for pattern in V1:
        address = re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))
        view = pattern.callback.cls
        for name in METHODS:
            handler = getattr(view, name, None)
            if handler is not None:
                yield name.upper(), address, handler.spec


ALL = [pytest.param(*found, id=f"{found[0]} {found[1]}") for found in operations()]
PREFIX = {
    "members": "mbr", "orders": "ord", "activities": "act", "rewards": "rwd", "redemptions": "rdm",
    "transfers": "ptr", "households": "hhd", "perks": "clm", "memberships": "pmb", "partnerships": "prt",
    "sessions": "ssn", "bookings": "bkg", "fulfilments": "ful", "referrals": "rfl", "jobs": "job",
    "webhook-endpoints": "whe", "webhook-deliveries": "dlv",
    "segments": "seg", "experiments": "xpt", "goals": "gol",
    "surveys": "srv", "survey-follow-ups": "fup",
    "automations": "atm", "automation-runs": "atr",
    "challenges": "chl", "draws": "drw", "instant-wins": "iwn", "badges": "bdg",
    "campaigns": "cmp",
}  # fmt: skip
EXPERIMENT = {"name": "Try", "kind": "other", "variants": [{"id": "a"}, {"id": "b"}], "metric": "spend"}
A_GAME = "iwn_01m6k3q8r6e3vabq7m6w0t9d2c"
A_MEMBER = "mbr_01m6k3q8r6e3vabq7m6w0t9d2c"  # as examples name one


def example_of(spec):
    return spec.example if spec.body is not None else None


def filled(address, **known):
    prefix = PREFIX.get(address.split("/")[0], "mbr")
    named = address.replace("{id}", known.get(prefix) or ids.encode(prefix, ids.new()))
    return named.replace("{number}", "1").replace("{question}", "roast")


def test_everything_is_declared():
    assert len(ALL) > 45
    for _method, address, spec in operations():
        assert spec.scope in {*SCOPES, ""}, address
        assert spec.scope or address in {"", "ping"}
        assert spec.text, f"{address} has no description"
        assert spec.body is None or spec.example is not None, f"{address} has no example"


@pytest.mark.parametrize(("method", "address", "spec"), ALL)
def test_a_key_without_the_scope_is_refused_and_with_only_it_is_not(shopfront, method, address, spec):
    if not spec.scope:
        assert Caller(key_for(shopfront, "events:read"))(method, filled(address)).status_code == 200
        return
    others = [scope for scope in SCOPES if scope != spec.scope]
    answer = Caller(key_for(shopfront, *others))(method, filled(address), example_of(spec))
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert answer.json()["params"] == {"scope": spec.scope}
    allowed = Caller(key_for(shopfront, spec.scope))(method, filled(address), example_of(spec))
    assert allowed.status_code not in (401, 403)


@pytest.mark.parametrize(("method", "address", "spec"), ALL)
def test_without_a_good_key_nothing_is_said(shopfront, method, address, spec):
    for secret in ("", "lk_test_nothing", "lk_live_abcdefgh_" + "x" * 49, "a b", "\x7f"):
        answer = Caller(secret)(method, filled(address), example_of(spec))
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), secret
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def everything(call, name):
    """One of each thing, by prefix; and a code."""
    document = {
        "earning": {"rules": [ONE_POINT_PER_KRONA]}, "tiers": ENGRAVING, "sharing": SHARING,
        "membership_plans": PLANS, "referrals": {"on": True}, "questions": QUESTIONS,
    }  # fmt: skip
    call("PUT", "programme/draft", {"document": document})
    call.post("programme/publish", {})
    same = {"signals": {"device": f"device of {name}"}}
    member = call.post("members", {"external_id": name, **same}).json()["id"]
    link = call.get(f"members/{member}/referrals").json()["code"]
    if link:  # who comes by it on the same device is held
        call.post("members", {"external_id": f"friend of {name}", "referral_code": link, **same})
    held = call.get("referrals?status=held").json()["data"]
    return {
        "mbr": member,
        "ord": call.post("orders", an_order(name, kronor=500)).json()["id"],
        "act": call.post("activities", an_activity(name)).json()["id"],
        "job": call.post("exports", {"list": "members"}).json()["id"],
        **({"rfl": held[0]["id"]} if held else {}),
        **_rewards(call, member),
        **_shared(call, member, name),
        **_told(call),
        "seg": _made(call.post("segments", {"name": f"Segment of {name}"}))["id"],
        "cmp": _made(call.post("campaigns", {"name": f"Campaign of {name}"}))["id"],
        "xpt": _made(call.post("experiments", EXPERIMENT))["id"],
        "gol": _made(
            call.post("goals", {"figure": "nps", "start": "1", "target": "50", "due_on": "2099-01-01"})
        )["id"],
        **_asked(call, member, name),
        **_automated(call, name),
        **_games(call, name),
    }


def _games(call, name):
    """A badge, a challenge, a draw, and a game whose prize is a reward."""
    luck = call.post(
        "rewards", {"kind": "custom", "name": {"en": "luck"}, "handle": f"luck-{name}", "cost_points": 9}
    ).json()
    prizes = [{"name": "Luck", "reward": luck["handle"], "odds": 50_000, "total": 5}]
    far = "2099-05-31T23:59:00+02:00"
    terms = {"measure": "purchases", "milestones": [{"needed": 3, "points": 5}]}
    return {
        "bdg": _made(call.post("badges", {"name": f"Badge of {name}"}))["id"],
        "chl": _made(call.post("challenges", {"name": "Three", "terms": terms, "board": True}))["id"],
        "drw": _made(call.post("draws", {"handle": "may", "name": "May", "prize": "x", "closes_at": far}))[
            "id"
        ],
        "iwn": _made(
            call.post("instant-wins", {"name": "Luck", "ticket": "day", "ends_at": far, "prizes": prizes})
        )["id"],
    }


def _asked(call, member, name):
    survey = _made(call.post("surveys", {**SURVEY, "name": f"Survey of {name}"}))["id"]
    call.post(f"surveys/{survey}/open")
    _made(call.post(f"surveys/{survey}/answers", {"member": member, "answers": {"recommend": 3}}))
    return {"srv": survey, "fup": call.get("survey-follow-ups").json()["data"][0]["id"]}


def _automated(call, name):
    step = {"type": "webhook", "endpoint": call.get("webhook-endpoints").json()["data"][0]["id"]}
    flow = {"starts": [{"type": "event", "kind": "member.joined"}], "steps": [{"type": "wait"}, step]}
    made = _made(call.post("automations", {"name": "Flow", "flow": flow}))["id"]
    call.post(f"automations/{made}/start")
    call.post("members", {"external_id": f"somebody of {name}"})
    dispatch_waiting()
    run_automations()
    runs = call.get(f"automations/{made}/runs").json()["data"]
    return {"atm": made, **({"atr": runs[0]["id"]} if runs else {})}


def _told(call):
    made = _made(call.post("webhook-endpoints", {"url": "https://shop.example.com/hook", "kinds": ["*"]}))
    where = made["endpoint"]["id"]
    return {"whe": where, "dlv": call.post(f"webhook-endpoints/{where}/test").json()["id"]}


def _made(answer):
    assert answer.status_code == 201, answer.content
    return answer.json()


def _rewards(call, member):
    reward = call.post("rewards", {"kind": "custom", "name": {"en": "x"}, "cost_points": 10}).json()["id"]
    made = _made(call.post("redemptions", {"member": member, "reward": reward}))
    party = {"kind": "workshop", "name": {"en": "Baking"}, "cost_points": 10, "delivery": "served"}
    workshop = call.post("rewards", party).json()["id"]
    date = {"starts_at": "2099-12-05T18:00:00+01:00", "capacity": 5}
    session = call.post(f"rewards/{workshop}/sessions", date).json()["id"]
    booked = _made(call.post(f"sessions/{session}/bookings", {"member": member}))
    waiting = call.get("fulfilments").json()["data"]
    return {"rwd": reward, "rdm": made["id"], "code": made["code"], "ssn": session, "bkg": booked["id"],
            "ful": waiting[-1]["id"]}  # fmt: skip


def _shared(call, member, name):
    friend = call.post("members", {"external_id": f"{name}s friend"}).json()["id"]
    gift = call.post("transfers", {"giver": {"id": member}, "receiver": {"id": friend}, "amount": 1})
    claim = call.post(f"members/{member}/perks/claims", {"perk": "engraving", "order": {"external_id": "x"}})
    shop(f"{name}s-partner")
    worth = {"partner": f"{name}s-partner", "our_worth": "10", "their_worth": "10"}
    return {
        "ptr": gift.json()["id"],
        "clm": _made(claim)["id"],
        "prt": _made(call.post("partnerships", worth))["id"],
        "hhd": call.post("households", {"member": member}).json()["id"],
        "pmb": call.post("memberships", {"member": member, "plan": "plus"}).json()["id"],
    }


BY_ID = [found for found in ALL if "{id}" in found.values[1]]


@pytest.mark.parametrize(("method", "address", "spec"), BY_ID)
def test_another_shops_ids_do_not_exist(call, ottos_call, method, address, spec):
    lunas = everything(call, "ana")
    answer = ottos_call(method, filled(address, **lunas), example_of(spec))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    absent = ottos_call(method, filled(address), example_of(spec))
    assert absent.json() == answer.json()


@pytest.mark.parametrize(("method", "address", "spec"), BY_ID)
def test_ones_own_ids_do_exist(call, method, address, spec):
    """The twin: the 404 above is about whose id it is, not about the request."""
    known = everything(call, "ana")
    sent = json.dumps(example_of(spec)).replace(A_MEMBER, known["mbr"]).replace(A_GAME, known["iwn"])
    answer = call(method, filled(address, **known), json.loads(sent))
    if answer.status_code == 404:
        not_there = ("offers/{offer}/activate", "campaigns/{id}/rehearsal")
        assert address.endswith(not_there), "only an offer and a rehearsal that nobody made"
    else:  # 409: it is there, and in no state for this
        assert answer.status_code in (200, 201, 202, 204, 409, 422), answer.content


def luna_code(call, member):
    return call.get(f"members/{member}/referrals").json()["code"]


def test_another_shops_ids_in_bodies_and_filters_do_not_exist(call, ottos_call, other_shop):
    from tests.cast import publish

    with acting_for(other_shop, by=MARA):
        publish(sharing=SHARING, membership_plans=PLANS, referrals={"on": True})
    lunas, ottos = everything(call, "ana"), everything(ottos_call, "otto")
    asked = [
        ottos_call.post("orders", {**an_order(), "member": {"id": lunas["mbr"]}}),
        ottos_call.post("orders", {**an_order(), "member": {"external_id": "ana"}}),
        ottos_call.post("redemptions", {"member": lunas["mbr"], "reward": ottos["rwd"]}),
        ottos_call.post("redemptions", {"member": ottos["mbr"], "reward": lunas["rwd"]}),
        ottos_call.post("redemptions/quote", {"member": lunas["mbr"], "reward": lunas["rwd"]}),
        ottos_call.post(f"members/{ottos['mbr']}/merge", {"remove": lunas["mbr"]}),
        ottos_call.post("vouchers/check", {"code": lunas["code"]}),
        ottos_call.post("vouchers/use", {"code": lunas["code"]}),
        ottos_call.get("members/lookup?external_id=ana"),
        ottos_call.post(f"referrals/{lunas['rfl']}/approve", {}),
        ottos_call.post("members", {"external_id": "x", "referral_code": luna_code(call, lunas["mbr"])}),
    ]
    assert [answer.json()["code"] for answer in asked] == [
        "member_not_found",
        "member_not_found",
        "not_found",
        "not_found",
        "not_found",
        "not_found",
        "code_not_valid",
        "code_not_valid",
        "not_found",
        "not_found",
        "unknown_referral_code",
    ]
    assert ottos_call.get(f"orders?member={lunas['mbr']}").json()["data"] == []
    assert ottos_call.get(f"redemptions?member={lunas['mbr']}").json()["data"] == []
    assert len(ottos_call.get("members").json()["data"]) == 4  # Otto, two friends, somebody; nobody of Luna's
    assert call.post("vouchers/check", {"code": lunas["code"]}).status_code == 200


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_a_key_that_ends_is_refused_within_a_second(call, shopfront, end):
    with acting_for(shopfront, by=MARA):
        key, secret = create_api_key(name="till", scopes=["events:read"], at=AT)
    till = Caller(secret)
    assert till.get("ping").status_code == 200
    with acting_for(shopfront, by=MARA):
        if end == "revoked":
            revoke_api_key(key=key.pk, at=clock.now())
        else:
            ApiKey.objects.filter(pk=key.pk).update(expires_at=clock.now())
    started = time.monotonic()
    while till.get("ping").status_code == 200:
        assert time.monotonic() - started < 1.0
        time.sleep(0.05)
    assert till.get("ping").status_code == 401
    assert call.get("ping").status_code == 200


def test_a_keys_use_is_noted(call, shopfront):
    from loyalty.core.api import authentication

    authentication._touched.clear()
    call.get("ping")
    with acting_for(shopfront, by=MARA):
        assert ApiKey.objects.exclude(last_used_at=None).count() == 1


def test_the_sandbox_is_another_shop(call, shopfront):
    test_call = Caller(key_for(shopfront.sandbox))
    call.post("members", {"external_id": "ana"})
    assert test_call.get("ping").json()["sandbox"] is True
    assert test_call.get("members").json()["data"] == []
