"""What some tests need of the machine they run on, and what happens where it is missing.

At a desk such a test is skipped with a reason. In continuous integration (`CI=1`) it fails: a proof that did not run
there would be missed by nobody. This is the only place that skips.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from playwright.sync_api import Browser, sync_playwright

from loyalty.demo.programs import installations, major_version


def in_ci() -> bool:
    """Whether this run judges a change."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


hypothesis.settings.load_profile("default")
# How long an example takes says how busy the machine is, not whether the product is right. A change is judged by the
# same examples in every run; a desk and the long proofs look at new ones.
hypothesis.settings.register_profile("ours", deadline=None, derandomize=in_ci())
hypothesis.settings.load_profile("ours")

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to hand its server to another account")
"""For what only ever happens to root. Not something missing: the other account's way is tested beside it."""


def missing(what: str) -> NoReturn:
    """Give up on a test for want of `what`: a skip at a desk, a failure in continuous integration."""
    if in_ci():
        pytest.fail(f"{what}, and in continuous integration everything has to be proved", pytrace=False)
    pytest.skip(what)


def program(name: str) -> str:
    """The newest PostgreSQL program of this name; `pg_dump` and `pg_restore` work with older servers, too."""
    found = [folder for folder in installations() if (folder / name).exists()]
    if not found:
        missing(f"no {name} is installed")
    return str(max(found, key=major_version) / name)


def browser() -> str:
    """The machine's own Chromium; nothing is downloaded."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None) or missing("no Chromium is installed")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A running Chromium, shared by the tests of one file."""
    path = browser()
    # The browser keeps a loop running in this thread, and the ORM would refuse to work beside one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def broker() -> str:
    """The address of a message broker that is running."""
    return os.environ.get("CELERY_BROKER_URL") or missing("CELERY_BROKER_URL names no broker")


@pytest.fixture
def shared_cache() -> RedisCache:
    """A cache that all processes share."""
    cache = caches["default"]
    if not isinstance(cache, RedisCache):
        missing("CACHE_URL names no cache")
    return cache


@pytest.fixture(scope="module")
def cdnow() -> list[tuple[int, date, float]]:
    """The public CDNOW log (1/10 sample): (customer, day, dollars) a purchase. It is not ours to keep here; `.ci/venv`
    takes it out of the source distribution of the package `lifetimes` 0.11.3."""
    path = Path(sys.prefix) / "share" / "cdnow" / "CDNOW_sample.txt"
    if not path.is_file():
        missing(f"{path} is not there; `make .venv` fetches it")
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    return [(int(row[1]), date.fromisoformat(row[2]), float(row[4])) for row in rows]
