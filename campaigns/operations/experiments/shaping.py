"""Write an experiment down, while nothing of it counts yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Experiment
from campaigns.operations.shaping import checked_words
from campaigns.rules.experiments import Variant, problems
from campaigns.rules.experiments.metrics import Measure
from campaigns.rules.kinds import PLANNED
from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.money import MAX_POINTS
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.queries.belonging import segment_choices
from members.rules.comparisons import Arm, varied, written
from members.rules.earning import Rule
from rewards.models import Reward
from rewards.queries.pricing import can_be_compared

MOST_DRAFTS = 100
LONGEST_WINDOW, SHORTEST_RUN, LONGEST_RUN = 90, 7, 180


class ExperimentUnderWay(DomainError):
    code = "experiment_under_way"
    message = gettext_lazy(
        "This experiment has begun, and what it compares stays as it is. Make a new one instead."
    )
    status = 409


class TooManyExperiments(DomainError):
    code = "too_many_experiments"
    message = gettext_lazy("There are many experiments that were never started. Remove some first.")
    status = 409


@dataclass(frozen=True, slots=True)
class Plan:
    """An experiment as somebody writes it; `arms` begin with what is now. `guardrails` are (measure, percent)."""

    name: str
    kind: str
    target: str
    arms: tuple[Arm, ...]
    metric: str
    hypothesis: str = ""
    audience: str = ""
    smallest_percent: int = 10
    window_days: int = 28
    planned_days: int = 28
    guardrails: tuple[tuple[str, int], ...] = field(default=())


@transaction.atomic
def write_experiment(*, experiment: UUID | None, plan: Plan, at: datetime) -> Experiment:
    """Begin an experiment, or change one that has not started. Raises `InvalidInput` with every problem found,
    `ExperimentUnderWay`, `TooManyExperiments`, `NotFound`."""
    arms = checked(plan=plan)
    if experiment is not None:
        row = draft(experiment=experiment)
    elif Experiment.objects.filter(state=Experiment.State.DRAFT).count() >= MOST_DRAFTS:
        raise TooManyExperiments()
    else:
        row = Experiment(created_at=at, created_by=str(scope.actor()))
    for name in ("kind", "audience", "metric", "smallest_percent", "window_days", "planned_days"):
        setattr(row, name, getattr(plan, name))
    row.target = "" if plan.kind == Experiment.Kind.OTHER else plan.target
    row.name, row.hypothesis, row.changed_at = plan.name.strip(), plan.hypothesis.strip(), at
    row.arms = msgspec.to_builtins(arms)
    row.guardrails = [{"metric": one, "percent": percent} for one, percent in plan.guardrails]
    row.save()
    kind = "experiment.written" if experiment is None else "experiment.edited"
    record(kind, subject=row.pk, at=at, data={"kind": row.kind, "variants": len(arms)})
    return row


@transaction.atomic
def remove_experiment(*, experiment: UUID, at: datetime) -> None:
    """Throw away one that was never started. Raises `ExperimentUnderWay`, `NotFound`."""
    row = draft(experiment=experiment)
    record("experiment.removed", subject=row.pk, at=at, data={"kind": row.kind})
    row.delete()


def draft(*, experiment: UUID) -> Experiment:
    """One that has not started, locked. Raises `ExperimentUnderWay`, `NotFound`."""
    row = Experiment.objects.select_for_update().filter(pk=experiment).first()
    if row is None:
        raise NotFound("experiment")
    if row.state != Experiment.State.DRAFT:
        raise ExperimentUnderWay()
    return row


def rule_of(*, target: str) -> Rule | None:
    """The earning rule of the programme in force that a comparison is about."""
    current = programmes.in_force()
    rules = current.programme["earning"].rules if current else ()
    return next((rule for rule in rules if rule.id == target), None)


def base_of(*, kind: str, target: str) -> Any:
    """What a target says now: the rule, the reward's price; nothing where that does not matter."""
    if kind == Experiment.Kind.EARNING:
        rule = rule_of(target=target)
        return written(rule) if rule else None
    if kind == Experiment.Kind.REWARD:
        return _reward(target).cost_points
    return None


def _reward(target: str) -> Reward:
    try:
        found = Reward.objects.filter(pk=UUID(target), retired_at=None).first()
    except ValueError:
        found = None
    if found is None or not can_be_compared(found):
        raise InvalidInput.of("target", _("Choose a reward that costs points."))
    return found


def checked(*, plan: Plan) -> tuple[Arm, ...]:
    """The variants, tidied. Raises `InvalidInput` with every problem of the plan, `UnknownPlaceholder`."""
    found = _shape_problems(plan)
    if found:
        raise InvalidInput([{"field": path, "code": "invalid", "message": text} for path, text in found])
    arms = [msgspec.structs.replace(arm, name=arm.name.strip()) for arm in plan.arms]
    match plan.kind:
        case Experiment.Kind.EARNING:
            arms[1:] = [_rule_arm(plan, number, arm) for number, arm in enumerate(arms[1:], 1)]
        case Experiment.Kind.REWARD:
            now = _reward(plan.target).cost_points
            arms[1:] = [_priced_arm(number, arm, now) for number, arm in enumerate(arms[1:], 1)]
        case Experiment.Kind.MESSAGE:
            arms[1:] = [_worded_arm(plan, number, arm) for number, arm in enumerate(arms[1:], 1)]
        case _:
            arms[1:] = [msgspec.structs.replace(arm, values={}) for arm in arms[1:]]
    arms[0] = msgspec.structs.replace(arms[0], values={})
    if plan.kind != Experiment.Kind.OTHER:
        _refuse_same(arms)
    return tuple(arms)


def _refuse_same(arms: Sequence[Arm]) -> None:
    for number, arm in enumerate(arms):
        if any(other.values == arm.values for other in arms[:number]):
            raise InvalidInput.of(
                f"variants[{number}].values", _("This variant says the same as another one.")
            )


def _shape_problems(plan: Plan) -> list[tuple[str, str]]:
    found = [(path, text) for path, text in problems([Variant(arm.key, arm.weight) for arm in plan.arms])]
    texts = {"name": (plan.name, 100), "hypothesis": (plan.hypothesis, 500)}
    texts |= {f"variants[{n}].name": (arm.name, 60) for n, arm in enumerate(plan.arms)}
    texts |= {f"variants[{n}].id": (arm.key, 40) for n, arm in enumerate(plan.arms)}
    for path, (text, most) in texts.items():
        if len(text) > most or any(ord(letter) < 32 and letter not in "\n\r" for letter in text):
            found.append((path, _("Write at most {n} plain characters.").format(n=most)))
    if not plan.name.strip():
        found.append(("name", _("Give it a name.")))
    if plan.kind not in Experiment.Kind.values:
        found.append(("kind", _("Choose what is compared.")))
    for path, value, low, high in (
        ("smallest_percent", plan.smallest_percent, 1, 100),
        ("window_days", plan.window_days, 1, LONGEST_WINDOW),
        ("planned_days", plan.planned_days, SHORTEST_RUN, LONGEST_RUN),
    ):
        if not low <= value <= high:
            found.append((path, _("Give a number from {low} to {high}.").format(low=low, high=high)))
    if plan.audience and plan.audience not in dict(segment_choices()):
        found.append(("audience", _("There is no such segment.")))
    return found + _measure_problems(plan)


def _measure_problems(plan: Plan) -> list[tuple[str, str]]:
    known = {one.value for one in Measure}
    found = [] if plan.metric in known else [("metric", _("Choose a figure to judge by."))]
    names = [one for one, _percent in plan.guardrails]
    if len(set(names)) != len(names) or not set(names) <= known or plan.metric in names:
        found.append(("guardrails", _("Choose other figures than the one you judge by, each once.")))
    if any(not 1 <= percent <= 100 for _one, percent in plan.guardrails):
        found.append(("guardrails", _("Give a number from {low} to {high}.").format(low=1, high=100)))
    return found


def _rule_arm(plan: Plan, number: int, arm: Arm) -> Arm:
    rule = rule_of(target=plan.target)
    if rule is None:
        raise InvalidInput.of("target", _("Choose a rule of the programme that counts now."))
    try:
        other = varied(rule, arm.values)
    except ValueError as error:
        raise InvalidInput.of(f"variants[{number}].values", str(error)) from None
    if written(other) == written(rule):
        raise InvalidInput.of(f"variants[{number}].values", _("This variant says the same as another one."))
    return arm


def _priced_arm(number: int, arm: Arm, now: int) -> Arm:
    price = arm.values.get("cost_points")
    path = f"variants[{number}].values"
    if set(arm.values) != {"cost_points"} or not isinstance(price, int) or isinstance(price, bool):
        raise InvalidInput.of(path, _("Give a whole number."))
    if not 1 <= price <= MAX_POINTS:
        raise InvalidInput.of(path, _("Give a number from {low} to {high}.").format(low=1, high=MAX_POINTS))
    if price == now:
        raise InvalidInput.of(path, _("This variant says the same as another one."))
    return arm


def _worded_arm(plan: Plan, number: int, arm: Arm) -> Arm:
    if plan.target not in PLANNED:
        raise InvalidInput.of("target", _("Choose a kind of message."))
    path, words = f"variants[{number}].values", arm.values.get("words")
    if set(arm.values) != {"words"} or not _are_words(words):
        raise InvalidInput.of(path, _("Write a subject or a text."))
    tidied = checked_words(kind=plan.target, words=words)  # type: ignore[arg-type] # looked at above
    if not tidied:
        raise InvalidInput.of(path, _("Write a subject or a text."))
    return msgspec.structs.replace(arm, values={"words": tidied})


def _are_words(words: object) -> bool:
    return isinstance(words, Mapping) and all(
        isinstance(said, Mapping)
        and set(said) <= {"subject", "body"}
        and all(isinstance(t, str) for t in said.values())
        for said in words.values()
    )
