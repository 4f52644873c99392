"""Finding, ending and placing processes without touching anyone else's."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loyalty.demo.processes import ServerError, can_listen, end, end_child, free_port, is_running, kept_port

IGNORING = (
    "import signal,time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(300)"
)


@contextmanager
def running(code: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process that has said it is ready; gone afterwards."""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


def test_end_touches_only_the_process_meant() -> None:
    with running("import time; print('ready', flush=True); time.sleep(300)") as process:
        end(process.pid, sign="postgres", signals=[(signal.SIGKILL, 1.0)])
        assert process.poll() is None
        assert is_running(process.pid, sign="sleep(300)")
        end(process.pid, sign="sleep(300)", signals=[(signal.SIGTERM, 5.0)])
        assert process.wait(5) == -signal.SIGTERM


def test_end_goes_on_to_the_next_signal() -> None:
    with running(IGNORING) as process:
        end(process.pid, sign="SIG_IGN", signals=[(signal.SIGTERM, 0.2), (signal.SIGKILL, 5.0)])
        assert process.wait(5) == -signal.SIGKILL
    with running(IGNORING) as process:
        end_child(process, [(signal.SIGTERM, 0.2), (signal.SIGKILL, 5.0)])
        assert process.returncode == -signal.SIGKILL


def test_what_does_not_stop_is_reported() -> None:
    with running(IGNORING) as process:
        with pytest.raises(ServerError, match=str(process.pid)):
            end(process.pid, sign="SIG_IGN", signals=[(signal.SIGTERM, 0.2)])
        with pytest.raises(ServerError, match=str(process.pid)):
            end_child(process, [(signal.SIGTERM, 0.2)])


def test_an_ended_process_is_not_running_even_before_it_is_collected() -> None:
    with running(IGNORING) as process:
        process.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 10
        while is_running(process.pid, sign="SIG_IGN"):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_ports_are_kept_while_free(tmp_path: Path) -> None:
    path = tmp_path / "port"
    port = kept_port(path)
    assert kept_port(path) == port
    assert can_listen(free_port())
    for nonsense in ("", "seven", "0", "80", "70000"):
        path.write_text(nonsense)
        assert 15_000 <= kept_port(path) < 30_000
