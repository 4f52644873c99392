"""Small, careful ways to find, start and end the server processes of the demo: only ever its own."""

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path


class ServerError(RuntimeError):
    """A server cannot be started or stopped; the message says what to do about it."""


def command_of(pid: int) -> str:
    """The command line of a running process; empty when it has ended (or only waits to be collected)."""
    if Path("/proc/self/cmdline").exists():
        try:
            return (
                Path(f"/proc/{pid}/cmdline")
                .read_bytes()
                .replace(b"\0", b" ")
                .decode(errors="replace")
                .strip()
            )
        except OSError:
            return ""
    shown = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    command = shown.stdout.strip()
    return "" if command.endswith("<defunct>") else command


def is_running(pid: int, *, sign: str) -> bool:
    """Whether `pid` is alive and is the process meant: its command line contains `sign`.

    Process ids are used again by the system, so a number from a file proves nothing by itself.
    """
    return sign in command_of(pid)


type Signals = Sequence[tuple[signal.Signals, float]]


def end_child(process: subprocess.Popen[bytes], signals: Signals) -> None:
    """End a process we started ourselves: each signal in turn, with the seconds to wait after it.

    Its number is ours until it is collected, so it needs no recognising; and right after its start it could not
    be: there is a moment without a command line. Raises `ServerError` when it outlives all signals.
    """
    for number, patience in signals:
        process.send_signal(number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        return
    raise ServerError(f"Process {process.pid} does not stop.")


def end(pid: int, *, sign: str, signals: Signals) -> None:
    """End a process of an earlier run, recognised by `sign`: each signal in turn, with the seconds to wait.

    Raises `ServerError` when it outlives all of them.
    """
    for number, patience in signals:
        if not is_running(pid, sign=sign):
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not is_running(pid, sign=sign):
                return
            time.sleep(0.02)
    raise ServerError(f"Process {pid} ({sign}) does not stop.")


def free_port() -> int:
    """A TCP port on 127.0.0.1 that is free now, outside the range systems lend to outgoing connections."""
    for _ in range(200):
        port = random.randint(15_000, 29_999)
        if can_listen(port):
            return port
    raise ServerError("No free port found on 127.0.0.1.")


def can_listen(port: int) -> bool:
    """Whether a server could listen on this loopback port right now."""
    with socket.socket() as probe:
        # As the servers do, or a port would look taken for a minute after its last client left.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def kept_port(path: Path) -> int:
    """The port written in `path` if it is free, otherwise a new one written there: stable between starts."""
    try:
        port = int(path.read_text())
        if 1024 <= port <= 65535 and can_listen(port):
            return port
    except (OSError, ValueError):
        pass
    port = free_port()
    path.write_text(f"{port}\n")
    return port


def last_lines(path: Path, count: int = 8) -> str:
    """The end of a log file, for an error message; empty when there is none."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, all of it or none of it."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
