"""Who may do what: every endpoint against every wrong key, and another shop's ids everywhere."""

import json
import re
import time

import pytest

from loyalty.core import clock, ids
from loyalty.core.merchants.models import ApiKey
from loyalty.core.merchants.operations import create_api_key, revoke_api_key
from loyalty.core.merchants.roles import SCOPES
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.api import V1
from tests.api.caller import Caller, an_order, key_for
from tests.api.conftest import opened
from tests.api.one_of_each import everything
from tests.api.standing import KNOWN, call, luna, lunas, other_shop, ottos_call, shopfront
from tests.cast import AT, MARA

__all__ = ["call", "luna", "lunas", "other_shop", "ottos_call", "shopfront"]

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


BY_ID = [found for found in ALL if "{id}" in found.values[1]]


@pytest.mark.parametrize(("method", "address", "spec"), BY_ID)
def test_another_shops_ids_do_not_exist(lunas, ottos_call, method, address, spec):
    answer = ottos_call(method, filled(address, **lunas), example_of(spec))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    absent = ottos_call(method, filled(address), example_of(spec))
    assert absent.json() == answer.json()


@pytest.mark.parametrize(("method", "address", "spec"), BY_ID)
def test_ones_own_ids_do_exist(lunas, call, method, address, spec):
    """The twin: the 404 above is about whose id it is, not about the request."""
    sent = json.dumps(example_of(spec)).replace(A_MEMBER, lunas["mbr"]).replace(A_GAME, lunas["iwn"])
    answer = call(method, filled(address, **lunas), json.loads(sent))
    if answer.status_code == 404:
        not_there = ("offers/{offer}/activate", "campaigns/{id}/rehearsal")
        assert address.endswith(not_there), "only an offer and a rehearsal that nobody made"
    else:  # 409: it is there, and in no state for this
        assert answer.status_code in (200, 201, 202, 204, 409, 422), answer.content


def luna_code(call, member):
    return call.get(f"members/{member}/referrals").json()["code"]


def test_another_shops_ids_in_bodies_and_filters_do_not_exist(lunas, call, ottos_call, other_shop):
    opened(other_shop)
    ottos = everything(ottos_call, "otto")
    asked = [
        ottos_call.post("orders", {**an_order(), "member": {"id": lunas["mbr"]}}),
        ottos_call.post("orders", {**an_order(), "member": {"external_id": KNOWN}}),
        ottos_call.post("redemptions", {"member": lunas["mbr"], "reward": ottos["rwd"]}),
        ottos_call.post("redemptions", {"member": ottos["mbr"], "reward": lunas["rwd"]}),
        ottos_call.post("redemptions/quote", {"member": lunas["mbr"], "reward": lunas["rwd"]}),
        ottos_call.post(f"members/{ottos['mbr']}/merge", {"remove": lunas["mbr"]}),
        ottos_call.post("vouchers/check", {"code": lunas["code"]}),
        ottos_call.post("vouchers/use", {"code": lunas["code"]}),
        ottos_call.get(f"members/lookup?external_id={KNOWN}"),
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
    with acting_for(shopfront, by=MARA):
        ApiKey.objects.update(last_used_at=None)
    call.get("ping")
    with acting_for(shopfront, by=MARA):
        assert ApiKey.objects.exclude(last_used_at=None).count() == 1


def test_the_sandbox_is_another_shop(lunas, call, shopfront):
    test_call = Caller(key_for(shopfront.sandbox))
    assert call.get("members").json()["data"]
    assert test_call.get("ping").json()["sandbox"] is True
    assert test_call.get("members").json()["data"] == []
