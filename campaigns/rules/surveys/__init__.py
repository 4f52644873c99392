"""Surveys: what can be asked, which questions follow from which answers, and what an answer may be. Pure.

Nothing here says a sentence: what is wrong has a code, and the operations have the words for it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from msgspec import Struct

LANGUAGES = ("en", "sv", "nb", "nl")
MOST_QUESTIONS = 30
MOST_OPTIONS = 20
LONGEST_TEXT = 2000
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

type Words = dict[str, str]
type Answer = int | bool | str | list[str]
type Given = dict[str, Any]


class Kind(StrEnum):
    """How a question is answered. `nps` is "how likely are you to recommend us?", from 0 to 10."""

    NPS = "nps"
    SCALE = "scale"
    ONE = "one"
    MANY = "many"
    YES_NO = "yes_no"
    TEXT = "text"


class Option(Struct, forbid_unknown_fields=True, frozen=True):
    """Something one can choose."""

    id: str
    name: Words = {}


class When(Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """When a question follows: only if an earlier `question` was answered like this. A number lies from `at_least` to
    `at_most`; a choice is `any_of` these options; `yes` is the answer to a yes-or-no question."""

    question: str
    at_least: int | None = None
    at_most: int | None = None
    any_of: tuple[str, ...] = ()
    yes: bool | None = None


class Question(Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """One question. `name` is how it is asked and `note` what stands below, by language. A scale goes from 1 to `most`;
    `low` and `high` say what its ends mean. Without `when` everybody is asked."""

    id: str
    kind: Kind
    name: Words = {}
    note: Words = {}
    required: bool = False
    options: tuple[Option, ...] = ()
    most: int = 5
    low: Words = {}
    high: Words = {}
    when: When | None = None

    @property
    def numbers(self) -> range:
        """The numbers one can choose; none where it is no number."""
        if self.kind is Kind.NPS:
            return range(11)
        return range(1, self.most + 1) if self.kind is Kind.SCALE else range(0)


class Content(Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """A survey as people read it: its `title`, an `intro`, the questions in their order, and the words of `thanks`."""

    title: Words = {}
    intro: Words = {}
    thanks: Words = {}
    questions: tuple[Question, ...] = ()

    def question(self, question: str) -> Question | None:
        """A question by its id."""
        return next((one for one in self.questions if one.id == question), None)

    @property
    def nps(self) -> Question | None:
        """The question whether one would recommend the shop."""
        return next((one for one in self.questions if one.kind is Kind.NPS), None)


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that is wrong: where, and a code with what its words need."""

    path: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


def worded(words: Mapping[str, str], language: str) -> str:
    """Words in a language, else in English, else in any, else nothing."""
    return words.get(language) or words.get("en") or next((text for text in words.values() if text), "")


# --- which questions are asked ------------------------------------------------------------------------------


def holds(when: When, answer: Any) -> bool:
    """Whether an answer is one that a question follows from."""
    if answer is None:
        return False
    if isinstance(answer, bool):
        return when.yes is answer
    if isinstance(answer, int):
        return (when.at_least is None or answer >= when.at_least) and (
            when.at_most is None or answer <= when.at_most
        )
    chosen = [answer] if isinstance(answer, str) else answer
    return not set(when.any_of).isdisjoint(chosen)


def asked(content: Content, given: Mapping[str, Any]) -> list[Question]:
    """The questions that somebody who has answered like this is asked, in their order. What follows from a question
    that is not asked is not asked either."""
    found: list[Question] = []
    seen: set[str] = set()
    for one in content.questions:
        when = one.when
        if when is None or (when.question in seen and holds(when, given.get(when.question))):
            found.append(one)
            seen.add(one.id)
    return found


def deciding(content: Content) -> frozenset[str]:
    """The questions whose answers decide what else is asked."""
    return frozenset(one.when.question for one in content.questions if one.when)


# --- what was answered --------------------------------------------------------------------------------------


def read(content: Content, given: Mapping[str, Any]) -> tuple[Given, list[Wrong]]:
    """What somebody said, tidied, and what is wrong with it. Nothing said is no answer; an answer to what they were not
    asked is wrong."""
    found: Given = {}
    wrong: list[Wrong] = []
    for name, answer in given.items():
        question = content.question(name)
        if question is None:
            wrong.append(Wrong(f"answers.{name[:60]}", "unknown_question"))
            continue
        code = _misfit(question, answer)
        if code:
            wrong.append(Wrong(f"answers.{name}", code, {"most": LONGEST_TEXT}))
        elif not _is_empty(answer):
            found[name] = answer.strip() if isinstance(answer, str) else answer
    there = {one.id for one in asked(content, found)}
    wrong += [Wrong(f"answers.{name}", "not_asked") for name in found if name not in there]
    for one in asked(content, found):
        if one.required and one.id not in found and one.id not in {w.path[8:] for w in wrong}:
            wrong.append(Wrong(f"answers.{one.id}", "required"))
    if not found and not wrong:
        wrong.append(Wrong("answers", "nothing_said"))
    return found, wrong


def _is_empty(answer: Any) -> bool:
    return answer is None or (isinstance(answer, str) and not answer.strip()) or answer == []


def _misfit(question: Question, answer: Any) -> str:
    """Why an answer is none to a question; "" when it is one, or nothing."""
    if _is_empty(answer):
        return ""
    options = {one.id for one in question.options}
    match question.kind:
        case Kind.NPS | Kind.SCALE:
            fits = isinstance(answer, int) and not isinstance(answer, bool) and answer in question.numbers
        case Kind.YES_NO:
            fits = isinstance(answer, bool)
        case Kind.ONE:
            fits = isinstance(answer, str) and answer in options
        case Kind.MANY:
            fits = (
                isinstance(answer, list)
                and all(isinstance(one, str) for one in answer)
                and len(set(answer)) == len(answer)
                and options.issuperset(answer)
            )
        case Kind.TEXT:
            if isinstance(answer, str) and len(answer) > LONGEST_TEXT:
                return "too_long"
            fits = isinstance(answer, str) and all(letter >= " " or letter in "\r\n\t" for letter in answer)
    return "" if fits else "not_an_answer"


# --- what can be asked --------------------------------------------------------------------------------------


def problems(content: Content) -> list[Wrong]:
    """What is wrong with a survey as it is written. A draft may have no questions yet."""
    found = [
        *_words("title", content.title, 120, needed=True),
        *_words("intro", content.intro, 600),
        *_words("thanks", content.thanks, 600),
    ]
    if len(content.questions) > MOST_QUESTIONS:
        found.append(Wrong("questions", "too_many", {"most": MOST_QUESTIONS}))
    if sum(one.kind is Kind.NPS for one in content.questions) > 1:
        found.append(Wrong("questions", "one_nps"))
    earlier: dict[str, Question] = {}
    for index, one in enumerate(content.questions):
        path = f"questions[{index}]"
        if one.id in earlier:
            found.append(Wrong(f"{path}.id", "taken"))
        found += [Wrong(f"{path}.{w.path}", w.code, w.params) for w in _of_question(one, earlier)]
        earlier[one.id] = one
    return found


def _of_question(one: Question, earlier: Mapping[str, Question]) -> Iterator[Wrong]:
    if not _ID.fullmatch(one.id):
        yield Wrong("id", "bad_id")
    yield from _words("name", one.name, 200, needed=True)
    yield from _words("note", one.note, 300)
    yield from _words("low", one.low, 40)
    yield from _words("high", one.high, 40)
    if one.kind is Kind.SCALE and not 3 <= one.most <= 10:
        yield Wrong("most", "scale", {})
    if one.kind in (Kind.ONE, Kind.MANY):
        yield from _options(one.options)
    elif one.options:
        yield Wrong("options", "no_options")
    if one.when is not None and not _can_follow(one.when, earlier.get(one.when.question)):
        yield Wrong("when", "when")


def _options(options: Sequence[Option]) -> Iterator[Wrong]:
    if not 2 <= len(options) <= MOST_OPTIONS:
        yield Wrong("options", "options", {"most": MOST_OPTIONS})
    seen: set[str] = set()
    for index, one in enumerate(options):
        if not _ID.fullmatch(one.id) or one.id in seen:
            yield Wrong(f"options[{index}].id", "taken" if one.id in seen else "bad_id")
        seen.add(one.id)
        for wrong in _words("name", one.name, 80, needed=True):
            yield Wrong(f"options[{index}].{wrong.path}", wrong.code, wrong.params)


def _can_follow(when: When, before: Question | None) -> bool:
    """Whether a question can follow like this: from an earlier one, by answers that it has."""
    if before is None or before.kind is Kind.TEXT:
        return False
    is_ranged = when.at_least is not None or when.at_most is not None
    match before.kind:
        case Kind.NPS | Kind.SCALE:
            if not before.numbers:
                return False
            low = before.numbers[0] if when.at_least is None else when.at_least
            high = before.numbers[-1] if when.at_most is None else when.at_most
            known = low <= high and low in before.numbers and high in before.numbers
            return is_ranged and known and not when.any_of and when.yes is None
        case Kind.YES_NO:
            return when.yes is not None and not is_ranged and not when.any_of
    known = {one.id for one in before.options}.issuperset(when.any_of)
    return bool(when.any_of) and known and not is_ranged and when.yes is None


def _words(name: str, words: Words, most: int, *, needed: bool = False) -> Iterator[Wrong]:
    if needed and not any(text.strip() for text in words.values()):
        yield Wrong(name, "words_needed")
    for language, text in words.items():
        if language not in LANGUAGES:
            yield Wrong(f"{name}.{language}"[:80], "language")
        elif len(text) > most:
            yield Wrong(f"{name}.{language}", "too_long", {"most": most})
        elif any(letter < " " and letter not in "\r\n\t" for letter in text):
            yield Wrong(f"{name}.{language}", "not_text")


def shape(content: Content) -> list[tuple[Any, ...]]:
    """What of a survey its answers depend on: everything but words, and but whether one must answer."""
    return [
        (one.id, one.kind, tuple(option.id for option in one.options), one.numbers, one.when)
        for one in content.questions
    ]
