"""The words of the story: each kind of movement in the books as a title and a sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext

from loyalty.core.ledger.chart import POINTS, Do
from loyalty.core.ledger.queries import StatementRow
from members.models import Order, Refund
from members.queries.why import Voice, Why


class Kind(StrEnum):
    """What a row is about. Faces choose icon and colour by it."""

    ORDER = "order"
    ACTIVITY = "activity"  # something they did besides buying
    REFUND = "refund"  # money went back; points taken back with it
    REDEMPTION = "redemption"  # points set aside or spent for a reward
    RETURNED = "returned"  # points of a redemption that came back
    GIFT = "gift"  # a reward without points
    ADJUSTMENT = "adjustment"  # by hand, with a reason
    ACTIVATION = "activation"  # points that waited can be spent
    EXPIRY = "expiry"
    REFERRAL = "referral"  # for bringing a friend, or coming by one
    SHARED = "shared"  # given to another member, or by one
    MOVED = "moved"  # two memberships became one
    CLOSED = "closed"  # the membership ended
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something of a higher floor a row points to: what people call it, and how far it has come."""

    name: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a saying may use. `points` is how many moved, without a sign."""

    row: StatementRow
    change: int
    points: int
    order: Order | None
    refund: Refund | None
    thing: Thing | None
    why: tuple[Why, ...]
    voice: Voice

    @property
    def amount(self) -> str:
        """How many moved, with the unit's word."""
        return self.voice.units(self.points, self.row.unit)


Said = tuple[Kind, str, str]


def occasion(source_kind: str) -> str:
    """What a gift was for, where it was no purchase and no activity."""
    match source_kind:
        case "card":
            return gettext("A full stamp card")
        case "offer":
            return gettext("An offer you activated")
        case "referral":
            return gettext("A friend you brought")
        case "challenge":
            return gettext("A challenge you took part in")
        case "draw":
            return gettext("A prize draw")
        case "instant_win":
            return gettext("An instant win")
        case _:
            return gettext("From the shop")


def purchase(order: Order, voice: Voice) -> str:
    """A purchase as a title."""
    title = gettext("Purchase of {amount}").format(amount=voice.money(order.total_minor))
    if order.status == Order.Status.CANCELLED:
        return gettext("{purchase}, cancelled").format(purchase=title)
    return title


def because(why: tuple[Why, ...], voice: Voice) -> str:
    """The reasons that count: those that gave points, or, when none did, what kept each rule from it."""
    counted = [one.sentence for one in why if one.matched] or [one.sentence for one in why]
    none = gettext("No {word}: no rule gave any for this").format(word=voice.word())
    return "; ".join(counted) or none


def _earned(told: Told) -> Said:
    voice = told.voice
    title = purchase(told.order, voice) if told.order else gettext("Purchase")
    sentence = because(told.why, voice) if told.why else told.amount
    if told.row.pending:
        waiting = gettext("{reason}. They can be spent later")
        return Kind.ORDER, title, waiting.format(reason=sentence)
    return Kind.ORDER, title, sentence


def given_back(refund: Refund | None, voice: Voice) -> str:
    """A refund as a title."""
    if refund is None:
        return gettext("Refund")
    text = gettext("Order cancelled, {amount} back") if refund.cancels else gettext("Refund of {amount}")
    return text.format(amount=voice.money(refund.amount_minor))


def short(taken: int, shortfall: int, voice: Voice, unit: str = POINTS) -> str:
    """What a refund took back, and what it could not."""
    if taken and shortfall:
        text = gettext("{points} taken back; {missing} more had already been used and stay used")
    elif shortfall:
        text = gettext("Nothing taken back: the {missing} it had given were already used")
    elif taken:
        text = gettext("{points} taken back, in proportion to what was refunded")
    else:
        text = gettext("No {word} to take back")
    return text.format(
        points=voice.units(taken, unit), missing=voice.units(shortfall, unit), word=voice.unit_word(unit)
    )


def _taken_back(told: Told) -> Said:
    return (Kind.REFUND, given_back(told.refund, told.voice),
            short(told.points, told.row.shortfall, told.voice, told.row.unit))  # fmt: skip


_COME_SO_FAR = {
    "reserved": lambda: gettext("{points} set aside for “{name}”"),
    "committed": lambda: gettext("{points} used for “{name}”"),
    "released": lambda: gettext("{points} set aside for “{name}”; they came back"),
    "reversed": lambda: gettext("{points} used for “{name}”; they came back"),
}


def _redeemed(told: Told) -> Said:
    thing = told.thing or Thing(gettext("a reward"), "committed")
    text = _COME_SO_FAR.get(thing.status, _COME_SO_FAR["committed"])()
    return Kind.REDEMPTION, thing.name, text.format(points=told.amount, name=thing.name)


def _returned(told: Told) -> Said:
    thing = told.thing or Thing(gettext("a reward"))
    text = (
        gettext("{points} set aside for “{name}” came back")
        if told.row.move == Do.RELEASE
        else gettext("{points} used for “{name}” came back")
    )
    if told.row.reason:
        text = gettext("{sentence}: {reason}").format(sentence=text, reason="{reason}")
    sentence = text.format(points=told.amount, name=thing.name, reason=told.row.reason)
    return Kind.RETURNED, thing.name, sentence


def _adjusted(told: Told) -> Said:
    given = told.row.move == Do.GRANT
    title = gettext("Given by the shop") if given else gettext("Taken by the shop")
    text = gettext("{points} given: {reason}") if given else gettext("{points} taken: {reason}")
    return Kind.ADJUSTMENT, title, text.format(points=told.amount, reason=told.row.reason)


def _adjustment_undone(told: Told) -> Said:
    text = (
        gettext("{points} given back: {reason}")
        if told.row.move == Do.GIVE_BACK
        else gettext("{points} taken back: {reason}")
    )
    sentence = text.format(points=told.amount, reason=told.row.reason)
    return Kind.ADJUSTMENT, gettext("A change by hand, undone"), sentence


def _activated(told: Told) -> Said:
    sentence = gettext("{points} that waited can be spent now").format(
        points=told.voice.units(abs(told.row.pending), told.row.unit)
    )
    return Kind.ACTIVATION, gettext("Ready to spend"), sentence


def _expired(told: Told) -> Said:
    sentence = gettext("{points} were not used in time").format(points=told.amount)
    return Kind.EXPIRY, gettext("Expired"), sentence


def _moved(told: Told) -> Said:
    text = (
        gettext("{points} came from a membership that was joined with this one, with their dates")
        if told.row.move == Do.GRANT
        else gettext("{points} went to the membership this one was joined with, with their dates")
    )
    return Kind.MOVED, gettext("Memberships joined"), text.format(points=told.amount)


def _closed(told: Told) -> Said:
    sentence = gettext("{points} ended with the membership").format(points=told.amount)
    return Kind.CLOSED, gettext("Membership closed"), sentence


def _card(told: Told) -> Said:
    if told.row.move == Do.GIVE_BACK:
        return (
            Kind.RETURNED,
            gettext("Stamp card"),
            gettext("{points} are back on the card").format(points=told.amount),
        )
    sentence = gettext("{points} filled the card, and its reward is yours").format(points=told.amount)
    return Kind.REDEMPTION, gettext("Stamp card full"), sentence


def other(told: Told) -> Said:
    """A movement nothing else has words for."""
    return Kind.OTHER, told.row.kind, told.row.reason or told.amount


SAYINGS: dict[tuple[str, str], Callable[[Told], Said]] = {
    ("earn", ""): _earned,
    ("refund", ""): _taken_back,
    ("redemption", "spend"): _redeemed,
    ("redemption", "release"): _returned,
    ("redemption", "give_back"): _returned,
    ("card", ""): _card,
    ("adjustment", ""): _adjusted,
    ("adjustment_undone", ""): _adjustment_undone,
    ("activation", ""): _activated,
    ("expiry", ""): _expired,
    ("merge", ""): _moved,
    ("forfeit", ""): _closed,
}


def register_saying(kind: str, move: str, saying: Callable[[Told], Said]) -> None:
    """Let another module put a kind of movement into words; `move` "" is every one."""
    SAYINGS[kind, move] = saying
