"""Get back to members who were unhappy: taken in hand, noted, done, or opened again."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as say

from campaigns.models import SurveyAlert
from loyalty.core import ids
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.tenancy import scope

LONGEST_NOTE = 500


@transaction.atomic
def follow_up(*, alert: UUID, state: str, note: str | None = None, at: datetime) -> SurveyAlert:
    """Say how far a follow-up is: open, taken (by whoever says so) or done; `note` is what was done, None leaves it as
    it was. Raises `NotFound` and `InvalidInput`."""
    row = SurveyAlert.objects.select_for_update().filter(pk=alert).first()
    if row is None:
        raise NotFound("follow-up")
    if state not in SurveyAlert.State.values:
        raise InvalidInput.of("state", say("Choose one of open, taken and done."))
    tidied = row.note if note is None else note.strip()
    if len(tidied) > LONGEST_NOTE or any(letter < " " and letter not in "\r\n\t" for letter in tidied):
        raise InvalidInput.of("note", say("Write at most {most} characters.").format(most=LONGEST_NOTE))
    if (state, tidied) == (row.state, row.note):
        return row
    taken = "" if state == SurveyAlert.State.OPEN else row.taken_by or str(scope.actor())[:80]
    row.state, row.note, row.taken_by, row.changed_at = state, tidied, taken, at
    row.save(update_fields=["state", "note", "taken_by", "changed_at"])
    data = {"follow_up": ids.encode("fup", row.pk), "state": state}
    record("survey.followed_up", subject=row.member_id, at=at, data=data)
    return row
