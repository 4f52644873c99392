"""Loads the grocery's history through the operations that serve the shop every day.

Households join with `membership.join`; receipts are recorded with `orders.record_orders`, the operation
behind `POST /orders`, some hundreds in one transaction; rewards are redeemed with `redemption.redeem_reward`.
Nothing writes past them, so the books say what they would say had the shop been open all year.

**Time.** The published year is moved by whole weeks, so that its last receipt lies within the week that ends
the day before the demo was first opened. That day is kept with the shop (`shops.OPENED`), so a later start
continues the same history.

**Order.** Two processes share the households, so each member's receipts stay in order. Each goes month by
month: all receipts, then the redemptions of that month, then a row that says the month is done.

**Twice is once.** A month that is done is passed over. One that was interrupted is taken up again: receipts
that are there are skipped by their number, redemptions by their key. Households that an earlier, smaller load
brought in are left to it.
"""

import time
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import batched, groupby
from typing import Any, TextIO
from uuid import UUID

from loyalty.core import clock
from loyalty.core.errors import DomainError
from loyalty.core.events.models import JobRun
from loyalty.core.merchants.models import Location
from loyalty.core.merchants.operations import add_location
from loyalty.core.tenancy.scope import acting_for
from loyalty.demo.catalogue import fill_catalogue
from loyalty.demo.history import SHOP_ZONE, Basket, Household, open_history
from loyalty.demo.parts import JOINED, PARTS, PASSED, REDEEMED, SKIPPED, Work, load_in_parts
from loyalty.demo.redeeming import Visit, redeem_month
from loyalty.demo.shops import DEMO
from members.models import Identity, Order
from members.operations.membership import join
from members.operations.orders import Outcome, record_orders
from members.operations.points import live_through
from members.queries.products import any_products
from members.rules.facts import LineKind
from members.rules.shopping import MemberRef, NewLine, NewOrder

SIZES: dict[str, int | None] = {"tiny": 10, "sample": 250, "full": None}
"""Households to load, by the word in `HISTORY`; `None` is all of them."""

SOURCE = "till"
ORDERS_AT_ONCE = 300
"""Per transaction: enough that a commit's wait is shared, few enough that no lock is held for a second."""
MEMBERS_AT_ONCE = 50
MONTH = "demo history"
LOAD = "demo load"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one call of `load_history` did."""

    orders: int
    """Newly recorded."""
    redemptions: int
    seconds: float


def load_history(*, merchant: int, size: str, last_day: date, out: TextIO) -> Loaded:
    """Load `size` (a key of `SIZES`) into the merchant with that id, or what is missing of it.

    An earlier load of another size that was interrupted is brought to its end first. Progress goes to `out`.
    Raises `parts.NotLoaded` when a loading process failed.
    """
    began = time.monotonic()
    orders = redemptions = 0
    to_do = _to_do(merchant, size)
    for name in to_do:
        skip = _loaded_before(merchant, name)
        with open_history(households=SIZES[name], last_day=last_day) as history:
            total = history.counts().orders
        done = load_in_parts(Work(merchant, name, last_day, skip), total, out)
        orders, redemptions = orders + done[0], redemptions + done[1]
        with acting_for(merchant, by=DEMO):
            live_through(at=clock.now())
            JobRun.objects.filter(job=LOAD, period=name).update(finished_at=clock.now())
    with acting_for(merchant, by=DEMO):
        has_catalogue = any_products()
    if to_do or not has_catalogue:
        fill_catalogue(merchant)
    return Loaded(orders, redemptions, time.monotonic() - began)


def _to_do(merchant: int, size: str) -> list[str]:
    """The loads to carry out now: those that were begun and not finished, in their order, then `size`.

    Nothing when `size`, or all there is, is loaded.
    """
    with acting_for(merchant, by=DEMO):
        finished = set(
            JobRun.objects.filter(job=LOAD).exclude(finished_at=None).values_list("period", flat=True)
        )
        if finished & {size, "full"}:
            wanted = set()
        else:
            JobRun.objects.get_or_create(job=LOAD, period=size, defaults={"started_at": clock.now()})
            wanted = {size}
        begun = list(JobRun.objects.filter(job=LOAD).order_by("started_at").values_list("period", flat=True))
    return [name for name in begun if name not in finished or name in wanted]


def _loaded_before(merchant: int, name: str) -> frozenset[str]:
    """Households that other loads brought in: theirs is done and stays as it is."""
    with acting_for(merchant, by=DEMO):
        others = JobRun.objects.filter(job=LOAD).exclude(period=name).exclude(finished_at=None)
        names = list(others.values_list("period", flat=True))
    skip: set[str] = set()
    for other in names:
        with open_history(households=SIZES[other]) as history:
            skip |= {household.external_id for household in history.households()}
    return frozenset(skip)


def load_part(work: Work, part: int, tally: Any) -> None:
    """Load one part's households, month by month. `tally` is a list of four numbers that only grow."""
    with open_history(households=SIZES[work.size], last_day=work.last_day) as history:
        mine = [
            household
            for household in history.households()
            if int(household.external_id) % PARTS == part and household.external_id not in work.skip
        ]
        members = _join_all(work.merchant, mine, tally)
        finished = _months_done(work, part)
        for month, baskets in groupby(history.baskets(), key=month_of):
            own = _own(baskets, members, part, tally)
            if month in finished:
                skipped = sum(1 for _basket in own)
                tally[SKIPPED] += skipped
                tally[PASSED] += skipped
            else:
                _load_month(work, part, month, own, members, tally)


def _load_month(
    work: Work, part: int, month: str, baskets: Iterator[Basket], members: dict[str, UUID], tally: Any
) -> None:
    """All receipts of a month, then its redemptions, then the row that says it is done."""
    began = clock.now()
    visits: dict[str, datetime] = {}
    for batch in batched(baskets, ORDERS_AT_ONCE):
        _record(work.merchant, batch, tally)
        visits |= {basket.household: basket.happened_at for basket in batch}
    who = sorted(
        (Visit(name, members[name], at) for name, at in visits.items()), key=lambda v: (v.at, v.member)
    )
    tally[REDEEMED] += redeem_month(merchant=work.merchant, month=month, visits=who)
    with acting_for(work.merchant, by=DEMO):
        JobRun.objects.create(
            job=MONTH, period=f"{work.size} {part} {month}", started_at=began, finished_at=clock.now(),
            result={"members": len(visits)},
        )  # fmt: skip


def month_of(basket: Basket) -> str:
    """The month of a receipt on the shop's clock, like "2026-03"."""
    return f"{basket.happened_at.astimezone(SHOP_ZONE):%Y-%m}"


def _own(baskets: Iterable[Basket], mine: Container[str], part: int, tally: Any) -> Iterator[Basket]:
    """This part's receipts; those of households that another load brought in only count as passed."""
    for basket in baskets:
        if basket.household in mine:
            yield basket
        elif int(basket.household) % PARTS == part:
            tally[PASSED] += 1
            tally[SKIPPED] += 1


def _months_done(work: Work, part: int) -> set[str]:
    with acting_for(work.merchant, by=DEMO):
        found = JobRun.objects.filter(job=MONTH, period__startswith=f"{work.size} {part} ")
        return {period.rpartition(" ")[2] for period in found.values_list("period", flat=True)}


def _join_all(merchant: int, households: list[Household], tally: Any) -> dict[str, UUID]:
    """Make members of the households that are none yet; the member id of each by external id."""
    numbers = [household.external_id for household in households]
    with acting_for(merchant, by=DEMO):
        rows = Identity.objects.filter(kind=Identity.Kind.EXTERNAL, value__in=numbers)
        members = dict(rows.values_list("value", "member_id"))
    new = [household for household in households if household.external_id not in members]
    for batch in batched(new, MEMBERS_AT_ONCE):
        with acting_for(merchant, by=DEMO):
            for household in batch:
                members[household.external_id] = _join(household)
        tally[JOINED] += len(batch)
    return members


def _join(household: Household) -> UUID:
    return join(
        at=household.joined_at, channel="till", language="en",
        identities={
            "external": household.external_id, "email": household.email, "phone": household.phone,
        },
        details={"given_name": household.given_name, "family_name": household.family_name},
    ).member.pk  # fmt: skip


def _record(merchant: int, batch: tuple[Basket, ...], tally: Any) -> None:
    """Record those receipts of a batch that are not there yet, in one transaction."""
    with acting_for(merchant, by=DEMO):
        numbers = [basket.external_id for basket in batch]
        there = set(
            Order.objects.filter(source=SOURCE, external_id__in=numbers).values_list("external_id", flat=True)
        )
        stores = {basket.store for basket in batch}
        known = Location.objects.filter(code__in=stores).values_list("code", flat=True)
        for store in sorted(stores.difference(known)):
            add_location(code=store, name=f"Harvest Market no. {store}")
        new = [order_of(basket) for basket in batch if basket.external_id not in there]
        check(record_orders(orders=new, at=clock.now()))
    tally[SKIPPED] += len(there)
    tally[PASSED] += len(batch)


def check(results: Iterable[Outcome | DomainError]) -> None:
    """The history is clean, so a refused receipt is a mistake of ours: stop at the first."""
    for result in results:
        if isinstance(result, DomainError):
            raise result


def order_of(basket: Basket) -> NewOrder:
    """A receipt as `POST /orders` takes it: a line's amount is what it cost after its coupons."""
    return NewOrder(
        basket.external_id,
        "USD",
        basket.happened_at,
        tuple(
            NewLine(
                line.sku, line.amount_minor - line.discount_minor, line.quantity,
                LineKind.GIFT_CARD if "gift-card" in line.tags else LineKind.PRODUCT,
                line.name, line.category, line.brand, line.tags, line.discount_minor,
            )
            for line in basket.lines
        ),
        MemberRef(external_id=basket.household),
        SOURCE,
        channel="store",
        location=basket.store,
    )  # fmt: skip
