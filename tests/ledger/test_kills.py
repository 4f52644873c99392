"""Processes and servers end at the worst instant. Nothing acknowledged is lost, nothing happens twice."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KILLS = int(os.environ.get("LEDGER_KILLS", "300"))
ROOT = Path(__file__).resolve().parents[2]


def prove(*arguments: str, timeout: float) -> dict[str, Any]:
    """Run a proof in a process of its own; its report."""
    environment = {**os.environ, "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", "")}
    environment.pop("DATABASE_OWNER_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.prove.kills", *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.race
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_300_killed_workers_lose_nothing_and_repeat_nothing():
    report = prove("worker", "--kills", str(KILLS), timeout=60 + KILLS)
    print(report)
    assert report["clean"], report
    assert report["kills"] == KILLS
    assert report["acknowledged"] > KILLS  # a worker gets something done before it dies


@pytest.mark.race
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_promises_before_it_commits_is_caught():
    report = prove("worker", "--kills", "60", "--promise-early", timeout=200)
    assert report["lost"] > 0, report


@pytest.mark.race
@pytest.mark.slow
def test_30_killed_servers_lose_nothing_and_repeat_nothing():
    report = prove("server", "--kills", "30", timeout=400)
    assert report["clean"], report
    assert report["acknowledged"] > 60


@pytest.mark.race
@pytest.mark.slow
def test_a_promise_before_the_commit_does_not_survive_a_killed_server():
    report = prove("server", "--kills", "8", "--promise-early", timeout=200)
    assert report["lost"] > 0, report
