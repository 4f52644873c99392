"""What a survey can begin with, and how its kinds of questions are called.

The words of a start are written in every language at once: whoever answers reads their own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.rules.surveys import LANGUAGES, Kind


@dataclass(frozen=True, slots=True)
class KindName:
    """A kind of question for whoever builds a survey."""

    label: Any
    note: Any
    icon: str


KINDS: Mapping[Kind, KindName] = {
    Kind.NPS: KindName(_("Would you recommend us?"), _("0 to 10: your NPS"), "gauge"),
    Kind.SCALE: KindName(_("Scale"), _("1 to 5, or up to 10"), "star"),
    Kind.ONE: KindName(_("One answer"), _("of several"), "circle-dot"),
    Kind.MANY: KindName(_("Several answers"), _("as many as fit"), "square-check"),
    Kind.YES_NO: KindName(_("Yes or no"), _("a plain question"), "circle-question-mark"),
    Kind.TEXT: KindName(_("Words of their own"), _("free text"), "text-cursor-input"),
}


@dataclass(frozen=True, slots=True)
class Start:
    """A survey to begin with."""

    name: Any
    note: Any
    icon: str
    content: Callable[[], dict[str, Any]]


def _in_all(text: Promise) -> dict[str, str]:
    """A sentence of the house in every language."""
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            found[language] = str(text)
    return found


def _question(name: str, kind: Kind, text: Any, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind.value, "name": _in_all(text), **more}


def _recommend() -> dict[str, Any]:
    return {
        "title": _in_all(_("How are we doing?")),
        "intro": _in_all(_("Two short questions, less than a minute.")),
        "thanks": _in_all(_("We read every answer.")),
        "questions": [
            _question("recommend", Kind.NPS, _("How likely are you to recommend us to a friend?"), required=True),
            _question("better", Kind.TEXT, _("What should we do better?"),
                      when={"question": "recommend", "at_most": 6}),
            _question("missing", Kind.TEXT, _("What would make it a ten?"),
                      when={"question": "recommend", "at_least": 7, "at_most": 8}),
            _question("best", Kind.TEXT, _("What do you like most about us?"),
                      when={"question": "recommend", "at_least": 9}),
        ],
    }  # fmt: skip


def _visit() -> dict[str, Any]:
    options = {
        "goods": _("What I bought"),
        "people": _("The people"),
        "place": _("The place"),
        "price": _("The price"),
    }
    chosen = [{"id": name, "name": _in_all(text)} for name, text in options.items()]
    return {
        "title": _in_all(_("How was your visit?")),
        "intro": _in_all(_("Tell us how it was. It takes half a minute.")),
        "thanks": _in_all(_("See you soon.")),
        "questions": [
            _question("visit", Kind.SCALE, _("How was your last visit?"), most=5, required=True,
                      low=_in_all(_("poor")), high=_in_all(_("great"))),
            _question("liked", Kind.MANY, _("What was good?"), options=chosen),
            _question("wrong", Kind.TEXT, _("What went wrong?"), when={"question": "visit", "at_most": 2}),
        ],
    }  # fmt: skip


def _blank() -> dict[str, Any]:
    return {"title": _in_all(_("A question for you"))}


STARTS: Mapping[str, Start] = {
    "recommend": Start(_("Would you recommend us?"),
                       _("The question behind the NPS, and another one that depends on the answer."), "gauge",
                       _recommend),
    "visit": Start(_("How was your visit?"), _("A scale, what was good, and what went wrong."), "star", _visit),
    "blank": Start(_("Empty"), _("Write every question yourself."), "file", _blank),
}  # fmt: skip
