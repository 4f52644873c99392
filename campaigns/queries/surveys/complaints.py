"""What is wrong with a survey or with an answer, in the reader's language."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.rules.surveys import Wrong

_SAID: Mapping[str, Any] = {
    "unknown_question": _("This survey has no such question."),
    "not_an_answer": _("This is no answer to the question. Choose one of those it offers."),
    "not_asked": _("This question is not asked after these answers."),
    "required": _("Please answer this one."),
    "nothing_said": _("Answer at least one question."),
    "too_long": _("Write at most {most} characters."),
    "not_text": _("Write plain text."),
    "too_many": _("Ask at most {most} questions."),
    "one_nps": _("Whether one would recommend you is asked once in a survey."),
    "taken": _("Another one has this id."),
    "bad_id": _("Use small letters, digits and hyphens, at most 40."),
    "scale": _("A scale has 3 to 10 steps."),
    "options": _("Give 2 to {most} answers to choose from."),
    "no_options": _("Only a question with a choice has answers to choose from."),
    "when": _("It can only follow from answers that an earlier question offers."),
    "words_needed": _("Write this in at least one language."),
    "language": _("This language is not offered."),
}


def errors(found: Iterable[Wrong], *, prefix: str = "") -> list[dict[str, str]]:
    """As `InvalidInput` wants them."""
    return [
        {
            "field": f"{prefix}{one.path}",
            "code": one.code,
            "message": str(_SAID[one.code]).format(**one.params),
        }
        for one in found
    ]
