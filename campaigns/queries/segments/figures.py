"""How each condition of a segment is read from the database: the only place that knows.

A figure is one value of a member, as an expression over `m` (the member's row) and what it joins; the test compares it.
Everything that reads rows by the member is narrowed to the members that are asked for, so that the same text looks at
a million members in one pass and at one of them in a few looks into indexes.
"""
# ruff: noqa: S608 - statements are made of this file's own text; every value is sent beside them

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.rules import rfm
from campaigns.rules import segments as rules
from campaigns.rules.segments import Condition, Stage
from members.rules.conditions.days import yearly


@dataclass(frozen=True, slots=True)
class Scale:
    """Where the fifths of the shop's buyers end: instants, numbers of purchases, minor units."""

    recency: tuple[datetime, ...] = ()
    frequency: tuple[int, ...] = ()
    money: tuple[int, ...] = ()


@dataclass(slots=True)
class Asking:
    """A statement in the making: its joins, each once, and its values by name. `few`: only some members are asked for,
    by `%(members)s`, whose orders and activities may also lie with `%(theirs)s` who were merged into them."""

    at: datetime
    zone: ZoneInfo
    scale: Scale
    few: bool = False
    joins: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    _names: dict[tuple[str, str], str] = field(default_factory=dict)

    def value(self, value: Any, cast: str) -> str:
        """A place in the statement for a value of a type of PostgreSQL's."""
        name = self._names.setdefault((cast, repr(value)), f"v{len(self.values)}")
        self.values[name] = value
        return f"%({name})s::{cast}"

    def since(self, days: int) -> str:
        """The instant so many times 24 hours ago."""
        return self.value(self.at - timedelta(days=days), "timestamptz")

    def local_day(self, instant: str) -> str:
        """The shop's calendar day of an instant."""
        return f"({instant} AT TIME ZONE %(zone)s::text)::date"

    def only(self, column: str, *, whole: bool = False) -> str:
        """Narrows rows to the members that are asked for; `whole`: with who was merged into them."""
        if not self.few:
            return ""
        return f" AND {column} = ANY(%({'theirs' if whole else 'members'})s::uuid[])"

    def join(self, text: str) -> str:
        """Join something, once; its alias. `text` names it as {j}."""
        return self.joins.setdefault(text, f"j{len(self.joins)}")

    def of_whole(self, columns: str, table: str, where: str) -> str:
        """Join figures of rows that stay with whoever they were recorded for, added up for who they are today."""
        return self.join(
            "LEFT JOIN (SELECT coalesce(x.merged_into_id, o.member_id) AS who, "
            + columns
            + f" FROM {table} o"
            " LEFT JOIN members_member x ON x.merchant_id = o.merchant_id AND x.id = o.member_id"
            f"{self.only('x.id', whole=True) or ' AND x.merged_into_id IS NOT NULL'}"
            f" WHERE o.merchant_id = %(m)s::bigint AND o.member_id IS NOT NULL AND {where}"
            f"{self.only('o.member_id', whole=True)} GROUP BY 1) {{j}} ON {{j}}.who = m.id"
        )

    def of_member(self, table: str, *, key: str = "member_id", where: str = "") -> str:
        """Join the member's own row of a table that has at most one."""
        return self.join(
            f"LEFT JOIN {table} {{j}} ON {{j}}.merchant_id = m.merchant_id AND {{j}}.{key} = m.id{where}"
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """A value of the member and whether it fits, as SQL. The test is never NULL."""

    value: str
    holds: str


def between(value: str, low: int | None, high: int | None, asking: Asking) -> str:
    """Whether a value lies between two ends of which one may be open; NULL never does."""
    ends = []
    if low is not None:
        ends.append(f"{value} >= {asking.value(low, 'bigint')}")
    if high is not None:
        ends.append(f"{value} <= {asking.value(high, 'bigint')}")
    return f"coalesce({' AND '.join(ends)}, false)"


def _purchases(one: Any, asking: Asking) -> tuple[str, str]:
    """How many purchases and for how much: the running counts where nothing narrows, else the orders themselves."""
    if one.within_days is None and not (one.channels or one.locations or one.payment_methods):
        j = asking.of_member("members_stats")
        return f"coalesce({j}.orders_count, 0)", f"coalesce({j}.spend_minor, 0)"
    where = ["o.status = 'recorded'"]
    if one.within_days is not None:
        where.append(f"o.placed_at >= {asking.since(one.within_days)}")
    for column, names in (("channel", one.channels), ("location", one.locations),
                          ("payment_method", one.payment_methods)):  # fmt: skip
        if names:
            where.append(f"o.{column} = ANY({asking.value(list(names), 'text[]')})")
    columns = "count(*) AS n, sum(o.total_minor - o.refunded_minor)::bigint AS spent"
    j = asking.of_whole(columns, "members_order", " AND ".join(where))
    return f"coalesce({j}.n, 0)", f"coalesce({j}.spent, 0)"


def _orders(one: rules.Orders, asking: Asking) -> Figure:
    number, _spent = _purchases(one, asking)
    return Figure(number, between(number, one.at_least, one.at_most, asking))


def _spent(one: rules.Spent, asking: Asking) -> Figure:
    _number, spent = _purchases(one, asking)
    return Figure(spent, between(spent, one.at_least_minor, one.at_most_minor, asking))


def _average(one: rules.AverageOrder, asking: Asking) -> Figure:
    number, spent = _purchases(one, asking)
    value = f"round({spent}::numeric / nullif({number}, 0))::bigint"
    return Figure(value, between(value, one.at_least_minor, one.at_most_minor, asking))


def _days_since(instant: str, asking: Asking) -> str:
    return f"({asking.local_day('%(at)s::timestamptz')} - {asking.local_day(instant)})"


def _since_order(one: rules.SinceOrder, asking: Asking) -> Figure:
    days = _days_since(f"{asking.of_member('members_stats')}.last_order_at", asking)
    return Figure(days, between(days, one.at_least_days, one.at_most_days, asking))


def _bought(one: rules.Bought, asking: Asking) -> Figure:
    where = ["NOT (l.paid_minor > 0 AND l.refunded_minor = l.paid_minor)"]
    for column, names in (("sku", one.skus), ("category", one.categories), ("brand", one.brands)):
        if names:
            where.append(f"l.{column} = ANY({asking.value(list(names), 'text[]')})")
    if one.tags:
        where.append(f"l.tags::text[] && {asking.value(list(one.tags), 'text[]')}")
    found = (
        "EXISTS (SELECT 1 FROM members_orderline l WHERE l.merchant_id = o.merchant_id AND l.order_id = o.id"
        f" AND {' AND '.join(where)})"
    )
    orders = ["o.status = 'recorded'", found]
    if one.within_days is not None:
        orders.insert(1, f"o.placed_at >= {asking.since(one.within_days)}")
    j = asking.of_whole("count(*) AS n", "members_order", " AND ".join(orders))
    return Figure(f"coalesce({j}.n, 0)", between(f"coalesce({j}.n, 0)", one.times, None, asking))


def _counted(table: str, instant: str, where: list[str], one: Any, asking: Asking) -> Figure:
    if one.within_days is not None:
        where = [*where, f"o.{instant} >= {asking.since(one.within_days)}"]
    j = asking.of_whole("count(*) AS n", table, " AND ".join(where))
    number = f"coalesce({j}.n, 0)"
    return Figure(number, between(number, one.at_least, one.at_most, asking))


def _did(one: rules.Did, asking: Asking) -> Figure:
    where = [f"o.kind = {asking.value(one.kind, 'text')}", "o.status IN ('recorded', 'approved')"]
    return _counted("members_activity", "happened_at", where, one, asking)


def _redeemed(one: rules.Redeemed, asking: Asking) -> Figure:
    where = ["o.status = 'committed'", "o.source_kind = ''"]
    return _counted("rewards_redemption", "reserved_at", where, one, asking)


def _tier(one: rules.Tier, asking: Asking) -> Figure:
    open_ = "({j}.review_at IS NULL OR {j}.review_at > %(at)s::timestamptz)"
    value = f"coalesce({asking.of_member('members_tierstanding', where=f' AND {open_}')}.tier, '-')"
    return Figure(value, f"{value} = ANY({asking.value(list(one.any_of), 'text[]')})")


def _points(one: rules.Points, asking: Asking) -> Figure:
    j = asking.of_member(
        "ledger_account", key="owner", where=" AND {j}.unit = 'points' AND {j}.kind = 'available'"
    )
    value = f"coalesce({j}.balance, 0)"
    return Figure(value, between(value, one.at_least, one.at_most, asking))


def _points_ending(one: rules.PointsEnding, asking: Asking) -> Figure:
    until = asking.value(asking.at + timedelta(days=one.within_days), "timestamptz")
    j = asking.join(
        "LEFT JOIN (SELECT a.owner, sum(l.remaining)::bigint AS ending FROM ledger_account a"
        " JOIN ledger_lot l ON l.merchant_id = a.merchant_id AND l.account_id = a.id"
        " AND l.remaining > 0 AND NOT l.pending"
        f" AND l.expires_at > %(at)s::timestamptz AND l.expires_at <= {until}"
        " WHERE a.merchant_id = %(m)s::bigint AND a.unit = 'points' AND a.kind = 'available'"
        f"{asking.only('a.owner')} GROUP BY 1) {{j}} ON {{j}}.owner = m.id"
    )
    value = f"coalesce({j}.ending, 0)"
    return Figure(value, between(value, one.at_least, None, asking))


def _lifecycle(one: rules.Lifecycle, asking: Asking) -> Figure:
    j = asking.of_member("members_stats")
    last, first = (_days_since(f"{j}.{name}", asking) for name in ("last_order_at", "first_order_at"))
    active, lapsed = asking.value(one.active_days, "int"), asking.value(one.lapsed_days, "int")
    value = (
        f"CASE WHEN {j}.last_order_at IS NULL OR {j}.orders_count = 0 THEN '{Stage.NEVER}'"
        f" WHEN {last} > {lapsed} THEN '{Stage.LAPSED}' WHEN {last} > {active} THEN '{Stage.SLIPPING}'"
        f" WHEN {first} <= {active} THEN '{Stage.NEW}' ELSE '{Stage.ACTIVE}' END"
    )
    wanted = asking.value([stage.value for stage in one.any_of], "text[]")
    return Figure(value, f"({value}) = ANY({wanted})")


def _score(column: str, cuts: tuple[Any, ...], cast: str, asking: Asking) -> str:
    """1 and one more for each end of a fifth that the figure lies above."""
    return "(1" + "".join(f" + ({column} > {asking.value(cut, cast)})::int" for cut in cuts) + ")"


def _rfm(one: rules.Rfm, asking: Asking) -> Figure:
    scale = asking.scale
    if not scale.recency:
        return Figure("NULL::jsonb", "false")
    j = asking.of_member("members_stats")
    r = _score(f"{j}.last_order_at", scale.recency, "timestamptz", asking)
    f = _score(f"{j}.orders_count", scale.frequency, "bigint", asking)
    m = _score(f"{j}.spend_minor", scale.money, "bigint", asking)
    pairs = " ".join(
        f"WHEN ({r}, ({f} + {m} + 1) / 2) = ({pair[0]}, {pair[1]}) THEN '{name}'"
        for pair, name in rfm.CLASSES.items()
    )
    bought = f"{j}.orders_count > 0 AND {j}.last_order_at IS NOT NULL"
    value = f"CASE WHEN {bought} THEN CASE {pairs} END END"
    shown = f"CASE WHEN {bought} THEN jsonb_build_object('class', {value}, 'r', {r}, 'f', {f}, 'm', {m}) END"
    wanted = asking.value([name.value for name in one.any_of], "text[]")
    return Figure(shown, f"coalesce({value} = ANY({wanted}), false)")


def _segment(one: rules.InSegment, asking: Asking) -> Figure:
    places = (
        "FROM members_segmentplace p WHERE p.merchant_id = m.merchant_id AND p.member_id = m.id"
        f" AND p.segment = ANY({asking.value(list(one.any_of), 'text[]')})"
        " AND (p.until IS NULL OR p.until > %(at)s::timestamptz)"
    )
    return Figure(f"(SELECT jsonb_agg(p.segment ORDER BY p.segment) {places})", f"EXISTS (SELECT 1 {places})")


def _joined(one: rules.Joined, asking: Asking) -> Figure:
    days = _days_since("m.joined_at", asking)
    return Figure(days, between(days, one.at_least_days, one.at_most_days, asking))


def _column(column: str, one: Any, asking: Asking) -> Figure:
    return Figure(column, f"{column} = ANY({asking.value(list(one.any_of), 'text[]')})")


def _agreed(one: rules.Agreed, asking: Asking) -> Figure:
    said = f"coalesce({asking.of_member('members_profile')}.news_by_{one.to}, false)"
    return Figure(said, said if one.given else f"NOT {said}")


def _answered(one: rules.Answered, asking: Asking) -> Figure:
    found = (
        "FROM members_preferenceanswer a CROSS JOIN LATERAL unnest(a.chosen) AS c(option)"
        " WHERE a.merchant_id = m.merchant_id AND a.member_id = m.id"
        f" AND a.question || ':' || c.option = ANY({asking.value(list(one.any_of), 'text[]')})"
    )
    answers = "jsonb_agg(a.question || ':' || c.option ORDER BY a.question, c.option)"
    return Figure(f"(SELECT {answers} {found})", f"EXISTS (SELECT 1 {found})")


def _birthday(one: rules.BirthdaySoon, asking: Asking) -> Figure:
    value = f"{asking.of_member('members_profile')}.birthday_key"
    return Figure(
        value, f"coalesce({value} = ANY({asking.value(_birthdays(one, asking), 'smallint[]')}), false)"
    )


def _birthdays(one: rules.BirthdaySoon, asking: Asking) -> list[int]:
    """The birthdays, as month and day in one number, that are kept from today on within so many days."""
    today = asking.at.astimezone(asking.zone).date()
    days = [today + timedelta(days=ahead) for ahead in range(one.within_days + 1)]
    found = {day.month * 100 + day.day for day in days}
    return sorted(found | {229 for day in days if day == yearly(date(2024, 2, 29), day.year)})


FIGURES: dict[type[Condition], Callable[[Any, Asking], Figure]] = {
    rules.Orders: _orders,
    rules.Spent: _spent,
    rules.AverageOrder: _average,
    rules.SinceOrder: _since_order,
    rules.Bought: _bought,
    rules.Did: _did,
    rules.Redeemed: _redeemed,
    rules.Tier: _tier,
    rules.Points: _points,
    rules.PointsEnding: _points_ending,
    rules.Lifecycle: _lifecycle,
    rules.Rfm: _rfm,
    rules.InSegment: _segment,
    rules.Answered: _answered,
    rules.Agreed: _agreed,
    rules.Joined: _joined,
    rules.JoinedBy: partial(_column, "m.channel"),
    rules.Language: partial(_column, "m.language"),
    rules.BirthdaySoon: _birthday,
}
"""How each condition is read: who adds one to `campaigns.rules.segments` adds it here."""


def told_above(condition: type[Condition], figure: Callable[[Any, Asking], Figure]) -> None:
    """A floor above says how a condition on what it knows is read; it does so when it is loaded."""
    FIGURES[condition] = figure
