"""What lies on the desk when somebody edits the programme: the draft (or what counts now), and what can be named."""

import copy
from typing import Any

from django.utils.translation import gettext as _

from loyalty.core.merchants.queries import location_names
from loyalty.core.pages import Here
from loyalty.core.programme import document, queries
from loyalty.core.programme.document import Programme
from loyalty.web.office.editor.parts import Choices, Desk
from loyalty.web.programme_words import tier_names
from members.queries.belonging import segment_choices
from members.rules import naming, units
from members.rules.facts import Period
from rewards.queries.catalogue import rewards
from rewards.queries.telling import named


def base_document() -> dict[str, Any]:
    """What editing starts from: the draft, else what counts now, else nothing; complete with defaults."""
    row = queries.draft()
    if row is None:
        current = queries.in_force()
        return current.programme.document() if current else document.parse({}).document()
    return document.parse(row.document).document()


def desk_of(here: Here) -> Desk:
    """The desk for a shop: everything a form may offer to choose."""
    content = base_document()
    return Desk(here.merchant, content, picks_of(document.parse(content)), here.at)


def picks_of(programme: Programme) -> dict[str, Choices]:
    """What can be named in a programme, by what `Part.pick` calls it."""
    has = naming.inventory(programme)
    earning = programme["earning"]
    families = {units.POINTS: _("Points"), units.STAMPS: _("Stamps"), units.CREDITS: _("Status credits"),
                units.CASHBACK: _("Cash-back, in the smallest coin")}  # fmt: skip
    own = [(unit, unit) for unit in sorted(has.units - families.keys())]
    unit_choices: Choices = [*families.items(), *own]
    things = [(units.REWARDS, _("Rewards")), (units.BADGES, _("Badges")), (units.ENTRIES, _("Chances in a draw")),
              (units.SEGMENTS, _("Places in segments"))]  # fmt: skip
    per = {"day": _("a day"), "week": _("a week"), "month": _("a month"), "year": _("a year"),
           "lifetime": _("in all")}  # fmt: skip
    return {
        "units": unit_choices,
        "counted": [*unit_choices, *things],
        "tiers": list(tier_names(programme["tiers"]).items()),
        "segments": _segments(has.segments),
        "rewards": [(row.handle, named(row)) for row in rewards()[:500]],
        "groups": [(group.id, group.name or group.id) for group in earning.groups],
        "budgets": [(budget.id, budget.name or budget.id) for budget in earning.budgets],
        "rules": [(rule.id, rule.name or rule.id) for rule in earning.rules],
        "locations": list(location_names().items()),
        "limit_per": [("order", _("an order")), *((period.value, per[period.value]) for period in Period)],
    }


def _segments(named: frozenset[str]) -> Choices:
    """Those the shop has made by what people call them, then what the programme itself puts members into."""
    known = dict(segment_choices())
    return [*known.items(), *((name, name) for name in sorted(named - known.keys()))]


def items(content: dict[str, Any], section: str, name: str) -> list[dict[str, Any]]:
    """A list of a document; empty where it is not there."""
    found = content.get(section, {}).get(name, [])
    return found if isinstance(found, list) else []


def with_item(
    content: dict[str, Any], section: str, name: str, key: str, *, was: str, item: dict[str, Any] | None
) -> dict[str, Any]:
    """A new document in which an item stands instead of the one named `was` ("" adds one, None takes it away)."""
    made = copy.deepcopy(content)
    found = items(made, section, name)
    index = next((place for place, one in enumerate(found) if was and str(one.get(key)) == was), len(found))
    found[index : index + 1] = [item] if item is not None else []
    if (section, name) == ("tiers", "ladder"):
        found.sort(key=lambda tier: tier.get("at_least", 0))  # a ladder is written from below
    made.setdefault(section, {})[name] = found
    return made


def with_terms(content: dict[str, Any], section: str, part: dict[str, Any]) -> dict[str, Any]:
    """A new document with other single fields of a section."""
    made = copy.deepcopy(content)
    made[section] = {**made.get(section, {}), **part}
    return made
