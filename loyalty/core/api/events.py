"""The event feed, and the two addresses to begin with."""

from datetime import datetime
from typing import Annotated

from django.urls import path
from msgspec import Meta, Struct

from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.spec import endpoint
from loyalty.core.events import queries
from loyalty.core.events.public import Event, told


class EventFeed(Struct):
    """Events in the order in which they became certain. Ask again with `after` = `last`; `more` says
    whether to do it at once."""

    data: list[Event]
    last: str
    more: bool


class FeedSearch(Struct, forbid_unknown_fields=True, frozen=True):
    """`after`: `last` of the answer before; `kinds`: comma-separated, like `points.earned,reward.redeemed`."""

    after: Annotated[str, Meta(max_length=38, pattern=r"^([0-9]{1,18}-[0-9]{1,18})?$(?!\n)")] = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    kinds: Annotated[str, Meta(max_length=500, pattern=r"^[a-z_.,]*$(?!\n)")] = ""


class Ping(Struct):
    """Whose key this is and what it may do."""

    merchant: str
    name: str
    sandbox: bool
    currency: str
    timezone: str
    scopes: list[str]
    now: datetime


class Start(Struct):
    """Where things are."""

    version: str
    documentation: str
    schema: str
    resources: dict[str, str]


class Events(Endpoint):
    @endpoint(summary="Read the event feed", scope="events:read", query=FeedSearch, answers={200: EventFeed})
    def get(self, call: Call) -> EventFeed:
        """Everything that happened, for those who would rather ask than be told. An event appears once
        everything before it has been committed, so `after` never skips one."""
        asked = call.query
        kinds = [kind for kind in asked.kinds.split(",") if kind]
        writer, _, number = (asked.after or "0-0").partition("-")
        found = queries.feed(after=(int(writer), int(number)), kinds=kinds or None)
        rows = list(found[: asked.limit + 1])
        more, rows = len(rows) > asked.limit, rows[: asked.limit]
        last = f"{rows[-1].written_by}-{rows[-1].pk}" if rows else asked.after
        return EventFeed([told(row) for row in rows], last, more)


class PingEndpoint(Endpoint):
    @endpoint(summary="Check a key", scope="", answers={200: Ping})
    def get(self, call: Call) -> Ping:
        """Whose key this is, what it may do, and what time it is here."""
        shop = call.credential.merchant
        return Ping(
            shop.slug,
            shop.name,
            shop.is_sandbox,
            shop.currency,
            shop.timezone,
            sorted(call.credential.scopes),
            call.now,
        )


class StartEndpoint(Endpoint):
    @endpoint(summary="Start here", scope="", answers={200: Start})
    def get(self, call: Call) -> Start:
        """The resources and where they are explained."""
        names = ("members", "orders", "rewards", "redemptions", "programme", "events",
                 "webhook-endpoints", "ping")  # fmt: skip
        return Start("1", "/api/docs", "/api/v1/schema", {name: f"/api/v1/{name}" for name in names})


urlpatterns = [
    path("", StartEndpoint.as_view()),
    path("ping", PingEndpoint.as_view()),
    path("events", Events.as_view()),
]
