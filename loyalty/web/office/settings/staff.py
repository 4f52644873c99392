"""Who works here and what they may do: invite, change a role, take access away."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core.errors import DomainError, NotFound
from loyalty.core.merchants import queries
from loyalty.core.merchants.inviting import (
    GOOD_FOR,
    Invitation,
    invite_staff,
    renew_invitation,
    withdraw_invitation,
)
from loyalty.core.merchants.operations import place_staff, revoke_staff
from loyalty.core.merchants.roles import PERMISSIONS, Role
from loyalty.core.merchants.shaping import require_second_factor
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.people.queries import second_factors, second_factors_of
from loyalty.web.office.frame import ROLE_NAMES, office_page
from loyalty.web.office.people import names_of
from loyalty.web.office.settings.mailing import is_configured, send

ROLE_NOTES = {
    Role.OWNER: gettext_lazy("Everything, also staff, keys and these settings."),
    Role.MANAGER: gettext_lazy("Members, rewards and the programme, but not staff, keys and settings."),
    Role.CASHIER: gettext_lazy("The till only: join members, record purchases, hand out rewards."),
    Role.ANALYST: gettext_lazy("Looks at everything and changes nothing."),
}
#: What each right is called; a right that is new and has no name yet shows as it is.
PERMISSION_NAMES = {
    "overview.view": gettext_lazy("See the figures"),
    "members.view": gettext_lazy("See members and orders"),
    "rewards.view": gettext_lazy("See rewards"),
    "programme.view": gettext_lazy("See the programme"),
    "till.use": gettext_lazy("Use the till"),
    "members.join": gettext_lazy("Join members"),
    "orders.record": gettext_lazy("Record purchases"),
    "rewards.redeem": gettext_lazy("Hand out rewards"),
    "members.edit": gettext_lazy("Change and block members"),
    "members.adjust": gettext_lazy("Give and take points by hand"),
    "members.merge": gettext_lazy("Merge members"),
    "members.erase": gettext_lazy("Erase members"),
    "members.export": gettext_lazy("Export members"),
    "rewards.edit": gettext_lazy("Make and change rewards"),
    "programme.edit": gettext_lazy("Change the programme"),
    "programme.publish": gettext_lazy("Publish the programme"),
    "orders.refund": gettext_lazy("Refund and cancel orders"),
    "messages.view": gettext_lazy("See messages and newsletters"),
    "messages.edit": gettext_lazy("Write messages and newsletters"),
    "audit.view": gettext_lazy("Read the audit log"),
    "keys.manage": gettext_lazy("Make and stop API keys"),
    "webhooks.manage": gettext_lazy("Manage webhooks"),
    "staff.manage": gettext_lazy("Invite and remove colleagues"),
    "settings.edit": gettext_lazy("Change the settings"),
}


def _roles() -> list[tuple[str, Any]]:
    return [(role.value, ROLE_NAMES[role]) for role in Role]


class InviteForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=_roles, initial=Role.CASHIER)


class PersonForm(forms.Form):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=_roles, widget=forms.RadioSelect)
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Stands beside what they do, in the audit log and at the till."),
    )


def rights() -> list[dict[str, Any]]:
    """What each role may do, right by right, out of the same table that decides it."""
    every = [*PERMISSION_NAMES, *sorted(PERMISSIONS[Role.OWNER] - set(PERMISSION_NAMES))]
    return [
        {
            "name": PERMISSION_NAMES.get(right, right),
            "roles": [(ROLE_NAMES[role], right in PERMISSIONS[role]) for role in Role],
        }
        for right in every
        if right in PERMISSIONS[Role.OWNER]
    ]


def _people() -> list[dict[str, Any]]:
    working = [row for row in queries.people() if row.revoked_at is None]
    factors = second_factors_of(row.user_id for row in working)
    return [
        {
            "staff": row,
            "name": row.name or row.user.email,
            "email": row.user.email,
            "role": ROLE_NAMES[Role(row.role)],
            "last": row.user.last_login,
            "factors": factors.get(row.user_id),
        }
        for row in working
    ]


def _page(request: HttpRequest, here: Here, form: InviteForm) -> HttpResponse:
    waiting = queries.invitations()
    context = {
        "form": form,
        "people": _people(),
        "invitations": [
            {"row": row, "role": ROLE_NAMES[Role(row.role)], "over": row.expires_at <= here.at}
            for row in waiting
        ],
        "names": names_of([row.invited_by for row in waiting]),
        "rights": rights(),
        "role_names": [ROLE_NAMES[role] for role in Role],
        "role_notes": [(ROLE_NAMES[role], note) for role, note in ROLE_NOTES.items()],
        "has_factor": bool(second_factors(here.staff.user_id)),
        "configured": is_configured(),
        "good_for": GOOD_FOR.days,
    }
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/settings/staff.html", context, current="settings", status=status
    )


def _back(here: Here) -> str:
    return reverse("office:settings_staff", args=[here.merchant.slug])


@require_safe
@require("staff.manage")
def people(request: HttpRequest, here: Here) -> HttpResponse:
    """Who works here, who was asked to, and what each role may do."""
    return _page(request, here, InviteForm())


def _mail(request: HttpRequest, here: Here, row: Invitation, token: str) -> None:
    """Send the link. It stands in the mail and nowhere else."""
    shop = here.merchant
    url = request.build_absolute_uri(reverse("invitation", args=[shop.slug, token]))
    context = {
        "shop": shop.name,
        "by": here.staff.name or str(request.user),
        "role": ROLE_NAMES[Role(row.role)],
        "url": url,
        "days": GOOD_FOR.days,
    }
    subject = _("{shop} invites you to its loyalty programme’s dashboard").format(shop=shop.name)
    send(
        request,
        shop,
        to=row.email,
        subject=subject,
        text=render_to_string("office/mail/invitation.txt", context),
    )


@require_POST
@require("staff.manage")
def invite(request: HttpRequest, here: Here) -> HttpResponse:
    """Ask somebody by e-mail."""
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            row, token = invite_staff(
                email=form.cleaned_data["email"], role=Role(form.cleaned_data["role"]), at=here.at
            )
        except DomainError as error:
            show_errors(form, error)
        else:
            _mail(request, here, row, token)
            messages.success(request, _("The invitation to {email} is on its way.").format(email=row.email))
            return sent_to(request, _back(here))
    return _page(request, here, form)


@require_POST
@require("staff.manage")
def renew(request: HttpRequest, here: Here, invitation_id: UUID) -> HttpResponse:
    """Send a fresh link; the earlier one stops working."""
    row, token = renew_invitation(invitation=invitation_id, at=here.at)
    _mail(request, here, row, token)
    messages.success(
        request,
        _("A new link is on its way to {email}. The earlier one no longer works.").format(email=row.email),
    )
    return sent_to(request, _back(here))


@require_POST
@require("staff.manage")
def withdraw(request: HttpRequest, here: Here, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    withdraw_invitation(invitation=invitation_id, at=here.at)
    messages.success(request, _("The invitation is withdrawn. Its link no longer works."))
    return sent_to(request, _back(here))


def _row(staff_id: UUID) -> dict[str, Any]:
    found = next((person for person in _people() if person["staff"].pk == staff_id), None)
    if found is None:
        raise NotFound("person")
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@require("staff.manage")
def person(request: HttpRequest, here: Here, staff_id: UUID) -> HttpResponse:
    """One colleague: another role, another name."""
    found = _row(staff_id)
    row = found["staff"]
    form = PersonForm(
        request.POST if request.method == "POST" else None, initial={"role": row.role, "name": row.name}
    )
    if request.method == "POST" and form.is_valid():
        try:
            place_staff(
                user=row.user_id,
                role=Role(form.cleaned_data["role"]),
                name=form.cleaned_data["name"],
                at=here.at,
            )
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("Saved. It counts from their next page on."))
            return sent_to(request, _back(here))
    context = {
        "person": found,
        "form": form,
        "role_notes": [(ROLE_NAMES[role], note) for role, note in ROLE_NOTES.items()],
    }
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/settings/person.html", context, current="settings", status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("staff.manage")
def revoke(request: HttpRequest, here: Here, staff_id: UUID) -> HttpResponse:
    """Take somebody's access away, after asking."""
    found = _row(staff_id)
    if request.method != "POST":
        context = {"person": found, "back_url": _back(here), "is_me": found["staff"].pk == here.staff.pk}
        return office_page(
            request, here, "office/settings/revoke.html", context, current="settings", partial="dialog"
        )
    revoke_staff(staff=staff_id, at=here.at)
    messages.success(request, _("{name} no longer has access.").format(name=found["name"]))
    return sent_to(request, "/" if found["staff"].pk == here.staff.pk else _back(here))


@require_POST
@require("staff.manage")
def second_factor(request: HttpRequest, here: Here) -> HttpResponse:
    """Have owners and managers prove who they are with more than a code by e-mail, or no longer."""
    on = request.POST.get("on") == "1"
    require_second_factor(on=on, user=here.staff.user_id, at=here.at)
    messages.success(
        request,
        _("Owners and managers need a second factor from now on.")
        if on
        else _("A code by e-mail is enough again."),
    )
    return sent_to(request, _back(here))
