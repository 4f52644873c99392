"""The shop goes on without its cache, and still counts."""

import logging
import socket
import time
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from prometheus_client.parser import text_string_to_metric_families
from redis.exceptions import RedisError

from loyalty.celery import app
from loyalty.core import cache as module
from loyalty.core import ids
from loyalty.core.cache import SharedCache, answers
from loyalty.core.events import consumers
from loyalty.web.metrics import exposition


def outages() -> float:
    """What `/metrics` says of outages."""
    families = text_string_to_metric_families(exposition().decode())
    return next(f.samples[0].value for f in families if f.name == "loyalty_cache_outages")


def test_whatever_is_asked_is_answered_by_this_process(dead_cache: None) -> None:
    began = time.monotonic()
    assert cache.add("joins", 1, timeout=60)
    assert not cache.add("joins", 1, timeout=60)
    assert cache.incr("joins") == 2
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    assert cache.get_or_set("c", 3) == 3
    assert cache.touch("c")
    assert "c" in cache
    cache.delete("c")
    cache.delete_many(["a"])
    assert [cache.get(name, "gone") for name in "abc"] == ["gone", 2, "gone"]
    cache.clear()
    assert cache.get("joins") is None
    with pytest.raises(ValueError, match="not found"):
        cache.incr("joins")
    assert time.monotonic() - began < 1, "the client's own patience would keep people waiting"


def test_every_way_to_ask_has_its_other_way() -> None:
    ways = {name for name in vars(RedisCache) if not name.startswith("_")} - {"get_backend_timeout"}
    assert ways <= set(vars(SharedCache))


@pytest.mark.django_db
def test_an_outage_is_logged_and_counted_once_for_a_while(
    dead_cache: None, caplog: pytest.LogCaptureFixture
) -> None:
    before = outages()
    with caplog.at_level(logging.WARNING):
        for number in range(5):
            cache.set("x", number)
    assert [record.name for record in caplog.records] == ["loyalty.core.cache"]
    assert outages() == before + 1
    assert not answers()


def test_the_cache_is_asked_again_when_it_is_back(
    shared_cache: SharedCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any, **_options: Any) -> None:
        raise RedisError("the cache is away")

    monkeypatch.setattr(module, "_away_until", 0.0)
    name = ids.new().hex
    shared_cache.set(name, "of all processes", timeout=60)
    with monkeypatch.context() as outage:
        outage.setattr(RedisCache, "get", away)
        assert shared_cache.get(name) is None
    assert shared_cache.get(name) is None, "it is left alone for a few seconds"
    assert not shared_cache.answers()
    monkeypatch.setattr(module, "_away_until", 0.0)
    assert shared_cache.get(name) == "of all processes"
    assert shared_cache.answers()


def test_what_cache_url_names_is_this_cache(shared_cache: SharedCache) -> None:
    assert settings.CACHES["default"]["BACKEND"] == "loyalty.core.cache.SharedCache"
    options = shared_cache._cache.get_client().connection_pool.connection_kwargs
    assert (options["socket_timeout"], options["socket_connect_timeout"]) == (0.25, 0.25)


def test_a_broker_that_is_away_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own patience would be six seconds, after every commit."""
    monkeypatch.setattr(consumers, "anyone_listens", lambda: True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        broker = f"redis://127.0.0.1:{taken.getsockname()[1]}/0"
    with Celery("elsewhere", broker=broker, set_as_current=False) as elsewhere:
        elsewhere.conf.broker_transport_options = app.conf.broker_transport_options
        monkeypatch.setattr(consumers, "current_app", elsewhere)
        began = time.monotonic()
        consumers.ring()
    assert time.monotonic() - began < 2
