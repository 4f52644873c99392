"""The section of questions: what the shop would like to know, and what members may answer. Pure.

Answers are chosen, never typed: what somebody tells about themselves then never holds more than the shop asked for.
An answer is a place in the segment `told-<question>-<option>`, so rules, offers and rewards can be for whoever gave it.
"""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

LANGUAGES = frozenset({"en", "sv", "nb", "nl"})
MOST_QUESTIONS = 20
MOST_OPTIONS = 30
TOLD = "told-"
"""How the segments of answers begin."""
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LONGEST_SEGMENT = 60

type Problems = list[tuple[str, str]]


class Answers(StrEnum):
    """How many of the options one may choose."""

    ONE = "one"
    MANY = "many"


class Option(Struct, forbid_unknown_fields=True, frozen=True):
    """Something one can answer. `name` by language."""

    id: str
    name: dict[str, str] = {}

    def named(self, language: str) -> str:
        """The option in a language, else in English, else in any, else its id."""
        return _worded(self.name, language, self.id)


class Question(Struct, forbid_unknown_fields=True, frozen=True):
    """One question: `name` is how it is asked and `text` why, both by language."""

    id: str
    name: dict[str, str] = {}
    text: dict[str, str] = {}
    answers: Answers = Answers.MANY
    options: tuple[Option, ...] = ()

    def named(self, language: str) -> str:
        """The question in a language, else in English, else in any, else its id."""
        return _worded(self.name, language, self.id)

    def said(self, language: str) -> str:
        """Why it is asked, "" where nobody said."""
        return _worded(self.text, language, "")

    def segment(self, option: str) -> str:
        """The segment of whoever has given that answer."""
        return segment_of(self.id, option)

    def allows(self, chosen: Sequence[str]) -> bool:
        """Whether these are answers to this question: none, or known ones, each once."""
        known = {option.id for option in self.options}
        most = 1 if self.answers is Answers.ONE else len(known)
        return len(set(chosen)) == len(chosen) <= most and known.issuperset(chosen)


class Questions(Struct, forbid_unknown_fields=True, frozen=True):
    """The programme's section `questions`."""

    questions: tuple[Question, ...] = ()

    def question(self, question: str) -> Question | None:
        """A question by its id."""
        return next((one for one in self.questions if one.id == question), None)


def segment_of(question: str, option: str) -> str:
    """The segment of whoever has given an answer; where its name is too long for one, a digest ends it."""
    name = f"{TOLD}{question}-{option}"
    if len(name) <= _LONGEST_SEGMENT:
        return name
    digest = sha256(f"{question}/{option}".encode()).hexdigest()[:7]
    return f"{name[: _LONGEST_SEGMENT - 8]}-{digest}"


def _worded(words: dict[str, str], language: str, fallback: str) -> str:
    return words.get(language) or words.get("en") or next(iter(words.values()), fallback)


def check(section: Questions) -> Problems:
    """Questions and their options are there once each, and can be read."""
    problems: Problems = []
    if len(section.questions) > MOST_QUESTIONS:
        problems.append(("questions", f"At most {MOST_QUESTIONS} questions."))
    seen: set[str] = set()
    segments: set[str] = set()
    for index, question in enumerate(section.questions):
        if question.id in seen:
            problems.append((f"questions[{index}].id", "Another question has this id."))
        seen.add(question.id)
        # "a" with "b-c" and "a-b" with "c" would be one segment.
        mine = {question.segment(option.id) for option in question.options}
        if mine & segments:
            problems.append((f"questions[{index}].id", "An answer of another question has the same segment."))
        segments |= mine
        problems += [(f"questions[{index}].{path}", message) for path, message in _question(question)]
    return problems


def _question(question: Question) -> Iterator[tuple[str, str]]:
    yield from _named(question.id, question.name, 120)
    yield from (found for found in _words("text", question.text, 300))
    if not 1 <= len(question.options) <= MOST_OPTIONS:
        yield "options", f"Give 1 to {MOST_OPTIONS} answers to choose from."
    seen: set[str] = set()
    for index, option in enumerate(question.options):
        if option.id in seen:
            yield f"options[{index}].id", "Another answer has this id."
        seen.add(option.id)
        for path, message in _named(option.id, option.name, 80):
            yield f"options[{index}].{path}", message


def _named(name: str, words: dict[str, str], most: int) -> Iterator[tuple[str, str]]:
    if not _ID.fullmatch(name):
        yield "id", "Use small letters, digits and hyphens, at most 40."
    if not any(text.strip() for text in words.values()):
        yield "name", "Give it words in at least one language."
    yield from _words("name", words, most)


def _words(field: str, words: dict[str, str], most: int) -> Iterator[tuple[str, str]]:
    for language, text in words.items():
        if language not in LANGUAGES:
            yield f"{field}.{language}", "This language is not offered."
        elif len(text) > most:
            yield f"{field}.{language}", f"At most {most} characters."
