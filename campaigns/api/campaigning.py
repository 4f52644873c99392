"""Campaigns: written, launched, paused and ended; tried on the past; and what they came to."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from django.urls import path
from msgspec import UNSET, Meta, Struct, UnsetType

from campaigns.models import Campaign as Row
from campaigns.operations.campaigning import launching, touching, trying, writing
from campaigns.operations.rehearsing import NoPast, TooManyTogether
from campaigns.queries import rehearsals
from campaigns.queries.campaigning import figures, reading
from campaigns.rules.campaigning import (
    MOST_RULES,
    CampaignLetter,
    CampaignOffer,
    Clock,
    Cost,
    Count,
    Handle,
    Kind,
    Money,
    Note,
    Percent,
    Units,
)
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import endpoint, page_of
from loyalty.core.errors import NotFound
from members.rules.conditions import Weekday
from members.rules.shopping import Instant, Name, Text60, Text100
from rewards.queries.catalogue import rewards
from rewards.queries.figures import cost_of

EXAMPLE = {
    "name": "Double points weekend",
    "starts_at": "2026-12-05T00:00:00+01:00",
    "ends_at": "2026-12-07T00:00:00+01:00",
    "rules": [{"type": "multiplier", "id": "double", "factor": "2"}],
    "budget_points": 50_000,
}
_REFUSED = (
    NotFound, launching.CampaignState, launching.CampaignEmpty, launching.CampaignOver, launching.NoProgramme,
    launching.TooManyRunning, touching.RewardElsewhere,
)  # fmt: skip


class CampaignFigures(Struct):
    """What a campaign came to. `given_points` as they were given, `points` after refunds; `cost_minor` of points and
    rewards, null when nobody said what a point costs; `spend_minor` what its orders cost, less what came back."""

    given_points: int
    points: int
    members: int
    orders: int
    activities: int
    rewards: int
    redeemed: int
    activated: int
    cost_minor: int | None
    spend_minor: int
    donated_minor: int
    matched_minor: int
    messages: int


class Campaign(Struct):
    """One campaign. `state` is draft, waiting (for a second person), planned, running, paused or ended; `reason` says
    why it stands so: by_hand, over, budget, too_fast, reward_taken, approval or refused. `content` has what a new one
    is made of; reasons and the books know its rules by their ids with `rule_prefix` before them."""

    id: str
    state: str
    reason: str
    content: dict[str, Any]
    rule_prefix: str
    launched_at: datetime | None
    ended_at: datetime | None
    created_at: datetime
    changed_at: datetime
    figures: CampaignFigures | None = None


class CampaignSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`state` lists those that stand so."""

    state: Literal["", "draft", "waiting", "planned", "running", "paused", "ended"] = ""


class CampaignFields(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Everything people decide about a campaign; null takes a time, a limit or the offer away. `rules` are earning
    rules as a programme writes them. `segment` and `tier` say for whom, `days`, `from_time` and `until_time` when
    within its window; budgets are for all members together, `member_points` and `member_times` what each rule gives
    one of them."""

    note: Note | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    segment: Handle | UnsetType = UNSET
    tier: Text60 | UnsetType = UNSET
    starts_at: Instant | UnsetType | None = UNSET
    ends_at: Instant | UnsetType | None = UNSET
    days: tuple[Weekday, ...] | UnsetType = UNSET
    from_time: Clock | UnsetType = UNSET
    until_time: Clock | UnsetType = UNSET
    rules: Annotated[list[dict[str, Any]], Meta(max_length=MOST_RULES)] | UnsetType = UNSET
    offer: CampaignOffer | UnsetType | None = UNSET
    rewards: tuple[Handle, ...] | UnsetType = UNSET
    early_until: Instant | UnsetType | None = UNSET
    partner: Text100 | UnsetType = UNSET
    words: dict[str, CampaignLetter] | UnsetType = UNSET
    budget_points: Units | UnsetType | None = UNSET
    budget_minor: Money | UnsetType | None = UNSET
    point_cost: Cost | UnsetType = UNSET
    most_rewards: Count | UnsetType | None = UNSET
    member_points: Units | UnsetType | None = UNSET
    member_times: Count | UnsetType | None = UNSET
    match_percent: Percent | UnsetType = UNSET
    brake_percent: Percent | UnsetType = UNSET


class NewCampaign(CampaignFields, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A draft of a campaign."""

    name: Name


class CampaignChange(CampaignFields, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What is given is changed."""

    name: Name | UnsetType = UNSET


class CampaignRehearsal(Struct):
    """A campaign tried on the past. While `state` is running there is nothing else; then what its rules would have
    given before refunds, to how many members, and when its budget would have been empty (null: never)."""

    id: str
    state: str
    since: datetime
    until: datetime
    points: int | None
    rewards: int | None
    members: int | None
    times: int | None
    cost_minor: int | None
    budget_empty_at: datetime | None


def _told(row: Row, *, whole: bool = False) -> Campaign:
    found = figures.came_to(row) if whole else None
    came = None
    if found is not None:
        came = CampaignFigures(
            found.given, found.points, found.members, found.orders, found.activities, found.rewards, found.redeemed,
            found.activated, found.cost_minor, found.spend_minor, found.donated_minor, found.matched_minor,
            found.messages,
        )  # fmt: skip
    name = reading.public_id(row)
    return Campaign(
        id=name, state=row.state, reason=row.reason, rule_prefix=f"{name}-",
        content=msgspec.to_builtins(reading.content_of(row)),
        launched_at=row.launched_at, ended_at=row.ended_at, created_at=row.created_at, changed_at=row.changed_at,
        figures=came,
    )  # fmt: skip


def _named(text: str) -> UUID:
    return ids.decode("cmp", text)


class Campaigns(Endpoint):
    @endpoint(
        summary="List campaigns",
        scope="campaigns:read",
        query=CampaignSearch,
        answers={200: page_of(Campaign)},
    )
    def get(self, call: Call) -> dict[str, Any]:
        """Last made first, without their figures."""
        found = reading.campaigns()
        if call.query.state:
            found = found.filter(state=call.query.state)
        window = keyset(found, call.query, name="campaigns", by=[("id", UUID)])
        return call.page(window, [_told(row) for row in window.rows])

    @endpoint(
        summary="Make a campaign",
        scope="campaigns:write",
        body=NewCampaign,
        example=EXAMPLE,
        answers={201: Campaign},
        refuses=(writing.TooManyCampaigns, "unknown_placeholder"),
    )
    def post(self, call: Call) -> tuple[int, Campaign]:
        """A draft, which does nothing until it is launched."""
        content = writing.read_content(msgspec.to_builtins(call.body))
        return 201, _told(writing.write_campaign(campaign=None, content=content, at=call.at))


class OneCampaign(Endpoint):
    @endpoint(summary="Read a campaign", scope="campaigns:read", answers={200: Campaign})
    def get(self, call: Call, id: str) -> Campaign:  # noqa: A002 - the address's own word
        """With what it came to so far."""
        return _told(reading.campaign(_named(id)), whole=True)

    @endpoint(
        summary="Change a campaign",
        scope="campaigns:write",
        body=CampaignChange,
        example={"budget_points": 60_000},
        answers={200: Campaign},
        refuses=(NotFound, writing.CampaignUnderWay, "unknown_placeholder"),
    )
    def patch(self, call: Call, id: str) -> Campaign:  # noqa: A002
        """One that was planned or waits for somebody is a draft again; one that runs is paused first."""
        row = reading.campaign(_named(id))
        changes = msgspec.to_builtins(call.body)
        content = writing.read_content({**msgspec.to_builtins(reading.content_of(row)), **changes})
        return _told(writing.write_campaign(campaign=row.pk, content=content, at=call.at))


class CampaignLaunch(Endpoint):
    @endpoint(summary="Launch a campaign", scope="campaigns:write", answers={200: Campaign}, refuses=_REFUSED)
    def post(self, call: Call, id: str) -> Campaign:  # noqa: A002
        """It begins at its time, or now; a paused one goes on. Above the shop's limit it waits until somebody has
        approved it in the dashboard."""
        return _told(launching.launch_campaign(campaign=_named(id), at=call.at))


class CampaignPause(Endpoint):
    @endpoint(
        summary="Pause a campaign", scope="campaigns:write", answers={200: Campaign},
        refuses=(NotFound, launching.CampaignState),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> Campaign:  # noqa: A002
        """It gives nothing from now on, until it is launched again."""
        return _told(launching.pause_campaign(campaign=_named(id), at=call.at))


class CampaignEnd(Endpoint):
    @endpoint(
        summary="End a campaign", scope="campaigns:write", answers={200: Campaign},
        refuses=(NotFound, launching.CampaignState),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> Campaign:  # noqa: A002
        """For good. What it gave stays."""
        return _told(launching.end_campaign(campaign=_named(id), at=call.at))


class CampaignRehearsals(Endpoint):
    @endpoint(
        summary="Read what a campaign would have done",
        scope="campaigns:read",
        answers={200: CampaignRehearsal},
    )
    def get(self, call: Call, id: str) -> CampaignRehearsal:  # noqa: A002
        """The last time it was tried."""
        row = reading.campaign(_named(id))
        last = rehearsals.of_version(row.pk).first()
        if last is None:
            raise NotFound("rehearsal")
        return _tried(row, last)

    @endpoint(
        summary="Try a campaign on the past",
        scope="campaigns:write",
        answers={202: CampaignRehearsal},
        refuses=(NotFound, NoPast, TooManyTogether, launching.CampaignEmpty, launching.NoProgramme),
    )
    def post(self, call: Call, id: str) -> tuple[int, CampaignRehearsal]:  # noqa: A002
        """On the same time of a year before, by the same engine. Nothing of the shop changes. The answer is there
        when a worker is done."""
        row = reading.campaign(_named(id))
        costs = {"point": row.point_cost, "rewards": {one.handle: cost_of(one) or 0 for one in rewards()}}
        return 202, _tried(row, trying.rehearse_campaign(campaign_id=row.pk, costs=costs, at=call.at))


def _tried(row: Row, made: Any) -> CampaignRehearsal:
    state = rehearsals.states([made])[made.pk].name
    found = None
    if made.finished_at is not None:
        found = figures.foreseen(row, rehearsals.figures_of(made), made.costs)
    return CampaignRehearsal(
        id=ids.encode("rhs", made.pk), state=state, since=made.since, until=made.until,
        points=found.points if found else None, rewards=found.rewards if found else None,
        members=found.members if found else None, times=found.times if found else None,
        cost_minor=found.cost_minor if found else None, budget_empty_at=found.empty_at if found else None,
    )  # fmt: skip


urlpatterns = [
    path("campaigns", Campaigns.as_view()),
    path("campaigns/<str:id>", OneCampaign.as_view()),
    path("campaigns/<str:id>/launch", CampaignLaunch.as_view()),
    path("campaigns/<str:id>/pause", CampaignPause.as_view()),
    path("campaigns/<str:id>/end", CampaignEnd.as_view()),
    path("campaigns/<str:id>/rehearsal", CampaignRehearsals.as_view()),
]
