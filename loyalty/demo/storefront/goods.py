"""What the demo's web shop sells, and what a reward's code takes off a basket. Knows no database."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from members.rules.facts import LineKind
from members.rules.shopping import NewLine
from rewards.rules.kinds import KindTerms
from rewards.rules.kinds.goods import Thing
from rewards.rules.kinds.money import WHOLE, FreeShipping, MoneyOff, PercentOff

MOST_OF_ONE = 20
DELIVERY_MINOR = 495
SHIPPING = "delivery"


@dataclass(frozen=True, slots=True)
class Product:
    """One thing on the shelf; the price in cents."""

    sku: str
    name: str
    unit: str
    category: str
    price_minor: int
    icon: str
    tags: tuple[str, ...] = ()

    @property
    def price(self) -> str:
        """As the widget is told: "4.49"."""
        return str(Decimal(self.price_minor).scaleb(-2))


GOODS = (
    Product("bread-rye", "Rye bread", "1 loaf", "Bread", 449, "wheat", ("bakery",)),
    Product("milk-half", "Whole milk", "half gallon", "Milk", 329, "milk", ("dairy", "own-brand")),
    Product("apples", "Apples", "3 pounds", "Fruit", 512, "apple", ("produce",)),
    Product("eggs-12", "Free-range eggs", "a dozen", "Eggs", 479, "egg", ("dairy",)),
    Product("coffee", "Ground coffee", "12 ounces", "Coffee", 899, "coffee", ("own-brand",)),
    Product("salmon", "Salmon fillet", "1 pound", "Fish", 1499, "fish", ("seafood",)),
    Product("carrots", "Carrots", "2 pounds", "Vegetables", 249, "carrot", ("produce", "own-brand")),
    Product("ice-cream", "Vanilla ice cream", "1 quart", "Frozen", 649, "ice-cream-cone", ("frozen",)),
)
BY_SKU = {product.sku: product for product in GOODS}


@dataclass(frozen=True, slots=True)
class Picked:
    """So many of a product."""

    product: Product
    quantity: int

    @property
    def minor(self) -> int:
        """What they cost together, in cents."""
        return self.product.price_minor * self.quantity

    @property
    def amount(self) -> str:
        """The same as the widget is told."""
        return str(Decimal(self.minor).scaleb(-2))


def picked(kept: Mapping[str, int]) -> list[Picked]:
    """A basket as it is kept, as things; what is no longer sold is left out."""
    return [
        Picked(BY_SKU[sku], min(count, MOST_OF_ONE))
        for sku, count in kept.items()
        if sku in BY_SKU and count > 0
    ]


@dataclass(frozen=True, slots=True)
class Deal:
    """What a code does to a basket: cents off the goods, whether delivery is free, and a thing beside them."""

    off_minor: int = 0
    free_delivery: bool = False
    gift: str = ""
    too_small: bool = False


def deal(terms: KindTerms, *, value: int, name: str, goods_minor: int) -> Deal:
    """What a reward of these terms does to a basket worth `goods_minor`."""
    if goods_minor < getattr(terms, "at_least_minor", 0):
        return Deal(too_small=True)
    match terms:
        case MoneyOff():
            return Deal(off_minor=min(value, goods_minor))
        case PercentOff():
            return Deal(off_minor=min(goods_minor * value // WHOLE, terms.most_minor or goods_minor))
        case FreeShipping():
            return Deal(free_delivery=True)
        case Thing():
            return Deal(gift=name)
    return Deal(gift=name)


def lines(basket: list[Picked], found: Deal) -> Iterator[NewLine]:
    """The basket as an order's lines: goods, a gift, delivery."""
    for one in basket:
        product = one.product
        yield NewLine(
            product.sku, one.minor, str(one.quantity), name=product.name, category=product.category,
            tags=product.tags,
        )  # fmt: skip
    if found.gift:
        yield NewLine("reward", 0, name=found.gift)
    yield NewLine(
        SHIPPING, 0 if found.free_delivery else DELIVERY_MINOR, kind=LineKind.SHIPPING, name="Delivery"
    )
