"""The words of campaigns: their rules stand in a form as those of the programme do."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.rules.campaigning import Bonus
from loyalty.web.office.editor.parts import Part

SHEETS: Mapping[Any, tuple[Part, ...]] = {
    Bonus: (
        Part(
            "rules",
            _("Rules"),
            _("They count together with those of your programme, while the campaign runs."),
        ),
    ),
}
TITLES: Mapping[Any, Any] = {Bonus: _("What it gives")}
