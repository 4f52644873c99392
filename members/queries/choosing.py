"""Choosing members: everybody of a tier, a segment, a consent, who bought lately or not for long; sorted and by pages.

Fast with a million of them: each condition is a look into an index by the member, or by the condition itself, and the
planner is told the values, so that a rare tier is read by its own index and a common one along the list.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from loyalty.core import ids
from loyalty.core.errors import NotFound
from loyalty.core.ledger.queries import holding
from loyalty.core.tenancy.plans import planned_for_its_values
from members.models import Member, Profile, SegmentPlace, Stats, TierStanding
from members.queries import directory
from members.queries.directory import search, with_status

SORTS = ("newest", "oldest", "name")
BOUGHT = {"7": 7, "30": 30, "90": 90}
"""Bought something within so many days."""
NOT_BOUGHT = {"not-30": 30, "not-60": 60, "not-180": 180}
"""Bought before, but not within so many days."""
NEVER = "never"
POINTS = ("some", "none")
NEWS = ("email", "sms", "neither")
NO_TIER = "-"
ALONG = 15_000
"""So many members of the list are looked through for those of a common name who meet a condition,"""
ALONG_NAMES = 5_000
"""and so many along the names for anybody who does."""
ENOUGH = 5_000
"""So many of a common name who meet a condition are sorted at once; of more, those for a page are looked for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a list of members is narrowed to; "" does not narrow. `tier` `NO_TIER`: who has none. `joined_since` is in,
    `joined_until` out."""

    text: str = ""
    status: str = ""
    tier: str = ""
    segment: str = ""
    bought: str = ""
    points: str = ""
    news: str = ""
    joined_since: datetime | None = None
    joined_until: datetime | None = None
    sort: str = "newest"

    @property
    def narrows(self) -> bool:
        """Whether anybody at all is left out."""
        conditions = (self.text, self.status, self.tier, self.segment, self.bought, self.points, self.news)
        return any(conditions) or self.joined_since is not None or self.joined_until is not None


type After = tuple[str, ...]
"""Where a page ended, as text: the sorted columns of its last row and its id."""


def members(choice: Choice, *, at: datetime, after: After | None = None, most: int) -> list[Member]:
    """Up to `most` of the chosen, from after a row on."""
    keys = _keys(choice, at, after, most)
    rows = Member.objects.in_bulk(keys)
    return [rows[key] for key in keys]


def ids_of(choice: Choice, *, at: datetime, most: int) -> list[UUID]:
    """The ids of up to `most` of the chosen."""
    return _keys(choice, at, None, most)


def _keys(choice: Choice, at: datetime, after: After | None, most: int) -> list[UUID]:
    """Ids alone are read from indexes, however many members are passed by to find a page of them."""
    found = _sorted(_narrowed(choice, at), choice.sort, after).values_list("pk", flat=True)
    text, asks = choice.text.strip(), bool(_conditions(choice, at))
    with planned_for_its_values():
        fitting = directory.fitting(choice.text) if text and asks else []
        if not (directory.are_many(fitting) if text else asks and choice.sort == "name"):
            return list(found[:most])
        # How many of a common name, or along the names, meet a condition is not known before: a stretch of the list
        # tells whether they are many. If not, they are gathered, which takes as long as it takes, rather than looked
        # for to the list's end.
        near = _near(found, choice, after)
        keys = list(near[:most]) if near is not None else []
        if len(keys) < most and fitting:
            meeting = _some_meeting(choice, at, fitting)
            if len(meeting) <= ENOUGH:
                among = _joined(choice).filter(pk__in=meeting)
                return list(_sorted(among, choice.sort, after).values_list("pk", flat=True)[:most])
        return keys if len(keys) == most else list(_gathered(choice, at, after, fitting)[:most])


def _some_meeting(choice: Choice, at: datetime, fitting: Sequence[QuerySet[Any, Any]]) -> list[UUID]:
    """Of those of a name who meet the conditions, in no order and some of them twice: all of them, or more than
    `ENOUGH`."""
    conditions = _conditions(choice, at, of="member_id")
    first, *rest = [rows.filter(*conditions).values_list("member_id", flat=True) for rows in fitting]
    return list(first.union(*rest, all=True)[: ENOUGH + 1])


def _near(found: QuerySet[Member, Any], choice: Choice, after: After | None) -> QuerySet[Member, Any] | None:
    """Of those chosen, who is among the next members of the list; None in a shop that has no more."""
    if choice.sort == "name":
        names = Profile.objects.order_by("search_family", "search_given", "member_id")
        if after is not None:
            names = names.filter(search_family__gte=after[0])
        edge = list(names.values_list("search_family", flat=True)[ALONG_NAMES : ALONG_NAMES + 1])
        return found.filter(profiles__search_family__lt=edge[0]) if edge else None
    past = _sorted(with_status(choice.status), choice.sort, after)
    joined = list(past.values_list("joined_at", flat=True)[ALONG : ALONG + 1])
    if not joined:
        return None
    return (
        found.filter(joined_at__lt=joined[0])
        if choice.sort == "oldest"
        else found.filter(joined_at__gt=joined[0])
    )


def _gathered(
    choice: Choice, at: datetime, after: After | None, fitting: Sequence[QuerySet[Any, Any]]
) -> QuerySet[Member, Any]:
    """The same members in the same order, which no index has: so all of them are gathered, and then sorted. Conditions
    are put to those who fit, before anybody is looked up."""
    if fitting:
        conditions = _conditions(choice, at, of="member_id")
        meeting = directory.gathered([rows.filter(*conditions) for rows in fitting])
        found = _sorted(_joined(choice).filter(meeting), choice.sort, after)
    else:
        found = _sorted(_narrowed(choice, at), choice.sort, after)
    if choice.sort == "name":
        names = (Concat(f"profiles__search_{part}", Value("")) for part in ("family", "given"))
        found = found.order_by(*names, "profiles__member_id")
    else:
        joined = ExpressionWrapper(F("joined_at") + Value(timedelta()), output_field=DateTimeField())
        newest = choice.sort != "oldest"
        found = found.order_by(joined.desc(), "-id") if newest else found.order_by(joined.asc(), "id")
    return found.values_list("pk", flat=True)


def named(public_ids: Iterable[str]) -> list[Member]:
    """Members by their public ids, in the order of the list; what names nobody here is left out."""
    wanted = set()
    for text in public_ids:
        try:
            wanted.add(ids.decode("mbr", text))
        except NotFound:
            continue
    return list(Member.objects.filter(pk__in=wanted).order_by("-joined_at", "-id"))


def position(choice: Choice, last: Member) -> After:
    """Where a page ends whose last row is this one."""
    if choice.sort != "name":
        return (last.joined_at.isoformat(), str(last.pk))
    profile = Profile.objects.filter(member=last).first()
    family, given = (profile.search_family, profile.search_given) if profile else ("", "")
    return (family, given, str(last.pk))


def _narrowed(choice: Choice, at: datetime) -> QuerySet[Member]:
    found = _joined(choice)
    if choice.text.strip():
        found = found.filter(search(choice.text))
    for condition in _conditions(choice, at):
        found = found.filter(condition)
    return found


def _joined(choice: Choice) -> QuerySet[Member]:
    """Members by what their own row says."""
    found = with_status(choice.status)
    if choice.joined_since is not None:
        found = found.filter(joined_at__gte=choice.joined_since)
    if choice.joined_until is not None:
        found = found.filter(joined_at__lt=choice.joined_until)
    return found


def _conditions(choice: Choice, at: datetime, *, of: str = "pk") -> list[Any]:
    """What is asked about a member, who is named in the column `of`."""
    mine = {"member": OuterRef(of)}
    found: list[Any] = []
    if choice.tier == NO_TIER:
        found.append(~Exists(TierStanding.objects.filter(**mine)))
    elif choice.tier:
        found.append(Exists(TierStanding.objects.filter(**mine, tier=choice.tier)))
    if choice.segment:
        places = SegmentPlace.objects.filter(Q(until=None) | Q(until__gt=at), **mine, segment=choice.segment)
        found.append(Exists(places))
    if choice.points in POINTS:
        found.append(holding(OuterRef(of), some=choice.points == "some"))
    if choice.news in NEWS:
        found.append(_agreed(choice.news, mine))
    return [*found, *_bought(choice.bought, at, mine)]


def _agreed(news: str, mine: dict[str, Any]) -> Any:
    rows = Profile.objects.filter(**mine)
    match news:
        case "email":
            return Exists(rows.filter(news_by_email=True))
        case "sms":
            return Exists(rows.filter(news_by_sms=True))
        case _:
            return Exists(rows.filter(news_by_email=False, news_by_sms=False))


def _bought(bought: str, at: datetime, mine: dict[str, Any]) -> list[Any]:
    """By the running counts, which the list shows, too: one row of a member, where their orders would be many."""
    counts = Stats.objects.filter(**mine, orders_count__gt=0)
    if bought in BOUGHT:
        return [Exists(counts.filter(last_order_at__gte=at - timedelta(days=BOUGHT[bought])))]
    if bought in NOT_BOUGHT:
        return [Exists(counts.filter(last_order_at__lt=at - timedelta(days=NOT_BOUGHT[bought])))]
    return [Exists(Stats.objects.filter(**mine, orders_count=0))] if bought == NEVER else []


def _sorted(found: QuerySet[Member], sort: str, after: After | None) -> QuerySet[Member]:
    return _by_name(found, after) if sort == "name" else _by_time(found, sort, after)


def _by_time(found: QuerySet[Member], sort: str, after: After | None) -> QuerySet[Member]:
    newest = sort != "oldest"
    if after is not None:
        instant, pk = datetime.fromisoformat(after[0]), UUID(after[1])
        # The first bound lets the index begin there; the second leaves out what the page before has shown.
        if newest:
            past = Q(joined_at__lt=instant) | Q(joined_at=instant, pk__lt=pk)
            found = found.filter(past, joined_at__lte=instant)
        else:
            past = Q(joined_at__gt=instant) | Q(joined_at=instant, pk__gt=pk)
            found = found.filter(past, joined_at__gte=instant)
    return found.order_by("-joined_at", "-id") if newest else found.order_by("joined_at", "id")


def _by_name(found: QuerySet[Member], after: After | None) -> QuerySet[Member]:
    """By family name, then given name. Who was erased has no name and is in no such list."""
    found = found.filter(profiles__isnull=False)
    if after is not None:
        family, given, pk = after[0], after[1], UUID(after[2])
        past = (
            Q(profiles__search_family__gt=family)
            | Q(profiles__search_family=family, profiles__search_given__gt=given)
            | Q(profiles__search_family=family, profiles__search_given=given, pk__gt=pk)
        )
        found = found.filter(past, profiles__search_family__gte=family)
    return found.order_by("profiles__search_family", "profiles__search_given", "profiles__member_id")
