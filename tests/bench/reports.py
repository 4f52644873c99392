"""What a large shop's figures cost: its whole history summed, one day summed again, members' worth fitted anew, and how
long the overview, every page of reports and the API's key figures take. In process: no browser, no network.

Also runs by itself: `python -m tests.bench.reports --members 20000`, or `--standing`, with `--refill` to have the whole
history summed again, and with `--only "rows of"` for pages of that name alone.
"""

import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.bench import large
from tests.bench.clients import Figure
from tests.bench.lists import Counted, staff_client

if TYPE_CHECKING:
    from tests.bench.__main__ import Run

PAGE, DAY, HISTORY, REFIT = "300 ms", "60 s", "15 min", "60 s"
TIMES = 5
OVERVIEW = {"overview": "", **{f"overview: {days} days": f"?days={days}" for days in (7, 90, 365)}}
OPENED = ("orders", "revenue_members", "members_new", "members_active", "points_issued", "points_outstanding")
"""Figures of the overview that are opened."""
BESIDE = {
    "worth, the members": "reports/value/members/",
    "winning members": "reports/winning/",
    "goals": "reports/goals/",
    "what it brings": "reports/return/",
    "advice": "reports/advice/",
    "what is owed": "reports/liability/",
    "the quarter": "reports/review/",
}
API = {
    "kpis": "kpis",
    "kpis of a day": "kpis?by=day",
    "kpis of a year": "kpis?by=year",
    "one, along 60 months": "kpis/retention?count=60",
    "one, by channel": "kpis/revenue?cut=channel",
}


def calls() -> dict[str, str]:
    """Every call of the API by what it is called, the rows of each figure too."""
    from analytics.queries.figures import FIGURES

    return {**API, **{f"rows of {key}": f"kpis/{key}/rows" for key in FIGURES}}


def pages() -> dict[str, str]:
    """Every page by what it is called; addresses below the shop's."""
    from analytics.queries.figures import FIGURES
    from loyalty.web.office.reports.themes import THEMES

    return {
        **OVERVIEW,
        **{f"overview opens {key}": f"figures/{key}/" for key in OPENED},
        "reports": "reports/",
        "reports, by day": "reports/?by=day",
        "reports, by year": "reports/?by=year",
        **{f"reports: {name}": f"reports/{name}/" for name in THEMES},
        **{f"reports: {name}, a year ago": f"reports/{name}/?with=year" for name in ("orders", "retention")},
        **BESIDE,
        **{f"reports open rows of {key}": f"reports/figures/{key}/" for key in FIGURES},
    }


def _asked(name: str, ask: Any) -> Figure:
    """Ask several times: the first, the middle and the worst time, and how many statements it took."""
    from django.db import connection

    times = []
    for _again in range(TIMES + 1):
        counted = Counted()
        start = time.perf_counter()
        with connection.execute_wrapper(counted):
            answer = ask()
        times.append((time.perf_counter() - start) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{name} answered {answer.status_code}")
    first, times = times[0], sorted(times[1:])
    middle = times[len(times) // 2]
    told = f"{name} ({counted.queries} statements, first {first:.0f} ms)"
    return Figure(
        told, 1, 1000 / middle, round(middle, 1), round(times[-1], 1), round(times[-1], 1), target=PAGE
    )


def _seconds(name: str, took: float, target: str) -> Figure:
    return Figure(f"{name}: {took:.1f} s", 1, 1 / took, round(took * 1000, 1), target=target)


def filled(shop: Any, *, again: bool = False) -> list[Figure]:
    """The whole history, which is summed but once (or `again`); then yesterday and today again."""
    from analytics.models import Fact, Mark, Stale
    from analytics.operations import filling
    from analytics.queries.freshness import today_of
    from analytics.tasks import fill_of
    from loyalty.core import clock
    from loyalty.core.tenancy.scope import SYSTEM, acting_for

    with acting_for(shop, by=SYSTEM):
        is_new = again or not Fact.objects.exists() or Stale.objects.exists()
        if again:
            Fact.objects.all().delete()
            Mark.objects.all().delete()
    start = time.perf_counter()
    fill_of(shop)
    found = (
        [_seconds("figures: sum the whole history", time.perf_counter() - start, HISTORY)] if is_new else []
    )
    with acting_for(shop, by=SYSTEM):
        today = today_of(shop.timezone, clock.now())
        filling.refill(first=today - timedelta(days=1), last=today)
    start = time.perf_counter()
    fill_of(shop)
    return [*found, _seconds("figures: sum yesterday and today", time.perf_counter() - start, DAY)]


def fitted(shop: Any) -> list[Figure]:
    """A night: what members are worth, worked out and written down."""
    from analytics.operations import valuing
    from analytics.tasks import refit_of
    from loyalty.core import clock
    from loyalty.core.tenancy.scope import SYSTEM, acting_for
    from members.models import Member

    start = time.perf_counter()
    with acting_for(shop, by=SYSTEM):
        valuing.work_out(at=clock.now())
    worked = time.perf_counter() - start
    start = time.perf_counter()
    refit_of(shop, at=clock.now(), always=True)
    whole = time.perf_counter() - start
    with acting_for(shop, by=SYSTEM):
        members = Member.objects.count()
    return [
        fitted_lives(members),
        _seconds("worth: read everybody's purchases and fit", worked, REFIT),
        _seconds("worth: the whole night, every member written", whole, ""),
    ]


def lives(customers: int, *, seed: int = 1) -> Any:
    """Histories of so many customers as the model has them: the large shop's members all buy alike, which fits none."""
    import numpy as np

    from analytics.rules.histories import WEEK, Histories

    random = np.random.default_rng(seed)
    weeks = random.integers(1, 3 * 365, customers) / WEEK
    rate, leaving = random.gamma(0.6, 1 / 8, customers), random.beta(0.8, 2.5, customers)
    repeats, last, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    stays = np.ones(customers, dtype=bool)
    while stays.any():
        now[stays] += random.exponential(1 / np.maximum(rate[stays], 1e-9))
        stays &= now < weeks
        bought = np.flatnonzero(stays)
        repeats[bought] += 1
        last[bought] = np.rint(now[bought] * WEEK) / WEEK
        stays[bought] = random.random(len(bought)) >= leaving[bought]
    spend = np.where(repeats > 0, random.gamma(6, 20, customers), 0.0)
    return Histories(np.arange(customers), repeats, np.minimum(last, weeks), weeks, spend)


def fitted_lives(customers: int) -> Figure:
    """Both models fitted to so many histories, and everybody foretold."""
    from analytics.rules import bgnbd
    from analytics.rules.predictions import in_weeks, predict, spending_of

    told = lives(customers)
    start = time.perf_counter()
    told = in_weeks(told)
    predict(bgnbd.fit(told), spending_of(told), told)
    return _seconds(
        f"worth: fit {customers:,} drawn histories and foretell each", time.perf_counter() - start, REFIT
    )


def _reading_key(shop: Any) -> str:
    from loyalty.core import clock
    from loyalty.core.merchants.operations import create_api_key
    from loyalty.core.tenancy.scope import Actor, acting_for

    with acting_for(shop, by=Actor("operator", "bench")):
        return create_api_key(name="figures", scopes=["reports:read"], at=clock.now())[1]


def visited(shop: Any, client: Any = None, *, only: str = "") -> list[Figure]:
    """Every page as the owner sees it, and the API's key figures; `only` those with this in their names."""
    from django.core.management import call_command
    from django.test import Client

    # Pages name the files they link as they are served.
    call_command("collectstatic", interactive=False, verbosity=0)
    client = client or staff_client(shop)
    found = [
        _asked(f"page: {name}", lambda path=path: client.get(f"/m/{shop.slug}/{path}"))
        for name, path in pages().items()
        if only in name
    ]
    caller = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {_reading_key(shop)}"})
    return found + [
        _asked(f"API: {name}", lambda path=path: caller.get(f"/api/v1/{path}"))
        for name, path in calls().items()
        if only in name
    ]


def figures(shop: Any, *, again: bool = False) -> Iterator[Figure]:
    """Everything, in the order in which it happens to a shop."""
    yield from filled(shop, again=again)
    yield from fitted(shop)
    yield from visited(shop)


def measure(run: "Run") -> None:
    """Add the figures to a run."""
    from tests.bench.segments import large_shop

    for figure in figures(large_shop(run.world.admin, run.crowd)):
        run.add(figure, target=figure.target)


def main() -> None:
    from tests.bench.report import table

    shop, asked = large.asked_for(__doc__)
    found = []
    for one in visited(shop, only=asked.only) if asked.only else figures(shop, again=asked.refill):
        found.append(one)
        print(f"  {one.name}: {one.p50:,.0f} ms", file=sys.stderr, flush=True)
    print(table(found))


if __name__ == "__main__":
    main()
