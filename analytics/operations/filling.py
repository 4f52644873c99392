"""Keep the facts: hear which days changed, and sum those again.

A day that is to be summed is marked first; the transaction that sums it takes the mark away. So whoever is stopped in
between leaves marks behind and nothing half done: the next run does it again, and nothing is ever counted twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from analytics.models import Fact, Mark, Stale
from analytics.queries import glance
from analytics.queries.freshness import is_large, today_of, touched
from analytics.queries.gathering import (
    COUNTED,
    DAILY,
    FAMILIES,
    VISITORS,
    WINDOWS,
    Sum,
    of_days,
    of_stretches,
)
from analytics.queries.statements import answer, carry_out
from analytics.rules.calendar import DAY, Days, Grain, Stretch, runs, stretch
from loyalty.core.merchants.queries import shop_of_scope
from members.queries.overview import buyers

BATCH_DAYS = 400
"""Days of history that are summed in one transaction: a year and a month."""
_AT_ONCE = {Grain.DAY: 91, Grain.WEEK: 13, Grain.MONTH: 3, Grain.QUARTER: 1, Grain.YEAR: 1}
"""So many stretches that follow each other are counted by one statement: about a quarter of a year, or one stretch."""
_GAP_DAYS = 7  # days in between that need not be summed cost less than asking once more


@transaction.atomic
def note_changes(*, at: datetime) -> int:
    """Mark the days that events since the last time touch, and those that have begun since; how many marks there are.

    A shop that was never summed, or has moved to another zone, has all its days marked.
    """
    zone = shop_of_scope().timezone
    today = today_of(zone, at)
    mark = Mark.objects.select_for_update().first()
    if mark is None:
        Mark.objects.bulk_create([Mark(day=today, zone="")], ignore_conflicts=True)
        mark = Mark.objects.select_for_update().get()
    # First how far, then what: what is written in between is heard of the next time.
    last = answer("settled", {"writer": mark.writer, "number": mark.number})
    upto = last[0] if last else (mark.writer, mark.number)
    if mark.zone != zone:
        Fact.objects.all().delete()
        _mark_all(zone, today)
    else:
        found = touched(mark, zone=zone, at=at, upto=upto)
        # A silence that is over only in days to come is marked when they have come.
        _mark((family, first, max(first, min(last, today))) for family, first, last in found)
        _mark([("lapses", mark.day, today), (COUNTED, mark.day + DAY, today)])
    mark.writer, mark.number = upto
    mark.day, mark.zone = max(today, mark.day), zone
    mark.save(update_fields=["writer", "number", "day", "zone"])
    return Stale.objects.count()


@transaction.atomic
def refill(*, first: date, last: date) -> None:
    """Have every day from `first` to `last` summed again, whatever is known of it."""
    list(Mark.objects.select_for_update())
    _mark((family, first, last) for family in FAMILIES)


@transaction.atomic
def sum_batch(*, at: datetime) -> bool:
    """Sum the oldest days that are marked, up to `BATCH_DAYS` of them; whether more are left. One at a time for a
    shop: a second caller waits, and finds them done."""
    zone = shop_of_scope().timezone
    mark = Mark.objects.select_for_update().first()
    if mark is None:
        return False
    carry_out("room", {})
    oldest = Stale.objects.order_by("day").values_list("day", flat=True).first()
    if oldest is not None:
        marked = Stale.objects.filter(day__lt=oldest + timedelta(days=BATCH_DAYS))
        days: dict[str, list[date]] = {}
        for family, day in marked.values_list("family", "day"):
            days.setdefault(family, []).append(day)
        for family in DAILY:
            for span in runs(days.get(family, []), gap=_GAP_DAYS):
                _sum_days(family, span, zone, at)
        for found in _together(_stretches(days.get(COUNTED, []), upto=max(today_of(zone, at), mark.day))):
            _sum_stretches(found, zone, at)
        _keep_visitors(days.get(VISITORS, []), today_of(zone, at), zone)
        marked.delete()
    if Stale.objects.exists():
        return True
    _keep_visitors([], today_of(zone, at), zone)
    mark.filled_at = at
    mark.save(update_fields=["filled_at"])
    return False


def _mark_all(zone: str, today: date) -> None:
    first, last = answer("begun", {"zone": zone})[0]
    if first is not None:
        _mark((family, first, max(last, today)) for family in FAMILIES)


def _mark(found: Iterable[tuple[str, date, date]]) -> None:
    rows = list(found)
    carry_out(
        "mark_stale",
        {
            "families": [family for family, _first, _last in rows],
            "firsts": [first for _family, first, _last in rows],
            "lasts": [last for _family, _first, last in rows],
        },
    )


def _sum_days(family: str, days: Days, zone: str, at: datetime) -> None:
    first, after = days
    Fact.objects.filter(family=family, grain=Grain.DAY, first__gte=first, first__lt=after).delete()
    keep_sums(family=family, grain=Grain.DAY, sums=of_days(family, days, zone=zone, at=at))


def _stretches(days: Iterable[date], *, upto: date) -> set[Stretch]:
    """The stretches that have to be counted anew for some days: those they are in, and those after, which compare
    themselves with them."""
    found = {stretch(grain, day) for day in set(days) for grain in Grain}
    return found | {after for one in found if (after := one.following).first <= upto}


def _together(found: Iterable[Stretch]) -> Iterator[list[Stretch]]:
    """Stretches in runs of one length that follow each other, as long as one statement shall look at."""
    run: list[Stretch] = []
    for one in sorted(found):
        if run and (run[-1].following != one or len(run) >= _AT_ONCE[one.grain]):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _sum_stretches(run: Sequence[Stretch], zone: str, at: datetime) -> None:
    grain, first, last = run[0].grain, run[0].first, run[-1].first
    Fact.objects.filter(family=COUNTED, grain=grain, first__gte=first, first__lte=last).delete()
    keep_sums(family=COUNTED, grain=grain, sums=of_stretches(run, zone=zone, at=at))


def _keep_visitors(stale: Iterable[date], today: date, zone: str) -> None:
    """Count who bought lately, in a large shop, once a day and again where a day was marked. What was kept and does not
    hold any more goes."""
    found = Fact.objects.filter(family=VISITORS)
    begun = glance.before(max(WINDOWS), today)[0]
    if not is_large(today):
        found.delete()
        return
    if found.filter(first=today).exists() and not any(begun <= day < today for day in stale):
        return
    found.delete()
    spans = [span(days, today) for days in WINDOWS for span in (glance.closed, glance.before)]
    counts = iter(buyers([glance.period_of(span, zone) for span in spans]))
    for days in WINDOWS:
        sums = [Sum(today, "", "", measure, next(counts)) for measure in (glance.NOW, glance.BEFORE)]
        keep_sums(family=VISITORS, grain=glance.grain_of(days), sums=sums)


def keep_sums(*, family: str, grain: str, sums: list[Sum]) -> None:
    """Write sums down, of which there are none yet."""
    carry_out(
        "keep",
        {
            "family": family,
            "grain": grain,
            "firsts": [one.first for one in sums],
            "cuts": [one.cut for one in sums],
            "names": [one.name for one in sums],
            "measures": [one.measure for one in sums],
            "amounts": [one.amount for one in sums],
        },
    )
