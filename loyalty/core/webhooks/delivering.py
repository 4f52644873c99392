"""Claim what is due, and note how it ended.

An attempt is counted, and a later one put off, before anything is sent: a worker that dies with a delivery in its hands
holds it for `LEASE`, then another takes over. So each event arrives at least once, with the same id each time, and what
kills its worker is given up after as many attempts as anything else.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from loyalty.core.events.models import Event
from loyalty.core.events.public import told
from loyalty.core.tenancy.scope import SYSTEM, across_merchants, acting_for
from loyalty.core.vault import Unreadable
from loyalty.core.webhooks import operations, signing
from loyalty.core.webhooks.models import Delivery, Endpoint
from loyalty.core.webhooks.schedule import gives_up, pause
from loyalty.core.webhooks.sending import Result
from loyalty.core.webhooks.vault import opened

LEASE = timedelta(minutes=2)
EACH = 4
"""How many deliveries of one endpoint are taken at a time; one that has so many under way is passed over."""
SHAKY = 3
"""After so many failures in a row they are taken one by one, until one arrives."""
LOGGED = 12
_FRESH = timedelta(minutes=1)
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A claimed delivery, ready to be sent. `trouble` says why it cannot be; `alone` asks that nothing else is sent to
    its endpoint meanwhile."""

    merchant: int
    delivery: UUID
    endpoint: UUID
    attempt: int
    url: str
    headers: dict[str, str]
    body: bytes
    alone: bool = False
    trouble: str = ""


# Endpoints in a different order each time, a few deliveries of each: none waits for another's backlog.
_CLAIM = """
WITH due AS (
    SELECT d.merchant_id, d.id
      FROM (SELECT merchant_id, id, failures FROM webhooks_endpoint
             WHERE status = 'active' AND NOT id = ANY(%(busy)s::uuid[]) ORDER BY random()) e
     CROSS JOIN LATERAL (
           SELECT w.merchant_id, w.id FROM webhooks_delivery w
            WHERE w.merchant_id = e.merchant_id AND w.endpoint_id = e.id AND w.status = 'waiting'
              AND w.due_at <= %(at)s::timestamptz
            ORDER BY w.due_at LIMIT (CASE WHEN e.failures >= %(shaky)s::int THEN 1 ELSE %(each)s::int END)
              FOR UPDATE SKIP LOCKED) d
     LIMIT %(most)s::int)
UPDATE webhooks_delivery w
   SET attempts = w.attempts + 1, tries = w.tries + 1, attempted_at = %(at)s::timestamptz,
       due_at = %(later)s::timestamptz
  FROM due WHERE w.merchant_id = due.merchant_id AND w.id = due.id
RETURNING w.merchant_id, w.id, w.endpoint_id, w.event_number, w.attempts
"""


def claim(*, at: datetime, most: int, busy: Collection[UUID] = ()) -> list[Outgoing]:
    """Take up to `most` deliveries that are due, of endpoints that are not `busy`, and make their messages. What
    another worker has is left to it."""
    asked: dict[str, Any] = {
        "at": at, "later": at + LEASE, "most": most, "busy": list(busy), "each": EACH, "shaky": SHAKY,
    }  # fmt: skip
    with across_merchants("deliveries that are due, of all merchants"):
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, asked)
            rows = cursor.fetchall()
        events = Event.objects.in_bulk([row[3] for row in rows])
        endpoints = Endpoint.objects.in_bulk([row[2] for row in rows])
    keys: dict[UUID, tuple[str, ...]] = {}
    return [
        _outgoing(merchant, delivery, endpoints[endpoint], events[number], attempt, at, keys)
        for merchant, delivery, endpoint, number, attempt in rows
    ]


def _outgoing(
    merchant: int, delivery: UUID, endpoint: Endpoint, event: Event, attempt: int, at: datetime, keys: dict
) -> Outgoing:
    body, alone = _encode(told(event)), endpoint.failures >= SHAKY
    try:
        if endpoint.pk not in keys:
            keys[endpoint.pk] = signing_secrets(endpoint, at)
        headers = signing.headers(keys[endpoint.pk], name=name_of(event.pk), at=at, body=body)
    except Unreadable:
        return Outgoing(
            merchant, delivery, endpoint.pk, attempt, endpoint.url, {}, body, alone, "secret_lost"
        )
    return Outgoing(merchant, delivery, endpoint.pk, attempt, endpoint.url, headers, body, alone)


def name_of(event_number: int) -> str:
    """What a receiver knows a message by: the same in every attempt, whoever sends it."""
    return f"evt_{event_number}"


def signing_secrets(endpoint: Endpoint, at: datetime) -> tuple[str, ...]:
    """What signs now: the secret, and the one it replaced while that still counts."""
    both = endpoint.old_secret and endpoint.old_secret_until and endpoint.old_secret_until > at
    return (opened(endpoint.secret), *([opened(endpoint.old_secret)] if both else []))


def settle(ended: Sequence[tuple[Outgoing, Result]], *, at: datetime) -> None:
    """Note how attempts ended: those that arrived all at once, the others one by one."""
    arrived = [(one, result) for one, result in ended if not result.error]
    if arrived:
        _arrived(arrived, at)
    for one, result in ended:
        if result.error:
            with acting_for(one.merchant, by=SYSTEM):
                _failed(one, result, at)


# The endpoint first, as everywhere; only when there is something new to say of it.
_WELL = """
WITH held AS (
    SELECT merchant_id, id FROM webhooks_endpoint
     WHERE id = ANY(%(endpoints)s::uuid[])
       AND (failures > 0 OR last_success_at IS NULL OR last_success_at < %(fresh)s::timestamptz)
     ORDER BY id FOR NO KEY UPDATE)
UPDATE webhooks_endpoint e SET failures = 0, failing_since = NULL, last_success_at = %(at)s::timestamptz
  FROM held WHERE e.merchant_id = held.merchant_id AND e.id = held.id
"""
_ARRIVED = """
WITH sent AS (
    SELECT * FROM unnest(%(merchants)s::bigint[], %(ids)s::uuid[], %(codes)s::smallint[], %(took)s::int[],
                         %(responses)s::text[], %(logs)s::jsonb[]) AS s(merchant_id, id, code, took, response, log)),
held AS (
    SELECT w.merchant_id, w.id FROM webhooks_delivery w JOIN sent s ON s.merchant_id = w.merchant_id AND s.id = w.id
     ORDER BY w.id FOR UPDATE OF w)
UPDATE webhooks_delivery w
   SET status = 'delivered', delivered_at = %(at)s::timestamptz, status_code = s.code, error = '',
       duration_ms = s.took, response = s.response, log = (CASE WHEN jsonb_array_length(w.log) < %(logged)s::int
           THEN w.log ELSE w.log - 0 END) || s.log
  FROM sent s, held h
 WHERE w.merchant_id = s.merchant_id AND w.id = s.id AND h.merchant_id = w.merchant_id AND h.id = w.id
"""


def _arrived(ended: Sequence[tuple[Outgoing, Result]], at: datetime) -> None:
    columns: dict[str, list[Any]] = defaultdict(list)
    for one, result in ended:
        columns["merchants"].append(one.merchant)
        columns["ids"].append(one.delivery)
        columns["codes"].append(result.status_code)
        columns["took"].append(result.duration_ms)
        columns["responses"].append(result.response)
        columns["logs"].append(_encode([_logged(one, result, at)]).decode())
    endpoints = sorted({one.endpoint for one, _result in ended})
    with across_merchants("deliveries of all merchants that arrived"), connection.cursor() as cursor:
        cursor.execute(_WELL, {"endpoints": endpoints, "at": at, "fresh": at - _FRESH})
        cursor.execute(_ARRIVED, {**columns, "at": at, "logged": LOGGED})


def _logged(one: Outgoing, result: Result, at: datetime) -> dict[str, Any]:
    """An attempt as the log keeps it."""
    return {
        "attempt": one.attempt, "at": at.isoformat(), "status_code": result.status_code, "error": result.error,
        "duration_ms": result.duration_ms, "response": result.response,
    }  # fmt: skip


def _failed(one: Outgoing, result: Result, at: datetime) -> None:
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=one.endpoint)
    row = Delivery.objects.select_for_update().get(pk=one.delivery)
    row.log = [*row.log, _logged(one, result, at)][-LOGGED:]
    if row.attempts != one.attempt or row.status != Delivery.Status.WAITING:
        # Somebody else took over, or it was sent again or switched off meanwhile: theirs counts.
        row.save(update_fields=["log"])
        return
    row.status_code, row.error = result.status_code, result.error
    row.duration_ms, row.response = result.duration_ms, result.response
    wait = pause(row.tries, wished=result.wished)
    if wait is None:
        row.status = Delivery.Status.FAILED
    else:
        row.due_at = at + wait
    row.save()
    if endpoint.status != Endpoint.Status.ACTIVE:
        return
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or at
    endpoint.save(update_fields=["failures", "failing_since"])
    if result.status_code == 410:
        row.status = Delivery.Status.FAILED
        row.save(update_fields=["status"])
        operations.disable_endpoint(row=endpoint, why=Endpoint.Why.GONE, at=at)
    elif gives_up(failing_since=endpoint.failing_since, failures=endpoint.failures, at=at):
        operations.disable_endpoint(row=endpoint, why=Endpoint.Why.FAILING, at=at)
