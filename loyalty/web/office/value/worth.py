"""What members are worth: what the last night's fit foretells, of all, of groups and of one; and how far to trust
it."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from analytics.models import MemberValue, ValueFit
from analytics.queries import value as reading
from loyalty.core import formats, ids
from loyalty.core.money import major
from loyalty.core.pages import Here, require
from loyalty.web.office.files import download
from loyalty.web.office.frame import office_page
from loyalty.web.office.joining import page_of
from loyalty.web.office.lists import PAGE
from loyalty.web.office.members import known_as
from loyalty.web.office.reports.frame import asked_of, namer, tabs
from members.queries import directory
from members.queries.belonging import segment_labels

Stage = MemberValue.Stage
STAGES = {
    Stage.LEAVING: (gettext_lazy("About to leave"), "warn"),
    Stage.STAYING: (gettext_lazy("Staying"), "good"),
    Stage.ONCE: (gettext_lazy("Bought once"), "info"),
    Stage.GONE: (gettext_lazy("Probably gone"), ""),
}
EXPLAINED = {
    Stage.LEAVING: gettext_lazy("They came back before and have been quiet for longer than they used to be."),
    Stage.STAYING: gettext_lazy("They buy as they always have."),
    Stage.ONCE: gettext_lazy("Of somebody who came once nobody can say yet whether they stay."),
    Stage.GONE: gettext_lazy("They used to come and have been quiet for very long."),
}
MISSING = {
    "few_customers": gettext_lazy("{have} members have bought something so far; it takes {need}."),
    "few_repeat_customers": gettext_lazy("{have} members have come back so far; it takes {need}."),
    "short_history": gettext_lazy("There are {have} weeks of purchases so far; it takes {need}."),
    "few_amounts": gettext_lazy("{have} members have come back and paid something so far; it takes {need}."),
    "no_answer": gettext_lazy(
        "Your members’ purchases fit none of the models: almost nobody stays away, or everybody does."
    ),
}
"""What is missing, by the reason of the fit."""
_EVERYTHING = 1_000_000


def missing(reason: str, have: int, need: int) -> str:
    """What is missing to foretell anything, in a sentence."""
    text = str(MISSING.get(reason, MISSING["no_answer"]))
    return text.format(have=formats.number(have), need=formats.number(need))


def forecast(here: Here) -> dict[str, Any]:
    """What the page about value says of the time to come."""
    fit = reading.last_fit()
    if fit is None:
        return {"state": "none"}
    if fit.state == ValueFit.State.TOO_LITTLE:
        return {"state": "too_little", "fit": fit, "missing": missing(fit.reason, fit.have, fit.need)}
    url = reverse("office:value_members", args=[here.merchant.slug])
    groups = groups_of(fit)
    return {
        "state": "fitted",
        "fit": fit,
        "all": next((one for one in groups if not one["cut"]), None),
        "groups": [one for one in groups if one["cut"]],
        "stages": [
            {"label": label, "text": EXPLAINED[stage], "count": fit.told["stages"].get(stage, 0), "badge": badge,
             "url": f"{url}?stage={stage}"}
            for stage, (label, badge) in STAGES.items()
        ],
        "check": _check(fit),
        "models": _models(fit),
        "files_url": reverse("office:value_groups", args=[here.merchant.slug]),
    }  # fmt: skip


def groups_of(fit: ValueFit | None) -> list[dict[str, Any]]:
    """What is foretold of all members and of groups of them, each with what it is and how it is called; what things are
    called is looked up once for all of them."""
    segments, tier_of = segment_labels(), namer("tier")
    names: dict[str, Callable[[str], str]] = {
        "": lambda _name: _("All members"),
        "tier": tier_of,
        "segment": lambda name: segments.get(name, name),
    }
    found = fit.told.get("groups", []) if fit else []
    return [_group(one, names[one["cut"]](one["name"])) for one in found]


def _group(one: dict[str, Any], label: str) -> dict[str, Any]:
    count = max(one["members"], 1)
    return {
        **one,
        "label": label,
        "what": {"tier": _("Tier"), "segment": _("Segment")}.get(one["cut"], ""),
        "each_minor": round(one["predicted_minor"] / count),
        "each_low": round(one["low_minor"] / count),
        "each_high": round(one["high_minor"] / count),
        "spent_each": round(one["spent_minor"] / count),
        "alive_share": Decimal(repr(one["alive"])),
        "has_range": one["low_minor"] != one["high_minor"],
    }


def _check(fit: ValueFit) -> dict[str, Any]:
    """How predictions made earlier came true; or what was missing to try."""
    found = fit.checked
    if not found or "missing" in found:
        reason = found.get("missing", "short_history")
        return {"missing": missing(reason, found.get("have", 0), found.get("need", 0))}
    sister = found["sister"]
    return {
        "from": found["from"], "weeks": round(found["weeks"]), "useful": found["useful"],
        "predicted": formats.number(round(found["predicted"])), "actual": formats.number(round(found["actual"])),
        "error": _signed_share(found["error"]),
        "each": formats.decimal(Decimal(f"{found['mean_absolute_error']:.2f}")),
        "naive": formats.decimal(Decimal(f"{found['naive_error']:.2f}")),
        "sister": None if sister is None else formats.number(round(sister)),
    }  # fmt: skip


def _signed_share(value: float) -> str:
    text = formats.percent(abs(Decimal(repr(value))))
    return f"+{text}" if value > 0 else f"\u2212{text}" if value < 0 else text


def _models(fit: ValueFit) -> list[dict[str, Any]]:
    """The parameters, for those who want to check."""
    told = [("BG/NBD", fit.buying), ("Gamma-Gamma", fit.spending)]
    return [
        {
            "name": name,
            "customers": formats.number(made["customers"]),
            "likelihood": formats.decimal(Decimal(f"{made['log_likelihood']:.1f}")),
            "values": [
                (key, _short(value), _short(made["errors"][key])) for key, value in made["values"].items()
            ],
        }
        for name, made in told
        if made
    ]


def _short(value: float) -> str:
    return formats.decimal(Decimal(f"{value:.4g}"))


@require_safe
@require("overview.view")
def groups_file(request: HttpRequest, here: Here) -> FileResponse:
    """What is foretold of groups."""
    found, currency = groups_of(reading.last_fit()), here.merchant.currency
    head = [_("Group"), _("Name"), _("Members"), _("Spent so far"), _("Expected in 12 months"), _("At least"),
            _("At most"), _("Still buying")]  # fmt: skip
    rows = (
        [one["what"], one["label"], one["members"], *(major(one[name], currency) for name in (
            "spent_minor", "predicted_minor", "low_minor", "high_minor")), round(one["alive"], 4)]
        for one in found
    )  # fmt: skip
    return download(request, "value-groups", head, rows)


def _stage_of(request: HttpRequest) -> MemberValue.Stage:
    asked = request.GET.get("stage", "")
    return Stage(asked) if asked in Stage.values else Stage.LEAVING


@require_safe
@require("members.view")
def members(request: HttpRequest, here: Here) -> HttpResponse:
    """Members of a stage, by what they have spent."""
    stage, fit = _stage_of(request), reading.last_fit()
    number = request.GET.get("page", "1")
    page = min(int(number), 100_000) if number.isdecimal() and len(number) < 7 and int(number) else 1
    rows = list(reading.of_stage(stage)[(page - 1) * PAGE : page * PAGE + 1])
    url = reverse("office:value_members", args=[here.merchant.slug])
    count = fit.told.get("stages", {}).get(stage, 0) if fit else 0
    context = {
        "tabs": tabs(here, asked_of(request, here), "value"),
        "stages": [
            {"label": label, "url": f"{url}?stage={name}", "current": name == stage,
             "count": fit.told.get("stages", {}).get(name, 0) if fit else 0}
            for name, (label, _badge) in STAGES.items()
        ],
        "label": STAGES[stage][0],
        "text": EXPLAINED[stage],
        "rows": _told(rows[:PAGE], here),
        "count": count,
        "previous_url": f"{url}?stage={stage}&page={page - 1}" if page > 1 else "",
        "next_url": f"{url}?stage={stage}&page={page + 1}" if len(rows) > PAGE else "",
        "summary": "",
        "file_url": reverse("office:value_members_file", args=[here.merchant.slug]) + f"?stage={stage}",
        "back_url": reverse("office:report", args=[here.merchant.slug, "value"]),
    }  # fmt: skip
    return office_page(request, here, "office/value/members.html", context, current="reports")


def _told(found: Iterable[MemberValue], here: Here) -> list[dict[str, Any]]:
    rows = list(found)
    people = directory.by_ids(row.member_id for row in rows)
    return [
        {
            "name": people[row.member_id].name or known_as(people[row.member_id]),
            "url": page_of(here, row.member_id),
            "value": row,
            "alive": Decimal(repr(row.alive)),
        }
        for row in rows
        if row.member_id in people
    ]


@require_safe
@require("members.view")
def members_file(request: HttpRequest, here: Here) -> FileResponse:
    """All members of a stage, by their ids."""
    stage, currency = _stage_of(request), here.merchant.currency
    head = [_("Id"), _("Purchases"), _("Spent so far"), _("Still buying"), _("Purchases expected"),
            _("Expected in 12 months"), _("At least"), _("At most")]  # fmt: skip
    rows = (
        [ids.encode("mbr", row.member_id), row.purchases, major(row.spent_minor, currency), round(row.alive, 4),
         round(row.expected, 2), *(major(value, currency) for value in (
             row.predicted_minor, row.low_minor, row.high_minor))]
        for row in reading.of_stage(stage)[:_EVERYTHING].iterator(chunk_size=5_000)
    )  # fmt: skip
    return download(request, f"value-{stage}", head, rows)


def worth_card(member: UUID) -> dict[str, Any] | None:
    """What is foretold of a member, for their page; None where nothing is."""
    row = reading.of_member(member)
    if row is None:
        return None
    label, badge = STAGES[Stage(row.stage)]
    return {
        "value": row, "label": label, "badge": badge, "text": EXPLAINED[Stage(row.stage)],
        "alive": Decimal(repr(row.alive)), "purchases": formats.decimal(Decimal(f"{row.expected:.1f}")),
        "knows": row.stage != Stage.ONCE,
    }  # fmt: skip
