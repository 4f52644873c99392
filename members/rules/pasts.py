"""What really happened to members, as plain values: what `rehearsing` lives again. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from members.rules.conditions.days import yearly
from members.rules.doing import BIRTHDAY, JOINED
from members.rules.earning import Earning
from members.rules.facts import ActivityFacts, OrderFacts


@dataclass(slots=True)
class PastOrder:
    """A purchase that was really made. `blocked`: whoever made it was not allowed to earn then; `who`: the one who
    made it, where that is somebody who was merged into the member since; `came_back`: whether refunds may follow."""

    id: UUID
    at: datetime
    facts: OrderFacts
    total_minor: int
    blocked: bool = False
    who: UUID | None = None
    came_back: bool = True


@dataclass(slots=True)
class PastRefund:
    """What came back of an order: of its lines by number, and of the whole (`unassigned_minor`)."""

    order: UUID
    at: datetime
    lines: tuple[tuple[int, int], ...] = ()
    unassigned_minor: int = 0
    cancels: bool = False


@dataclass(slots=True)
class PastActivity:
    """Something a member did besides buying. One that does not stand (`counts` False) is only counted where tiers are
    for activities, as they count it."""

    id: UUID
    at: datetime
    facts: ActivityFacts
    counts: bool = True
    blocked: bool = False
    who: UUID | None = None


type PastEvent = PastOrder | PastRefund | PastActivity
_RANK: Mapping[type, int] = {PastOrder: 0, PastActivity: 1, PastRefund: 2}


def in_order(events: Iterable[PastEvent], orders: Mapping[UUID, datetime]) -> list[PastEvent]:
    """As they happened; a refund never before its order (`orders`: when each was placed)."""
    return sorted(events, key=lambda one: (_when(one, orders), _RANK[type(one)]))


def _when(event: PastEvent, orders: Mapping[UUID, datetime]) -> datetime:
    return max(event.at, orders[event.order]) if isinstance(event, PastRefund) else event.at


@dataclass(frozen=True, slots=True)
class PastMember:
    """Whose past it is. `places` are segments that no rule put them into, and until when; `friends` when each friend
    they brought came to count."""

    id: UUID
    joined_at: datetime
    birthday: date | None = None
    places: tuple[tuple[str, datetime | None], ...] = ()
    friends: tuple[datetime, ...] = ()


def noticed(
    member: PastMember, events: Iterable[PastEvent], *, earning: Earning, zone: ZoneInfo, until: datetime
) -> list[PastActivity]:
    """What a programme notices by itself and a rule here asks for, where the programme of then did not: joining, and
    birthdays. What was noticed then is among the events and not made up again."""
    done = [event for event in events if isinstance(event, PastActivity)]
    found = []
    if _asks(earning, JOINED) and not _has(done, JOINED) and member.joined_at < until:
        found.append(_own(member, JOINED, member.joined_at))
    if member.birthday is not None and _asks(earning, BIRTHDAY):
        had = [one.at for one in done if one.facts.kind == BIRTHDAY]
        found += [_own(member, BIRTHDAY, at) for at in _birthdays(member, member.birthday, zone, until)
                  if all(abs(at - other) >= timedelta(days=365) for other in had)]  # fmt: skip
    return found


def _asks(earning: Earning, kind: str) -> bool:
    return any(rule.activity is not None and kind in rule.activity.kinds for rule in earning.rules)


def _has(done: Collection[PastActivity], kind: str) -> bool:
    return any(one.facts.kind == kind for one in done)


def _birthdays(member: PastMember, born: date, zone: ZoneInfo, until: datetime) -> list[datetime]:
    """When each birthday began since they joined, as `operations.occasions` would have recorded it."""
    found = []
    for year in range(member.joined_at.year, until.year + 1):
        day = yearly(born, year)
        begins = datetime.combine(day, time(), tzinfo=zone)
        ends = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
        if (day - born).days > 300 and member.joined_at < ends and begins < until:
            found.append(max(begins, member.joined_at))
    return found


def _own(member: PastMember, kind: str, at: datetime) -> PastActivity:
    return PastActivity(uuid5(member.id, f"{kind}|{at.isoformat()}"), at, ActivityFacts(kind))
