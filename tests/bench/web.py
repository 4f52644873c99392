"""The product over HTTP: granian as the demo starts it, and clients on loopback."""

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from tests.bench.clients import Http, numbers


@contextlib.contextmanager
def serving(environment: dict[str, str], *, workers: int = 2) -> Iterator[str]:
    """Serve the product on a free loopback port; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers",
         str(workers), "--blocking-threads", "1", "--no-ws", "--backpressure", "64", "--log-level", "warning",
         "loyalty.wsgi:application"],
        env=environment,
    )  # fmt: skip
    try:
        for _unused in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
                break
            time.sleep(0.1)
        time.sleep(1.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def _http(base_url: str, key: str) -> Http:
    return Http(base_url, {"Authorization": f"Bearer {key}"})


def _line(n: int) -> dict[str, object]:
    return {
        "sku": f"sku-{n}",
        "amount_minor": 3100,
        "name": "A thing",
        "category": "things",
        "brand": "brand",
        "tags": ["a", "b"],
    }


def _order(n: int, members: list[str]) -> dict[str, object]:
    return {
        "external_id": f"h-{n}",
        "currency": "SEK",
        "placed_at": "2026-11-01T12:00:00Z",
        "member": {"id": members[n % len(members)]},
        "channel": "pos",
        "lines": [_line(1), _line(2), _line(3)],
    }


def make_orders(number: int, base_url: str, key: str, members: list[str]) -> Callable[[], bool]:
    """POST /orders, a new order of three lines each."""
    http, names = _http(base_url, key), numbers(number + 301)

    def act() -> bool:
        n = next(names)
        status, _body = http.ask(
            "POST", "/api/v1/orders", json.dumps(_order(n, members)).encode(), Idempotency_Key=f"h-{n}"
        )
        return status == 201

    return act


def make_batches(number: int, base_url: str, key: str, members: list[str], size: int) -> Callable[[], bool]:
    """POST /orders/batch with `size` orders."""
    http, names = _http(base_url, key), numbers(number + 401)

    def act() -> bool:
        body = {"orders": [_order(n, members) for n in (next(names) for _unused in range(size))]}
        status, _body = http.ask("POST", "/api/v1/orders/batch", json.dumps(body).encode())
        return status == 200

    return act


def make_redemptions(
    number: int, base_url: str, key: str, members: list[str], reward: str
) -> Callable[[], bool]:
    """POST /redemptions, then its commit."""
    http, names = _http(base_url, key), numbers(number + 501)

    def act() -> bool:
        n = next(names)
        asked = {"member": members[n % len(members)], "reward": reward}
        status, body = http.ask(
            "POST", "/api/v1/redemptions", json.dumps(asked).encode(), Idempotency_Key=f"r-{n}"
        )
        if status != 201:
            return False
        found = json.loads(body)["id"]
        status, _body = http.ask(
            "POST", f"/api/v1/redemptions/{found}/commit", b"{}", Idempotency_Key=f"c-{n}"
        )
        return status == 200

    return act


def make_reads(number: int, base_url: str, key: str, members: list[str], path: str) -> Callable[[], bool]:
    """GET `path` of one member after another."""
    http, names = _http(base_url, key), numbers(number + 601)

    def act() -> bool:
        status, _body = http.ask("GET", f"/api/v1/members/{members[next(names) % len(members)]}/{path}")
        return status == 200

    return act
