"""What the pages of reports share: the period and the comparison in the address, and figures as they are read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.queries.figures import Definition
from analytics.queries.freshness import today_of
from analytics.queries.telling import Told
from analytics.rules.calendar import EARLIEST, LATEST, Grain, Stretch, stretch
from campaigns.queries.campaigning import reading as campaigning
from loyalty.core import formats
from loyalty.core.merchants.queries import location_names
from loyalty.core.money import exponent, major
from loyalty.core.pages import Here
from loyalty.web.office.frame import words
from loyalty.web.office.orders import channel_name
from loyalty.web.office.reports.themes import THEMES
from members.queries.belonging import segment_labels
from members.queries.tier_words import tier_name
from members.queries.tiers import ladder_in_force

GRAINS = {
    Grain.DAY: gettext_lazy("Day"),
    Grain.WEEK: gettext_lazy("Week"),
    Grain.MONTH: gettext_lazy("Month"),
    Grain.QUARTER: gettext_lazy("Quarter"),
    Grain.YEAR: gettext_lazy("Year"),
}
SHOWN = {Grain.DAY: 30, Grain.WEEK: 26, Grain.MONTH: 13, Grain.QUARTER: 9, Grain.YEAR: 5}
"""How many periods a chart shows."""
COMPARISONS = {"before": gettext_lazy("Period before"), "year": gettext_lazy("Year before")}
MORE = {
    "report_winning": gettext_lazy("Winning members"),
    "report_return": gettext_lazy("What it brings"),
    "report_goals": gettext_lazy("Goals"),
    "report_advice": gettext_lazy("Advice"),
    "report_liability": gettext_lazy("What you owe"),
    "report_review": gettext_lazy("The quarter"),
}
"""Pages beside the themes, by the names of their addresses."""
CUTS = {
    "channel": gettext_lazy("Channel"),
    "location": gettext_lazy("Place"),
    "tier": gettext_lazy("Tier"),
    "segment": gettext_lazy("Segment"),
    "campaign": gettext_lazy("Campaign"),
}
CUTS_SAY = {
    "tier": gettext_lazy("By the tier that members had when they bought."),
    "segment": gettext_lazy(
        "By the segments that members are in now, whenever it was. Who is in several counts in each, so that together "
        "they may come to more than the whole."
    ),
    "campaign": gettext_lazy(
        "By the campaigns whose rules gave something for a purchase, and by what they gave. A purchase that several "
        "gave something for counts in each. It does not say that a campaign brought it about."
    ),
}
"""What there is to say about a cut."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. A period that still goes on is compared with nothing yet."""

    when: Stretch
    today: date
    compare: str = "before"
    cut: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the last day of the period is over."""
        return self.when.after <= self.today

    @property
    def other(self) -> Stretch:
        """The period that it is compared with."""
        return self.when.year_before if self.compare == "year" else self.when.previous

    def query(self, **changes: str) -> str:
        """The rest of an address that asks the same, with changes; "" leaves something out."""
        asked = {
            "by": self.when.grain.value,
            "day": self.when.first.isoformat(),
            "with": "" if self.compare == "before" else self.compare,
            "cut": self.cut,
            **changes,
        }
        return "?" + urlencode({name: value for name, value in asked.items() if value or name == "name"})


def asked_of(request: HttpRequest, here: Here, *, grain: Grain | None = None) -> Asked:
    """What the address asks for: by month, and the last one that is over, when it says nothing (the present one in a
    shop that is younger). A page that shows one `grain` alone is asked by it, whatever the address says."""
    today = today_of(here.merchant.timezone, here.at)
    by = request.GET.get("by", "")
    grain = grain or (Grain(by) if by in list(Grain) else Grain.MONTH)
    day = _day(request.GET.get("day", ""))
    if day is None:
        when = stretch(grain, today)
        opened = today_of(here.merchant.timezone, here.merchant.opened_at)
        when = when.previous if opened < when.first else when
    else:
        when = stretch(grain, min(day, today))
    compare, cut = request.GET.get("with", ""), request.GET.get("cut", "")
    return Asked(when, today, compare if compare in COMPARISONS else "before", cut if cut in CUTS else "")


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if EARLIEST.replace(year=EARLIEST.year + 2) <= day < LATEST else None


def choices(asked: Asked, url: str) -> dict[str, Any]:
    """The controls above a page, all of them links."""
    after = asked.when.following
    return {
        "asked": asked,
        "period": formats.period(asked.when.grain, asked.when.first),
        "compared_with": formats.period(asked.other.grain, asked.other.first),
        "grains": [
            {
                "label": label,
                "url": url + asked.query(by=grain.value, day=min(asked.when.last, asked.today).isoformat()),
                "current": grain is asked.when.grain,
            }
            for grain, label in GRAINS.items()
        ],
        "comparisons": [
            {
                "label": label,
                "url": url + asked.query(**{"with": "" if name == "before" else name}),
                "current": name == asked.compare,
            }
            for name, label in COMPARISONS.items()
        ],
        "earlier_url": url + asked.query(day=asked.when.previous.first.isoformat()),
        "later_url": url + asked.query(day=after.first.isoformat()) if after.first <= asked.today else "",
    }


def worded(text: Any) -> str:
    """A text with the shop's own word for points."""
    many = words()["other"]
    return str(text).format(points=many, Points=many[:1].upper() + many[1:])


def tabs(here: Here, asked: Asked, current: str = "") -> list[dict[str, Any]]:
    """The themes of reports, each with the same period."""
    slug, query = here.merchant.slug, asked.query(cut="")
    first = {
        "label": _("Summary"),
        "url": reverse("office:reports", args=[slug]) + query,
        "current": not current,
    }
    last = [
        {
            "label": label,
            "url": reverse(f"office:{name}", args=[slug]),
            "current": name == f"report_{current}",
        }
        for name, label in MORE.items()
    ]
    return (
        [first]
        + [
            {
                "label": worded(theme.label),
                "url": reverse("office:report", args=[slug, name]) + query,
                "current": name == current,
            }
            for name, theme in THEMES.items()
        ]
        + last
    )


# --- figures as they are read -----------------------------------------------------------------------------------


def shown(unit: str, value: int | Decimal | None, currency: str) -> str:
    """A figure's value in the reader's language; a dash where there is nothing to divide by."""
    if value is None:
        return formats.NOTHING
    match unit:
        case "money":
            return formats.money(round(value), currency)
        case "share":
            return formats.percent(Decimal(value))
        case "ratio":
            return formats.decimal(round(Decimal(value), 2))
        case _:
            return formats.number(round(value))


def show_of(unit: str, currency: str) -> Callable[[float], str]:
    """How charts write a value of a unit."""
    return lambda value: shown(unit, Decimal(repr(float(value))), currency)


def tick_of(unit: str, currency: str) -> Callable[[float], str]:
    """How charts write it on an axis, where there is little room."""
    if unit == "share":
        return lambda value: (
            formats.percent(Decimal(repr(value))).replace(".0%", "%").replace(",0\u00a0%", "\u00a0%")
        )
    if unit == "money":
        return lambda value: formats.compact(value / 10 ** exponent(currency))
    return formats.compact


def change(made: Definition, now: Told, before: Told) -> tuple[str, str]:
    """How a figure moved against another period, and whether that is "good" or "bad" ("" for neither). Shares move by
    percentage points, everything else by a part of what it was. "" where there is nothing to compare with."""
    one, other = now.value, before.value
    if one is None or other is None or (made.unit != "share" and made.unit != "score" and other <= 0):
        return "", ""
    if made.unit == "share":
        moved = (Decimal(one) - Decimal(other)) * 100
        text = _("{n} percentage points").format(n=formats.decimal(abs(round(moved, 1))))
    elif made.unit == "score":
        moved = Decimal(one) - Decimal(other)
        text = formats.decimal(abs(round(moved, 1)))
    else:
        moved = (Decimal(one) - Decimal(other)) / Decimal(other)
        text = formats.percent(abs(moved))
    if not moved:
        return "±0", ""
    kind = "" if made.rises is None else "good" if (moved > 0) is made.rises else "bad"
    return f"+{text}" if moved > 0 else f"\u2212{text}", kind


def guided(made: Definition, currency: str) -> str:
    """What the trade aims at, in words; "" where nobody says."""
    if made.guide is None:
        return ""
    return _("Guide value: {value} or more.").format(value=shown(made.unit, made.guide, currency))


def number_of(made: Definition, value: int | Decimal | None, currency: str) -> int | Decimal | None:
    """A value for a file: money in whole units with its decimals, a share as a number of six; None stays nothing."""
    if value is None:
        return None
    if made.unit == "money":
        return major(round(value), currency)
    return value if isinstance(value, int) else round(Decimal(value), 6)


def plain(made: Definition, value: int | Decimal | None, currency: str) -> str:
    """The same as text; "" where there is nothing."""
    number = number_of(made, value, currency)
    return "" if number is None else f"{number:f}" if isinstance(number, Decimal) else str(number)


def namer(cut: str) -> Callable[[str], str]:
    """How the parts of a cut are called."""
    if cut == "channel":
        return lambda name: channel_name(name) or _("Not known")
    if cut == "location":
        places = location_names()
        return lambda name: places.get(name, name) or _("Not known")
    if cut == "segment":
        segments = segment_labels()
        return lambda name: segments.get(name, name) or _("In no segment")
    if cut == "campaign":
        campaigns = campaigning.names()
        return lambda name: campaigns.get(name, name) or _("No campaign")
    ladder = ladder_in_force()
    steps = {step.id for step in ladder.ladder}
    return lambda name: (tier_name(ladder, name) if name in steps else name) or _("No tier")
