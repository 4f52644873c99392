"""Referrals in a member's story: what they got for bringing a friend, for joining by one, and what was taken back."""

from uuid import UUID

from django.utils.translation import gettext

from loyalty.core.ledger.chart import Do
from members.models import ReferralPayout
from members.queries.sayings import Kind, Thing, Told, register_saying
from members.queries.story import register

_SIDES = {
    ReferralPayout.Role.REFERRER.value: lambda: gettext("For bringing a friend"),
    ReferralPayout.Role.FRIEND.value: lambda: gettext("For coming by a friend"),
    ReferralPayout.Role.COMMISSION.value: lambda: gettext("Commission for a friend’s purchase"),
}


def tell(payouts: list[UUID]) -> dict[UUID, Thing]:
    """What each payout is for; how far it has come is its role."""
    rows = ReferralPayout.objects.filter(pk__in=payouts).values_list("pk", "role")
    return {pk: Thing(_SIDES[role](), role) for pk, role in rows}


def _said(told: Told) -> tuple[Kind, str, str]:
    thing = told.thing or Thing(gettext("Friends"), "")
    amount = told.voice.units(told.points, told.row.unit)
    if told.row.move == Do.GRANT:
        text = {
            ReferralPayout.Role.REFERRER.value: gettext("{amount} for a friend who has made a purchase"),
            ReferralPayout.Role.FRIEND.value: gettext(
                "{amount} for joining by a friend’s code and making a purchase"
            ),
        }.get(thing.status, gettext("{amount} as a part of what the friend bought"))
    else:
        text = gettext("{amount} taken back: the purchase they were given for was returned")
    return Kind.REFERRAL, thing.name, text.format(amount=amount)


def register_words() -> None:
    """Tell referrals wherever stories are told. Called once, when the app starts."""
    register("referral", tell)
    register_saying("referral", "", _said)
