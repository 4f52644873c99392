"""What I told the shop, what I want to hear from it, and my data: to take along or to have deleted."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from loyalty.core.errors import DomainError
from loyalty.core.pages import sent_to, show_errors
from loyalty.web.portal.frame import Card, card_page, portal_page, words
from loyalty.web.portal.session import forget
from loyalty.web.portal.ways import first_rewards, ways
from members.operations.membership import edit
from members.operations.privacy import erase_member, export_member

_DETAILS = ("given_name", "family_name", "birthday", "news_by_email", "news_by_sms")


class DetailsForm(forms.Form):
    """What members tell about themselves; all of it is their choice."""

    given_name = forms.CharField(
        max_length=80,
        required=False,
        label=gettext_lazy("Given name"),
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    family_name = forms.CharField(
        max_length=80,
        required=False,
        label=gettext_lazy("Family name"),
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    birthday = forms.DateField(
        required=False,
        label=gettext_lazy("Birthday"),
        # A browser's own picker reads and writes one form, whatever the page's language.
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "bday"}),
    )
    language = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Language of these pages"),
        choices=[("", gettext_lazy("As my browser says")), *settings.LANGUAGES],
    )
    news_by_email = forms.BooleanField(required=False, label=gettext_lazy("News and offers by e-mail"))
    news_by_sms = forms.BooleanField(required=False, label=gettext_lazy("News and offers by text message"))

    def __init__(self, *args: Any, has_phone: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not has_phone:
            del self.fields["news_by_sms"]


def _form(request: HttpRequest, card: Card) -> DetailsForm:
    person, phone = card.row.profile, bool(card.row.identities.get("phone"))
    initial = {name: getattr(person, name, None) for name in _DETAILS} | {
        "language": card.row.member.language
    }
    return DetailsForm(request.POST if request.method == "POST" else None, initial=initial, has_phone=phone)


@require_http_methods(["GET", "HEAD", "POST"])
@card_page()
def profile(request: HttpRequest, card: Card) -> HttpResponse:
    """My details, consents and language. Only a proven member sees and changes them."""
    named = words()
    context: dict[str, Any] = {
        "ways": ways(card.merchant.currency, named, first_rewards(), at=card.at),
        "form": None,
    }
    if not card.proven:
        return portal_page(request, card, "portal/profile.html", context, current="profile")
    form = _form(request, card)
    if request.method == "POST" and form.is_valid() and _saved(card, form):
        messages.success(request, _("Saved."))
        return sent_to(request, card.url("profile"))
    context |= {"form": form, "identities": card.row.identities}
    status = 422 if form.errors else 200
    return portal_page(request, card, "portal/profile.html", context, current="profile", status=status)


def _saved(card: Card, form: DetailsForm) -> bool:
    details = {name: form.cleaned_data[name] for name in _DETAILS if name in form.cleaned_data}
    try:
        edit(member=card.member_id, at=card.at, details=details, language=form.cleaned_data["language"])
    except DomainError as error:
        show_errors(form, error)
        return False
    return True


@require_POST
@card_page(proven=True)
def export(request: HttpRequest, card: Card) -> HttpResponse:
    """Everything held about me, as a file."""
    content = export_member(member=card.member_id, at=card.at)
    response = HttpResponse(
        json.dumps(content, default=str, ensure_ascii=False, indent=1),
        content_type="application/json; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="{card.slug}-my-data.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@card_page(proven=True)
def erase(request: HttpRequest, card: Card) -> HttpResponse:
    """End the membership and delete the person; the word must be typed."""
    word = _("ERASE")
    wrong = False
    if request.method == "POST":
        if request.POST.get("word", "").strip().upper() == word.upper():
            erase_member(member=card.member_id, at=card.at)
            forget(request, card.merchant)
            logout(request)
            messages.success(request, _("Your membership has ended and your data is deleted."))
            return sent_to(request, card.url("front"))
        wrong = True
    context = {"word": word, "wrong": wrong}
    status = 422 if wrong else 200
    return portal_page(request, card, "portal/erase.html", context, current="profile", status=status)
