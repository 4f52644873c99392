"""The words of a message that stand elsewhere than in the shop's settings: in a newsletter, in an automation."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from campaigns.models import AutomationEdition, Message
from campaigns.queries.newsletters import words_in
from campaigns.queries.settings import Chosen
from campaigns.rules.automations import Flow, every
from campaigns.rules.automations import Message as Step
from campaigns.rules.kinds import AUTOMATED


def own_words(row: Message, chosen: Chosen, language: str) -> Mapping[str, str]:
    """The `subject` and `body` of a message in a language; empty where the house's own count."""
    if row.newsletter is not None:
        return words_in(row.newsletter, language)
    if row.kind in AUTOMATED:
        step = step_of(row.data)
        return in_language(step, language) if step else {}
    return chosen.own_words(row.kind, language)


def step_of(data: Mapping[str, Any]) -> Step | None:
    """The step of an automation that a message was planned by, as its `data` names it; None where there is none."""
    try:
        key = UUID(str(data.get("edition")))
    except ValueError:
        return None
    row = AutomationEdition.objects.filter(pk=key).first()
    if row is None:
        return None
    flow = msgspec.convert(row.flow, Flow)
    found = (step for _path, step, _depth in every(flow.steps) if step.id == data.get("step"))
    return next((step for step in found if isinstance(step, Step)), None)


def in_language(step: Step, language: str) -> Mapping[str, str]:
    """What a step says in a language, else in English, else in the first that is written."""
    written = {code: said for code, said in step.words.items() if said.subject.strip() and said.body.strip()}
    said = written.get(language) or written.get("en") or next(iter(written.values()), None)
    return {"subject": said.subject, "body": said.body} if said else {}
