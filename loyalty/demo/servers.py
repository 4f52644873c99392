"""The servers of `make demo` and `make test`: our own PostgreSQL and Valkey, unless others are named.

    with Servers(Path(".data")) as servers:
        subprocess.run(command, env=os.environ | servers.environment)

From a shell: `python -m loyalty.demo.servers run --data .data/test -- pytest -q`. Standard library and
psycopg only.
"""

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any, Self

from loyalty.core.tenancy import roles
from loyalty.demo.postgres import Postgres
from loyalty.demo.processes import ServerError, write_private
from loyalty.demo.valkey import Valkey, find_program

__all__ = ["ServerError", "Servers"]

DATABASE_NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL")
QUEUE_NAMES = ("CELERY_BROKER_URL", "CACHE_URL")


class Servers:
    """A context manager that runs the servers a folder's data needs, and ends what it started.

    - `.environment`: DATABASE_URL (as `loyalty_app`), DATABASE_OWNER_URL, DATABASE_ADMIN_URL (superuser,
      database `postgres`), CELERY_BROKER_URL and CACHE_URL. What the process's own environment names is taken
      from there, and nothing is started for it.
    - `<data>/environment` holds the same as KEY=VALUE lines while they run, for other processes of the same
      user.

    One folder serves one process at a time. SIGTERM and SIGHUP end the `with` block as Ctrl-C does.
    """

    def __init__(self, data_dir: Path | str, *, given: Mapping[str, str] = os.environ) -> None:
        """`data_dir` is made on entry. `given` is the environment that may name servers to use instead."""
        self.data = Path(data_dir).resolve()
        self.given = given
        self.environment: dict[str, str] = {}
        self._stops: list[Callable[[], None]] = []
        self._lock: IO[str] | None = None
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Start what is missing. Raises `ServerError`; nothing is left running then."""
        self._catch_signals()
        try:
            self._lock = take_folder(self.data)
            self._start_database()
            self._start_queue()
            own = {name: value for name, value in self.environment.items() if name not in self.given}
            if own:
                write_private(self.data / "environment", "".join(f"{k}={v}\n" for k, v in own.items()))
                self._stops.append(lambda: (self.data / "environment").unlink(missing_ok=True))
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what was started, last first."""
        self._stop()

    def _start_database(self) -> None:
        if any(self.given.get(name) for name in ("DATABASE_URL", "DATABASE_ADMIN_URL")):
            self.environment |= {name: self.given[name] for name in DATABASE_NAMES if self.given.get(name)}
            return
        postgres = Postgres(self.data)
        self._stops.append(postgres.stop)
        postgres.start()
        self.environment |= {
            "DATABASE_URL": postgres.url(roles.APP),
            "DATABASE_OWNER_URL": postgres.url(roles.OWNER),
            "DATABASE_ADMIN_URL": postgres.url("postgres", "postgres"),
        }

    def _start_queue(self) -> None:
        if self.given.get("CELERY_BROKER_URL"):
            self.environment |= {name: self.given[name] for name in QUEUE_NAMES if self.given.get(name)}
            return
        program = find_program()
        if program is None:
            # Slower (it polls ten times a second) and without a shared cache, but it needs nothing at all.
            broker = self.data / "broker"
            broker.mkdir(mode=0o700, exist_ok=True)
            self.environment["CELERY_BROKER_URL"] = f"filesystem://{broker}"
            return
        valkey = Valkey(self.data, program)
        self._stops.append(valkey.stop)
        valkey.start()
        self.environment |= {"CELERY_BROKER_URL": valkey.url(0), "CACHE_URL": valkey.url(1)}

    def _stop(self) -> None:
        """Undo everything, also when one part of it fails; a second Ctrl-C must not leave servers behind."""
        for number in self._handlers:
            signal.signal(number, signal.SIG_IGN)
        try:
            failed: list[Exception] = []
            while self._stops:
                try:
                    self._stops.pop()()
                except Exception as error:  # noqa: BLE001 - the others still have to be stopped
                    failed.append(error)
            if failed:
                raise failed[0]
        finally:
            if self._lock:
                self._lock.close()
                self._lock = None
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            self._handlers = {}

    def _catch_signals(self) -> None:
        """Make an ending signal an exception, so that `with` blocks unwind. Only the main thread may."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                before = signal.getsignal(number)
                self._handlers[number] = before
                if number != signal.SIGINT:
                    signal.signal(number, _leave)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def take_folder(data: Path) -> IO[str]:
    """Hold a data folder for this process until the file returned is closed or the process ends, somehow.

    Raises `ServerError` with the holder's process id when another process holds it.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        file = (data / "lock").open("a+")
    except PermissionError as error:
        raise ServerError(f"{error.filename} cannot be written. Was it made as another user?") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise ServerError(
            f"{data} is in use by process {holder}. Stop it, or choose another folder."
        ) from None
    file.seek(0)
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def run(data: Path, command: list[str]) -> int:
    """Run a command with the servers around it; returns its exit code (128 + n when a signal ended it)."""
    process: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, frame: FrameType | None) -> None:
        if process is None:
            _leave(number, frame)
        else:
            process.send_signal(number)

    def wait(number: int, frame: FrameType | None) -> None:
        # The command sits at the same terminal, so a Ctrl-C reaches it by itself; we stay until it has
        # finished.
        if process is None:
            _leave(number, frame)

    with Servers(data) as servers:
        before = {
            signal.SIGINT: signal.signal(signal.SIGINT, wait),
            signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on),
            signal.SIGHUP: signal.signal(signal.SIGHUP, pass_on),
        }
        try:
            process = subprocess.Popen(command, env={**os.environ, **servers.environment})
            code = process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def stop(data: Path, *, remove: bool = False) -> None:
    """End servers that a crashed run left behind, and with `remove` delete their data."""
    data = data.resolve()
    if not data.is_dir():
        return
    with take_folder(data):
        program = find_program()
        for server in (Postgres(data), Valkey(data, program or Path("valkey-server"))):
            server.remove() if remove else server.stop()
        (data / "environment").unlink(missing_ok=True)
        if remove:
            shutil.rmtree(data / "broker", ignore_errors=True)


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m loyalty.demo.servers", description=(__doc__ or "").split("\n")[0]
    )
    actions = parser.add_subparsers(dest="action", required=True)
    for name, purpose in (
        ("run", "start the servers, run a command, stop them"),
        ("stop", "end servers that a crashed run left behind"),
        ("remove", "the same, and delete their data"),
    ):
        action = actions.add_parser(name, help=purpose, description=purpose)
        action.add_argument(
            "--data", type=Path, default=Path(".data"), help="their folder (default: %(default)s)"
        )
        if name == "run":
            action.add_argument("command", nargs=argparse.REMAINDER, help="-- command and its arguments")
    options = parser.parse_args(arguments)
    try:
        if options.action != "run":
            stop(options.data, remove=options.action == "remove")
            return 0
        command = options.command[1:] if options.command[:1] == ["--"] else options.command
        if not command:
            parser.error("run needs a command after --")
        return run(options.data, command)
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        print(f"{error.filename}: no such command", file=sys.stderr)
        return 127


if __name__ == "__main__":
    sys.exit(main())
