"""A merchant's few true figures for a stretch of time, each with the rows that add up to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext

from loyalty.core.errors import NotFound
from loyalty.core.ledger.chart import MerchantAccount
from loyalty.core.ledger.queries import holders, merchant_side, outstanding, totals_within
from loyalty.core.tenancy.plans import planned_for_its_values
from members.models import Member, Order

PRESENT = (Member.Status.ACTIVE, Member.Status.BLOCKED)


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant (inclusive) until another (exclusive)."""

    since: datetime
    until: datetime

    @classmethod
    def last_days(cls, days: int, *, at: datetime, zone: str) -> "Period":
        """The last `days` whole days of the merchant's calendar, today included."""
        where = ZoneInfo(zone)
        today = at.astimezone(where).date()
        first, after = today - timedelta(days=days - 1), today + timedelta(days=1)
        since, until = (datetime.combine(day, time(), tzinfo=where) for day in (first, after))
        return cls(since, until)

    @property
    def before(self) -> "Period":
        """The stretch of the same length just before, to compare with."""
        length = self.until - self.since
        return Period(self.since - length, self.since)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `unit` says what it is: count, money (minor units), points, or share (a Decimal from 0 up,
    None when there is nothing to divide by). `definition` says in one sentence what is counted."""

    key: str
    value: int | Decimal | None
    unit: str
    definition: str


def overview(period: Period) -> dict[str, Figure]:
    """All figures by key, in reading order. Points come from the books, money from orders, guests' too."""
    return _figures(Sums((period,)), 0)


def overview_and_before(
    period: Period, sums: "Sums | None" = None
) -> tuple[dict[str, Figure], dict[str, Figure]]:
    """All figures of a period and of the one before it; both are summed in one pass over the rows, or are what `sums`
    of the two say."""
    sums = sums or Sums((period, period.before))
    return _figures(sums, 0), _figures(sums, 1)


def figure(key: str, period: Period, sums: "Sums | None" = None) -> Figure:
    """One figure; only what it needs is summed, or is taken from `sums`, whose first period it is. `NotFound` for an
    unknown key."""
    return _figure(_known(key), sums or Sums((period,)), 0)


def rows(key: str, period: Period) -> QuerySet[Any, Any]:
    """The rows behind a figure, newest (or largest) first; the caller slices. `NotFound` for an unknown key.

    Members for the members' figures, orders (with `net_minor`) for orders and revenue, the books' movements
    (dicts with `owner` and `points`) for points. Their count or sum is the figure.
    """
    return _FIGURES[_known(key)].rows(period)


def rows_from(key: str, period: Period, *, first: int, count: int) -> list[Any]:
    """Up to `count` of `rows`, from number `first` (0 is the newest) on."""
    foremost = _FIGURES[_known(key)].foremost
    with planned_for_its_values():
        found = rows(key, period) if foremost is None else foremost(first + count)
        return list(found[first : first + count])


def _known(key: str) -> str:
    if key not in _FIGURES:
        raise NotFound("figure")
    return key


class Sums:
    """What figures are made of, one of each for every period. Each source is asked when a figure first needs it.

    These come from the rows themselves. Whoever has kept some of them already may answer in their place, to the same
    numbers.
    """

    def __init__(self, periods: tuple[Period, ...]) -> None:
        self.periods = periods

    @cached_property
    def members(self) -> dict[str, int]:
        """`total` now, and `new_0`, `new_1` …: who joined in each period."""
        new = {f"new_{n}": Count("id", filter=_joined(period)) for n, period in enumerate(self.periods)}
        return Member.objects.aggregate(total=Count("id", filter=Q(status__in=PRESENT)), **new)

    @cached_property
    def orders(self) -> dict[str, int]:
        """`count_n`, `revenue_n` and `by_members_n` (minor units) and `active_n` (members) of each period."""
        # First by member, then over them: otherwise telling members apart would mean sorting every order.
        of_member: dict[str, Any] = {}
        over_all: dict[str, Any] = {}
        for n, period in enumerate(self.periods):
            within = _placed(period)
            of_member[f"number_{n}"] = Count("placed_at", filter=within)
            of_member[f"net_{n}"] = Sum(F("total_minor") - F("refunded_minor"), filter=within, default=0)
            over_all[f"count_{n}"] = Sum(f"number_{n}", default=0)
            over_all[f"revenue_{n}"] = Sum(f"net_{n}", default=0)
            over_all[f"by_members_{n}"] = Sum(f"net_{n}", filter=Q(member__isnull=False), default=0)
            over_all[f"active_{n}"] = Count("member", filter=Q(**{f"number_{n}__gt": 0}))
        with planned_for_its_values():
            return _orders(_whole(self.periods)).values("member").annotate(**of_member).aggregate(**over_all)

    @cached_property
    def points(self) -> list[dict[str, int]]:
        """The books' sums of each period."""
        return totals_within([(period.since, period.until) for period in self.periods])

    @cached_property
    def outstanding(self) -> int:
        """What members hold now."""
        return outstanding()

    def moved(self, account: MerchantAccount, n: int) -> int:
        """Points that moved on one of the shop's accounts in period `n`, signed as members see them."""
        return self.points[n].get(account, 0)


def buyers(periods: Sequence[Period]) -> list[int]:
    """How many members bought in each period and did not cancel it: `members_active` of each."""
    of_member = {f"number_{n}": Count("placed_at", filter=_placed(each)) for n, each in enumerate(periods)}
    over_all = {
        f"active_{n}": Count("member", filter=Q(**{f"number_{n}__gt": 0})) for n in range(len(periods))
    }
    with planned_for_its_values():
        found = _orders(_whole(periods)).values("member").annotate(**of_member).aggregate(**over_all)
    return [found[f"active_{n}"] for n in range(len(periods))]


def first_buyers(period: Period, *, since: datetime) -> int:
    """How many members bought in the period who had not since an earlier instant: by so many more have bought since
    then than had until the period began."""
    earlier = _orders(Period(since, period.since)).filter(member=OuterRef("member"))
    found = _orders(period).filter(~Exists(earlier), member__isnull=False)
    with planned_for_its_values():
        return found.aggregate(n=Count("member", distinct=True))["n"]


def _figures(sums: Sums, n: int) -> dict[str, Figure]:
    return {key: _figure(key, sums, n) for key in _FIGURES}


def _figure(key: str, sums: Sums, n: int) -> Figure:
    made = _FIGURES[key]
    return Figure(key, made.value(sums, n), made.unit, made.says())


def _share(sums: Sums, n: int) -> Decimal | None:
    issued = sums.moved(MerchantAccount.ISSUED, n)
    return Decimal(-sums.moved(MerchantAccount.REDEEMED, n)) / issued if issued > 0 else None


def _joined(period: Period) -> Q:
    return Q(status__in=PRESENT, joined_at__gte=period.since, joined_at__lt=period.until)


def _placed(period: Period) -> Q:
    return Q(placed_at__gte=period.since, placed_at__lt=period.until)


def _whole(periods: Sequence[Period]) -> Period:
    """From the first of all until the last."""
    return Period(min(each.since for each in periods), max(each.until for each in periods))


def _orders(period: Period) -> QuerySet[Order]:
    """Orders made in the period that still stand."""
    return Order.objects.filter(_placed(period), status=Order.Status.RECORDED)


def _newest(found: QuerySet[Order]) -> QuerySet[Order]:
    return found.annotate(net_minor=F("total_minor") - F("refunded_minor")).order_by("-placed_at", "-id")


def _members(condition: Q | Exists) -> QuerySet[Member]:
    return Member.objects.filter(condition).order_by("-joined_at", "-id")


def _movements(account: MerchantAccount) -> Callable[[Period], QuerySet[Any, Any]]:
    return lambda period: merchant_side(account, since=period.since, until=period.until)


class _Made(NamedTuple):
    """How a figure is made: its unit, what it says it counts, its rows, its value in period `n` of the sums, and its
    first so many rows where to find those by themselves is faster."""

    unit: str
    says: Callable[[], str]
    rows: Callable[[Period], QuerySet[Any, Any]]
    value: Callable[[Sums, int], int | Decimal | None]
    foremost: Callable[[int], QuerySet[Any, Any]] | None = None


_FIGURES: dict[str, _Made] = {
    "members_total": _Made(
        "count",
        lambda: gettext("Everyone who is a member now"),
        lambda _period: _members(Q(status__in=PRESENT)),
        lambda sums, _n: sums.members["total"],
    ),
    "members_new": _Made(
        "count",
        lambda: gettext("Members who joined in this time"),
        lambda period: _members(_joined(period)),
        lambda sums, n: sums.members[f"new_{n}"],
    ),
    "members_active": _Made(
        "count",
        lambda: gettext("Members who bought something in this time and did not cancel it"),
        lambda period: _members(Exists(_orders(period).filter(member=OuterRef("pk")))),
        lambda sums, n: sums.orders[f"active_{n}"],
    ),
    "orders": _Made(
        "count",
        lambda: gettext("Orders made in this time, guests' too, cancelled ones left out"),
        lambda period: _newest(_orders(period)),
        lambda sums, n: sums.orders[f"count_{n}"],
    ),
    "revenue": _Made(
        "money",
        lambda: gettext("What these orders came to, less what was refunded since"),
        lambda period: _newest(_orders(period)),
        lambda sums, n: sums.orders[f"revenue_{n}"],
    ),
    "revenue_members": _Made(
        "money",
        lambda: gettext("The part of the revenue that members brought"),
        lambda period: _newest(_orders(period).filter(member__isnull=False)),
        lambda sums, n: sums.orders[f"by_members_{n}"],
    ),
    "points_issued": _Made(
        "points",
        lambda: gettext("Given for purchases, less what refunds took back"),
        _movements(MerchantAccount.ISSUED),
        lambda sums, n: sums.moved(MerchantAccount.ISSUED, n),
    ),
    "points_redeemed": _Made(
        "points",
        lambda: gettext("Used for rewards, less what was given back"),
        _movements(MerchantAccount.REDEEMED),
        lambda sums, n: -sums.moved(MerchantAccount.REDEEMED, n),
    ),
    "points_expired": _Made(
        "points",
        lambda: gettext("Ended unused in this time"),
        _movements(MerchantAccount.EXPIRED),
        lambda sums, n: -sums.moved(MerchantAccount.EXPIRED, n),
    ),
    "points_adjusted": _Made(
        "points",
        lambda: gettext("Given less taken by hand"),
        _movements(MerchantAccount.ADJUSTED),
        lambda sums, n: sums.moved(MerchantAccount.ADJUSTED, n),
    ),
    "points_outstanding": _Made(
        "points",
        lambda: gettext("What members hold now and may still use, waiting and set aside included"),
        lambda _period: holders(),
        lambda sums, _n: sums.outstanding,
        lambda most: holders(most=most),
    ),
    "redemption_share": _Made(
        "share",
        lambda: gettext("Points used in this time for each point given in it"),
        _movements(MerchantAccount.REDEEMED),
        _share,
    ),
}
