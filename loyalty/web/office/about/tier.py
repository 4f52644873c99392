"""A member's tier: where they stand, what is missing, how they came to it, and its services with claiming them."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from loyalty.core import ids
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.about.forms import ClaimForm
from loyalty.web.office.about.page import about_page, asked, row_of
from loyalty.web.office.frame import language_of
from loyalty.web.office.lists import once_key
from loyalty.web.office.people import names_of
from loyalty.web.office.work.desk import people
from loyalty.web.office.work.services import shown as shown_claims
from members.operations.perks import OrderName, claim_perk
from members.queries import perks, tiers
from members.queries.orders import source_of
from members.queries.tier_words import change_sentence, perk_name, projection_sentences, quantity, tier_name
from members.queries.why import voice_of_scope
from members.rules.tiers import projection, worded

HISTORY, CLAIMS = 20, 20


def _standing(member: UUID, here: Here) -> dict[str, Any]:
    ladder, voice = tiers.ladder_in_force(), voice_of_scope()
    if not ladder.ladder:
        return {"has_tiers": False}
    zone = ZoneInfo(here.merchant.timezone)
    one = tiers.one(member, tiers=ladder, at=here.at, zone=zone)
    now = one.now
    found = projection(ladder, one.days, now, joined_at=one.joined_at, at=here.at, zone=zone)
    tier = now.tier if now else ""
    goal = found.next
    return {
        "has_tiers": True,
        "tier": tier_name(ladder, tier) if tier else "",
        "since": now.since if now else None,
        "says": projection_sentences(ladder, found, now, at=here.at, voice=voice),
        "amount": quantity(ladder.by, found.amount, voice),
        "goal": {
            "name": tier_name(ladder, goal.tier),
            "value": found.amount,
            "max": found.amount + goal.missing,
            "text": quantity(ladder.by, goal.missing, voice),
        }
        if goal and goal.missing
        else None,
        "perks": [_perk(has, here, member) for has in perks.perks_of(member, tier=tier, at=here.at)],
        "history": [
            {
                "row": change,
                "text": change_sentence(
                    change.reason, change.from_tier, change.to_tier, change.values, tiers=ladder, voice=voice
                ),
            }
            for change in tiers.history(member)[:HISTORY]
        ],
    }


def _perk(has: perks.Has, here: Here, member: UUID) -> dict[str, Any]:
    perk = has.perk
    public_id = ids.encode("mbr", member)
    return {
        "name": perk_name(perk),
        "text": worded(perk.text, language_of(get_language())),
        "left": has.left,
        "url": reverse("office:about_claim", args=[here.merchant.slug, public_id, perk.id])
        if perk.is_service and has.left != 0
        else "",
        "by_order": perk.limit is not None and perk.limit.period is None,
        "is_service": perk.is_service,
    }


@require_safe
@require("members.view")
def standing(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Where the member stands and what their tier brings."""
    row = row_of(member_id)
    try:
        found = _standing(row.member.pk, here)
    except NotFound:  # who was erased stands nowhere
        found = {"has_tiers": False}
    claims = list(perks.claims_of(row.member.pk)[:CLAIMS])
    names = names_of([name for one in claims for name in (one.claimed_by, one.settled_by)])
    context = {**found, "claims": shown_claims(claims, people(here, [row.member.pk]), names)}
    return about_page(request, here, "office/about/tier.html", row, context, current="about_tier")


@require_http_methods(["GET", "HEAD", "POST"])
@require("work.serve")
def claim(request: HttpRequest, here: Here, member_id: str, name: str) -> HttpResponse:
    """Note that a member asks for a service of their tier."""
    row = row_of(member_id)
    form = ClaimForm(request.POST if request.method == "POST" else None)
    back = reverse("office:about_tier", args=[here.merchant.slug, ids.encode("mbr", row.member.pk)])
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["order"].strip()
        key = once_key(request)
        try:
            claim_perk(
                member=row.member.pk, perk=name, key=f"office:{key}", at=here.at,
                order=OrderName(number, source_of(number, member=row.member.pk) or "api") if number else None,
                note=form.cleaned_data["note"],
            )  # fmt: skip
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("Noted. It waits under Work until somebody has done it."))
            return sent_to(request, back)
    title = next((perk["name"] for perk in _perks_named(name)), name)
    return asked(
        request, here, row, form, title=title, url=request.path, back=back, do=_("Ask for it"),
        note=_("It waits for colleagues under Work, with the member’s name."),
    )  # fmt: skip


def _perks_named(name: str) -> list[dict[str, str]]:
    return [
        {"name": perk_name(perk)}
        for tier in tiers.ladder_in_force().ladder
        for perk in tier.perks
        if perk.id == name
    ]
