"""Where something is missing a desk skips and continuous integration fails."""

import shutil
from functools import partial
from typing import Any

import pytest

from tests import needs


@pytest.mark.parametrize("ci", ["1", "true"])
def test_in_continuous_integration_nothing_is_skipped(monkeypatch: pytest.MonkeyPatch, ci: str) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(pytest.fail.Exception, match="no clock is installed"):
        needs.missing("no clock is installed")


@pytest.mark.parametrize("ci", ["", "0", "false", None])
def test_at_a_desk_it_is_skipped_with_a_reason(monkeypatch: pytest.MonkeyPatch, ci: str | None) -> None:
    monkeypatch.delenv("CI", raising=False)
    if ci is not None:
        monkeypatch.setenv("CI", ci)
    with pytest.raises(pytest.skip.Exception, match="no clock is installed"):
        needs.missing("no clock is installed")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """A machine with nothing on it."""
    monkeypatch.setattr(shutil, "which", lambda *_args, **_options: None)
    monkeypatch.setattr(needs, "installations", lambda: iter(()))
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.mark.parametrize("ci", [True, False])
@pytest.mark.parametrize("thing", ["browser", "pg_dump", "broker", "shared_cache"])
def test_every_need_is_told(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, bare: None, thing: str, ci: bool
) -> None:
    monkeypatch.setenv("CI", "1" if ci else "")
    asked = {"browser": needs.browser, "pg_dump": partial(needs.program, "pg_dump")}
    ask = asked.get(thing) or partial(request.getfixturevalue, thing)
    with pytest.raises(pytest.fail.Exception if ci else pytest.skip.Exception):
        ask()
