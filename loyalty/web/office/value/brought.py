"""What campaigns brought, of a period or of one campaign, as pages, files and charts tell it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.charts.intervals import Intervals
from analytics.queries import control, returns
from analytics.queries.returns import Brought
from analytics.queries.separated import AUTOMATION, Giver
from analytics.rules.fitting import Interval
from analytics.rules.returns import LEAST_DAYS, LEAST_HELD, Costs
from campaigns.queries.experiments.holding import Group
from loyalty.core import formats, ids
from loyalty.core.money import major
from loyalty.core.pages import Here
from loyalty.web.office.frame import words
from loyalty.web.office.reports.frame import show_of, tick_of

TITLES = {
    control.NO_CONTROL: gettext_lazy("Nobody was held out"),
    control.FEW_HELD: gettext_lazy("Too few members"),
    control.FEW_DAYS: gettext_lazy("Too few days"),
    control.NO_ORDERS: gettext_lazy("Too few purchases"),
    returns.OTHERS_RAN: gettext_lazy("It did not run alone"),
    returns.NOT_BEGUN: gettext_lazy("It has not begun"),
    returns.NO_MARGIN: gettext_lazy("Your margin"),
    returns.NO_POINT_COST: gettext_lazy("What your rewards cost you"),
}
_TEXTS = {
    control.NO_CONTROL: gettext_lazy(
        "Members who take part in campaigns would have bought much of it anyway. Only a group drawn by lot that gets "
        "no campaigns, automations and newsletters shows how much."
    ),
    control.FEW_HELD: gettext_lazy(
        "{held} held out and {others} others can be compared. With fewer than {least} in a group the answer would be "
        "chance: wait until more have joined, or hold out a larger part."
    ),
    control.FEW_DAYS: gettext_lazy(
        "Members were held out for less than {days} days of this time, and weekdays differ. Look again later."
    ),
    control.NO_ORDERS: gettext_lazy(
        "Members bought so little in this time that nobody can tell how much they differ by chance. Look at a longer "
        "time."
    ),
    returns.OTHERS_RAN: gettext_lazy(
        "Those held out got none of the following either, so the groups differ by all of it together."
    ),
    returns.NOT_BEGUN: gettext_lazy(
        "As soon as it runs, members held out are compared with the others here."
    ),
    returns.NO_MARGIN: gettext_lazy("Revenue is not what stays with you: say how much of it does."),
    returns.NO_POINT_COST: gettext_lazy(
        "Give at least one reward its cost, then what is given has a price, too."
    ),
}
_LINKS = {
    control.NO_CONTROL: ("experiments", "programme.view", gettext_lazy("Hold some members out")),
    control.FEW_HELD: ("experiments", "programme.view", gettext_lazy("Hold out another part")),
    returns.OTHERS_RAN: ("report_return", "overview.view", gettext_lazy("What all of it brings together")),
    returns.NO_MARGIN: ("report_return", "reports.edit", gettext_lazy("Enter your margin")),
    returns.NO_POINT_COST: ("rewards", "rewards.view", gettext_lazy("To your rewards")),
}
_PAGES = {
    "campaign": ("campaign", "cmp", "campaigns.view"),
    "automation": ("automation", "atm", "automations.view"),
    "experiment": ("experiment", "xpt", "programme.view"),
}


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells of what was brought in the period that `query` names, or by the campaign that it names."""

    here: Here
    query: str

    def told(self, found: Brought) -> dict[str, Any]:
        """All of it, as `office/value/brought.html` shows it."""
        sides = found.compared.apart
        return {
            "found": found,
            "revenue": self._money(found.revenue),
            "revenue_sure": is_sure(found.revenue),
            **money_told(found, self.here.merchant.currency),
            "more_each": self._each(found),
            "missing": [self._missing(one, found) for one in found.missing],
            "beside": [self._beside(one) for one in found.beside],
            "groups": [self._group(sides.others, "others"), self._group(sides.held_out, "held_out")]
            if sides
            else [],
            "left_out": formats.number(sides.mixed) if sides and sides.mixed else "",
            "givers": [self._giver(one) for one in found.spent.givers],
            "costs": cost_rows(found.spent.costs),
            "chart": chart_of(found, self.here.merchant.currency),
            "file_url": reverse("office:report_return_file", args=[self.here.merchant.slug]) + self.query,
        }

    def _money(self, one: Interval | None) -> dict[str, str] | None:
        return ranged(one, self._show) if one is not None else None

    def _show(self, value: float) -> str:
        return formats.money(round(value), self.here.merchant.currency)

    def _each(self, found: Brought) -> dict[str, str] | None:
        """What one of the others spent more."""
        each = found.compared.each
        if each is None or each.estimate is None or each.interval is None:
            return None
        return ranged(Interval(each.estimate, each.interval.low, each.interval.high), self._show)

    def _missing(self, name: str, found: Brought) -> dict[str, Any]:
        sides = found.compared.apart
        numbers = {
            "held": formats.number(sides.held_out.members if sides else 0),
            "others": formats.number(sides.others.members if sides else 0),
            "least": formats.number(LEAST_HELD),
            "days": formats.number(LEAST_DAYS),
        }
        page, right, label = _LINKS.get(name, ("", "", ""))
        url = (
            reverse(f"office:{page}", args=[self.here.merchant.slug]) if page and self.here.may(right) else ""
        )
        return {"name": name, "title": TITLES[name], "text": str(_TEXTS[name]).format(**numbers), "url": url,
                "label": label}  # fmt: skip

    def _beside(self, one: returns.Beside) -> dict[str, str]:
        name = one.name or _("A newsletter")
        return {"name": name, "url": self._url(one.kind, one.key)}

    def _url(self, kind: str, key: Any) -> str:
        page, prefix, right = _PAGES.get(kind, ("", "", ""))
        if not page or not self.here.may(right):
            return ""
        return reverse(f"office:{page}", args=[self.here.merchant.slug, ids.encode(prefix, key)])

    def _group(self, group: Group, name: str) -> dict[str, Any]:
        url = ""
        if self.here.may("members.view") and group.members:
            page = reverse("office:report_return_members", args=[self.here.merchant.slug])
            url = f"{page}{self.query}&group={name}"
        return {"name": group_name(name), "url": url, "one": group, "each": each_of(group)}

    def _giver(self, one: Giver) -> dict[str, Any]:
        return {"one": one, "name": one.name, "url": self._url(one.kind, one.key), "kind": kind_name(one)}


def query_of_campaign(public_id: str) -> str:
    """The end of an address that asks for one campaign."""
    return "?" + urlencode({"campaign": public_id})


def group_name(name: str) -> str:
    """What one of the two groups is called."""
    return _("Held out") if name == "held_out" else _("All others")


def kind_name(one: Giver) -> str:
    """What sort of thing gave something."""
    return _("Automation") if one.kind == AUTOMATION else _("Campaign")


def each_of(group: Group) -> int | None:
    """What a member of a group spent on average, in minor units; None of nobody."""
    return round(Decimal(group.spent_minor) / group.members) if group.members else None


def ranged(one: Interval, show: Callable[[float], str]) -> dict[str, str]:
    """A figure with its range, as it is read."""
    return {"value": show(one.value), "low": show(one.low), "high": show(one.high)}


def is_sure(one: Interval | None) -> bool:
    """Whether the whole range lies on one side of nothing."""
    return one is not None and (one.low > 0 or one.high < 0)


def money_told(found: Brought, currency: str) -> dict[str, Any]:
    """What is left, as it is read; None where it is not known."""
    made = found.money
    if made is None:
        return {"margin": None, "profit": None, "each": None, "sure": False, "gain": False}

    def show(value: float) -> str:
        return formats.money(round(value), currency)

    def ratio(value: float) -> str:
        return formats.decimal(Decimal(f"{value:.2f}"))

    return {
        "margin": ranged(made.margin, show), "profit": ranged(made.profit, show),
        "each": ranged(made.each, ratio) if made.each is not None else None,
        "sure": is_sure(made.profit), "gain": made.profit.value > 0,
    }  # fmt: skip


def cost_rows(made: Costs) -> list[dict[str, Any]]:
    """Costs, part by part."""
    said = words()["other"]
    return [
        {"label": _("{points} given, as far as they will be used").format(points=said[:1].upper() + said[1:]),
         "minor": made.points_minor},
        {"label": _("Rewards given away"), "minor": made.prizes_minor},
        {"label": _("Messages"), "minor": made.messages_minor},
        {"label": _("Staff"), "minor": made.staff_minor},
        {"label": _("Anything else"), "minor": made.other_minor},
    ]  # fmt: skip


def _ranges(found: Brought) -> list[tuple[str, Interval]]:
    revenue, money = found.revenue, found.money
    named = [(_("Bought because of it"), revenue)]
    if money is not None:
        named += [(_("Your margin of that"), money.margin), (_("Left over when it is paid"), money.profit)]
    return [(name, one) for name, one in named if one is not None]


def chart_of(found: Brought, currency: str) -> Intervals | None:
    """Revenue, margin and what is left, each with its range; None where nothing is known."""
    ranges = _ranges(found)
    if not ranges:
        return None
    return Intervals(
        key="brought", title=_("What it brought, and how sure that is"),
        sentence=_("Each mark is the best estimate, the line beside it the range it lies in with 95 percent certainty. "
                   "A range that reaches across nothing may be chance."),
        ranges=tuple((name, one.low, one.value, one.high) for name, one in ranges),
        head=_("What"), low_head=_("At least"), middle_head=_("Estimate"), high_head=_("At most"),
        show=show_of("money", currency), tick=tick_of("money", currency),
    )  # fmt: skip


def file_rows(found: Brought, currency: str) -> list[list[Any]]:
    """All of it for a spreadsheet: what, amount, at least, at most. Amounts of money are whole units."""
    rows: list[list[Any]] = []
    for name, group in _groups(found):
        rows += [
            [_("{group}: members").format(group=name), group.members, "", ""],
            [_("{group}: purchases").format(group=name), group.orders, "", ""],
            [_("{group}: spent").format(group=name), major(group.spent_minor, currency), "", ""],
        ]
    rows += [
        [name, *(major(round(value), currency) for value in (one.value, one.low, one.high))]
        for name, one in _ranges(found)
    ]
    for cost in cost_rows(found.spent.costs):
        minor = cost["minor"]
        rows.append([cost["label"], "" if minor is None else major(minor, currency), "", ""])
    rows.append([_("What it cost"), major(found.spent.costs.total_minor, currency), "", ""])
    return rows + [[_("Not known yet"), str(TITLES[name]), "", ""] for name in found.missing]


def _groups(found: Brought) -> list[tuple[str, Group]]:
    sides = found.compared.apart
    if sides is None:
        return []
    return [(group_name("others"), sides.others), (group_name("held_out"), sides.held_out)]
