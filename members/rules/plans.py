"""Plans of a paid membership: what they cost, for how long, and what they give. Pure."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from loyalty.core.money import MAX_MINOR
from members.rules.perks import Perk, perks_problems, text_problems
from members.rules.points_life import add_months, end_of

Problems = list[tuple[str, str]]
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class PlanPeriod(StrEnum):
    MONTH = "month"
    YEAR = "year"

    @property
    def months(self) -> int:
        """How many months a period has."""
        return 1 if self is PlanPeriod.MONTH else 12


class OnRefund(StrEnum):
    """What a member gets back of the period they have paid for when the membership is refunded."""

    FULL = "full"
    PRO_RATA = "pro_rata"  # of the whole days that are left
    NONE_AFTER_USE = "none_after_use"  # everything, unless a perk was used in it


class Plan(Struct, forbid_unknown_fields=True, frozen=True):
    """One plan: `price_minor` in the shop's currency for each `period`; `trial_days` before the first payment is due,
    `grace_days` in which perks go on without one. Who has it is in the segment `plan-<id>`, or `segment`."""

    id: str
    price_minor: int
    name: dict[str, str] = {}
    period: PlanPeriod = PlanPeriod.YEAR
    trial_days: int = 0
    grace_days: int = 7
    perks: tuple[Perk, ...] = ()
    segment: str = ""

    @property
    def place(self) -> str:
        """The segment of who has this plan."""
        return self.segment or f"plan-{self.id}"


class MembershipPlans(Struct, forbid_unknown_fields=True, frozen=True):
    """The programme's section `membership_plans`. A price that changes is told, and counts for periods that begin
    `notice_days` later or more."""

    plans: tuple[Plan, ...] = ()
    on_refund: OnRefund = OnRefund.NONE_AFTER_USE
    notice_days: int = 30

    def plan(self, plan_id: str) -> Plan | None:
        """The plan of that id."""
        return next((plan for plan in self.plans if plan.id == plan_id), None)


def check(section: MembershipPlans) -> Problems:
    """Ids once, numbers in range, words in languages the product speaks."""
    problems: Problems = []
    if not 0 <= section.notice_days <= 366:
        problems.append(("notice_days", "Choose 0 to 366 days."))
    if len(section.plans) > 20:
        problems.append(("plans", "Have at most 20 plans."))
    seen: set[str] = set()
    for index, plan in enumerate(section.plans):
        where = f"plans[{index}]"
        problems += [(f"{where}.{path}", message) for path, message in _of_plan(plan)]
        for path, name in (("id", plan.id), ("segment", plan.place)):
            if f"{path}:{name}" in seen:
                problems.append((f"{where}.{path}", "Another plan has this already."))
            seen.add(f"{path}:{name}")
    return problems


def _of_plan(plan: Plan) -> Iterator[tuple[str, str]]:
    for path, name in (("id", plan.id), ("segment", plan.place)):
        if not _ID.fullmatch(name.removeprefix("plan-") if path == "segment" else name):
            yield path, "Use small letters, digits and hyphens, at most 40."
    if not 1 <= plan.price_minor <= MAX_MINOR:
        yield "price_minor", "A plan costs something."
    for path, days, most in (("trial_days", plan.trial_days, 366), ("grace_days", plan.grace_days, 90)):
        if not 0 <= days <= most:
            yield path, f"Choose 0 to {most} days."
    yield from text_problems("name", plan.name, 120)
    yield from perks_problems(plan.perks, of="plan")
    for index, perk in enumerate(plan.perks):
        if perk.limit is not None and perk.limit.period is None:
            yield f"perks[{index}].limit.per", "A plan's perk is limited in a time, not for an order."


def period_end(anchor: date, periods: int, period: PlanPeriod, zone: ZoneInfo) -> datetime:
    """When so many periods from a day on are over: at midnight of the shop's zone, on the anchor's day of the month or
    the last there is. The 31st of January, monthly: until the 28th of February, then until the 31st of March."""
    return end_of(add_months(anchor, periods * period.months) - timedelta(days=1), zone)


def pro_rata(
    amount_minor: int, *, paid_from: datetime, paid_until: datetime, at: datetime, zone: ZoneInfo
) -> int:
    """The part of a payment for the whole days that are left after today, rounded down; today counts as used."""
    first, last, today = (moment.astimezone(zone).date() for moment in (paid_from, paid_until, at))
    days, left = max(1, (last - first).days), max(0, (last - max(today, first)).days - (today >= first))
    return amount_minor * left // days
