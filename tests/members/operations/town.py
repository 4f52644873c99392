"""Two shops in one town that are partners, and a member with a card in each."""

from dataclasses import dataclass
from typing import Any

from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import across_merchants, acting_for
from members.models import Member
from members.operations.card_links import (
    accept_code,
    make_code,
)
from members.operations.partnerships import (
    Worth,
    accept_partnership,
    propose_partnership,
)
from members.operations.points import adjust_points
from rewards.operations.redemption import (
    redeem_reward,
)
from tests.cast import AT, MARA, OTTO, person, publish
from tests.rewards.operations.test_redemption import coffee


@dataclass
class Town:
    """Café Luna, where a point is worth 10 öre, and Otto's bookshop, where it is worth 25; Ana's card is linked."""

    luna: Merchant
    books: Merchant
    agreement: Any
    ana: Member
    reader: Member

    def cafe(self) -> Any:
        return acting_for(self.luna, by=MARA)

    def bookshop(self) -> Any:
        return acting_for(self.books, by=OTTO)


def agreed(luna: Merchant, books: Merchant) -> Any:
    with acting_for(luna, by=MARA):
        found = propose_partnership(partner=books.slug, worth=Worth("10", "25"), at=AT).pk
    with acting_for(books, by=OTTO):
        accept_partnership(agreement=found, at=AT)
    return found


def link(town: Town, one: Member, other: Member) -> None:
    with town.cafe():
        code = make_code(member=one.pk, partner=town.books.slug, at=AT).code
    with town.bookshop():
        accept_code(member=other.pk, partner=town.luna.slug, code=code, at=AT)


def a_town(luna: Merchant, books: Merchant) -> Town:
    """Luna has its programme already."""
    with acting_for(luna, by=MARA):
        ana = person("ana")
    with acting_for(books, by=OTTO):
        publish()
        reader = person("ana-reads")
    town = Town(luna, books, agreed(luna, books), ana, reader)
    link(town, ana, reader)
    return town


def give(member: Member, points: int) -> None:
    adjust_points(member=member.pk, amount=points, reason="test", at=AT)


def takes(member: Member, points: int, key: str = "k") -> Any:
    return redeem_reward(member=member.pk, reward=coffee(cost_points=points).pk, key=key, at=AT)


def holds(town: Town) -> None:
    """Both books are right, and between the two nothing is left over."""
    with town.cafe():
        assert verify() == []
    with town.bookshop():
        assert verify() == []
    with across_merchants("both sides of a settlement"):
        assert verify() == []


# --- pulling -----------------------------------------------------------------------------------------------------
