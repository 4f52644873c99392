"""Goals: how each stands, a form for a new one, and the card on the overview."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.charts.base import Chart
from analytics.charts.trend import Line, Series
from analytics.operations.aiming import drop_goal, set_goal
from analytics.queries import goals as reading
from analytics.queries.figures import FIGURES, Definition
from analytics.queries.goals import Standing
from analytics.queries.sums import reader
from analytics.rules.calendar import Grain
from analytics.rules.goals import Pace, line
from loyalty.core import formats, ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.reports.frame import asked_of, show_of, shown, tabs, tick_of, worded
from loyalty.web.office.value.forms import GoalForm, typed

PACES = {
    Pace.REACHED: (gettext_lazy("Reached"), "good"),
    Pace.AHEAD: (gettext_lazy("On the way"), "good"),
    Pace.BEHIND: (gettext_lazy("Behind"), "warn"),
    Pace.MISSED: (gettext_lazy("Not reached"), "bad"),
    Pace.UNKNOWN: (gettext_lazy("Just begun"), "info"),
}
ON_OVERVIEW = 3


@require_safe
@require("overview.view")
def page(request: HttpRequest, here: Here) -> HttpResponse:
    """Every goal that is open."""
    read = reader(zone=here.merchant.timezone, at=here.at)
    standings = reading.standings(read, reading.current(read))
    context = {
        "tabs": tabs(here, asked_of(request, here), "goals"),
        "goals": [{**told(one, here), "chart": course(one, here)} for one in standings],
        "new_url": reverse("office:goal_new", args=[here.merchant.slug]),
        "fresh": read.fresh,
    }
    return office_page(request, here, "office/value/goals.html", context, current="reports")


def told(one: Standing, here: Here) -> dict[str, Any]:
    """A goal as it is read."""
    made, goal, currency = one.made, one.goal, here.merchant.currency
    label, badge = PACES[one.progress.pace]
    share = one.progress.share
    ahead = one.progress.forecast

    def value(number: float | Decimal | None) -> str:
        return shown(made.unit, None if number is None else Decimal(repr(float(number))), currency)

    return {
        "key": ids.encode("gol", goal.pk),
        "name": made.label(words()),
        "url": reverse("office:report_figure", args=[here.merchant.slug, goal.figure]) + f"?by={goal.grain}",
        "start": value(goal.start), "target": value(goal.target), "now": value(one.progress.value),
        "present": value(one.present[1]), "planned": value(one.progress.planned),
        "due_on": goal.due_on, "starts_on": goal.starts_on,
        "pace": label, "badge": badge, "is_known": share is not None,
        "percent": 0 if share is None else max(0, min(100, round(share * 100))),
        "forecast": None if ahead is None else [value(end) for end in _within(made, ahead)],
        "drop_url": reverse("office:goal_drop", args=[here.merchant.slug, ids.encode("gol", goal.pk)]),
    }  # fmt: skip


def _within(made: Definition, ahead: Any) -> list[float]:
    """A forecast and its ends, as far as the figure can go: a share stays between 0 and 1, a count above 0. More
    points may be taken by hand than are given."""
    least = float("-inf") if made.key == "points_by_hand" else 0.0
    low, high = {"share": (0.0, 1.0), "score": (-100.0, 100.0)}.get(made.unit, (least, float("inf")))
    return [min(max(end, low), high) for end in (ahead.value, ahead.low, ahead.high)]


def course(one: Standing, here: Here) -> Chart:
    """The figure along time beside the straight way to the goal."""
    goal, currency = one.goal, here.merchant.currency
    start, target = float(goal.start), float(goal.target)
    plan = tuple(
        line(start, target, goal.starts_on, goal.due_on, when.last) if when.last >= goal.starts_on else None
        for when, _value in one.course
    )
    name = one.made.label(words())
    return Line(
        key=f"goal-{ids.encode('gol', goal.pk)[-8:]}", title=name, axis=_("Period"),
        sentence=_("The figure in each period that is over, beside the way to the goal."),
        places=tuple(formats.period(when.grain, when.first, short=True) for when, _value in one.course),
        series=(Series(name, tuple(value for _when, value in one.course)), Series(_("The way to the goal"), plan)),
        show=show_of(one.made.unit, currency), tick=tick_of(one.made.unit, currency),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@require("reports.edit")
def create(request: HttpRequest, here: Here) -> HttpResponse:
    """A new goal. The figure in the address is chosen already, and begins where it is now."""
    currency = here.merchant.currency
    choices = [(key, made.label(words())) for key, made in FIGURES.items()]
    form = GoalForm(
        request.POST if request.method == "POST" else None, currency=currency, figures=choices,
        initial=_begun(request, here),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            set_goal(figure=said["figure"], grain=said["grain"], start=form.value("start"),
                     target=form.value("target"), due_on=said["due_on"], at=here.at)  # fmt: skip
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The goal is set. How it stands is on the overview from now on."))
            return sent_to(request, reverse("office:report_goals", args=[here.merchant.slug]))
    read = reader(zone=here.merchant.timezone, at=here.at)
    context = {
        "form": form,
        "tabs": tabs(here, asked_of(request, here), "goals"),
        "back_url": reverse("office:report_goals", args=[here.merchant.slug]),
        "ideas": _ideas(here, read),
        "fresh": read.fresh,
    }
    status = 422 if form.errors else 200
    return office_page(request, here, "office/value/goal_new.html", context, current="reports", status=status)


def _begun(request: HttpRequest, here: Here) -> dict[str, Any]:
    key = request.GET.get("figure", "repeat_rate")
    key = key if key in FIGURES else "repeat_rate"
    read = reader(zone=here.merchant.timezone, at=here.at)
    value = reading.last_value(read, key, Grain.QUARTER)
    return {
        "figure": key,
        "grain": Grain.QUARTER,
        "start": typed(value, FIGURES[key], here.merchant.currency),
    }


IDEAS = ("repeat_rate", "retention", "redemption_rate", "aov_members", "active_share", "brought_share")


def _ideas(here: Here, read: Any) -> list[dict[str, str]]:
    url = reverse("office:goal_new", args=[here.merchant.slug])
    return [{"label": worded(FIGURES[key].label(words())), "url": f"{url}?figure={key}"} for key in IDEAS]


@require_POST
@require("reports.edit")
def drop(request: HttpRequest, here: Here, goal_id: str) -> HttpResponse:
    """Give a goal up."""
    drop_goal(goal=ids.decode("gol", goal_id), at=here.at)
    messages.success(request, _("The goal was given up."))
    return sent_to(request, reverse("office:report_goals", args=[here.merchant.slug]))


def goals_card(here: Here) -> dict[str, Any] | None:
    """The goals that are due first, for the overview; None where there is none."""
    read = reader(zone=here.merchant.timezone, at=here.at)
    found = reading.current(read)[:ON_OVERVIEW]
    if not found:
        return None
    return {
        "goals": [told(one, here) for one in reading.standings(read, found)],
        "url": reverse("office:report_goals", args=[here.merchant.slug]),
    }
