"""Key figures: what they are, what they were in a period, along time, and the rows they add up."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from django.urls import path
from msgspec import Meta, Struct

from analytics.queries import rows as opened
from analytics.queries import telling
from analytics.queries.figures import FIGURES, Definition, definition, told_apart
from analytics.queries.freshness import today_of
from analytics.queries.sums import Reader, reader
from analytics.rules.calendar import Grain, Stretch, stretch, stretches
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, Window, seal, unseal
from loyalty.core.api.spec import endpoint, page_of
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.merchants.queries import shop_of_scope

By = Literal["day", "week", "month", "quarter", "year"]
Cut = Literal["", "channel", "location", "tier", "segment", "campaign"]
Name = Annotated[str, Meta(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)


class KpiPeriod(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`by` is how long the period is, `day` any day in it by the shop's calendar; without one it is the present one."""

    by: By = "month"
    day: date | None = None


class KpiSearch(KpiPeriod, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`count` periods up to that one. With a `cut` the figure is told for each channel, location, tier, segment or
    campaign. A tier is the one that members had when they bought, a segment those who are in it now, a campaign what
    its rules gave something for, and the points they gave. Who is in several segments counts in each: the parts may
    come to more than the whole."""

    count: Annotated[int, Meta(ge=1, le=60)] = 13
    cut: Cut = ""


class KpiRowSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Which period, as for the figure; with a `cut` and a `name` only the rows of that channel, location, tier, segment
    (its handle) or campaign (its id)."""

    by: By = "month"
    day: date | None = None
    cut: Cut = ""
    name: Name = ""


class KpiValue(Struct):
    """A figure in one period, from `first` to `last` day. `value` is a text, exact to six digits after the point; null
    where there is nothing to divide by. Money is in minor units. `part` and `whole` are what was divided."""

    first: date
    last: date
    name: str
    value: str | None
    part: int
    whole: int | None


class Kpi(Struct):
    """What a figure is, and what it was: now, in the period before, and in that of the year before. `unit` is count,
    points, money, share, ratio or score; `guide` the value the trade aims at."""

    key: str
    row: str
    label: str
    sentence: str
    formula: str
    unit: str
    guide: str | None
    cuts: list[str]
    now: KpiValue
    before: KpiValue
    year_before: KpiValue


class KpiList(Struct):
    """All figures of a period. `as_of` is when they were counted; `is_over` says that the period is."""

    by: str
    first: date
    last: date
    is_over: bool
    currency: str
    timezone: str
    as_of: datetime | None
    data: list[Kpi]


class KpiSeries(Struct):
    """One figure along time, oldest first; with a cut once for each name and period."""

    key: str
    unit: str
    as_of: datetime | None
    data: list[KpiValue]


class KpiRow(Struct):
    """One row behind a figure: of an order or a member (`about`), and what it adds to the figure's part and whole."""

    id: str
    about: str
    at: datetime | None
    note: str
    part: int
    whole: int


def _reader(call: Call) -> Reader:
    return reader(zone=shop_of_scope().timezone, at=call.at)


def _period(call: Call, zone: str) -> Stretch:
    day = call.query.day or today_of(zone, call.at)
    if not _FIRST <= day <= _LAST:
        raise InvalidInput.of("day", "The time must lie between the years 2000 and 2100.")
    return stretch(Grain(call.query.by), day)


def _value(told: telling.Told, when: Stretch, name: str = "") -> KpiValue:
    value = told.value
    text = None if value is None else str(value) if isinstance(value, int) else f"{value:.6f}"
    return KpiValue(when.first, when.last, name, text, told.part, told.whole)


def _kpi(made: Definition, when: Stretch, table: telling.Table) -> Kpi:
    now, before, year = (
        _value(table[made.key, one, ""], one) for one in (when, when.previous, when.year_before)
    )
    guide: Decimal | None = made.guide
    return Kpi(
        made.key, made.row, made.label(), made.says(), made.formula, made.unit, None if guide is None else str(guide),
        list(made.cuts), now, before, year,
    )  # fmt: skip


class Kpis(Endpoint):
    @endpoint(summary="List key figures", scope="reports:read", query=KpiPeriod, answers={200: KpiList})
    def get(self, call: Call) -> KpiList:
        """Every figure of a period, beside the period before and that of the year before."""
        read, shop = _reader(call), shop_of_scope()
        when = _period(call, read.zone)
        table = telling.figures(read, [when, when.previous, when.year_before])
        return KpiList(
            when.grain.value, when.first, when.last, when.after <= today_of(read.zone, call.at), shop.currency,
            read.zone, read.fresh.as_of, [_kpi(made, when, table) for made in FIGURES.values()],
        )  # fmt: skip


class OneKpi(Endpoint):
    @endpoint(
        summary="Read a key figure along time",
        scope="reports:read",
        query=KpiSearch,
        answers={200: KpiSeries},
        refuses=(NotFound, InvalidInput),
    )
    def get(self, call: Call, key: str) -> KpiSeries:
        """One figure of some periods, told apart by channel, location, tier, segment or campaign where it can be. Large
        shops have segments and campaigns counted for days, weeks and months only."""
        read, made = _reader(call), definition(key)
        cut = told_apart(made, call.query.cut)
        when = _period(call, read.zone)
        asked = stretches(when.grain, upto=when.first, count=call.query.count)
        table = telling.figures(read, asked, [key], cut=cut)
        told = sorted(table.items(), key=lambda entry: (entry[0][2], entry[0][1].first))
        data = [_value(found, one, name) for (_key, one, name), found in told]
        return KpiSeries(key, made.unit, read.fresh.as_of, data)


class KpiRows(Endpoint):
    @endpoint(
        summary="List the rows behind a key figure",
        scope="reports:read",
        query=KpiRowSearch,
        answers={200: page_of(KpiRow)},
        refuses=(NotFound,),
    )
    def get(self, call: Call, key: str) -> dict[str, Any]:
        """Largest first; together they add up to the figure's part and whole. Pages go on only: `prev` is always
        null."""
        zone, asked = shop_of_scope().timezone, call.query
        first = int(unseal("kpi-rows", asked.cursor)[0]) if asked.cursor else 0
        found = opened.some_rows(
            key, _period(call, zone), zone=zone, at=call.at, cut=asked.cut, name=asked.name, first=first,
            most=asked.limit + 1,
        )  # fmt: skip
        more, found = len(found) > asked.limit, found[: asked.limit]
        window = Window(found, seal("kpi-rows", [first + asked.limit]) if more else None, None)
        kind = "ord" if definition(key).opens.what == "orders" else "mbr"
        return call.page(window, [_row(one, kind) for one in found])


def _row(one: opened.Row, kind: str) -> KpiRow:
    own: UUID = one.id
    return KpiRow(str(own), ids.encode(kind, one.about), one.at, one.note, one.part, one.whole)


urlpatterns = [
    path("kpis", Kpis.as_view()),
    path("kpis/<str:key>", OneKpi.as_view()),
    path("kpis/<str:key>/rows", KpiRows.as_view()),
]
