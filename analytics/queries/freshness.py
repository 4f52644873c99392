"""What of the facts is out of date: what was marked so, what happened since, and today, which goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Sum

from analytics.models import Fact, Mark, Stale
from analytics.queries.gathering import COUNTED, FAMILIES, SILENCE_DAYS
from analytics.queries.statements import answer
from analytics.rules.calendar import DAY, EARLIEST, LATEST, Days, Stretch, merged, overlap, runs

type Position = tuple[int, int]
"""Of an event in the feed: the transaction that wrote it, and its number."""
ALL: Position = (2**62, 2**62)
LIVE_BELOW = 100_000
"""A shop with fewer orders in thirty days is counted up to the present whenever somebody looks. A larger one is read
as it was summed last, a few minutes ago."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """`stale` has the spans of days of each family that facts cannot answer for; `as_of` is when what is read was
    counted; `is_live` says that everything is counted up to now."""

    stale: Mapping[str, list[Days]] = field(default_factory=dict)
    as_of: datetime | None = None
    is_live: bool = True

    def of_family(self, family: str, within: Days) -> list[Days]:
        """The stale spans of a daily family in a stretch of days."""
        return [found for span in self.stale.get(family, []) if (found := overlap(span, within))]

    def is_stale(self, found: Stretch) -> bool:
        """Whether the heads of a stretch have to be counted: they look at the stretch before, too."""
        reach = found.previous.first, found.after
        return any(overlap(span, reach) for span in self.stale.get(COUNTED, []))


def today_of(zone: str, at: datetime) -> date:
    """The day it is in a zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def freshness(*, zone: str, at: datetime, exactly: bool = False) -> Freshness:
    """What the facts of the shop cannot answer for at this moment. `exactly` says that a large shop is to be counted up
    to the present, too; today is then counted in any case."""
    mark = Mark.objects.first()
    if mark is None or mark.zone != zone:
        return Freshness({family: [(EARLIEST, LATEST)] for family in FAMILIES}, at)
    today = today_of(zone, at)
    if not exactly and mark.filled_at is not None and is_large(today):
        return Freshness({}, mark.filled_at, False)
    spans: dict[str, list[Days]] = {family: [] for family in FAMILIES}
    for family, first, last in touched(mark, zone=zone, at=at):
        spans[family].append((first, last + DAY))
    days: dict[str, list[date]] = {}
    for family, day in Stale.objects.values_list("family", "day"):
        days.setdefault(family, []).append(day)
    for family, found in days.items():
        spans[family] += runs(found)
    # Time alone changes these: silences that are over, and who has not come back on a day that has begun.
    after = max(today, mark.day) + DAY
    spans["lapses"].append((mark.day, after))
    spans[COUNTED].append((mark.day + DAY, after))
    if exactly:
        for found_spans in spans.values():
            found_spans.append((today, today + DAY))
    return Freshness({family: merged(found) for family, found in spans.items()}, at)


def touched(mark: Mark, *, zone: str, at: datetime, upto: Position = ALL) -> list[tuple[str, date, date]]:
    """Family, first and last day of what events after a mark touch, up to the one at a position."""
    return answer(
        "touched",
        {
            "writer": mark.writer, "number": mark.number, "upto_writer": upto[0], "upto_number": upto[1], "zone": zone,
            "silence": SILENCE_DAYS, "today": today_of(zone, at),
        },
    )  # fmt: skip


def is_large(today: date) -> bool:
    """Whether the facts say that so much was bought lately that counting it anew takes long."""
    month = Fact.objects.filter(
        grain="day", cut="", name="", measure="orders", first__gte=today - timedelta(days=30)
    )
    return (month.aggregate(n=Sum("amount"))["n"] or 0) >= LIVE_BELOW
