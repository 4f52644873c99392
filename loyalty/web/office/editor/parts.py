"""How a field of the document is shown to people: what it is called, what it is counted in, when it matters.

The types say what can be written, the sheets (`sheets`, `sheets_rules`) say it in plain words; a test holds that no
field of any section is without its words.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import SimpleLazyObject

from loyalty.core.merchants.models import Merchant
from members.queries.products import names_in_use


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a Struct, by its name in the document.

    `kind` says how it is edited where its type alone does not (see `leaves.LEAVES`), `suffix` what stands behind it,
    `pick` where its choices come from, `suggests` which names of products are offered while somebody types:
    categories, brands or tags; others can be written, too. It is shown only with a choice:
    `only=("expiry", "rolling", "month_end")`. What few people need is `more`, behind a fold; a larger part that most
    leave alone is `folded` until something is in it.
    """

    name: str
    label: Any
    help: Any = ""
    kind: str = ""
    suffix: Any = ""
    pick: str = ""
    suggests: str = ""
    only: tuple[str, ...] = ()
    more: bool = False
    folded: bool = False

    @property
    def shown_with(self) -> str:
        """The choices it is shown with, as css/programme.css names them: "expiry-rolling expiry-month_end"."""
        field, *values = self.only or ("",)
        return " ".join(f"{field}-{value}" for value in values)


Choices = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a form needs to know of the shop: its money, its zone, the document as it is drafted, what can be named in
    it (`picks`, by what `Part.pick` calls them), and what its products are called by, read once a form suggests it.
    """

    merchant: Merchant
    document: dict[str, Any]
    picks: dict[str, Choices]
    at: datetime
    in_use: Any = field(default_factory=lambda: SimpleLazyObject(names_in_use), compare=False, repr=False)

    @property
    def currency(self) -> str:
        return self.merchant.currency

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.merchant.timezone)

    @property
    def tiers_by(self) -> str:
        """What qualifies for tiers in this document."""
        return str(self.document.get("tiers", {}).get("by", "spend"))

    def language_first(self) -> str:
        """The shop's own language, which stands first."""
        return (self.merchant.language or "en").partition("-")[0]
