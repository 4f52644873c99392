"""Harvest Market with the real purchases of some households: what is published of them, recorded as its till did."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched

from loyalty.core import ids
from loyalty.core.merchants.operations import add_location
from loyalty.core.tenancy.scope import acting_for
from loyalty.demo.history import SHOP_ZONE, Basket, Household, open_history
from loyalty.demo.load import ORDERS_AT_ONCE, check, order_of
from members.operations.membership import join
from members.operations.orders import record_orders
from tests.api.caller import Caller, key_for
from tests.cast import MARA, days, publish, shop
from tests.stories.campaigns.played import Calendar, Played

HOUSEHOLDS = 8


@dataclass
class Grocery(Played):
    """The shop with its receipts up to now, and those that were to come. Members are named by their household."""

    past: list[Basket] = field(default_factory=list)
    to_come: list[Basket] = field(default_factory=list)
    stores: set[str] = field(default_factory=set)

    def last_visit(self, name: str) -> datetime:
        """When a household last bought something, by the receipts."""
        return max(one.happened_at for one in self.past if one.household == name)

    def days_away(self, name: str, at: datetime) -> int:
        """Days of the shop's calendar since a household's last purchase, by the receipts."""
        return (at.astimezone(SHOP_ZONE).date() - self.last_visit(name).astimezone(SHOP_ZONE).date()).days

    def goes_on(self, calendar: Calendar, until: datetime, each: Callable[[Basket], None]) -> None:
        """What really followed, receipt by receipt up to an instant: each is told before it is recorded."""
        while self.to_come and self.to_come[0].happened_at <= until:
            basket = self.to_come.pop(0)
            calendar.at = basket.happened_at
            each(basket)
            self.records([basket])

    def records(self, baskets: Iterable[Basket]) -> None:
        """The till sends receipts."""
        for batch in batched(baskets, ORDERS_AT_ONCE):
            with acting_for(self.merchant, by=MARA):
                for store in sorted({basket.store for basket in batch} - self.stores):
                    add_location(code=store, name=f"Harvest Market no. {store}")
                    self.stores.add(store)
                check(record_orders(orders=[order_of(one) for one in batch], at=batch[-1].happened_at))
            self.past += batch


def worth(basket: Basket) -> int:
    """What a receipt earns at a point for every whole dollar of goods: a gift card is money and earns nothing."""
    goods = [line for line in basket.lines if "gift-card" not in line.tags]
    return sum(line.amount_minor - line.discount_minor for line in goods) // 100


def grocery(calendar: Calendar, *, until: datetime, households: int = HOUSEHOLDS) -> Grocery:
    """The shop as it stood at an instant of the year that ends with the calendar's day; the clock is put there."""
    merchant = shop("harvest", name="Harvest Market", currency="USD", timezone="America/New_York", country="US",
                    language="en")  # fmt: skip
    with open_history(households=households, last_day=calendar.at.date() - days(1)) as history:
        people, baskets = history.households(), list(history.baskets())
    with acting_for(merchant, by=MARA):
        publish(at=people[0].joined_at - days(1))
    club = Grocery(merchant, None, Caller(key_for(merchant)))  # type: ignore[arg-type] # no blueprint
    calendar.at = until
    joined = [one for one in people if one.joined_at <= until]
    with acting_for(merchant, by=MARA):
        club.members = {one.external_id: _joins(one) for one in joined}
    club.records(one for one in baskets if one.happened_at <= until)
    known = club.members
    club.to_come = [one for one in baskets if one.happened_at > until and one.household in known]
    return club


def _joins(household: Household) -> str:
    """A household becomes a member with its first purchase; the public id."""
    name = household.external_id
    details = {"given_name": household.given_name, "family_name": household.family_name}
    member = join(at=household.joined_at, channel="till", language="en", details=details,
                  identities={"external": name, "email": f"{name}@example.com"}).member  # fmt: skip
    return ids.encode("mbr", member.pk)
