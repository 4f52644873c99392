"""What people do with a campaign: launch, approve, pause, end, copy, remove, and try it on the past."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns.models import Campaign
from campaigns.operations.campaigning import launching, writing
from campaigns.operations.campaigning.trying import rehearse_campaign
from campaigns.queries.campaigning import reading
from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.campaigning.forms import LimitsForm, RefuseForm
from loyalty.web.office.campaigning.pages import campaign_page
from loyalty.web.office.campaigning.shown import url_of
from loyalty.web.office.worth import cost_of, point_cost
from rewards.queries.catalogue import rewards

Verb = Callable[..., Campaign]


def _done(
    request: HttpRequest, here: Here, campaign_id: str, verb: Verb, text: Callable[[Campaign], str]
) -> HttpResponse:
    """Do something to a campaign and go back to its page, with what happened or why not."""
    key = ids.decode("cmp", campaign_id)
    row = reading.campaign(key)
    try:
        row = verb(campaign=key, at=here.at)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, text(row))
    return sent_to(request, url_of(here, "campaign", row))


@require_POST
@require("campaigns.edit")
def launch(request: HttpRequest, here: Here, campaign_id: str) -> HttpResponse:
    """Let it begin, go on, or wait for somebody."""
    texts = {
        "waiting": _("A colleague has to approve it. It begins as soon as they have."),
        "planned": _("Planned. It begins by itself."),
        "running": _("It runs. Every purchase from now on counts."),
    }
    return _done(request, here, campaign_id, launching.launch_campaign, lambda row: texts[row.state])


@require_POST
@require("campaigns.approve")
def approve(request: HttpRequest, here: Here, campaign_id: str) -> HttpResponse:
    """Say yes to what a colleague asked for."""
    return _done(
        request,
        here,
        campaign_id,
        launching.approve_campaign,
        lambda row: _("Approved. It begins at its time."),
    )


@require_POST
@require("campaigns.approve")
def refuse(request: HttpRequest, here: Here, campaign_id: str) -> HttpResponse:
    """Send it back, with a note."""
    row = reading.campaign(ids.decode("cmp", campaign_id))
    form = RefuseForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            launching.refuse_campaign(campaign=row.pk, at=here.at, note=form.cleaned_data["note"])
        except DomainError as refusal:
            show_errors(form, refusal)
        else:
            messages.success(request, _("It was sent back to whoever asked for it."))
            return sent_to(request, url_of(here, "campaign", row))
    return campaign_page(request, here, row, refusal=form, status=422)


@require_POST
@require("campaigns.edit")
def pause(request: HttpRequest, here: Here, campaign_id: str) -> HttpResponse:
    """Stop it for a while."""
    return _done(
        request,
        here,
        campaign_id,
        launching.pause_campaign,
        lambda row: _("Paused. It gives nothing until it goes on."),
    )


@require_POST
@require("campaigns.edit")
def end(request: HttpRequest, here: Here, campaign_id: str) -> HttpResponse:
    """End it for good."""
    return _done(
        request, here, campaign_id, launching.end_campaign, lambda row: _("Ended. What it gave stays.")
    )


@require_POST
@require("campaigns.edit")
def copy(request: HttpRequest, here: Here, campaign_id: str) -> HttpResponse:
    """A new draft like it."""
    return _done(
        request, here, campaign_id, writing.copy_campaign, lambda row: _("A copy, without its times.")
    )


@require_POST
@require("campaigns.edit")
def remove(request: HttpRequest, here: Here, campaign_id: str) -> HttpResponse:
    """Throw a draft away."""
    row = reading.campaign(ids.decode("cmp", campaign_id))
    try:
        writing.remove_campaign(campaign=row.pk, at=here.at)
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return sent_to(request, url_of(here, "campaign", row))
    messages.success(request, _("“{name}” is gone.").format(name=row.name))
    return sent_to(request, reverse("office:campaigns", args=[here.merchant.slug]))


@require_POST
@require("campaigns.edit")
def rehearse(request: HttpRequest, here: Here, campaign_id: str) -> HttpResponse:
    """Try it on the past."""
    row = reading.campaign(ids.decode("cmp", campaign_id))
    try:
        rehearse_campaign(campaign_id=row.pk, costs=costs(), at=here.at)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is being tried. You can leave; the answer waits for you."))
    return sent_to(request, url_of(here, "campaign", row))


def costs() -> dict[str, Any]:
    """What a point and each reward cost the shop today, in minor units."""
    catalogue = list(rewards())
    each = point_cost(catalogue)
    return {
        "point": "" if each is None else str(each),
        "rewards": {row.handle: cost_of(row) for row in catalogue if cost_of(row)},
    }


@require_POST
@require("limits.set")
def limits(request: HttpRequest, here: Here) -> HttpResponse:
    """From when on two people decide."""
    form = LimitsForm(request.POST, currency=here.merchant.currency)
    url = reverse("office:campaigns", args=[here.merchant.slug])
    if not form.is_valid():
        messages.error(request, _("Give whole numbers, or nothing for no limit."))
        return sent_to(request, url)
    data = form.cleaned_data
    writing.set_policy(approve_points=data["approve_points"], approve_minor=data["approve_minor"], at=here.at)
    messages.success(request, _("Saved. It counts for campaigns that are launched from now on."))
    return sent_to(request, url)
