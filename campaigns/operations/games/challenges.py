"""Make, change, open and end challenges. Once one is open its terms are a promise: they cannot be changed any more."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from campaigns.models import Challenge
from campaigns.queries.games.challenges import challenge as find
from campaigns.queries.games.challenges import terms_of
from campaigns.rules.games import Measure, Milestone, Task, Terms
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.money import MAX_MINOR, MAX_POINTS
from loyalty.core.programme.document import complaint
from loyalty.core.tenancy import scope
from rewards.operations.issuing import unknown_rewards

MOST_MILESTONES, MOST_TASKS, MOST_OPEN = 10, 10, 50
FIELDS = ("name", "text", "terms", "board", "starts_at", "ends_at")
type Problems = list[tuple[str, str]]


class ChallengeIsOpen(DomainError):
    code = "challenge_open"
    status = 409
    message = _(
        "Members take part in this challenge already: what it promises stays. Its words can be changed."
    )


class ChallengeNotOpen(DomainError):
    code = "challenge_not_open"
    status = 409
    message = _("Nobody takes part in this challenge yet. Delete it instead.")


class ChallengeIsOver(DomainError):
    code = "challenge_over"
    status = 409
    message = _("This challenge has ended.")


class TooManyChallenges(DomainError):
    code = "too_many_challenges"
    message = _("Fifty challenges are open. End one first: nobody can follow so many.")


@transaction.atomic
def create_challenge(*, details: Mapping[str, Any], at: datetime) -> Challenge:
    """Make a challenge, of `FIELDS`; nobody sees it before it is opened. Raises `InvalidInput`."""
    row = Challenge(created_at=at, created_by=str(scope.actor()), starts_at=at)
    _apply(row, {"name": "", "terms": {}, **details}, at=at)
    row.save(force_insert=True)
    record("challenge.created", subject=row.pk, at=at, data={"challenge": str(row.pk)})
    return row


@transaction.atomic
def edit_challenge(*, challenge: UUID, details: Mapping[str, Any], at: datetime) -> Challenge:
    """Change what is given of `FIELDS`. Of one that is open only its name, its text, and its end, never to an
    earlier one than was told. Raises
    `ChallengeIsOpen`, `ChallengeIsOver`, `InvalidInput`, `NotFound`."""
    row = _locked(challenge)
    if row.state == Challenge.State.ENDED:
        raise ChallengeIsOver()
    before = {name: getattr(row, name) for name in FIELDS}
    _apply(row, details, at=at)
    changed = [name for name in FIELDS if getattr(row, name) != before[name]]
    if row.state == Challenge.State.OPEN:
        ends = before["ends_at"]
        shorter = ends is not None and row.ends_at is not None and row.ends_at < ends
        if shorter or set(changed) - {"name", "text", "ends_at"}:
            raise ChallengeIsOpen()
    if changed:
        row.save(update_fields=changed)
        data = {"challenge": str(row.pk), "fields": changed}
        record("challenge.edited", subject=row.pk, at=at, data=data)
    return row


@transaction.atomic
def open_challenge(*, challenge: UUID, at: datetime) -> Challenge:
    """Let members take part, from `starts_at` on. Opening again changes nothing. Raises `ChallengeIsOver`,
    `TooManyChallenges`, `InvalidInput` when what it promises is not there any more."""
    row = _locked(challenge)
    if row.state == Challenge.State.OPEN:
        return row
    if row.state == Challenge.State.ENDED:
        raise ChallengeIsOver()
    _refuse(_problems(row, terms_of(row), at=at))
    if Challenge.objects.filter(state=Challenge.State.OPEN).count() >= MOST_OPEN:
        raise TooManyChallenges()
    row.state, row.opened_at = Challenge.State.OPEN, at
    row.save(update_fields=["state", "opened_at"])
    record("challenge.opened", subject=row.pk, at=at, data={"challenge": str(row.pk)})
    return row


@transaction.atomic
def end_challenge(*, challenge: UUID, at: datetime) -> Challenge:
    """End a challenge now: nothing counts any more, what was reached stays. Ending again changes nothing. Raises
    `ChallengeNotOpen`, `NotFound`."""
    row = _locked(challenge)
    if row.state == Challenge.State.ENDED:
        return row
    if row.state == Challenge.State.DRAFT:
        raise ChallengeNotOpen()
    row.state = Challenge.State.ENDED
    row.starts_at = min(row.starts_at, at - datetime.resolution)
    row.ends_at = min(row.ends_at or at, at)
    row.save(update_fields=["state", "starts_at", "ends_at"])
    record("challenge.ended", subject=row.pk, at=at, data={"challenge": str(row.pk)})
    return row


@transaction.atomic
def delete_challenge(*, challenge: UUID, at: datetime) -> None:
    """Delete a challenge that was never opened. Raises `ChallengeIsOpen`, `ChallengeIsOver`, `NotFound`."""
    row = _locked(challenge)
    if row.state != Challenge.State.DRAFT:
        raise ChallengeIsOver() if row.state == Challenge.State.ENDED else ChallengeIsOpen()
    record("challenge.deleted", subject=row.pk, at=at, data={"challenge": str(row.pk)})
    row.delete()


def _locked(challenge: UUID) -> Challenge:
    find(challenge)
    return Challenge.objects.select_for_update(no_key=True).get(pk=challenge)


def checked_terms(content: Any) -> Terms:
    """Terms as somebody wrote them. Raises `InvalidInput` with paths below `terms`."""
    try:
        terms = msgspec.convert(content, Terms, strict=True)
    except msgspec.ValidationError as error:
        raise InvalidInput([complaint(error, "terms")]) from None
    _refuse([(f"terms.{path}", message) for path, message in _term_problems(terms)])
    return terms


def _apply(row: Challenge, details: Mapping[str, Any], *, at: datetime) -> None:
    if "terms" in details:
        row.terms = msgspec.to_builtins(checked_terms(details["terms"]))
    for name in ("board", "starts_at", "ends_at"):
        if name in details:
            setattr(row, name, details[name])
    for name in ("name", "text"):
        if name in details:
            setattr(row, name, details[name].strip())
    _refuse(_problems(row, terms_of(row), at=at))


def _refuse(problems: Problems) -> None:
    if problems:
        raise InvalidInput([{"field": f, "code": "invalid", "message": m} for f, m in problems])


def _problems(row: Challenge, terms: Terms, *, at: datetime) -> Problems:
    found: Problems = []
    if not 1 <= len(row.name) <= 80 or not row.name.isprintable():
        found.append(("name", say("Give 1 to {most} characters.").format(most=80)))
    if len(row.text) > 300 or not row.text.isprintable():
        found.append(("text", say("At most {most} characters, on one line.").format(most=300)))
    if row.ends_at is not None and row.ends_at <= row.starts_at:
        found.append(("ends_at", say("It ends before it begins.")))
    elif row.ends_at is not None and row.ends_at <= at:
        found.append(("ends_at", say("This time is over already.")))
    named = {one.reward: index for index, one in enumerate(terms.milestones) if one.reward}
    for handle in sorted(unknown_rewards(named)) if named else ():
        path = f"terms.milestones[{named[handle]}].reward"
        found.append((path, say("This reward cannot be given away.")))
    return found


def _term_problems(terms: Terms) -> Problems:
    found: Problems = []
    if not 0 <= terms.at_least_minor <= MAX_MINOR:
        found.append(("at_least_minor", say("Give an amount of money.")))
    if not 0 <= terms.grace <= 12:
        found.append(("grace", say("Forgive at most twelve.")))
    if terms.measure is Measure.ACTIVITIES and not terms.activities:
        found.append(("activities", say("Say which activities count.")))
    if any(not 1 <= len(kind) <= 40 or not kind.isprintable() for kind in terms.activities):
        found.append(("activities", say("Say which activities count.")))
    names = [
        name
        for part in (terms.only.skus, terms.only.categories, terms.only.brands, terms.only.tags)
        for name in part
    ]
    if len(names) > 500 or any(not 1 <= len(name) <= 100 or not name.isprintable() for name in names):
        found.append(("only", say("Name at most 500 goods, each in at most 100 characters.")))
    return found + _task_problems(terms) + _milestone_problems(terms.milestones)


def _task_problems(terms: Terms) -> Problems:
    if terms.measure is not Measure.SCORE:
        return [("tasks", say("Only a contest has tasks."))] if terms.tasks else []
    if not 1 <= len(terms.tasks) <= MOST_TASKS:
        return [("tasks", say("Give one to ten tasks."))]
    if len({task.activity for task in terms.tasks}) < len(terms.tasks):
        return [("tasks", say("Name each task once."))]
    return [(f"tasks[{index}]", say("Give 1 to 1,000 points of the contest, and how often at most."))
            for index, task in enumerate(terms.tasks) if not _is_sane(task)]  # fmt: skip


def _is_sane(task: Task) -> bool:
    often = task.at_most is None or 1 <= task.at_most <= 1000
    return 1 <= task.gives <= 1000 and often and len(task.activity) <= 40 and task.activity.isprintable()


def _milestone_problems(milestones: tuple[Milestone, ...]) -> Problems:
    if not 1 <= len(milestones) <= MOST_MILESTONES:
        return [("milestones", say("Give one to ten milestones."))]
    found: Problems = []
    before = 0
    for index, one in enumerate(milestones):
        path = f"milestones[{index}]"
        if not before < one.needed <= MAX_MINOR:
            found.append((f"{path}.needed", say("Each milestone asks for more than the one before it.")))
        before = max(before, one.needed)
        if not 0 <= one.points <= min(MAX_POINTS, 1_000_000):
            found.append((f"{path}.points", say("Give a whole number from 0 to 1,000,000.")))
        if not 0 <= one.entries <= 1000 or (one.entries > 0) is not bool(one.draw):
            found.append((f"{path}.entries", say("Name the draw, and give 1 to 1,000 chances in it.")))
        for name in ("badge", "reward", "draw"):
            if len(getattr(one, name)) > 60 or not getattr(one, name).isprintable():
                found.append((f"{path}.{name}", say("Name it in at most 60 characters.")))
        if not (one.points or one.badge or one.reward or one.draw):
            found.append((f"{path}.points", say("Say what somebody gets for it.")))
    return found
