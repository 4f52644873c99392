"""The demo's own servers: started, crashed, taken over, stopped. Everything here is real processes."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from loyalty.demo import servers as module
from loyalty.demo.postgres import Postgres
from loyalty.demo.processes import ServerError, command_of
from loyalty.demo.servers import Servers, main, stop
from tests import needs

ROOT = Path(__file__).resolve().parents[2]
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if name not in {*module.DATABASE_NAMES, *module.QUEUE_NAMES}
}


@pytest.fixture
def data() -> Iterator[Path]:
    """An empty data folder that any account can reach; whatever still runs in it at the end is stopped."""
    folder = Path(tempfile.mkdtemp(prefix="loyalty-servers-")).resolve()
    folder.chmod(0o755)
    yield folder
    stop(folder, remove=True)
    shutil.rmtree(folder)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the servers that the tests themselves were given."""
    for name in (*module.DATABASE_NAMES, *module.QUEUE_NAMES):
        monkeypatch.delenv(name, raising=False)


def postmaster(data: Path) -> int:
    """The process id in PostgreSQL's own file."""
    return int((data / "postgres" / "cluster" / "postmaster.pid").read_text().split("\n")[0])


def valkey_pid(data: Path) -> int:
    """The process id of the running Valkey."""
    return int((data / "valkey" / "pid").read_text())


def say(url: str, words: str) -> str:
    """Sign in to Valkey with the URL's password and send one command; returns the last line of the answer."""
    password, _, address = url.removeprefix("redis://:").partition("@")
    host, _, rest = address.partition(":")
    with socket.create_connection((host, int(rest.split("/")[0])), timeout=5) as connection:
        connection.sendall(f"AUTH {password}\r\n{words}\r\nQUIT\r\n".encode())
        answer = b""
        while part := connection.recv(4096):
            answer += part
    return answer.decode().split("\r\n")[-3]


def role_of(url: str) -> str:
    """Who one is when connecting with this URL."""
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT current_user").fetchone()[0]


def launched(data: Path, *command: str) -> subprocess.Popen[str]:
    """The command line in a session of its own, as a terminal would run it."""
    return subprocess.Popen(
        [sys.executable, "-m", "loyalty.demo.servers", "run", "--data", data, "--", *command],
        cwd=ROOT,
        env=CLEAN,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_everything_runs_and_everything_stops(data: Path) -> None:
    with Servers(data, given={}) as servers:
        environment = servers.environment
        assert role_of(environment["DATABASE_URL"]) == "loyalty_app"
        assert role_of(environment["DATABASE_OWNER_URL"]) == "loyalty_owner"
        assert role_of(environment["DATABASE_ADMIN_URL"]) == "postgres"
        assert say(environment["CELERY_BROKER_URL"], "PING") == "+PONG"
        assert environment["CACHE_URL"] == environment["CELERY_BROKER_URL"].removesuffix("/0") + "/1"
        file = data / "environment"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert dict(line.split("=", 1) for line in file.read_text().splitlines()) == environment
        processes = [postmaster(data), valkey_pid(data)]
        assert all(command_of(pid) for pid in processes)
    assert not any(command_of(pid) for pid in processes)
    assert not file.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(environment["DATABASE_URL"])


def test_durability_is_not_traded_for_speed(data: Path) -> None:
    with (
        Servers(data, given={}) as servers,
        psycopg.connect(servers.environment["DATABASE_URL"]) as connection,
    ):
        for name, value in {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "jit": "off",
        }.items():
            assert connection.execute(f"SHOW {name}").fetchone() == (value,)


def test_nobody_gets_in_without_the_password(data: Path) -> None:
    with Servers(data, given={}) as servers:
        url = servers.environment["DATABASE_ADMIN_URL"]
        address = "postgresql://postgres:guess@" + url.partition("@")[2]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(address)
        assert say("redis://:guess@" + servers.environment["CACHE_URL"].partition("@")[2], "PING").startswith(
            "-NOAUTH"
        )
        secrets = [
            data / "postgres" / "passwords.json",
            data / "valkey" / "password",
            data / "postgres" / "log",
        ]
        assert [stat.S_IMODE(path.stat().st_mode) for path in secrets] == [0o600] * 3
        # What other users of the machine can see of a process is its command line.
        shown = command_of(postmaster(data)) + command_of(valkey_pid(data))
        assert not [
            word
            for path in secrets[:2]
            for word in path.read_text().split('"')
            if len(word) > 20 and word in shown
        ]


def test_a_second_start_keeps_data_and_address(data: Path) -> None:
    with Servers(data, given={}) as servers:
        before = servers.environment
        with psycopg.connect(before["DATABASE_OWNER_URL"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS points")
    with Servers(data, given={}) as servers:
        assert servers.environment == before
        with psycopg.connect(before["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT points FROM kept").fetchone() == (7,)


def test_a_killed_postgres_comes_back_with_what_it_acknowledged(data: Path) -> None:
    with ExitStack() as stack:
        servers = stack.enter_context(Servers(data, given={}))
        writer = stack.enter_context(psycopg.connect(servers.environment["DATABASE_OWNER_URL"]))
        writer.autocommit = True
        writer.execute("CREATE TABLE kept AS SELECT 7 AS points")
        writer.execute("INSERT INTO kept VALUES (8)")
        os.kill(postmaster(data), signal.SIGKILL)
    with Servers(data, given={}) as servers, psycopg.connect(servers.environment["DATABASE_URL"]) as reader:
        assert reader.execute("SELECT sum(points) FROM kept").fetchone() == (15,)


def test_servers_of_a_crashed_run_are_taken_over(data: Path) -> None:
    crashed = launched(data, "sh", "-c", "echo ready; exec sleep 300")
    assert crashed.stdout.readline() == "ready\n"
    left = [postmaster(data), valkey_pid(data)]
    os.killpg(crashed.pid, signal.SIGKILL)
    crashed.communicate()
    assert all(command_of(pid) for pid in left)
    with Servers(data, given={}) as servers:
        assert [postmaster(data), valkey_pid(data)] == left
        assert role_of(servers.environment["DATABASE_URL"]) == "loyalty_app"
        assert say(servers.environment["CACHE_URL"], "PING") == "+PONG"
    assert not any(command_of(pid) for pid in left)


def test_stop_ends_what_a_crash_left(data: Path, own: None) -> None:
    crashed = launched(data, "sh", "-c", "echo ready; exec sleep 300")
    assert crashed.stdout.readline() == "ready\n"
    left = [postmaster(data), valkey_pid(data)]
    os.killpg(crashed.pid, signal.SIGKILL)
    crashed.communicate()
    assert main(["stop", "--data", str(data)]) == 0
    assert not any(command_of(pid) for pid in left)
    assert (data / "postgres" / "cluster" / "PG_VERSION").exists()
    assert main(["remove", "--data", str(data)]) == 0
    assert not (data / "postgres").exists()


def test_a_process_id_used_again_by_others_is_left_alone(data: Path) -> None:
    with Servers(data, given={}) as servers:
        port = servers.environment["DATABASE_URL"].rpartition(":")[2].split("/")[0]
    cluster = data / "postgres" / "cluster"
    server = Postgres(data)
    # Another program of the same account now has the number that PostgreSQL's and Valkey's files name.
    bystander = subprocess.Popen(["sleep", "300"], **server.runner.options())
    try:
        lock = cluster / "postmaster.pid"
        lock.write_text(
            f"{bystander.pid}\n{cluster}\n{int(time.time())}\n{port}\n\n127.0.0.1\n0 0\nready   \n"
        )
        server.runner.give(lock)
        (data / "valkey" / "pid").write_text(f"{bystander.pid}\n")
        with Servers(data, given={}) as servers:
            assert postmaster(data) != bystander.pid
            assert role_of(servers.environment["DATABASE_URL"]) == "loyalty_app"
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_taken_port_is_replaced(data: Path) -> None:
    (data / "postgres").mkdir()
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        (data / "postgres" / "port").write_text(f"{occupied.getsockname()[1]}\n")
        with Servers(data, given={}) as servers:
            assert f":{occupied.getsockname()[1]}/" not in servers.environment["DATABASE_URL"]
            assert role_of(servers.environment["DATABASE_URL"]) == "loyalty_app"


def test_one_folder_serves_one_process_at_a_time(
    data: Path, own: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with Servers(data, given={"DATABASE_URL": "x", "CELERY_BROKER_URL": "y"}):
        assert main(["run", "--data", str(data), "--", "true"]) == 1
        assert main(["stop", "--data", str(data)]) == 1
        assert f"is in use by process {os.getpid()}" in capsys.readouterr().err
    with Servers(data, given={"DATABASE_URL": "x", "CELERY_BROKER_URL": "y"}):
        pass


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_ADMIN_URL"])
def test_servers_named_by_the_environment_are_used_instead(data: Path, name: str) -> None:
    given = {
        name: "postgresql://db.example/shop",
        "CELERY_BROKER_URL": "redis://queue.example/0",
        "HOME": "/",
    }
    with Servers(data, given=given) as servers:
        assert servers.environment == {name: given[name], "CELERY_BROKER_URL": given["CELERY_BROKER_URL"]}
        assert not (data / "postgres").exists()
        assert not (data / "valkey").exists()
        assert not (data / "environment").exists(), (
            "passwords of other people's servers are not ours to write down"
        )


def test_without_a_valkey_the_queue_is_a_folder(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_program", lambda: None)
    with Servers(data, given={"DATABASE_URL": "x"}) as servers:
        assert servers.environment == {
            "DATABASE_URL": "x",
            "CELERY_BROKER_URL": f"filesystem://{data}/broker",
        }
        assert (data / "broker").is_dir()


def test_a_failed_start_leaves_nothing_running(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def fail(self: object) -> None:
        seen.append(postmaster(data))
        raise ServerError("no queue today")

    monkeypatch.setattr(module.Valkey, "start", fail)
    with pytest.raises(ServerError, match="no queue today"), Servers(data, given={}):
        pytest.fail("the block must not run")
    assert seen
    assert not command_of(seen[0])
    monkeypatch.undo()
    with Servers(data, given={}):
        pass


@pytest.mark.parametrize(("server", "waiting"), [(Postgres, "_comes_up"), (module.Valkey, "_answers")])
def test_interrupted_while_starting_leaves_nothing_running(
    data: Path, monkeypatch: pytest.MonkeyPatch, server: type, waiting: str
) -> None:
    begun: list[subprocess.Popen[bytes]] = []

    def interrupt(self: Any, *_: object, **__: object) -> bool:
        if self._process is None:
            return False
        # At once, before the new process had time to say who it is, in a file or by its command line.
        begun.append(self._process)
        raise KeyboardInterrupt

    monkeypatch.setattr(server, waiting, interrupt)
    with pytest.raises(KeyboardInterrupt), Servers(data, given={}):
        pytest.fail("the block must not run")
    assert [process.returncode is not None for process in begun] == [True]


def test_a_server_that_cannot_start_says_why(data: Path) -> None:
    with Servers(data, given={}):
        pass
    (data / "postgres" / "cluster" / "postgresql.conf").write_text("wal_level = nonsense\n")
    with pytest.raises(ServerError, match="wal_level"), Servers(data, given={}):
        pytest.fail("the block must not run")


@needs.root
def test_root_needs_nothing_that_others_can_reach(data: Path) -> None:
    private = data / "private"
    private.mkdir(mode=0o700)
    inside = private / "data"
    server = Postgres(inside)
    assert not server.cluster.is_relative_to(private)
    try:
        with Servers(inside, given={}) as servers:
            assert role_of(servers.environment["DATABASE_URL"]) == "loyalty_app"
            assert server.cluster.stat().st_uid not in (0, None)
        assert stat.S_IMODE(private.stat().st_mode) == 0o700, "nobody else's way in may be opened"
    finally:
        stop(inside, remove=True)
    assert not server.place.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_the_command_and_then_the_servers(data: Path, number: signal.Signals) -> None:
    script = (
        f"import signal,sys,time; signal.signal({int(number)}, lambda *_: sys.exit(5))\n"
        "print('ready', flush=True); time.sleep(300)"
    )
    running = launched(data, sys.executable, "-c", script)
    assert running.stdout.readline() == "ready\n"
    processes = [postmaster(data), valkey_pid(data)]
    os.kill(running.pid, number)
    _, errors = running.communicate(timeout=60)
    assert (running.returncode, errors) == (5, "")
    assert not any(command_of(pid) for pid in processes)
    assert not (data / "environment").exists()


def test_ctrl_c_lets_the_command_finish_first(data: Path) -> None:
    # At a terminal every process of the group gets the signal, PostgreSQL and Valkey must not.
    script = (
        "import signal,sys,time,os,psycopg\n"
        "def tidy_up(*_):\n"
        "    time.sleep(0.5)\n"
        "    psycopg.connect(os.environ['DATABASE_URL']).execute('SELECT 1')\n"
        "    os.write(1, b'tidy\\n'); sys.exit(130)\n"  # print may still be at work on the other
        "signal.signal(signal.SIGINT, tidy_up); print('ready', flush=True); time.sleep(300)"
    )
    running = launched(data, sys.executable, "-c", script)
    assert running.stdout.readline() == "ready\n"
    processes = [postmaster(data), valkey_pid(data)]
    os.killpg(running.pid, signal.SIGINT)
    output, errors = running.communicate(timeout=60)
    assert (running.returncode, output, errors) == (130, "tidy\n", "")
    assert not any(command_of(pid) for pid in processes)


def test_sigterm_ends_a_with_block(data: Path) -> None:
    script = (
        "import sys,time; from loyalty.demo.servers import Servers\n"
        f"with Servers({str(data)!r}): print('ready', flush=True); time.sleep(300)"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, env=CLEAN, stdout=subprocess.PIPE, text=True
    )
    assert running.stdout.readline() == "ready\n"
    processes = [postmaster(data), valkey_pid(data)]
    running.terminate()
    running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGTERM
    assert not any(command_of(pid) for pid in processes)


def test_the_commands_exit_code_is_ours(data: Path, own: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "x")
    monkeypatch.setenv("CELERY_BROKER_URL", "y")
    run = ["run", "--data", str(data), "--"]
    assert main([*run, "sh", "-c", 'test "$DATABASE_URL" = x && exit 3']) == 3
    assert main([*run, "sh", "-c", "kill -9 $$"]) == 128 + signal.SIGKILL
    assert main([*run, "no-such-command-here"]) == 127
    with pytest.raises(SystemExit):
        main(run)
