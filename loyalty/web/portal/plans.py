"""A paid membership: which plans there are, what mine brings, the next payment, and an end to it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import formats
from loyalty.core.errors import NotFound
from loyalty.core.pages import sent_form_key, sent_to
from loyalty.web.portal.benefits import perk_shown
from loyalty.web.portal.frame import Card, card_page, portal_page
from loyalty.web.programme_words import language, plan_sentences, plan_terms
from members.models import PaidMembership
from members.models.paid import OPEN
from members.operations.paid_memberships import (
    cancel_membership,
    price_due,
    resume_membership,
    start_membership,
)
from members.queries import paid
from members.queries.why import voice_of_scope
from members.rules.perks import worded
from members.rules.plans import Plan, PlanPeriod

PAYMENTS = 12

_STATES = {
    PaidMembership.Status.PENDING: lambda: (_("Waits for the first payment"), "warn"),
    PaidMembership.Status.TRIAL: lambda: (_("You are trying it out"), "info"),
    PaidMembership.Status.ACTIVE: lambda: (pgettext("a membership", "Active"), "good"),
    PaidMembership.Status.GRACE: lambda: (_("A payment is missing"), "warn"),
}


def _name(plan: Plan | None, fallback: str) -> str:
    return worded(plan.name, language(), plan.id) if plan else fallback


def _mine(card: Card) -> PaidMembership | None:
    """The membership that runs or waits; None for none."""
    return paid.memberships(card.member_id).filter(status__in=OPEN).first()


def _own(card: Card) -> PaidMembership:
    found = _mine(card)
    if found is None:
        raise NotFound("paid membership")
    return found


def _next(row: PaidMembership) -> str:
    """What happens next, in a sentence: a payment, an end, or what is missing."""
    if row.status == PaidMembership.Status.PENDING:
        text = _("Pay {amount} at the till, and it begins.")
        return text.format(amount=formats.money(row.price_minor, row.currency))
    if row.paid_until is None:
        return ""
    day = formats.when(formats.last_moment(row.paid_until), "date")
    if row.cancels_at_end:
        return _("It ends after {day}. Until then everything is yours.").format(day=day)
    amount = formats.money(price_due(row, starts=row.paid_until), row.currency)
    if row.status == PaidMembership.Status.GRACE and row.covered_until:
        until = formats.when(formats.last_moment(row.covered_until), "date")
        text = _("{amount} were due after {day}. Your perks go on until {until}.")
        return text.format(amount=amount, day=day, until=until)
    if row.status == PaidMembership.Status.TRIAL:
        return _("Free until {day}. Then it costs {amount}.").format(day=day, amount=amount)
    return _("Paid until {day}. The next payment is {amount}.").format(day=day, amount=amount)


def _shown(row: PaidMembership, plan: Plan | None) -> dict[str, Any]:
    says, kind = _STATES[PaidMembership.Status(row.status)]()
    changed = ""
    if row.next_price_minor is not None and row.next_price_from is not None:
        text = _("A new price counts from {day}: {amount}.")
        changed = text.format(
            day=formats.when(row.next_price_from, "date"),
            amount=formats.money(row.next_price_minor, row.currency),
        )
    return {
        "name": _name(plan, row.plan), "says": says, "kind": kind, "next": _next(row), "changed": changed,
        "period": _("a month") if row.period == PlanPeriod.MONTH.value else _("a year"),
        "price": formats.money(row.price_minor, row.currency),
        "cancels": row.cancels_at_end, "waits": row.status == PaidMembership.Status.PENDING,
        "perks": [perk_shown(perk) for perk in plan.perks] if plan else [],
        "payments": [
            {
                "at": one.paid_at, "amount": formats.money(one.amount_minor, row.currency),
                "back": formats.money(one.refunded_minor, row.currency) if one.refunded_minor else "",
            }
            for one in paid.payments(row.pk)[:PAYMENTS]
        ],
    }  # fmt: skip


@require_safe
@card_page(proven=True)
def membership(request: HttpRequest, card: Card) -> HttpResponse:
    """My plan, or those there are."""
    section, row = paid.in_force(), _mine(card)
    if not section.plans and row is None:
        raise NotFound("plans")
    voice = voice_of_scope(plain=True)
    context = {
        "mine": _shown(row, section.plan(row.plan)) if row else None,
        "plans": [
            {
                "id": plan.id, "name": _name(plan, plan.id), "says": plan_sentences(plan, voice)[:-1] if plan.perks
                else plan_sentences(plan, voice), "perks": [perk_shown(perk) for perk in plan.perks],
            }
            for plan in section.plans
        ]
        if row is None
        else [],
        "terms": plan_terms(section),
    }  # fmt: skip
    return portal_page(request, card, "portal/membership.html", context, current="profile")


@require_POST
@card_page(proven=True)
def start(request: HttpRequest, card: Card) -> HttpResponse:
    """Take a plan: it begins with its trial, or with the first payment at the till."""
    key = sent_form_key(request)
    if not key:
        return sent_to(request, card.url("membership"))
    plan = request.POST.get("plan", "")[:40]
    start_membership(member=card.member_id, plan=plan, key=f"portal:{card.member_id}:{key}", at=card.at)
    messages.success(request, _("Your membership is set up."))
    return sent_to(request, card.url("membership"))


@require_POST
@card_page(proven=True)
def cancel(request: HttpRequest, card: Card) -> HttpResponse:
    """Let it end with what is paid."""
    cancel_membership(membership=_own(card).pk, at=card.at)
    messages.success(request, _("It is cancelled. What you have paid for stays yours to its end."))
    return sent_to(request, card.url("membership"))


@require_POST
@card_page(proven=True)
def resume(request: HttpRequest, card: Card) -> HttpResponse:
    """Go on after all."""
    resume_membership(membership=_own(card).pk, at=card.at)
    messages.success(request, _("Your membership goes on."))
    return sent_to(request, card.url("membership"))
