"""The charts of reports, made from figures. Each place of a chart opens the rows of its period."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from analytics.charts.base import Chart
from analytics.charts.shapes import Funnel, Heat, sparkline
from analytics.charts.trend import Bars, Line, Series, Stacked
from analytics.queries import journeys
from analytics.queries.figures import FIGURES
from analytics.queries.sums import Reader
from analytics.queries.telling import Table
from analytics.rules.calendar import Grain, Stretch, stretch, stretches
from loyalty.core import formats
from loyalty.web.office.reports.frame import SHOWN, Asked, show_of, shown, tick_of, worded
from loyalty.web.office.value.charts import value_charts

COHORT_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Drawer:
    """Draws for one shop and period. `table` holds the figures of every period that is shown."""

    slug: str
    currency: str
    read: Reader
    asked: Asked
    table: Table

    @property
    def periods(self) -> list[Stretch]:
        """What stands along the bottom of a chart: the asked period is the last."""
        return shown_periods(self.asked)

    def values(self, key: str, periods: Sequence[Stretch], *, sign: int = 1) -> tuple[float | None, ...]:
        """A figure along time; money in minor units."""
        found = (self.table.get((key, one, "")) for one in periods)
        return tuple(
            None if told is None or told.value is None else float(told.value) * sign for told in found
        )

    def places(self) -> tuple[str, ...]:
        """The periods' names. A year is told where one begins."""
        return tuple(formats.period(one.grain, one.first, short=True) for one in self.periods)

    def links(self, key: str) -> tuple[str, ...]:
        """Where the rows of each place are."""
        url = reverse("office:report_figure", args=[self.slug, key])
        return tuple(url + self.asked.query(day=one.first.isoformat(), cut="") for one in self.periods)

    def trend(
        self, kind: type[Any], name: str, title: str, sentence: str, lines: Sequence[tuple[str, str, int]]
    ) -> Chart:
        """A chart of figures along time: `lines` are (key, name, sign)."""
        unit = FIGURES[lines[0][0]].unit
        series = tuple(Series(label, self.values(key, self.periods, sign=sign)) for key, label, sign in lines)
        if len(lines) == 1 and self.asked.compare == "year":
            before = [one.year_before for one in self.periods]
            series += (Series(_("The year before"), self.values(lines[0][0], before), before=True),)
        chart: Chart = kind(
            key=name, title=title, sentence=sentence, axis=_("Period"), places=self.places(), series=series,
            show=show_of(unit, self.currency), tick=tick_of(unit, self.currency), links=self.links(lines[0][0]),
        )  # fmt: skip
        return chart

    def one(self, key: str, *, kind: type[Any] = Line) -> Chart:
        """A chart of one figure, told by its own words."""
        made = FIGURES[key]
        label = worded(_(made.name))
        return self.trend(kind, key.replace("_", "-"), label, worded(_(made.sentence)), [(key, label, 1)])


def shown_periods(asked: Asked) -> list[Stretch]:
    """The periods of a chart."""
    return stretches(asked.when.grain, upto=asked.when.first, count=SHOWN[asked.when.grain])


def all_periods(asked: Asked) -> list[Stretch]:
    """Every period that a page needs: those of its charts, what they are compared with, and the last one's two."""
    found = set(shown_periods(asked)) | {asked.when.previous, asked.when.year_before}
    if asked.compare == "year":
        found |= {one.year_before for one in shown_periods(asked)}
    return sorted(found)


def of_members(draw: Drawer) -> list[Chart]:
    """Growth, and how far those who joined have come."""
    found = [
        draw.one("members_total"),
        draw.trend(Bars, "joined-lapsed", _("New and lapsed members"),
                   _("Who joined, beside how often somebody had bought nothing for 180 days."),
                   [("members_new", _("New"), 1), ("members_lapsed", _("Lapsed"), 1)]),
    ]  # fmt: skip
    way = journeys.funnel(draw.asked.when, zone=draw.read.zone)
    steps = (
        (_("Joined"), way.joined), (worded(_("First {points}")), way.earned), (_("First reward"), way.redeemed),
        (_("A higher tier"), way.rose),
    )  # fmt: skip
    chart = Funnel(
        key="funnel", title=_("How far new members have come"), head=_("Step"), count=_("Members"), steps=steps,
        sentence=_("Of those who joined in this period: who has got this far by now."),
        of_first=_("of those who joined"), of_last=_("of the step before"), show=show_of("share", draw.currency),
    )  # fmt: skip
    return [*found, chart]


def of_retention(draw: Drawer) -> list[Chart]:
    """Retention, repeat purchases, and the cohorts of the last twelve months."""
    return [
        draw.one("retention"),
        draw.trend(Line, "repeat", _("Repeat purchases"),
                   _("Of the members who bought, how many bought more than once in the same period."),
                   [("repeat_rate", _("Repeat purchase rate"), 1)]),
        _cohorts(draw),
    ]  # fmt: skip


def _cohorts(draw: Drawer) -> Chart:
    last = stretch(Grain.MONTH, min(draw.asked.when.last, draw.asked.today))
    months = stretches(Grain.MONTH, upto=last.first, count=COHORT_MONTHS)
    found = [one for one in journeys.cohorts(draw.read, months) if one.size]
    is_over = last.after <= draw.asked.today
    rows = []
    for one in found:
        shares: list[float | None] = [None if share is None else float(share) for share in one.shares]
        if not is_over:
            shares[-1] = None
        rows.append((formats.period("month", one.month.first, short=True), one.size, tuple(shares)))
    return Heat(
        key="cohorts", title=_("Who comes back"), corner=_("Joined"), size=_("Members"),
        sentence=_("Of the members who joined in a month, how many bought in it (0) and in each month after it."),
        cohorts=tuple(rows), periods=tuple(str(number) for number in range(COHORT_MONTHS)),
        show=show_of("share", draw.currency), tick=lambda value: f"{round(value * 100)}",
    )  # fmt: skip


def of_activity(draw: Drawer) -> list[Chart]:
    """What members take part in."""
    lines = [
        ("active_share", _("Bought"), 1),
        ("earning_share", _("Earned"), 1),
        ("redeeming_share", _("Took a reward"), 1),
    ]
    return [
        draw.trend(Line, "taking-part", _("Members who take part"),
                   _("Of all members: who bought, who earned and who took a reward."), lines),
        draw.one("visits", kind=Bars),
        draw.one("nps"),
    ]  # fmt: skip


def of_orders(draw: Drawer) -> list[Chart]:
    """Members beside everybody else."""
    members = draw.values("revenue_members", draw.periods)
    everybody = draw.values("revenue", draw.periods)
    others = tuple(
        None if one is None or whole is None else whole - one
        for one, whole in zip(members, everybody, strict=True)
    )
    stacked = Stacked(
        key="revenue", title=_("Revenue"), sentence=_("What members brought, and everybody else."), axis=_("Period"),
        places=draw.places(), series=(Series(_("Members"), members), Series(_("Others"), others)),
        show=show_of("money", draw.currency), tick=tick_of("money", draw.currency), links=draw.links("revenue"),
    )  # fmt: skip
    return [
        stacked,
        draw.trend(Bars, "average", _("Average order"),
                   _("Members beside others. Who spends more is also more likely to join: a difference does not say "
                     "that the programme made it."),
                   [("aov_members", _("Members"), 1), ("aov_others", _("Others"), 1)]),
        draw.one("refunds", kind=Bars),
    ]  # fmt: skip


def of_value(draw: Drawer) -> list[Chart]:
    """What members spend."""
    return [*value_charts(), draw.one("value_per_buyer"), draw.one("value_per_member")]


def of_points(draw: Drawer) -> list[Chart]:
    """How points moved, what is owed, and what rewards cost."""
    title = worded(_("How {points} moved"))
    lines = [
        ("points_issued", _("Given"), 1),
        ("points_spent", _("Used"), -1),
        ("points_expired", _("Expired"), -1),
    ]
    return [
        draw.trend(Stacked, "moved", title, _("Given above the line; used and expired below it."), lines),
        draw.one("points_outstanding"),
        draw.one("redemption_rate"),
        draw.one("reward_cost", kind=Bars),
    ]


CHARTS: dict[str, Callable[[Drawer], list[Chart]]] = {
    "members": of_members,
    "retention": of_retention,
    "activity": of_activity,
    "orders": of_orders,
    "value": of_value,
    "points": of_points,
}
"""The charts of each theme."""


def spark(draw: Drawer, key: str) -> Any:
    """A figure along time, the size of a word."""
    made = FIGURES[key]
    last = draw.table[key, draw.asked.when, ""]
    text = f"{worded(_(made.name))}: {shown(made.unit, last.value, draw.currency)}"
    return sparkline(draw.values(key, draw.periods), text=text)
