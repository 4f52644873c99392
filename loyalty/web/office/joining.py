"""Join a member and edit who they are: the two forms with the same fields."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.forms.members import ALIASES, DetailsForm, EditForm
from loyalty.web.office.frame import office_page
from loyalty.web.office.members import known_as
from members.operations import membership
from members.queries import directory


def page_of(here: Here, member: UUID) -> str:
    """The address of a member's page."""
    return reverse("office:member", args=[here.merchant.slug, ids.encode("mbr", member)])


@require_http_methods(["GET", "HEAD", "POST"])
@require("members.join")
def join(request: HttpRequest, here: Here) -> HttpResponse:
    """Make somebody a member. Known already: their page is opened, and nothing is changed."""
    form = DetailsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            joined = membership.join(
                at=here.at,
                identities=form.given(),
                channel="office",
                language=form.cleaned_data["language"],
                details=form.details(),
            )
        except DomainError as error:
            show_errors(form, error, ALIASES)
        else:
            if joined.created:
                messages.success(request, _("Welcome: the member has joined."))
            else:
                messages.info(request, _("This person is a member already. Nothing was changed."))
            may_look = here.may("members.view")
            join_again = reverse("office:join", args=[here.merchant.slug])
            return sent_to(request, page_of(here, joined.member.pk) if may_look else join_again)
    status = 422 if form.errors else 200
    current = "members" if here.may("members.view") else "join"
    return office_page(request, here, "office/join.html", {"form": form}, current=current, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require("members.edit")
def edit(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Change who a member is and how they are recognised."""
    found = directory.member(ids.decode("mbr", member_id))
    row = directory.row(found)
    form = EditForm(request.POST if request.method == "POST" else None, initial=EditForm.known(row))
    if request.method == "POST" and form.is_valid():
        try:
            membership.edit(
                member=found.pk,
                at=here.at,
                details=form.details(),
                identities=_changed(form.identities(), row.identities),
                language=form.cleaned_data["language"],
            )
        except DomainError as error:
            show_errors(form, error, ALIASES)
        else:
            messages.success(request, _("The details are saved."))
            return sent_to(request, page_of(here, found.pk))
    context = {"form": form, "name": row.name or known_as(row), "back_url": page_of(here, found.pk)}
    status = 422 if form.errors else 200
    return office_page(request, here, "office/member_edit.html", context, current="members", status=status)


def _changed(wanted: dict[str, str | None], known: dict[str, str]) -> dict[str, str | None]:
    """Only what was really typed anew, so that the log says what changed."""
    return {kind: value for kind, value in wanted.items() if (value or "") != known.get(kind, "")}
