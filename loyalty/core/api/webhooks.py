"""Webhook endpoints and what was delivered to them."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from django.urls import path
from msgspec import Meta, Struct

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import Instant, endpoint, page_of, within
from loyalty.core.errors import NotFound
from loyalty.core.events.public import Event, told
from loyalty.core.webhooks import operations, queries
from loyalty.core.webhooks.models import Delivery as DeliveryRow
from loyalty.core.webhooks.models import Endpoint as EndpointRow

SCOPE = "webhooks:write"
Url = Annotated[str, Meta(min_length=8, max_length=2000, pattern=r"^[^\x00-\x20\x7f]+$(?!\n)")]
Choice = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[a-z_.*]+$(?!\n)")]
Choices = Annotated[list[Choice], Meta(min_length=1, max_length=100)]
Words = Annotated[str, Meta(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]


class WebhookEndpoint(Struct):
    """An address that is told what happens. `kinds` holds kinds of events, families like `points.*`, or `*`.

    `status` is active, paused (by you) or disabled (by us, with `disabled_why`: gone, failing). `failures` counts the
    attempts since one last arrived."""

    id: str
    url: str
    description: str
    kinds: list[str]
    status: str
    disabled_why: str
    failures: int
    failing_since: datetime | None
    last_success_at: datetime | None
    old_secret_until: datetime | None
    created_at: datetime


class NewWebhookEndpoint(Struct, forbid_unknown_fields=True, frozen=True):
    """Where to and about what. The address is public and begins with https://."""

    url: Url
    kinds: Choices
    description: Words = ""


class WebhookEndpointMade(Struct):
    """The endpoint and its signing secret, which is shown this once."""

    endpoint: WebhookEndpoint
    secret: str


class WebhookEndpointChange(Struct, forbid_unknown_fields=True, frozen=True):
    """What is given is changed. `status` switches it off and on again."""

    url: Url | None = None
    kinds: Choices | None = None
    description: Words | None = None
    status: Literal["active", "paused"] | None = None


class SecretRoll(Struct, forbid_unknown_fields=True, frozen=True):
    """For how many hours the old secret signs beside the new one."""

    overlap_hours: Annotated[int, Meta(ge=0, le=168)] = 24


class NewSecret(Struct):
    """The new signing secret, shown this once; until `old_until` messages carry a signature of each."""

    secret: str
    old_until: datetime | None


class WebhookAttempt(Struct):
    """How one attempt ended. `error` is empty, or: status, redirect, timeout, no_connection, tls, address_refused,
    secret_lost. `response` is the beginning of what was answered."""

    attempt: int
    at: datetime
    status_code: int | None
    error: str
    duration_ms: int
    response: str


class WebhookDelivery(Struct):
    """One event for one endpoint. `status` is waiting, delivered or failed; `message` is the webhook-id, the same in
    every attempt. The other figures are those of the last attempt."""

    id: str
    endpoint: str
    message: str
    kind: str
    status: str
    attempts: int
    next_attempt_at: datetime | None
    status_code: int | None
    error: str
    duration_ms: int | None
    created_at: datetime
    delivered_at: datetime | None


class WebhookDeliveryDetail(Struct):
    """A delivery with the event it tells of and its latest attempts."""

    delivery: WebhookDelivery
    event: Event
    log: list[WebhookAttempt]


class DeliverySearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`status` "" is any."""

    status: Literal["", "waiting", "delivered", "failed"] = ""


class Since(Struct, forbid_unknown_fields=True, frozen=True):
    """What was planned since then and given up."""

    since: Instant


class Resent(Struct):
    """How many deliveries are sent again."""

    count: int


def endpoint_told(row: EndpointRow) -> WebhookEndpoint:
    """An endpoint as the API tells it."""
    return WebhookEndpoint(
        id=ids.encode("whe", row.pk), url=row.url, description=row.description, kinds=row.kinds, status=row.status,
        disabled_why=row.why, failures=row.failures, failing_since=row.failing_since,
        last_success_at=row.last_success_at, old_secret_until=row.old_secret_until, created_at=row.created_at,
    )  # fmt: skip


def delivery_told(row: DeliveryRow) -> WebhookDelivery:
    """A delivery as the API tells it."""
    waits = row.status == DeliveryRow.Status.WAITING
    return WebhookDelivery(
        id=ids.encode("dlv", row.pk), endpoint=ids.encode("whe", row.endpoint_id), message=f"evt_{row.event_number}",
        kind=row.kind, status=row.status, attempts=row.attempts, next_attempt_at=row.due_at if waits else None,
        status_code=row.status_code, error=row.error, duration_ms=row.duration_ms, created_at=row.created_at,
        delivered_at=row.delivered_at,
    )  # fmt: skip


EXAMPLE = {"url": "https://shop.example.com/hooks/points", "kinds": ["points.*", "reward.redeemed"]}


class WebhookEndpoints(Endpoint):
    @endpoint(summary="List webhook endpoints", scope=SCOPE, answers={200: page_of(WebhookEndpoint)})
    def get(self, call: Call) -> dict[str, Any]:
        """All of them, in the order in which they were added; there are twenty at most, so there is one page."""
        rows = [endpoint_told(row) for row in queries.endpoints()]
        return {"data": rows, "next": None, "prev": None}

    @endpoint(
        summary="Add a webhook endpoint",
        scope=SCOPE,
        body=NewWebhookEndpoint,
        example=EXAMPLE,
        answers={201: WebhookEndpointMade},
        refuses=(operations.TooManyWebhooks,),
    )
    def post(self, call: Call) -> tuple[int, WebhookEndpointMade]:
        """It is told what happens from now on. Its secret verifies that messages are ours and is shown this once; how
        to verify is explained at /api/webhooks."""
        body = call.body
        row, secret = operations.add_endpoint(
            url=body.url, kinds=body.kinds, description=body.description, at=call.at
        )
        return 201, WebhookEndpointMade(endpoint_told(row), secret)


class OneWebhookEndpoint(Endpoint):
    @endpoint(summary="Read a webhook endpoint", scope=SCOPE, answers={200: WebhookEndpoint})
    def get(self, call: Call, id: str) -> WebhookEndpoint:  # noqa: A002 - the address's own word
        """Without its secret."""
        return endpoint_told(queries.endpoint(ids.decode("whe", id)))

    @endpoint(
        summary="Change a webhook endpoint",
        scope=SCOPE,
        body=WebhookEndpointChange,
        example={"kinds": ["*"], "status": "active"},
        answers={200: WebhookEndpoint},
    )
    def patch(self, call: Call, id: str) -> WebhookEndpoint:  # noqa: A002
        """What waits goes to the new address. Switched off, nothing more is planned and what waits is given up;
        switched on again, it is told from then on, and `resend-failed` sends what was given up."""
        key, body = ids.decode("whe", id), call.body
        row = operations.change_endpoint(
            endpoint=key, at=call.at, url=body.url, kinds=body.kinds, description=body.description
        )
        if body.status == "paused":
            row = operations.pause_endpoint(endpoint=key, at=call.at)
        elif body.status == "active":
            row = operations.resume_endpoint(endpoint=key, at=call.at)
        return endpoint_told(row)

    @endpoint(summary="Remove a webhook endpoint", scope=SCOPE, answers={204: None})
    def delete(self, call: Call, id: str) -> tuple[int, None]:  # noqa: A002
        """Its secret is forgotten and nothing more is sent."""
        operations.remove_endpoint(endpoint=ids.decode("whe", id), at=call.at)
        return 204, None


class RollSecret(Endpoint):
    @endpoint(
        summary="Roll a webhook endpoint’s secret",
        scope=SCOPE,
        body=SecretRoll,
        example={"overlap_hours": 24},
        answers={200: NewSecret},
    )
    def post(self, call: Call, id: str) -> NewSecret:  # noqa: A002
        """For the hours you choose, messages carry a signature of the old and one of the new secret, so that you can
        change over without missing any."""
        key, overlap = ids.decode("whe", id), timedelta(hours=call.body.overlap_hours)
        secret = operations.roll_secret(endpoint=key, at=call.at, overlap=overlap)
        return NewSecret(secret, call.at + overlap if overlap else None)


class TestWebhook(Endpoint):
    @endpoint(
        summary="Send a test to a webhook endpoint",
        scope=SCOPE,
        answers={202: WebhookDelivery},
        refuses=(operations.WebhookOff,),
    )
    def post(self, call: Call, id: str) -> tuple[int, WebhookDelivery]:  # noqa: A002
        """A `webhook.test` event, to this endpoint alone, whatever it has chosen."""
        return 202, delivery_told(operations.send_test(endpoint=ids.decode("whe", id), at=call.at))


class WebhookDeliveries(Endpoint):
    @endpoint(
        summary="List a webhook endpoint’s deliveries",
        scope=SCOPE,
        query=DeliverySearch,
        answers={200: page_of(WebhookDelivery)},
    )
    def get(self, call: Call, id: str) -> dict[str, Any]:  # noqa: A002
        """Newest first. Kept for 30 days."""
        row = queries.endpoint(ids.decode("whe", id))
        found = queries.deliveries(row.pk, status=call.query.status)
        window = keyset(found, call.query, name="deliveries", by=[("id", UUID)])
        return call.page(window, [delivery_told(one) for one in window.rows])


class ResendFailed(Endpoint):
    @endpoint(
        summary="Resend an endpoint’s failed deliveries",
        scope=SCOPE,
        body=Since,
        example={"since": "2026-03-02T08:00:00Z"},
        answers={202: Resent},
        refuses=(operations.WebhookOff,),
    )
    def post(self, call: Call, id: str) -> tuple[int, Resent]:  # noqa: A002
        """Everything that was planned since then and given up is sent again, with the ids it had."""
        since = within("since", call.body.since)
        count = operations.resend_failed(endpoint=ids.decode("whe", id), since=since, at=call.at)
        return 202, Resent(count)


class OneWebhookDelivery(Endpoint):
    @endpoint(summary="Read a webhook delivery", scope=SCOPE, answers={200: WebhookDeliveryDetail})
    def get(self, call: Call, id: str) -> WebhookDeliveryDetail:  # noqa: A002
        """With the event and the latest attempts."""
        row = queries.delivery(ids.decode("dlv", id))
        log = [
            WebhookAttempt(
                entry["attempt"], datetime.fromisoformat(entry["at"]), entry["status_code"], entry["error"],
                entry["duration_ms"], entry["response"],
            )
            for entry in row.log
        ]  # fmt: skip
        return WebhookDeliveryDetail(delivery_told(row), told(queries.event_of(row)), log)


class ResendWebhookDelivery(Endpoint):
    @endpoint(
        summary="Resend a webhook delivery",
        scope=SCOPE,
        answers={202: WebhookDelivery},
        refuses=(operations.WebhookOff, NotFound),
    )
    def post(self, call: Call, id: str) -> tuple[int, WebhookDelivery]:  # noqa: A002
        """Now, with the id it had, also when it arrived before."""
        return 202, delivery_told(operations.resend(delivery=ids.decode("dlv", id), at=call.at))


urlpatterns = [
    path("webhook-endpoints", WebhookEndpoints.as_view()),
    path("webhook-endpoints/<str:id>", OneWebhookEndpoint.as_view()),
    path("webhook-endpoints/<str:id>/roll-secret", RollSecret.as_view()),
    path("webhook-endpoints/<str:id>/test", TestWebhook.as_view()),
    path("webhook-endpoints/<str:id>/deliveries", WebhookDeliveries.as_view()),
    path("webhook-endpoints/<str:id>/resend-failed", ResendFailed.as_view()),
    path("webhook-deliveries/<str:id>", OneWebhookDelivery.as_view()),
    path("webhook-deliveries/<str:id>/resend", ResendWebhookDelivery.as_view()),
]
