"""Segments to begin with: what most shops want first, to be changed before they are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Start:
    """One to begin with: its name, what it is good for, and its conditions."""

    name: Any
    text: Any
    icon: str
    conditions: Mapping[str, Any]


def _all(*of: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"match": "all", "of": list(of)}


STARTS: Mapping[str, Start] = {
    "regulars": Start(
        _("Regulars"), _("Who comes again and again. Thank them first."), "repeat",
        _all({"type": "orders", "at_least": 3, "within_days": 90}),
    ),
    "new": Start(
        _("New customers"), _("Bought for the first time lately. A second visit decides."), "sprout",
        _all({"type": "lifecycle", "any_of": ["new"], "active_days": 60}),
    ),
    "best": Start(
        _("Best customers"), _("Recent, often and for much, against all your buyers."), "gem",
        _all({"type": "rfm", "any_of": ["best", "loyal"]}),
    ),
    "slipping": Start(
        _("Slipping away"), _("Used to buy and has not for a while. Ask them back in time."), "hourglass",
        _all({"type": "lifecycle", "any_of": ["slipping"], "active_days": 60, "lapsed_days": 365},
             {"type": "orders", "at_least": 2}),
    ),
    "ending": Start(
        _("Points about to end"), _("A friendly reminder brings them in."), "calendar-clock",
        _all({"type": "points_ending", "within_days": 30, "at_least": 1}),
    ),
    "birthday": Start(
        _("Birthday soon"), _("Something nice, in time for the day."), "cake",
        _all({"type": "birthday", "within_days": 7}),
    ),
    "joined-only": Start(
        _("Joined, never bought"), _("They said yes to you. Give them a reason to come."), "user-plus",
        _all({"type": "lifecycle", "any_of": ["never"]}, {"type": "joined", "at_least_days": 14}),
    ),
}  # fmt: skip
