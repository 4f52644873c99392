"""Webhooks out: how many deliveries a second one worker makes to a receiver on loopback, claimed, signed, sent, noted."""

import multiprocessing
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.bench.clients import Figure

if TYPE_CHECKING:
    from tests.bench.__main__ import Run

COUNT = 3000


class _Taking(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_unused: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


def _receive(port: Any) -> None:
    server = _Server(("127.0.0.1", 0), _Taking)
    port.put(server.server_port)
    server.serve_forever()


def measure(run: "Run") -> None:
    """Add two figures to a run: planning, and delivering what was planned."""
    from loyalty.core import clock
    from loyalty.core.events import tasks as events
    from loyalty.core.events.operations import record
    from loyalty.core.tenancy.scope import SYSTEM, acting_for
    from loyalty.core.webhooks import tasks
    from loyalty.core.webhooks.operations import add_endpoint, remove_endpoint

    port: Any = multiprocessing.Queue()
    server = multiprocessing.Process(target=_receive, args=[port], daemon=True)
    server.start()
    events.dispatch_waiting()
    url, at, endpoints = f"http://127.0.0.1:{port.get(timeout=20)}/hook", clock.now(), []
    with acting_for(run.world.merchant, by=SYSTEM):
        for number in range(4):
            made, _secret = add_endpoint(url=f"{url}/{number}", kinds=["member.edited"], at=at)
            endpoints.append(made.pk)
    events.dispatch_waiting()
    with acting_for(run.world.merchant, by=SYSTEM):
        for _each in range(COUNT // 4):
            record("member.edited", subject=None, at=at, data={"fields": ["given_name"]})
    began = time.perf_counter()
    events.dispatch_waiting()
    run.add(Figure("webhooks: plan deliveries", 1, COUNT / (time.perf_counter() - began)))
    began, done = time.perf_counter(), 0
    while found := tasks.deliver(seconds=600)[0]:
        done += found
    run.add(Figure("webhooks: deliver to loopback", 1, done / (time.perf_counter() - began)))
    with acting_for(run.world.merchant, by=SYSTEM):
        for endpoint in endpoints:
            remove_endpoint(endpoint=endpoint, at=at)
    server.terminate()
