"""Segments in words: what they are, and how their conditions stand for one member."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils.translation import get_language, gettext

from campaigns.queries.segments.compiling import Checked, CheckedGroup
from campaigns.rules.segments import Condition, Conditions, Group, Match
from loyalty.core import formats
from loyalty.core.programme import queries as programmes
from members.queries.belonging import segment_labels
from members.queries.rule_words import Speaker, say
from members.queries.tier_words import tier_name
from members.rules.questions import Questions
from members.rules.tiers import Tiers

LANGUAGES = {"en": "English", "sv": "Svenska", "nb": "Norsk", "nl": "Nederlands"}


@dataclass(frozen=True, slots=True)
class Line:
    """One condition as it stands for a member: what is asked, what was found, whether it fits. `depth` is how deep in
    groups it lies; a group's own line has `group` and finds nothing."""

    text: str
    found: str
    holds: bool
    depth: int
    group: bool = False


def labels_of_scope() -> dict[str, Mapping[str, str]]:
    """What people call the tiers, answers, segments and languages that conditions name."""
    current = programmes.in_force()
    tiers: Tiers = current.programme["tiers"] if current else Tiers()
    questions: Questions = current.programme["questions"] if current else Questions()
    language = (get_language() or "en").partition("-")[0]
    return {
        "tiers": {"-": gettext("none"), **{one.id: tier_name(tiers, one.id) for one in tiers.ladder}},
        "answers": {
            f"{one.id}:{option.id}": f"{one.named(language)} {option.named(language)}"
            for one in questions.questions
            for option in one.options
        },
        "segments": segment_labels(),
        "languages": LANGUAGES,
    }


def sentence(conditions: Conditions, voice: Speaker, labels: Mapping[str, Mapping[str, str]]) -> str:
    """What a segment is, as one sentence for staff: "At least 3 purchases in the last 90 days, and tier gold"."""
    said = _group(conditions, voice, labels, outermost=True)
    return said[:1].upper() + said[1:]


def _group(
    group: Conditions | Group,
    voice: Speaker,
    labels: Mapping[str, Mapping[str, str]],
    *,
    outermost: bool = False,
) -> str:
    parts = [
        _group(one, voice, labels) if isinstance(one, Group) else condition(one, voice, labels)
        for one in group.of
    ]
    if group.match is Match.NONE:
        said = gettext("none of: {list}").format(list=formats.either(parts))
    elif group.match is Match.ANY:
        said = formats.either(parts)
    else:
        said = formats.every(parts)
    return said if outermost or len(parts) == 1 else f"({said})"


def condition(one: Condition, voice: Speaker, labels: Mapping[str, Mapping[str, str]]) -> str:
    """One condition as a part of a sentence, with the names people know."""
    return say(_named(one, labels).says(), voice)


def _named(one: Condition, labels: Mapping[str, Mapping[str, str]]) -> Condition:
    if not one.named:
        return one
    known = labels.get(one.named, {})
    names: tuple[str, ...] = getattr(one, "any_of", ())
    return msgspec.structs.replace(one, any_of=tuple(known.get(name, name) for name in names))


def _value(one: Checked, labels: Mapping[str, Mapping[str, str]]) -> Any:
    """What was found, with the names people know in the place of ids."""
    known = labels.get(one.condition.named, {}) if one.condition.named else {}
    if isinstance(one.value, str) and one.value != "-":
        return known.get(one.value, one.value)
    if isinstance(one.value, list):
        return [known.get(str(name), name) for name in one.value]
    return one.value


def lines(
    group: CheckedGroup, voice: Speaker, labels: Mapping[str, Mapping[str, str]], depth: int = 0
) -> list[Line]:
    """How each condition stands for a member, in the order in which they are written. The outermost group has a line
    only where not all of it must hold."""
    said = []
    if depth or group.match is not Match.ALL:
        head = {
            Match.ALL: gettext("All of these:"),
            Match.ANY: gettext("Any of these:"),
            Match.NONE: gettext("None of these:"),
        }[group.match]
        said.append(Line(head, "", group.holds, depth, group=True))
        depth += 1
    for one in group.of:
        if isinstance(one, CheckedGroup):
            said += lines(one, voice, labels, max(depth, 1))
        else:
            found = say(one.condition.found(_value(one, labels)), voice)
            said.append(Line(_sentence(condition(one.condition, voice, labels)), found, one.holds, depth))
    return said


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
