"""What a member told when the shop asked: read it, answer for them."""

from datetime import datetime
from typing import Annotated

from django.utils.translation import get_language
from msgspec import Meta, Struct

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.spec import endpoint
from loyalty.core.errors import NotFound
from members.api.members import member_id
from members.operations.membership import NotActive
from members.operations.preferences import NotAnAnswer, answer_question
from members.queries.preferences import Asked, asked_of
from members.queries.wallet import Wallet, wallet
from members.rules.questions import MOST_OPTIONS

OptionId = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9-]*$(?!\n)")]


class PreferenceChoice(Struct, forbid_unknown_fields=True, frozen=True):
    """The ids of what they choose; none takes the answer back."""

    chosen: Annotated[list[OptionId], Meta(max_length=MOST_OPTIONS)]


class PreferenceOption(Struct):
    """Something one can answer. Who chose it is in the segment."""

    id: str
    name: str
    segment: str


class Preference(Struct):
    """A question, in the language asked for, with what the member chose; `answered_at` null: they have not answered.
    `answers` says whether one may choose one or many."""

    question: str
    name: str
    text: str
    answers: str
    options: list[PreferenceOption]
    chosen: list[str]
    answered_at: datetime | None


class Preferences(Struct):
    """The shop's questions with a member's answers."""

    member: str
    preferences: list[Preference]


def _told(one: Asked) -> Preference:
    question, language = one.question, (get_language() or "en").partition("-")[0]
    return Preference(
        question=question.id, name=question.named(language), text=question.said(language),
        answers=question.answers.value,
        options=[
            PreferenceOption(option.id, option.named(language), question.segment(option.id))
            for option in question.options
        ],
        chosen=list(one.chosen), answered_at=one.answered_at,
    )  # fmt: skip


def _known(text: str) -> Wallet:
    """Whoever the member is by now; `NotFound` when they are gone."""
    held = wallet(member_id(text))
    if held.status == "erased":
        raise NotFound("member")
    return held


class MemberPreferences(Endpoint):
    @endpoint(summary="Read a member's preferences", scope="members:read", answers={200: Preferences})
    def get(self, call: Call, id: str) -> Preferences:  # noqa: A002 - the address's own word
        """Every question of the programme in force with the member's answer, in the merchant's order."""
        held = _known(id)
        return Preferences(ids.encode("mbr", held.member), [_told(one) for one in asked_of(held.member)])


class OnePreference(Endpoint):
    @endpoint(
        summary="Answer a question for a member",
        scope="members:write",
        body=PreferenceChoice,
        example={"chosen": ["dark"]},
        answers={200: Preference},
        refuses=(NotFound, NotActive, NotAnAnswer),
    )
    def put(self, call: Call, id: str, question: str) -> Preference:  # noqa: A002
        """What they told you elsewhere. It replaces what they answered before; the segments of the answers follow."""
        held = _known(id)
        chosen = call.body.chosen
        return _told(answer_question(member=held.member, question=question, chosen=chosen, at=call.at))
