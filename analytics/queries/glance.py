"""The overview's figures from facts: days that are over as they were summed, today and what is out of date counted now.
They are the same numbers as those counted from the rows, to the last one."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cached_property

from analytics.models import Fact, Mark
from analytics.queries.freshness import today_of
from analytics.queries.gathering import SIDES, VISITORS
from analytics.queries.sums import Reader, reader
from analytics.queries.sums import Sums as Amounts
from analytics.rules.calendar import DAY, EARLIEST, LATEST, Days, midnight, overlap
from loyalty.core.ledger.chart import MerchantAccount
from members.queries.overview import Period, Sums, buyers, first_buyers

MOST_STALE = timedelta(days=366)
EVER: Days = (EARLIEST, LATEST)
NOW, BEFORE = "visitors", "visitors_before"
"""Of the last days those that are over, and as many days before all of them."""


def closed(days: int, today: date) -> Days:
    """Of the last `days` days those that are over."""
    return today - timedelta(days=days - 1), today


def before(days: int, today: date) -> Days:
    """As many days just before the last `days`."""
    first = today - timedelta(days=days - 1)
    return first - timedelta(days=days), first


def period_of(span: Days, zone: str) -> Period:
    """Some days as a period of instants."""
    return Period(*(midnight(day, zone) for day in span))


def grain_of(days: int) -> str:
    """Under what the visitors of the last `days` are kept."""
    return f"last{days}"


class Glance(Sums):
    """Sums of the last `days` days and of as many before them. A period ends with today, which goes on."""

    def __init__(self, days: int, read: Reader) -> None:
        self.days, self.read, self.today = days, read, today_of(read.zone, read.at)
        first, today = closed(days, self.today)
        self.spans: Sequence[Days] = ((first, today + DAY), before(days, self.today))
        super().__init__(tuple(period_of(span, read.zone) for span in self.spans))

    @cached_property
    def members(self) -> dict[str, int]:
        found = self._of_days(["joined"])
        return {"total": found[-1]["joined"]} | {
            f"new_{n}": found[n]["joined"] for n in range(len(self.spans))
        }

    @cached_property
    def orders(self) -> dict[str, int]:
        names = {"count": "orders", "revenue": "revenue", "by_members": "revenue_members"}
        found = self._of_days(list(names.values()))
        sums = {
            f"{name}_{n}": found[n][measure]
            for n in range(len(self.spans))
            for name, measure in names.items()
        }
        now, earlier = self._visitors()
        return {**sums, "active_0": now, "active_1": earlier}

    @cached_property
    def points(self) -> list[dict[str, int]]:
        return [
            {MerchantAccount(side): sums[f"{side}_in"] - sums[f"{side}_out"] for side in SIDES}
            for sums in self._of_points[:-1]
        ]

    @cached_property
    def outstanding(self) -> int:
        # What members hold is all that ever came to them less all that ever left them: the books see to it.
        ever = self._of_points[-1]
        return sum(ever[f"{side}_in"] - ever[f"{side}_out"] for side in SIDES)

    @cached_property
    def _of_points(self) -> list[dict[str, int]]:
        return self._of_days([f"{side}_{way}" for side in SIDES for way in ("in", "out")])

    def _of_days(self, measures: list[str]) -> list[dict[str, int]]:
        """Sums of each period, and of all time last."""
        asked = [*self.spans, EVER]
        found = self.read.of_days(asked, measures)
        none: Amounts = Counter()
        return [{name: found.get((span, ""), none)[name] for name in measures} for span in asked]

    def _visitors(self) -> tuple[int, int]:
        """Members who bought in each period. People do not add up, so what was kept stands for the days that are over,
        and of today there are those who had not bought in them; where nothing holds any more all are counted."""
        kept = self._kept()
        first, today = closed(self.days, self.today)
        if kept is None:
            now, earlier = buyers(self.periods)
            return now, earlier
        this_day = period_of((today, today + DAY), self.read.zone)
        since = midnight(first, self.read.zone)
        return kept[NOW] + first_buyers(this_day, since=since), kept[BEFORE]

    def _kept(self) -> dict[str, int] | None:
        spans = closed(self.days, self.today), before(self.days, self.today)
        stale = self.read.fresh.stale.get(VISITORS, [])
        if any(overlap(one, span) for one in stale for span in spans):
            return None
        rows = Fact.objects.filter(family=VISITORS, grain=grain_of(self.days), first=self.today)
        found = dict(rows.values_list("measure", "amount"))
        return found if found.keys() == {NOW, BEFORE} else None


def glance(days: int, *, zone: str, at: datetime) -> Sums | None:
    """The overview's sums of the last `days` days from facts; None for a shop that was never summed in this zone, and
    where so much is out of date that adding up the rows is no slower."""
    if not Mark.objects.filter(zone=zone, filled_at__isnull=False).exists():
        return None
    read = reader(zone=zone, at=at, exactly=True)
    stale = sum(((after - first) for first, after in read.fresh.of_family("points", EVER)), timedelta())
    return None if stale > MOST_STALE else Glance(days, read)
