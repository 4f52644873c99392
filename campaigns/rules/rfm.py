"""Recency, frequency and money: five steps of each, and the classes they make. Pure.

The scores are quintiles of the shop's own buyers, as in Hughes, *Strategic Database Marketing* (1994): whoever bought
most recently has R 5, most often F 5, for most money M 5. Equal figures have equal scores. The classes and their names
are ours: R against the mean of F and M, rounded up.
"""

from collections.abc import Mapping
from enum import StrEnum

from members.rules.phrases import Phrase
from members.rules.phrases import gettext_lazy as _

STEPS = 5
CUTS = tuple(step / STEPS for step in range(1, STEPS))
"""Where one step ends and the next begins, as shares of all buyers."""


class Class(StrEnum):
    """What a member is by their buying."""

    BEST = "best"
    LOYAL = "loyal"
    GROWING = "growing"
    NEW = "new"
    WAVERING = "wavering"
    AT_RISK = "at_risk"
    FADING = "fading"
    GONE = "gone"


NAMES: Mapping[str, Phrase] = {
    Class.BEST: _("best customers"),
    Class.LOYAL: _("loyal customers"),
    Class.GROWING: _("growing"),
    Class.NEW: _("just begun"),
    Class.WAVERING: _("wavering"),
    Class.AT_RISK: _("at risk"),
    Class.FADING: _("fading"),
    Class.GONE: _("gone quiet"),
}

_LOW, _MIDDLE, _HIGH = (1,), (2, 3), (4, 5)
_MAP = (
    ((4, 5), _HIGH, Class.BEST),
    ((4, 5), _MIDDLE, Class.GROWING),
    ((4, 5), _LOW, Class.NEW),
    ((3,), _HIGH, Class.LOYAL),
    ((3,), (1, 2, 3), Class.WAVERING),
    ((1, 2), _HIGH, Class.AT_RISK),
    ((1, 2), _MIDDLE, Class.FADING),
    ((1, 2), _LOW, Class.GONE),
)
CLASSES: Mapping[tuple[int, int], Class] = {
    (recency, value): name for recencies, values, name in _MAP for recency in recencies for value in values
}
"""Which class each pair (R, mean of F and M rounded up) is: the one table that scores are read by."""
