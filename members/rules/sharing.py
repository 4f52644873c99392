"""What members may share: points given to another member, and a household with one balance. Pure."""

from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from loyalty.core.money import MAX_POINTS
from members.rules.facts import Period

Problems = list[tuple[str, str]]
BIGGEST_HOUSEHOLD = 20


class Transfers(Struct, forbid_unknown_fields=True, frozen=True):
    """Points given from one member to another, when `on`. `minimum` and `maximum` of one transfer, and
    `maximum_per_period` of all a member gives in a period of the shop's calendar, in whole points. There is no fee."""

    on: bool = False
    minimum: int = 1
    maximum: int | None = None
    maximum_per_period: int | None = None
    period: Period = Period.MONTH


class Household(Struct, forbid_unknown_fields=True, frozen=True):
    """Members who share one balance, when `on`; at most `largest` of them."""

    on: bool = False
    largest: int = 5


class Sharing(Struct, forbid_unknown_fields=True, frozen=True):
    """The programme's section `sharing`."""

    transfers: Transfers = Transfers()
    household: Household = Household()


def check(sharing: Sharing) -> Problems:
    """Numbers in range, and limits that let something through."""
    terms, problems = sharing.transfers, []
    for name in ("minimum", "maximum", "maximum_per_period"):
        value = getattr(terms, name)
        if value is not None and not 1 <= value <= MAX_POINTS:
            problems.append((f"transfers.{name}", "Choose one point or more."))
    for name in ("maximum", "maximum_per_period"):
        value = getattr(terms, name)
        if value is not None and value < terms.minimum:
            problems.append((f"transfers.{name}", "This is less than the smallest transfer."))
    if not 2 <= sharing.household.largest <= BIGGEST_HOUSEHOLD:
        problems.append(("household.largest", f"Choose 2 to {BIGGEST_HOUSEHOLD} members."))
    return problems


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a transfer may not be: a stable code and the figures its sentence needs."""

    code: str
    figures: dict[str, Any]


def why_not(terms: Transfers, *, amount: int, given: int) -> Refusal | None:
    """What keeps a member who has `given` so many in this period from giving `amount` more; None when nothing does."""
    if not terms.on:
        return Refusal("transfers_off", {})
    if amount < terms.minimum:
        return Refusal("transfer_too_small", {"minimum": terms.minimum})
    if terms.maximum is not None and amount > terms.maximum:
        return Refusal("transfer_too_large", {"maximum": terms.maximum})
    if terms.maximum_per_period is not None and given + amount > terms.maximum_per_period:
        left = max(0, terms.maximum_per_period - given)
        return Refusal("transfer_limit_reached", {"left": left, "maximum": terms.maximum_per_period})
    return None


@dataclass(frozen=True, slots=True)
class Part:
    """What one member has of a lot that can be spent: `order` sorts parts by when they end."""

    owner: Any
    amount: int
    order: Any


def gather(parts: list[Part], missing: int) -> dict[Any, int]:
    """How much of `missing` to take from whom, from what ends first on; empty when there is not enough in all."""
    taken: dict[Any, int] = {}
    if sum(part.amount for part in parts) < missing:
        return taken
    for part in sorted(parts, key=lambda part: part.order):
        take = min(part.amount, missing)
        if take > 0:
            taken[part.owner] = taken.get(part.owner, 0) + take
            missing -= take
    return taken
