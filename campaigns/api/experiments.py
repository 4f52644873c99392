"""Experiments: planned, started, read at any time, decided; and whose variant is which, for what others show."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.urls import path
from msgspec import Meta, Struct

from campaigns.models import Experiment as Row
from campaigns.operations.experiments import exposing, holding, running, shaping
from campaigns.queries.experiments import reading, results
from campaigns.rules.experiments.metrics import Measure
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import endpoint, page_of
from loyalty.core.errors import NotFound
from members.queries.comparisons import current
from members.queries.directory import taking_part
from members.rules.comparisons import Arm

ExperimentName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
ExperimentText = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
VariantName = Annotated[str, Meta(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
VariantId = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9_-]*$(?!\n)")]
Percent = Annotated[int, Meta(ge=1, le=100)]
EXAMPLE = {
    "name": "Double points on the base",
    "hypothesis": "Members who get two points a krona come back sooner.",
    "kind": "other",
    "variants": [{"id": "a", "name": "As now"}, {"id": "b", "name": "Double"}],
    "metric": "bought",
}


class ExperimentVariant(Struct, forbid_unknown_fields=True, frozen=True):
    """One variant. Of all `weight`s together it gets its own part of the members. `values` is what differs: the figures
    of the rule (`{"points": 2}`, `{"steps[0].amount": 50}`), `{"cost_points": 80}` of a reward, `{"words": {"en":
    {"subject": …, "body": …}}}` of a message. The first variant is what there is now and has none."""

    id: VariantId
    name: VariantName = ""
    weight: Annotated[int, Meta(ge=1, le=1000)] = 1
    values: dict[str, Any] = {}


class ExperimentGuardrail(Struct, forbid_unknown_fields=True, frozen=True):
    """A figure that must not suffer by more than `percent` of what it is."""

    metric: Measure
    percent: Percent = 5


class NewExperiment(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What is compared. `target` is the id of an earning rule (`kind` earning), of a reward, or the kind of a message;
    of `other` it is empty: your own systems ask for each member's variant. `metric` is counted for `window_days` after
    a member met their variant; `smallest_percent` is the smallest change worth knowing."""

    name: ExperimentName
    hypothesis: ExperimentText = ""
    kind: Literal["earning", "reward", "message", "other"]
    target: Annotated[str, Meta(max_length=60, pattern=r"^[A-Za-z0-9_-]*$(?!\n)")] = ""
    audience: Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9_-]*$(?!\n)")] = ""
    variants: Annotated[list[ExperimentVariant], Meta(min_length=2, max_length=8)]
    metric: Measure
    smallest_percent: Percent = 10
    window_days: Annotated[int, Meta(ge=1, le=90)] = 28
    planned_days: Annotated[int, Meta(ge=7, le=180)] = 28
    guardrails: Annotated[list[ExperimentGuardrail], Meta(max_length=4)] = []


class Experiment(Struct):
    """An experiment. It counts from `begins_at` to before `ends_at`; `decided` is the variant that was taken over."""

    id: str
    name: str
    hypothesis: str
    kind: str
    target: str
    audience: str
    variants: list[ExperimentVariant]
    metric: str
    smallest_percent: int
    window_days: int
    planned_days: int
    guardrails: list[ExperimentGuardrail]
    state: str
    begins_at: datetime | None
    ends_at: datetime | None
    decided: str
    created_at: datetime


class ExperimentResult(Struct):
    """A variant against the first one. `counted` of its `exposed` members have been watched to the end. `verdict` is
    better, worse, equal, no_difference_yet or not_enough_data (then `missing` more members are needed); `low` to `high`
    holds at every look together; `p` is the always-valid p-value. Money in minor units; shares from 0 to 1."""

    variant: str
    exposed: int
    counted: int
    mean: float
    verdict: str | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    relative: float | None
    noise_removed: float
    missing: int


class ExperimentRail(Struct):
    """A guardrail for one variant; `holds` is null while there is too little to tell."""

    metric: str
    variant: str
    holds: bool | None


class ExperimentResults(Struct):
    """What came of it by now. While `uneven`, the variants got members in other parts than they should have, and
    nothing here means anything. `left_out` are members who met two variants, because two became one."""

    experiment: str
    metric: str
    variants: list[ExperimentResult]
    guardrails: list[ExperimentRail]
    exposed: int
    counted: int
    waiting: int
    left_out: int
    uneven: bool


class ExperimentDecision(Struct, forbid_unknown_fields=True, frozen=True):
    """The variant to take over."""

    variant: VariantId


class ExperimentMeeting(Struct, forbid_unknown_fields=True, frozen=True):
    """The member for whom a variant makes a difference now."""

    member: Annotated[str, Meta(max_length=30, pattern=r"^mbr_[0-9a-z]{26}$(?!\n)")]


class ExperimentAssignment(Struct):
    """The member's variant: always the same. "" where nothing of the experiment may reach them: it does not run, they
    are held out, or not in its audience."""

    experiment: str
    member: str
    variant: str


class HoldoutChange(Struct, forbid_unknown_fields=True, frozen=True):
    """Hundredths of a percent of all members: 500 is five in a hundred, 0 is nobody."""

    share: Annotated[int, Meta(ge=0, le=holding.MOST)]


class Holdout(Struct):
    """The part of all members who get nothing of what campaigns and experiments add; since when, null where nobody."""

    share: int
    since: datetime | None


def _told(row: Row) -> Experiment:
    return Experiment(
        id=ids.encode("xpt", row.pk), name=row.name, hypothesis=row.hypothesis, kind=row.kind,
        target=ids.encode("rwd", UUID(row.target)) if row.kind == Row.Kind.REWARD else row.target,
        audience=row.audience,
        variants=[ExperimentVariant(arm.key, arm.name, arm.weight, arm.values) for arm in reading.arms_of(row)],
        metric=row.metric, smallest_percent=row.smallest_percent, window_days=row.window_days,
        planned_days=row.planned_days,
        guardrails=[ExperimentGuardrail(Measure(one["metric"]), one["percent"]) for one in row.guardrails],
        state=row.state, begins_at=row.begins_at, ends_at=row.ends_at, decided=row.decided,
        created_at=row.created_at,
    )  # fmt: skip


def _plan(body: NewExperiment) -> shaping.Plan:
    target = str(ids.decode("rwd", body.target)) if body.kind == "reward" else body.target
    return shaping.Plan(
        name=body.name, kind=body.kind, target=target if body.kind != "other" else "",
        arms=tuple(Arm(one.id, one.name, one.weight, one.values) for one in body.variants),
        metric=body.metric, hypothesis=body.hypothesis, audience=body.audience,
        smallest_percent=body.smallest_percent, window_days=body.window_days, planned_days=body.planned_days,
        guardrails=tuple((one.metric.value, one.percent) for one in body.guardrails),
    )  # fmt: skip


def _named(text: str) -> UUID:
    return ids.decode("xpt", text)


class Experiments(Endpoint):
    @endpoint(
        summary="List experiments",
        scope="programme:read",
        query=Paged,
        answers={200: page_of(Experiment)},
    )
    def get(self, call: Call) -> dict[str, Any]:
        """Last made first."""
        window = keyset(reading.experiments(), call.query, name="experiments", by=[("id", UUID)])
        return call.page(window, [_told(row) for row in window.rows])

    @endpoint(
        summary="Plan an experiment",
        scope="programme:write",
        body=NewExperiment,
        example=EXAMPLE,
        answers={201: Experiment},
        refuses=(NotFound, shaping.TooManyExperiments),
    )
    def post(self, call: Call) -> tuple[int, Experiment]:
        """Nothing of it counts before it is started."""
        made = shaping.write_experiment(experiment=None, plan=_plan(call.body), at=call.at)
        return 201, _told(made)


class OneExperiment(Endpoint):
    @endpoint(summary="Read an experiment", scope="programme:read", answers={200: Experiment})
    def get(self, call: Call, id: str) -> Experiment:  # noqa: A002 - the address's own word
        """With its variants and how far it is."""
        return _told(reading.experiment(_named(id)))


class ExperimentStart(Endpoint):
    @endpoint(
        summary="Start an experiment",
        scope="programme:write",
        answers={200: Experiment},
        refuses=(NotFound, shaping.ExperimentUnderWay, running.TargetTaken),
    )
    def post(self, call: Call, id: str) -> Experiment:  # noqa: A002
        """It counts from a few seconds on until its planned end. What it compares stays as it is from then on."""
        return _told(running.start_experiment(experiment=_named(id), at=call.at))


class ExperimentStop(Endpoint):
    @endpoint(
        summary="Stop an experiment",
        scope="programme:write",
        answers={200: Experiment},
        refuses=(NotFound, running.NotStarted),
    )
    def post(self, call: Call, id: str) -> Experiment:  # noqa: A002
        """Everybody gets what there was before. What was found stays."""
        return _told(running.stop_experiment(experiment=_named(id), at=call.at))


class ExperimentDecide(Endpoint):
    @endpoint(
        summary="Decide an experiment",
        scope="programme:write",
        body=ExperimentDecision,
        example={"variant": "b"},
        answers={200: Experiment},
        refuses=(
            NotFound, running.NotStarted, running.AlreadyDecided, running.NoSuchVariant, running.TargetChanged,
        ),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> Experiment:  # noqa: A002
        """Stops it and takes a variant over: a rule into the programme's draft, a reward's price and a message's words
        at once. The first variant leaves everything as it is."""
        return _told(running.decide_experiment(experiment=_named(id), variant=call.body.variant, at=call.at))


class ExperimentRead(Endpoint):
    @endpoint(
        summary="Read an experiment's results", scope="programme:read", answers={200: ExperimentResults}
    )
    def get(self, call: Call, id: str) -> ExperimentResults:  # noqa: A002
        """On any day, as often as you like: the intervals hold at every look together."""
        row = reading.experiment(_named(id))
        found = results.results(row, at=call.at)
        return ExperimentResults(
            experiment=ids.encode("xpt", row.pk), metric=found.measure,
            variants=[_result(one) for one in found.rows],
            guardrails=[
                ExperimentRail(rail.measure, one.arm.key, holds) for rail in found.rails for one, holds in rail.rows
            ],
            exposed=found.exposed, counted=found.counted, waiting=found.waiting, left_out=found.mixed,
            uneven=found.uneven,
        )  # fmt: skip


def _result(row: results.Row) -> ExperimentResult:
    reading, interval = row.reading, row.reading.interval if row.reading else None
    bounded = interval is not None and abs(interval.low) < float("inf")
    return ExperimentResult(
        variant=row.arm.key, exposed=row.exposed, counted=row.counted, mean=row.mean,
        verdict=reading.verdict if reading else None, difference=reading.estimate if reading else None,
        low=interval.low if interval and bounded else None, high=interval.high if interval and bounded else None,
        p=interval.p if interval else None, relative=reading.relative if reading else None,
        noise_removed=reading.removed if reading else 0.0, missing=reading.missing if reading else 0,
    )  # fmt: skip


class ExperimentExposures(Endpoint):
    @endpoint(
        summary="Ask for a member's variant",
        scope="programme:write",
        body=ExperimentMeeting,
        example={"member": "mbr_01m6k3q8r6e3vabq7m6w0t9d2c"},
        answers={200: ExperimentAssignment},
    )
    def post(self, call: Call, id: str) -> ExperimentAssignment:  # noqa: A002
        """At the moment it makes a difference: they count as one who met it from then on. Always the same answer."""
        member = taking_part(ids.decode("mbr", call.body.member))
        variant = exposing.expose_member(member=member.pk, experiment=_named(id), at=call.at)
        return ExperimentAssignment(id, ids.encode("mbr", member.pk), variant)


class HoldoutOfShop(Endpoint):
    @endpoint(summary="Read the holdout", scope="programme:read", answers={200: Holdout})
    def get(self, call: Call) -> Holdout:
        """How many of all members get nothing of campaigns and experiments."""
        return _holdout()

    @endpoint(
        summary="Change the holdout",
        scope="programme:write",
        body=HoldoutChange,
        example={"share": 500},
        answers={200: Holdout},
        refuses=(holding.ExperimentsRun,),
    )
    def put(self, call: Call) -> Holdout:
        """From a few seconds on. Raising it leaves everybody in who was in."""
        holding.set_holdout(share=call.body.share, at=call.at)
        return _holdout()


def _holdout() -> Holdout:
    """As last said: a change counts from a few seconds later on."""
    last = current().holdouts[-1:]
    return Holdout(last[0].share, last[0].since) if last and last[0].share else Holdout(0, None)


urlpatterns = [
    path("experiments", Experiments.as_view()),
    path("experiments/<str:id>", OneExperiment.as_view()),
    path("experiments/<str:id>/start", ExperimentStart.as_view()),
    path("experiments/<str:id>/stop", ExperimentStop.as_view()),
    path("experiments/<str:id>/decide", ExperimentDecide.as_view()),
    path("experiments/<str:id>/results", ExperimentRead.as_view()),
    path("experiments/<str:id>/exposures", ExperimentExposures.as_view()),
    path("holdout", HoldoutOfShop.as_view()),
]
