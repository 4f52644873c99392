"""Segments looked at again in plain Python, one member and one row at a time: what the SQL must say as well."""

import math
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from analytics.models import MemberValue
from campaigns.rules import rfm
from campaigns.rules import segments as s
from loyalty.core.ledger.models import Account, Lot
from members.models import (
    Activity,
    Member,
    Order,
    OrderLine,
    PreferenceAnswer,
    Profile,
    SegmentPlace,
    Stats,
    TierStanding,
)
from rewards.models import Redemption

ZONE = ZoneInfo("Europe/Stockholm")


def fits(conditions: Any, member: Member, at: datetime) -> bool:
    """Whether a member fits."""
    if member.status not in ("active", "blocked"):
        return False
    return _group(conditions, _Person(member, at))


def _group(group: Any, person: "_Person") -> bool:
    held = [_group(one, person) if isinstance(one, s.Group) else person.holds(one) for one in group.of]
    if group.match == "none":
        return not any(held)
    return all(held) if group.match == "all" else any(held)


def _between(value: int | None, low: int | None, high: int | None) -> bool:
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


class _Person:
    def __init__(self, member: Member, at: datetime):
        self.member, self.at = member, at
        self.today = at.astimezone(ZONE).date()
        whole = [member.pk, *Member.objects.filter(merged_into=member).values_list("pk", flat=True)]
        self.orders = list(Order.objects.filter(member__in=whole, status="recorded"))
        self.activities = list(Activity.objects.filter(member__in=whole, status__in=("recorded", "approved")))
        self.redemptions = list(
            Redemption.objects.filter(member__in=whole, status="committed", source_kind="")
        )
        self.stats = Stats.objects.filter(member=member).first()
        self.profile = Profile.objects.filter(member=member).first()

    def holds(self, one: Any) -> bool:
        return bool(getattr(self, "_" + type(one).__name__.lower())(one))

    def _recent(self, rows: list[Any], name: str, days: int | None) -> list[Any]:
        since = self.at - timedelta(days=days) if days is not None else None
        return [row for row in rows if since is None or getattr(row, name) >= since]

    def _bought_by(self, one: Any) -> list[Order]:
        return [
            row
            for row in self._recent(self.orders, "placed_at", one.within_days)
            if (not one.channels or row.channel in one.channels)
            and (not one.locations or row.location in one.locations)
            and (not one.payment_methods or row.payment_method in one.payment_methods)
        ]

    def _orders(self, one: s.Orders) -> bool:
        return _between(len(self._bought_by(one)), one.at_least, one.at_most)

    def _spend(self, one: Any) -> int:
        return sum(row.total_minor - row.refunded_minor for row in self._bought_by(one))

    def _spent(self, one: s.Spent) -> bool:
        return _between(self._spend(one), one.at_least_minor, one.at_most_minor)

    def _averageorder(self, one: s.AverageOrder) -> bool:
        count = len(self._bought_by(one))
        mean = math.floor(self._spend(one) / count + 0.5) if count else None
        return _between(mean, one.at_least_minor, one.at_most_minor)

    def _ago(self, instant: datetime | None) -> int | None:
        return (self.today - instant.astimezone(ZONE).date()).days if instant else None

    @property
    def _last(self) -> datetime | None:
        return self.stats.last_order_at if self.stats else None

    def _sinceorder(self, one: s.SinceOrder) -> bool:
        return _between(self._ago(self._last), one.at_least_days, one.at_most_days)

    def _bought(self, one: s.Bought) -> bool:
        count = 0
        for row in self._recent(self.orders, "placed_at", one.within_days):
            lines = OrderLine.objects.filter(order=row)
            count += any(
                (not one.skus or line.sku in one.skus)
                and (not one.categories or line.category in one.categories)
                and (not one.brands or line.brand in one.brands)
                and (not one.tags or set(line.tags) & set(one.tags))
                and not (line.paid_minor > 0 and line.refunded_minor == line.paid_minor)
                for line in lines
            )
        return count >= one.times

    def _did(self, one: s.Did) -> bool:
        rows = [row for row in self.activities if row.kind == one.kind]
        return _between(len(self._recent(rows, "happened_at", one.within_days)), one.at_least, one.at_most)

    def _redeemed(self, one: s.Redeemed) -> bool:
        found = self._recent(self.redemptions, "reserved_at", one.within_days)
        return _between(len(found), one.at_least, one.at_most)

    def _tier(self, one: s.Tier) -> bool:
        row = TierStanding.objects.filter(member=self.member).first()
        over = row is not None and row.review_at is not None and row.review_at <= self.at
        return ("-" if row is None or over else row.tier) in one.any_of

    def _account(self) -> Account | None:
        return Account.objects.filter(owner=self.member.pk, unit="points", kind="available").first()

    def _points(self, one: s.Points) -> bool:
        row = self._account()
        return _between(row.balance if row else 0, one.at_least, one.at_most)

    def _pointsending(self, one: s.PointsEnding) -> bool:
        row, until = self._account(), self.at + timedelta(days=one.within_days)
        lots = Lot.objects.filter(account=row.pk, pending=False) if row else []
        ending = sum(lot.remaining for lot in lots if lot.expires_at and self.at < lot.expires_at <= until)
        return ending >= one.at_least

    def _lifecycle(self, one: s.Lifecycle) -> bool:
        last = self._ago(self._last)
        if last is None or self.stats is None or self.stats.orders_count == 0:
            return "never" in one.any_of
        if last > one.lapsed_days:
            return "lapsed" in one.any_of
        if last > one.active_days:
            return "slipping" in one.any_of
        new = (self._ago(self.stats.first_order_at) or 0) <= one.active_days
        return ("new" if new else "active") in one.any_of

    def _rfm(self, one: s.Rfm) -> bool:
        buyers = [row for row in Stats.objects.all() if row.orders_count > 0 and row.last_order_at]
        if self.stats is None or self.stats.pk not in {row.pk for row in buyers}:
            return False
        r, f, m = (
            _fifth([getattr(row, name) for row in buyers], getattr(self.stats, name))
            for name in ("last_order_at", "orders_count", "spend_minor")
        )
        return rfm.CLASSES[r, (f + m + 1) // 2] in one.any_of

    def _foretold(self, one: s.Foretold) -> bool:
        row = MemberValue.objects.filter(member=self.member).first()
        return row is not None and row.stage in one.any_of

    def _foretoldspend(self, one: s.ForetoldSpend) -> bool:
        row = MemberValue.objects.filter(member=self.member).first()
        return row is not None and _between(row.predicted_minor, one.at_least_minor, one.at_most_minor)

    def _insegment(self, one: s.InSegment) -> bool:
        rows = SegmentPlace.objects.filter(Q(until=None) | Q(until__gt=self.at), member=self.member)
        return rows.filter(segment__in=one.any_of).exists()

    def _answered(self, one: s.Answered) -> bool:
        rows = PreferenceAnswer.objects.filter(member=self.member)
        return any(f"{row.question}:{option}" in one.any_of for row in rows for option in row.chosen)

    def _agreed(self, one: s.Agreed) -> bool:
        said = bool(self.profile and getattr(self.profile, f"news_by_{one.to}"))
        return said is one.given

    def _joined(self, one: s.Joined) -> bool:
        return _between(self._ago(self.member.joined_at), one.at_least_days, one.at_most_days)

    def _joinedby(self, one: s.JoinedBy) -> bool:
        return self.member.channel in one.any_of

    def _language(self, one: s.Language) -> bool:
        return self.member.language in one.any_of

    def _birthdaysoon(self, one: s.BirthdaySoon) -> bool:
        if self.profile is None or self.profile.birthday is None:
            return False
        born: date = self.profile.birthday
        for year in (self.today.year, self.today.year + 1):
            leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
            kept = born.replace(year=year) if (born.month, born.day) != (2, 29) or leap else date(year, 2, 28)
            if 0 <= (kept - self.today).days <= one.within_days:
                return True
        return False


def _fifth(values: list[Any], value: Any) -> int:
    """1 to 5: one more for each end of a fifth of the sorted values that this one lies above."""
    ordered = sorted(values)
    cuts = [ordered[math.ceil(len(ordered) * step / 5) - 1] for step in range(1, 5)]
    return 1 + sum(value > cut for cut in cuts)
