"""What counts for a while besides the programme: rules, budgets and offers of campaigns, or of whoever else adds them.
Pure.

They are decided together with the programme's own, by the same engine and in the same decision. The id of an added rule
begins with the public id of whatever added it (`members.rules.owning`), so that every reason, count and posting says
whose it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from members.rules.earning import Budget, Earning, Rule
from members.rules.offers import Offer, Offers
from members.rules.owning import owner_of


@dataclass(frozen=True, slots=True)
class Added:
    """What is added now."""

    rules: tuple[Rule, ...] = ()
    budgets: tuple[Budget, ...] = ()
    offers: tuple[Offer, ...] = ()


NOTHING = Added()


def with_added(earning: Earning, added: Iterable[Added]) -> Earning:
    """The programme's rules and budgets, and those that are added. Its own come first, as they are read first; the
    order in which they are decided is the engine's."""
    rules, budgets = list(earning.rules), list(earning.budgets)
    for one in added:
        rules += one.rules
        budgets += one.budgets
    return replace(earning, rules=tuple(rules), budgets=tuple(budgets))


def with_offers(offers: Offers, added: Iterable[Added]) -> Offers:
    """The programme's offers, and those that are added."""
    return replace(offers, offers=(*offers.offers, *(offer for one in added for offer in one.offers)))


# By identity, as the engine keeps its steps: the rules are held, so that no others get their id meanwhile.
_kept: dict[int, tuple[Earning, Earning]] = {}


def without_added(earning: Earning) -> Earning:
    """The programme's own rules alone: what counts for a member who is held out from everything that is added."""
    found = _kept.get(id(earning))
    if found is None:
        if len(_kept) > 500:
            _kept.clear()
        own = tuple(rule for rule in earning.rules if not owner_of(rule.id))
        alone = earning if len(own) == len(earning.rules) else replace(earning, rules=own)
        found = _kept[id(earning)] = earning, alone
    return found[1]
