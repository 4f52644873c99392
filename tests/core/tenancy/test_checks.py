"""A server that could mix up merchants does not start: web, worker and system check say why."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from loyalty.core.tenancy import checks
from loyalty.demo.processes import free_port

ROOT = Path(__file__).resolve().parents[3]
WEB = [
    "granian",
    "--interface",
    "wsgi",
    "--host",
    "127.0.0.1",
    "--port",
    "{port}",
    "loyalty.wsgi:application",
]
WORKER = ["celery", "-A", "loyalty", "worker", "--pool", "solo", "--loglevel", "ERROR"]

pytestmark = pytest.mark.django_db


def start(command: list[str], url: str) -> subprocess.CompletedProcess[str]:
    """Run a server process on a database URL; one that serves is stopped after a while."""
    words = [word.format(port=free_port()) for word in command]
    environment = {**os.environ, "DATABASE_URL": url, "CELERY_BROKER_URL": "memory://"}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("command", [WEB, WORKER], ids=["web", "worker"])
def test_no_server_starts_as_superuser(command: list[str]) -> None:
    ended = start(command, os.environ["TEST_DATABASE_ADMIN"])
    said = ended.stdout + ended.stderr
    assert ended.returncode != 0
    assert "Not serving, because members' data would not be kept apart:" in said
    assert "is a superuser: row-level security does not bind it" in said
    assert "set DATABASE_URL" in said


@pytest.mark.slow
def test_no_server_starts_when_the_database_cannot_be_asked() -> None:
    ended = start(WEB, "postgresql://loyalty_app@127.0.0.1:1/loyalty")
    assert ended.returncode != 0
    assert "the database cannot be asked about its role" in ended.stdout + ended.stderr


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)  # the server writes down the link to its owner: that is taken back
def test_twin_the_serving_role_may_start() -> None:
    """The same process with the right role serves until it is stopped."""
    command = [sys.executable, "-m", *(word.format(port=free_port()) for word in WEB)]
    environment = {**os.environ, "DATABASE_URL": os.environ["TEST_DATABASE_URL"]}
    # A session of its own: its workers are found, and asked to end with it.
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            server.communicate(timeout=10)
    finally:
        server.terminate()
        said, _nothing = server.communicate(timeout=20)
    assert b"Not serving" not in said
    with pytest.raises(ProcessLookupError):
        os.killpg(server.pid, 0)


def test_every_reason_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        checks, "check_serving_role", lambda _connection: ["it owns tables", "it has BYPASSRLS"]
    )
    monkeypatch.setattr(checks.connection, "close", lambda: None)
    with pytest.raises(checks.Unfit) as end:
        checks.refuse_to_serve_unfit()
    assert str(end.value).splitlines()[1:3] == ["it owns tables", "it has BYPASSRLS"]
    with pytest.raises(SystemCheckError, match=r"tenancy\.E001\) it owns tables"):
        call_command("check", databases=["default"])


def test_the_tests_own_role_is_fit() -> None:
    call_command("check", databases=["default"])
    assert checks.check_role(databases=["default"]) == []
    assert checks.check_role(databases=None) == []
