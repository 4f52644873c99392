"""`manage.py demo` as a newcomer runs it: started, used, stopped, started again, killed, started once more.

Everything is real: servers, web, worker and clock, in processes of their own and in a folder of their own.
"""

import http.cookiejar
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from loyalty.demo import servers as module
from loyalty.demo.children import Child
from loyalty.demo.processes import command_of
from loyalty.demo.servers import stop

ROOT = Path(__file__).resolve().parents[2]
PROMISED = {"base_url", "api_key", "dashboard_url", "staff_login", "portal_url", "member_id"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data folder that any account can reach; whatever still runs in it at the end is stopped."""
    folder = Path(tempfile.mkdtemp(prefix="loyalty-demo-")).resolve()
    folder.chmod(0o755)
    yield folder
    for name in ("web", "worker", "clock"):
        Child(name, "none", [], data=folder).end_leftover()
    stop(folder, remove=True)
    shutil.rmtree(folder)


class Running:
    """One run of the command in a session of its own, as a terminal would have it."""

    def __init__(self, data: Path, *, port: int) -> None:
        given = {*module.DATABASE_NAMES, *module.QUEUE_NAMES, "SITE_URL", "SECRET_KEY", "DEBUG", "DEMO"}
        environment = {name: value for name, value in os.environ.items() if name not in given}
        environment |= {
            "LOYALTY_DATA": str(data),
            "HISTORY": "tiny",
            "PORT": str(port),
            "PYTHONUNBUFFERED": "1",
        }
        self.data, self.output = data, data.with_suffix(".out")
        self.began = time.monotonic()
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo"], cwd=ROOT, env=environment, stdout=output,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    @property
    def printed(self) -> str:
        return self.output.read_text()

    def wait(self, seconds: float = 300) -> dict:
        """Until it says that it is ready; the facts it has written."""
        deadline = time.monotonic() + seconds
        while "Ctrl-C" not in self.printed or "same facts" not in self.printed:
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < deadline, self.printed
            time.sleep(0.1)
        return json.loads((self.data / "demo.json").read_text())

    def end(self, number: int = signal.SIGINT, seconds: float = 60) -> int:
        """Tell it to stop; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(seconds)


def processes_of(data: Path) -> list[str]:
    """Command lines of every running process that names the data folder."""
    shown = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True
    ).stdout
    return [line for line in shown.splitlines() if str(data) in line]


def status(url: str, browser: urllib.request.OpenerDirector | None = None) -> tuple[int, str]:
    """Status and final address of a page, followed with or without a browser's cookies."""
    opener = browser or urllib.request.build_opener()
    try:
        with opener.open(url, timeout=60) as answer:
            return answer.status, answer.url
    except urllib.error.HTTPError as error:
        return error.code, error.url


def browser() -> urllib.request.OpenerDirector:
    """Something that keeps cookies."""
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))


def earns(curl: str) -> tuple[int, dict]:
    """Run the printed command exactly as it is, with the status appended."""
    done = subprocess.run(
        ["bash", "-c", curl + " -w '\\n%{http_code}'"], capture_output=True, text=True, check=True
    )
    body, _, code = done.stdout.rpartition("\n")
    return int(code), json.loads(body)


def counts(data: Path) -> tuple[int, int]:
    """Orders and points in the whole database, as the server's administrator sees them."""
    environment = dict(line.split("=", 1) for line in (data / "environment").read_text().splitlines())
    url = environment["DATABASE_ADMIN_URL"].rpartition("/")[0] + "/loyalty"
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT (SELECT count(*) FROM members_order), (SELECT sum(balance) FROM ledger_account)"
        ).fetchone()


def keeps_its_promises(first: Running, facts: dict) -> None:
    """What a newcomer is told is there, on screen and in the file, and nobody else's to read."""
    assert facts.keys() >= PROMISED
    assert all(facts.values())
    for name in ("dashboard_url", "sign_in_url", "portal_url", "api_key", "curl", "staff_login"):
        assert facts[name] in first.printed
    assert stat.S_IMODE((first.data / "demo.json").stat().st_mode) == 0o600


def earns_once(facts: dict) -> None:
    """The printed command earns, and sent again earns nothing more."""
    code, answer = earns(facts["curl"])
    assert (code, answer["replayed"]) == (201, False)
    assert answer["points"] >= 12
    assert answer["member"] == facts["member_id"]
    assert earns(facts["curl"])[1]["id"] == answer["id"]


def lets_in_once(facts: dict) -> None:
    """A sign-in link opens the dashboard one time; strangers and forgers stay outside."""
    base_url, me = facts["base_url"], browser()
    assert status(facts["dashboard_url"])[1] != facts["dashboard_url"], "a stranger is asked to sign in"
    assert status(facts["sign_in_url"], me) == (200, facts["dashboard_url"])
    assert status(facts["dashboard_url"], me) == (200, facts["dashboard_url"])
    assert status(facts["sign_in_url"], browser())[0] == 404, "a link works once"
    forged = facts["portal_sign_in_url"][:-6] + "AAAAA/"
    assert status(forged, browser())[0] == 404
    assert status(f"{base_url}/no/such/page")[0] == 404
    assert b"DEBUG = True" not in urllib.request.build_opener(_Keep404()).open(f"{base_url}/nope").read()


def test_start_use_stop_and_start_again(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        first = Running(data, port=port)
        facts = first.wait()
    assert not facts["base_url"].endswith(f":{port}"), (
        "its port was taken: the next free one is used, and said"
    )
    keeps_its_promises(first, facts)
    earns_once(facts)
    lets_in_once(facts)
    before = counts(data)
    assert before[0] > 600

    assert first.end() == 0
    assert "Everything has stopped" in first.printed
    assert "Traceback" not in first.printed
    assert processes_of(data) == []

    second = Running(data, port=port)
    again = second.wait()
    seconds = time.monotonic() - second.began
    assert again["api_key"] == facts["api_key"], "the key of the first start still counts"
    assert again["member_id"] == facts["member_id"]
    assert again["portal_member_id"] == facts["portal_member_id"]
    assert counts(data) == before
    assert "members, " not in second.printed, "nothing is loaded again"
    assert earns(again["curl"])[0] == 201
    assert seconds < 60

    # Killed: nobody stops what it started. The next start takes the folder over and leaves one of each.
    second.process.kill()
    second.process.wait()
    assert len([line for line in processes_of(data) if ":web " in line and "granian" in line]) >= 1
    third = Running(data, port=port)
    third.wait()
    heads = [line for line in processes_of(data) if " -m granian " in line]
    assert len({line.split("--port ")[1].split()[0] for line in heads}) == 1
    assert earns(third.wait()["curl"])[0] == 201
    assert third.end(signal.SIGTERM) == 128 + signal.SIGTERM
    assert processes_of(data) == []


class _Keep404(urllib.request.HTTPErrorProcessor):
    """Lets an answer of 404 through, to read its page."""

    def http_response(self, request: urllib.request.Request, response: object) -> object:
        return response


def test_an_unknown_history_is_refused_before_anything_starts(data: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "demo"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "LOYALTY_DATA": str(data / "other"), "HISTORY": "huge"},
    )  # fmt: skip
    assert done.returncode == 1
    assert "HISTORY is one of tiny, sample, full" in done.stderr
    assert not (data / "other" / "postgres").exists()


def test_a_loading_part_ends_with_its_parent() -> None:
    """Killed, so that it can tell nobody: a part that went on alone would meet those of the next start."""
    code = (
        "import multiprocessing, time; from loyalty.demo import parts\n"
        "def main():\n"
        "    part = multiprocessing.get_context('spawn').Process(target=parts._end_with_parent)\n"
        "    part.start(); print(part.pid, flush=True); time.sleep(60)\n"
        "if __name__ == '__main__': main()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    part = int(parent.stdout.readline())
    time.sleep(2)
    assert command_of(part), "it lives while its parent does"
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while command_of(part):
        assert time.monotonic() < deadline, "the part outlived its parent"
        time.sleep(0.1)
