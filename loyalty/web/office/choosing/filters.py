"""The filters of the members' list as they stand in an address, and as the page offers them."""

import base64
import json
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.web.office.lists import address, is_text
from members.models import Member
from members.queries.belonging import segment_choices, segment_labels
from members.queries.choosing import BOUGHT, NEVER, NEWS, NO_TIER, NOT_BOUGHT, POINTS, SORTS, After, Choice
from members.queries.tier_words import tier_name
from members.queries.tiers import ladder_in_force

STATUSES = (Member.Status.ACTIVE, Member.Status.BLOCKED, Member.Status.ERASED)
NAMES = ("q", "status", "tier", "segment", "bought", "points", "news", "since", "until", "sort")
"""The parameters that narrow and sort; pages and bulk actions carry them on."""
BOUGHT_NAMES = {
    "7": gettext_lazy("In the last 7 days"),
    "30": gettext_lazy("In the last 30 days"),
    "90": gettext_lazy("In the last 90 days"),
    "not-30": gettext_lazy("Not for 30 days"),
    "not-60": gettext_lazy("Not for 60 days"),
    "not-180": gettext_lazy("Not for half a year"),
    "never": gettext_lazy("Never bought"),
}
POINTS_NAMES = {"some": gettext_lazy("Has some to spend"), "none": gettext_lazy("Has none to spend")}
NEWS_NAMES = {
    "email": gettext_lazy("Wants news by e-mail"),
    "sms": gettext_lazy("Wants news by text message"),
    "neither": gettext_lazy("Wants no news"),
}
#: Columns beside the name, in their order, with what is shown when nobody chose.
COLUMNS = {
    "contact": gettext_lazy("Contact"),
    "card": gettext_lazy("Card"),
    "tier": gettext_lazy("Tier"),
    "points": gettext_lazy("Points"),
    "orders": gettext_lazy("Orders"),
    "spent": gettext_lazy("Spent"),
    "last": gettext_lazy("Last order"),
    "joined": gettext_lazy("Joined"),
    "news": gettext_lazy("News"),
}
USUAL = ("contact", "tier", "points", "spent", "last", "joined")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _starts(day: date) -> datetime:
    """The instant at which a day begins in the active zone, which is the shop's."""
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())


def choice_of(asked: QueryDict) -> Choice:
    """What an address, or a form that carries it on, narrows to; what nobody offers narrows nothing."""
    got = {name: asked.get(name, "").strip()[:100] for name in NAMES}
    got = {name: text if is_text(text) else "" for name, text in got.items()}
    since, until = _day(got["since"]), _day(got["until"])
    last = date.max - timedelta(days=2)
    return Choice(
        text=got["q"],
        status=got["status"] if got["status"] in STATUSES else "",
        tier=got["tier"][:60],
        segment=got["segment"][:60],
        bought=got["bought"] if got["bought"] in (*BOUGHT, *NOT_BOUGHT, NEVER) else "",
        points=got["points"] if got["points"] in POINTS else "",
        news=got["news"] if got["news"] in NEWS else "",
        joined_since=_starts(since) if since and since.year > 1 else None,
        joined_until=_starts(until + timedelta(days=1)) if until and until < last else None,
        sort=got["sort"] if got["sort"] in SORTS else "newest",
    )


def seal(after: After) -> str:
    """Where a page ended, as a short text for an address."""
    return base64.urlsafe_b64encode(json.dumps(after).encode()).decode().rstrip("=")


def unseal(text: str, choice: Choice) -> After | None:
    """What `seal` wrote for a list of this order; None for the first page and for anything nobody wrote."""
    if not text:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        parts = tuple(found)
        if not all(isinstance(part, str) and "\x00" not in part for part in parts):
            return None
        if len(parts) != (3 if choice.sort == "name" else 2):
            return None
        if choice.sort != "name" and datetime.fromisoformat(parts[0]).tzinfo is None:
            return None
        UUID(parts[-1])
    except (ValueError, TypeError, AttributeError):
        return None
    return parts


def columns_of(request: HttpRequest) -> tuple[str, ...]:
    """The columns an address asks for, in the list's own order; the usual ones when it asks for none."""
    asked = request.GET.get("cols", "").split(",")
    return tuple(name for name in COLUMNS if name in asked) or USUAL


def offered(choice: Choice) -> list[dict[str, Any]]:
    """The filters as the page offers them: name, label, and options with which of them is chosen."""
    ladder = ladder_in_force()
    tiers = [(tier.id, tier_name(ladder, tier.id)) for tier in ladder.ladder]
    if tiers and ladder.ladder[0].at_least > 0:  # where the first step is for everybody, nobody is without
        tiers.append((NO_TIER, _("No tier")))
    selects = (
        ("tier", _("Tier"), tiers, choice.tier),
        ("segment", _("Segment"), segment_choices(), choice.segment),
        ("bought", _("Last bought"), list(BOUGHT_NAMES.items()), choice.bought),
        ("points", _("To spend"), list(POINTS_NAMES.items()), choice.points),
        ("news", _("News"), list(NEWS_NAMES.items()), choice.news),
    )
    return [
        {"name": name, "label": label, "options": options, "chosen": chosen}
        for name, label, options, chosen in selects
        if options or chosen
    ]


def chips(request: HttpRequest, choice: Choice) -> list[dict[str, str]]:
    """What narrows the list now, each with the address of the list without it."""
    ladder = ladder_in_force()
    tier = _("No tier") if choice.tier == NO_TIER else tier_name(ladder, choice.tier) if choice.tier else ""
    bought, points = BOUGHT_NAMES.get(choice.bought, ""), POINTS_NAMES.get(choice.points, "")
    words = {
        "tier": f"{_('Tier')}: {tier}" if tier else "",
        "segment": f"{_('Segment')}: {segment_labels().get(choice.segment, choice.segment)}"
        if choice.segment
        else "",
        "bought": f"{_('Last bought')}: {bought}" if bought else "",
        "points": points,
        "news": NEWS_NAMES.get(choice.news, ""),
        "since": _("Joined from {day}").format(day=request.GET.get("since")) if choice.joined_since else "",
        "until": _("Joined until {day}").format(day=request.GET.get("until")) if choice.joined_until else "",
    }
    return [
        {"label": str(text), "url": address(request, **{name: "", "after": ""})}
        for name, text in words.items()
        if text
    ]


def carried(request: HttpRequest) -> list[tuple[str, str]]:
    """The filters of this address as hidden fields of another form."""
    return [(name, text) for name in NAMES if (text := request.GET.get(name, ""))]
