"""The member's story: every movement in the books and every order that moved nothing, in words, with the why.

Rows are typed, so that portal, dashboard and API show the same story in their own clothes. What lies on a
higher floor (a reward's name) is told by tellers that its app registers when it starts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from loyalty.core.ledger.chart import POINTS, Do
from loyalty.core.ledger.queries import StatementRow, statement
from members.models import Activity, Order, Refund
from members.queries.activity_words import standing
from members.queries.rule_words import say
from members.queries.why import Voice, Why, explain, voice_of_scope
from members.rules.conditions.activities import kind_words


class Kind(StrEnum):
    """What a row is about. Faces choose icon and colour by it."""

    ORDER = "order"
    ACTIVITY = "activity"  # something they did besides buying
    REFUND = "refund"  # money went back; points taken back with it
    REDEMPTION = "redemption"  # points set aside or spent for a reward
    RETURNED = "returned"  # points of a redemption that came back
    ADJUSTMENT = "adjustment"  # by hand, with a reason
    ACTIVATION = "activation"  # points that waited can be spent
    EXPIRY = "expiry"
    REFERRAL = "referral"  # for bringing a friend, or coming by one
    MOVED = "moved"  # two memberships became one
    CLOSED = "closed"  # the membership ended
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something of a higher floor a row points to: what people call it, and how far it has come."""

    name: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class StoryRow:
    """One thing that happened. `change` is of spendable points, `pending_change` of points that still wait;
    `balance_after` what could be spent after it, changed or not; None where nothing was posted. `shortfall`:
    points a refund should have taken but could not. `id` pages."""

    id: UUID
    kind: Kind
    title: str
    sentence: str
    change: int
    pending_change: int
    balance_after: int | None
    shortfall: int
    happened_at: datetime
    recorded_at: datetime
    actor: str = ""
    reason: str = ""
    source_kind: str = ""
    source: UUID | None = None
    order: Order | None = None
    refund: Refund | None = None
    activity: Activity | None = None
    thing: Thing | None = None
    why: tuple[Why, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, last recorded first, and the `before` of the next page; None when this is the end."""

    rows: list[StoryRow]
    next: UUID | None


Teller = Callable[[list[UUID]], dict[UUID, Thing]]
_tellers: dict[str, Teller] = {}


def register(source_kind: str, teller: Teller) -> None:
    """Let an upper app name what its transfers are about. `teller` gets all sources of a page at once."""
    _tellers[source_kind] = teller


def story(
    member: UUID, *, before: UUID | None = None, limit: int = 50, unit: str = POINTS, plain: bool = False
) -> Page:
    """A page of a member's story; `plain` as told to the member. A handful of queries, however long the page."""
    voice, rows, at = voice_of_scope(plain=plain), [], before
    while True:
        found, at = _read(member, at, limit, unit)
        rows += found
        if at is None or len(rows) >= limit:
            break
    left_over = len(rows) > limit
    rows = rows[:limit]
    told = _tell(rows, voice)
    return Page(told, told[-1].id if told and (left_over or at is not None) else None)


_Found = StatementRow | Order | Refund | Activity


def _id(found: _Found) -> UUID:
    return found.transfer if isinstance(found, StatementRow) else found.pk


def _read(member: UUID, before: UUID | None, limit: int, unit: str) -> tuple[list[_Found], UUID | None]:
    """The next rows of three streams that are all sorted by time-ordered ids, and where to read on.

    A stream that is full may have more below its last row; nothing older than that may be shown yet.
    """
    posted = statement(member, unit=unit, before=before, limit=limit)
    streams: list[list[_Found]] = [list(posted)]
    if unit == POINTS:
        orders = Order.objects.filter(member=member, points_earned=0).order_by("-id")
        refunds = Refund.objects.filter(order__member=member, points_taken=0).order_by("-id")
        activities = Activity.objects.filter(member=member, points_earned=0).order_by("-id")
        for silent in (orders, refunds, activities):
            older = silent.filter(pk__lt=before) if before else silent
            streams.append(list(older[:limit]))
    ends = [_id(stream[-1]) for stream in streams if len(stream) == limit]
    horizon = max(ends, default=None)
    found = sorted((row for stream in streams for row in stream), key=_id, reverse=True)
    return [row for row in found if (horizon is None or _id(row) >= horizon) and not _folded(row)], horizon


def _folded(row: _Found) -> bool:
    """A commit changes nothing the member can spend: the row that set the points aside tells it."""
    return isinstance(row, StatementRow) and row.move == Do.COMMIT


def _tell(found: list[_Found], voice: Voice) -> list[StoryRow]:
    posted = [row for row in found if isinstance(row, StatementRow)]
    refunds = [row for row in found if isinstance(row, Refund)]
    orders = _by_id(Order, {row.source for row in posted if row.source_kind == "order"}
                    | {refund.order_id for refund in refunds})  # fmt: skip
    named = _by_id(Refund, {_refund_of(row) for row in posted})
    done = _by_id(Activity, {row.source for row in posted if row.source_kind == "activity"})
    things: dict[Any, Thing] = {}
    for source_kind, teller in _tellers.items():
        sources = {row.source for row in posted if row.source_kind == source_kind and row.source}
        if sources:
            things |= teller(sorted(sources))
    rows = []
    for row in found:
        if isinstance(row, Order):
            rows.append(_silent_order(row, voice))
        elif isinstance(row, Refund):
            rows.append(_silent_refund(row, orders.get(row.order_id), voice))
        elif isinstance(row, Activity):
            rows.append(_silent_activity(row, voice))
        elif row.source in done and row.kind in ("earn", "undo"):
            rows.append(_rewarded(row, done[row.source], voice))
        else:
            about = orders.get(row.source), named.get(_refund_of(row)), things.get(row.source)
            rows.append(_posted(row, *about, voice))
    return rows


def _by_id(model: Any, keys: Iterable[UUID | None]) -> dict[UUID | None, Any]:
    wanted = {key for key in keys if key}
    return {row.pk: row for row in model.objects.filter(pk__in=wanted)} if wanted else {}


def _refund_of(row: StatementRow) -> UUID | None:
    """The refund behind a posting that took points back."""
    named = row.data.get("refund") if isinstance(row.data, dict) else None
    return UUID(named) if named else None


def _posted(
    row: StatementRow, order: Order | None, refund: Refund | None, thing: Thing | None, voice: Voice
) -> StoryRow:
    change, points = row.available + row.debt, abs(row.available + row.debt + row.pending)
    teller = _SAYINGS.get((row.kind, row.move), _SAYINGS.get((row.kind, ""), _other))
    why = tuple(explain(order.decision, voice)) if order is not None and row.kind == "earn" else ()
    kind, title, sentence = teller(Told(row, change, points, order, refund, thing, why, voice))
    return StoryRow(
        id=row.transfer, kind=kind, title=title, sentence=sentence, change=change, pending_change=row.pending,
        balance_after=row.balance_after, shortfall=row.shortfall, happened_at=row.happened_at,
        recorded_at=row.recorded_at, actor=row.actor, reason=row.reason, source_kind=row.source_kind,
        source=row.source, order=order, refund=refund, thing=thing, why=why,
    )  # fmt: skip


def _silent_order(order: Order, voice: Voice) -> StoryRow:
    why = tuple(explain(order.decision, voice))
    return StoryRow(
        id=order.pk, kind=Kind.ORDER, title=_purchase(order, voice), sentence=_because(why, voice), change=0,
        pending_change=0, balance_after=None, shortfall=0, happened_at=order.placed_at,
        recorded_at=order.recorded_at, source_kind="order", source=order.pk, order=order, why=why,
    )  # fmt: skip


def _silent_activity(activity: Activity, voice: Voice) -> StoryRow:
    why = tuple(explain(activity.decision, voice))
    return StoryRow(
        id=activity.pk, kind=Kind.ACTIVITY, title=_doing(activity, voice), sentence=standing(activity) or
        _because(why, voice), change=0, pending_change=0, balance_after=None, shortfall=activity.shortfall,
        happened_at=activity.happened_at, recorded_at=activity.recorded_at, source_kind="activity",
        source=activity.pk, activity=activity, why=why,
    )  # fmt: skip


def _rewarded(row: StatementRow, activity: Activity, voice: Voice) -> StoryRow:
    """An activity that earned, or was undone."""
    silent = _silent_activity(activity, voice)
    sentence = _because(silent.why, voice) if row.kind == "earn" else silent.sentence
    if row.pending > 0:
        sentence = gettext("{reason}. They can be spent later").format(reason=sentence)
    return replace(
        silent, id=row.transfer, sentence=sentence, change=row.available + row.debt, pending_change=row.pending,
        balance_after=row.balance_after, actor=row.actor, reason=row.reason, shortfall=row.shortfall,
        happened_at=row.happened_at, recorded_at=row.recorded_at,
    )  # fmt: skip


def _doing(activity: Activity, voice: Voice) -> str:
    """What they did, as a title: "For a review of latte"."""
    words = say(kind_words(activity.kind), voice)
    product = activity.product or {}
    if product:
        words = f"{words} · {product.get('name') or product.get('sku')}"
    return words[:1].upper() + words[1:]


def _silent_refund(refund: Refund, order: Order | None, voice: Voice) -> StoryRow:
    return StoryRow(
        id=refund.pk, kind=Kind.REFUND, title=_given_back(refund, voice),
        sentence=_short(0, refund.shortfall, voice), change=0, pending_change=0, balance_after=None,
        shortfall=refund.shortfall, happened_at=refund.refunded_at, recorded_at=refund.recorded_at,
        source_kind="order", source=refund.order_id, order=order, refund=refund,
    )  # fmt: skip


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


_Said = tuple[Kind, str, str]


def _purchase(order: Order, voice: Voice) -> str:
    title = gettext("Purchase of {amount}").format(amount=voice.money(order.total_minor))
    if order.status == Order.Status.CANCELLED:
        return gettext("{purchase}, cancelled").format(purchase=title)
    return title


def _because(why: tuple[Why, ...], voice: Voice) -> str:
    """The reasons that count: those that gave points, or, when none did, what kept each rule from it."""
    counted = [one.sentence for one in why if one.matched] or [one.sentence for one in why]
    none = gettext("No {word}: no rule gave any for this").format(word=voice.word())
    return "; ".join(counted) or none


def _earned(told: Told) -> _Said:
    voice = told.voice
    title = _purchase(told.order, voice) if told.order else gettext("Purchase")
    sentence = _because(told.why, voice) if told.why else voice.points(told.points)
    if told.row.pending:
        waiting = gettext("{reason}. They can be spent later")
        return Kind.ORDER, title, waiting.format(reason=sentence)
    return Kind.ORDER, title, sentence


def _given_back(refund: Refund | None, voice: Voice) -> str:
    if refund is None:
        return gettext("Refund")
    text = gettext("Order cancelled, {amount} back") if refund.cancels else gettext("Refund of {amount}")
    return text.format(amount=voice.money(refund.amount_minor))


def _short(taken: int, shortfall: int, voice: Voice) -> str:
    if taken and shortfall:
        text = gettext("{points} taken back; {missing} more had already been used and stay used")
    elif shortfall:
        text = gettext("Nothing taken back: the {missing} it had given were already used")
    elif taken:
        text = gettext("{points} taken back, in proportion to what was refunded")
    else:
        text = gettext("No {word} to take back")
    return text.format(points=voice.points(taken), missing=voice.points(shortfall), word=voice.word())


def _taken_back(told: Told) -> _Said:
    return (Kind.REFUND, _given_back(told.refund, told.voice),
            _short(told.points, told.row.shortfall, told.voice))  # fmt: skip


_COME_SO_FAR = {
    "reserved": lambda: gettext("{points} set aside for “{name}”"),
    "committed": lambda: gettext("{points} used for “{name}”"),
    "released": lambda: gettext("{points} set aside for “{name}”; they came back"),
    "reversed": lambda: gettext("{points} used for “{name}”; they came back"),
}


def _redeemed(told: Told) -> _Said:
    thing = told.thing or Thing(gettext("a reward"), "committed")
    text = _COME_SO_FAR.get(thing.status, _COME_SO_FAR["committed"])()
    return Kind.REDEMPTION, thing.name, text.format(points=told.voice.points(told.points), name=thing.name)


def _returned(told: Told) -> _Said:
    thing = told.thing or Thing(gettext("a reward"))
    text = (
        gettext("{points} set aside for “{name}” came back")
        if told.row.move == Do.RELEASE
        else gettext("{points} used for “{name}” came back")
    )
    if told.row.reason:
        text = gettext("{sentence}: {reason}").format(sentence=text, reason="{reason}")
    sentence = text.format(points=told.voice.points(told.points), name=thing.name, reason=told.row.reason)
    return Kind.RETURNED, thing.name, sentence


def _adjusted(told: Told) -> _Said:
    given = told.row.move == Do.GRANT
    title = gettext("Given by the shop") if given else gettext("Taken by the shop")
    text = gettext("{points} given: {reason}") if given else gettext("{points} taken: {reason}")
    return Kind.ADJUSTMENT, title, text.format(points=told.voice.points(told.points), reason=told.row.reason)


def _activated(told: Told) -> _Said:
    sentence = gettext("{points} that waited can be spent now").format(
        points=told.voice.points(abs(told.row.pending))
    )
    return Kind.ACTIVATION, gettext("Ready to spend"), sentence


def _expired(told: Told) -> _Said:
    sentence = gettext("{points} were not used in time").format(points=told.voice.points(told.points))
    return Kind.EXPIRY, gettext("Expired"), sentence


def _moved(told: Told) -> _Said:
    text = (
        gettext("{points} came from a membership that was joined with this one, with their dates")
        if told.row.move == Do.GRANT
        else gettext("{points} went to the membership this one was joined with, with their dates")
    )
    return Kind.MOVED, gettext("Memberships joined"), text.format(points=told.voice.points(told.points))


def _closed(told: Told) -> _Said:
    sentence = gettext("{points} ended with the membership").format(points=told.voice.points(told.points))
    return Kind.CLOSED, gettext("Membership closed"), sentence


def _other(told: Told) -> _Said:
    return Kind.OTHER, told.row.kind, told.row.reason or told.voice.points(told.points)


_SAYINGS: dict[tuple[str, str], Callable[[Told], _Said]] = {
    ("earn", ""): _earned,
    ("refund", ""): _taken_back,
    ("redemption", "spend"): _redeemed,
    ("redemption", "release"): _returned,
    ("redemption", "give_back"): _returned,
    ("adjustment", ""): _adjusted,
    ("activation", ""): _activated,
    ("expiry", ""): _expired,
    ("merge", ""): _moved,
    ("forfeit", ""): _closed,
}


def register_saying(kind: str, saying: Callable[[Told], _Said], move: str = "") -> None:
    """Let another module say transfers of a kind (and move, if given)."""
    _SAYINGS[kind, move] = saying
