"""Start, stop, decide and remove an experiment; the form that says how many members are held out."""

from decimal import Decimal

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from campaigns.models import Experiment
from campaigns.operations.experiments.holding import MOST
from campaigns.operations.experiments.running import decide_experiment, start_experiment, stop_experiment
from campaigns.operations.experiments.shaping import remove_experiment
from campaigns.queries.experiments import reading
from loyalty.core import ids
from loyalty.core.pages import Here, require, sent_to
from loyalty.web.office.experiments.planning import url_of


class HoldoutForm(forms.Form):
    """The part of all members who are held out, in percent."""

    percent = forms.DecimalField(
        label=gettext_lazy("Held out, in percent of all members"),
        min_value=0,
        max_value=Decimal(MOST) / 100,
        decimal_places=2,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy("0 is nobody. Five in a hundred is usual."),
    )


@require_POST
@require("programme.publish")
def start(request: HttpRequest, here: Here, experiment_id: str) -> HttpResponse:
    """Let it count."""
    row = start_experiment(experiment=ids.decode("xpt", experiment_id), at=here.at)
    messages.success(request, _("It runs. From now on each member has their variant."))
    return sent_to(request, url_of(here, row))


@require_POST
@require("programme.publish")
def stop(request: HttpRequest, here: Here, experiment_id: str) -> HttpResponse:
    """End it before its time."""
    row = stop_experiment(experiment=ids.decode("xpt", experiment_id), at=here.at)
    messages.success(request, _("It is stopped. Everybody gets what there was before."))
    return sent_to(request, url_of(here, row))


@require_POST
@require("programme.publish")
def decide(request: HttpRequest, here: Here, experiment_id: str) -> HttpResponse:
    """Take a variant over, or leave it as it is."""
    variant = request.POST.get("variant", "")
    row = decide_experiment(experiment=ids.decode("xpt", experiment_id), variant=variant, at=here.at)
    if row.decided == reading.arms_of(row)[0].key:
        messages.success(request, _("Decided: it stays as it was."))
    elif row.kind == Experiment.Kind.EARNING:
        messages.success(
            request, _("Decided. The variant is in the draft of your programme: publish it when you like.")
        )
        return sent_to(request, reverse("office:programme_area", args=[here.merchant.slug, "earning"]))
    else:
        messages.success(request, _("Decided. The variant counts for everybody from now on."))
    return sent_to(request, url_of(here, row))


@require_POST
@require("programme.edit")
def remove(request: HttpRequest, here: Here, experiment_id: str) -> HttpResponse:
    """Throw away a plan."""
    remove_experiment(experiment=ids.decode("xpt", experiment_id), at=here.at)
    messages.success(request, _("The plan is gone. Nothing of it ever counted."))
    return sent_to(request, reverse("office:experiments", args=[here.merchant.slug]))
