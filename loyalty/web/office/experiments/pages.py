"""The list of experiments with the holdout, and one of them: its plan with advice, then its results."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from analytics.charts.intervals import Intervals
from campaigns.models import Experiment
from campaigns.operations.experiments.holding import set_holdout
from campaigns.operations.experiments.shaping import base_of
from campaigns.queries.experiments import advice, reading
from campaigns.queries.experiments import results as found_in
from campaigns.queries.experiments.results import HOLDOUT_DAYS, Results
from campaigns.rules.experiments.metrics import Measure
from loyalty.core import formats, ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to
from loyalty.web.office.experiments import telling
from loyalty.web.office.experiments.acting import HoldoutForm
from loyalty.web.office.experiments.planning import CURRENT, url_of
from loyalty.web.office.experiments.telling import Shown, name_of
from loyalty.web.office.files import chart_file
from loyalty.web.office.frame import office_page
from members.queries.belonging import segment_choices
from members.queries.comparisons import current
from members.rules.comparisons import Arm

State = Experiment.State
_ACTS = ("edit", "start", "stop", "decide", "remove")


@require_safe
@require("programme.view")
def experiments(request: HttpRequest, here: Here) -> HttpResponse:
    """All of them, last made first, and who is held out."""
    return experiments_page(request, here)


def experiments_page(
    request: HttpRequest, here: Here, form: HoldoutForm | None = None, *, status: int = 200
) -> HttpResponse:
    """The list; `form` is the holdout's that came back."""
    rows = []
    for row in reading.experiments()[: reading.MOST_SHOWN]:
        state, badge = telling.state_of(row, here)
        kind, icon = telling.KINDS[Experiment.Kind(row.kind)]
        rows.append({"row": row, "url": url_of(here, row), "state": state, "badge": badge, "kind": kind, "icon": icon,
                     "members": sum(reading.exposed(row).values())})  # fmt: skip
    last = current().holdouts[-1:]
    share = last[0].share if last else 0
    percent = formats.decimal(Decimal(share) / 100)
    context = {
        "rows": rows,
        "form": form or HoldoutForm(initial={"percent": Decimal(share) / 100}, label_suffix=""),
        "percent": percent if share else "",
        "held_out": _held_out(here),
        "holdout_url": reverse("office:holdout", args=[here.merchant.slug]),
    }
    return office_page(
        request, here, "office/experiments/experiments.html", context, current=CURRENT, status=status
    )


@require_POST
@require("programme.publish")
def holdout(request: HttpRequest, here: Here) -> HttpResponse:
    """Hold out another part of the members."""
    form = HoldoutForm(request.POST)
    if not form.is_valid():
        return experiments_page(request, here, form, status=422)
    set_holdout(share=int(form.cleaned_data["percent"] * 100), at=here.at)
    messages.success(
        request, _("Kept. Who is held out gets nothing of campaigns and experiments from now on.")
    )
    return sent_to(request, reverse("office:experiments", args=[here.merchant.slug]))


def _held_out(here: Here) -> dict[str, Any] | None:
    """What everything campaigns add brings, against those who get nothing of it."""
    found = found_in.holdout(at=here.at)
    if found is None:
        return None
    row = found_in.Row(arm=Arm(""), exposed=0, counted=found.others, mean=0, reading=found.reading)
    text, badge = telling.verdict(row, Shown(Measure.SPEND, here.merchant.currency))
    return {"one": found, "text": text, "badge": badge, "days": HOLDOUT_DAYS}


@require_safe
@require("programme.view")
def experiment(request: HttpRequest, here: Here, experiment_id: str) -> HttpResponseBase:
    """One: before it starts with advice, afterwards with what came of it; `?csv` is its table."""
    row = reading.experiment(ids.decode("xpt", experiment_id))
    shown = Shown(Measure(row.metric), here.merchant.currency)
    state, badge = telling.state_of(row, here)
    arms = reading.arms_of(row)
    whole = sum(arm.weight for arm in arms)
    context: dict[str, Any] = {
        "row": row, "public_id": ids.encode("xpt", row.pk), "state": state, "badge": badge,
        "kind": telling.KINDS[Experiment.Kind(row.kind)][0], "target": telling.target_name(row, here),
        "is_draft": row.state == State.DRAFT,
        "is_running": row.state == State.RUNNING and not reading.is_over(row, here.at),
        "is_decided": row.state == State.DECIDED, "measure": telling.measure_name(Measure(row.metric)),
        "audience": dict(segment_choices()).get(row.audience, row.audience),
        "rails": [telling.measure_name(Measure(one["metric"])) for one in row.guardrails],
        "arms": [
            {"arm": arm, "name": name_of(arm), "says": telling.said_of(arm, row, here), "letter": arm.key.upper(),
             "part": formats.percent(Decimal(arm.weight) / whole)}
            for arm in arms
        ],
        "decided": next((name_of(arm) for arm in arms if arm.key == row.decided), ""),
        **{f"{name}_url": url_of(here, row, f"experiment_{name}") for name in _ACTS},
    }  # fmt: skip
    if row.state == State.DRAFT:
        context |= _advised(row, here, shown)
    else:
        context |= _told(row, here, shown)
        if "csv" in request.GET and context["chart"] is not None:
            return chart_file(request, "experiment", context["chart"])
    return office_page(request, here, "office/experiments/experiment.html", context, current=CURRENT)


def _advised(row: Experiment, here: Here, shown: Shown) -> dict[str, Any]:
    found = advice.advise(
        Measure(row.metric), percent=row.smallest_percent, variants=len(row.arms),
        window=timedelta(days=row.window_days), audience=row.audience, at=here.at, planned_days=row.planned_days,
    )  # fmt: skip
    needed = found.plan.days if found.plan else None
    return {
        "advice": telling.advice_text(found, row, shown), "is_too_long": found.is_too_long,
        "is_too_short": needed is not None and needed > row.planned_days,
    }  # fmt: skip


def _told(row: Experiment, here: Here, shown: Shown) -> dict[str, Any]:
    """What came of it by now."""
    found = found_in.results(row, at=here.at)
    return {
        "found": found,
        "headline": telling.headline(found, shown),
        "rows": [
            {"one": one, "name": name_of(one.arm), "mean": shown.value(one.mean), "verdict": text, "badge": badge,
             "removed": _removed(one)}
            for one in found.rows
            for text, badge in [telling.verdict(one, shown) if one.reading else (_("What there was before"), "")]
        ],
        "told_rails": [
            {"name": telling.measure_name(rail.measure), "text": text, "badge": badge}
            for rail in found.rails
            for text, badge in [telling.rail_text(rail)]
        ],
        "is_harming": any(rail.is_broken for rail in found.rails),
        "has_changed": row.state != State.DECIDED and _has_changed(row),
        "until": row.ends_at + timedelta(days=row.window_days) if row.ends_at else None,
        "chart": _chart(found, shown),
    }  # fmt: skip


def _removed(row: found_in.Row) -> str:
    """The part of the noise that the members' past took out; "" where that is next to nothing."""
    removed = row.reading.removed if row.reading else 0.0
    return formats.percent(Decimal(str(round(removed, 2)))) if removed >= 0.05 else ""


def _has_changed(row: Experiment) -> bool:
    """Whether the rule or price it compares is not what it was when it began."""
    try:
        return bool(base_of(kind=row.kind, target=row.target) != row.base)
    except DomainError:
        return True


def _chart(found: Results, shown: Shown) -> Intervals | None:
    """The ranges of those that something can be said of; None where there is none."""
    ranges = tuple(
        (name_of(row.arm), row.reading.interval.low, row.reading.estimate, row.reading.interval.high)
        for row in found.rows
        if row.reading and row.reading.interval and row.reading.estimate is not None
        and abs(row.reading.interval.low) < float("inf")
    )  # fmt: skip
    if not ranges:
        return None
    return Intervals(
        key="difference", title=_("The difference, and where it surely lies"),
        sentence=_("Against what there was before, per member. The range holds whenever you look."),
        ranges=ranges, head=_("Variant"), middle_head=_("Difference"), low_head=_("From"), high_head=_("To"),
        show=shown.change, tick=shown.change,
    )  # fmt: skip
