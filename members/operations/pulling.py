"""Points from a partner for who redeems here with too few: taken there, given here, and what is owed for them written
down on both sides, all in the transaction of the redemption.

What arrived is the redeemer's from then on: when the redemption is released or reversed it comes back to them here, as
points of this shop, and what is owed for it stays owed.
"""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from loyalty.core import ids
from loyalty.core.events import operations as events
from loyalty.core.ledger.chart import Do, MerchantAccount
from loyalty.core.ledger.operations import Posting, hold, post
from loyalty.core.ledger.portions import spendable_lots
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import NoCrossing, crossing
from members.models import Member, SettlementEntry
from members.operations import households
from members.operations.transfers import lock_current
from members.queries import partners
from members.queries.partners import Linked
from members.rules.partners import Pull, pull, reaches
from members.rules.points_life import PointsLife, expires_at


def lock(member: UUID) -> list[Linked]:
    """Lock what redeeming across merchants touches, before anything else is: of each merchant in the order of their ids
    the agreement, the members' rows, their accounts. Empty for who has no linked card; then nothing is locked.

    At home everybody of the member's household comes along, as `households.hold` would lock them later.
    """
    links = partners.linked(member)
    if not links:
        return []
    home, usable = scope.merchant_id(), {link.partner: link for link in links}
    for merchant in sorted([home, *usable]):
        if merchant == home:
            _stands([link.agreement for link in links])
            households.hold(member)
            hold([lock_current([member])[member].pk])
        elif not _locked_there(usable[merchant]):
            del usable[merchant]
    return [link for link in partners.linked(member) if usable.get(link.partner) == link]


def _locked_there(link: Linked) -> bool:
    """Lock a partner's side of a link; False when the agreement ended at this very moment."""
    try:
        with crossing(link.agreement, to=link.partner):
            _stands([link.agreement])
            list(Member.objects.select_for_update(no_key=True).filter(pk=link.member))
            hold([link.member])
        return True
    except NoCrossing:
        return False


def _stands(agreements: list[UUID]) -> None:
    """Hold agreements as they stand: who ends one waits, others who redeem by it do not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM members_partnership WHERE merchant_id = %s AND id = ANY(%s) ORDER BY id FOR SHARE",
            [scope.merchant_id(), agreements],
        )


def reach(links: list[Linked], *, member: UUID, at: datetime) -> int:
    """How many points here the linked accounts of a member make; none for who owes points here."""
    if not links or balance(member).debt:
        return 0
    return sum(
        reaches(partners.usable(link, at=at), their_worth=link.their_worth, our_worth=link.our_worth)
        for link in links
    )


def gather(links: list[Linked], *, member: UUID, needed: int, redemption: UUID, at: datetime) -> int:
    """Bring a member what they miss of `needed` points from their accounts at partners, in the order of the merchants'
    ids; how many came. Nothing is moved when all have too few. `links` is what `lock` answered."""
    if not links or balance(member).debt:
        return 0
    missing = needed - sum(amount for _owner, _lot, amount, _ends in spendable_lots([member], at=at))
    if missing <= 0 or reach(links, member=member, at=at) < missing:
        return 0
    came = 0
    for link in links:
        worth = {"their_worth": link.their_worth, "our_worth": link.our_worth}
        there = reaches(partners.usable(link, at=at), **worth)
        if part := min(missing - came, there):
            came += _move(link, pull(part, **worth), member, redemption, at)
        if came >= missing:
            break
    return came


def _move(link: Linked, part: Pull, member: UUID, redemption: UUID, at: datetime) -> int:
    """One pull: take there, give here, and write down on both sides what is owed; how many points were given."""
    entry = ids.new()
    common: dict[str, Any] = {
        "kind": "partner", "at": at, "now": at, "counter": MerchantAccount.SETTLEMENT,
        "source_kind": "settlement", "source": entry,
    }  # fmt: skip
    kept: dict[str, Any] = {
        "id": entry, "partnership_id": link.agreement, "remainder": part.remainder, "happened_at": at,
    }  # fmt: skip
    with crossing(link.agreement, to=link.partner):
        left = post(
            Posting(do=Do.SPEND, key=f"partner:{entry}:out", event="points.spent_at_partner", owner=link.member,
                    actor=str(scope.actor()), amount=part.taken, **common)
        )  # fmt: skip
        SettlementEntry.objects.create(
            points=-part.taken, partner_points=part.given, amount_minor=-part.owed_minor,
            posting=left.transfer, **kept,
        )  # fmt: skip
    arrived = post(_arrival(entry, member, part.given, at, common))
    SettlementEntry.objects.create(
        points=part.given, partner_points=-part.taken, amount_minor=part.owed_minor,
        posting=arrived.transfer, redemption=redemption, **kept,
    )  # fmt: skip
    events.ring_after_commit()
    return part.given


def _arrival(entry: UUID, member: UUID, points: int, at: datetime, common: dict[str, Any]) -> Posting:
    """What arrives from a partner lives by today's terms here, and can be spent at once."""
    current = programmes.in_force()
    life = current.programme["points_life"] if current else PointsLife()
    return Posting(
        do=Do.GRANT, key=f"partner:{entry}:in", event="points.arrived_from_partner", owner=member,
        actor=str(scope.actor()), amount=points,
        expires_at=expires_at(life, at, ZoneInfo(shop_of_scope().timezone)),
        slides_days=life.days if life.expiry == "sliding" else None,
        version=current.id if current else None, **common,
    )  # fmt: skip
