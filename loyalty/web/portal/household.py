"""A household with one balance: found it, let others in, join by a code, leave."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core import formats, ids
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.pages import sent_to, show_errors
from loyalty.web.portal.frame import Card, card_page, portal_page
from loyalty.web.portal.rewards import grouped
from members.operations.households import (
    accept_invitation,
    allow_use,
    dissolve_household,
    invite,
    leave_household,
    open_household,
)
from members.queries import sharing

_CODE = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class CodeForm(forms.Form):
    """A code somebody told."""

    code = forms.CharField(
        max_length=40, label=gettext_lazy("Code of the invitation"), widget=forms.TextInput(attrs=_CODE)
    )


def _people(household: UUID, card: Card) -> list[dict[str, Any]]:
    places = sharing.placed(household)
    names = sharing.first_names({place.member for place in places})
    return [
        {
            "id": ids.encode("mbr", place.member),
            "name": _("You") if place.member == card.member_id else names.get(place.member) or _("A member"),
            "mine": place.member == card.member_id, "owns": place.owns, "shares": place.shares,
            "points": place.points, "since": place.since,
        }
        for place in places
    ]  # fmt: skip


def _mine(card: Card) -> UUID:
    """The household I am in; `NotFound` for none."""
    found = sharing.household_of(card.member_id)
    if found is None:
        raise NotFound("household")
    return found


def _page(request: HttpRequest, card: Card, form: forms.Form, status: int = 200) -> HttpResponse:
    terms, mine = sharing.in_force(), sharing.household_of(card.member_id)
    if not terms.household.on and mine is None:
        raise NotFound("household")
    context: dict[str, Any] = {"form": form, "is_on": terms.household.on, "largest": terms.household.largest}
    if mine is not None:
        row = sharing.household(mine)
        people = _people(mine, card)
        own = next(person for person in people if person["mine"])
        code = row.code if row.code and row.code_until and row.code_until > card.at else ""
        context |= {
            "people": people,
            "own": own,
            "together": sharing.together(card.member_id, yours=card.row.balance.available, household_id=mine),
            "code": grouped(code) if own["owns"] else "",
            "code_until": row.code_until,
            "share_text": _("Join our household with the code {code}.").format(code=grouped(code)),
            "link": request.build_absolute_uri(f"{card.url('household')}?code={code}"),
            "has_room": len(people) < terms.household.largest,
        }
    return portal_page(request, card, "portal/household.html", context, current="profile", status=status)


@require_safe
@card_page(proven=True)
def household(request: HttpRequest, card: Card) -> HttpResponse:
    """Who is in it, what we have together, and how others come in. `?code=` fills in an invitation."""
    return _page(request, card, CodeForm(initial={"code": request.GET.get("code", "")[:40]}))


@require_POST
@card_page(proven=True)
def begin(request: HttpRequest, card: Card) -> HttpResponse:
    """Found a household, with an invitation for the first other."""
    found = open_household(member=card.member_id, at=card.at)
    invite(household=found.pk, by=card.member_id, at=card.at)
    messages.success(request, _("Your household is open. Share the code with who belongs to it."))
    return sent_to(request, card.url("household"))


@require_POST
@card_page(proven=True)
def renew(request: HttpRequest, card: Card) -> HttpResponse:
    """A new code; the one before works no more."""
    made = invite(household=_mine(card), by=card.member_id, at=card.at)
    text = _("The new code works until {day}.").format(day=formats.when(made.until, "date"))
    messages.success(request, text)
    return sent_to(request, card.url("household"))


@require_http_methods(["GET", "HEAD", "POST"])
@card_page(proven=True)
def enter(request: HttpRequest, card: Card) -> HttpResponse:
    """Join by a code."""
    if request.method != "POST":
        return sent_to(request, card.url("household"))
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            accept_invitation(member=card.member_id, code=form.cleaned_data["code"], at=card.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("Welcome to the household."))
            return sent_to(request, card.url("household"))
    return _page(request, card, form, 422)


@require_POST
@card_page(proven=True)
def share(request: HttpRequest, card: Card) -> HttpResponse:
    """Let the others use what I have, or not."""
    shares = request.POST.get("shares") == "yes"
    allow_use(household=_mine(card), member=card.member_id, shares=shares, at=card.at)
    messages.success(
        request,
        _("The others can use what you have.") if shares else _("What you have is yours alone now."),
    )
    return sent_to(request, card.url("household"))


@require_POST
@card_page(proven=True)
def leave(request: HttpRequest, card: Card) -> HttpResponse:
    """Leave, with what is mine."""
    leave_household(household=_mine(card), member=card.member_id, at=card.at)
    messages.success(request, _("You have left the household. What is yours came with you."))
    return sent_to(request, card.url("household" if sharing.in_force().household.on else "profile"))


@require_POST
@card_page(proven=True)
def remove(request: HttpRequest, card: Card, member_id: str) -> HttpResponse:
    """Take somebody out, as its owner."""
    wanted, home = ids.decode("mbr", member_id), _mine(card)
    if wanted not in {place.member for place in sharing.placed(home)}:
        raise NotFound("household")
    leave_household(household=home, member=wanted, by=card.member_id, at=card.at)
    messages.success(request, _("They are no longer in the household. What is theirs went with them."))
    return sent_to(request, card.url("household"))


@require_POST
@card_page(proven=True)
def close(request: HttpRequest, card: Card) -> HttpResponse:
    """Close it for everybody, as its owner."""
    dissolve_household(household=_mine(card), by=card.member_id, at=card.at)
    messages.success(request, _("The household is closed. Everybody has kept their own."))
    return sent_to(request, card.url("household" if sharing.in_force().household.on else "profile"))
