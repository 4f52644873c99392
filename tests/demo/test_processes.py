"""Finding, ending and placing processes without touching anyone else's."""

import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from loyalty.demo.processes import ServerError, can_listen, end, free_port, kept_port


def test_end_touches_only_the_process_meant() -> None:
    with ExitStack() as stack:
        sleeper = stack.enter_context(subprocess.Popen(["sleep", "300"]))
        stack.callback(sleeper.kill)
        end(sleeper.pid, sign="postgres", signals=[(signal.SIGKILL, 1.0)])
        assert sleeper.poll() is None
        end(sleeper.pid, sign="sleep 300", signals=[(signal.SIGTERM, 5.0)])
        assert sleeper.wait() is not None


def test_end_reports_what_does_not_stop() -> None:
    ignore = "import signal,time; signal.signal(15, signal.SIG_IGN)"
    deaf = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"{ignore}; print(1, flush=True); time.sleep(300)",
        ],
        stdout=subprocess.PIPE,
    )
    with deaf:
        deaf.stdout.readline()
        with pytest.raises(ServerError, match=str(deaf.pid)):
            end(deaf.pid, sign="time.sleep(300)", signals=[(signal.SIGTERM, 0.2)])
        deaf.kill()


def test_ports_are_kept_while_free(tmp_path: Path) -> None:
    path = tmp_path / "port"
    port = kept_port(path)
    assert kept_port(path) == port
    assert can_listen(free_port())
    for nonsense in ("", "seven", "0", "80", "70000"):
        path.write_text(nonsense)
        assert 15_000 <= kept_port(path) < 30_000
