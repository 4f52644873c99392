"""The way in: what the programme is, and a card at once for one field."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.pages import is_tried_too_often, sent_to, show_errors
from loyalty.core.people.operations import open_account
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy.scope import SYSTEM, acting_for
from loyalty.web.office.frame import language_of
from loyalty.web.portal.door import VISITOR, send_code
from loyalty.web.portal.frame import Shop, portal_page, shop_page, words
from loyalty.web.portal.session import drop_code, forget, kept_code, remember
from loyalty.web.portal.ways import first_rewards, ways
from members.operations.consents import choose_news
from members.operations.inviting import Invitation, UnknownReferralCode
from members.operations.membership import join as join_member
from members.operations.membership import verify
from members.queries.identifying import normal
from members.queries.visiting import has_card, unclaimed
from rewards.queries.telling import named

JOINS_AN_HOUR = 20
"""New cards from one network address; a till that signs people up has its own door."""


class JoinForm(forms.Form):
    """One field and a free choice. The field is called what browsers fill in by themselves."""

    email = forms.CharField(
        max_length=254,
        label=gettext_lazy("E-mail or phone number"),
        widget=forms.TextInput(attrs={"autocomplete": "email", "inputmode": "email", "spellcheck": "false"}),
    )
    news = forms.BooleanField(
        required=False,
        label=gettext_lazy("Send me news and offers"),
        help_text=gettext_lazy("You can change this at any time."),
    )


class JoinHereForm(forms.Form):
    """Of somebody who is signed in: their address is known and proven."""

    news = JoinForm.base_fields["news"]


def _blank(shop: Shop, data: Any = None) -> forms.Form:
    return JoinHereForm(data) if shop.visitor.address else JoinForm(data)


def _front(request: HttpRequest, shop: Shop, form: forms.Form, status: int = 200) -> HttpResponse:
    with acting_for(shop.merchant, by=VISITOR):
        offers = first_rewards()
        context: dict[str, Any] = {
            "form": form,
            "address": shop.visitor.address,
            "is_open": programmes.in_force() is not None,
            "ways": ways(shop.merchant.currency, words(), offers, at=shop.at),
            "offers": [{"name": named(reward), "cost": reward.cost_points} for reward in offers],
        }
        return portal_page(request, shop, "portal/front.html", context, status=status)


@require_safe
@shop_page
def front(request: HttpRequest, shop: Shop) -> HttpResponse:
    """For guests: what the programme is and how to join. Members go to their card."""
    if shop.visitor.member is not None:
        return sent_to(request, shop.url("card"))
    return _front(request, shop, _blank(shop))


@require_http_methods(["GET", "HEAD", "POST"])
@shop_page
def join(request: HttpRequest, shop: Shop) -> HttpResponse:
    """A card at once. An address that already has one gets a code: its card is shown to nobody else.

    Posters and receipts name this address, too.
    """
    if shop.visitor.member is not None or request.method != "POST":
        return sent_to(request, shop.url("front" if shop.visitor.member is None else "card"))
    form = _blank(shop, request.POST)
    if not form.is_valid():
        return _front(request, shop, form, 422)
    if is_tried_too_often(request, "portal-join", an_hour=JOINS_AN_HOUR):
        form.add_error(
            None, _("Many cards were made from here just now. Try again in an hour, or ask at the till.")
        )
        return _front(request, shop, form, 429)
    typed, news = shop.visitor.address or form.cleaned_data["email"], form.cleaned_data["news"]
    try:
        named = Named.of(shop, typed)
        try:
            made = _made(request, shop, named, news)
        except UnknownReferralCode:  # they came by a link that has died meanwhile, and join all the same
            drop_code(request, shop.merchant)
            made = _made(request, shop, named, news)
    except DomainError as error:
        show_errors(form, error, {"phone": "email"})
        return _front(request, shop, form, 422)
    if made is None:
        return _known(request, shop, form, named)
    drop_code(request, shop.merchant)
    if not shop.visitor.address:
        remember(request, shop.merchant, made)
        if named.kind == "email":
            send_code(request, shop, named.value)
    messages.success(request, _("Here is your card. Show the code whenever you buy."))
    return sent_to(request, shop.url("card"))


@dataclass(frozen=True, slots=True)
class Named:
    """Who somebody says they are: the `kind` of identity and its `value` as it is stored."""

    kind: str
    value: str

    @classmethod
    def of(cls, shop: Shop, typed: str) -> Self:
        """An address if there is an @ in it, else a phone number of the shop's country. Raises `InvalidInput`."""
        kind = "email" if "@" in typed else "phone"
        if kind == "phone" and not any(character.isdigit() for character in typed):
            raise InvalidInput.of("email", _("Write an e-mail address or a phone number."))
        with acting_for(shop.merchant, by=VISITOR):
            return cls(kind, normal(kind, typed))


def _made(request: HttpRequest, shop: Shop, named: Named, news: bool) -> UUID | None:
    """The new member; None when somebody here has the address or number already.

    Who is signed in has proven the address and is tied to the card at once. For everybody else an account is
    opened with which it can be proven.
    """
    with acting_for(shop.merchant, by=VISITOR), transaction.atomic():
        if has_card(named.value, named.kind):
            return None
        if programmes.in_force() is None:
            raise NotOpen()
        joined = join_member(
            at=shop.at, identities={named.kind: named.value}, channel="portal",
            language=language_of(get_language()), invitation=Invitation(kept_code(request, shop.merchant)),
        )  # fmt: skip
        if not joined.created:  # by another page at this very moment
            return None
        if shop.visitor.address:
            user = request.user.pk
            verify(member=joined.member.pk, kind="email", value=named.value, at=shop.at, user=user)
        elif named.kind == "email":
            open_account(email=named.value)
        if news:
            way = "news_by_email" if named.kind == "email" else "news_by_sms"
            proof = str(JoinForm.base_fields["news"].label)
            choose_news(member=joined.member.pk, chosen={way: True}, source="portal", proof=proof, at=shop.at)
        return joined.member.pk


class NotOpen(DomainError):
    code = "programme_not_open"
    message = gettext_lazy("The programme has not started yet. Come back in a few days.")


def _known(request: HttpRequest, shop: Shop, form: forms.Form, named: Named) -> HttpResponse:
    """The address has a card: whoever can read its mail may see it. A number is proven by nobody here."""
    if named.kind == "phone":
        form.add_error("email", _("This number has a card already. Sign in, or open it with its code."))
        return _front(request, shop, form, 422)
    email = named.value
    if shop.visitor.address:
        form.add_error(None, _("This address belongs to a card you cannot open here. Ask the shop."))
        return _front(request, shop, form, 422)
    with acting_for(shop.merchant, by=SYSTEM):
        if unclaimed([email]) is not None:
            open_account(email=email)
    if not send_code(request, shop, email):
        form.add_error(None, _("A few codes were sent just now. Wait a minute, then ask again."))
        return _front(request, shop, form, 429)
    messages.info(request, _("This address has a card already. Type the code we have sent to see it."))
    return sent_to(request, shop.url("confirm"))


@require_POST
@shop_page
def leave(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Forget the card on this device."""
    forget(request, shop.merchant)
    messages.success(request, _("This device no longer shows your card."))
    return sent_to(request, shop.url("front"))
