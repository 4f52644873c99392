"""Groups: rules that do not simply add up. A rule that cannot give (a condition, a cap) stands in nobody's way."""

from enum import StrEnum

from msgspec import Struct

from members.rules.phrases import Telling, Tellings, Units
from members.rules.phrases import gettext_lazy as _


class Mode(StrEnum):
    ALL = "all"  # they add up
    EXCLUSIVE = "exclusive"  # the one of highest priority that gives anything
    BEST = "best"  # the one that gives the member most; of equals the one of higher priority


class Group(Struct, forbid_unknown_fields=True, frozen=True):
    """A group of rules, by id. Equal priorities are settled by the rules' ids, never by the order in which they
    stand."""

    id: str
    mode: Mode = Mode.ALL
    name: str = ""


TELLS: Tellings = {
    "outranked": Telling(lambda v: _("“{winner}” goes before it", winner=v["winner"])),
    "beaten": Telling(
        lambda v: _(
            "“{winner}” gives {gave}, this only {would}",
            winner=v["winner"],
            gave=Units(v["gave"], v["unit"]),
            would=Units(v["would"], v["unit"]),
        ),
        lambda v: _("“{winner}” gives more", winner=v["winner"]),
    ),
}
