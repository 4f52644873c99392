"""What the shop owes its members in points: by the month they were given in, how much of it will be used, what that is
in money, the journal of each month, and that all of it agrees with the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from analytics.models import Fact
from analytics.queries.freshness import is_large, today_of
from analytics.queries.gathering import SIDES, Sum
from analytics.queries.statements import answer
from analytics.queries.sums import Reader
from analytics.rules.breakage import Curve, Movement, curve
from analytics.rules.calendar import EARLIEST, Grain, Stretch, stretch, stretches
from analytics.rules.fitting import Interval, TooLittleData
from analytics.rules.liability import Closing, Month, deferred_part, journal, standalone_price
from loyalty.core.ledger.chart import MemberAccount
from loyalty.core.ledger.queries import totals

OWED = "owed"
"""The family under which what is owed is kept in a large shop."""
AGREEING = ("in_lots", "set_aside", "owed_back", "in_accounts", "in_books")
_PRECISION = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Cohort:
    """What was given in a month (its first day): lots, points, what of them is `left` (of that, `pending` still waits),
    when the first of it ends, and how many of what is left are expected to be used (None: nobody can say yet)."""

    month: date
    lots: int
    given: int
    left: int
    pending: int
    ends: date | None
    expected: int | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The same sum three ways: what is left in lots with what is set aside, less what members owe; what members'
    accounts hold; and what the shop's side of the books says."""

    in_lots: int
    set_aside: int
    owed_back: int
    in_accounts: int
    in_books: int

    @property
    def holds(self) -> bool:
        """Whether all three are the same, to the point."""
        return self.in_lots + self.set_aside - self.owed_back == self.in_accounts == self.in_books


@dataclass(frozen=True, slots=True)
class Owed:
    """All of it. `use` is the share of points given that will be used in the end, with its range; None while too few
    were used or ended to tell, and then everything is expected to be used. `as_of` is when it was counted."""

    cohorts: list[Cohort]
    agreement: Agreement
    use: Interval | None
    expected: int
    as_of: datetime

    @property
    def share(self) -> Decimal:
        """The share of points given that is reckoned with: all of them while nobody can say."""
        return Decimal(1) if self.use is None else Decimal(repr(self.use.value)).quantize(_PRECISION)


@dataclass(frozen=True, slots=True)
class Counted:
    """What all of it is told from, counted at one instant: rows of `sql/lot_cohorts.sql`, how old points were when they
    left, and what agrees."""

    at: datetime
    months: list[tuple[date, int, int, int, int, date | None]]
    ages: list[Movement]
    agreement: Agreement


def owed(*, zone: str, at: datetime) -> Owed:
    """What is owed now; of a large shop as it was counted last, within the hour."""
    found = (kept() if is_large(today_of(zone, at)) else None) or count(zone=zone, at=at)
    told = _curve(found.ages)
    cohorts = [
        Cohort(month, lots, given, left, pending, ends, _expected(told, month, left, zone, at))
        for month, lots, given, left, pending, ends in found.months
    ]
    expected = sum(one.left if one.expected is None else one.expected for one in cohorts)
    return Owed(cohorts, found.agreement, told.redemption() if told else None, expected, found.at)


def count(*, zone: str, at: datetime) -> Counted:
    """Count it from every lot and the whole books."""
    months = answer("lot_cohorts", {"zone": zone})
    ages = [Movement(*row) for row in answer("lot_ages", {"now": at})]
    return Counted(at, months, ages, _agreement(sum(left for _month, _lots, _given, left, *_rest in months)))


def kept() -> Counted | None:
    """What was counted last and kept; None where nothing is."""
    found: dict[str, dict[tuple[date, str], dict[str, int]]] = {}
    rows = Fact.objects.filter(family=OWED).order_by("first")
    for grain, first, name, measure, amount in rows.values_list(
        "grain", "first", "name", "measure", "amount"
    ):
        found.setdefault(grain, {}).setdefault((first, name), {})[measure] = amount
    if not found:
        return None
    books = found["books"][EARLIEST, ""]
    months = [
        (month, one["lots"], one.get("given", 0), one.get("left", 0), one.get("pending", 0),
         date.fromordinal(one["ends"]) if "ends" in one else None)
        for (month, _name), one in found.get("month", {}).items()
    ]  # fmt: skip
    ages = [
        Movement(int(name), one.get("used", 0), one.get("expired", 0), one.get("seen", 0), one["lots"])
        for (_first, name), one in found.get("age", {}).items()
    ]
    agreement = Agreement(**{name: books.get(name, 0) for name in AGREEING})
    counted_at = datetime.fromtimestamp(books["at"], UTC)
    return Counted(counted_at, months, sorted(ages, key=lambda one: one.age), agreement)


def kept_at() -> datetime | None:
    """When what is kept was counted."""
    second = (
        Fact.objects.filter(family=OWED, grain="books", measure="at").values_list("amount", flat=True).first()
    )
    return None if second is None else datetime.fromtimestamp(second, UTC)


def as_sums(found: Counted) -> dict[str, list[Sum]]:
    """What was counted as sums by grain, as `kept` reads them. What is nought is left out."""
    months = [
        Sum(month, "", "", measure, amount)
        for month, lots, given, left, pending, ends in found.months
        for measure, amount in (("lots", lots), ("given", given), ("left", left), ("pending", pending),
                                ("ends", ends.toordinal() if ends else 0))
        if amount
    ]  # fmt: skip
    ages = [
        Sum(EARLIEST, "", str(one.age), measure, amount)
        for one in found.ages
        for measure, amount in (
            ("used", one.used), ("expired", one.expired), ("seen", one.seen), ("lots", one.lots))
        if amount
    ]  # fmt: skip
    books = [Sum(EARLIEST, "", "", name, getattr(found.agreement, name)) for name in AGREEING]
    return {
        "month": months,
        "age": ages,
        "books": [*books, Sum(EARLIEST, "", "", "at", int(found.at.timestamp()))],
    }


def _curve(ages: Sequence[Movement]) -> Curve | None:
    try:
        return curve(ages)
    except TooLittleData:
        return None


def _expected(found: Curve | None, month: date, left: int, zone: str, at: datetime) -> int | None:
    if found is None:
        return None
    begun = stretch(Grain.MONTH, month).since(zone)
    return round(left * float(found.redemption_from(max(0, (at - begun).days))))


def _agreement(in_lots: int) -> Agreement:
    held = dict(answer("held", {}))
    set_aside, debt = held.get(MemberAccount.RESERVED, 0), held.get(MemberAccount.DEBT, 0)
    return Agreement(in_lots, set_aside, -debt, sum(held.values()), sum(totals().values()))


def closings(
    read: Reader, months: Sequence[Stretch], *, value_minor_per_point: Decimal, use: Decimal
) -> list[Closing]:
    """The journal of consecutive months from the first of them, in minor units. What a month's sales to members defer
    is worked out from their sum, and from the share of points that is expected to be used as one knows it today."""
    measures = [f"{side}_{way}" for side in SIDES for way in ("in", "out")]
    sums = read.upto(months, [*measures, "revenue_members"])
    found, deferred, paid, issued = [], 0, 0, 0
    for month in months:
        so_far = sums[month]
        given = sum(so_far[f"{side}_in"] for side in SIDES if side not in ("redeemed", "expired"))
        gone = sum(so_far[f"{side}_out"] for side in SIDES if side != "redeemed") - so_far["expired_in"]
        used = so_far["redeemed_out"] - so_far["redeemed_in"]
        earned = so_far["issued_in"] - so_far["issued_out"]
        spent = so_far["revenue_members"]
        price = standalone_price(
            max(0, earned - issued), value_minor_per_point=value_minor_per_point, expected_use=use
        )
        deferred += deferred_part(spent - paid, goods_minor=spent - paid, points_price=price)
        found.append(Month(month.first.isoformat(), given, used, gone, deferred, use))
        paid, issued = spent, earned
    return journal(found)


def months_of(first: date, last: date) -> list[Stretch]:
    """Every month from the one with a first day to the one with a last."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return stretches(Grain.MONTH, upto=last, count=max(1, count))
