"""`make demo`: a whole shop on this machine, started in order and stopped in order.

Servers, migrations, static files, the web, the shops with their history, the worker and its clock. Everything
lies in one data folder; a second start finds it there and takes seconds. Nothing here touches the database
itself: each step is a process of its own, because the addresses are known only once the servers run.
"""

import json
import os
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from django.contrib.staticfiles.finders import get_finders

from loyalty.demo.children import Child, run_step
from loyalty.demo.processes import ServerError, can_listen, last_lines
from loyalty.demo.progress import spoken
from loyalty.demo.servers import Servers

OWNERS_ALONE = ("DATABASE_OWNER_URL", "DATABASE_ADMIN_URL")
"""What only migrations may use: the processes that serve never see it."""


class DemoError(RuntimeError):
    """The demo cannot start or go on; the message says why and what to do."""


@dataclass(slots=True)
class Demo:
    """One run: `size` is a key of `load.SIZES`, `port` the first to try, `out` where it says what it does."""

    data: Path
    root: Path
    size: str
    port: int
    out: TextIO

    def run(self) -> None:
        """Start everything, say how to use it, and stay until told to stop or until a part of it ends.

        Raises `DemoError` or `ServerError`; whatever was started is stopped then.
        """
        began = time.monotonic()
        # A shell that starts us in the background tells us to ignore Ctrl-C; whoever sends one means it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.say("Starting the database and the queue …")
        with Servers(self.data) as servers:
            children: list[Child] = []
            try:
                self._bring_up(servers.environment, children)
                self.out.write(summary(self.facts(), seconds=time.monotonic() - began))
                self.out.flush()
                self._stay(children)
            except KeyboardInterrupt:
                pass  # asked for: no trace of where we were
            finally:
                self.say("\nStopping …")
                _stop(children)
        self.say(f"Everything has stopped. The data stays in {self.data}")

    def say(self, text: str) -> None:
        """One line for whoever watches."""
        self.out.write(text + "\n")
        self.out.flush()

    def facts(self) -> dict[str, Any]:
        """What the loading step wrote for the newcomer."""
        return json.loads((self.data / "demo.json").read_text())

    def _bring_up(self, servers: Mapping[str, str], children: list[Child]) -> None:
        port = free_port(self.port)
        base_url = f"http://127.0.0.1:{port}"
        owner = self._environment(servers, base_url)
        serving = {name: value for name, value in owner.items() if name not in OWNERS_ALONE}
        self._migrate(owner)
        self._collect_static(owner)
        web, worker, clock = self._processes(port)
        children.append(web)
        web.start(serving)
        self._manage(
            owner, "load_history", "--size", self.size, "--facts", str(self.data / "demo.json"),
            "--base-url", base_url, failed="The history could not be loaded; `make demo` again continues.",
        )  # fmt: skip
        for child in (worker, clock):
            children.append(child)
            child.start(serving)
        self._wait_until_ready(base_url, children)

    def _environment(self, servers: Mapping[str, str], base_url: str) -> dict[str, str]:
        counters = self.data / "metrics"
        shutil.rmtree(counters, ignore_errors=True)  # what ended processes counted is not added to
        counters.mkdir(parents=True)
        return {
            **os.environ,
            **servers,
            "DJANGO_SETTINGS_MODULE": "loyalty.settings",
            "LOYALTY_DATA": str(self.data),
            "SITE_URL": base_url,
            "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
            "DEBUG": "0",
            "DEMO": "1",
            "PROMETHEUS_MULTIPROC_DIR": str(counters),
            "PYTHONUNBUFFERED": "1",
        }

    def _processes(self, port: int) -> tuple[Child, Child, Child]:
        app = ("-A", "loyalty.celery")
        return (
            Child(
                "web", "granian",
                ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "2",
                 "--blocking-threads", "1", "--no-ws", "loyalty.wsgi:application"],
                data=self.data,
            ),
            Child(
                "worker", "celery",
                [*app, "worker", "--concurrency", "1", "--loglevel", "INFO", "--without-gossip",
                 "--without-mingle"],
                data=self.data,
            ),
            Child(
                "clock", "celery",
                [*app, "beat", "--loglevel", "WARNING", "--schedule", str(self.data / "run" / "schedule")],
                data=self.data,
            ),
        )  # fmt: skip

    def _manage(
        self, environment: Mapping[str, str], *command: str, failed: str, quiet: bool = False
    ) -> None:
        code = run_step([sys.executable, str(self.root / "manage.py"), *command], environment, quiet=quiet)
        if code:
            raise DemoError(failed)

    def _migrate(self, environment: Mapping[str, str]) -> None:
        """As the owner where we know it; a database of the operator's own may be migrated by them alone."""
        if environment.get("DATABASE_OWNER_URL"):
            self._manage(
                environment, "migrate", "--database", "owner", "--verbosity", "0",
                failed="The database could not be migrated.", quiet=True,
            )  # fmt: skip
        else:
            self._manage(
                environment, "migrate", "--check", quiet=True,
                failed="DATABASE_URL names a database that lacks migrations; set DATABASE_OWNER_URL too.",
            )  # fmt: skip

    def _collect_static(self, environment: Mapping[str, str]) -> None:
        """Gather, fingerprint and compress the browser's files, unless nothing has changed since."""
        note, now = self.data / "static.sha256", fingerprint_of_static()
        if note.exists() and note.read_text() == now and (self.data / "static" / "staticfiles.json").exists():
            return
        self.say("Preparing the browser's files …")
        note.unlink(missing_ok=True)
        self._manage(
            environment, "collectstatic", "--no-input", "--clear", "--verbosity", "0",
            failed="The browser's files could not be prepared.", quiet=True,
        )  # fmt: skip
        note.write_text(now)

    def _wait_until_ready(self, base_url: str, children: list[Child], *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            check_alive(children)
            try:
                with urllib.request.urlopen(f"{base_url}/readyz", timeout=5):  # noqa: S310 - our own address
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise DemoError(f"The web does not get ready; its log says:\n{last_lines(children[0].log)}")

    def _stay(self, children: list[Child]) -> None:
        while True:
            check_alive(children)
            time.sleep(0.5)


def check_alive(children: list[Child]) -> None:
    """Raise `DemoError` with the end of its log when a process has ended by itself."""
    for child in children:
        if child.ended:
            raise DemoError(
                f"The {child.name} has stopped; {child.log} ends with:\n{last_lines(child.log, 15)}"
            )


def free_port(first: int) -> int:
    """The first port from `first` on that is free on loopback; `DemoError` when fifty in a row are taken."""
    for port in range(first, min(first + 50, 65536)):
        if can_listen(port):
            return port
    raise DemoError(f"No port from {first} to {first + 49} is free. Choose another: make demo PORT=…")


def fingerprint_of_static() -> str:
    """Changes whenever a file of the browser's is added, removed or touched."""
    seen = sha256()
    for finder in get_finders():
        for path, storage in finder.list(None):
            stat = os.stat(storage.path(path))
            seen.update(f"{path}|{stat.st_mtime_ns}|{stat.st_size}\n".encode())
    return seen.hexdigest()


def _stop(children: list[Child]) -> None:
    """End the processes, all asked at once. What is being stopped cannot be interrupted: nothing may stay."""
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for child in children:
            child.ask()
        for child in reversed(children):
            child.stop()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def summary(facts: Mapping[str, Any], *, seconds: float) -> str:
    """What the newcomer reads when everything runs."""
    return f"""
Ready after {spoken(seconds)}. Everything below works until you press Ctrl-C.

  Dashboard      {facts["dashboard_url"]}
    signed in    {facts["sign_in_url"]}
    by e-mail    {facts["staff_login"]}

  Member's side  {facts["portal_url"]}
    signed in    {facts["portal_sign_in_url"]}
    by e-mail    {facts["portal_login"]}

  A web shop     {facts["shop_url"]}

  The café       {facts["cafe_dashboard_url"]}
    signed in    {facts["cafe_sign_in_url"]}

  Links that sign in work once, for an hour; `.venv/bin/python manage.py demo --links` makes new ones.
  Codes sent by e-mail arrive as files in {facts["mail_folder"]}

  API            {facts["api_docs_url"]}
    test key     {facts["api_key"]}
    earn points  copy this:

{facts["curl"]}

  The same facts are in {facts["facts_file"]}

"""


__all__ = ["Demo", "DemoError", "ServerError", "check_alive", "fingerprint_of_static", "free_port", "summary"]
