"""The words of every form: what each field of the document is called, explained and counted in. Two files hold the
sheets; here they come together with the words of single choices."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from loyalty.core.ledger.chart import Shortfall
from loyalty.core.money import Rounding
from loyalty.web.office.editor.parts import Part
from loyalty.web.office.editor.sheets_automations import CHOICES as AUTOMATION_CHOICES
from loyalty.web.office.editor.sheets_automations import SHEETS as AUTOMATIONS
from loyalty.web.office.editor.sheets_automations import TITLES as AUTOMATION_TITLES
from loyalty.web.office.editor.sheets_campaigns import SHEETS as CAMPAIGNS
from loyalty.web.office.editor.sheets_campaigns import TITLES as CAMPAIGN_TITLES
from loyalty.web.office.editor.sheets_more import SHEETS as MORE
from loyalty.web.office.editor.sheets_more import TITLES as MORE_TITLES
from loyalty.web.office.editor.sheets_rules import SHEETS as RULES
from loyalty.web.office.editor.sheets_rules import TITLES as RULE_TITLES
from loyalty.web.office.editor.sheets_segments import CHOICES as SEGMENT_CHOICES
from loyalty.web.office.editor.sheets_segments import LITERALS as SEGMENT_LITERALS
from loyalty.web.office.editor.sheets_segments import SHEETS as SEGMENTS
from loyalty.web.office.editor.sheets_segments import TITLES as SEGMENT_TITLES
from loyalty.web.sentences import EXPIRIES, KINDS, ROUNDINGS, SHORTFALLS
from members.rules.conditions import Counted, Weekday
from members.rules.conversion import Every
from members.rules.earning import For, Mode
from members.rules.facts import LineKind, Period
from members.rules.moderation import Needs
from members.rules.perks import PerkKind
from members.rules.plans import OnRefund, PlanPeriod
from members.rules.points_life import Expiry
from members.rules.questions import Answers
from members.rules.referrals import On
from members.rules.tiers import By, Landing, Valid, WindowKind
from members.rules.tiers import OnRefund as TierOnRefund

SHEETS: Mapping[Any, tuple[Part, ...]] = {**RULES, **MORE, **SEGMENTS, **AUTOMATIONS, **CAMPAIGNS}
TITLES: Mapping[Any, Any] = {
    **RULE_TITLES, **MORE_TITLES, **SEGMENT_TITLES, **AUTOMATION_TITLES, **CAMPAIGN_TITLES,
}  # fmt: skip

LANGUAGE_NAMES = {"en": "English", "sv": "Svenska", "nb": "Norsk", "nl": "Nederlands"}
NOTHING = {"rewards": _("no reward"), "groups": _("no group: it simply counts"), "budgets": _("no budget"),
           "rules": _("this rule itself")}  # fmt: skip

CHOICES: Mapping[Any, Mapping[str, Any]] = {
    Rounding: ROUNDINGS,
    Expiry: EXPIRIES,
    Shortfall: SHORTFALLS,
    LineKind: KINDS,
    Every: {"never": _("Never"), "month": _("At the end of each month"), "quarter": _("At the end of each quarter"),
            "half_year": _("At the end of each half-year"), "year": _("At the end of each year")},
    Period: {"day": _("a day"), "week": _("a week"), "month": _("a month"), "year": _("a year"),
             "lifetime": _("in all")},
    Mode: {"all": _("All count together"), "exclusive": _("Only the first that gives anything"),
           "best": _("Only the one that gives most")},
    For: {"order": _("Once for the purchase"), "item": _("For each thing")},
    Counted: {"matching": _("What the rule looks at"), "eligible": _("All that can earn"),
              "paid": _("The whole purchase")},
    Weekday: {"mon": _("Monday"), "tue": _("Tuesday"), "wed": _("Wednesday"), "thu": _("Thursday"),
              "fri": _("Friday"), "sat": _("Saturday"), "sun": _("Sunday")},
    By: {"spend": _("Money spent"), "points": _("Points earned"), "credits": _("Status credits"),
         "orders": _("Number of purchases"), "activities": _("Number of activities"),
         "referrals": _("Friends who have bought")},
    WindowKind: {"calendar_year": _("In a calendar year"), "rolling": _("In the last months"),
                 "anniversary_year": _("In a year of membership"), "lifetime": _("In all their time")},
    Valid: {"period_end": _("To the end of that year"), "next_period_end": _("To the end of the next year"),
            "months": _("For some months"), "forever": _("For good")},
    Landing: {"qualified": _("To the tier they qualify for"), "one_step": _("At most one tier down at a time")},
    TierOnRefund: {"keep": _("They keep their tier until its time is over"),
                   "review": _("What was reached with it is gone at once")},
    PerkKind: {"free_shipping": _("Free shipping"), "early_access": _("Early access"),
               "dedicated_support": _("Support of your own"), "personalisation": _("Personalisation"),
               "returns_without_receipt": _("Returns without a receipt"), "concierge": _("Concierge"),
               "member_price": _("A price for members"), "custom": _("Something of your own")},
    PlanPeriod: {"month": _("each month"), "year": _("each year")},
    OnRefund: {"full": _("All of the period they paid for"), "pro_rata": _("The days that are left"),
               "none_after_use": _("All, unless they have used a perk")},
    Answers: {"one": _("One answer"), "many": _("As many as they like")},
    On: {"first": _("Their first purchase that counts"), "every": _("Every purchase for some months")},
    Needs: {"none": _("Counts at once"), "proof": _("A link or a text must come with it"),
            "approval": _("Staff look at each")},
    **SEGMENT_CHOICES,
    **AUTOMATION_CHOICES,
}  # fmt: skip
"""What the values of the document's enumerations are called."""

LITERALS: Mapping[str, Mapping[str, Any]] = {
    "unit": {"cashback": _("Cash-back"), "points": _("Points")},
    **SEGMENT_LITERALS,
}


def parts(struct: Any) -> tuple[Part, ...]:
    """The fields of a Struct in the order in which people read them."""
    return SHEETS[struct]


def title(struct: Any) -> Any:
    """What a Struct is called: "On days and hours", "Perk"."""
    return TITLES.get(struct, "")


def fresh_id(item: Mapping[str, Any], taken: Any) -> str:
    """An id nobody has, made of an item's own words: "gold", "free-shipping", "gold-2"."""
    name = item.get("name")
    words = next(iter(name.values()), "") if isinstance(name, dict) else name or ""
    text = words or item.get("badge") or item.get("draw") or item.get("kind") or item.get("type") or "item"
    root = re.sub(r"[^a-z0-9-]", "", slugify(str(text)).replace("_", "-"))[:30].strip("-") or "item"
    return next(name for name in _ids(root) if name not in taken)


def _ids(root: str) -> Any:
    yield root
    number = 2
    while True:
        yield f"{root}-{number}"
        number += 1


def fresh_unit(taken: set[str]) -> str:
    """Stamps that no card has yet: "stamps", "stamps-2"."""
    return next(
        name for name in ("stamps", *(f"stamps-{number}" for number in range(2, 1000))) if name not in taken
    )
