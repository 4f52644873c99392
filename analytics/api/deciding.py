"""Costs, goals and advice: what people note and decide around figures."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.urls import path
from msgspec import Meta, Struct

from analytics.models import Advice as AdviceRow
from analytics.models import Goal as GoalRow
from analytics.operations import advising, aiming, noting
from analytics.queries import goals as aims
from analytics.queries import proposing
from analytics.queries.sums import Reader, reader
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.spec import endpoint
from loyalty.core.errors import NotFound
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.money import MAX_MINOR

Amount = Annotated[int, Meta(ge=0, le=MAX_MINOR)]
SourceName = Annotated[str, Meta(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
FigureName = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z_]+$(?!\n)")]
Exact = Annotated[str, Meta(max_length=24, pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$(?!\n)")]


class NewCost(Struct, forbid_unknown_fields=True, frozen=True):
    """What something cost in the month of a day, in place of what was noted before; 0 takes it away. `source` is
    where members came from (winning); of other kinds "campaigns", or a campaign's id, where it would not have been
    without them."""

    kind: Literal["winning", "staff", "messages", "other"]
    month: date
    amount_minor: Amount
    source: SourceName = ""


class NotedCost(Struct):
    """A cost as it stands now."""

    kind: str
    source: str
    month: date
    amount_minor: int


class NewGoal(Struct, forbid_unknown_fields=True, frozen=True):
    """Bring a figure from `start` to `target` by `due_on`. Values are exact texts in the figure's unit: minor units of
    money, shares of 1."""

    figure: FigureName
    start: Exact
    target: Exact
    due_on: date
    grain: Literal["month", "quarter", "year"] = "month"


class GoalStanding(Struct):
    """A goal and how it stands: `pace` is reached, ahead, behind, missed or unknown; `share` the part of the way come
    so far; `forecast` what to expect on its day with its range, null for too few periods."""

    id: str
    figure: str
    grain: str
    start: str
    target: str
    starts_on: date
    due_on: date
    state: str
    value: float | None
    share: float | None
    pace: str
    forecast: list[float] | None


class GoalList(Struct):
    """Goals that are open, soonest due first."""

    data: list[GoalStanding]


class AdviceSearch(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`state` open, accepted or dismissed."""

    state: Literal["open", "accepted", "dismissed"] = "open"


class AdviceTold(Struct):
    """Something that a figure gave cause to propose: `found` is what was seen, `proposed` what would be done, for how
    many (`reach`) and at what cost at most; `done` what was made when it was accepted."""

    id: str
    rule: str
    figure: str
    state: str
    noticed_on: date
    found: dict[str, Any]
    proposed: dict[str, Any]
    before: str | None
    done: dict[str, Any]
    decided_at: datetime | None


class AdviceList(Struct):
    """Newest first."""

    data: list[AdviceTold]


def _reader(call: Call) -> Reader:
    return reader(zone=shop_of_scope().timezone, at=call.at)


class Costs(Endpoint):
    @endpoint(
        summary="Note a cost", scope="reports:write", body=NewCost, answers={200: NotedCost},
        example={"kind": "winning", "source": "web", "month": "2026-03-01", "amount_minor": 120000},
        refuses=(noting.BadCost,),
    )  # fmt: skip
    def put(self, call: Call) -> NotedCost:
        """Twice is once: what is noted stands in place of what was."""
        body = call.body
        noting.note_cost(
            kind=body.kind, source=body.source, month=body.month, amount_minor=body.amount_minor, at=call.at
        )
        return NotedCost(body.kind, body.source.strip(), body.month.replace(day=1), body.amount_minor)


def _goal(one: aims.Standing) -> GoalStanding:
    row, made = one.goal, one.progress
    ahead = None if made.forecast is None else [made.forecast.value, made.forecast.low, made.forecast.high]
    return GoalStanding(
        ids.encode("gol", row.pk), row.figure, row.grain, f"{row.start:f}", f"{row.target:f}", row.starts_on,
        row.due_on, row.state, made.value, made.share, made.pace.value, ahead,
    )  # fmt: skip


def _standing(call: Call, row: GoalRow) -> GoalStanding:
    return _goal(aims.standings(_reader(call), [row])[0])


class Goals(Endpoint):
    @endpoint(summary="List goals", scope="reports:read", answers={200: GoalList})
    def get(self, call: Call) -> GoalList:
        """Those that are open, each with how it stands."""
        read = _reader(call)
        return GoalList([_goal(one) for one in aims.standings(read, aims.current(read))])

    @endpoint(
        summary="Set a goal", scope="reports:write", body=NewGoal, answers={201: GoalStanding},
        example={"figure": "repeat_rate", "start": "0.25", "target": "0.35", "due_on": "2099-03-01"},
        refuses=(aiming.TooManyGoals,),
    )  # fmt: skip
    def post(self, call: Call) -> tuple[int, GoalStanding]:
        """From today on, told by months unless something else is asked for."""
        body = call.body
        row = aiming.set_goal(
            figure=body.figure, start=Decimal(body.start), target=Decimal(body.target), due_on=body.due_on,
            grain=body.grain, at=call.at,
        )  # fmt: skip
        return 201, _standing(call, row)


class OneGoal(Endpoint):
    @endpoint(
        summary="Give a goal up", scope="reports:write", answers={200: GoalStanding},
        refuses=(NotFound, aiming.GoalIsOver),
    )  # fmt: skip
    def delete(self, call: Call, id: str) -> GoalStanding:  # noqa: A002 - as the address calls it
        """It is kept, and told no longer."""
        return _standing(call, aiming.drop_goal(goal=ids.decode("gol", id), at=call.at))


def _advice(row: AdviceRow) -> AdviceTold:
    return AdviceTold(
        ids.encode("adv", row.pk), row.rule, row.figure, row.state, row.noticed_on, row.found, row.proposed,
        None if row.before is None else f"{row.before:f}", row.done, row.decided_at,
    )  # fmt: skip


class Advices(Endpoint):
    @endpoint(summary="List advice", scope="reports:read", query=AdviceSearch, answers={200: AdviceList})
    def get(self, call: Call) -> AdviceList:
        """What figures gave cause to propose, and what was decided about it."""
        return AdviceList([_advice(row) for row in proposing.given(call.query.state)])


class AcceptAdvice(Endpoint):
    @endpoint(
        summary="Do what is proposed", scope="reports:write", answers={200: AdviceTold},
        refuses=(NotFound, advising.AdviceIsOver, advising.NobodyLeft),
    )  # fmt: skip
    def post(self, call: Call, rule: str) -> AdviceTold:
        """Makes the segment or list, and drafts what is proposed for it. Nothing is published."""
        return _advice(advising.accept(advice=proposing.open_by(rule).pk, at=call.at))


class DismissAdvice(Endpoint):
    @endpoint(
        summary="Put advice aside", scope="reports:write", answers={200: AdviceTold},
        refuses=(NotFound, advising.AdviceIsOver),
    )  # fmt: skip
    def post(self, call: Call, rule: str) -> AdviceTold:
        """It is not proposed again for 60 days."""
        return _advice(advising.dismiss(advice=proposing.open_by(rule).pk, at=call.at))


urlpatterns = [
    path("costs", Costs.as_view()),
    path("goals", Goals.as_view()),
    path("goals/<str:id>", OneGoal.as_view()),
    path("advice", Advices.as_view()),
    path("advice/<str:rule>/accept", AcceptAdvice.as_view()),
    path("advice/<str:rule>/dismiss", DismissAdvice.as_view()),
]
