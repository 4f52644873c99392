"""What I told the shop, what I want to hear from it, and my data: to take along or to have deleted."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core.errors import DomainError
from loyalty.core.pages import sent_to, show_errors
from loyalty.web.portal.frame import Card, card_page, portal_page
from loyalty.web.portal.hub import links
from loyalty.web.portal.session import forget
from members.operations.consents import choose_news
from members.operations.membership import IdentityTaken, edit
from members.operations.privacy import erase_member, export_member
from members.queries.consents import consents_of

_DETAILS = ("given_name", "family_name", "birthday")
_NEWS = ("news_by_email", "news_by_sms")


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
    phone = forms.CharField(
        max_length=40,
        required=False,
        label=gettext_lazy("Phone"),
        help_text=gettext_lazy("So that staff find your card when you do not have it with you."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
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
    person, phone = card.row.profile, card.row.identities.get("phone", "")
    initial = {name: getattr(person, name, None) for name in (*_DETAILS, *_NEWS)}
    initial |= {"language": card.row.member.language, "phone": phone}
    typed = request.POST if request.method == "POST" else None
    return DetailsForm(typed, initial=initial, has_phone=bool(phone))


@require_http_methods(["GET", "HEAD", "POST"])
@card_page()
def profile(request: HttpRequest, card: Card) -> HttpResponse:
    """My details, consents and language, and the way to everything else. Only a proven member sees and changes
    them."""
    context: dict[str, Any] = {"links": links(card), "form": None}
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
    details = {name: form.cleaned_data[name] for name in _DETAILS}
    phone, known = form.cleaned_data["phone"].strip(), card.row.identities.get("phone", "")
    chosen = {name: form.cleaned_data[name] for name in _NEWS if name in form.cleaned_data}
    if known and not phone:  # nobody is written to at a number the shop no longer has
        chosen["news_by_sms"] = False
    proof = "; ".join(str(form.fields[name].label) for name, yes in chosen.items() if yes)
    try:
        with transaction.atomic():
            edit(
                member=card.member_id,
                at=card.at,
                details=details,
                language=form.cleaned_data["language"],
                identities={"phone": phone or None} if phone != known else {},
            )
            choose_news(member=card.member_id, chosen=chosen, source="portal", proof=proof, at=card.at)
    except IdentityTaken:
        form.add_error("phone", _("Another card has this number. Ask the shop to join the two."))
        return False
    except DomainError as error:
        show_errors(form, error)
        return False
    return True


@require_safe
@card_page(proven=True)
def data(request: HttpRequest, card: Card) -> HttpResponse:
    """What I agreed to and when, everything the shop holds as a file, and an end to it."""
    context = {
        "consents": [
            {"label": _CONSENTS[row.purpose](), "given": row.given, "at": row.given_at or row.noted_at,
             "where": _WHERE.get(row.source, lambda: "")(), "proof": row.proof}
            for row in consents_of(card.member_id)
        ],
        "now": {
            _CONSENTS[name](): getattr(card.row.profile, name, False) for name in _NEWS
            if name != "news_by_sms" or "phone" in card.row.identities
        },
    }  # fmt: skip
    return portal_page(request, card, "portal/data.html", context, current="profile")


_CONSENTS = {
    "news_by_email": lambda: _("News and offers by e-mail"),
    "news_by_sms": lambda: _("News and offers by text message"),
}
_WHERE = {"portal": lambda: _("on these pages"), "import": lambda: _("from an earlier list")}


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
