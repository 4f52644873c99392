"""What the pages of messages share: their tabs, words for states, and the form for words by language."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Message
from campaigns.providers import leaves
from campaigns.queries.words import SAID
from campaigns.rules.deciding import Why
from campaigns.rules.wording import MOST_BODY, MOST_SUBJECT
from loyalty.core.pages import Here
from loyalty.core.programme.identity import LANGUAGES
from loyalty.web.office.frame import office_page

CURRENT = "messages"
LANGUAGE_NAMES = {
    "en": gettext_lazy("English"),
    "sv": gettext_lazy("Swedish"),
    "nb": gettext_lazy("Norwegian"),
    "nl": gettext_lazy("Dutch"),
}
_TABS = (
    ("messages", gettext_lazy("What goes out"), "messages.view"),
    ("newsletters", gettext_lazy("Newsletters"), "messages.view"),
    ("message_log", gettext_lazy("Sent"), "messages.view"),
    ("suppressed", gettext_lazy("Not written to"), "messages.edit"),
    ("message_hours", gettext_lazy("When"), "messages.edit"),
)
STATES: Mapping[str, tuple[Any, str]] = {
    Message.State.QUEUED: (gettext_lazy("Waiting"), "info"),
    Message.State.HELD: (gettext_lazy("Until morning"), "info"),
    Message.State.SENDING: (gettext_lazy("On its way"), "info"),
    Message.State.SENT: (gettext_lazy("Sent"), "good"),
    Message.State.FAILED: (gettext_lazy("Failed"), "bad"),
    Message.State.SUPPRESSED: (gettext_lazy("Not sent"), ""),
}
REASONS: Mapping[str, Any] = {
    Why.NO_MEMBER: gettext_lazy("no active member any more"),
    Why.OFF: gettext_lazy("this kind is switched off"),
    Why.NO_ADDRESS: gettext_lazy("no e-mail address"),
    Why.BOUNCED: gettext_lazy("the address does not work"),
    Why.COMPLAINED: gettext_lazy("they called a message unwanted"),
    Why.UNSUBSCRIBED: gettext_lazy("they unsubscribed"),
    Why.NOT_WANTED: gettext_lazy("they do not want these"),
    Why.TOO_LATE: gettext_lazy("it came too late to be of use"),
    Why.TOO_MANY: gettext_lazy("they had enough that week"),
    Why.HELD_OUT: gettext_lazy("they are held out, so that you see what messages bring"),
    Why.NOTHING_LEFT: gettext_lazy("there was nothing left to tell"),
    Why.MERGED: gettext_lazy("two members became one"),
    Why.ERASED: gettext_lazy("the member was erased"),
    Why.CANCELLED: gettext_lazy("called off"),
}
ERRORS: Mapping[str, Any] = {
    "no_connection": gettext_lazy("the mail server did not answer"),
    "bad_address": gettext_lazy("the address is none"),
    "gave_up": gettext_lazy("it was tried too often"),
    "not_made": gettext_lazy("it could not be made; the server’s log says why"),
    "provider_fault": gettext_lazy("the service that carries it failed"),
}


def tabs(here: Here, current: str) -> list[dict[str, Any]]:
    """The parts of messages."""
    slug = here.merchant.slug
    return [
        {"label": label, "url": reverse(f"office:{name}", args=[slug]), "current": name == current}
        for name, label, permission in _TABS
        if here.may(permission)
    ]


def label_of(kind: str) -> str:
    """What a kind of message is called."""
    return str(SAID[kind].label) if kind in SAID else kind


def why_not(row: Message) -> str:
    """Why a message was not sent, or not yet; "" when there is nothing to say."""
    if row.reason:
        return str(REASONS.get(row.reason, row.reason))
    if row.error:
        return str(ERRORS.get(row.error, "")) or _("the mail server said {code}").format(
            code=row.error.replace("smtp_", "")
        )
    return ""


class WordsForm(forms.Form):
    """Subject and text in each of the product's languages; `sv_subject`, `sv_body`, … `own` are the words as they
    stand, `usual` what counts where they are empty."""

    def __init__(
        self, *args: Any, own: Mapping[str, Any], usual: Mapping[str, Mapping[str, str]], **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.usual = usual
        for code in LANGUAGES:
            said = own.get(code, {})
            self.fields[f"{code}_subject"] = forms.CharField(
                label=gettext_lazy("Subject"),
                max_length=MOST_SUBJECT,
                required=False,
                initial=said.get("subject", ""),
                widget=forms.TextInput(
                    attrs={"lang": code, "placeholder": usual.get(code, {}).get("subject", "")}
                ),
            )
            self.fields[f"{code}_body"] = forms.CharField(
                label=gettext_lazy("Text"),
                max_length=MOST_BODY,
                required=False,
                initial=said.get("body", ""),
                widget=forms.Textarea(
                    attrs={"lang": code, "rows": 6, "placeholder": usual.get(code, {}).get("body", "")}
                ),
            )

    @property
    def languages(self) -> Iterator[dict[str, Any]]:
        """The fields by language, for the page."""
        for code in LANGUAGES:
            fields = (self[f"{code}_subject"], self[f"{code}_body"])
            yield {
                "code": code,
                "label": LANGUAGE_NAMES[code],
                "subject": fields[0],
                "body": fields[1],
                "filled": any(field.value() for field in fields),
                "wrong": any(field.errors for field in fields),
            }

    def words(self) -> dict[str, dict[str, str]]:
        """What was typed, by language."""
        return {
            code: {name: self.cleaned_data.get(f"{code}_{name}", "") for name in ("subject", "body")}
            for code in LANGUAGES
        }

    @staticmethod
    def aliases() -> dict[str, str]:
        """Names of the operation's fields as this form has them."""
        return {f"{code}.{name}": f"{code}_{name}" for code in LANGUAGES for name in ("subject", "body")}


def language_in(request: HttpRequest, fallback: str) -> str:
    """The language a preview is asked in."""
    asked = request.GET.get("language") or request.POST.get("language") or fallback
    return asked if asked in LANGUAGES else "en"


def messages_page(
    request: HttpRequest,
    here: Here,
    template: str,
    context: Mapping[str, Any],
    *,
    tab: str,
    status: int = 200,
    partial: str = "",
) -> HttpResponse:
    """A page of messages in its frame."""
    shared = {
        "tabs": tabs(here, tab),
        "leaves": leaves(here.merchant),
        "log_url": reverse("office:message_log", args=[here.merchant.slug]),
    }
    return office_page(
        request,
        here,
        template,
        {**shared, **context},
        current=CURRENT,
        status=status,
        partial=partial,
    )
