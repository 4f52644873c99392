"""What a rehearsal came to, as its page tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from analytics.charts.trend import Bars, Series
from campaigns.models import Rehearsal
from campaigns.queries.rehearsals import figures_of, most_changed, rules_of
from campaigns.rules.rehearsing import Apart, Figures, Sums, cost_minor, reached_on
from loyalty.core import formats, ids
from loyalty.core.pages import Here
from loyalty.web.office.members import known_as
from members.queries import directory
from members.queries.rule_words import rule_sentence
from members.queries.tier_words import tier_name
from members.queries.tiers import ladder_in_force
from members.queries.why import Voice, voice_of_scope
from members.rules.tiers import Tiers
from rewards.queries.telling import named_by_handle

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Both:
    """A figure as it really was, and as it would have been."""

    before: int | None
    after: int | None

    @property
    def change(self) -> int | None:
        """The difference."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def relative(self) -> str:
        """The difference in percent of what was, with its sign; "" of nothing."""
        if not self.before or self.change is None:
            return ""
        part = Decimal(self.change) / self.before
        return ("+" if part > 0 else "") + formats.percent(part)


def told(row: Rehearsal, here: Here) -> dict[str, Any]:
    """Everything on the page of a rehearsal that is done."""
    figures, (programme, rules) = figures_of(row), rules_of(row)
    tiers: Tiers = programme["tiers"]
    voice = voice_of_scope()
    points = Both(figures.whole.before + figures.doing.before, figures.whole.after + figures.doing.after)
    cost = Both(cost_minor(figures, row.costs, after=False), cost_minor(figures, row.costs, after=True))
    return {
        "figures": figures,
        "points": points,
        "cost": cost,
        "back": {
            name: _share(value, figures) for name, value in (("before", cost.before), ("after", cost.after))
        },
        "margin": _margin(row, figures, cost),
        "limit_day": _limit_day(row, figures),
        "chart": _chart(row, figures, here),
        "by_tier": _by_tier(figures, tiers),
        "by_rule": _by_rule(figures, rules.earning.rules, voice),
        "moves": _moves(figures, tiers),
        "budgets": [
            {"name": budget.name or budget.id, "at": figures.budgets.get(budget.id)}
            for budget in rules.earning.budgets
        ],
        "handed_out": _handed_out(figures, voice),
        "winners": member_rows(row, here, way="more", most=SHOWN),
        "losers": member_rows(row, here, way="fewer", most=SHOWN),
        "largest": [_purchase(one, row, here) for one in figures.largest[:SHOWN]],
    }


def _share(cost: int | None, figures: Figures) -> Decimal | None:
    spend = figures.whole.spend_minor
    return None if cost is None or spend <= 0 else Decimal(cost) / spend


def _margin(row: Rehearsal, figures: Figures, cost: Both) -> Both | None:
    """What is left of the margin after the programme."""
    if row.margin is None or cost.before is None or cost.after is None:
        return None
    kept = figures.whole.spend_minor * row.margin // 10_000
    return Both(kept - cost.before, kept - cost.after)


def _limit_day(row: Rehearsal, figures: Figures) -> date | None:
    if row.limit_minor is None:
        return None
    found = reached_on(figures, row.costs, row.limit_minor)
    return date.fromisoformat(found) if found else None


def _chart(row: Rehearsal, figures: Figures, here: Here) -> Bars:
    """Points by month, as they were and as they would have been; by day where that is all there is."""
    by: dict[str, Sums] = {}
    monthly = (row.until - row.since).days > 45
    for day in sorted(figures.days):
        by.setdefault(day[:7] if monthly else day, Sums()).add(figures.days[day])
    zone = ZoneInfo(here.merchant.timezone)
    places = tuple(_place(key, monthly, zone) for key in by)
    return Bars(
        key="rehearsed",
        title=_("Points month by month") if monthly else _("Points day by day"),
        sentence=_("What was really given beside what the draft would have given."),
        axis=_("Month") if monthly else _("Day"),
        places=places,
        series=(
            Series(_("Really given"), tuple(float(sums.before) for sums in by.values()), before=True),
            Series(_("With the draft"), tuple(float(sums.after) for sums in by.values())),
        ),
    )


def _place(key: str, monthly: bool, zone: ZoneInfo) -> str:
    if monthly:
        return formats.short_month(date.fromisoformat(f"{key}-01"))
    return formats.when(datetime.fromisoformat(key).replace(tzinfo=zone), "date", zone)


def _by_tier(figures: Figures, tiers: Tiers) -> list[dict[str, Any]]:
    """The highest tier first; without tiers nothing."""
    if not tiers.ladder:
        return []
    ranked = sorted(figures.tiers.items(), key=lambda one: -tiers.rank(one[0]))
    return [{"name": tier_name(tiers, tier) if tier else "", "sums": sums, "both": Both(sums.before, sums.after)}
            for tier, sums in ranked]  # fmt: skip


def _by_rule(figures: Figures, rules: Any, voice: Voice) -> list[dict[str, Any]]:
    """As the programme has them; rules that never gave are said, too."""
    found = []
    for rule in rules:
        if rule.off:
            continue
        gave = figures.rules.get(rule.id)
        found.append({
            "name": rule.name or rule_sentence(rule, voice), "times": gave.times if gave else 0,
            "gave": voice.units(gave.units, gave.unit) if gave else "",
        })  # fmt: skip
    return found


def _moves(figures: Figures, tiers: Tiers) -> list[dict[str, Any]]:
    """From where members are today to where they would be, those that most would go first."""
    now, found = ladder_in_force(), []
    for key, members in sorted(figures.moves.items(), key=lambda one: (-one[1], one[0])):
        before, _arrow, after = key.partition(">")
        found.append({"from": tier_name(now, before) if before else "", "to": tier_name(tiers, after) if after else "",
                      "members": members})  # fmt: skip
    return found


def _handed_out(figures: Figures, voice: Voice) -> list[dict[str, str]]:
    """Rewards by name, and other units than points."""
    names = named_by_handle(figures.rewards.keys())
    found = [{"label": voice.unit_word(unit).capitalize(), "value": voice.units(amount, unit)}
             for unit, amount in sorted(figures.units.items()) if amount]  # fmt: skip
    return found + [
        {"label": names.get(handle, handle), "value": formats.number(count)}
        for handle, count in sorted(figures.rewards.items()) if count
    ]  # fmt: skip


def member_rows(
    row: Rehearsal, here: Here, *, way: str, most: int, after: tuple[int, Any] | None = None
) -> list[dict[str, Any]]:
    """Members with what would have changed for them, by name."""
    found = list(most_changed(row, way=way, after=after)[:most])
    people = directory.by_ids(one.member_id for one in found)
    now, tiers = ladder_in_force(), rules_of(row)[0]["tiers"]
    return [
        {
            "one": one,
            "id": ids.encode("mbr", one.member_id),
            "name": _named(people, one.member_id),
            "url": reverse("office:rehearsal_member", args=[
                here.merchant.slug, ids.encode("rhs", row.pk), ids.encode("mbr", one.member_id)]),
            "tier_from": tier_name(now, one.tier_before) if one.tier_before else "",
            "tier_to": tier_name(tiers, one.tier_after) if one.tier_after else "",
        }
        for one in found
    ]  # fmt: skip


def _named(people: Mapping[Any, Any], member: Any) -> str:
    row = people.get(member)
    return (row.name or known_as(row)) if row else ""


def _purchase(one: Apart, row: Rehearsal, here: Here) -> dict[str, Any]:
    slug, public = here.merchant.slug, ids.encode("rhs", row.pk)
    url = reverse("office:rehearsal_order", args=[slug, public, ids.encode("ord", one.order)])
    return {"one": one, "url": url, "both": Both(one.before, one.after)}
