"""Fika & Co: an invented café with an invented menu, invented regulars and a few weeks of visits.

Unlike the grocery's receipts nothing here was ever data about anybody. It is small on purpose: a handful of
people whose stories one can follow by eye. Phone numbers are from the range that the Swedish regulator keeps
free for fiction.
"""

import random
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from members.models import Member
from members.operations.membership import join
from members.operations.orders import record_order
from members.operations.points import live_through
from members.operations.products import write_products
from members.rules.products import ProductChange
from members.rules.shopping import MemberRef, NewLine, NewOrder
from rewards.models import Redemption
from rewards.operations.redemption import NotEligible, redeem_reward, use_voucher
from rewards.queries.catalogue import offered

ZONE = ZoneInfo("Europe/Stockholm")
WEEKS = 10
"""How long the café has been open."""


class Item(NamedTuple):
    """One thing on the menu; the price in öre."""

    sku: str
    name: str
    category: str
    price_minor: int
    tags: tuple[str, ...] = ()


MENU = (
    Item("bryggkaffe", "Bryggkaffe", "Kaffe", 38_00, ("dryck",)),
    Item("cappuccino", "Cappuccino", "Kaffe", 49_00, ("dryck",)),
    Item("havrelatte", "Havrelatte", "Kaffe", 54_00, ("dryck", "vegan")),
    Item("te", "Te i kanna", "Te", 42_00, ("dryck", "vegan")),
    Item("kanelbulle", "Kanelbulle", "Bullar", 36_00, ("bakat", "bulle")),
    Item("kardemummabulle", "Kardemummabulle", "Bullar", 38_00, ("bakat", "bulle")),
    Item("chokladboll", "Chokladboll", "Kakor", 32_00, ("bakat", "vegan")),
    Item("morotskaka", "Morotskaka", "Kakor", 52_00, ("bakat",)),
    Item("ostfralla", "Ostfralla", "Smörgåsar", 58_00, ("mat",)),
    Item("raksmorgas", "Räksmörgås", "Smörgåsar", 149_00, ("mat",)),
    Item("soppa", "Dagens soppa", "Lunch", 119_00, ("mat", "vegan")),
    Item("bonor", "Kaffebönor, 250 g", "Att ta hem", 129_00, ("hem",)),
)

REGULARS = (
    ("Alva", "Sjölund", 0.85),
    ("Edvin", "Kaffemo", 0.8),
    ("Maja", "Brännström", 0.7),
    ("Olof", "Vinterqvist", 0.6),
    ("Signe", "Bullén", 0.55),
    ("Hamid", "Rosenstam", 0.5),
    ("Tilde", "Mandelgren", 0.45),
    ("Viggo", "Kardell", 0.4),
    ("Freja", "Saffransson", 0.35),
    ("Leo", "Havrelund", 0.3),
    ("Wilma", "Sockerman", 0.3),
    ("Arvid", "Degerfors", 0.25),
    ("Ebba", "Grädström", 0.2),
    ("Isak", "Vaniljberg", 0.2),
    ("Stina", "Honungsfors", 0.15),
    ("Yusuf", "Pärlsocker", 0.15),
    ("Moa", "Lingonäng", 0.1),
    ("Ragnar", "Skorpefeldt", 0.1),
    ("Lo", "Smultrondahl", 0.05),
    ("Greta", "Kannström", 0.05),
)
"""Given name, family name, and the chance that they come by on a weekday."""

REWARDS: tuple[dict[str, Any], ...] = (
    {
        "picture": "bun",
        "kind": "free_product",
        "name": {"sv": "En kanelbulle", "en": "A cinnamon bun"},
        "description": {"sv": "Nybakad, fortfarande varm.", "en": "Freshly baked, still warm."},
        "cost_points": 350,
        "product_sku": "kanelbulle",
        "unit_cost_minor": 9_00,
    },
    {
        "picture": "cup",
        "kind": "free_product",
        "name": {"sv": "En kopp kaffe", "en": "A cup of coffee"},
        "description": {"sv": "Valfri kaffe från baren.", "en": "Any coffee from the bar."},
        "cost_points": 500,
        "unit_cost_minor": 12_00,
    },
    {
        "picture": "cake",
        "kind": "custom",
        "name": {"sv": "Fika för två", "en": "Fika for two"},
        "description": {
            "sv": "Två kaffe och två bullar. Ta med någon du tycker om.",
            "en": "Two coffees and two buns. Bring someone you like.",
        },
        "cost_points": 1200,
        "unit_cost_minor": 42_00,
    },
    {
        "picture": "beans",
        "kind": "free_product",
        "name": {"sv": "En påse kaffebönor", "en": "A bag of coffee beans"},
        "description": {"sv": "250 gram, rostade i veckan.", "en": "250 grams, roasted this week."},
        "cost_points": 2000,
        "product_sku": "bonor",
        "unit_cost_minor": 55_00,
        "stock": 30,
    },
)


def programme(today: date) -> dict[str, Any]:
    """A point per krona that can be spent from the next day; buns count double for two weeks around
    `today`."""
    week = timedelta(weeks=1)
    return {
        "identity": {
            "name": {"sv": "Fikaklubben", "en": "The Fika Club"},
            "tagline": {"sv": "En poäng för varje krona.", "en": "A point for every krona."},
        },
        "earning": {
            "rules": [
                {
                    "type": "points_per_amount",
                    "id": "varje-krona",
                    "name": "1 poäng per krona",
                    "points": 1,
                    "per_minor": 100,
                },
                {
                    "type": "multiplier",
                    "id": "bullveckor",
                    "name": "Bullveckor: dubbla poäng på bullar",
                    "factor": "2",
                    "only": {"tags": ["bulle"]},
                    "window": {"from": _instant(today - week), "until": _instant(today + week)},
                },
            ],
        },
        "points_life": {"hold_days": 1, "expiry": "rolling", "months": 12},
    }


def breakfast() -> tuple[NewLine, ...]:
    """One small order for the café's test members."""
    return _lines((MENU[1], 1), (MENU[4], 1), (MENU[8], 1))


def live(*, today: date, at: datetime) -> None:
    """Everything that has happened at the café until yesterday, day by day, as it would have been recorded.

    In the scope of the café. The dice are loaded the same way each time, so only the dates differ.
    """
    dice = random.Random("fika")
    write_products(products=[_product(item) for item in MENU], at=at)
    regulars: dict[str, Member] = {}
    for day in (today - timedelta(days=back) for back in range(7 * WEEKS, 0, -1)):
        for number, (given, family, chance) in enumerate(REGULARS, 1):
            name = f"gast-{number}"
            if dice.random() >= chance * (0.5 if day.weekday() >= 5 else 1):
                continue
            moment = datetime.combine(day, time(7 + dice.randrange(10), dice.randrange(60)), tzinfo=ZONE)
            if name not in regulars:
                regulars[name] = _joins(number, given, family, moment)
            _visits(name, moment, dice, at)
            _treats(regulars[name], moment + timedelta(minutes=2), dice)
    live_through(at=at)


def _product(item: Item) -> ProductChange:
    return ProductChange(
        item.sku, name=item.name, category=item.category, tags=item.tags, price_minor=item.price_minor
    )


def _joins(number: int, given: str, family: str, moment: datetime) -> Member:
    return join(
        at=moment, channel="till", language="sv",
        identities={
            "external": f"gast-{number}",
            "phone": f"+467017406{number + 4:02d}",
            "email": f"gast{number}@example.com",
        },
        details={"given_name": given, "family_name": family},
    ).member  # fmt: skip


def _visits(name: str, moment: datetime, dice: random.Random, at: datetime) -> None:
    """One order: something to drink, mostly something with it."""
    drink = dice.choice([item for item in MENU if "dryck" in item.tags])
    beside = dice.choice([item for item in MENU if "dryck" not in item.tags and "hem" not in item.tags])
    bought = [(drink, 1)] + ([(beside, 1 + (dice.random() < 0.15))] if dice.random() < 0.75 else [])
    if dice.random() < 0.04:
        bought.append((MENU[-1], 1))
    record_order(
        at=at,
        order=NewOrder(
            f"{moment:%Y%m%d-%H%M}-{name}", "SEK", moment, _lines(*bought), MemberRef(external_id=name),
            source="till", channel="store", location="main",
            payment_method="card" if dice.random() < 0.7 else "swish",
        ),
    )  # fmt: skip


def _treats(member: Member, moment: datetime, dice: random.Random) -> None:
    """Now and then someone takes what their points are good for."""
    if dice.random() >= 0.2:
        return
    live_through(at=moment)
    treat = dice.choice(list(offered().filter(stock=None)))
    try:
        taken = redeem_reward(
            member=member.pk, reward=treat.pk, key=f"demo:{moment:%Y%m%d}:{member.pk}", at=moment
        )
    except NotEligible:
        return  # still saving
    if dice.random() < 0.9:
        _use(taken, moment)


def _use(taken: Redemption, moment: datetime) -> None:
    use_voucher(code=taken.vouchers.get().code, at=moment + timedelta(minutes=1))


def _lines(*bought: tuple[Item, int]) -> tuple[NewLine, ...]:
    return tuple(
        NewLine(
            item.sku, item.price_minor * count, quantity=str(count), name=item.name, category=item.category,
            tags=item.tags,
        )
        for item, count in bought
    )  # fmt: skip


def _instant(day: date) -> str:
    return datetime.combine(day, time(), tzinfo=ZONE).isoformat()
