"""A card that was made at the till becomes somebody's own: its code, and an address that is proven to be theirs."""

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loyalty.core.errors import InvalidInput
from loyalty.core.pages import is_tried_too_often, sent_to
from loyalty.core.people.operations import open_account
from loyalty.core.tenancy.scope import SYSTEM, acting_for
from loyalty.web.portal.door import SignInForm, coded, shown
from loyalty.web.portal.frame import Shop, shop_page
from loyalty.web.portal.session import Claim
from members.queries import directory
from members.queries.identifying import normal
from members.queries.visiting import has_card, unclaimed_card

TRIES_AN_HOUR = 15
"""Codes typed from one network address. Nobody guesses one of 59 bits; this keeps machines from trying."""


class ClaimForm(forms.Form):
    """What is on the card, and where its owner reads their mail."""

    card = forms.CharField(
        max_length=40,
        label=gettext_lazy("Code of your card"),
        help_text=gettext_lazy("The twelve letters and digits below the square pattern."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    email = forms.EmailField(
        max_length=254,
        label=gettext_lazy("Your e-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    phone = forms.CharField(
        max_length=40,
        required=False,
        label=gettext_lazy("Your phone number"),
        help_text=gettext_lazy("Only if you gave it in the shop."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@shop_page
def claim(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Type the card's code and an address; a code sent there makes the card theirs.

    What does not fit together is refused in one sentence, whatever of it is wrong.
    """
    if shop.visitor.proven:
        return sent_to(request, shop.url("card"))
    form = ClaimForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return shown(request, shop, "portal/claim.html", {"form": form}, 422 if form.is_bound else 200)
    if is_tried_too_often(request, "portal-claim", an_hour=TRIES_AN_HOUR):
        form.add_error(None, _("That was tried often just now. Try again in an hour, or ask at the till."))
        return shown(request, shop, "portal/claim.html", {"form": form}, 429)
    email = form.cleaned_data["email"].lower()
    member = _card_of(shop, form.cleaned_data["card"], email, form.cleaned_data["phone"])
    if member is None:
        form.add_error(None, _("These do not belong together. Check the code, or ask at the till."))
        return shown(request, shop, "portal/claim.html", {"form": form}, 422)
    return coded(request, shop, form, email, "portal/claim.html", claims=Claim(member, email))


@require_http_methods(["GET", "HEAD", "POST"])
@shop_page
def new_address(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Another address for a card that is mine: it counts once a code sent there came back; until then the old one
    does."""
    member, user = shop.visitor.member, request.user.pk
    if member is None or not shop.visitor.proven or user is None:
        return sent_to(request, shop.url("front"))
    form = SignInForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return shown(request, shop, "portal/email.html", {"form": form}, 422 if form.is_bound else 200)
    email = form.cleaned_data["email"].lower()
    with acting_for(shop.merchant, by=SYSTEM):
        taken = has_card(email)
        if not taken:
            open_account(email=email)
    if taken:
        form.add_error("email", _("A card has this address already."))
        return shown(request, shop, "portal/email.html", {"form": form}, 422)
    return coded(request, shop, form, email, "portal/email.html", claims=Claim(member, email, user))


def _card_of(shop: Shop, code: str, email: str, phone: str) -> UUID | None:
    """The member whose card this is, if what the shop knows of them is what was typed; None for anything else.

    An address the card has must be the one that was typed. A card with only a number is opened by whoever knows the
    number; one with neither by whoever holds it.
    """
    with acting_for(shop.merchant, by=SYSTEM):
        try:
            identity = unclaimed_card(normal("card", code))
            number = normal("phone", phone) if phone.strip() else ""
        except InvalidInput:
            return None
        if identity is None:
            return None
        known = directory.row(directory.member(identity.member_id)).identities
        if known.get("email", "") not in ("", email):
            return None
        if "email" not in known and (known.get("phone", number) != number or has_card(email)):
            return None
        open_account(email=email)
        return identity.member_id
