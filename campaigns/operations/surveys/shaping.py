"""Make a survey, change it, open and close it: what people decide about it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from campaigns.models import Survey, SurveyAnswer
from campaigns.queries.surveys import reading
from campaigns.queries.surveys.complaints import errors
from campaigns.rules import surveys as rules
from campaigns.rules.surveys import Content
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.programme.document import complaint
from loyalty.core.tenancy import scope
from members.queries.belonging import segment_choices

MOST = 200
_HANDLE = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_PAUSES = {"again_after_days": 3660, "rest_days": 365}


class SurveyExists(DomainError):
    code = "survey_exists"
    message = _("There is a survey of that name already. Choose another name.")
    status = 409
    field = "handle"


class TooManySurveys(DomainError):
    code = "too_many_surveys"
    message = _("A shop has at most {most} surveys.")
    status = 409


class SurveyHasAnswers(DomainError):
    code = "survey_has_answers"
    message = _("It has been opened, so its questions stay as they are; only their words can change.")
    status = 409
    field = "content"


class NothingAsked(DomainError):
    code = "nothing_asked"
    message = _("Ask at least one question first.")
    field = "content"


class WrongState(DomainError):
    code = "survey_state"
    message = _("This cannot be done with the survey as it stands now.")
    status = 409


def checked_content(content: Any) -> Content:
    """Content as somebody wrote it. Raises `InvalidInput` naming everything that is wrong."""
    try:
        found = msgspec.convert(content, Content, strict=True)
    except msgspec.ValidationError as error:
        raise InvalidInput([complaint(error, "content")]) from None
    wrong = rules.problems(found)
    if wrong:
        raise InvalidInput(errors(wrong, prefix="content."))
    return found


@transaction.atomic
def create_survey(
    *, name: str, content: Any, handle: str = "", details: Mapping[str, Any] | None = None, at: datetime
) -> Survey:
    """Make a survey; it is a draft until it is opened. `handle` is what rules and figures call it, made of the name
    when it is not given. `details` as in `edit_survey`. Raises `InvalidInput`, `SurveyExists`, `TooManySurveys`."""
    if Survey.objects.count() >= MOST:
        raise TooManySurveys(most=MOST)
    row = Survey(
        name=_named(name), handle=_handled(handle, name), created_at=at, changed_at=at,
        created_by=str(scope.actor())[:80], content=msgspec.to_builtins(checked_content(content)),
    )  # fmt: skip
    _apply(row, dict(details or {}))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise SurveyExists() from None
    record("survey.created", subject=row.pk, at=at, data={"survey": row.handle})
    return row


@transaction.atomic
def edit_survey(*, survey: UUID, changes: Mapping[str, Any], at: datetime) -> Survey:
    """Change `name`, `content`, `segment`, `opens_at`, `closes_at`, `on_card`, `alerts`, `again_after_days` or
    `rest_days`. Of one that was opened the questions stay; their words may change. Raises `NotFound`, `InvalidInput`,
    `SurveyHasAnswers`."""
    row = locked(survey)
    fields = _apply(row, changes)
    if changes.get("content") is not None:
        content = checked_content(changes["content"])
        is_new = row.state == Survey.State.DRAFT and not SurveyAnswer.objects.filter(survey=row).exists()
        if not is_new and rules.shape(content) != rules.shape(reading.content_of(row)):
            raise SurveyHasAnswers()
        written = msgspec.to_builtins(content)
        if written != row.content:
            row.content = written
            fields.append("content")
    if fields:
        row.changed_at = at
        row.save()
        record("survey.edited", subject=row.pk, at=at, data={"survey": row.handle, "fields": sorted(fields)})
    return row


@transaction.atomic
def open_survey(*, survey: UUID, at: datetime) -> Survey:
    """Take answers from now on, or from `opens_at`. Raises `NotFound`, `NothingAsked`, `WrongState`."""
    row = locked(survey)
    if row.state == Survey.State.OPEN:
        raise WrongState()
    if not reading.content_of(row).questions:
        raise NothingAsked()
    if row.closes_at is not None and row.closes_at <= at:
        raise InvalidInput.of("closes_at", str(_("This time is over already.")))
    row.state, row.changed_at = Survey.State.OPEN, at
    row.opens_at = row.opens_at or at
    row.save()
    record("survey.opened", subject=row.pk, at=at, data={"survey": row.handle})
    return row


@transaction.atomic
def close_survey(*, survey: UUID, at: datetime) -> Survey:
    """Take no more answers, and send no more mails. It can be opened again. Raises `NotFound` and `WrongState`."""
    row = locked(survey)
    if row.state != Survey.State.OPEN:
        raise WrongState()
    row.state, row.changed_at, row.mailing, row.position = Survey.State.CLOSED, at, False, None
    row.save()
    record("survey.closed", subject=row.pk, at=at, data={"survey": row.handle})
    return row


@transaction.atomic
def remove_survey(*, survey: UUID, at: datetime) -> None:
    """Throw a draft away that was never opened. Raises `NotFound` and `WrongState`."""
    row = locked(survey)
    if row.state != Survey.State.DRAFT:
        raise WrongState()
    record("survey.removed", subject=row.pk, at=at, data={"survey": row.handle})
    row.delete()


def locked(survey: UUID) -> Survey:
    """A survey, held until the transaction ends; `NotFound` otherwise."""
    reading.survey(survey)
    return Survey.objects.select_for_update().get(pk=survey)


def _named(name: str) -> str:
    tidied = " ".join(name.split())
    if not 1 <= len(tidied) <= 100 or not tidied.isprintable():
        raise InvalidInput.of("name", say("Give 1 to {most} characters.").format(most=100))
    return tidied


def _handled(handle: str, name: str) -> str:
    made = (handle or slugify(name).replace("_", "-")[:60]).strip("-") or "survey"
    if not _HANDLE.fullmatch(made):
        raise InvalidInput.of("handle", str(_("Use small letters, digits and hyphens, at most 60.")))
    return made


def _apply(row: Survey, changes: Mapping[str, Any]) -> list[str]:
    """Set what is given but the content; the fields that changed."""
    found = {name: changes[name] for name in _SETTABLE if name in changes}
    if "name" in found:
        found["name"] = _named(found["name"])
    wrong = []
    for name, most in _PAUSES.items():
        if name in found and not 0 <= found[name] <= most:
            wrong.append((name, say("Choose 0 to {high} days.").format(high=most)))
    if found.get("segment") and found["segment"] not in {handle for handle, _label in segment_choices()}:
        wrong.append(("segment", say("There is no such segment.")))
    opens, closes = found.get("opens_at", row.opens_at), found.get("closes_at", row.closes_at)
    if opens and closes and closes <= opens:
        wrong.append(("closes_at", say("It ends before it begins.")))
    if wrong:
        raise InvalidInput([{"field": f, "code": "invalid", "message": m} for f, m in wrong])
    changed = [name for name, value in found.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, found[name])
    return changed


_SETTABLE = (
    "name", "segment", "opens_at", "closes_at", "on_card", "alerts", "again_after_days", "rest_days",
)  # fmt: skip
