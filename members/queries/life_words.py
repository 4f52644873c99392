"""What a member's story says of points that went to another member or came from one (only a first name, and none once
that member is erased), and of points that were set free in part."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext, ngettext

from loyalty.core.ledger.chart import Do
from members.models import PointsConversion, PointsTransfer, SettlementEntry
from members.queries import sayings, story
from members.queries.partners import merchants
from members.queries.sayings import Kind, Thing
from members.queries.sharing import first_names


@dataclass(frozen=True, slots=True)
class Between(Thing):
    """A transfer with the first names of its giver and receiver, "" where there is none."""

    giver: str = ""
    receiver: str = ""


def _tell(sources: list[UUID]) -> dict[UUID, Thing]:
    rows = list(PointsTransfer.objects.filter(pk__in=sources))
    names = first_names({row.giver_id for row in rows} | {row.receiver_id for row in rows})
    return {
        row.pk: Between(
            gettext("Another member"), row.kind, names.get(row.giver_id, ""), names.get(row.receiver_id, "")
        )
        for row in rows
    }


def _name(told: sayings.Told, *, giver: bool) -> str:
    between = told.thing
    if not isinstance(between, Between):
        return gettext("another member")
    return (between.giver if giver else between.receiver) or gettext("another member")


def _said(told: sayings.Told) -> sayings.Said:
    """One side of a transfer."""
    arrives = told.row.move == Do.GRANT
    household = told.thing is not None and told.thing.status == PointsTransfer.Kind.HOUSEHOLD
    points = told.voice.points(told.points)
    if arrives:
        title = gettext("From {name}").format(name=_name(told, giver=True))
        text = gettext("{points} from your household") if household else gettext("{points} given to you")
    else:
        title = gettext("To {name}").format(name=_name(told, giver=False))
        text = gettext("{points} used by your household") if household else gettext("{points} given away")
    return Kind.SHARED, title, text.format(points=points)


def _opened(told: sayings.Told) -> sayings.Said:
    """Points a member brought with them from another system."""
    title = gettext("Brought from before") if told.row.move == Do.GRANT else gettext("An import, undone")
    if told.row.pending:
        return Kind.ADJUSTMENT, title, gettext("{points}, to be spent later").format(points=told.amount)
    return Kind.ADJUSTMENT, title, told.row.reason or told.amount


def _brought_back(told: sayings.Told) -> sayings.Said:
    """A transfer that staff undid."""
    comes_back = told.row.move == Do.GIVE_BACK
    name = _name(told, giver=not comes_back)
    text = gettext("{points} came back") if comes_back else gettext("{points} went back")
    title = gettext("Back from {name}") if comes_back else gettext("Back to {name}")
    return Kind.SHARED, title.format(name=name), text.format(points=told.voice.points(told.points))


def _set_free(told: sayings.Told) -> sayings.Said:
    """A part of what an order held."""
    sentence = gettext("{points} that waited can be spent now").format(points=told.voice.points(told.points))
    return Kind.ACTIVATION, gettext("Ready to spend"), sentence


@dataclass(frozen=True, slots=True)
class Converted(Thing):
    """What a member's points became at the end of a period."""

    parts: int = 0
    cashback_minor: int = 0


def _tell_converted(sources: list[UUID]) -> dict[UUID, Thing]:
    rows = PointsConversion.objects.filter(pk__in=sources)
    return {row.pk: Converted(gettext("Points exchanged"), "", row.parts, row.cashback_minor) for row in rows}


def _converted(told: sayings.Told) -> sayings.Said:
    """Points that became something by themselves, or came back because the reward had run out."""
    points, title = told.voice.points(told.points), gettext("Points exchanged")
    thing = told.thing
    if told.row.move == Do.GIVE_BACK:
        text = gettext("{points} came back: there were no more rewards")
        return Kind.RETURNED, title, text.format(points=points)
    if isinstance(thing, Converted) and thing.cashback_minor:
        text = gettext("{points} became {amount} to spend")
        return (
            Kind.REDEMPTION,
            title,
            text.format(points=points, amount=told.voice.money(thing.cashback_minor)),
        )
    count = thing.parts if isinstance(thing, Converted) else 1
    text = ngettext("{points} became a reward", "{points} became {count} rewards", count)
    return Kind.REDEMPTION, title, text.format(points=points, count=count)


def _tell_partner(sources: list[UUID]) -> dict[UUID, Thing]:
    rows = SettlementEntry.objects.filter(pk__in=sources).select_related("partnership")
    shops = merchants(row.partnership.partner for row in rows)
    return {row.pk: Thing(shops[row.partnership.partner].name, "") for row in rows}


def _at_partner(told: sayings.Told) -> sayings.Said:
    """Points that were used at a partner, or came from there to be used here."""
    name = told.thing.name if told.thing is not None else gettext("a partner")
    points = told.voice.points(told.points)
    if told.row.move == Do.GRANT:
        title, text = gettext("From {name}"), gettext("{points} came from there")
    else:
        title, text = gettext("Used at {name}"), gettext("{points} used there")
    return Kind.SHARED, title.format(name=name), text.format(points=points)


def register() -> None:
    """Let stories tell of these. Called once, when the app starts."""
    story.register("conversion", _tell_converted)
    sayings.register_saying("conversion", "", _converted)
    sayings.register_saying("hold", "", _set_free)
    story.register("settlement", _tell_partner)
    sayings.register_saying("partner", "", _at_partner)
    story.register("transfer", _tell)
    sayings.register_saying("transfer", "", _said)
    sayings.register_saying("transfer_undone", "", _brought_back)
    sayings.register_saying("opening", "", _opened)
