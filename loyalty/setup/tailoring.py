"""A blueprint made to measure: with the numbers, the name and the word for points that a shop gave it."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from loyalty.blueprints.advice import Advice, Shop, advise
from loyalty.blueprints.catalogue import blueprint, blueprints
from loyalty.blueprints.shape import LANGUAGES, Blueprint, for_shop
from loyalty.core.errors import NotFound
from loyalty.core.programme import document
from loyalty.core.programme.document import Programme
from loyalty.setup.answers import Answers, Numbers, RewardNumbers
from loyalty.setup.places import zone_of
from members.rules.units import POINTS
from rewards.models import Reward
from rewards.operations.catalogue import FIELDS

MOST_REWARDS = 4
"""How many rewards of a blueprint can be adjusted on the way; more would be a form, not a question."""


@dataclass(frozen=True, slots=True)
class Tailored:
    """A blueprint as it would be opened: its programme document, and its rewards by their fields, each with a handle.
    `language` is the shop's own."""

    blueprint: Blueprint
    programme: dict[str, Any]
    rewards: list[dict[str, Any]]
    language: str

    def parsed(self) -> Programme:
        """The checked document. Raises `InvalidInput` naming what cannot be."""
        return document.parse(self.programme)

    def offers(self) -> list[Reward]:
        """The rewards as rows of nobody, which cannot be stored: there is no shop yet."""
        return [Reward(merchant_id=None, handle=one["handle"], **_fields(one)) for one in self.rewards]


def _fields(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name in FIELDS}


def advice(answers: Answers) -> list[Advice]:
    """Every blueprint, the best for this shop first."""
    said = answers.customers
    shop = Shop(answers.wishes.goals, said.budget, said.effort, said.number)
    return advise(shop, of=blueprints())


def chosen(answers: Answers) -> Blueprint:
    """The blueprint that was chosen, or the one that fits best while none is."""
    if answers.blueprint:
        try:
            return blueprint(answers.blueprint)
        except NotFound:  # a later release no longer has it
            pass
    return advice(answers)[0].blueprint


def language_of(answers: Answers) -> str:
    """The shop's language; English while it has not said."""
    said = answers.shop.language
    return said if said in LANGUAGES else "en"


def basis(answers: Answers) -> str:
    """What adjusted numbers are about: they mean nothing for another blueprint, or in another currency."""
    return f"{chosen(answers).id} {answers.customers.currency}"


def plain(answers: Answers, *, at: datetime) -> Tailored:
    """The chosen blueprint in the shop's money, language and calendar, with nothing adjusted."""
    one, language = chosen(answers), language_of(answers)
    zone = ZoneInfo(answers.shop.timezone or zone_of(answers.customers.country))
    currency = answers.customers.currency
    programme = for_shop(one.programme, currency=currency, language=language, zone=zone, at=at)
    rewards = [for_shop(part, currency=currency, language=language, zone=zone, at=at) for part in one.rewards]
    return Tailored(one, programme, rewards, language)


def tailored(answers: Answers, *, at: datetime) -> Tailored:
    """The chosen blueprint with everything that was adjusted."""
    found = plain(answers, at=at)
    programme, rewards = copy.deepcopy(found.programme), copy.deepcopy(found.rewards)
    if answers.numbers.basis == basis(answers):
        _adjust(programme, rewards, answers.numbers, found.language)
    _name(programme, answers, found.language)
    return Tailored(found.blueprint, programme, rewards, found.language)


def numbers_of(found: Tailored) -> Numbers:
    """The few numbers of a blueprint that can be adjusted on the way, as they stand in it."""
    rule, card = base_rule(found.programme), stamp_card(found.programme)
    return Numbers(
        points=rule["points"] if rule else 0,
        per_minor=rule["per_minor"] if rule else 0,
        needed=card["needed"] if card else 0,
        rewards={
            one["handle"]: RewardNumbers(
                one["name"].get(found.language) or one["name"]["en"],
                None if by_card(found.programme, one["handle"]) else one.get("cost_points", 0),
                one.get("unit_cost_minor", 0),
            )
            for one in adjustable(found)
        },
    )


def adjustable(found: Tailored) -> list[dict[str, Any]]:
    """The rewards whose name and numbers are asked for: what members get for points or a full card comes first."""

    def rank(one: dict[str, Any]) -> int:
        return 0 if one.get("cost_points") or by_card(found.programme, one["handle"]) else 1

    return sorted(found.rewards, key=rank)[:MOST_REWARDS]


def base_rule(programme: Mapping[str, Any]) -> dict[str, Any] | None:
    """The first rule that gives points for money; the very dict, not a copy."""
    rules = programme.get("earning", {}).get("rules", [])
    given = (rule for rule in rules if rule["type"] == "points_per_amount")
    return next((rule for rule in given if rule.get("unit", POINTS) == POINTS), None)


def stamp_card(programme: Mapping[str, Any]) -> dict[str, Any] | None:
    """The first stamp card; the very dict, not a copy."""
    cards: list[dict[str, Any]] = programme.get("side_units", {}).get("cards", [])
    return cards[0] if cards else None


def by_card(programme: Mapping[str, Any], handle: str) -> bool:
    """True for a reward that a full stamp card gives, so that its price in points is nobody's question."""
    return any(card["reward"] == handle for card in programme.get("side_units", {}).get("cards", []))


def _adjust(
    programme: dict[str, Any], rewards: list[dict[str, Any]], numbers: Numbers, language: str
) -> None:
    rule, card = base_rule(programme), stamp_card(programme)
    if rule is not None:
        rule["points"] = numbers.points or rule["points"]
        rule["per_minor"] = numbers.per_minor or rule["per_minor"]
    if card is not None:
        card["needed"] = numbers.needed or card["needed"]
    for one in rewards:
        said = numbers.rewards.get(one["handle"], RewardNumbers())
        if said.name and said.name != one["name"].get(language):
            # What was typed is not what the other languages say: they fall back to it until somebody translates it.
            one["name"] = {language: said.name}
            one["description"] = {}
        if said.cost_points is not None:
            one["cost_points"] = said.cost_points
        if said.unit_cost_minor is not None:
            one["unit_cost_minor"] = said.unit_cost_minor


def _name(programme: dict[str, Any], answers: Answers, language: str) -> None:
    """The programme's own name and word for points, in the shop's language."""
    identity, said = programme.setdefault("identity", {}), answers.shop
    known = identity.get("name", {})
    if said.programme_name and said.programme_name != known.get(language):
        identity["name"] = {language: said.programme_name}
        # The other languages say the name too: a name is not translated.
        identity["name"] |= {other: said.programme_name for other in known if other != language}
    if said.one and said.other:
        identity.setdefault("points", {})[language] = {"one": said.one, "other": said.other}


def words_of(found: Tailored) -> Iterator[tuple[str, str]]:
    """("one", …) and ("other", …): the word for points in the shop's language."""
    identity = found.parsed()["identity"]
    yield "one", identity.word(found.language, 1)
    yield "other", identity.word(found.language, 2)
