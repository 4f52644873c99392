"""Ask members by e-mail: a message for each, planned a batch at a time, so that a worker that ends leaves nobody out
and nobody twice."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from campaigns.models import UNCLAIMED, Message, Survey
from campaigns.operations.planning import New, plan
from campaigns.operations.surveys.answering import SurveyNotOpen
from campaigns.operations.surveys.shaping import WrongState, locked
from campaigns.queries.surveys import reading
from campaigns.rules.deciding import Why
from loyalty.core.events.operations import record
from members.queries import choosing

BATCH = 500


@transaction.atomic
def send_survey(*, survey: UUID, at: datetime) -> Survey:
    """Ask everybody a survey is for by e-mail, who said yes to news, has not answered and is not left in peace. Later
    again: whoever was mailed gets one more then. Raises `NotFound`, `SurveyNotOpen`, and `WrongState` while it goes
    out."""
    row = locked(survey)
    if not reading.is_open(row, at=at):
        raise SurveyNotOpen()
    if row.mailing:
        raise WrongState()
    row.mailing, row.position, row.changed_at = True, None, at
    row.mailing_round += 1
    row.save()
    record("survey.sent", subject=row.pk, at=at, data={"survey": row.handle, "round": row.mailing_round})
    return row


@transaction.atomic
def stop_sending(*, survey: UUID, at: datetime) -> Survey:
    """Plan no more mails, and take back those that have not gone out. Raises `NotFound`."""
    row = locked(survey)
    row.mailing, row.position, row.changed_at = False, None, at
    row.save()
    Message.objects.filter(
        kind=reading.MAIL, state__in=UNCLAIMED, occasion=occasion(row, row.mailing_round)
    ).update(state=Message.State.SUPPRESSED, reason=Why.CANCELLED)
    return row


def occasion(row: Survey, number: int) -> str:
    """What makes a mail about a survey the only one of its kind."""
    return f"{reading.MAIL}:{row.pk.hex}:{number}"


def due(*, at: datetime) -> list[UUID]:
    """Surveys whose mails are not all planned."""
    rows = Survey.objects.filter(state=Survey.State.OPEN, mailing=True).order_by("changed_at", "id")
    return [row.pk for row in rows if reading.is_open(row, at=at)]


@transaction.atomic
def plan_batch(*, survey: UUID, at: datetime) -> bool:
    """Plan mails for the next readers; False once there are none left. Where it has come to is written with them."""
    row = locked(survey)
    if not row.mailing or not reading.is_open(row, at=at):
        return False
    choice = reading.audience(row)
    after = tuple(row.position) if row.position else None
    readers = choosing.members(choice, at=at, after=after, most=BATCH)
    keys = [one.pk for one in readers]
    left_out = reading.resting(keys, row, at=at) | reading.answered_for_good(keys, row, at=at)
    row.invited += plan(
        messages=[
            New(member=one, kind=reading.MAIL, occasion=occasion(row, row.mailing_round), due_at=at,
                data={"survey": row.pk.hex})
            for one in keys
            if one not in left_out
        ],
        at=at,
    )  # fmt: skip
    row.mailing = len(readers) == BATCH
    row.position = list(choosing.position(choice, readers[-1])) if row.mailing else None
    row.save()
    return row.mailing
