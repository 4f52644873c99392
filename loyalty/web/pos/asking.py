"""What a cashier is asked for beside the sum: only what the programme's rules look at, read out of the rules."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from loyalty.web.pos.selling import CHANNEL
from members.queries import adding
from members.rules.conditions import Quantity
from members.rules.earning import Earning, Filter, Fixed, For, Multiplier, PointsPerAmount
from members.rules.shopping import NewLine

MOST = 12
"""More than so many buttons help nobody: the counter's own system should send such orders."""
MOST_OF_ONE = 99


@dataclass(frozen=True, slots=True)
class Item:
    """A product (or a kind of product) that a rule names: a button at the till. `priced`: how much of the sum it was
    matters, because points depend on it."""

    id: str
    label: str
    sku: str
    category: str = ""
    brand: str = ""
    tag: str = ""
    priced: bool = False

    def line(self, quantity: int, amount_minor: int) -> NewLine:
        """So many of it for so much."""
        return NewLine(
            sku=self.sku, name=self.label, category=self.category, brand=self.brand,
            tags=(self.tag,) if self.tag else (), quantity=str(quantity), amount_minor=amount_minor,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asks:
    """What the till shows: ways to pay, channels and products that matter to some rule. Empty ones are not asked."""

    payments: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()


def label(name: str) -> str:
    """A name out of a rule as a button says it: "gift_card" → "Gift card"."""
    text = " ".join(name.replace("_", " ").replace("-", " ").split())
    return text[:1].upper() + text[1:]


def channel_label(name: str) -> str:
    """A channel as a button says it."""
    return gettext("In the shop") if name == CHANNEL else label(name)


def asked() -> Asks:
    """What the programme in force looks at."""
    current = adding.in_force()
    return asked_by(current.programme["earning"]) if current else Asks()


def asked_by(earning: Earning) -> Asks:
    """What these rules look at in a purchase."""
    payments: dict[str, None] = {}
    channels: dict[str, None] = {}
    items: dict[str, Item] = {}
    for rule in earning.rules:
        if rule.activity is not None:
            continue
        payments |= dict.fromkeys(rule.only.payment_methods)
        channels |= dict.fromkeys(rule.only.channels)
        for item in _items(rule):
            known = items.get(item.id)
            if known is None or (item.priced and not known.priced):
                items[item.id] = item
    others = [name for name in channels if name != CHANNEL]
    return Asks(
        tuple(payments)[:MOST], (CHANNEL, *others[: MOST - 1]) if others else (), tuple(items.values())[:MOST]
    )


def _items(rule: Any) -> Iterator[Item]:
    """The products one rule names. It counts things, or it counts money: then how much they cost matters."""
    counts_money = isinstance(rule, PointsPerAmount | Multiplier) or not isinstance(rule, Fixed)
    yield from _of(rule.only, priced=counts_money)
    for condition in rule.when:
        if isinstance(condition, Quantity):
            yield from _of(condition.of, priced=False)
    if isinstance(rule, Fixed) and rule.for_each is For.ITEM and rule.only.takes_all:
        yield Item("item", gettext("Things bought"), "item")


def _of(only: Filter, *, priced: bool) -> Iterator[Item]:
    for names, kind in _named(only):
        for name in names:
            yield _item(kind, name, priced)
    # What a rule leaves out has to be told apart from the rest, by its sum.
    for names, kind in ((only.not_skus, "sku"), (only.not_categories, "category"),
                        (only.not_brands, "brand"), (only.not_tags, "tag")):  # fmt: skip
        for name in names:
            yield _item(kind, name, True)


def _named(only: Filter) -> Iterable[tuple[tuple[str, ...], str]]:
    return (only.skus, "sku"), (only.categories, "category"), (only.brands, "brand"), (only.tags, "tag")


def item_of(item_id: str) -> Item | None:
    """The product behind a button's id, also when no rule names it any more; None for what is no such id."""
    kind, _colon, name = item_id.partition(":")
    if item_id == "item":
        return Item("item", gettext("Things bought"), "item")
    if kind not in {"sku", "category", "brand", "tag"} or not name.strip() or len(name) > 100:
        return None
    return _item(kind, name, False) if name.isprintable() else None


def _item(kind: str, name: str, priced: bool) -> Item:
    """The button of one name. A product of a kind needs some number: the kind's name stands for it."""
    fields = {} if kind == "sku" else {kind: name[: 60 if kind == "tag" else 100]}
    return Item(f"{kind}:{name}", label(name), name[:100], priced=priced, **fields)
