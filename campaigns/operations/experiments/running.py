"""Start an experiment, stop it, decide it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Experiment, KindSetting
from campaigns.operations.experiments import shaping
from campaigns.operations.shaping import shape_kind
from campaigns.queries.experiments import figures, reading
from campaigns.rules.experiments.metrics import Measure, smallest
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.events.operations import record
from loyalty.core.merchants.models import Merchant
from loyalty.core.programme import operations as programmes
from loyalty.core.programme import queries as versions
from loyalty.core.tenancy import scope
from members.operations.comparisons import keep_book
from members.queries.comparisons import current
from members.rules.comparisons import Arm, Comparison, Comparisons, varied, written
from rewards.operations.catalogue import edit_reward

SOON = timedelta(seconds=5)
"""A change counts from so much later on: what is being decided at this very moment on what was read before must be
decided the same when the past is lived again."""
State = Experiment.State


class TargetTaken(DomainError):
    code = "already_compared"
    message = _("“{name}” already compares this. Stop it first, or the two could not be told apart.")
    status = 409


class TargetChanged(DomainError):
    code = "target_changed"
    message = _("This was changed since the experiment began. Change it by hand instead.")
    status = 409


class NotStarted(DomainError):
    code = "not_started"
    message = _("This experiment has not started.")


class AlreadyDecided(DomainError):
    code = "already_decided"
    message = _("This experiment is decided already.")
    status = 409


class NoSuchVariant(DomainError):
    code = "no_such_variant"
    message = _("The experiment has no such variant.")
    field = "variant"


def plan_of(row: Experiment) -> shaping.Plan:
    """An experiment as it was written."""
    return shaping.Plan(
        name=row.name, kind=row.kind, target=row.target, arms=reading.arms_of(row), metric=row.metric,
        hypothesis=row.hypothesis, audience=row.audience, smallest_percent=row.smallest_percent,
        window_days=row.window_days, planned_days=row.planned_days,
        guardrails=tuple((one["metric"], one["percent"]) for one in row.guardrails),
    )  # fmt: skip


def _one_at_a_time() -> None:
    """The lock under which programmes are published: what is compared must not change while a comparison begins."""
    Merchant.objects.select_for_update(no_key=True).get(pk=scope.merchant_id())


@transaction.atomic
def start_experiment(*, experiment: UUID, at: datetime) -> Experiment:
    """Let it count, from a few seconds on until its planned end. Raises `InvalidInput` where it fits the programme no
    more, `TargetTaken`, `ExperimentUnderWay`, `NotFound`."""
    _one_at_a_time()
    row = shaping.draft(experiment=experiment)
    shaping.checked(plan=plan_of(row))
    for other in reading.running(at):
        if row.kind != Experiment.Kind.OTHER and (other.kind, other.target) == (row.kind, row.target):
            raise TargetTaken(name=other.name)
    row.base = shaping.base_of(kind=row.kind, target=row.target)
    row.scale = _scale(row, at)
    row.state, row.begins_at = State.RUNNING, at + SOON
    row.ends_at = row.begins_at + timedelta(days=row.planned_days)
    row.save()
    _write_book()
    record("experiment.started", subject=row.pk, at=at,
           data={"kind": row.kind, "variants": len(row.arms), "days": row.planned_days})  # fmt: skip
    return row


def _scale(row: Experiment, at: datetime) -> dict[str, float]:
    """The smallest differences that are looked for, in each figure's own unit, fixed before the first member is
    exposed: what is chosen when the data is there would break the promise of the intervals."""
    past = figures.pretended(window=timedelta(days=row.window_days), audience=row.audience, until=at)
    found = {
        row.metric: smallest(
            Measure(row.metric), base=past[Measure(row.metric)].mean, percent=row.smallest_percent
        )
    }
    for one in row.guardrails:
        measure = Measure(one["metric"])
        found[f"guard:{measure}"] = smallest(measure, base=past[measure].mean, percent=one["percent"])
    return found


@transaction.atomic
def stop_experiment(*, experiment: UUID, at: datetime) -> Experiment:
    """End it: everybody gets what there was before. What was found stays, and who was exposed last is watched to the
    end. Stopping twice is once. Raises `NotStarted`, `NotFound`."""
    _one_at_a_time()
    row = _begun(experiment)
    if row.state == State.RUNNING:
        _stop(row, at)
    return row


def _begun(experiment: UUID) -> Experiment:
    row = Experiment.objects.select_for_update().filter(pk=experiment).first()
    if row is None:
        raise NotFound("experiment")
    if row.state == State.DRAFT:
        raise NotStarted()
    return row


def _stop(row: Experiment, at: datetime) -> None:
    planned = row.ends_at
    row.state = State.STOPPED
    row.ends_at = at + SOON if planned is None else min(planned, at + SOON)
    row.save(update_fields=["state", "ends_at"])
    _write_book()
    record("experiment.stopped", subject=row.pk, at=at, data={"kind": row.kind})


@transaction.atomic
def decide_experiment(*, experiment: UUID, variant: str, at: datetime) -> Experiment:
    """Take a variant over, stopping the experiment if it still runs: a rule goes into the programme's draft, a reward
    gets its price, a message its words; the first variant leaves all as it is. Raises `NotStarted`, `AlreadyDecided`,
    `NoSuchVariant`, `TargetChanged`, `NotFound`."""
    _one_at_a_time()
    row = _begun(experiment)
    if row.state == State.DECIDED:
        raise AlreadyDecided()
    arms = reading.arms_of(row)
    arm = next((arm for arm in arms if arm.key == variant), None)
    if arm is None:
        raise NoSuchVariant()
    if row.state == State.RUNNING:
        _stop(row, at)
    if arm.key != arms[0].key:
        _take_over(row, arm, at)
    row.state, row.decided, row.decided_at = State.DECIDED, arm.key, at
    row.save(update_fields=["state", "decided", "decided_at"])
    record("experiment.decided", subject=row.pk, at=at, data={"kind": row.kind, "variant": arm.key})
    return row


def _take_over(row: Experiment, arm: Arm, at: datetime) -> None:
    match row.kind:
        case Experiment.Kind.EARNING:
            _into_draft(row, arm, at)
        case Experiment.Kind.REWARD:
            if shaping.base_of(kind=row.kind, target=row.target) != row.base:
                raise TargetChanged()
            edit_reward(reward=UUID(row.target), at=at, details={"cost_points": arm.values["cost_points"]})
        case Experiment.Kind.MESSAGE:
            own = KindSetting.objects.filter(kind=row.target).values_list("words", flat=True).first() or {}
            words = {
                language: {**own.get(language, {}), **said} for language, said in arm.values["words"].items()
            }
            shape_kind(kind=row.target, words={**own, **words}, at=at)


def _into_draft(row: Experiment, arm: Arm, at: datetime) -> None:
    """The rule as the variant has it, in the draft: the one there is, or a new one like what counts now."""
    draft, counts = versions.draft(), versions.in_force()
    content: Any = draft.document if draft else counts.programme.document() if counts else {}
    rule = shaping.rule_of(target=row.target)
    rules = content.get("earning", {}).get("rules", [])
    place = next((n for n, one in enumerate(rules) if one.get("id") == row.target), None)
    if rule is None or place is None or written(rule) != row.base or rules[place] != row.base:
        raise TargetChanged()
    rules[place] = written(varied(rule, arm.values))
    programmes.save_draft(content=content, at=at)


def _write_book() -> None:
    """Tell the floors that decide what runs. What ran stays in it: the past is lived again by it."""
    before = current()
    begun = Experiment.objects.exclude(state=State.DRAFT).order_by("id")
    keep_book(comparisons=Comparisons(_salt(before), tuple(_told(row) for row in begun), before.holdouts))


def _salt(before: Comparisons) -> str:
    """What members are held out by: made once, and the shop's for good."""
    return before.salt or f"{scope.merchant_id()}"


def _told(row: Experiment) -> Comparison:
    if row.begins_at is None:
        raise ValueError("an experiment that has begun says when")
    return Comparison(
        id=row.pk, kind=row.kind, target=row.target, name=row.name, since=row.begins_at,
        arms=reading.arms_of(row), until=row.ends_at, audience=row.audience, base=row.base,
    )  # fmt: skip


@transaction.atomic
def close_ended(*, at: datetime) -> int:
    """Note those whose planned end has come as stopped: nobody gets a variant any more, and they wait to be decided.
    How many there were."""
    _one_at_a_time()
    rows = Experiment.objects.select_for_update().filter(state=State.RUNNING, ends_at__lte=at).order_by("id")
    ended = list(rows)
    for row in ended:
        row.state = State.STOPPED
        row.save(update_fields=["state"])
        record("experiment.stopped", subject=row.pk, at=row.ends_at or at, data={"kind": row.kind})
    return len(ended)
