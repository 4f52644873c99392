"""Where the link in an invitation leads: sign in with the address that was invited, and begin.

The link says nothing about the shop to whoever does not hold it: a wrong one and an absent shop look the same.
"""

from typing import Any
from urllib.parse import urlencode

from allauth.account.forms import RequestLoginCodeForm
from allauth.account.views import RequestLoginCodeView
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from loyalty.core import clock
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.merchants.inviting import InvitedAnother, accept_invitation
from loyalty.core.merchants.models import Invitation, Merchant
from loyalty.core.merchants.queries import invitation_behind, merchant_by_slug, permissions, staff_at
from loyalty.core.merchants.roles import Role
from loyalty.core.pages import render_page, sent_to
from loyalty.core.people.operations import open_account
from loyalty.core.people.queries import proven_addresses
from loyalty.core.tenancy.scope import Actor, acting_for
from loyalty.web.office.frame import ROLE_NAMES, first_page

_INVITED = Actor("invited")


class NameForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=120,
        help_text=gettext_lazy("Colleagues see it beside what you do."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


def _gone(request: HttpRequest) -> HttpResponse:
    return render_page(request, "account/invitation_gone.html", status=404)


def _found(slug: str, token: str) -> tuple[Merchant, Invitation] | None:
    try:
        merchant = merchant_by_slug(slug)
    except NotFound:
        return None
    with acting_for(merchant, by=_INVITED):
        row = invitation_behind(token, at=clock.now())
    return (merchant, row) if row is not None else None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Show who invites, have the address proven by a code, and take the role once it is."""
    found = _found(slug, token)
    if found is None:
        return _gone(request)
    merchant, row = found
    user = request.user
    mine = user.is_authenticated and user.pk is not None and row.email in proven_addresses(user.pk)
    form = NameForm(request.POST if request.method == "POST" and mine else None)
    if request.method == "POST" and not mine:
        return _send_code(request, row)
    if request.method == "POST" and user.pk is not None and form.is_valid():
        return _accepted(request, merchant, token, user.pk, form.cleaned_data["name"])
    context: dict[str, Any] = {
        "shop": merchant.name,
        "role": ROLE_NAMES[Role(row.role)],
        "email": row.email,
        "until": row.expires_at,
        "mine": mine,
        "other": str(user) if user.is_authenticated and not mine else "",
        "form": form,
    }
    return render_page(request, "account/invitation.html", context, status=422 if form.errors else 200)


def _send_code(request: HttpRequest, row: Invitation) -> HttpResponse:
    """One press sends the code to the address that was invited, and comes back here afterwards."""
    if request.user.is_authenticated:
        logout(request)  # as somebody else; two people cannot be signed in at once
    open_account(email=row.email)
    form = RequestLoginCodeForm({"email": row.email})
    if not form.is_valid():
        messages.error(request, _("A few codes were sent just now. Wait a minute, then ask again."))
        return sent_to(request, request.path)
    view = RequestLoginCodeView()
    view.setup(request)
    view.form_valid(form)
    confirm = reverse("account_confirm_login_code")
    return sent_to(request, f"{confirm}?{urlencode({'next': request.path})}")


def _accepted(request: HttpRequest, merchant: Merchant, token: str, user: int, name: str) -> HttpResponse:
    try:
        with acting_for(merchant, by=_INVITED):
            accept_invitation(token=token, user=user, name=name, at=clock.now())
    except InvitedAnother:
        return _gone(request)
    except DomainError as refused:
        messages.error(request, str(refused))
        return sent_to(request, reverse("home"))
    row = staff_at(merchant, user)
    messages.success(request, _("Welcome to {shop}.").format(shop=merchant.name))
    return sent_to(request, first_page(merchant.slug, permissions(row)) or reverse("home"))
