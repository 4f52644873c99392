"""Put an automation to work, pause it, let it go on, end it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns.operations.automations import shaping
from loyalty.core import ids
from loyalty.core.pages import Here, require, sent_to
from loyalty.web.office.automations.words import url_of


@require_POST
@require("automations.edit")
def start(request: HttpRequest, here: Here, automation_id: str) -> HttpResponse:
    """Who comes in from now on goes by what is written."""
    row = shaping.start_automation(automation=ids.decode("atm", automation_id), at=here.at)
    if row.state == row.State.PAUSED:
        messages.success(request, _("What you changed counts as soon as it goes on."))
    else:
        messages.success(request, _("It is at work. Whoever comes in from now on goes this way."))
    return sent_to(request, url_of(here, "automation", row))


@require_POST
@require("automations.edit")
def pause(request: HttpRequest, here: Here, automation_id: str) -> HttpResponse:
    """Hold everybody where they are."""
    row = shaping.pause_automation(automation=ids.decode("atm", automation_id), at=here.at)
    undo = reverse("office:automation_resume", args=[here.merchant.slug, automation_id])
    messages.success(
        request, _("Paused. Everybody waits where they are, and nobody comes in."), extra_tags=f"undo={undo}"
    )
    return sent_to(request, url_of(here, "automation", row))


@require_POST
@require("automations.edit")
def resume(request: HttpRequest, here: Here, automation_id: str) -> HttpResponse:
    """Let it go on."""
    row = shaping.resume_automation(automation=ids.decode("atm", automation_id), at=here.at)
    messages.success(request, _("It goes on. Waits that are over by now end at once."))
    return sent_to(request, url_of(here, "automation", row))


@require_POST
@require("automations.edit")
def end(request: HttpRequest, here: Here, automation_id: str) -> HttpResponse:
    """End it for good."""
    row = shaping.end_automation(automation=ids.decode("atm", automation_id), at=here.at)
    messages.success(request, _("“{name}” has ended. Whoever was in it has left.").format(name=row.name))
    return sent_to(request, url_of(here, "automation", row))
