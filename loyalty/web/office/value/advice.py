"""Advice: what figures give cause to do, what it would take, and what came of what was done."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from analytics.models import Advice
from analytics.operations import advising
from analytics.queries import proposing
from analytics.queries.figures import FIGURES
from analytics.queries.sums import Reader, reader
from analytics.queries.telling import figures
from analytics.rules import advising as rules
from loyalty.core import formats, ids
from loyalty.core.pages import Here, require, sent_to
from loyalty.web.office.files import download
from loyalty.web.office.frame import office_page
from loyalty.web.office.people import names_of
from loyalty.web.office.reports.frame import asked_of, number_of, shown, tabs, worded

TITLES = {
    rules.RETENTION_FELL: gettext_lazy("Fewer members come back"),
    rules.REDEMPTION_LOW: gettext_lazy("Many could take a reward and do not"),
    rules.EXPIRING_WAVE: gettext_lazy("A lot of {points} end soon"),
    rules.DETRACTORS: gettext_lazy("Some members are unhappy"),
    rules.LEAVING: gettext_lazy("Good members are about to leave"),
}
SEEN = {
    rules.RETENTION_FELL: gettext_lazy(
        "Retention fell by {fall} percentage points in {weeks} weeks, from {before} to {now}: "
        "more than chance explains."
    ),
    rules.REDEMPTION_LOW: gettext_lazy(
        "In three months {share} of what was given was used, and {ready} members have enough for "
        "a reward and took none in 180 days."
    ),
    rules.EXPIRING_WAVE: gettext_lazy(
        "{ending} {points} of {members} members end within {days} days: {share} of all that members hold."
    ),
    rules.DETRACTORS: gettext_lazy(
        "{unhappy} of {answers} answers in three months were 6 or less: they would not recommend you."
    ),
    rules.LEAVING: gettext_lazy(
        "{members} members who came at least three times have been quiet for longer than they "
        "used to be. They have spent {worth}."
    ),
}
DOES = {
    rules.RETENTION_FELL: gettext_lazy(
        "Makes a segment of those who bought 60 days ago or longer, and drafts double {points} "
        "for them for 30 days. The draft is tried on your last 90 days and published only by you."
    ),
    rules.REDEMPTION_LOW: gettext_lazy(
        "Makes a segment of them. Write them a newsletter that says what they can take."
    ),
    rules.EXPIRING_WAVE: gettext_lazy(
        "Makes a segment of them. Write them a newsletter before the day comes."
    ),
    rules.DETRACTORS: gettext_lazy("Makes a list of them. A personal answer is worth more than a discount."),
    rules.LEAVING: gettext_lazy(
        "Makes a list of them, the best customers first. Call, write, or invite them."
    ),
}
COSTS = {
    rules.RETENTION_FELL: gettext_lazy("At most {cost}, if each of them buys once."),
    rules.REDEMPTION_LOW: gettext_lazy(
        "At most {cost}, if each takes the smallest reward. You owe it already."
    ),
    rules.EXPIRING_WAVE: gettext_lazy("At most {cost}, if everything is used in time. You owe it already."),
}
_SHARES = ("share", "before", "now")
_COUNTS = ("ready", "ending", "members", "unhappy", "answers", "days", "weeks")


@require_safe
@require("overview.view")
def page(request: HttpRequest, here: Here) -> HttpResponse:
    """What is open, and what came of what was done."""
    read = reader(zone=here.merchant.timezone, at=here.at)
    done = proposing.given(Advice.State.ACCEPTED)
    names = names_of([row.decided_by for row in done])
    context = {
        "tabs": tabs(here, asked_of(request, here), "advice"),
        "open": [opened(row, here) for row in proposing.given(Advice.State.OPEN)],
        "done": [{**_done(row, here, _now(read, row)), "who": names.get(row.decided_by, "")} for row in done],
        "fresh": read.fresh,
    }
    return office_page(request, here, "office/value/advice.html", context, current="reports")


@require_safe
@require("overview.view")
def export(request: HttpRequest, here: Here) -> FileResponse:
    """What came of the advice that was taken up, as a file."""
    read = reader(zone=here.merchant.timezone, at=here.at)
    head = [_("Advice"), _("Done"), _("Figure"), _("Before"), _("Last month"), _("Members")]
    rows = []
    for row in proposing.given(Advice.State.ACCEPTED):
        made = FIGURES.get(row.figure)
        before, now = (
            None if made is None else number_of(made, value, here.merchant.currency)
            for value in (row.before, _now(read, row))
        )
        rows.append([worded(TITLES[row.rule]), timezone.localtime(row.decided_at), made.label() if made else "",
                     before, now, row.done.get("size", 0)])  # fmt: skip
    return download(request, "advice", head, rows)


def opened(row: Advice, here: Here) -> dict[str, Any]:
    """A proposal as it is read."""
    key, slug = ids.encode("adv", row.pk), here.merchant.slug
    cost = row.proposed.get("cost_minor")
    text = COSTS.get(row.rule)
    return {
        "title": worded(TITLES[row.rule]),
        "seen": seen(row, here),
        "does": worded(DOES[row.rule]),
        "reach": row.proposed.get("reach", 0),
        "cost": str(text).format(cost=formats.money(cost, here.merchant.currency))
        if text and cost is not None
        else "",
        "noticed_on": row.noticed_on,
        "figure_url": reverse("office:report_figure", args=[slug, row.figure])
        if row.figure in FIGURES
        else "",
        "accept_url": reverse("office:advice_accept", args=[slug, key]),
        "dismiss_url": reverse("office:advice_dismiss", args=[slug, key]),
    }


def seen(row: Advice, here: Here) -> str:
    """What was noticed, in a sentence."""
    numbers: dict[str, str] = {}
    for name, value in row.found.items():
        if name in _SHARES:
            numbers[name] = formats.percent(Decimal(value))
        elif name in _COUNTS:
            numbers[name] = formats.number(int(value))
        elif name == "worth_minor":
            numbers["worth"] = formats.money(int(value), here.merchant.currency)
        elif name == "points":
            numbers["fall"] = formats.decimal(Decimal(value))
    return str(SEEN[row.rule]).format(points=worded("{points}"), **numbers)


def _now(read: Reader, row: Advice) -> Decimal | None:
    """The figure in the last month that is over."""
    if row.before is None or row.figure not in FIGURES:
        return None
    when = proposing.months_over(read, 1)[0]
    value = figures(read, [when], [row.figure])[row.figure, when, ""].value
    return None if value is None else Decimal(value)


def _done(row: Advice, here: Here, now: Decimal | None) -> dict[str, Any]:
    slug, made = here.merchant.slug, FIGURES.get(row.figure)
    moved = proposing.came_of(row, now)
    unit, currency = made.unit if made else "", here.merchant.currency
    rehearsal = row.done.get("rehearsal")
    return {
        "title": worded(TITLES[row.rule]),
        "decided_at": row.decided_at,
        "segment_url": reverse("office:segment", args=[slug, ids.encode("seg", UUID(row.done["segment"]))]),
        "size": row.done.get("size", 0),
        "rehearsal_url": reverse("office:rehearsal_result", args=[slug, ids.encode("rhs", UUID(rehearsal))])
        if rehearsal
        else "",
        "not_drafted": row.done.get("draft") == "not_drafted",
        "before": "" if row.before is None else shown(unit, row.before, currency),
        "now": "" if now is None else shown(unit, now, currency),
        "moved": "" if moved is None else "good" if moved > 0 else "bad" if moved < 0 else "",
        "figure": made.label() if made else "",
    }


@require_POST
@require("reports.edit")
def accept(request: HttpRequest, here: Here, advice_id: str) -> HttpResponse:
    """Do what is proposed. It makes segments and drafts, so one must be allowed to make those, too."""
    back = reverse("office:report_advice", args=[here.merchant.slug])
    row = advising.accept(advice=ids.decode("adv", advice_id), at=here.at)
    if row.done.get("draft") == "not_drafted":
        messages.warning(
            request, _("The segment is made. A draft of the programme is open already, so none was written.")
        )
    else:
        messages.success(request, _("Done. What comes of it will stand here."))
    return sent_to(request, back)


@require_POST
@require("reports.edit")
def dismiss(request: HttpRequest, here: Here, advice_id: str) -> HttpResponse:
    """Put it aside for 60 days."""
    advising.dismiss(advice=ids.decode("adv", advice_id), at=here.at)
    messages.success(request, _("Put aside. It will not be proposed again for 60 days."))
    return sent_to(request, reverse("office:report_advice", args=[here.merchant.slug]))
