"""The programme's own name and its word for points, in every language; and the language the shop begins with.

Name and words live in the programme, so that members never read one word while the rules say another: saving makes
the draft, and publishing it is what everybody notices.
"""

import copy
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from loyalty.core.errors import DomainError
from loyalty.core.merchants.shaping import edit_shop
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.programme import operations, queries
from loyalty.core.programme.identity import DEFAULT_WORDS, LANGUAGES
from loyalty.web.office.frame import language_of, office_page

#: How each language calls itself.
OWN_NAMES = {"en": "English", "sv": "Svenska", "nb": "Norsk bokmål", "nl": "Nederlands"}


class WordsForm(forms.Form):
    """Four short texts for each language; whichever is left empty is read in English, else in any that is written."""

    def __init__(self, *args: Any, first: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.codes = [first, *(code for code in LANGUAGES if code != first)]
        for code in self.codes:
            usual = DEFAULT_WORDS[code]
            self.fields.update(
                {
                    f"name_{code}": _text(gettext_lazy("Name of the programme"), 120, code),
                    f"tagline_{code}": _text(gettext_lazy("What it promises, in one line"), 120, code),
                    f"one_{code}": _text(gettext_lazy("One of them"), 30, code, usual.one),
                    f"other_{code}": _text(gettext_lazy("Many of them"), 30, code, usual.other),
                }
            )

    @property
    def languages(self) -> list[dict[str, Any]]:
        """One drawer for each language."""
        found = []
        for code in self.codes:
            fields = {part: self[f"{part}_{code}"] for part in ("name", "tagline", "one", "other")}
            filled = any(field.value() for field in fields.values())
            wrong = any(field.errors for field in fields.values())
            found.append({"code": code, "label": OWN_NAMES[code], "filled": filled, "wrong": wrong, **fields})
        return found

    def clean(self) -> dict[str, Any]:
        """A word for one needs a word for many, and the other way round."""
        data = super().clean() or {}
        for code in self.codes:
            pair = {part: data.get(f"{part}_{code}", "") for part in ("one", "other")}
            for part, other in (("one", "other"), ("other", "one")):
                if pair[other] and not pair[part] and not self.errors.get(f"{part}_{code}"):
                    self.add_error(f"{part}_{code}", _("Write this one too."))
        return data

    @classmethod
    def of(cls, document: dict[str, Any], first: str) -> "WordsForm":
        """The form filled from a document."""
        identity = document.get("identity", {})
        initial: dict[str, str] = {}
        for code in LANGUAGES:
            points = identity.get("points", {}).get(code, {})
            initial |= {
                f"name_{code}": identity.get("name", {}).get(code, ""),
                f"tagline_{code}": identity.get("tagline", {}).get(code, ""),
                f"one_{code}": points.get("one", ""),
                f"other_{code}": points.get("other", ""),
            }
        return cls(first=first, initial=initial)

    def applied_to(self, document: dict[str, Any]) -> dict[str, Any]:
        """A new document: the given one with these words; everything else stays."""
        made, data = copy.deepcopy(document), self.cleaned_data
        identity = made.setdefault("identity", {})
        for part in ("name", "tagline"):
            identity[part] = {code: text for code in LANGUAGES if (text := data[f"{part}_{code}"])}
        identity["points"] = {
            code: {"one": data[f"one_{code}"], "other": data[f"other_{code}"]}
            for code in LANGUAGES
            if data[f"one_{code}"]
        }
        return made


def _text(label: Any, most: int, code: str, usual: str = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"lang": code, "placeholder": usual, "autocomplete": "off"})
    return forms.CharField(label=label, max_length=most, required=False, widget=widget)


class LanguageForm(forms.Form):
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the shop"),
        choices=[(code, OWN_NAMES[code]) for code, _name in settings.LANGUAGES],
        help_text=gettext_lazy("Stands first in every form here, and on posters and pictures to share."),
    )


def _base() -> dict[str, Any]:
    current = queries.in_force()
    row = queries.draft() or (queries.numbered(current.number) if current else None)
    return dict(row.document) if row else {}


def _page(request: HttpRequest, here: Here, form: WordsForm, language_form: LanguageForm) -> HttpResponse:
    context = {"form": form, "language_form": language_form, "draft": queries.draft()}
    status = 422 if form.errors or language_form.errors else 200
    return office_page(
        request, here, "office/settings/words.html", context, current="settings", status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("settings.edit")
def words(request: HttpRequest, here: Here) -> HttpResponse:
    """The programme's words in every language; saving makes the draft."""
    base, first = _base(), language_of(here.merchant.language)
    language_form = LanguageForm(initial={"language": first})
    if request.method != "POST":
        return _page(request, here, WordsForm.of(base, first), language_form)
    form = WordsForm(request.POST, first=first)
    if form.is_valid():
        try:
            operations.save_draft(content=form.applied_to(base), at=here.at)
        except DomainError as error:
            show_errors(form, error, _aliases())
        else:
            messages.success(request, _("Saved as a draft. Nothing has changed for members yet."))
            return sent_to(request, reverse("office:programme_draft", args=[here.merchant.slug]))
    return _page(request, here, form, language_form)


def _aliases() -> dict[str, str]:
    """Fields of the document's checks, as the form calls them."""
    found: dict[str, str] = {}
    for code in LANGUAGES:
        found |= {
            f"identity.name.{code}": f"name_{code}",
            f"identity.tagline.{code}": f"tagline_{code}",
            f"identity.points.{code}": f"other_{code}",
        }
    return found


@require_POST
@require("settings.edit")
def language(request: HttpRequest, here: Here) -> HttpResponse:
    """The language the shop begins with; counts at once."""
    form = LanguageForm(request.POST)
    if not form.is_valid():
        return _page(request, here, WordsForm.of(_base(), language_of(here.merchant.language)), form)
    edit_shop(details=form.cleaned_data, at=here.at)
    messages.success(request, _("The shop’s language is {language} now.").format(
        language=OWN_NAMES[form.cleaned_data["language"]]))  # fmt: skip
    return sent_to(request, reverse("office:settings_words", args=[here.merchant.slug]))
