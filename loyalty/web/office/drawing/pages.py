"""Prize draws: the list with a form for a new one, and one with its winners and its proof."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.models import Draw
from campaigns.operations.drawing import cancel_draw, hold_draw, open_draw
from campaigns.queries import draws as reading
from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.frame import office_page
from loyalty.web.office.games.frame import CURRENT, people, tabs
from loyalty.web.office.lists import PAGE
from loyalty.web.office.members import known_as
from members.queries import directory
from rewards.queries.catalogue import rewards
from rewards.queries.telling import named, named_by_handle

STATES = {
    Draw.State.OPEN: (gettext_lazy("Open"), "info"),
    Draw.State.HELD: (gettext_lazy("Drawn"), "good"),
    Draw.State.CANCELLED: (gettext_lazy("Called off"), "warn"),
}


class DrawForm(forms.Form):
    """What can be won, by whose chances, and until when."""

    handle = forms.ChoiceField(
        label=gettext_lazy("Chances"),
        help_text=gettext_lazy("Earning rules give chances; these are the draws they name."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    prize = forms.CharField(
        label=gettext_lazy("Prize"),
        max_length=200,
        help_text=gettext_lazy("As members read it: “A weekend for two in the mountains”."),
    )
    prizes = forms.IntegerField(
        label=gettext_lazy("How many win"),
        min_value=1,
        max_value=1000,
        initial=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    closes_at = forms.DateTimeField(
        label=gettext_lazy("Chances count until"),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )
    reward = forms.ChoiceField(
        label=gettext_lazy("Handed out as"),
        required=False,
        help_text=gettext_lazy("A reward gets to winners by itself. Without one you tell them."),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["handle"].choices = list(reading.handles().items())  # type: ignore[attr-defined]
        by_hand = ("", _("I tell the winners myself"))
        self.fields["reward"].choices = [  # type: ignore[attr-defined]
            by_hand,
            *((row.handle, named(row)) for row in rewards()),
        ]


def _url(here: Here, row: Draw, name: str = "draw") -> str:
    return reverse(f"office:{name}", args=[here.merchant.slug, ids.encode("drw", row.pk)])


def _shown(row: Draw, here: Here) -> dict[str, Any]:
    state, badge = STATES[Draw.State(row.state)]
    return {"row": row, "url": _url(here, row), "state": state, "badge": badge}


@require_http_methods(["GET", "HEAD", "POST"])
@require("programme.view")
def draws(request: HttpRequest, here: Here) -> HttpResponse:
    """All draws, newest first, and the form for a new one."""
    if request.method == "POST" and not here.may("programme.edit"):
        raise PermissionDenied
    form = DrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = open_draw(**form.cleaned_data, at=here.at)
        except DomainError as refusal:
            show_errors(form, refusal)
        else:
            messages.success(request, _("The draw is open. Its promise is published and cannot be changed."))
            return sent_to(request, _url(here, made))
    context = {
        "form": form,
        "tabs": tabs(here, "draws"),
        "can_open": bool(reading.handles()),
        "rows": [_shown(row, here) for row in reading.draws()[:PAGE]],
    }
    status = 422 if form.errors else 200
    return office_page(request, here, "office/drawing/draws.html", context, current=CURRENT, status=status)


@require_safe
@require("programme.view")
def draw(request: HttpRequest, here: Here, draw_id: str) -> HttpResponse:
    """One: how many take part while it is open; winners and proof when it has been held."""
    row = reading.draw(ids.decode("drw", draw_id))
    is_open = row.state == Draw.State.OPEN
    found = reading.chances(row.handle, until=min(row.closes_at, here.at)) if is_open else {}
    context = {
        **_shown(row, here),
        "is_open": is_open,
        "can_hold": is_open and here.at >= row.closes_at and bool(found),
        "closed": here.at >= row.closes_at,
        "taking_part": len(found) if is_open else len(row.listed.splitlines()),
        "chances": sum(found.values()) if is_open else row.chances,
        "reward": named_by_handle([row.reward]).get(row.reward, row.reward) if row.reward else "",
        "winners": _winners(row, here),
        "entries": _entries(row, here) if is_open else [],
        "public_url": reverse("portal:draw", args=[here.merchant.slug, draw_id]),
        "file_url": reverse("portal:draw_file", args=[here.merchant.slug, draw_id]),
        "hold_url": _url(here, row, "draw_hold"),
        "cancel_url": _url(here, row, "draw_cancel"),
    }
    return office_page(request, here, "office/drawing/draw.html", context, current=CURRENT)


def _entries(row: Draw, here: Here) -> list[dict[str, Any]]:
    """Who takes part, those with most chances first, for those who may read members' names."""
    found = reading.entries_of(row, at=here.at)
    known = people(here, [member for member, _number in found])
    return [{"person": known[member], "chances": number} for member, number in found if member in known]


def _winners(row: Draw, here: Here) -> list[dict[str, Any]]:
    """With their names for those who may read them."""
    found = reading.winners_of(row.pk)
    people = (
        directory.by_ids(one.member_id for one in found if one.member_id) if here.may("members.view") else {}
    )
    rows = []
    for one in found:
        person = people.get(one.member_id) if one.member_id else None
        rows.append({
            "one": one, "name": (person.name or known_as(person)) if person else "",
            "url": reverse("office:member", args=[here.merchant.slug, ids.encode("mbr", one.member_id)])
            if person and one.member_id else "",
        })  # fmt: skip
    return rows


@require_POST
@require("programme.publish")
def hold(request: HttpRequest, here: Here, draw_id: str) -> HttpResponse:
    """Draw."""
    row = hold_draw(draw=ids.decode("drw", draw_id), at=here.at)
    messages.success(request, _("Drawn. The winners and the proof are published."))
    return sent_to(request, _url(here, row))


@require_POST
@require("programme.edit")
def cancel(request: HttpRequest, here: Here, draw_id: str) -> HttpResponse:
    """Call it off."""
    row = cancel_draw(draw=ids.decode("drw", draw_id), at=here.at)
    messages.success(request, _("The draw is called off. Nobody has won, and the chances stay."))
    return sent_to(request, _url(here, row))
