"""Opens the two merchants of the demo, through the operations that open any merchant.

**Harvest Market** is a grocery whose members and receipts are published educational grocery data (see
`loyalty.demo.history`); its name, its programme and its rewards are ours. **Fika & Co** is a café that does
not exist: its people, its menu and its receipts are invented here (`loyalty.demo.cafe`).

Each has its test sibling with the same programme and a few pretend members. Everything is opened in one
transaction: either all of it is there or nothing, so opening again finds it and changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import transaction

from loyalty.core.events.models import JobRun
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.operations import add_staff, open_merchant
from loyalty.core.merchants.roles import Role
from loyalty.core.merchants.shaping import edit_shop
from loyalty.core.pictures.operations import keep_drawing
from loyalty.core.programme import operations as programmes
from loyalty.core.tenancy.scope import Actor, acting_for
from loyalty.demo import cafe, under_way
from loyalty.demo.history import SHOP_ZONE
from loyalty.web.drawing import drawn, emblem
from members.operations.membership import join
from members.operations.orders import record_orders
from members.rules.shopping import MemberRef, NewLine, NewOrder
from rewards.operations.catalogue import create_reward, picture_reward

DEMO = Actor("system", "demo")
"""Who did it, in the audit log of the demo's shops."""

GROCERY = "harvest-market"
CAFE = "fika"
COLOURS = {GROCERY: "#1f6f43", CAFE: "#8a4b2a"}
MARKS = {GROCERY: "apple", CAFE: "cup"}
"""The drawing that is each shop's logo."""
OPENED = "demo opened"
"""Name of the job whose one run per shop says that it is the demo's, and on which day its history ends."""

STAFF = {
    "owner": (Role.OWNER, {GROCERY: "Olive Greenway", CAFE: "Astrid Lund"}),
    "manager": (Role.MANAGER, {GROCERY: "Miles Parsley", CAFE: "Nils Ek"}),
    "cashier": (Role.CASHIER, {GROCERY: "Cass Tillman", CAFE: "Saga Berg"}),
    "analyst": (Role.ANALYST, {GROCERY: "Ann Figures", CAFE: "Ture Sand"}),
}
MAIL_DOMAINS = {GROCERY: "harvest-market.example", CAFE: "fika.example"}
"""`.example` is reserved (RFC 2606): no mail can leave for it."""

PRETEND = (("Robin", "Tester"), ("Sam", "Sample"), ("Kim", "Trial"))
"""Members of each test sibling. The first is the one that the printed `curl` earns for."""


class NotTheDemos(RuntimeError):
    """A shop with a demo shop's address exists that the demo did not open."""


@dataclass(frozen=True, slots=True)
class Shops:
    """The demo's merchants, and the shop day near which the grocery's history ends."""

    grocery: Merchant
    cafe: Merchant
    last_day: date


@transaction.atomic
def open_shops(*, at: datetime) -> Shops:
    """Open both merchants, or find them open. Raises `NotTheDemos` when another shop has their address.

    The day on which the history ends is yesterday at the first opening, and stays what it was then: a later
    start must find every receipt where it left it.
    """
    grocery, earlier = _found(GROCERY)
    cafe_shop, _unused = _found(CAFE)
    if grocery and cafe_shop and earlier:
        return Shops(grocery, cafe_shop, date.fromisoformat(earlier["last_day"]))
    last_day = at.astimezone(SHOP_ZONE).date() - timedelta(days=1)
    grocery = _open_grocery(at=at, last_day=last_day)
    cafe_shop = _open_cafe(at=at)
    return Shops(grocery, cafe_shop, last_day)


def staff_email(slug: str, who: str = "owner") -> str:
    """The sign-in address of one of the demo's staff: `owner`, `manager`, `cashier` or `analyst`."""
    return f"{who}@{MAIL_DOMAINS[slug]}"


def _found(slug: str) -> tuple[Merchant | None, dict[str, Any]]:
    """The demo's shop with that address and what was noted at its opening."""
    merchant = Merchant.objects.filter(slug=slug).first()
    if merchant is None:
        return None, {}
    with acting_for(merchant, by=DEMO):
        run = JobRun.objects.filter(job=OPENED).first()
    if run is None:
        raise NotTheDemos(
            f"This database already has a shop at the address “{slug}” that the demo did not open. "
            "Let the demo use a database of its own."
        )
    return merchant, run.result


def _open_grocery(*, at: datetime, last_day: date) -> Merchant:
    """Harvest Market and its sibling. It opened a year before its first receipt of the moved history."""
    merchant = open_merchant(
        name="Harvest Market",
        slug=GROCERY,
        currency="USD",
        timezone="America/New_York",
        country="US",
        language="en",
        brand_colour=COLOURS[GROCERY],
        at=at - timedelta(weeks=54),
        by=DEMO,
    )
    document = grocery_programme(last_day)
    for shop in (merchant, merchant.sandbox):
        with acting_for(shop, by=DEMO):
            _furnish(GROCERY, document, GROCERY_REWARDS, at=at, result={"last_day": last_day.isoformat()})
    with acting_for(merchant, by=DEMO):
        under_way.begin_at_grocery(at=at)
    with acting_for(merchant.sandbox, by=DEMO):
        _pretend(_groceries(), currency="USD", at=at)
    return merchant


def _open_cafe(*, at: datetime) -> Merchant:
    """Fika & Co and its sibling, with a few weeks of invented visits."""
    merchant = open_merchant(
        name="Fika & Co", slug=CAFE, currency="SEK", timezone="Europe/Stockholm", country="SE", language="sv",
        brand_colour=COLOURS[CAFE], at=at - timedelta(weeks=cafe.WEEKS + 1), by=DEMO,
    )  # fmt: skip
    today = at.astimezone(cafe.ZONE).date()
    document = cafe.programme(today)
    for shop in (merchant, merchant.sandbox):
        with acting_for(shop, by=DEMO):
            _furnish(CAFE, document, cafe.REWARDS, at=at, result={"last_day": today.isoformat()})
    with acting_for(merchant, by=DEMO):
        cafe.live(today=today, at=at)
        under_way.begin_at_cafe(today=today, at=at)
    with acting_for(merchant.sandbox, by=DEMO):
        _pretend(cafe.breakfast(), currency="SEK", at=at)
    return merchant


def _furnish(
    slug: str,
    document: Mapping[str, Any],
    rewards: Sequence[Mapping[str, Any]],
    *,
    at: datetime,
    result: dict[str, str],
) -> None:
    """Staff, programme, rewards with their pictures and logo of the shop acted for, and the note that the demo opened
    it. `picture` of a reward names a drawing of `loyalty.web.drawing`."""
    for who, (role, names) in STAFF.items():
        row = add_staff(email=staff_email(slug, who), role=role, at=at, name=names[slug])
        # No mail reaches `.example`; who opens the demo's links may set up a passkey all the same.
        apps.get_model("account", "EmailAddress").objects.filter(user=row.user_id).update(verified=True)
    programmes.save_draft(content=document, at=at)
    programmes.publish(at=at, note="First version")
    for position, details in enumerate(rewards):
        reward = create_reward(at=at, details={**details, "position": position})
        shown = keep_drawing(drawing=drawn(details["picture"], COLOURS[slug]), at=at)
        picture_reward(reward=reward.pk, picture=shown.pk, at=at)
    mark = keep_drawing(drawing=emblem(MARKS[slug], COLOURS[slug]), at=at)
    edit_shop(details={"logo": mark.pk}, at=at)
    JobRun.objects.create(job=OPENED, period="once", started_at=at, finished_at=at, result=result)


def _pretend(lines: tuple[NewLine, ...], *, currency: str, at: datetime) -> None:
    """A few members of a test sibling, each with one order from yesterday, so that nothing is empty."""
    for number, (given, family) in enumerate(PRETEND, 1):
        join(
            at=at - timedelta(days=30), channel="till",
            identities={"external": f"test-{number}", "email": f"{given}.{family}@example.com".lower()},
            details={"given_name": given, "family_name": family},
        )  # fmt: skip
    record_orders(
        at=at,
        orders=[
            NewOrder(
                f"test-order-{number}", currency, at - timedelta(days=1), lines,
                MemberRef(external_id=f"test-{number}"), source="till", channel="store", location="main",
            )
            for number in range(1, len(PRETEND) + 1)
        ],
    )  # fmt: skip


def _groceries() -> tuple[NewLine, ...]:
    """One small basket for the grocery's test members."""
    return (
        NewLine("bread-rye", 449, name="Rye bread", category="Bread", tags=("bakery",)),
        NewLine("milk-half", 329, name="Milk, half gallon", category="Milk", tags=("dairy", "own-brand")),
        NewLine("apples", 512, name="Apples", category="Fruit", tags=("produce",)),
    )


def grocery_programme(last_day: date) -> dict[str, Any]:
    """Harvest Market's programme: a point per full dollar, own-brand goods double around `last_day`.

    Everything on a receipt earns, gift cards too, so the base points of the whole history are exactly one per
    full dollar of each order's total.
    """
    week = timedelta(weeks=1)
    return {
        "identity": {
            "name": {"en": "Harvest Rewards"},
            "tagline": {"en": "A point for every dollar. Good food for your points."},
        },
        "earning": {
            "earns": ["product", "gift_card"],
            "rules": [
                {
                    "type": "points_per_amount",
                    "id": "every-dollar",
                    "name": "1 point for every dollar",
                    "points": 1,
                    "per_minor": 100,
                    "rounding": "down",
                },
                {
                    "type": "multiplier",
                    "id": "own-brand-weeks",
                    "name": "Double points on Harvest's own brand",
                    "factor": "2",
                    "only": {"tags": ["own-brand"]},
                    "window": {
                        "from": midnight(last_day - 4 * week, SHOP_ZONE),
                        "until": midnight(last_day + 4 * week, SHOP_ZONE),
                    },
                },
            ],
        },
        "points_life": {"expiry": "month_end", "months": 12},
    }


def midnight(day: date, zone: ZoneInfo) -> str:
    """The start of `day` in `zone`, as a programme document writes instants."""
    return datetime.combine(day, time(), tzinfo=zone).isoformat()


GROCERY_REWARDS: tuple[dict[str, Any], ...] = (
    {
        "picture": "bread",
        "kind": "free_product",
        "name": {"en": "A loaf of fresh bread"},
        "description": {"en": "Any loaf from our bakery, baked this morning."},
        "cost_points": 120,
        "unit_cost_minor": 140,
    },
    {
        "picture": "truck",
        "kind": "free_shipping",
        "name": {"en": "Free home delivery"},
        "description": {"en": "Your next order brought to your door at no charge."},
        "cost_points": 200,
        "unit_cost_minor": 495,
    },
    {
        "picture": "ticket",
        "kind": "money_off",
        "name": {"en": "$5 off your groceries"},
        "description": {"en": "Five dollars off anything in the shop. Show the code at the till."},
        "cost_points": 250,
        "value": 500,
        "unit_cost_minor": 500,
    },
    {
        "picture": "bag",
        "kind": "percent_off",
        "name": {"en": "10 % off one big shop"},
        "description": {"en": "Ten percent off a whole basket, once a year. Save it for the big one."},
        "cost_points": 400,
        "value": 1000,
        "unit_cost_minor": 900,
        "limit_per_member": 1,
    },
    {
        "picture": "ticket",
        "kind": "money_off",
        "name": {"en": "$15 off your groceries"},
        "description": {"en": "For patient collectors: fifteen dollars off anything in the shop."},
        "cost_points": 700,
        "value": 1500,
        "unit_cost_minor": 1500,
    },
    {
        "picture": "apple",
        "kind": "custom",
        "name": {"en": "A place at our cooking evening"},
        "description": {"en": "Three courses, cooked together in our test kitchen. Twenty places."},
        "cost_points": 1500,
        "unit_cost_minor": 2500,
        "stock": 20,
        "limit_per_member": 1,
    },
)
"""At a point per dollar a household spends some $1,850 a year here, so the cheapest takes a few weeks and $5
costs $250 of shopping: two percent back."""
