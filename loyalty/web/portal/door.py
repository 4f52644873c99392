"""The door: a code by e-mail, in the shop's own rooms. The library checks the code; these pages wear the shop's
colours and open the account of somebody whose card was made at the till."""

from typing import Any
from uuid import UUID

from allauth.account.forms import RequestLoginCodeForm
from allauth.account.views import ConfirmLoginCodeView, RequestLoginCodeView
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loyalty.core.pages import sent_to
from loyalty.core.people.operations import open_account
from loyalty.core.tenancy.scope import SYSTEM, Actor, acting_for
from loyalty.web.office.settings.mailing import sender_of
from loyalty.web.portal.frame import Shop, portal_page, programme_name, shop_page
from loyalty.web.portal.session import Claim, keep_claim
from members.queries import directory
from members.queries.visiting import has_card, unclaimed

VISITOR = Actor("visitor")


class SignInForm(forms.Form):
    """The address of the card."""

    email = forms.EmailField(
        max_length=254,
        label=gettext_lazy("E-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )


def send_code(request: HttpRequest, shop: Shop, email: str) -> bool:
    """Send a code to an address and remember that this browser waits for it; False when it asked too often.

    An address nobody has is treated alike; the mail says so to whoever reads it.
    """
    form = RequestLoginCodeForm({"email": email})
    if not form.is_valid():
        return False
    with acting_for(shop.merchant, by=VISITOR):
        name = programme_name(shop)
    # The library gives its mails nothing but the request.
    request.programme_name = name  # type: ignore[attr-defined]
    request.mail_colour = shop.merchant.brand_colour  # type: ignore[attr-defined]
    request.mail_from = sender_of(shop.merchant)  # type: ignore[attr-defined]
    request.programme_url = request.build_absolute_uri(shop.url("front"))  # type: ignore[attr-defined]
    view = RequestLoginCodeView()
    view.setup(request)
    view.form_valid(form)
    return True


def shown(
    request: HttpRequest, shop: Shop, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page for everybody, rendered in a scope of its own."""
    with acting_for(shop.merchant, by=VISITOR):
        return portal_page(request, shop, template, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@shop_page
def sign_in(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Ask for the address and send a code there."""
    if shop.visitor.proven:
        return sent_to(request, shop.url("card"))
    form = SignInForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return shown(request, shop, "portal/sign_in.html", {"form": form}, status)
    email = form.cleaned_data["email"].lower()
    with acting_for(shop.merchant, by=SYSTEM):
        # A card from the till has no account until its owner comes for it.
        if unclaimed([email]) is not None:
            open_account(email=email)
    return coded(request, shop, form, email, "portal/sign_in.html")


@require_http_methods(["GET", "HEAD", "POST"])
@shop_page
def prove(request: HttpRequest, shop: Shop) -> HttpResponse:
    """One press sends the code to the address the card was made with; one that was made with a phone number gets its
    address here."""
    member = shop.visitor.member
    if member is None or shop.visitor.proven:
        return sent_to(request, shop.url("front" if member is None else "card"))
    with acting_for(shop.merchant, by=SYSTEM):
        email = directory.row(directory.member(member)).identities.get("email", "")
        if email and request.method == "POST":
            open_account(email=email)
    if not email:
        return _address(request, shop, member)
    if request.method != "POST":
        return shown(request, shop, "portal/prove.html", {"email": email, "form": forms.Form()})
    return coded(request, shop, forms.Form(request.POST), email, "portal/prove.html")


def _address(request: HttpRequest, shop: Shop, member: UUID) -> HttpResponse:
    """Ask where a code can go; the address is the card's once the code came back."""
    form = SignInForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return shown(request, shop, "portal/prove.html", {"form": form}, 422 if form.is_bound else 200)
    email = form.cleaned_data["email"].lower()
    with acting_for(shop.merchant, by=SYSTEM):
        if has_card(email):
            form.add_error(
                "email", _("Another card has this address. Sign in with it, or ask the shop to join the two.")
            )
        else:
            open_account(email=email)
    if form.errors:
        return shown(request, shop, "portal/prove.html", {"form": form}, 422)
    return coded(request, shop, form, email, "portal/prove.html", claims=Claim(member, email))


def coded(
    request: HttpRequest,
    shop: Shop,
    form: forms.Form,
    email: str,
    template: str,
    *,
    claims: Claim | None = None,
) -> HttpResponse:
    """Send the code and go to where it is typed; the form comes back when codes were asked for too often. `claims` is
    the card whose address this becomes."""
    if request.user.is_authenticated:
        logout(request)  # as somebody else; two people cannot be signed in at once
    form.is_valid()
    if claims is not None:
        keep_claim(request, shop.merchant, claims)
    if not send_code(request, shop, email):
        form.add_error(None, _("A few codes were sent just now. Wait a minute, then ask again."))
        return shown(request, shop, template, {"form": form, "email": email}, 429)
    return sent_to(request, shop.url("confirm"))


class _Confirm(ConfirmLoginCodeView):
    """The library's page of the code, in the shop's frame and back to the card."""

    @property
    def shop(self) -> Shop:
        """The shop whose door this is."""
        return self.kwargs["shop"]

    def get_next_url(self) -> str:
        return self.shop.url("card")

    def render_to_response(self, context: dict[str, Any], **_kwargs: Any) -> HttpResponse:
        form = context["form"]
        own = {"form": form, "email": context["email"], "has_card": self.shop.visitor.member is not None}
        return shown(self.request, self.shop, "portal/confirm.html", own, 422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@shop_page
def confirm(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Type the code. The right one signs in; after three wrong ones, or ten minutes, a new one is needed."""
    if shop.visitor.proven:
        return sent_to(request, shop.url("card"))
    response: HttpResponse = _Confirm.as_view()(request, shop=shop)
    if response.headers.get("Location", "").startswith(reverse("account_request_login_code")):
        if request.method != "POST":
            messages.info(request, _("That code is no longer good. Ask for a new one."))
        return sent_to(request, shop.url("prove" if shop.visitor.member else "sign_in"))
    return response
