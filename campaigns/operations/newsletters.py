"""Write a newsletter, give it its time, and plan its messages: one for each reader, however often planning stops."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import UNCLAIMED, Message, Newsletter
from campaigns.operations.planning import New, plan
from campaigns.operations.shaping import checked_words
from campaigns.queries.newsletters import audience
from campaigns.rules.deciding import Why
from loyalty.core import ids
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.events.operations import record
from loyalty.core.tenancy import scope
from members.queries import choosing

BATCH = 500
LATEST = timedelta(days=365)


class NothingWritten(DomainError):
    code = "nothing_written"
    message = _("Write the newsletter in at least one language first.")


class NewsletterUnderWay(DomainError):
    code = "newsletter_under_way"
    message = _("This newsletter is on its way or has gone out. Copy it into a new one to change it.")
    status = 409


class NotInThePast(DomainError):
    code = "not_in_the_past"
    message = _("Choose a time from now on, within a year.")
    field = "goes_at"


def _locked(newsletter: UUID) -> Newsletter:
    row = Newsletter.objects.select_for_update().filter(pk=newsletter).first()
    if row is None:
        raise NotFound("newsletter")
    return row


@transaction.atomic
def write_newsletter(
    *,
    newsletter: UUID | None,
    words: Mapping[str, Mapping[str, str]],
    tier: str = "",
    segment: str = "",
    at: datetime,
) -> Newsletter:
    """Begin a newsletter, or change one that has no time yet. Raises `InvalidInput`, `UnknownPlaceholder`, `NotFound`
    and `NewsletterUnderWay`."""
    tidied = checked_words(kind="newsletter", words=words, whole=True)
    said: dict[str, Any] = {"words": tidied, "tier": tier[:60], "segment": segment[:60], "changed_at": at}
    if newsletter is None:
        return Newsletter.objects.create(**said, created_at=at, created_by=str(scope.actor())[:60])
    row = _locked(newsletter)
    if row.state != Newsletter.State.DRAFT:
        raise NewsletterUnderWay()
    for name, value in said.items():
        setattr(row, name, value)
    row.save()
    return row


@transaction.atomic
def schedule_newsletter(*, newsletter: UUID, goes_at: datetime, at: datetime) -> Newsletter:
    """Give a written newsletter its time, now or later. Raises `NothingWritten`, `NotInThePast`, `NotFound` and
    `NewsletterUnderWay`."""
    row = _locked(newsletter)
    if row.state != Newsletter.State.DRAFT:
        raise NewsletterUnderWay()
    if not row.words:
        raise NothingWritten()
    if not at - timedelta(minutes=2) <= goes_at <= at + LATEST:
        raise NotInThePast()
    row.state, row.goes_at, row.changed_at = Newsletter.State.SCHEDULED, goes_at, at
    row.save()
    record("newsletter.scheduled", subject=None, at=at, data={"newsletter": ids.encode("nws", row.pk)})
    return row


@transaction.atomic
def cancel_newsletter(*, newsletter: UUID, at: datetime) -> Newsletter:
    """Call a newsletter off: what has not been handed over is not sent. One with no time yet stays a draft, one that
    was only scheduled becomes one again. Raises `NotFound`."""
    row = _locked(newsletter)
    if row.state == Newsletter.State.SCHEDULED:
        row.state, row.goes_at = Newsletter.State.DRAFT, None
    elif row.state in (Newsletter.State.PLANNING, Newsletter.State.PLANNED):
        row.state = Newsletter.State.CANCELLED
        Message.objects.filter(newsletter=row, state__in=UNCLAIMED).update(
            state=Message.State.SUPPRESSED, reason=Why.CANCELLED
        )
    else:
        return row
    row.changed_at = at
    row.save()
    record("newsletter.cancelled", subject=None, at=at, data={"newsletter": ids.encode("nws", row.pk)})
    return row


def due(*, at: datetime) -> list[UUID]:
    """Newsletters whose time has come and whose messages are not all planned."""
    open_ = (Newsletter.State.SCHEDULED, Newsletter.State.PLANNING)
    rows = Newsletter.objects.filter(state__in=open_, goes_at__lte=at).order_by("goes_at", "id")
    return list(rows.values_list("pk", flat=True))


@transaction.atomic
def plan_batch(*, newsletter: UUID, at: datetime) -> bool:
    """Plan messages for the next readers; False once there are none left. Where it has come to is written with them: a
    worker that ends anywhere leaves nobody out and nobody twice."""
    row = _locked(newsletter)
    if row.state not in (Newsletter.State.SCHEDULED, Newsletter.State.PLANNING):
        return False
    choice = audience(row)
    after = tuple(row.position) if row.position else None
    readers = choosing.members(choice, at=at, after=after, most=BATCH)
    occasion = f"newsletter:{row.pk.hex}"
    row.planned += plan(
        messages=[
            New(
                member=one.pk,
                kind="newsletter",
                occasion=occasion,
                due_at=row.goes_at or at,
                newsletter=row.pk,
            )
            for one in readers
        ],
        at=at,
    )
    more = len(readers) == BATCH
    row.state = Newsletter.State.PLANNING if more else Newsletter.State.PLANNED
    if readers:
        row.position = list(choosing.position(choice, readers[-1]))
    row.save()
    return more
