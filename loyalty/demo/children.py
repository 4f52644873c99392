"""The processes that `make demo` runs beside the servers: the web, the worker and the clock.

Each is the head of a session of its own. A Ctrl-C in the terminal therefore reaches only the command itself,
which stops them in order; and whatever they start can be ended with them.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from loyalty.demo.processes import is_running, write_private


class Child:
    """One process, its log in `<data>/logs/<name>.log` and its process id in `<data>/run/<name>`."""

    def __init__(self, name: str, module: str, arguments: Sequence[str], *, data: Path) -> None:
        """`module` is run as `python -m` does, with `arguments`; nothing is started yet."""
        self.name = name
        self.log = data / "logs" / f"{name}.log"
        self.note = data / "run" / name
        # Python passes unknown -X options by; in the command line this one says whose process it is.
        self.sign = f"loyalty-demo={data}:{name}"
        self.command = [sys.executable, "-X", self.sign, "-m", module, *arguments]
        self.process: subprocess.Popen[bytes] | None = None
        self._asked = False

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it, after ending one that a crashed run left behind. The log begins anew; one is kept."""
        self.end_leftover()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.note.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.before"))
        with self.log.open("wb") as log:
            self.log.chmod(0o600)
            self.process = subprocess.Popen(
                self.command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self._asked = False
        write_private(self.note, f"{self.process.pid}\n")

    @property
    def ended(self) -> bool:
        """True when it was started and has ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def ask(self) -> None:
        """Ask it to end, without waiting: several can then end at once."""
        if self.process is not None and self.process.poll() is None:
            _tell_group(self.process.pid, signal.SIGTERM, only_head=True)
            self._asked = True

    def stop(self, *, patience: float = 8.0) -> None:
        """See it end, and after `patience` seconds make it, with everything it started."""
        if self.process is None:
            return
        if not self._asked:
            self.ask()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        _tell_group(self.process.pid, signal.SIGKILL)
        self.process.wait(5)
        self.process = None
        self.note.unlink(missing_ok=True)

    def end_leftover(self) -> None:
        """End the process of an earlier run that was killed before it could stop its own."""
        try:
            pid = int(self.note.read_text())
        except (OSError, ValueError):
            return
        if is_running(pid, sign=self.sign):
            _tell_group(pid, signal.SIGTERM, only_head=True)
            deadline = time.monotonic() + 5
            while is_running(pid, sign=self.sign) and time.monotonic() < deadline:
                time.sleep(0.05)
            _tell_group(pid, signal.SIGKILL)
        self.note.unlink(missing_ok=True)


def _tell_group(head: int, number: signal.Signals, *, only_head: bool = False) -> None:
    """Send a signal to a session's head, or to all that is left of its group."""
    try:
        if only_head:
            os.kill(head, number)
        else:
            os.killpg(head, number)
    except (ProcessLookupError, PermissionError):
        pass  # all of it has ended (macOS says so with a refusal)


def run_step(command: Sequence[str], environment: Mapping[str, str], *, quiet: bool = False) -> int:
    """Run a command to its end and return its exit code; if we are interrupted, end all of it and go on up.

    `quiet` shows what it printed only if it fails.
    """
    pipe = subprocess.PIPE if quiet else None
    process = subprocess.Popen(
        command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=pipe,
        stderr=subprocess.STDOUT if quiet else None, start_new_session=True,
    )  # fmt: skip
    try:
        printed, _unused = process.communicate()
    except BaseException:
        _tell_group(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            _tell_group(process.pid, signal.SIGKILL)
            process.wait(5)
        raise
    if quiet and process.returncode:
        sys.stderr.buffer.write(printed)
        sys.stderr.flush()
    return process.returncode
