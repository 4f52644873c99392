"""Forms of the builder: a new survey, its words, who is asked when, and one question."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from campaigns.models import Survey
from campaigns.rules.surveys import LANGUAGES, Content, Kind, Question, When, worded
from loyalty.web.office.messages.frame import LANGUAGE_NAMES
from loyalty.web.office.surveying.starts import STARTS
from members.queries.belonging import segment_choices

_DAYS = {"inputmode": "numeric", "autocomplete": "off"}


class NewSurveyForm(forms.Form):
    """What to call it, and what it begins with."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("For you and your colleagues.")
    )
    start = forms.ChoiceField(
        label=gettext_lazy("Begin with"), choices=[(key, one.name) for key, one in STARTS.items()]
    )


class LanguagesForm(forms.Form):
    """Words in every language: a field for each of `WORDS` and each language, as drawers."""

    WORDS: tuple[tuple[str, Any, int, bool], ...] = ()  # name, label, most letters, several lines

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for code in LANGUAGES:
            for name, label, most, is_long in self.words_asked():
                widget = forms.Textarea(attrs={"rows": 3}) if is_long else forms.TextInput()
                field = forms.CharField(label=label, max_length=most, required=False, widget=widget)
                self.fields[f"{name}_{code}"] = field

    def words_asked(self) -> tuple[tuple[str, Any, int, bool], ...]:
        """Which words are asked for."""
        return self.WORDS

    @property
    def languages(self) -> list[dict[str, Any]]:
        """The drawers: a language, its fields, whether something is written there, and whether something is wrong."""
        found = []
        for code in LANGUAGES:
            fields = [self[f"{name}_{code}"] for name, *_rest in self.words_asked()]
            found.append({
                "code": code, "label": LANGUAGE_NAMES[code], "fields": fields,
                "filled": any(str(field.value() or "").strip() for field in fields),
                "wrong": any(field.errors for field in fields),
            })  # fmt: skip
        return found

    def words(self, name: str) -> dict[str, str]:
        """What was written, by language."""
        typed = {code: self.cleaned_data.get(f"{name}_{code}", "").strip() for code in LANGUAGES}
        return {code: text for code, text in typed.items() if text}


def spread(words: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Words as a form's first values."""
    return {f"{name}_{code}": text for name, by in words.items() for code, text in by.items()}


class WordsForm(LanguagesForm):
    """The words around the questions."""

    WORDS = (
        ("title", gettext_lazy("Title"), 120, False),
        ("intro", gettext_lazy("Before the questions"), 600, True),
        ("thanks", gettext_lazy("Thank you"), 600, True),
    )


class SettingsForm(forms.Form):
    """Who is asked, when, and how often."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    segment = forms.ChoiceField(label=gettext_lazy("Who is asked"), required=False)
    opens_at = forms.DateTimeField(
        label=gettext_lazy("Opens"), required=False, help_text=gettext_lazy("Empty: when you open it."),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )  # fmt: skip
    closes_at = forms.DateTimeField(
        label=gettext_lazy("Closes"), required=False, help_text=gettext_lazy("Empty: when you close it."),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )  # fmt: skip
    on_card = forms.BooleanField(label=gettext_lazy("Ask on the member’s card"), required=False)
    alerts = forms.BooleanField(
        label=gettext_lazy("Make a follow-up of every answer from 0 to 6"), required=False,
        help_text=gettext_lazy("So that somebody gets back to who is unhappy."),
    )  # fmt: skip
    again_after_days = forms.IntegerField(
        label=gettext_lazy("May answer again after"), min_value=0, max_value=3660,
        help_text=gettext_lazy("0: everybody answers once."), widget=forms.TextInput(attrs=_DAYS),
    )  # fmt: skip
    rest_days = forms.IntegerField(
        label=gettext_lazy("Leave in peace for"), min_value=0, max_value=365,
        help_text=gettext_lazy("Who was asked or answered something within this time is not asked."),
        widget=forms.TextInput(attrs=_DAYS),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        everybody = ("", _("Everybody"))
        self.fields["segment"].choices = [everybody, *segment_choices()]  # type: ignore[attr-defined]


def settings_of(row: Survey) -> dict[str, Any]:
    """A survey as the first values of `SettingsForm`."""
    return {name: getattr(row, name) for name in SettingsForm.base_fields}


class QuestionForm(LanguagesForm):
    """One question. `content` is the survey it is in, `index` its place (the end for a new one)."""

    required = forms.BooleanField(label=gettext_lazy("Must be answered"), required=False)
    most = forms.IntegerField(
        label=gettext_lazy("Steps"), min_value=3, max_value=10, required=False,
        widget=forms.TextInput(attrs=_DAYS),
    )  # fmt: skip
    when = forms.ChoiceField(
        label=gettext_lazy("Ask it"), required=False,
        help_text=gettext_lazy("A question can follow from an answer to an earlier one."),
    )  # fmt: skip

    def __init__(self, *args: Any, content: Content, kind: Kind, index: int, **kwargs: Any):
        self.kind, self.content, self.index = kind, content, index
        super().__init__(*args, **kwargs)
        if kind is not Kind.SCALE:
            del self.fields["most"]
        self.fields["when"].choices = when_choices(content, index)  # type: ignore[attr-defined]
        if index == 0:
            del self.fields["when"]

    def words_asked(self) -> tuple[tuple[str, Any, int, bool], ...]:
        found: list[tuple[str, Any, int, bool]] = [
            ("name", gettext_lazy("Question"), 200, False), ("note", gettext_lazy("Explanation"), 300, False),
        ]  # fmt: skip
        if self.kind in (Kind.ONE, Kind.MANY):
            found.append(("options", gettext_lazy("Answers, one on each line"), 2000, True))
        if self.kind in (Kind.SCALE, Kind.NPS):
            found += [("low", gettext_lazy("The lowest means"), 40, False),
                      ("high", gettext_lazy("The highest means"), 40, False)]  # fmt: skip
        return tuple(found)

    def question(self, key: str, before: Question | None) -> dict[str, Any]:
        """The question as it was typed."""
        typed = self.cleaned_data
        made: dict[str, Any] = {
            "id": key, "kind": self.kind.value, "name": self.words("name"), "note": self.words("note"),
            "required": typed["required"],
        }  # fmt: skip
        if self.kind in (Kind.SCALE, Kind.NPS):
            made |= {"low": self.words("low"), "high": self.words("high")}
        if self.kind is Kind.SCALE:
            made["most"] = typed.get("most") or 5
        if self.kind in (Kind.ONE, Kind.MANY):
            made["options"] = _options(self.words("options"), before)
        if typed.get("when"):
            made["when"] = json.loads(typed["when"])
        return made


def _options(lines: Mapping[str, str], before: Question | None) -> list[dict[str, Any]]:
    """Answers out of lines: the same line in another language is the same answer. Their ids stay by their place."""
    by = {code: [line.strip() for line in text.splitlines() if line.strip()] for code, text in lines.items()}
    number = max((len(found) for found in by.values()), default=0)
    known = [option.id for option in before.options] if before else []
    made = []
    for place in range(number):
        key = known[place] if place < len(known) else f"o{place + 1}"
        made.append(
            {"id": key, "name": {code: found[place] for code, found in by.items() if place < len(found)}}
        )
    return made


def question_values(one: Question) -> dict[str, Any]:
    """A question as the first values of its form."""
    options = {
        code: "\n".join(option.name.get(code, "") for option in one.options)
        for code in LANGUAGES
        if any(option.name.get(code) for option in one.options)
    }
    return {
        "required": one.required, "most": one.most, "when": as_choice(one.when) if one.when else "",
        **spread({"name": one.name, "note": one.note, "low": one.low, "high": one.high, "options": options}),
    }  # fmt: skip


def as_choice(when: When) -> str:
    """A condition as the value of a choice."""
    return json.dumps(msgspec.to_builtins(when), sort_keys=True)


def when_choices(content: Content, index: int) -> list[Any]:
    """From which answers a question at a place can follow: everybody, then by each earlier question."""
    language = _language()
    found: list[Any] = [("", _("Everybody"))]
    for one in content.questions[:index]:
        ways = [(as_choice(when), label) for when, label in _ways(one, language)]
        if ways:
            found.append((worded(one.name, language), ways))
    mine = content.questions[index].when if index < len(content.questions) else None
    if mine and as_choice(mine) not in {key for _g, ways in found[1:] for key, _label in ways}:
        found.append((as_choice(mine), _("As it is now")))
    return found


def _language() -> str:
    return (get_language() or "en").split("-")[0]


def _ways(one: Question, language: str) -> list[tuple[When, str]]:
    match one.kind:
        case Kind.NPS:
            return [
                (When(one.id, at_most=6), _("0 to 6: would not recommend you")),
                (When(one.id, at_least=7, at_most=8), _("7 and 8: in between")),
                (When(one.id, at_least=9), _("9 and 10: would recommend you")),
            ]
        case Kind.SCALE:
            middle = one.most // 2
            return [
                (When(one.id, at_most=middle), _("{low} to {high}").format(low=1, high=middle)),
                (
                    When(one.id, at_least=middle + 1),
                    _("{low} to {high}").format(low=middle + 1, high=one.most),
                ),
            ]
        case Kind.YES_NO:
            return [(When(one.id, yes=True), _("Yes")), (When(one.id, yes=False), _("No"))]
        case Kind.ONE | Kind.MANY:
            return [(When(one.id, any_of=(o.id,)), worded(o.name, language)) for o in one.options]
    return []


def told_when(content: Content, when: When) -> str:
    """From which answers a question follows, in words."""
    before = content.question(when.question)
    if before is None:
        return ""
    language = _language()
    for way, label in _ways(before, language):
        if way == when:
            return f"{worded(before.name, language)} → {label}"
    return worded(before.name, language)
