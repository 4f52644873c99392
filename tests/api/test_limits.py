"""Limits: how often, how many wrong codes, and what happens when the cache is away."""

import time

import pytest

from loyalty.core import cache
from loyalty.core.api import throttling
from loyalty.core.api.throttling import Bucket, take
from tests.api.caller import Caller, key_for
from tests.api.one_of_each import everything

PLACES = ["shared", "local"]


@pytest.fixture(params=PLACES)
def place(request, monkeypatch):
    """Where tokens are counted: in the shared cache (when the tests have one) or in the process."""
    if request.param == "local":
        monkeypatch.setattr(throttling, "_shared", lambda: None)
    else:
        request.getfixturevalue("shared_cache").clear()
        monkeypatch.setattr(cache, "_away_until", 0.0)
        monkeypatch.setattr(
            throttling, "_take_local", lambda *_args: pytest.fail("the shared cache was not asked")
        )
    return request.param


def test_a_bucket_empties_refills_and_never_overflows(place):
    bucket = Bucket("key", f"test:{time.monotonic_ns()}", rate=20, size=3)
    assert [take([bucket]).wait_seconds > 0 for _n in range(4)] == [False, False, False, True]
    time.sleep(0.12)
    assert [take([bucket]).wait_seconds > 0 for _n in range(3)] == [False, False, True]
    time.sleep(0.5)
    assert [take([bucket]).wait_seconds > 0 for _n in range(4)] == [False, False, False, True]


def test_all_buckets_or_none(place):
    now = time.monotonic_ns()
    small, large = Bucket("key", f"a:{now}", 0.001, 1), Bucket("merchant", f"b:{now}", 0.001, 2)
    assert take([small, large]).left == (0, 1)
    assert take([small, large]).wait_seconds > 100
    assert take([large]).left == (0,), "a refused request takes nothing from the merchant"


def test_too_many_requests_are_told_when_to_come_back(place, call, shopfront, settings):
    settings.API_RATE_PER_KEY = 1
    answers = [call.get("ping") for _n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"key";q=2;w=2'
    assert answers[0].headers["RateLimit"].startswith('"key";r=1;t=')
    last = answers[2]
    assert last.json()["code"] == "rate_limited"
    assert 1 <= int(last.headers["Retry-After"]) <= 2
    assert last.headers["RateLimit"].startswith('"key";r=0;')
    assert Caller(key_for(shopfront)).get("ping").status_code == 200, "another key has its own bucket"


def test_a_merchants_keys_share_a_limit_and_other_merchants_do_not_feel_it(
    place, call, shopfront, ottos_call, settings
):
    settings.API_RATE_PER_MERCHANT = 1
    callers = [call, Caller(key_for(shopfront)), Caller(key_for(shopfront))]
    assert [caller.get("ping").status_code for caller in callers] == [200, 200, 429]
    assert ottos_call.get("ping").status_code == 200


def test_no_limit_when_the_settings_say_zero(call):
    answers = [call.get("ping") for _n in range(120)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers


def test_a_cache_that_is_away_does_not_stop_the_shop_and_still_counts(call, settings, monkeypatch):
    def away(**_kwargs):
        raise ConnectionError("no cache")

    asked = []
    monkeypatch.setattr(throttling, "_shared", lambda: asked.append(1) or away)
    monkeypatch.setattr(cache, "_away_until", 0.0)
    settings.API_RATE_PER_KEY = 1
    assert [call.get("ping").status_code for _n in range(3)] == [200, 200, 429]


def test_a_cache_behind_a_dead_port_costs_the_api_next_to_nothing(call, settings, dead_cache):
    settings.API_RATE_PER_KEY = 1
    began = time.monotonic()
    assert [call.get("ping").status_code for _n in range(3)] == [200, 200, 429]
    assert time.monotonic() - began < 1


def test_one_round_trip_to_the_cache_for_each_request(call, settings, monkeypatch):
    trips = []

    def script(*, keys, args):
        trips.append(keys)
        return [b"0", b"9", b"9"]

    monkeypatch.setattr(throttling, "_shared", lambda: script)
    monkeypatch.setattr(cache, "_away_until", 0.0)
    settings.API_RATE_PER_KEY = settings.API_RATE_PER_MERCHANT = 10
    call.get("ping")
    assert len(trips) == 1
    assert len(trips[0]) == 2


def test_wrong_codes_are_counted_and_good_ones_are_not(call, place):
    code = everything(call, "ana")["code"]
    for _n in range(30):
        assert call.post("vouchers/check", {"code": code}).status_code == 200
    tried = [call.post("vouchers/check", {"code": f"WRONG{number:07}"}).status_code for number in range(12)]
    assert tried == [404] * 10 + [429] * 2
    assert call.post("vouchers/use", {"code": code}).status_code == 429, "guessing locks using, too"


def test_every_wrong_code_gets_the_same_answer(call):
    known = everything(call, "ana")
    call.post("vouchers/use", {"code": known["code"]})
    used = call.post("vouchers/check", {"code": known["code"]})
    unknown = call.post("vouchers/check", {"code": "0000-0000-0000"})
    assert used.status_code == unknown.status_code == 404
    assert used.content == unknown.content
