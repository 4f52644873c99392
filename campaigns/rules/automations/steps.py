"""What an automation does for a member, step by step. Pure.

Branches stand inside the step that divides; after them the way goes on where they began. There is no way back, so every
step happens at most once in a run.
"""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from campaigns.rules.segments import Conditions
from campaigns.rules.segments import problems as condition_problems
from campaigns.rules.wording import MOST_BODY, MOST_SUBJECT, unknown
from loyalty.core.money import MAX_POINTS
from members.rules.conditions import Weekday

type Problems = list[tuple[str, str]]
LANGUAGES = ("en", "sv", "nb", "nl")
PLACEHOLDERS = ("first_name", "shop", "programme", "balance")


class Step(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", kw_only=True):
    """One step. `id` names it within its automation."""

    id: str = ""

    def problems(self) -> Problems:
        """What is wrong with it as written, without what is inside it: (path inside it, sentence)."""
        return []

    @property
    def branches(self) -> tuple[tuple[str, tuple["AnyStep", ...]], ...]:
        """The steps inside it, by the field that holds them."""
        return ()


class Unit(StrEnum):
    """What a wait is counted in."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


class Wait(Step, frozen=True, tag="wait", kw_only=True):
    """Wait. Days are of the shop's calendar, at the same time of day."""

    number: int = 1
    unit: Unit = Unit.DAYS

    def problems(self) -> Problems:
        most = {Unit.MINUTES: 10_000, Unit.HOURS: 2_000, Unit.DAYS: 730}[self.unit]
        return [] if 1 <= self.number <= most else [("number", f"Give a number from 1 to {most:,}.")]


class WaitUntil(Step, frozen=True, tag="wait_until", kw_only=True):
    """Wait for an hour of the shop's day, on one of these weekdays (any, where empty)."""

    weekdays: tuple[Weekday, ...] = ()
    hour: int = 9

    def problems(self) -> Problems:
        return [] if 0 <= self.hour <= 23 else [("hour", "Give an hour from 0 to 23.")]


class Check(Step, frozen=True, tag="check", kw_only=True):
    """Whether the member fits some conditions at that moment: one way for those who do, another for the others."""

    test: Conditions = Conditions()
    yes: tuple["AnyStep", ...] = ()
    no: tuple["AnyStep", ...] = ()

    def problems(self) -> Problems:
        return [(f"test.{path}", text) for path, text in condition_problems(self.test)]

    @property
    def branches(self) -> tuple[tuple[str, tuple["AnyStep", ...]], ...]:
        return (("yes", self.yes), ("no", self.no))


class Split(Step, frozen=True, tag="split", kw_only=True):
    """Chance: `percent` of the members go one way, the others another. Who goes where follows from their id and stays
    so."""

    percent: int = 50
    first: tuple["AnyStep", ...] = ()
    second: tuple["AnyStep", ...] = ()

    def problems(self) -> Problems:
        return [] if 1 <= self.percent <= 99 else [("percent", "Give a share from 1 to 99 per cent.")]

    @property
    def branches(self) -> tuple[tuple[str, tuple["AnyStep", ...]], ...]:
        return (("first", self.first), ("second", self.second))


class Words(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a message says in one language."""

    subject: str = ""
    body: str = ""


class About(StrEnum):
    """What a message is about, so that members' choices count: news needs their yes."""

    PROGRAMME = "programme"
    NEWS = "news"


class Message(Step, frozen=True, tag="message", kw_only=True):
    """Write to the member, in the language they read."""

    about: About = About.PROGRAMME
    words: dict[str, Words] = {}

    def problems(self) -> Problems:
        found: Problems = []
        if not any(said.subject.strip() and said.body.strip() for said in self.words.values()):
            found.append(("words", "Write a subject and a text in at least one language."))
        for language, said in self.words.items():
            if language not in LANGUAGES:
                found.append((f"words.{language}", "This language is not offered."))
                continue
            if bool(said.subject.strip()) != bool(said.body.strip()):
                found.append((f"words.{language}", "Give both a subject and a text, or neither."))
            for name, text, most in (("subject", said.subject, MOST_SUBJECT), ("body", said.body, MOST_BODY)):
                strange = unknown(text, PLACEHOLDERS)
                if len(text) > most:
                    found.append((f"words.{language}.{name}", f"At most {most:,} characters."))
                elif "\x00" in text:
                    found.append((f"words.{language}.{name}", "This text holds a character nobody can read."))
                elif strange:
                    found.append((f"words.{language}.{name}", f"Nothing is called {{{strange[0]}}} here."))
        return found


class GivePoints(Step, frozen=True, tag="points", kw_only=True):
    """Give points; members read the reason beside them. What it may come to in all is the automation's budget."""

    amount: int
    reason: str

    def problems(self) -> Problems:
        found: Problems = []
        if not 1 <= self.amount <= MAX_POINTS:
            found.append(("amount", "Give at least one."))
        if not self.reason.strip() or len(self.reason) > 300 or "\x00" in self.reason:
            found.append(("reason", "Say what it is for, in 1 to 300 characters."))
        return found


class GiveReward(Step, frozen=True, tag="reward", kw_only=True):
    """Hand out one of a reward, by its handle, for nothing."""

    reward: str

    def problems(self) -> Problems:
        return [] if self.reward else [("reward", "Choose a reward.")]


class GiveOffer(Step, frozen=True, tag="offer", kw_only=True):
    """Let the member have a personal offer: ready to be activated by them, or `active` at once."""

    offer: str
    active: bool = False

    def problems(self) -> Problems:
        return [] if self.offer else [("offer", "Choose an offer.")]


class AddTo(Step, frozen=True, tag="add", kw_only=True):
    """Put the member on a list, by its handle."""

    segment: str

    def problems(self) -> Problems:
        return [] if self.segment else [("segment", "Choose a list.")]


class TakeOff(Step, frozen=True, tag="remove", kw_only=True):
    """Take the member off a list, by its handle."""

    segment: str

    def problems(self) -> Problems:
        return [] if self.segment else [("segment", "Choose a list.")]


class CallWebhook(Step, frozen=True, tag="webhook", kw_only=True):
    """Tell one of the shop's own webhooks, by its id, whatever kinds it has chosen. `label` travels with it."""

    endpoint: str
    label: str = ""

    def problems(self) -> Problems:
        found: Problems = [] if self.endpoint else [("endpoint", "Choose a webhook.")]
        if len(self.label) > 60 or "\x00" in self.label:
            found.append(("label", "At most 60 characters."))
        return found


class Stop(Step, frozen=True, tag="stop", kw_only=True):
    """It is over for the member here, whatever comes after."""


AnyStep = (
    Wait
    | WaitUntil
    | Check
    | Split
    | Message
    | GivePoints
    | GiveReward
    | GiveOffer
    | AddTo
    | TakeOff
    | CallWebhook
    | Stop
)
ACTS = (Message, GivePoints, GiveReward, GiveOffer, AddTo, TakeOff, CallWebhook)
"""Steps that do something for the member."""
MOST_STEPS = 60
DEEPEST = 4


def every(
    steps: tuple[AnyStep, ...], path: str = "steps", depth: int = 1
) -> Iterator[tuple[str, AnyStep, int]]:
    """Every step with its path and how deep it lies, in the order in which they are written."""
    for index, step in enumerate(steps):
        here = f"{path}[{index}]"
        yield here, step, depth
        for name, inside in step.branches:
            yield from every(inside, f"{here}.{name}", depth + 1)


def step_problems(steps: tuple[AnyStep, ...]) -> Iterator[tuple[str, str]]:
    """What is wrong with the steps."""
    if not steps:
        yield "steps", "Add at least one step."
    found = list(every(steps))
    if len(found) > MOST_STEPS:
        yield "steps", f"At most {MOST_STEPS} steps."
        return
    for path, step, depth in found:
        if depth > DEEPEST:
            yield path, f"Branches stand in each other at most {DEEPEST} deep."
        for inside, text in step.problems():
            yield f"{path}.{inside}", text
