"""The section for units besides points: status credits, stamps, cash-back, each with a life of its own, and the stamp
cards that are filled. Points have their life in `points_life`. Pure."""

from msgspec import Struct

from members.rules import points_life, units
from members.rules.points_life import PointsLife

LANGUAGES = frozenset({"en", "sv", "nb", "nl"})
_FOR_EVER = PointsLife()

type Problems = list[tuple[str, str]]


class Unit(Struct, forbid_unknown_fields=True, frozen=True):
    """A unit by its id ("credits", "stamps-coffee", "cashback") and how long what is earned of it lives."""

    id: str
    life: PointsLife = PointsLife()


class StampCard(Struct, forbid_unknown_fields=True, frozen=True):
    """A card that is full with `needed` stamps of a unit and then gives `quantity` of a reward (its handle) at once;
    the stamps beyond stand on the next card. `name` by language."""

    id: str
    needed: int
    reward: str
    unit: str = units.STAMPS
    quantity: int = 1
    name: dict[str, str] = {}

    def named(self, language: str) -> str:
        """The card's name in a language, else in English, else in any, else its id."""
        return self.name.get(language) or self.name.get("en") or next(iter(self.name.values()), self.id)


class SideUnits(Struct, forbid_unknown_fields=True, frozen=True):
    """What the section holds. A unit nobody describes lives for ever."""

    units: tuple[Unit, ...] = ()
    cards: tuple[StampCard, ...] = ()

    def life(self, unit: str) -> PointsLife:
        """How long what is earned of a unit lives."""
        return next((one.life for one in self.units if one.id == unit), _FOR_EVER)

    def card_of(self, unit: str) -> StampCard | None:
        """The card that stamps of a unit fill."""
        return next((card for card in self.cards if card.unit == unit), None)


def check(side: SideUnits) -> Problems:
    """Units and cards are there once each and make sense."""
    problems: Problems = []
    if len(side.units) > 20:
        problems.append(("units", "At most 20 units."))
    if len(side.cards) > 20:
        problems.append(("cards", "At most 20 stamp cards."))
    seen: set[str] = set()
    for index, unit in enumerate(side.units):
        path = f"units[{index}]"
        if unit.id == units.POINTS:
            problems.append((f"{path}.id", "The life of points is the section points_life."))
        elif unit.id in seen:
            problems.append((f"{path}.id", "Another unit has this id."))
        else:
            problems += [(f"{path}.id", message) for _field, message in units.problems(unit.id)]
        seen.add(unit.id)
        if unit.life.hold_event:
            problems.append((f"{path}.life.hold_event", "Only points can wait for an event."))
        problems += [(f"{path}.life.{field}", message) for field, message in points_life.check(unit.life)]
    return problems + _cards(side.cards)


def _cards(cards: tuple[StampCard, ...]) -> Problems:
    problems: Problems = []
    ids: set[str] = set()
    filled: set[str] = set()
    for index, card in enumerate(cards):
        path = f"cards[{index}]"
        if not card.id or len(card.id) > 60 or not card.id.replace("-", "").replace("_", "").isalnum():
            problems.append((f"{path}.id", "Use letters, digits, dashes; at most 60."))
        elif card.id in ids:
            problems.append((f"{path}.id", "Another card has this id."))
        if units.problems(card.unit) or units.family(card.unit) != units.STAMPS:
            problems.append((f"{path}.unit", "Choose stamps; a card of its own is like stamps-coffee."))
        elif card.unit in filled:
            problems.append((f"{path}.unit", "Another card is filled by these stamps."))
        if not 1 <= card.needed <= 1000:
            problems.append((f"{path}.needed", "A card has 1 to 1,000 stamps."))
        if not 1 <= card.quantity <= 100:
            problems.append((f"{path}.quantity", "Give 1 to 100 rewards for a full card."))
        if not card.reward.strip() or len(card.reward) > 60:
            problems.append((f"{path}.reward", "Name the reward by its handle, in at most 60 characters."))
        for language, text in card.name.items():
            if language not in LANGUAGES:
                problems.append((f"{path}.name.{language}", "This language is not offered."))
            elif not text.strip() or len(text) > 120:
                problems.append((f"{path}.name.{language}", "Write between 1 and 120 characters."))
        ids.add(card.id)
        filled.add(card.unit)
    return problems
