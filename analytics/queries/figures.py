"""The registry of figures: what each is called, what it says, how it is made, and which rows it opens to.

A figure is a sum, or one sum divided by another. Where there is nothing to divide by it is None: an honest "too little
data", never 0. Periods are those of the shop's own calendar. Refunds are taken off the day of the order they belong to,
so a month may still fall after it is over.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from analytics.queries.gathering import COUNTED, MEASURES, SIDES
from loyalty.core.errors import NotFound

KEPT = ("channel", "location", "tier")
"""Cuts that facts are kept for. The tier is the one that a member had when they bought."""
COUNTED_WHEN_ASKED = ("segment", "campaign")
"""Cuts that are counted from the rows behind a figure whenever somebody asks: who is in a segment changes without any
purchase. A segment is those who are in it now; a campaign what its rules gave something for, and the points they gave.
A member may be in several segments, a purchase in several campaigns: it counts in each."""
CUTS = (*KEPT, *COUNTED_WHEN_ASKED)
"""By what a figure can be told apart."""


@dataclass(frozen=True, slots=True)
class Term:
    """A sum of measures: those in `plus` less those in `minus`. With `upto` of all days until the end of the period,
    not only of the days in it."""

    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()
    upto: bool = False

    @property
    def measures(self) -> tuple[str, ...]:
        """All it is made of."""
        return self.plus + self.minus

    @property
    def counts_heads(self) -> bool:
        """Whether it counts people, who are counted anew for each period."""
        return MEASURES[self.plus[0]] == COUNTED

    def of(self, sums: Mapping[str, int]) -> int:
        """What it comes to."""
        return sum(sums.get(name, 0) for name in self.plus) - sum(sums.get(name, 0) for name in self.minus)


@dataclass(frozen=True, slots=True)
class Opens:
    """The rows behind a figure: the statement `sql/rows_<source>.sql`, which of its columns are the `part` and the
    `whole` of a row, and of `what` the rows tell: orders, members or points."""

    source: str
    what: str
    part: str
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure is. `row` is the key figure it belongs to (K1 …); `unit` is count, points, money (minor units),
    share (of 1), ratio or score (of 100); `rises` whether more of it is better (None: neither); `guide` the value the
    trade aims at."""

    key: str
    row: str
    name: str
    sentence: str
    formula: str
    unit: str
    part: Term
    opens: Opens
    whole: Term | None = None
    cuts: tuple[str, ...] = ("segment",)
    rises: bool | None = True
    guide: Decimal | None = None

    @property
    def measures(self) -> tuple[str, ...]:
        """All it is made of."""
        return self.part.measures + (self.whole.measures if self.whole else ())

    def label(self, words: Mapping[str, str] | None = None) -> str:
        """Its name in the language of the request, with the shop's own word for points."""
        return _worded(gettext(self.name), words)

    def says(self, words: Mapping[str, str] | None = None) -> str:
        """What it counts, in a sentence."""
        return _worded(gettext(self.sentence), words)


def _worded(text: str, words: Mapping[str, str] | None) -> str:
    many = (words or {}).get("other") or gettext("points")
    return text.format(points=many, Points=many[:1].upper() + many[1:])


def definition(key: str) -> Definition:
    """The figure of that name. Raises: NotFound."""
    if key not in FIGURES:
        raise NotFound("figure")
    return FIGURES[key]


def told_apart(made: Definition, cut: str) -> str:
    """The cut, if the figure can be told apart by it. Raises: NotFound."""
    if cut and cut not in made.cuts:
        raise NotFound("figure")
    return cut


def measures_of(found: Collection[Definition]) -> tuple[set[str], set[str], set[str]]:
    """What some figures are made of: sums of days, sums of all days up to then, and heads."""
    terms = [term for made in found for term in (made.part, made.whole) if term]
    heads = {name for term in terms if term.counts_heads for name in term.measures}
    upto = {name for term in terms if term.upto for name in term.measures}
    days = {name for term in terms if not term.upto and not term.counts_heads for name in term.measures}
    return days, upto, heads


_CHANNELS = ("channel", "location")
_OF_BUYERS = (*KEPT, "segment")
_BOUGHT = Term(("buyers",))
_MEMBERS = Term(("joined",), upto=True)
_ISSUED = Term(("issued_in",), ("issued_out",))
_HELD = Term(tuple(f"{side}_in" for side in SIDES), tuple(f"{side}_out" for side in SIDES), upto=True)

_VALUE = (
    Definition("value_per_buyer", "K1", _("Spend per buying member"),
               _("What a member who bought in this time spent in it, refunds taken off."),
               _("Spent by members ÷ members who bought"), "money", Term(("buyer_minor",)),
               Opens("buyers", "members", "spent", "one"), _BOUGHT, _OF_BUYERS),
    Definition("value_per_member", "K1", _("Spend per member so far"),
               _("What members have spent in all until the end of this time, for each who is a member."),
               _("Spent by members so far ÷ members"), "money", Term(("revenue_members",), upto=True),
               Opens("lifetime", "members", "spent", "one"), _MEMBERS),
    Definition("brought_share", "K2", _("Members brought by friends"),
               _("Of those who joined in this time, how many came by a friend’s link: they cost no advertising."),
               _("Joined by a friend’s link ÷ joined"), "share", Term(("joined_referred",)),
               Opens("members", "members", "brought", "joined"), Term(("joined",))),
    Definition("retention", "K3", _("Retention rate"),
               _("Of the members who bought in the period before, how many bought again in this one."),
               _("Bought before and now ÷ bought before"), "share", Term(("kept",)),
               Opens("buyers", "members", "kept", "before"), Term(("bought_before",)), _OF_BUYERS,
               guide=Decimal("0.7")),
)  # fmt: skip
_ENGAGED = (
    Definition("active_share", "K4", _("Active members, of all"),
               _("Of everyone who was a member by the end of this time, how many bought in it."),
               _("Members who bought ÷ members"), "share", Term(("active",)),
               Opens("members", "members", "active", "one"), _MEMBERS),
    Definition("earning_share", "K4", _("Members who earned, of all"),
               _("Of everyone who was a member by the end of this time, how many earned {points} in it."),
               _("Members who earned ÷ members"), "share", Term(("earning",)),
               Opens("members", "members", "earning", "one"), _MEMBERS),
    Definition("redeeming_share", "K4", _("Members who took a reward, of all"),
               _("Of everyone who was a member by the end of this time, how many took a reward in it."),
               _("Members who took a reward ÷ members"), "share", Term(("redeeming",)),
               Opens("members", "members", "redeeming", "one"), _MEMBERS),
    Definition("visits", "K4", _("Visits of members"), _("Orders that members made in this time."),
               _("Orders of members"), "count", Term(("orders_members",)),
               Opens("orders", "orders", "one_of_members"), cuts=CUTS),
    Definition("nps", "K5", _("Recommendation score (NPS)"),
               _("Of all who said how likely they are to recommend you: those who would, less those who would not."),
               _("(9 and 10 − 0 to 6) ÷ answers × 100"), "score", Term(("promoters",), ("detractors",)),
               Opens("answers", "members", "score", "one"), Term(("answers",)), guide=Decimal(50)),
)  # fmt: skip
_BOUGHT_BY = (
    Definition("aov_members", "K6", _("Average order of members"),
               _("What an order of a member came to, refunds taken off."),
               _("Revenue from members ÷ their orders"), "money", Term(("revenue_members",)),
               Opens("orders", "orders", "net_of_members", "one_of_members"), Term(("orders_members",)), CUTS),
    Definition("aov_others", "K6", _("Average order of others"),
               _("What an order without a member came to. A difference does not say that the programme made it."),
               _("Other revenue ÷ other orders"), "money", Term(("revenue",), ("revenue_members",)),
               Opens("orders", "orders", "net_of_others", "one_of_others"), Term(("orders",), ("orders_members",)),
               _CHANNELS, rises=None),
    Definition("orders", "K6", _("Orders"), _("Orders made in this time, guests’ too, cancelled ones left out."),
               _("Orders that stand"), "count", Term(("orders",)), Opens("orders", "orders", "one"), cuts=_CHANNELS),
    Definition("revenue", "K6", _("Revenue"), _("What these orders came to, less what was refunded since."),
               _("Totals − refunds of these orders"), "money", Term(("revenue",)), Opens("orders", "orders", "net"),
               cuts=_CHANNELS),
    Definition("revenue_members", "K6", _("Revenue from members"),
               _("The part of the revenue that members brought."), _("Totals − refunds, of members’ orders"), "money",
               Term(("revenue_members",)), Opens("orders", "orders", "net_of_members"), cuts=CUTS),
    Definition("refunds", "K6", _("Money given back"),
               _("What was refunded in this time, whenever it had been bought."), _("Refunds by their own day"),
               "money", Term(("refunds_minor",)), Opens("refunds", "orders", "amount"),
               cuts=(*_CHANNELS, *COUNTED_WHEN_ASKED), rises=False),
    Definition("repeat_rate", "K8", _("Repeat purchase rate"),
               _("Of the members who bought in this time, how many bought more than once in it."),
               _("Members with 2 orders or more ÷ members who bought"), "share", Term(("repeat_buyers",)),
               Opens("buyers", "members", "repeat", "one"), _BOUGHT, _OF_BUYERS),
    Definition("frequency", "K8", _("Orders per buying member"),
               _("How often a member who bought in this time bought in it."),
               _("Orders of members ÷ members who bought"), "ratio", Term(("buyer_orders",)),
               Opens("buyers", "members", "orders", "one"), _BOUGHT, _OF_BUYERS),
)  # fmt: skip
_REGISTERED = (
    Definition("members_total", "K7", _("Members"), _("Who had joined by the end of this time and is a member now."),
               _("Members who joined until then"), "count", _MEMBERS, Opens("members", "members", "one")),
    Definition("members_new", "K7", _("New members"), _("Who joined in this time and is a member now."),
               _("Members by the day they joined"), "count", Term(("joined",)), Opens("members", "members", "joined")),
    Definition("members_active", "K7", _("Active members"), _("Members who bought in this time."),
               _("Members who bought"), "count", Term(("active",)), Opens("members", "members", "active")),
    Definition("members_lapsed", "K7", _("Lapsed"),
               _("How often a member had bought nothing for 180 days in this time. Some come back."),
               _("Silences of 180 days that were over in this time"), "count", Term(("lapsed",)),
               Opens("lapses", "members", "one"), rises=False),
)  # fmt: skip
_POINTS = (
    Definition("points_issued", "K9", _("{Points} given"),
               _("{Points} given by the rules of the programme, less what refunds took back."),
               _("Given − taken back"), "points", _ISSUED, Opens("movements", "points", "issued"),
               cuts=COUNTED_WHEN_ASKED, rises=None),
    Definition("points_spent", "K9", _("{Points} used"), _("{Points} used for rewards, less what was given back."),
               _("Used − given back"), "points", Term(("redeemed_out",), ("redeemed_in",)),
               Opens("movements", "points", "redeemed")),
    Definition("points_expired", "K9", _("{Points} expired"), _("{Points} that ended unused in this time."),
               _("Expired"), "points", Term(("expired_out",), ("expired_in",)),
               Opens("movements", "points", "expired"), rises=False),
    Definition("points_by_hand", "K9", _("{Points} by hand"), _("{Points} given less taken by hand or import."),
               _("Given − taken, by hand"), "points", Term(("adjusted_in",), ("adjusted_out",)),
               Opens("movements", "points", "adjusted"), rises=None),
    Definition("redemption_rate", "K9", _("Redemption rate"), _("{Points} used in this time for each one given in it."),
               _("Used ÷ given"), "share", Term(("redeemed_out",), ("redeemed_in",)),
               Opens("movements", "points", "redeemed", "issued"), _ISSUED),
    Definition("expiry_rate", "K9", _("Share that expired"),
               _("{Points} that ended unused in this time for each one given in it."), _("Expired ÷ given"), "share",
               Term(("expired_out",), ("expired_in",)), Opens("movements", "points", "expired", "issued"), _ISSUED,
               rises=False),
    Definition("points_outstanding", "K9", _("{Points} members hold"),
               _("What members held at the end of this time and may still use, waiting and set aside included."),
               _("Given − used − expired ± by hand, until then"), "points", _HELD,
               Opens("holders", "members", "held"), rises=None),
    Definition("redemptions", "K9", _("Rewards taken"), _("Rewards taken in this time and not given back."),
               _("Rewards taken"), "count", Term(("redemptions",)), Opens("redemptions", "members", "quantity"),
               cuts=("channel", "segment")),
    Definition("reward_cost", "K9", _("What rewards cost"),
               _("What the rewards taken in this time cost you, as stated when they were taken."),
               _("Cost of each reward × how many"), "money", Term(("reward_cost",)),
               Opens("redemptions", "members", "cost"), cuts=("channel", "segment"), rises=None),
)  # fmt: skip
FIGURES: Mapping[str, Definition] = {
    made.key: made for made in (*_VALUE, *_ENGAGED, *_BOUGHT_BY, *_REGISTERED, *_POINTS)
}
"""Every figure by its key, in reading order."""
