"""Newsletters: written by language, tried on oneself, given a time, called off."""

from typing import Any

from django import forms
from django.contrib import messages as toasts
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.models import Newsletter
from campaigns.operations.newsletters import cancel_newsletter, schedule_newsletter, write_newsletter
from campaigns.queries import newsletters as reading
from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.programme.identity import LANGUAGES
from loyalty.web.office.lists import PAGE
from loyalty.web.office.messages.frame import LANGUAGE_NAMES, WordsForm, language_in, messages_page
from loyalty.web.office.messages.policy import FRAMING
from loyalty.web.office.messages.preview import previewed
from loyalty.web.office.messages.testing import send_test
from members.queries.belonging import segment_choices
from members.queries.tier_words import tier_name
from members.queries.tiers import ladder_in_force

TAB = "newsletters"
_STATES = {
    Newsletter.State.DRAFT: (gettext_lazy("Draft"), ""),
    Newsletter.State.SCHEDULED: (gettext_lazy("Scheduled"), "info"),
    Newsletter.State.PLANNING: (gettext_lazy("Going out"), "info"),
    Newsletter.State.PLANNED: (gettext_lazy("Gone out"), "good"),
    Newsletter.State.CANCELLED: (gettext_lazy("Called off"), "warn"),
}


class NewsletterForm(WordsForm):
    """The words, and who gets them."""

    tier = forms.ChoiceField(label=gettext_lazy("Level"), required=False)
    segment = forms.ChoiceField(label=gettext_lazy("Group"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, own=kwargs.pop("own", {}), usual={}, **kwargs)
        ladder = ladder_in_force()
        every = ("", _("Everybody"))
        self.fields["tier"].choices = [  # type: ignore[attr-defined]
            every,
            *((tier.id, tier_name(ladder, tier.id)) for tier in ladder.ladder),
        ]
        self.fields["segment"].choices = [every, *segment_choices()]  # type: ignore[attr-defined]


class TimeForm(forms.Form):
    """When it goes: now, or at a time in the shop's zone."""

    goes_at = forms.DateTimeField(
        label=gettext_lazy("Goes out"),
        required=False,
        help_text=gettext_lazy("Empty: now. Who sleeps then gets it in their morning."),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )


def _subject(row: Newsletter, here: Here) -> str:
    return str(reading.words_in(row, here.merchant.language).get("subject", "")) or _("Nothing written yet")


def _shown(row: Newsletter, here: Here, progress: dict[str, int]) -> dict[str, Any]:
    state, badge = _STATES[Newsletter.State(row.state)]
    public = ids.encode("nws", row.pk)
    return {
        "row": row,
        "id": public,
        "subject": _subject(row, here),
        "state": state,
        "badge": badge,
        "is_draft": row.state == Newsletter.State.DRAFT,
        "can_stop": row.state
        in (Newsletter.State.SCHEDULED, Newsletter.State.PLANNING, Newsletter.State.PLANNED),
        "sent": progress.get("sent", 0),
        "waiting": sum(progress.get(name, 0) for name in ("queued", "held", "sending")),
        "not_sent": progress.get("suppressed", 0) + progress.get("failed", 0),
        "url": _url(here, "newsletter", public),
    }


def _url(here: Here, name: str, public: str) -> str:
    return reverse(f"office:{name}", args=[here.merchant.slug, public])


@require_safe
@require("messages.view")
def newsletters(request: HttpRequest, here: Here) -> HttpResponse:
    """All of them, newest first."""
    rows = list(reading.newsletters()[:PAGE])
    progress = reading.progress(rows)
    context = {
        "rows": [_shown(row, here, progress[row.pk]) for row in rows],
        "new_url": reverse("office:newsletter_new", args=[here.merchant.slug]),
    }
    return messages_page(request, here, "office/messages/newsletters.html", context, tab=TAB)


def _written(
    request: HttpRequest, here: Here, form: NewsletterForm, row: Newsletter | None
) -> Newsletter | None:
    if not form.is_valid():
        return None
    said = form.cleaned_data
    try:
        return write_newsletter(
            newsletter=row.pk if row else None, words=form.words(), tier=said["tier"], segment=said["segment"],
            at=here.at,
        )  # fmt: skip
    except DomainError as error:
        show_errors(form, error, WordsForm.aliases())
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@csp_override(FRAMING)
@require("messages.edit")
def create(request: HttpRequest, here: Here) -> HttpResponse:
    """Begin one."""
    initial = {"segment": request.GET.get("segment", "")[:60]}
    form = NewsletterForm(request.POST if request.method == "POST" else None, initial=initial)
    made = _written(request, here, form, None) if request.method == "POST" else None
    if made is not None:
        toasts.success(request, _("The newsletter is kept. Nobody gets it before you send it."))
        return sent_to(request, _url(here, "newsletter", ids.encode("nws", made.pk)))
    return _page(request, here, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@csp_override(FRAMING)
@require("messages.view")
def newsletter(request: HttpRequest, here: Here, newsletter_id: str) -> HttpResponse:
    """One: to write while it is a draft, to follow afterwards."""
    row = reading.newsletter(ids.decode("nws", newsletter_id))
    initial = {"tier": row.tier, "segment": row.segment}
    form = NewsletterForm(request.POST if request.method == "POST" else None, own=row.words, initial=initial)
    if request.method == "POST":
        if not here.may("messages.edit"):
            raise PermissionDenied
        if _written(request, here, form, row) is not None:
            toasts.success(request, _("Saved."))
            return sent_to(request, _url(here, "newsletter", newsletter_id))
    return _page(request, here, form, row)


def _page(
    request: HttpRequest,
    here: Here,
    form: NewsletterForm,
    row: Newsletter | None,
    time_form: TimeForm | None = None,
) -> HttpResponse:
    language = language_in(request, here.merchant.language)
    context: dict[str, Any] = {"form": form, "newsletter": None, "time_form": time_form or TimeForm()}
    if row is not None:
        own = reading.words_in(row, language)
        seen = _url(here, "newsletter_seen", ids.encode("nws", row.pk))
        context |= {
            "newsletter": _shown(row, here, reading.progress([row])[row.pk]),
            "readers": reading.audience_count(row, at=here.at),
            "language": language,
            "preview_url": f"{seen}?language={language}",
            "subject": previewed(here.merchant, "newsletter", language, own, at=here.at).subject,
            "previews": [
                {
                    "code": code,
                    "label": LANGUAGE_NAMES[code],
                    "url": f"?language={code}",
                    "current": code == language,
                }
                for code in LANGUAGES
            ],
            "me": str(request.user),
            **{
                f"{name}_url": _url(here, f"newsletter_{name}", ids.encode("nws", row.pk))
                for name in ("test", "schedule", "cancel")
            },
        }
    bad = form.errors or (time_form is not None and time_form.errors)
    status = 422 if bad else 200
    return messages_page(request, here, "office/messages/newsletter.html", context, tab=TAB, status=status)


@require_POST
@require("messages.edit")
def test(request: HttpRequest, here: Here, newsletter_id: str) -> HttpResponse:
    """Send it to oneself."""
    row = reading.newsletter(ids.decode("nws", newsletter_id))
    language = language_in(request, here.merchant.language)
    own = reading.words_in(row, language)
    send_test(request, here, previewed(here.merchant, "newsletter", language, own, at=here.at, inline=False))
    return sent_to(request, f"{_url(here, 'newsletter', newsletter_id)}?language={language}")


@csp_override(FRAMING)
@require_POST
@require("messages.edit")
def schedule(request: HttpRequest, here: Here, newsletter_id: str) -> HttpResponse:
    """Give it its time."""
    row, form = reading.newsletter(ids.decode("nws", newsletter_id)), TimeForm(request.POST)
    if form.is_valid():
        goes_at = form.cleaned_data["goes_at"] or here.at
        try:
            schedule_newsletter(newsletter=row.pk, goes_at=goes_at, at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            toasts.success(request, _("It goes out to everybody it is for."))
            return sent_to(request, _url(here, "newsletter", newsletter_id))
    own = NewsletterForm(own=row.words, initial={"tier": row.tier, "segment": row.segment})
    return _page(request, here, own, row, form)


@require_POST
@require("messages.edit")
def cancel(request: HttpRequest, here: Here, newsletter_id: str) -> HttpResponse:
    """Call it off: what has not been handed over is not sent."""
    row = cancel_newsletter(newsletter=ids.decode("nws", newsletter_id), at=here.at)
    if row.state == Newsletter.State.DRAFT:
        toasts.success(request, _("It is a draft again."))
    else:
        toasts.success(request, _("Called off. What had gone out before has gone out."))
    return sent_to(request, _url(here, "newsletter", newsletter_id))
