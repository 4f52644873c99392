"""Blueprints by API: which there are, which fit, and opening one in the sandbox."""

from typing import Annotated, Any

from django.urls import path
from msgspec import Meta, Struct

from loyalty.blueprints import catalogue
from loyalty.blueprints.advice import Advice, Shop, advise
from loyalty.blueprints.opening import SandboxOnly, fitted, open_blueprint
from loyalty.blueprints.shape import Blueprint as Kept
from loyalty.blueprints.shape import Goal, Level
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.spec import endpoint
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.programme.operations import NothingChanged

GoalList = Annotated[str, Meta(max_length=100, pattern=r"^[a-z_,]*$(?!\n)")]


class Wanted(Struct, forbid_unknown_fields=True, frozen=True):
    """What the shop says of itself. `goals`: one or more of return, spend, win, keep, take_part and values, most
    important first, with commas between; the others are low, medium or high."""

    goals: GoalList = "return"
    budget: Level = Level.HIGH
    effort: Level = Level.HIGH
    customers: Level = Level.HIGH


class Wording(Struct):
    """A blueprint in one language: its name, what it brings, when it fits."""

    name: str
    promise: str
    fits: str


class Blueprint(Struct):
    """A ready-made programme. `fit` is 0 to 100 for the shop as it described itself; `because` and `lacks` name what
    speaks for it, and what it asks for that the shop does not have."""

    id: str
    model: str
    goals: list[Goal]
    budget: Level
    effort: Level
    customers: Level
    texts: dict[str, Wording]
    fit: int
    because: list[str]
    lacks: list[str]


class Blueprints(Struct):
    """Blueprints, the best fitting first."""

    data: list[Blueprint]


class BlueprintDocument(Struct):
    """What opening a blueprint makes, in the shop's currency: the programme document, and rewards by their fields."""

    id: str
    model: str
    texts: dict[str, Wording]
    programme: dict[str, Any]
    rewards: list[dict[str, Any]]


class OpenedBlueprint(Struct):
    """The programme version that counts now, and the handles of rewards that were made, kept as they were, or
    retired because they were for tiers or segments that are gone."""

    id: str
    programme_version: str
    number: int | None
    made: list[str]
    kept: list[str]
    retired: list[str]


def _texts(one: Kept) -> dict[str, Wording]:
    return {language: Wording(said.name, said.promise, said.fits) for language, said in one.texts.items()}


def _advised(found: Advice) -> Blueprint:
    one = found.blueprint
    return Blueprint(one.id, one.model, list(one.goals), one.budget, one.effort, one.customers, _texts(one), found.fit,
                     list(found.because), list(found.lacks))  # fmt: skip


def _shop(asked: Wanted) -> Shop:
    try:
        goals = tuple(Goal(goal) for goal in asked.goals.split(",") if goal)
    except ValueError:
        raise InvalidInput.of("goals", f"Choose of {', '.join(Goal)}.") from None
    return Shop(goals, asked.budget, asked.effort, asked.customers)


class BlueprintList(Endpoint):
    @endpoint(summary="List blueprints", scope="programme:read", query=Wanted, answers={200: Blueprints})
    def get(self, call: Call) -> Blueprints:
        """Every model there is a ready-made programme for, the best fitting first."""
        return Blueprints([_advised(one) for one in advise(_shop(call.query), of=catalogue.blueprints())])


class OneBlueprint(Endpoint):
    @endpoint(
        summary="Read a blueprint",
        scope="programme:read",
        answers={200: BlueprintDocument},
        refuses=(NotFound,),
    )
    def get(self, call: Call, name: str) -> BlueprintDocument:
        """What opening it would make."""
        one = catalogue.blueprint(name)
        rewards = [fitted(reward, at=call.at) for reward in one.rewards]
        return BlueprintDocument(one.id, one.model, _texts(one), fitted(one.programme, at=call.at), rewards)


class BlueprintOpening(Endpoint):
    @endpoint(
        summary="Open a blueprint in the sandbox",
        scope="programme:write",
        answers={200: OpenedBlueprint},
        refuses=(NotFound, SandboxOnly, NothingChanged),
    )
    def post(self, call: Call, name: str) -> OpenedBlueprint:
        """Makes its rewards and publishes its programme in the test shop. Rewards whose handle is taken stay as they
        are."""
        opened = open_blueprint(blueprint=name, at=call.at)
        return OpenedBlueprint(opened.blueprint.id, ids.encode("pgv", opened.version.pk), opened.version.number,
                               list(opened.made), list(opened.kept), list(opened.retired))  # fmt: skip


urlpatterns = [
    path("blueprints", BlueprintList.as_view()),
    path("blueprints/<str:name>", OneBlueprint.as_view()),
    path("blueprints/<str:name>/open", BlueprintOpening.as_view()),
]
