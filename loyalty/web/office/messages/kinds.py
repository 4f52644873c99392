"""Which kinds of message go out, and in which words."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages as toasts
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.operations.shaping import shape_kind
from campaigns.queries import log
from campaigns.queries.settings import chosen
from campaigns.queries.words import PLACEHOLDERS, SAID
from campaigns.rules.kinds import KINDS, PLANNED, Topic, placeholders
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.programme.identity import LANGUAGES
from loyalty.web.office.messages.frame import LANGUAGE_NAMES, WordsForm, language_in, messages_page
from loyalty.web.office.messages.policy import FRAMING
from loyalty.web.office.messages.preview import previewed
from loyalty.web.office.messages.testing import send_test

MONTH = timedelta(days=30)
ICONS = {
    Topic.ACCOUNT: "user-check",
    Topic.PROGRAMME: "sparkles",
    Topic.REMINDERS: "bell",
    Topic.STATEMENT: "calendar-days",
}
_GROUPS = {
    Topic.ACCOUNT: (
        gettext_lazy("About their own account"),
        gettext_lazy("Members asked for these themselves, so they cannot say no to them."),
    ),
    Topic.PROGRAMME: (
        gettext_lazy("About their card"),
        gettext_lazy("What they collected, what is ready, their level, friends and birthday."),
    ),
    Topic.REMINDERS: (
        gettext_lazy("Reminders to members"),
        gettext_lazy("Before something ends, and when they have enough for a reward."),
    ),
    Topic.STATEMENT: (gettext_lazy("Once a month"), gettext_lazy("What came and went.")),
}


@require_safe
@require("messages.view")
def messages(request: HttpRequest, here: Here) -> HttpResponse:
    """Every kind that goes out by itself, by topic, with how many did in the last month."""
    known, counted = chosen(), log.counted(since=here.at - MONTH)
    groups = []
    for topic, (label, note) in _GROUPS.items():
        rows = [
            {
                "kind": kind,
                "label": SAID[kind].label,
                "note": SAID[kind].note,
                "on": kind not in known.off,
                "own": bool(known.words.get(kind)),
                "sent": counted.get((kind, "sent"), 0),
                "url": reverse("office:message_kind", args=[here.merchant.slug, kind]),
                "switch_url": reverse("office:message_switch", args=[here.merchant.slug, kind]),
            }
            for kind in PLANNED
            if KINDS[kind].topic is topic
        ]
        groups.append({"label": label, "note": note, "icon": ICONS[topic], "rows": rows})
    totals = {
        state: sum(number for (_kind, found), number in counted.items() if found == state)
        for state in ("sent", "failed", "suppressed")
    }
    return messages_page(
        request, here, "office/messages/kinds.html", {"groups": groups, "totals": totals}, tab="messages"
    )


def _known(kind: str) -> str:
    if kind not in PLANNED:
        raise Http404
    return kind


def usual(kind: str) -> dict[str, dict[str, str]]:
    """The house's own words of a kind in every language."""
    found = {}
    for code in LANGUAGES:
        with translation.override(code):
            found[code] = {"subject": str(SAID[kind].subject), "body": str(SAID[kind].body)}
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@csp_override(FRAMING)
@require("messages.view")
def kind(request: HttpRequest, here: Here, message_kind: str) -> HttpResponse:
    """One kind: its words by language, beside it what the member sees."""
    name, slug = _known(message_kind), here.merchant.slug
    known = chosen()
    data = request.POST if request.method == "POST" else None
    form = WordsForm(data, own=known.words.get(name, {}), usual=usual(name))
    if request.method == "POST":
        if not here.may("messages.edit"):
            raise PermissionDenied
        if form.is_valid():
            try:
                shape_kind(kind=name, words=form.words(), at=here.at)
            except DomainError as error:
                show_errors(form, error, WordsForm.aliases())
            else:
                toasts.success(request, _("Saved. The next one goes out like this."))
                return sent_to(request, reverse("office:message_kind", args=[slug, name]))
    language = language_in(request, here.merchant.language)
    preview_url = reverse("office:message_preview", args=[slug, name])
    context: dict[str, Any] = {
        "kind": name,
        "said": SAID[name],
        "form": form,
        "on": name not in known.off,
        "always": KINDS[name].topic is Topic.ACCOUNT,
        "placeholders": [("{" + one + "}", PLACEHOLDERS[one]) for one in placeholders(name)],
        "previews": [
            {
                "code": code,
                "label": LANGUAGE_NAMES[code],
                "url": f"?language={code}",
                "current": code == language,
            }
            for code in LANGUAGES
        ],
        "language": language,
        "preview_url": f"{preview_url}?language={language}",
        "subject": previewed(
            here.merchant, name, language, known.own_words(name, language), at=here.at
        ).subject,
        "switch_url": reverse("office:message_switch", args=[slug, name]),
        "test_url": reverse("office:message_test", args=[slug, name]),
        "me": str(request.user),
    }
    status = 422 if form.errors else 200
    return messages_page(request, here, "office/messages/kind.html", context, tab="messages", status=status)


class SwitchForm(forms.Form):
    """On or off."""

    on = forms.BooleanField(required=False)


@require_POST
@require("messages.edit")
def switch(request: HttpRequest, here: Here, message_kind: str) -> HttpResponse:
    """Switch a kind on or off, from the list or from its own page."""
    name, form = _known(message_kind), SwitchForm(request.POST)
    form.is_valid()
    on = bool(form.cleaned_data.get("on"))
    shape_kind(kind=name, on=on, at=here.at)
    said = _("“{kind}” goes out from now on.") if on else _("“{kind}” goes out no more.")
    toasts.success(request, said.format(kind=SAID[name].label))
    own = reverse("office:message_kind", args=[here.merchant.slug, name])
    back = (
        own if request.POST.get("back") == "kind" else reverse("office:messages", args=[here.merchant.slug])
    )
    return sent_to(request, back)


@require_POST
@require("messages.edit")
def test(request: HttpRequest, here: Here, message_kind: str) -> HttpResponse:
    """Send it to oneself, with made-up figures."""
    name, language = _known(message_kind), language_in(request, here.merchant.language)
    own = chosen().own_words(name, language)
    made = previewed(here.merchant, name, language, own, at=here.at, inline=False)
    send_test(request, here, made)
    url = reverse("office:message_kind", args=[here.merchant.slug, name])
    return sent_to(request, f"{url}?language={language}")
