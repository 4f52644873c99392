"""A member's tier as staff see it: how it came about, what is missing, and how to give one by hand."""

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loyalty.core import formats, ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.joining import page_of
from loyalty.web.office.members import known_as
from loyalty.web.office.people import names_of
from loyalty.web.sentences import voice_of
from members.operations import tiers_by_hand
from members.queries import directory, tier_words
from members.queries import tiers as asking
from members.queries.tiers_by_hand import notes
from members.rules.tiers import Basis, Tiers, projection

SHOWN = 3
_REASON = forms.Textarea(attrs={"rows": 2})


class GiveTierForm(forms.Form):
    """Which tier, until when, and why."""

    tier = forms.ChoiceField(label=gettext_lazy("Tier"))
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy(
            "Until then nothing takes it away. Afterwards they have what they qualify for."
        ),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=_REASON)

    def __init__(self, *args: Any, tiers: Tiers, **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = [(tier.id, tier_words.tier_name(tiers, tier.id)) for tier in tiers.ladder]
        self.fields["tier"].choices = choices  # type: ignore[attr-defined]  # the stubs know only Field


class EndTierForm(forms.Form):
    """Why it ends before its day."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=_REASON)


def tier_card(member: UUID, here: Here) -> dict[str, Any] | None:
    """What the member's page says of their tier; None while the programme has none."""
    ladder = asking.ladder_in_force()
    if not ladder.ladder:
        return None
    zone = ZoneInfo(here.merchant.timezone)
    one = asking.one(member, tiers=ladder, at=here.at, zone=zone)
    now, voice = one.now, voice_of(here.merchant.currency, words())
    found = projection(ladder, one.days, now, joined_at=one.joined_at, at=here.at, zone=zone)
    changes, said = list(asking.history(member)[:SHOWN]), notes(member)
    names = names_of([row.actor for row in changes])
    return {
        "name": tier_words.tier_name(ladder, now.tier) if now else "",
        "by_hand": now is not None and now.basis is Basis.BY_HAND,
        "says": tier_words.projection_sentences(ladder, found, now, at=here.at, voice=voice),
        "changes": [
            {
                "says": tier_words.change_sentence(
                    row.reason, row.from_tier, row.to_tier, row.values, tiers=ladder, voice=voice
                ),
                "note": said.get(row.changed_at, ""), "who": names.get(row.actor, ""), "at": row.changed_at,
            }
            for row in changes
        ],
    }  # fmt: skip


def _shown(
    request: HttpRequest, here: Here, template: str, row: directory.Row, form: forms.Form
) -> HttpResponse:
    """The page of one thing to do; a dialog when htmx asked for it, only the form when it came back."""
    context = {
        "form": form, "name": row.name or known_as(row), "public_id": ids.encode("mbr", row.member.pk),
        "member_url": page_of(here, row.member.pk),
    }  # fmt: skip
    wrong = bool(form.errors) and request.method == "POST"
    partial = "form" if request.method == "POST" else "dialog"
    return office_page(
        request, here, template, context, current="members", partial=partial, status=422 if wrong else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("members.edit")
def give(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Give a tier by hand."""
    row = directory.row(directory.member(ids.decode("mbr", member_id)))
    ladder = asking.ladder_in_force()
    typed = request.POST if request.method == "POST" else None
    form = GiveTierForm(typed, tiers=ladder, initial={"last_day": here.at.date() + timedelta(days=365)})
    if typed is not None and form.is_valid():
        try:
            made = tiers_by_hand.give_tier(member=row.member.pk, at=here.at, **form.cleaned_data)
        except DomainError as error:
            show_errors(form, error)
        else:
            day = formats.when(form.cleaned_data["last_day"], "date")
            name = tier_words.tier_name(ladder, made.tier)
            messages.success(request, _("{tier} until {day}.").format(tier=name, day=day))
            return sent_to(request, page_of(here, row.member.pk))
    return _shown(request, here, "office/programme/give_tier.html", row, form)


@require_http_methods(["GET", "HEAD", "POST"])
@require("members.edit")
def end(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """End a tier that was given by hand."""
    row = directory.row(directory.member(ids.decode("mbr", member_id)))
    typed = request.POST if request.method == "POST" else None
    form = EndTierForm(typed)
    if typed is not None and form.is_valid():
        try:
            tiers_by_hand.end_given_tier(member=row.member.pk, at=here.at, reason=form.cleaned_data["reason"])
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The tier given by hand has ended."))
            return sent_to(request, page_of(here, row.member.pk))
    return _shown(request, here, "office/programme/end_tier.html", row, form)
