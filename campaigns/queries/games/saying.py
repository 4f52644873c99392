"""Challenges in a member's story: the points they gave, and what a refund took back."""

from uuid import UUID

from django.utils.translation import gettext

from campaigns.models import ChallengeAward
from loyalty.core.ledger.chart import Do
from members.queries.sayings import Kind, Thing, Told, register_saying
from members.queries.story import register


def tell(awards: list[UUID]) -> dict[UUID, Thing]:
    """What each award was for: the challenge's name."""
    rows = ChallengeAward.objects.filter(pk__in=awards).values_list("pk", "challenge__name")
    return {pk: Thing(name) for pk, name in rows}


def _said(told: Told) -> tuple[Kind, str, str]:
    title = (
        gettext("Challenge “{name}”").format(name=told.thing.name) if told.thing else gettext("A challenge")
    )
    amount = told.voice.units(told.points, told.row.unit)
    if told.row.move == Do.GRANT:
        return Kind.ACTIVITY, title, gettext("{amount} for reaching a milestone").format(amount=amount)
    text = gettext("{amount} taken back: what they were given for was returned")
    return Kind.REFUND, title, text.format(amount=amount)


def register_words() -> None:
    """Tell challenges wherever stories are told. Called once, when the app starts."""
    register("challenge", tell)
    register_saying("challenge", "", _said)
