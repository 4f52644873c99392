"""What `/metrics` tells, in Prometheus' text format.

Requests are counted in the web processes themselves. With several of them set `PROMETHEUS_MULTIPROC_DIR` to
a folder that is emptied at every start (`make demo` does), or each scrape sees only the process that answers
it. Everything else is asked of the database when scraped, so it is the same whoever answers.
"""

import os
import time
from collections.abc import Callable, Iterator

from django.db import connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from loyalty.core import cache
from loyalty.core.ledger.tasks import JOB as BOOKS
from loyalty.core.tenancy.scope import across_merchants

_own = CollectorRegistry()

REQUEST_SECONDS = Histogram(
    "loyalty_request_seconds",
    "Time to answer a request, by route and status. The 95th percentile: "
    "histogram_quantile(0.95, sum by (le, route) (rate(loyalty_request_seconds_bucket[5m]))).",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=_own,
)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Measured:
    """Middleware: times every answer. Routes, not addresses: the number of series stays small."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        # What no route answers (static files, addresses that do not exist) shares one name, and a method that
        # nobody knows another: what strangers send must not make new series.
        route = f"/{match.route}" if match else "none"
        method = request.method if request.method in METHODS else "other"
        REQUEST_SECONDS.labels(method, route, response.status_code).observe(time.perf_counter() - began)
        return response


_FIGURES = """
SELECT (SELECT count(*) FROM events_event WHERE dispatched_at IS NULL),
       (SELECT coalesce(extract(epoch FROM clock_timestamp() - e.recorded_at), 0) FROM events_event e
         WHERE e.dispatched_at IS NULL ORDER BY e.id LIMIT 1),
       (SELECT count(*) FROM events_reaction WHERE parked_at IS NOT NULL AND done_at IS NULL),
       (SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'members_order'),
       (SELECT coalesce(sum((last.result->>'breaches')::int), 0)
          FROM (SELECT DISTINCT ON (merchant_id) result FROM events_jobrun
                 WHERE job = %s AND finished_at IS NOT NULL ORDER BY merchant_id, finished_at DESC) last),
       (SELECT extract(epoch FROM max(finished_at)) FROM events_jobrun WHERE job = %s)
"""


class Figures(Collector):
    """What the database knows, asked at each scrape."""

    def collect(self) -> Iterator[Metric]:
        with across_merchants("the operator's metrics span all merchants"), connection.cursor() as cursor:
            cursor.execute(_FIGURES, [BOOKS, BOOKS])
            waiting, age, parked, orders, breaches, verified = cursor.fetchone()
        yield GaugeMetricFamily("loyalty_outbox_events", "Events that wait to be dispatched.", value=waiting)
        yield GaugeMetricFamily(
            "loyalty_outbox_age_seconds", "How long the first of them has waited.", value=float(age or 0)
        )
        yield GaugeMetricFamily(
            "loyalty_reactions_parked", "Reactions that kept failing and wait for a person.", value=parked
        )
        yield CounterMetricFamily(
            "loyalty_orders_recorded",
            "Orders written since PostgreSQL began its statistics (an estimate: undone ones count).",
            value=orders or 0,
        )
        yield GaugeMetricFamily(
            "loyalty_books_breaches",
            "What the last verification of each merchant's books found wrong, in all. Must be 0.",
            value=breaches,
        )
        if verified is not None:
            yield GaugeMetricFamily(
                "loyalty_books_verified_timestamp_seconds", "When books were last verified.", value=verified
            )


def exposition() -> bytes:
    """All metrics in the text format; the media type is `prometheus_client.CONTENT_TYPE_LATEST`."""
    together = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(together)
    else:
        together.register(_own)
        together.register(cache.registry)
    together.register(Figures())
    return generate_latest(together)
