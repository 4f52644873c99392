"""Café Luna with something in every queue."""

from dataclasses import dataclass
from typing import Any

import pytest

from loyalty.core import clock, ids
from loyalty.core.tenancy.scope import Actor, acting_for
from members.models import Member, Referral
from members.operations.activities import record_activity
from members.operations.approvals import ask_adjustment
from members.operations.households import accept_invitation, invite, open_household
from members.operations.inviting import Invitation, code_of
from members.operations.membership import join
from members.operations.paid_memberships import start_membership
from members.operations.partnerships import Worth, accept_partnership, propose_partnership
from members.operations.perks import OrderName, claim_perk
from members.operations.points import adjust_points
from members.operations.tier_publishing import review_published
from members.operations.transfers import give_points
from members.rules.doing import NewActivity
from members.rules.moderation import Proof
from members.rules.shopping import MemberRef
from rewards.models import Fulfilment
from rewards.operations.catalogue import create_reward
from rewards.operations.places import book_place, open_session
from rewards.operations.pools import import_codes
from rewards.operations.redemption import redeem_reward
from tests.cast import ENGRAVING, MARA, OTTO, days, publish, shop
from tests.web.office.conftest import Luna, browser_of

SECTIONS: dict[str, Any] = {
    "tiers": ENGRAVING,
    "sharing": {"transfers": {"on": True}, "household": {"on": True}},
    "membership_plans": {"plans": [{"id": "plus", "price_minor": 29_900, "name": {"en": "Plus"}}]},
    "referrals": {"on": True},
    "activities": {"kinds": [{"kind": "photo", "needs": "approval"}]},
    "offers": {"offers": [{"id": "happy-hour", "name": {"en": "Happy hour"}}]},
    "side_units": {
        "cards": [{"id": "coffee", "unit": "stamps-coffee", "needed": 10, "reward": "free-coffee"}]
    },
}
RULES: list[dict[str, Any]] = [
    {"type": "points_per_amount", "id": "base", "points": 1, "per_minor": 100},
    {"type": "fixed", "id": "photo", "amount": 25, "when": [{"type": "activity", "kinds": ["photo"]}]},
]


@dataclass
class Busy:
    """The shop and what waits in it, by public id."""

    luna: Luna
    ids: dict[str, str]
    friend: Member

    def url(self, path: str = "") -> str:
        """An address of the dashboard."""
        return self.luna.url(path)


@pytest.fixture
def busy(lunas: Luna) -> Busy:
    """Something waits in every queue: asked by Ana, or about her."""
    return filled(lunas)


def filled(luna: Luna) -> Busy:
    """Put something into every queue of a shop."""
    now = clock.now()
    with acting_for(luna.merchant, by=MARA):
        publish(*RULES, at=now, **SECTIONS)
        review_published(at=now, most=100)
        adjust_points(member=luna.ana.pk, amount=1000, reason="for the queues", at=now)
        made = {**_doings(luna, now), **_goods(luna, now), **_sharing(luna, now)}
        friend = _friend(luna, now)
        made["referral"] = ids.encode("rfl", Referral.objects.get(friend=friend).pk)
    made["request"] = _asked(luna, now)
    made["partnership"] = _partner(luna, now)
    return Busy(luna, made, friend)


def _doings(luna: Luna, now: Any) -> dict[str, str]:
    photo = NewActivity(
        "photo-1", "photo", now, MemberRef(id=ids.encode("mbr", luna.ana.pk)),
        proof=Proof(link="https://photos.example/1", text="<b>my cup</b>"),
    )  # fmt: skip
    done = record_activity(activity=photo, at=now)
    claim = claim_perk(
        member=luna.ana.pk,
        perk="engraving",
        key="k",
        at=now,
        order=OrderName("first", "pos"),
        note="Initials AA",
    )
    return {"activity": ids.encode("act", done.activity), "claim": ids.encode("clm", claim.claim.pk)}


def _goods(luna: Luna, now: Any) -> dict[str, str]:
    mug = create_reward(
        at=now, details={"kind": "free_product", "name": {"en": "Mug"}, "cost_points": 50, "delivery": "shipped",
                         "unit_cost_minor": 4000},
    )  # fmt: skip
    taken = redeem_reward(member=luna.ana.pk, reward=mug.pk, key="mug", at=now)
    tasting = create_reward(
        at=now, details={"kind": "workshop", "name": {"en": "Tasting"}, "cost_points": 20}
    )
    session = open_session(
        reward=tasting.pk, at=now, details={"starts_at": now + days(0.5), "capacity": 1, "place": "Back room"}
    )
    booking = book_place(member=luna.ana.pk, session=session.pk, key="b1", at=now)
    adjust_points(member=luna.ben.pk, amount=100, reason="for the queues", at=now)
    waiting = book_place(member=luna.ben.pk, session=session.pk, key="b2", at=now)
    pool = create_reward(at=now, details={"kind": "coupon", "name": {"en": "Cinema"}, "cost_points": 5})
    import_codes(reward=pool.pk, codes=["CINE-0001", "CINE-0002"], at=now)
    return {
        "fulfilment": ids.encode("ful", Fulfilment.objects.get(redemption=taken).pk),
        "redemption": ids.encode("rdm", taken.pk),
        "mug": ids.encode("rwd", mug.pk),
        "tasting": ids.encode("rwd", tasting.pk),
        "pool": ids.encode("rwd", pool.pk),
        "session": ids.encode("ssn", session.pk),
        "booking": ids.encode("bkg", booking.pk),
        "waiting": ids.encode("bkg", waiting.pk),
    }


def _sharing(luna: Luna, now: Any) -> dict[str, str]:
    given = give_points(giver=luna.ana.pk, receiver=luna.ben.pk, amount=30, key="gift", at=now)
    household = open_household(member=luna.ana.pk, at=now)
    code = invite(household=household.pk, by=luna.ana.pk, at=now).code
    accept_invitation(member=luna.ben.pk, code=code, at=now)
    plan = start_membership(member=luna.ana.pk, plan="plus", key="plan", at=now).membership
    return {
        "points_transfer": ids.encode("ptr", given.transfer.pk),
        "household": ids.encode("hhd", household.pk),
        "paid_membership": ids.encode("pmb", plan.pk),
    }


def _friend(luna: Luna, now: Any) -> Member:
    """Somebody who looks like Ben, who brought them."""
    signs = {"device": "the same phone"}
    code = code_of(member=luna.ben.pk, at=now)
    join(at=now, identities={"external": "first friend"}, invitation=Invitation(code, signs=signs))
    return join(
        at=now, identities={"external": "odd friend"}, details={"given_name": "Odd"},
        invitation=Invitation(code, signs=signs),
    ).member  # fmt: skip


def _asked(luna: Luna, now: Any) -> str:
    manager = Actor("staff", str(luna.staff["manager"].pk), "manager")
    with acting_for(luna.merchant, by=manager):
        row = ask_adjustment(members=[luna.ben.pk], amount=5000, reason="A broken window", key="k", at=now)
        return ids.encode("adr", row.pk)


def _partner(luna: Luna, now: Any) -> str:
    other = shop("bookshop", name="The bookshop")
    with acting_for(other, by=OTTO):
        publish(at=now)
    with acting_for(luna.merchant, by=MARA):
        row = propose_partnership(partner="bookshop", worth=Worth("10", "20"), at=now)
    with acting_for(other, by=OTTO):
        accept_partnership(agreement=row.pk, at=now)
    return ids.encode("prt", row.pk)


@pytest.fixture
def manager(lunas: Luna):
    return browser_of(lunas, "manager")


@pytest.fixture
def cashier(lunas: Luna):
    return browser_of(lunas, "cashier")


@pytest.fixture
def analyst(lunas: Luna):
    return browser_of(lunas, "analyst")
