"""`/healthz`, `/readyz` and `/metrics`: what machines ask before people notice.

- `/healthz`: this process answers. Touches nothing: a slow database must not get healthy processes killed.
- `/readyz`: this process can serve. Not while the database is away, is used as a role that row-level security does
  not bind, or lacks a migration. An outbox that lags and a cache that is away are said, but are no reason to take
  the web away: that would turn late mails, or limits counted by each process, into a shop that is closed.
- `/metrics`: for Prometheus (`loyalty.web.metrics`). With `METRICS_TOKEN` set whoever sends it as a bearer
  token may read; without it only this machine may, and nothing that a proxy passed on.

They are answered by a middleware before all others, because probes come by IP address and without HTTPS,
which the host check and the redirect to HTTPS would refuse.
"""

import hmac
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST

from loyalty.core import cache
from loyalty.core.tenancy.roles import check_serving_role
from loyalty.core.tenancy.scope import across_merchants
from loyalty.web import metrics

LATE_SECONDS = 300
"""An event that waits longer than this means that no worker runs, or none that keeps up."""

_LOOPBACK = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
_PASSED_ON = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


class Probes:
    """Middleware, the first: answers the three addresses and passes everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = _ANSWERS.get(request.path_info)
        if view is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            response = HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        else:
            response = view(request)
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as this process runs."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when this process can serve, else 503; JSON that says which check is not `ok`, and no more."""
    checks = _checks()
    ready = all(checks[name] == "ok" for name in ("database", "role", "migrations"))
    return JsonResponse(
        {"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503
    )


def metrics_page(request: HttpRequest) -> HttpResponse:
    """The metrics, for those who may; 404 for everyone else, 503 while the database is away."""
    if not may_read_metrics(request):
        return HttpResponse(status=404)
    try:
        return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)
    except DatabaseError:
        connection.close()
        return HttpResponse(status=503)


def may_read_metrics(request: HttpRequest) -> bool:
    """Whether the request carries the token or, where none is set, comes from this very machine."""
    token = settings.METRICS_TOKEN
    if token:
        given = request.META.get("HTTP_AUTHORIZATION", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    return request.META.get("REMOTE_ADDR") in _LOOPBACK and not any(
        header in request.META for header in _PASSED_ON
    )


_ANSWERS = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics_page}

_settled: set[str] = set()
"""Checks whose good answer cannot change while this process runs: they are made once."""


def _checks() -> dict[str, str]:
    found = {"database": "unreachable", "role": "unknown", "migrations": "unknown", "outbox": "unknown"}
    found["cache"] = "ok" if cache.answers() else "away"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        found["database"] = "ok"
        found["role"] = _once("role", lambda: "not allowed" if check_serving_role(connection) else "ok")
        found["migrations"] = _once("migrations", _migrations)
        found["outbox"] = _outbox()
    except DatabaseError:
        # A connection that broke would fail every later request of this process too.
        connection.close()
    return found


def _once(name: str, ask: Callable[[], str]) -> str:
    if name in _settled:
        return "ok"
    answer = ask()
    if answer == "ok":
        _settled.add(name)
    return answer


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    return "missing" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"


def _outbox() -> str:
    with across_merchants("how far the outbox is, over all merchants"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT now() - recorded_at > make_interval(secs => %s) FROM events_event"
            " WHERE dispatched_at IS NULL ORDER BY id LIMIT 1",
            [LATE_SECONDS],
        )
        row = cursor.fetchone()
    return "late" if row and row[0] else "ok"
