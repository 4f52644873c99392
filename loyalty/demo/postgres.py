"""A PostgreSQL of our own in a folder: made on first use, on loopback, behind passwords.

PostgreSQL refuses to run as root, so root starts it as `nobody`. What `nobody` cannot reach (a checkout under
/root, say) lies under /var/lib/loyalty-demo instead. No account is made, and no folder of anyone else is
opened up.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from hashlib import sha256
from pathlib import Path

import psycopg

from loyalty.core.tenancy import roles
from loyalty.demo.processes import (
    ServerError,
    end,
    end_child,
    is_running,
    kept_port,
    last_lines,
    write_private,
)
from loyalty.demo.programs import Runner, choose, within_reach

DATABASE = "loyalty"
ELSEWHERE = Path("/var/lib/loyalty-demo")

# Modest, for a laptop or a small CI machine. Nothing is traded for durability: an acknowledged point survives
# a crash.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # TCP only: a socket's folder is one more thing to place and to guard
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}


class Postgres:
    """One server with its data under `<data>/postgres`. `start()` and `stop()` may be repeated.

    Its passwords are in `<data>/postgres/passwords.json`, which only its maker can read. The caller sees to
    it that no two use the same folder at once.
    """

    def __init__(self, data: Path, *, programs: Path | None = None) -> None:
        """`data` is an absolute path; nothing is written before `start()`.

        `programs` names a folder with `postgres` and `initdb` to use; without it the best one found is taken.
        """
        self.programs = programs
        self.home = data / "postgres"
        self.place = self.home
        self.runner = Runner.for_data(self.home / "cluster")
        # Our own two folders we open for passing through ourselves; those above are not ours to change.
        if not self.runner.can_pass(data):
            self.place = ELSEWHERE / sha256(os.fsencode(data)).hexdigest()[:12]
            self.runner = Runner.for_data(self.place / "cluster")
        self.cluster = self.place / "cluster"
        self.log = self.place / "log"
        self.passwords: dict[str, str] = {}
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, role: str, database: str = DATABASE) -> str:
        """A connection URL with its password, for one of the roles that log in or `postgres`, the superuser."""
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Run the server, its roles and database ready. Takes over one that an earlier crash left running.

        Raises `ServerError` with the end of the server's log when it does not come up.
        """
        self._make_places()
        self._read_passwords()
        if not self._take_over():
            found, version = choose(self.cluster, only=self.programs)
            programs = within_reach(found, self.runner, self.place)
            if not self.cluster.exists():
                self._make_cluster(programs, version)
            self._launch(programs)
        roles.create_roles(
            self.url("postgres", "postgres"),
            database=DATABASE,
            owner_password=self.passwords[roles.OWNER],
            app_password=self.passwords[roles.APP],
            system_password=self.passwords[roles.SYSTEM],
        )

    def stop(self) -> None:
        """End the server if it runs: clients are cut off, what was committed is on disk."""
        # Fast shutdown; then, should a backend hang, immediate: the next start replays the log.
        signals = [(signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0)]
        if self._process:
            end_child(self._process, signals)
            self._process = None
        elif pid := self._pid():
            end(pid, sign=self._sign(), signals=signals)

    def remove(self) -> None:
        """End the server and delete its data, wherever it lies."""
        self.stop()
        for folder in {self.place, self.home}:
            shutil.rmtree(folder, ignore_errors=True)
        if self.place != self.home and ELSEWHERE.exists() and not any(ELSEWHERE.iterdir()):
            ELSEWHERE.rmdir()

    def _make_places(self) -> None:
        """The folders; the server's account may pass through them, not list them."""
        for folder in (self.home, self.place):
            folder.mkdir(parents=True, exist_ok=True)
        if self.runner.uid is not None:
            for folder in (self.place.parent, self.place):
                folder.chmod(folder.stat().st_mode | 0o011)

    def _read_passwords(self) -> None:
        """Read the passwords, or make them up on first use."""
        path = self.home / "passwords.json"
        if not path.exists():
            if self.cluster.exists():
                raise ServerError(
                    f"{path} is gone, and nothing else opens {self.cluster}. Delete that folder too."
                )
            made = {
                name: secrets.token_urlsafe(24) for name in ("postgres", roles.OWNER, roles.APP, roles.SYSTEM)
            }
            write_private(path, json.dumps(made, indent=1) + "\n")
        self.passwords = json.loads(path.read_text())

    def _make_cluster(self, programs: Path, version: int) -> None:
        """Run initdb beside the final place, so that an interrupted one leaves nothing half made."""
        draft = self.place / "cluster.new"
        # The same sorting and letter case on every machine, whatever locales it has.
        wishes = (
            [["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]] if version >= 17 else []
        )
        wishes += [["--locale=C.UTF-8"], ["--locale=C"]]
        with tempfile.NamedTemporaryFile("w", dir=self.place) as password:
            password.write(self.passwords["postgres"] + "\n")
            password.flush()
            self.runner.give(Path(password.name))
            for locale in wishes:
                shutil.rmtree(draft, ignore_errors=True)
                draft.mkdir(mode=0o700)
                self.runner.give(draft)
                command: list[str | Path] = [programs / "initdb", "-D", draft, "-U", "postgres", "-E", "UTF8"]
                command += ["--no-sync", "--auth=scram-sha-256", f"--pwfile={password.name}", *locale]
                done = subprocess.run(
                    command, capture_output=True, text=True, check=False, **self.runner.options()
                )
                if done.returncode == 0:
                    draft.rename(self.cluster)
                    return
        raise ServerError(f"PostgreSQL cannot make its data folder {draft}:\n{done.stderr.strip()}")

    def _launch(self, programs: Path) -> None:
        """Start the server and wait until it answers."""
        for _ in range(5):
            self.port = kept_port(self.home / "port")
            command: list[str | Path] = [programs / "postgres", "-D", self.cluster, "-p", str(self.port)]
            for name, value in SETTINGS.items():
                command += ["-c", f"{name}={value}"]
            with self.log.open("wb") as log:
                self.log.chmod(0o600)  # a refused statement is logged with its values
                # A session of its own: Ctrl-C in the terminal reaches us, and we stop it last.
                self._process = process = subprocess.Popen[bytes](
                    command, stdout=log, stderr=log, start_new_session=True, **self.runner.options()
                )
            if self._comes_up(process, seconds=120):
                return
            # Its port was taken in between, or the last processes of a crashed server are still going.
            time.sleep(0.5)
        raise ServerError(f"PostgreSQL does not start ({self.log}):\n{last_lines(self.log)}")

    def _comes_up(self, process: subprocess.Popen[bytes], seconds: float) -> bool:
        """Wait until the server answers; False as soon as it has ended instead."""
        deadline = time.monotonic() + seconds  # generous: after a crash it replays its log first
        while process.poll() is None:
            if self._answers():
                return True
            if time.monotonic() > deadline:
                self.stop()
                return False
            time.sleep(0.03)
        return False

    def _answers(self) -> bool:
        """Whether our server, and no other, answers on the port."""
        try:
            with psycopg.connect(self.url("postgres", "postgres"), connect_timeout=5) as connection:
                shown = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return shown is not None and Path(shown[0]) == self.cluster

    def _pid(self) -> int:
        """The running server's process id; 0 when there is none, whatever number its file still holds."""
        try:
            pid = int((self.cluster / "postmaster.pid").read_text().split("\n")[0])
        except (OSError, ValueError):
            return 0
        return pid if is_running(pid, sign=self._sign()) else 0

    def _sign(self) -> str:
        """What the command line of our server contains."""
        return f" -D {self.cluster} -p "

    def _take_over(self) -> bool:
        """Use the server an earlier run left behind; if it does not answer, end it and say False."""
        lock = self.cluster / "postmaster.pid"
        if not self._pid():
            # PostgreSQL would refuse to start if the number now belongs to some other program of the same
            # user.
            lock.unlink(missing_ok=True)
            return False
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._pid():
            lines = lock.read_text().split("\n") if lock.exists() else []
            if len(lines) > 3 and lines[3].isdigit():
                self.port = int(lines[3])
                if self._answers():
                    (self.home / "port").write_text(f"{self.port}\n")
                    return True
            time.sleep(0.1)
        self.stop()
        return False
