"""Plan an experiment: choose what is compared, then how."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.models import Experiment
from campaigns.operations.experiments.shaping import ExperimentUnderWay, write_experiment
from campaigns.queries.experiments import reading
from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.experiments.forms import ALIASES, ExperimentForm, initial_of
from loyalty.web.office.experiments.targets import Target, groups, target_of, target_of_row
from loyalty.web.office.frame import language_of, office_page

CURRENT = "experiments"


def url_of(here: Here, row: Experiment, name: str = "experiment") -> str:
    """The address of an experiment, or of something about it."""
    return reverse(f"office:{name}", args=[here.merchant.slug, ids.encode("xpt", row.pk)])


@require_safe
@require("programme.edit")
def choose(request: HttpRequest, here: Here) -> HttpResponse:
    """What is to be compared?"""
    return office_page(
        request, here, "office/experiments/choose.html", {"groups": groups(here)}, current=CURRENT
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("programme.edit")
def create(request: HttpRequest, here: Here) -> HttpResponse:
    """The plan of a new one; `?kind=…&target=…&knob=…` is what it compares."""
    said = request.GET
    if "kind" not in said:
        return sent_to(request, reverse("office:experiment_choose", args=[here.merchant.slug]))
    target = target_of(said.get("kind", ""), said.get("target", ""), said.get("knob", ""), here)
    return _planned(request, here, target, None)


@require_http_methods(["GET", "HEAD", "POST"])
@require("programme.edit")
def edit(request: HttpRequest, here: Here, experiment_id: str) -> HttpResponse:
    """The plan of one that has not started."""
    row = reading.experiment(ids.decode("xpt", experiment_id))
    if row.state != Experiment.State.DRAFT:
        messages.error(request, str(ExperimentUnderWay()))
        return sent_to(request, url_of(here, row))
    return _planned(request, here, target_of_row(row, here), row)


def _planned(request: HttpRequest, here: Here, target: Target, row: Experiment | None) -> HttpResponse:
    currency, language = here.merchant.currency, language_of(here.merchant.language)
    initial = initial_of(row, target, currency=currency, language=language) if row else None
    form = ExperimentForm(
        request.POST if request.method == "POST" else None,
        initial=initial, target=target, currency=currency, language=language,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            made = write_experiment(experiment=row.pk if row else None, plan=form.plan(), at=here.at)
        except DomainError as refusal:
            show_errors(form, refusal, ALIASES)
        else:
            messages.success(request, _("The plan is kept. Look at how long it takes, then start it."))
            return sent_to(request, url_of(here, made))
    back = url_of(here, row) if row else reverse("office:experiment_choose", args=[here.merchant.slug])
    context = {
        "form": form, "target": target, "row": row, "back": back,
        "title": _("Change the plan") if row else _("Plan the experiment"),
    }  # fmt: skip
    return office_page(
        request, here, "office/experiments/plan.html", context, current=CURRENT,
        status=422 if form.errors else 200,
    )  # fmt: skip
