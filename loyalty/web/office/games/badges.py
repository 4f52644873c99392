"""Badges: the shop's own, each with its drawing, and the form for a new one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from campaigns.operations.games.badges import DRAWINGS, create_badge, edit_badge
from campaigns.queries.games.challenges import badge as find
from campaigns.queries.games.challenges import badges as every
from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.frame import office_page
from loyalty.web.office.games.frame import CURRENT, tabs


class BadgeForm(forms.Form):
    """Its name, what it is for, and its drawing."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    text = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=200, required=False,
        help_text=gettext_lazy("Members read it while they do not have the badge yet."),
    )  # fmt: skip
    drawing = forms.ChoiceField(
        label=gettext_lazy("Drawing"), choices=[(name, name) for name in DRAWINGS], initial="award"
    )


def _page(request: HttpRequest, here: Here, form: BadgeForm, one: Any = None) -> HttpResponse:
    slug = here.merchant.slug
    context = {
        "form": form,
        "one": one,
        "drawings": DRAWINGS,
        "chosen": form["drawing"].value(),
        "tabs": tabs(here, "badges"),
        "rows": [
            {"row": row, "url": reverse("office:badge", args=[slug, ids.encode("bdg", row.pk)])}
            for row in every()
        ],
    }
    status = 422 if form.errors else 200
    return office_page(request, here, "office/games/badges.html", context, current=CURRENT, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require("games.view")
def badges(request: HttpRequest, here: Here) -> HttpResponse:
    """All of them, and a new one."""
    if request.method == "POST" and not here.may("games.edit"):
        raise PermissionDenied
    form = BadgeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            create_badge(**form.cleaned_data, at=here.at)
        except DomainError as refusal:
            show_errors(form, refusal)
        else:
            messages.success(request, _("The badge is made. Rules and challenges can give it."))
            return sent_to(request, reverse("office:badges", args=[here.merchant.slug]))
    return _page(request, here, form)


@require_http_methods(["GET", "HEAD", "POST"])
@require("games.edit")
def badge(request: HttpRequest, here: Here, badge_id: str) -> HttpResponse:
    """Change one."""
    row = find(ids.decode("bdg", badge_id))
    initial = {"name": row.name, "text": row.text, "drawing": row.drawing}
    form = BadgeForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            edit_badge(badge=row.pk, changes=form.cleaned_data, at=here.at)
        except DomainError as refusal:
            show_errors(form, refusal)
        else:
            messages.success(request, _("The badge is saved."))
            return sent_to(request, reverse("office:badges", args=[here.merchant.slug]))
    return _page(request, here, form, row)
