"""The log of messages, what members want to hear, and what providers report."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.urls import path
from msgspec import Meta, Struct

from campaigns.models import Message as Row
from campaigns.operations import preferences, suppressing
from campaigns.operations.suppressing import NothingReported
from campaigns.queries import log
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import endpoint, page_of
from loyalty.core.errors import NotFound
from members.operations.membership import NotActive
from members.queries.directory import taking_part

Zone = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_+/-]*$(?!\n)")]
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^\x00-\x20\x7f]*$(?!\n)")]
MessageName = Annotated[str, Meta(max_length=200, pattern=r"^[\x21-\x7e]*$(?!\n)")]


class SentMessage(Struct):
    """One message to a member, without its text, which is not kept. `state` is queued, held (until the morning),
    sending, sent, failed or suppressed; `reason` says why it was not sent. `message_id` is the mail's Message-ID."""

    id: str
    member: str
    kind: str
    channel: str
    state: str
    reason: str
    error: str
    language: str
    provider: str
    message_id: str
    attempts: int
    due_at: datetime
    created_at: datetime
    sent_at: datetime | None


class MessageSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`state` and `kind` narrow the list. `waiting` is all that has not come to an end."""

    state: Literal["", "waiting", "queued", "held", "sending", "sent", "failed", "suppressed"] = ""
    kind: Annotated[str, Meta(max_length=30, pattern=r"^[a-z0-9_]*$(?!\n)")] = ""


class MessagePreferences(Struct):
    """What a member wants to hear by e-mail. What is about their own account is always sent. `newsletter` is a consent.
    `timezone` is theirs, "" when nobody knows it: then the shop's night counts."""

    programme: bool
    reminders: bool
    statement: bool
    newsletter: bool
    timezone: str


class MessagePreferencesChange(Struct, forbid_unknown_fields=True, frozen=True):
    """What is given is changed."""

    programme: bool | None = None
    reminders: bool | None = None
    statement: bool | None = None
    newsletter: bool | None = None
    timezone: Zone | None = None


class DeliveryReport(Struct, forbid_unknown_fields=True, frozen=True):
    """What a mail provider tells: a message bounced for good, or its reader called it unwanted. Name the `message_id`,
    or the `address`."""

    reason: Literal["bounce", "complaint"]
    message_id: MessageName = ""
    address: Email = ""


class DeliveryReportTaken(Struct):
    """Whether an address is suppressed because of it; false for a message nobody here knows."""

    suppressed: bool


def _told(row: Row) -> SentMessage:
    return SentMessage(
        id=ids.encode("msg", row.pk), member=ids.encode("mbr", row.member_id), kind=row.kind, channel=row.channel,
        state=row.state, reason=row.reason, error=row.error, language=row.language, provider=row.provider,
        message_id=row.provider_id, attempts=row.attempts, due_at=row.due_at, created_at=row.created_at,
        sent_at=row.handed_at,
    )  # fmt: skip


def _preferences(found: preferences.Wanted) -> MessagePreferences:
    return MessagePreferences(**found.topics, timezone=found.timezone)


class Messages(Endpoint):
    @endpoint(
        summary="List messages",
        scope="messages:read",
        query=MessageSearch,
        answers={200: page_of(SentMessage)},
    )
    def get(self, call: Call) -> dict[str, Any]:
        """The delivery log, last planned first."""
        found = log.messages(state=call.query.state, kind=call.query.kind)
        window = keyset(found, call.query, name="messages", by=[("id", UUID)])
        return call.page(window, [_told(row) for row in window.rows])


class MessageReports(Endpoint):
    @endpoint(
        summary="Report a bounce or a complaint",
        scope="messages:write",
        body=DeliveryReport,
        example={"reason": "bounce", "address": "nobody@example.com"},
        answers={200: DeliveryReportTaken},
        refuses=(NothingReported,),
    )
    def post(self, call: Call) -> DeliveryReportTaken:
        """The address is not written to again until somebody takes it off the suppression list. Reporting the same
        again changes nothing."""
        body = call.body
        done = suppressing.report(
            reason=body.reason, address=body.address, message=body.message_id, at=call.at
        )
        return DeliveryReportTaken(done)


class MemberMessagePreferences(Endpoint):
    @endpoint(
        summary="Read what a member wants to hear", scope="messages:read", answers={200: MessagePreferences}
    )
    def get(self, call: Call, id: str) -> MessagePreferences:  # noqa: A002 - the address's own word
        """By topic, and in which time zone."""
        member = taking_part(ids.decode("mbr", id))
        return _preferences(preferences.wanted(member=member.pk))

    @endpoint(
        summary="Change what a member wants to hear",
        scope="messages:write",
        body=MessagePreferencesChange,
        example={"reminders": False, "timezone": "Europe/Oslo"},
        answers={200: MessagePreferences},
        refuses=(NotActive, NotFound),
    )
    def patch(self, call: Call, id: str) -> MessagePreferences:  # noqa: A002
        """On the member's behalf, because they said so. A changed `newsletter` is noted as a consent given by way of
        the API."""
        body = call.body
        names = ("programme", "reminders", "statement", "newsletter")
        topics = {name: said for name in names if (said := getattr(body, name)) is not None}
        member = taking_part(ids.decode("mbr", id))
        found = preferences.choose(
            member=member.pk, topics=topics, timezone=body.timezone, source="api", at=call.at
        )
        return _preferences(found)


urlpatterns = [
    path("messages", Messages.as_view()),
    path("messages/reports", MessageReports.as_view()),
    path("members/<str:id>/message-preferences", MemberMessagePreferences.as_view()),
]
