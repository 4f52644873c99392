"""What happens by itself: everything the clock rings for, and everything that is woken, is work that a worker knows."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from loyalty.celery import app

pytestmark = pytest.mark.django_db  # a worker that starts looks at its database

ROOMS = ("loyalty", "members", "rewards", "campaigns", "analytics")


def known() -> set[str]:
    """The tasks of a worker that has just been started."""
    app.loader.import_default_modules()
    return set(app.tasks)


def test_the_clock_rings_for_nothing_that_no_worker_knows():
    rung = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert rung - known() == set()
    assert len(rung) == len(app.conf.beat_schedule), "nothing is rung for twice"


def test_nothing_is_woken_that_no_worker_knows():
    root = Path(settings.BASE_DIR)
    woken = {
        name
        for room in ROOMS
        for path in (root / room).rglob("*.py")
        for name in re.findall(r'"([a-z_.]+\.tasks\.[a-z_]+)"', path.read_text())
    }
    assert {"campaigns.tasks.run_automations", "campaigns.tasks.settle_games"} <= woken
    assert woken - known() == set()
