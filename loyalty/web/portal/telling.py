"""What I tell the shop when it asks: its questions, and the few things asked after the first points."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from loyalty.core.errors import DomainError, NotFound
from loyalty.core.pages import sent_to, show_errors
from loyalty.web.office.frame import language_of
from loyalty.web.portal.frame import Card, card_page, portal_page
from loyalty.web.portal.session import has_skipped, skip
from members.operations.consents import choose_news
from members.operations.membership import edit
from members.operations.preferences import answer_question
from members.queries.preferences import Asked, asked_of
from members.rules.questions import Answers


class QuestionsForm(forms.Form):
    """One field for each question; nothing has to be answered."""

    def __init__(self, *args: Any, asked: list[Asked], **kwargs: Any):
        super().__init__(*args, **kwargs)
        language = language_of(get_language())
        for one in asked:
            question = one.question
            choices = [(option.id, option.named(language)) for option in question.options]
            told: dict[str, Any] = {
                "label": question.named(language), "help_text": question.said(language), "required": False,
            }  # fmt: skip
            if question.answers is Answers.ONE:
                field: forms.Field = forms.ChoiceField(
                    choices=[*choices, ("", _("I would rather not say"))], widget=forms.RadioSelect, **told
                )
                self.initial[question.id] = one.chosen[0] if one.chosen else ""
            else:
                field = forms.MultipleChoiceField(
                    choices=choices, widget=forms.CheckboxSelectMultiple, **told
                )
                self.initial[question.id] = list(one.chosen)
            self.fields[question.id] = field

    def chosen(self, question: str) -> list[str]:
        """What was chosen for a question."""
        found = self.cleaned_data[question]
        return list(found) if isinstance(found, list) else [found] if found else []


@require_http_methods(["GET", "HEAD", "POST"])
@card_page(proven=True)
def choices(request: HttpRequest, card: Card) -> HttpResponse:
    """The shop's questions with my answers."""
    asked = asked_of(card.member_id)
    if not asked:
        raise NotFound("questions")
    form = QuestionsForm(request.POST if request.method == "POST" else None, asked=asked)
    if request.method == "POST" and form.is_valid() and _answered(card, form, asked):
        messages.success(request, _("Saved."))
        return sent_to(request, card.url("choices"))
    status = 422 if form.errors else 200
    return portal_page(request, card, "portal/choices.html", {"form": form}, current="profile", status=status)


def _answered(card: Card, form: QuestionsForm, asked: list[Asked]) -> bool:
    try:
        for one in asked:
            wanted = form.chosen(one.question.id)
            if set(wanted) != set(one.chosen):
                answer_question(member=card.member_id, question=one.question.id, chosen=wanted, at=card.at)
    except DomainError as error:
        show_errors(form, error)
        return False
    return True


# --- after the first points ----------------------------------------------------------------------------------------


class WelcomeForm(forms.Form):
    """What makes a card personal; all of it can be left out."""

    given_name = forms.CharField(
        max_length=80,
        required=False,
        label=gettext_lazy("What may we call you?"),
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    birthday = forms.DateField(
        required=False,
        label=gettext_lazy("Birthday"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "bday"}),
    )
    news_by_email = forms.BooleanField(required=False, label=gettext_lazy("News and offers by e-mail"))


def welcome_of(request: HttpRequest, card: Card) -> WelcomeForm | None:
    """The form, for a proven member with something on their card who has told nothing yet and was not asked already
    on this device."""
    person, balance = card.row.profile, card.row.balance
    if not card.proven or person is None or not (balance.available or balance.pending):
        return None
    if person.given_name or person.birthday or has_skipped(request, card.merchant):
        return None
    return WelcomeForm(initial={"news_by_email": person.news_by_email})


@require_POST
@card_page(proven=True)
def welcome(request: HttpRequest, card: Card) -> HttpResponse:
    """Keep what was told, or ask no more."""
    skip(request, card.merchant)
    if "later" in request.POST:
        return sent_to(request, card.url("card"))
    form = WelcomeForm(request.POST)
    if not form.is_valid() or not _kept(card, form):
        for errors in form.errors.values():
            for text in errors:
                messages.error(request, str(text))
        return sent_to(request, card.url("profile"))
    messages.success(request, _("Thank you. You can change it in your profile at any time."))
    return sent_to(request, card.url("card"))


def _kept(card: Card, form: WelcomeForm) -> bool:
    told = {name: form.cleaned_data[name] for name in ("given_name", "birthday") if form.cleaned_data[name]}
    try:
        if told:
            edit(member=card.member_id, at=card.at, details=told)
        if form.cleaned_data["news_by_email"]:
            proof = str(WelcomeForm.base_fields["news_by_email"].label)
            chosen = {"news_by_email": True}
            choose_news(member=card.member_id, chosen=chosen, source="portal", proof=proof, at=card.at)
    except DomainError as error:
        show_errors(form, error)
        return False
    return True
