"""Which figures belong together on a page of reports, and what a page is about."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy


@dataclass(frozen=True, slots=True)
class Theme:
    """A page of reports: its name, the question it answers, and its figures in reading order."""

    label: Any
    question: Any
    figures: tuple[str, ...]


THEMES = {
    "members": Theme(
        gettext_lazy("Members"),
        gettext_lazy("Is the programme growing, and how far do new members come?"),
        ("members_total", "members_new", "members_active", "members_lapsed", "brought_share"),
    ),
    "retention": Theme(
        gettext_lazy("Coming back"),
        gettext_lazy("Do members return, and how often?"),
        ("retention", "repeat_rate", "frequency"),
    ),
    "activity": Theme(
        gettext_lazy("Taking part"),
        gettext_lazy("How many members buy, earn and use what they earned?"),
        ("active_share", "earning_share", "redeeming_share", "visits", "nps"),
    ),
    "orders": Theme(
        gettext_lazy("Purchases"),
        gettext_lazy("What do members buy, beside everybody else?"),
        ("revenue", "revenue_members", "orders", "aov_members", "aov_others", "refunds"),
    ),
    "value": Theme(
        gettext_lazy("Value"),
        gettext_lazy("What is a member worth to you?"),
        ("value_per_buyer", "value_per_member"),
    ),
    "points": Theme(
        gettext_lazy("{Points} and rewards"),
        gettext_lazy("What is given, what is used, what ends, and what you still owe?"),
        (
            "points_issued",
            "points_spent",
            "points_expired",
            "points_by_hand",
            "points_outstanding",
            "redemption_rate",
            "expiry_rate",
            "redemptions",
            "reward_cost",
        ),
    ),
}
"""The pages of reports by the last word of their addresses."""
SUMMARY = (
    "revenue_members", "members_total", "members_active", "retention", "repeat_rate", "aov_members", "value_per_buyer",
    "redemption_rate",
)  # fmt: skip
"""What an owner looks at first."""
