"""What members are worth, and what a new one costs."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.urls import path
from msgspec import Struct

from analytics.models import MemberValue as ValueRow
from analytics.queries import costing
from analytics.queries import value as foretold
from analytics.queries.freshness import today_of
from analytics.queries.sums import Reader, reader
from analytics.rules.calendar import Grain, Stretch, stretch
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import endpoint, page_of
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.merchants.queries import shop_of_scope
from members.queries.directory import member as known

Stage = Literal["once", "staying", "leaving", "gone"]
_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)


class ValuePeriod(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`by` is how long the period is, `day` any day in it by the shop's calendar; without one it is the present one."""

    by: Literal["month", "quarter", "year"] = "month"
    day: date | None = None


class ValueGroup(Struct):
    """A group of members: all (`cut` is ""), a tier or a segment. Sums are in minor units, over the fit's months."""

    cut: str
    name: str
    members: int
    alive: float
    spent_minor: int
    predicted_minor: int
    low_minor: int
    high_minor: int


class ValueModels(Struct):
    """What the last night's fit foretells. `state` is fitted, too_little (`reason`, `have` of `need`) or none before
    the first night. `buying` and `spending` are the models' parameters, `checked` how predictions of 13 weeks ago came
    true."""

    state: str
    day: date | None
    reason: str
    have: int
    need: int
    members: int
    months: int
    buying: dict[str, Any]
    spending: dict[str, Any]
    checked: dict[str, Any]
    stages: dict[str, int]
    groups: list[ValueGroup]


class MemberWorth(Struct):
    """What is foretold of a member over the next months. `alive` is the chance that they still buy; eight of ten such
    members spend between `low_minor` and `high_minor`. `stage` is once, staying, leaving or gone."""

    member: str
    day: date
    stage: str
    purchases: int
    spent_minor: int
    alive: float
    expected_purchases: float
    predicted_minor: int
    low_minor: int
    high_minor: int


class MemberForecast(Struct):
    """`worth` is null for a member of whom nothing is foretold: nothing bought, or too little data."""

    worth: MemberWorth | None


class WorthSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Members of one stage, who spent most first."""

    stage: Stage = "leaving"


class WonMembers(Struct):
    """New members by a source, what was spent on winning them and what each cost, in minor units. Null: unknown."""

    source: str
    members: int
    spent_minor: int | None
    each_minor: int | None


class WinningCosts(Struct):
    """What a new member of the period cost: by source, all together, and without those whom friends brought."""

    first: date
    last: date
    sources: list[WonMembers]
    everybody: WonMembers
    without_friends: WonMembers


def reader_of(call: Call) -> Reader:
    """The facts as a request finds them."""
    return reader(zone=shop_of_scope().timezone, at=call.at)


def period_of(call: Call, zone: str) -> Stretch:
    """The period a request asks for. Raises `InvalidInput`."""
    day = call.query.day or today_of(zone, call.at)
    if not _FIRST <= day <= _LAST:
        raise InvalidInput.of("day", "The time must lie between the years 2000 and 2100.")
    return stretch(Grain(call.query.by), day)


def _worth(row: ValueRow) -> MemberWorth:
    return MemberWorth(
        ids.encode("mbr", row.member_id), row.day, row.stage, row.purchases, row.spent_minor, row.alive, row.expected,
        row.predicted_minor, row.low_minor, row.high_minor,
    )  # fmt: skip


class Worths(Endpoint):
    @endpoint(summary="Read what members are worth", scope="reports:read", answers={200: ValueModels})
    def get(self, call: Call) -> ValueModels:
        """The last night's fit: its models, how they were checked, and what they say of groups."""
        fit = foretold.last_fit()
        if fit is None:
            return ValueModels("none", None, "", 0, 0, 0, 0, {}, {}, {}, {}, [])
        groups = [ValueGroup(**one) for one in fit.told.get("groups", [])]
        return ValueModels(
            fit.state, fit.day, fit.reason, fit.have, fit.need, fit.customers, fit.months, fit.buying, fit.spending,
            fit.checked, fit.told.get("stages", {}), groups,
        )  # fmt: skip


class WorthMembers(Endpoint):
    @endpoint(
        summary="List members by what is foretold of them", scope="reports:read", query=WorthSearch,
        answers={200: page_of(MemberWorth)},
    )  # fmt: skip
    def get(self, call: Call) -> dict[str, Any]:
        """Members of a stage: who is about to leave, unless another is asked for."""
        rows = foretold.of_stage(call.query.stage)
        window = keyset(rows, call.query, name="worth", by=[("spent_minor", int), ("id", UUID)])
        return call.page(window, [_worth(row) for row in window.rows])


class WorthOfMember(Endpoint):
    @endpoint(
        summary="Read what a member is worth", scope="reports:read", answers={200: MemberForecast}, refuses=(NotFound,)
    )  # fmt: skip
    def get(self, call: Call, id: str) -> MemberForecast:  # noqa: A002 - as the address calls it
        """What the last night foretold."""
        row = foretold.of_member(known(ids.decode("mbr", id)).pk)
        return MemberForecast(None if row is None else _worth(row))


def _won(one: costing.Won) -> WonMembers:
    return WonMembers(one.source, one.members, one.spent_minor, one.each_minor)


class Winning(Endpoint):
    @endpoint(
        summary="Read what new members cost", scope="reports:read", query=ValuePeriod, answers={200: WinningCosts}
    )  # fmt: skip
    def get(self, call: Call) -> WinningCosts:
        """By where they joined; who came by a friend's link is a source of their own."""
        read = reader_of(call)
        when = period_of(call, read.zone)
        found = costing.acquisition(read, when)
        return WinningCosts(
            when.first, when.last, [_won(one) for one in found.sources], _won(found.everybody),
            _won(found.without_friends),
        )  # fmt: skip


urlpatterns = [
    path("value", Worths.as_view()),
    path("value/members", WorthMembers.as_view()),
    path("members/<str:id>/value", WorthOfMember.as_view()),
    path("winning", Winning.as_view()),
]
