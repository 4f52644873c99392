"""Rehearsals: those that were made, what each came to, and a member's purchases one by one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q, QuerySet

from campaigns.models import Rehearsal, RehearsedMember
from campaigns.rules.rehearsing import Figures, moved_into
from loyalty.core.errors import NotFound
from loyalty.core.jobs.models import Job
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import document
from loyalty.core.programme import queries as programmes
from members.models import Order, Stats
from members.queries import comparisons
from members.queries import tiers as standings
from members.queries.pasts import Past, pasts
from members.rules.facts import Spent
from members.rules.rehearsing import Life, Lived, Purse, Rules

KIND = "campaign.rehearsal"
_MOST_KEPT = 20
_kept: dict[UUID, tuple[document.Programme, Rules]] = {}


@dataclass(frozen=True, slots=True)
class State:
    """How far a rehearsal is. `done` and `total` are members; `error` the sentence it ended with."""

    name: str
    done: int
    total: int
    error: str = ""

    @property
    def is_open(self) -> bool:
        """True while it goes on."""
        return self.name == "running"


def rehearsals() -> QuerySet[Rehearsal]:
    """All of them, newest first."""
    return Rehearsal.objects.order_by("-id")


def of_version(version: UUID) -> QuerySet[Rehearsal]:
    """Those of a version of the programme, newest first."""
    return rehearsals().filter(version=version)


def rehearsal(key: UUID) -> Rehearsal:
    """One; `NotFound` otherwise."""
    found = Rehearsal.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("rehearsal")
    return found


def jobs_of(key: UUID) -> list[Job]:
    """The work on its parts."""
    return list(Job.objects.filter(about=key, kind=KIND).order_by("id"))


def states(rows: Iterable[Rehearsal]) -> dict[UUID, State]:
    """How far some rehearsals are."""
    found = {row.pk: row for row in rows}
    work: dict[UUID, list[Job]] = {key: [] for key in found}
    for job in Job.objects.filter(about__in=list(found), kind=KIND).order_by("id"):
        work[job.about].append(job)
    return {key: _state(row, work[key]) for key, row in found.items()}


def _state(row: Rehearsal, jobs: list[Job]) -> State:
    done = sum(job.done for job in jobs)
    if row.finished_at is not None:
        return State("done", row.members, row.members)
    failed = next((job for job in jobs if job.state == Job.State.FAILED), None)
    if failed is not None:
        return State("failed", done, row.members, failed.error)
    if not jobs or any(job.state == Job.State.CANCELLED or job.cancel_asked_at for job in jobs):
        return State("cancelled", done, row.members)
    return State("running", done, row.members)


def published_as(rows: Iterable[Rehearsal]) -> dict[UUID, int]:
    """The numbers of those versions that were published since they were rehearsed."""
    found = programmes.history().filter(pk__in={row.version for row in rows})
    return {key: number for key, number in found.values_list("pk", "number") if number is not None}


def figures_of(row: Rehearsal) -> Figures:
    """What it came to; nothing before it is done."""
    return Figures.read(row.result)


def rules_of(row: Rehearsal) -> tuple[document.Programme, Rules]:
    """The programme that was rehearsed, and its rules as they were lived by. They never change and are kept."""
    if row.pk not in _kept:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[row.pk] = _rules_of(row)
    return _kept[row.pk]


def _rules_of(row: Rehearsal) -> tuple[document.Programme, Rules]:
    programme = document.parse(row.document)
    zone = ZoneInfo(shop_of_scope().timezone)
    experiments = comparisons.current()
    rules = Rules.of(programme, zone, row.since, experiments)
    if row.moved:
        moved = moved_into(rules.earning, until=row.until)
        rules = Rules.of({**programme, "earning": moved}, zone, row.since, experiments)
    return programme, rules


def members_count() -> int:
    """How many members have a past that counts."""
    return Stats.objects.count()


def members_after(
    position: UUID | None, *, part: int, parts: int, most: int
) -> tuple[list[UUID], UUID | None]:
    """The next members of a part, and where the next ones begin; None at the end. The last digits of an id are chance,
    so the parts are about equal."""
    mine: list[UUID] = []
    while len(mine) < most:
        page = standings.members_after(position, most=most * parts)
        if not page:
            return mine, None
        mine += [member for member in page if member.int % parts == part]
        position = page[-1]
    return mine, position


def first_purchase() -> datetime | None:
    """When the first member bought something; None in a shop without purchases."""
    found: datetime | None = Order.objects.filter(member__isnull=False).aggregate(first=Min("placed_at"))[
        "first"
    ]
    return found


def purchases_between(since: datetime, until: datetime) -> int:
    """How many purchases by members there were."""
    rows = Order.objects.filter(placed_at__gte=since, placed_at__lt=until, member__isnull=False)
    return rows.aggregate(count=Count("pk"))["count"]


def most_changed(
    row: Rehearsal, *, way: str, after: tuple[int, UUID] | None = None
) -> QuerySet[RehearsedMember]:
    """Members by what would have changed for them: `way` "more" begins with those who get most more, "fewer" with those
    who lose most. `after` is the last row's (change, id). The caller slices."""
    rows = RehearsedMember.objects.filter(rehearsal=row.pk).select_related("member")
    if way == "fewer":
        rows = rows.filter(change__lt=0).order_by("change", "id")
        if after is not None:
            rows = rows.filter(Q(change__gt=after[0]) | Q(change=after[0], pk__gt=after[1]))
        return rows
    rows = rows.filter(change__gt=0).order_by("-change", "-id")
    if after is not None:
        rows = rows.filter(Q(change__lt=after[0]) | Q(change=after[0], pk__lt=after[1]))
    return rows


@dataclass(frozen=True, slots=True)
class Again:
    """One purchase or activity of a member, lived again: what it really brought, and what it would have."""

    source: UUID
    lived: Lived
    before: int
    external_id: str

    @property
    def after(self) -> int:
        """Points it would have brought, less what its refunds undo."""
        return self.lived.points


def live_member(row: Rehearsal, member: UUID) -> tuple[Life, Past] | None:
    """A member's past, lived again in a moment by the rehearsed rules; None when they have none (any more)."""
    _programme, rules = rules_of(row)
    found = pasts([member], rules=rules, until=row.until)
    if not found:
        return None
    kept = RehearsedMember.objects.filter(rehearsal=row.pk, member=found[0].member.id).values_list(
        "spent", flat=True
    )
    return live_again(rules, found[0], kept.first() or {}, until=row.until), found[0]


def live_again(rules: Rules, past: Past, spent: Mapping[str, Any], *, until: datetime) -> Life:
    """Live one member's past where budgets stood as `spent` says, by order and activity."""
    purse = Purse(rules.earning, rules.begins)
    life = Life(rules, past.member, purse)
    for event in past.events:
        if rules.asked.budgets:
            purse.drawn = spent_from(spent.get(str(getattr(event, "id", "")), {}))
        life.happen(event)
    life.close(until)
    return life


def spent_as_kept(spent: Mapping[str, Spent]) -> dict[str, list[Any]]:
    """What budgets had given out, as JSON."""
    return {name: [one.units, str(one.cost_minor)] for name, one in spent.items()}


def spent_from(kept: Mapping[str, Any]) -> dict[str, Spent]:
    """Back from JSON."""
    return {name: Spent(units, Decimal(cost)) for name, (units, cost) in kept.items()}


def purchases(row: Rehearsal, life: Life, past: Past) -> list[Again]:
    """Everything that counts of a lived past, last first."""
    found = [
        Again(source, lived, past.real[source].points if source in past.real else 0,
              past.real[source].external_id if source in past.real else "")
        for source, lived in life.lived.items() if lived.at >= row.since
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.lived.at, reverse=True)
