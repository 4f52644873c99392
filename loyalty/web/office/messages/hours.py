"""When the shop writes, and how much anybody gets."""

from django import forms
from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from campaigns.operations.shaping import set_hours
from campaigns.queries.settings import chosen
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.messages.frame import messages_page

_HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class HoursForm(forms.Form):
    """Quiet hours of the reader's day, and the most in a week."""

    quiet_from = forms.TypedChoiceField(label=gettext_lazy("Quiet from"), coerce=int, choices=_HOURS)
    quiet_until = forms.TypedChoiceField(label=gettext_lazy("Quiet until"), coerce=int, choices=_HOURS)
    weekly_most = forms.IntegerField(
        label=gettext_lazy("At most in a week"),
        min_value=0,
        max_value=50,
        help_text=gettext_lazy(
            "For each member. Codes, payments and the welcome do not count. 0: as many as there are."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("messages.edit")
def hours(request: HttpRequest, here: Here) -> HttpResponse:
    """The hours in which nobody is written to, in the reader's own day, and the cap."""
    known = chosen()
    initial = {
        "quiet_from": known.quiet.begins,
        "quiet_until": known.quiet.ends,
        "weekly_most": known.weekly_most or 0,
    }
    form = HoursForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            set_hours(**form.cleaned_data, at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            toasts.success(request, _("Saved. It counts from the next message on."))
            return sent_to(request, reverse("office:message_hours", args=[here.merchant.slug]))
    status = 422 if form.errors else 200
    return messages_page(
        request, here, "office/messages/hours.html", {"form": form}, tab="message_hours", status=status
    )
