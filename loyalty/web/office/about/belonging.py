"""A member's paid plans with their money, their places at events, and what they agreed to hear."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core import formats, ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.about.forms import PlanForm, ReasonForm
from loyalty.web.office.about.page import about_page, asked, row_of
from loyalty.web.office.lists import once_key
from loyalty.web.office.people import names_of
from loyalty.web.office.rewards import name_of
from loyalty.web.office.work.memberships import due_minor, plan_name, shown
from loyalty.web.office.work.sessions import STATUS, page_of
from members.models import PaidMembership
from members.operations import membership_payments, paid_memberships
from members.queries import directory, paid
from rewards.queries import places

PLANS, BOOKINGS = 20, 20


def _back(here: Here, member: Any) -> str:
    return reverse("office:about_belonging", args=[here.merchant.slug, ids.encode("mbr", member)])


def _plan(row: PaidMembership, here: Here) -> dict[str, Any]:
    payments = list(paid.payments(row.pk)[:PLANS])
    names = names_of([one.actor for one in payments])
    return {
        **shown(row, here),
        "payments": [{"row": one, "who": names.get(one.actor, "")} for one in payments],
        "may_refund": row.status != "ended" and any(not one.refunded_minor for one in payments),
    }


@require_safe
@require("members.view")
def belonging(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Plans, places and consents."""
    row = row_of(member_id)
    member = row.member.pk
    plans = list(paid.memberships(member).order_by("-id")[:PLANS])
    bookings = list(places.bookings(member=member).order_by("-id")[:BOOKINGS])
    offered = paid.in_force().plans
    context = {
        "plans": [_plan(one, here) for one in plans],
        "has_plans": bool(offered),
        "may_start": bool(offered) and all(one.status in ("pending", "ended") for one in plans),
        "bookings": [
            {
                "row": one,
                "name": name_of(one.session.reward),
                "url": page_of(here, one.session_id),
                "status": STATUS[one.status][0],
                "badge": STATUS[one.status][1],
            }
            for one in bookings
        ],
        "consents": [
            {"label": _("News by e-mail"), "given": bool(row.profile and row.profile.news_by_email)},
            {"label": _("News by text message"), "given": bool(row.profile and row.profile.news_by_sms)},
        ],
    }
    return about_page(request, here, "office/about/belonging.html", row, context, current="about_belonging")


@require_http_methods(["GET", "HEAD", "POST"])
@require("memberships.manage")
def start(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Start a plan: with its trial, or waiting for the first payment."""
    row = row_of(member_id)
    plans = [
        (plan.id, f"{plan_name(plan.id)} · {formats.money(plan.price_minor, here.merchant.currency)}")
        for plan in paid.in_force().plans
    ]
    form = PlanForm(request.POST if request.method == "POST" else None, plans=plans)
    if request.method == "POST" and form.is_valid():
        key = once_key(request)
        try:
            done = paid_memberships.start_membership(
                member=row.member.pk, plan=form.cleaned_data["plan"], key=f"office:{key}", at=here.at
            )
        except DomainError as error:
            show_errors(form, error)
        else:
            is_trial = done.membership.status == PaidMembership.Status.TRIAL
            text = _("The trial has begun.") if is_trial else _("Started. It counts with the first payment.")
            messages.success(request, text)
            return sent_to(request, _back(here, row.member.pk))
    return asked(
        request, here, row, form, title=_("Start a plan"), url=request.path, back=_back(here, row.member.pk),
        do=_("Start it"), note=_("Take the money at the till, then press “Paid” here."),
    )  # fmt: skip


def _owned(id: str) -> tuple[PaidMembership, directory.Row]:  # noqa: A002 - the address's own word
    row = paid.membership(ids.decode("pmb", id))
    return row, directory.row(directory.member(row.member_id))


@require_http_methods(["GET", "HEAD", "POST"])
@require("memberships.manage")
def pay(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002
    """The next period was paid at the till."""
    plan, row = _owned(id)
    form, due = ReasonForm(), due_minor(plan, here)
    del form.fields["reason"]
    if request.method == "POST":
        key = once_key(request)
        membership_payments.receive_payment(
            membership=plan.pk, amount_minor=due, key=f"office:{key}", paid_at=here.at, at=here.at
        )
        messages.success(
            request, _("Noted: {amount} received.").format(amount=formats.money(due, plan.currency))
        )
        return sent_to(request, _back(here, row.member.pk))
    return asked(
        request, here, row, form, title=_("Paid at the till"), url=request.path,
        back=_back(here, row.member.pk), do=_("{amount} received").format(amount=formats.money(due, plan.currency)),
        note=_("For the next period of {plan}.").format(plan=plan_name(plan.plan)),
    )  # fmt: skip


@require_POST
@require("memberships.manage")
def cancel(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002
    """Let it end with what is paid."""
    plan, row = _owned(id)
    done = paid_memberships.cancel_membership(membership=plan.pk, at=here.at)
    undo = reverse("office:plan_resume", args=[here.merchant.slug, id])
    if done.status == PaidMembership.Status.ENDED:
        messages.success(request, _("Ended."))
    else:
        text = _("Cancelled. It lasts as long as it is paid.")
        messages.success(request, text, extra_tags=f"undo={undo}")
    return sent_to(request, _back(here, row.member.pk))


@require_POST
@require("memberships.manage")
def resume(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002
    """Take a cancellation back."""
    plan, row = _owned(id)
    paid_memberships.resume_membership(membership=plan.pk, at=here.at)
    messages.success(request, _("It goes on."))
    return sent_to(request, _back(here, row.member.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@require("memberships.manage")
def refund(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002
    """Give the paid period back by the programme's policy; perks end."""
    plan, row = _owned(id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    form.fields["reason"].help_text = _("It stands with the payment.")
    if request.method == "POST" and form.is_valid():
        try:
            done = membership_payments.refund_membership(
                membership=plan.pk, reason=form.cleaned_data["reason"], at=here.at
            )
        except DomainError as error:
            show_errors(form, error)
        else:
            amount = formats.money(done.refunded_minor, plan.currency)
            messages.success(request, _("Give {amount} back at the till.").format(amount=amount))
            return sent_to(request, _back(here, row.member.pk))
    return asked(
        request, here, row, form, title=_("Refund the plan"), url=request.path,
        back=_back(here, row.member.pk), do=_("Refund it"), danger=True,
        note=_("How much goes back is as your programme says. Its perks end with it."),
    )  # fmt: skip
