"""What figures give cause to propose now: what was seen, who it is about, what could be done and what that would
cost."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

from analytics.models import Advice, MemberValue
from analytics.queries.freshness import today_of
from analytics.queries.rows import every_row
from analytics.queries.statements import answer
from analytics.queries.sums import Reader
from analytics.queries.telling import figures
from analytics.rules import advising as rules
from analytics.rules.advising import Finding, Share
from analytics.rules.calendar import Grain, Stretch, stretch, stretches
from campaigns.operations.segments.shaping import checked_conditions
from campaigns.queries.segments.compiling import count
from loyalty.core.errors import NotFound
from rewards.models import Reward
from rewards.queries.catalogue import rewards
from rewards.queries.figures import cost_of, point_cost

WAVE_DAYS = 30
OFTEN = 3
"""From so many purchases on somebody came often."""
MOST_LISTED = 2_000
WIN_BACK_DAYS = 30
FACTOR = "2"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be done about a finding: a segment by `conditions` or (None) a list of members, with more points for
    it for some weeks where `factor` says so; for how many members, and at what cost at most, in minor units."""

    conditions: dict[str, Any] | None
    reach: int
    cost_minor: int | None = None
    factor: str = ""
    numbers: dict[str, Any] = field(default_factory=dict)

    def wire(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "conditions": self.conditions, "reach": self.reach, "cost_minor": self.cost_minor, "factor": self.factor,
            **self.numbers,
        }  # fmt: skip


def advice(key: UUID) -> Advice:
    """One; `NotFound` otherwise."""
    found = Advice.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("advice")
    return found


def open_by(rule: str) -> Advice:
    """What is open by a rule; `NotFound` otherwise."""
    found = Advice.objects.filter(rule=rule, state=Advice.State.OPEN).first()
    if found is None:
        raise NotFound("advice")
    return found


def given(state: str) -> list[Advice]:
    """What stands in a state, newest first; at most fifty."""
    return list(Advice.objects.filter(state=state).order_by("-id")[:50])


def months_over(read: Reader, most: int) -> list[Stretch]:
    """The last months that are over, oldest first."""
    today = today_of(read.zone, read.at)
    return stretches(Grain.MONTH, upto=stretch(Grain.MONTH, today).previous.first, count=most)


def findings(read: Reader) -> Iterator[tuple[Finding, Proposal]]:
    """Everything there is cause for now."""
    months = months_over(read, 3)
    catalogue = [row for row in rewards() if row.cost_points]
    each = point_cost(catalogue)
    for found in (
        _retention(read, months, each), _unused(read, months, catalogue), _wave(read, each), _unhappy(read, months),
        _leaving(),
    ):  # fmt: skip
        if found is not None:
            yield found


def _shares(read: Reader, months: Sequence[Stretch], key: str) -> list[Share]:
    table = figures(read, months, [key])
    return [Share(told.part, told.whole or 0) for told in (table[key, when, ""] for when in months)]


def _retention(
    read: Reader, months: Sequence[Stretch], each: Decimal | None
) -> tuple[Finding, Proposal] | None:
    found = rules.retention_fell(_shares(read, months, "retention"))
    if found is None:
        return None
    conditions = _all({"type": "lifecycle", "any_of": ["slipping"], "active_days": 60, "lapsed_days": 365})
    reach = count(checked_conditions(conditions), at=read.at)
    if not reach:
        return None
    extra = _points_a_visit(read, months)
    cost = None if each is None or extra is None else int(each * extra * reach * (Decimal(FACTOR) - 1))
    return found, Proposal(conditions, reach, cost, FACTOR, {"days": WIN_BACK_DAYS})


def _points_a_visit(read: Reader, months: Sequence[Stretch]) -> Decimal | None:
    """Points that a member's order gave on average; None without orders."""
    table = figures(read, months, ["points_issued", "visits"])
    points = sum(table["points_issued", when, ""].part for when in months)
    visits = sum(table["visits", when, ""].part for when in months)
    return Decimal(max(points, 0)) / visits if visits else None


def _unused(
    read: Reader, months: Sequence[Stretch], catalogue: Sequence[Reward]
) -> tuple[Finding, Proposal] | None:
    least = min((row.cost_points for row in catalogue), default=0)
    if not least:
        return None
    conditions = _all(
        {"type": "points", "at_least": least}, {"type": "redeemed", "at_most": 0, "within_days": 180}
    )
    ready = count(checked_conditions(conditions), at=read.at)
    found = rules.redemption_low(_shares(read, months, "redemption_rate"), ready=ready)
    if found is None:
        return None
    costs = [cost for row in catalogue if row.cost_points == least and (cost := cost_of(row))]
    return found, Proposal(conditions, ready, min(costs) * ready if costs else None)


def _wave(read: Reader, each: Decimal | None) -> tuple[Finding, Proposal] | None:
    ending, members = answer("ending", {"now": read.at, "days": WAVE_DAYS})[0]
    if not ending:
        return None
    when = stretch(Grain.MONTH, today_of(read.zone, read.at))
    held = figures(read, [when], ["points_outstanding"])["points_outstanding", when, ""].part
    found = rules.expiring_wave(ending=ending, held=held, members=members, days=WAVE_DAYS)
    if found is None:
        return None
    conditions = _all({"type": "points_ending", "within_days": WAVE_DAYS, "at_least": 1})
    return found, Proposal(conditions, members, None if each is None else int(each * ending))


def _unhappy(read: Reader, months: Sequence[Stretch]) -> tuple[Finding, Proposal] | None:
    spans = [(months[0].first, months[-1].after)]
    sums = read.of_days(spans, ["answers", "detractors"]).get((spans[0], ""), Counter())
    unhappy, answers = sums.get("detractors", 0), sums.get("answers", 0)
    found = rules.detractors(unhappy=unhappy, answers=answers)
    return (
        None if found is None else (found, Proposal(None, len(unhappy_members(months, read.zone, read.at))))
    )


def unhappy_members(months: Sequence[Stretch], zone: str, at: datetime) -> list[UUID]:
    """Who said in some months that they would not recommend the shop, each once."""
    rows = (row for when in months for row in every_row("nps", when, zone=zone, at=at))
    return list(dict.fromkeys(row.about for row in rows if row.part < 0))[:MOST_LISTED]


def _leaving() -> tuple[Finding, Proposal] | None:
    told = MemberValue.objects.filter(stage=MemberValue.Stage.LEAVING, purchases__gte=OFTEN).aggregate(
        members=Count("pk"), worth=Sum("spent_minor")
    )
    found = rules.leaving(members=told["members"], worth_minor=told["worth"] or 0)
    return None if found is None else (found, Proposal(None, min(told["members"], MOST_LISTED)))


def leaving_members() -> list[UUID]:
    """Who came often and is about to leave, those who spent most first."""
    rows = MemberValue.objects.filter(stage=MemberValue.Stage.LEAVING, purchases__gte=OFTEN)
    return list(rows.order_by("-spent_minor", "-id").values_list("member", flat=True)[:MOST_LISTED])


def _all(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"match": "all", "of": list(conditions)}


def came_of(row: Advice, now: Decimal | None) -> Decimal | None:
    """How much the figure has moved since it was seen; None where it was not told then, or is not known now."""
    return None if row.before is None or now is None else now - row.before
