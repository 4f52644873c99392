"""What probes and Prometheus are told, and who is told nothing."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import ResolverMatch, path
from prometheus_client.parser import text_string_to_metric_families

from loyalty.core import clock, ids
from loyalty.core.events.models import Event, JobRun, Reaction
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import across_merchants, acting_for
from loyalty.web import health, metrics
from tests.cast import MARA


@pytest.fixture(autouse=True)
def fresh(settings) -> Iterator[None]:
    """Forget what earlier tests settled; pages need no collected files here."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    health._settled.clear()
    yield
    health._settled.clear()


def checks(client: Client, status: int) -> dict[str, str]:
    """The answer of /readyz, its status checked."""
    answer = client.get("/readyz")
    assert answer.status_code == status
    return answer.json()["checks"]


def dispatched() -> None:
    """Everything that waits has been dispatched."""
    with across_merchants("as the worker would"):
        Event.objects.filter(dispatched_at=None).update(dispatched_at=clock.now())


def waiting(merchant: Merchant, *, since: datetime) -> None:
    """An event that has waited since then, and nothing else."""
    dispatched()
    with acting_for(merchant, by=MARA):
        Event.objects.create(kind="test.waited", actor="test", happened_at=since, recorded_at=since)


def samples(text: str) -> dict[str, float]:
    """Values of the metrics that have no labels, by name."""
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.labels
    }


def test_healthz_answers_without_a_database(client: Client) -> None:
    """No `db` fixture: a query would fail this test."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_probes_come_by_address_and_without_https(client: Client, settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ROOT_URLCONF = (path("hello", health.healthz),)
    assert client.get("/readyz", headers={"host": "10.1.2.3:8000"}).status_code == 200
    assert client.get("/hello", headers={"host": "10.1.2.3:8000"}).status_code == 400, "its twin can fail"


def test_probes_are_only_read(client: Client) -> None:
    answer = client.post("/healthz")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


@pytest.mark.django_db
def test_ready(client: Client) -> None:
    assert checks(client, 200) == {
        "database": "ok",
        "role": "ok",
        "migrations": "ok",
        "outbox": "ok",
        "cache": "ok",
    }


@pytest.mark.django_db
def test_not_ready_while_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("the server is away")

    monkeypatch.setattr(connection, "cursor", refuse)
    assert checks(client, 503)["database"] == "unreachable"


@pytest.mark.django_db
def test_not_ready_as_a_role_that_sees_everything(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "check_serving_role", lambda _connection: ["postgres is a superuser: …"])
    found = checks(client, 503)
    assert found["role"] == "not allowed"
    assert "superuser" not in str(found)


@pytest.mark.django_db
def test_not_ready_before_migrating_and_then_at_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(health.MigrationExecutor, "migration_plan", lambda *_unused: ["one to apply"])
        assert checks(client, 503)["migrations"] == "missing"
    assert checks(client, 200)["migrations"] == "ok"
    # Settled: it is not looked up again for every probe.
    monkeypatch.setattr(health, "MigrationExecutor", None)
    assert checks(client, 200)["migrations"] == "ok"


@pytest.mark.django_db
def test_a_late_outbox_is_said_but_closes_nothing(client: Client, luna: Merchant) -> None:
    assert checks(client, 200)["outbox"] == "ok"
    waiting(luna, since=clock.now() - timedelta(seconds=health.LATE_SECONDS - 30))
    assert checks(client, 200)["outbox"] == "ok"
    waiting(luna, since=clock.now() - timedelta(seconds=health.LATE_SECONDS + 5))
    assert checks(client, 200)["outbox"] == "late"
    dispatched()
    assert checks(client, 200)["outbox"] == "ok"


@pytest.mark.parametrize(
    ("token", "given", "address", "header", "allowed"),
    [
        ("", "", "127.0.0.1", "", True),
        ("", "", "::1", "", True),
        ("", "", "192.0.2.7", "", False),
        ("", "", "127.0.0.1", "x-forwarded-for", False),
        ("", "", "127.0.0.1", "forwarded", False),
        ("", "Bearer ", "192.0.2.7", "", False),
        ("secret", "", "127.0.0.1", "", False),
        ("secret", "Bearer wrong", "127.0.0.1", "", False),
        ("secret", "secret", "127.0.0.1", "", False),
        ("secret", "Bearer secret", "192.0.2.7", "x-forwarded-for", True),
    ],
)
@pytest.mark.django_db
def test_who_may_read_metrics(
    client: Client, settings, token: str, given: str, address: str, header: str, allowed: bool
) -> None:
    settings.METRICS_TOKEN = token
    headers = {"authorization": given} if given else {}
    if header:
        headers[header] = "198.51.100.1"
    answer = client.get("/metrics", headers=headers, REMOTE_ADDR=address)
    assert answer.status_code == (200 if allowed else 404)
    assert bool(answer.content) == allowed


def test_metrics_count_what_waits_fails_and_breaks(client: Client, luna: Merchant) -> None:
    dispatched()
    before = samples(client.get("/metrics").content.decode())
    assert before["loyalty_outbox_events"] == before["loyalty_outbox_age_seconds"] == 0
    assert before["loyalty_reactions_parked"] == before["loyalty_books_breaches"] == 0
    assert "loyalty_books_verified_timestamp_seconds" not in before
    now = clock.now()
    waiting(luna, since=now - timedelta(seconds=90))
    with acting_for(luna, by=MARA):
        Reaction.objects.create(event_number=1, consumer="gone", due_at=now, parked_at=now)
        for number, breaches in enumerate((7, 2)):
            JobRun.objects.create(
                id=ids.new(), job=metrics.BOOKS, period=str(number), started_at=now,
                finished_at=now + timedelta(seconds=number), result={"breaches": breaches},
            )  # fmt: skip
    after = samples(client.get("/metrics").content.decode())
    assert after["loyalty_outbox_events"] == 1
    assert 85 <= after["loyalty_outbox_age_seconds"] < 120
    assert after["loyalty_reactions_parked"] == 1
    assert after["loyalty_books_breaches"] == 2, "the last run counts, not the sum of all runs"
    assert abs(after["loyalty_books_verified_timestamp_seconds"] - now.timestamp() - 1) < 0.01
    assert after["loyalty_orders_recorded_total"] >= 0


def measured(path: str, *, route: str | None, method: str = "GET", status: int = 200) -> None:
    """Pass one request through the middleware, answered by `route`."""

    def answer(request: HttpRequest) -> HttpResponse:
        request.resolver_match = route and ResolverMatch(print, (), {}, route=route)
        return HttpResponse(status=status)

    metrics.Measured(answer)(RequestFactory().generic(method, path))


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_strangers_make_no_series(client: Client) -> None:
    measured("/m/luna/members/mbr_1/", route="m/<slug>/members/<id>/")
    measured("/m/otto/members/mbr_2/", route="m/<slug>/members/<id>/")
    measured("/no/such/page-1", route=None, status=404)
    measured("/no/such/page-2", route=None, status=404, method="BREW")
    text = client.get("/metrics").content.decode()
    series = 'loyalty_request_seconds_count{method="GET",route="/m/<slug>/members/<id>/",status="200"} 2.0'
    assert series in text
    assert 'method="GET",route="none",status="404"' in text
    assert 'method="other",route="none",status="404"' in text
    assert not {"BREW", "page-1", "mbr_1", "otto"} & set(re.findall(r"[\w-]+", text))
