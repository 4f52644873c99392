"""A merchant's few true figures for a stretch of time, each with the rows that add up to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext

from loyalty.core.errors import NotFound
from loyalty.core.ledger.chart import MerchantAccount
from loyalty.core.ledger.queries import holders, merchant_side, outstanding, totals
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
    members = Member.objects.aggregate(
        total=Count("id", filter=Q(status__in=PRESENT)), new=Count("id", filter=_joined(period))
    )
    orders = _orders(period).aggregate(
        count=Count("id"), revenue=Sum(F("total_minor") - F("refunded_minor")),
        by_members=Sum(F("total_minor") - F("refunded_minor"), filter=Q(member__isnull=False)),
        active=Count("member", distinct=True),
    )  # fmt: skip
    points = totals(since=period.since, until=period.until)
    issued, redeemed = points.get(MerchantAccount.ISSUED, 0), -points.get(MerchantAccount.REDEEMED, 0)
    values: dict[str, int | Decimal | None] = {
        "members_total": members["total"],
        "members_new": members["new"],
        "members_active": orders["active"],
        "orders": orders["count"],
        "revenue": orders["revenue"] or 0,
        "revenue_members": orders["by_members"] or 0,
        "points_issued": issued,
        "points_redeemed": redeemed,
        "points_expired": -points.get(MerchantAccount.EXPIRED, 0),
        "points_adjusted": points.get(MerchantAccount.ADJUSTED, 0),
        "points_outstanding": outstanding(),
        "redemption_share": Decimal(redeemed) / issued if issued > 0 else None,
    }
    return {key: Figure(key, values[key], unit, says()) for key, (unit, says, _rows) in _FIGURES.items()}


def rows(key: str, period: Period) -> QuerySet[Any, Any]:
    """The rows behind a figure, newest (or largest) first; the caller slices. `NotFound` for an unknown key.

    Members for the members' figures, orders (with `net_minor`) for orders and revenue, the books' movements
    (dicts with `owner` and `points`) for points. Their count or sum is the figure.
    """
    if key not in _FIGURES:
        raise NotFound("figure")
    return _FIGURES[key][2](period)


def _joined(period: Period) -> Q:
    return Q(status__in=PRESENT, joined_at__gte=period.since, joined_at__lt=period.until)


def _orders(period: Period) -> QuerySet[Order]:
    """Orders made in the period that still stand."""
    return Order.objects.filter(
        status=Order.Status.RECORDED, placed_at__gte=period.since, placed_at__lt=period.until
    )


def _newest(found: QuerySet[Order]) -> QuerySet[Order]:
    return found.annotate(net_minor=F("total_minor") - F("refunded_minor")).order_by("-placed_at", "-id")


def _members(condition: Q | Exists) -> QuerySet[Member]:
    return Member.objects.filter(condition).order_by("-joined_at", "-id")


def _movements(account: MerchantAccount) -> Callable[[Period], QuerySet[Any, Any]]:
    return lambda period: merchant_side(account, since=period.since, until=period.until)


_FIGURES: dict[str, tuple[str, Callable[[], str], Callable[[Period], QuerySet[Any, Any]]]] = {
    "members_total": (
        "count",
        lambda: gettext("Everyone who is a member now"),
        lambda _period: _members(Q(status__in=PRESENT)),
    ),
    "members_new": (
        "count",
        lambda: gettext("Members who joined in this time"),
        lambda period: _members(_joined(period)),
    ),
    "members_active": (
        "count",
        lambda: gettext("Members who bought something in this time and did not cancel it"),
        lambda period: _members(Exists(_orders(period).filter(member=OuterRef("pk")))),
    ),
    "orders": (
        "count",
        lambda: gettext("Orders made in this time, guests' too, cancelled ones left out"),
        lambda period: _newest(_orders(period)),
    ),
    "revenue": (
        "money",
        lambda: gettext("What these orders came to, less what was refunded since"),
        lambda period: _newest(_orders(period)),
    ),
    "revenue_members": (
        "money",
        lambda: gettext("The part of the revenue that members brought"),
        lambda period: _newest(_orders(period).filter(member__isnull=False)),
    ),
    "points_issued": (
        "points",
        lambda: gettext("Given for purchases, less what refunds took back"),
        _movements(MerchantAccount.ISSUED),
    ),
    "points_redeemed": (
        "points",
        lambda: gettext("Used for rewards, less what was given back"),
        _movements(MerchantAccount.REDEEMED),
    ),
    "points_expired": (
        "points",
        lambda: gettext("Ended unused in this time"),
        _movements(MerchantAccount.EXPIRED),
    ),
    "points_adjusted": (
        "points",
        lambda: gettext("Given less taken by hand"),
        _movements(MerchantAccount.ADJUSTED),
    ),
    "points_outstanding": (
        "points",
        lambda: gettext("What members hold now and may still use, waiting and set aside included"),
        lambda _period: holders(),
    ),
    "redemption_share": (
        "share",
        lambda: gettext("Points used in this time for each point given in it"),
        _movements(MerchantAccount.REDEEMED),
    ),
}
