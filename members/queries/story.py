"""The member's story: every movement in the books and every order that moved nothing, in words, with the why.

Rows are typed, so that portal, dashboard and API show the same story in their own clothes. What lies on a
higher floor (a reward's name) is told by tellers that its app registers when it starts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from loyalty.core.ledger.chart import POINTS, Do
from loyalty.core.ledger.queries import StatementRow, statement
from members.models import Activity, Order, Refund
from members.queries.activity_words import standing
from members.queries.given import Given, given
from members.queries.rule_words import say
from members.queries.sayings import (
    SAYINGS,
    Kind,
    Thing,
    Told,
    because,
    given_back,
    occasion,
    other,
    purchase,
    short,
)
from members.queries.why import Voice, Why, explain, voice_of_scope
from members.rules.conditions.activities import kind_words
from members.rules.owning import owner_of


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


_Found = StatementRow | Order | Refund | Activity | Given


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
        streams.append(list(given(member, before, limit)))
    ends = [_id(stream[-1]) for stream in streams if len(stream) == limit]
    horizon = max(ends, default=None)
    found = sorted((row for stream in streams for row in stream), key=_id, reverse=True)
    return [row for row in found if (horizon is None or _id(row) >= horizon) and not _folded(row)], horizon


def _folded(row: _Found) -> bool:
    """A commit changes nothing the member can spend: the row that set the points aside tells it. What leaves a held lot
    in part is told where it arrives."""
    if not isinstance(row, StatementRow):
        return False
    return row.move == Do.COMMIT or (row.kind == "hold" and row.move == Do.TAKE_BACK)


def _tell(found: list[_Found], voice: Voice) -> list[StoryRow]:
    posted = [row for row in found if isinstance(row, StatementRow)]
    refunds = [row for row in found if isinstance(row, Refund)]
    sourced: list[StatementRow | Given] = [*posted, *(row for row in found if isinstance(row, Given))]
    orders = _by_id(Order, {row.source for row in sourced if row.source_kind == "order"}
                    | {refund.order_id for refund in refunds})  # fmt: skip
    named = _by_id(Refund, {_refund_of(row) for row in posted})
    done = _by_id(Activity, {row.source for row in sourced if row.source_kind == "activity"})
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
        elif isinstance(row, Given):
            rows.append(_gift(row, orders.get(row.source), done.get(row.source), voice))
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
    teller = SAYINGS.get((row.kind, row.move), SAYINGS.get((row.kind, ""), other))
    why = _own(row, explain(order.decision, voice)) if order is not None and row.kind == "earn" else ()
    kind, title, sentence = teller(Told(row, change, points, order, refund, thing, why, voice))
    return StoryRow(
        id=row.transfer, kind=kind, title=title, sentence=sentence, change=change, pending_change=row.pending,
        balance_after=row.balance_after, shortfall=row.shortfall, happened_at=row.happened_at,
        recorded_at=row.recorded_at, actor=row.actor, reason=row.reason, source_kind=row.source_kind,
        source=row.source, order=order, refund=refund, thing=thing, why=why,
    )  # fmt: skip


def _own(row: StatementRow, why: Iterable[Why]) -> tuple[Why, ...]:
    """Of a decision's reasons those of one posting: what a campaign gave is posted by itself, and told there."""
    owner = owner_of(row.rule.partition(",")[0])
    return tuple(one for one in why if owner_of(one.rule) == owner or not (owner or one.matched))


def _silent_order(order: Order, voice: Voice) -> StoryRow:
    why = tuple(explain(order.decision, voice))
    return StoryRow(
        id=order.pk, kind=Kind.ORDER, title=purchase(order, voice), sentence=because(why, voice), change=0,
        pending_change=0, balance_after=None, shortfall=0, happened_at=order.placed_at,
        recorded_at=order.recorded_at, source_kind="order", source=order.pk, order=order, why=why,
    )  # fmt: skip


def _silent_activity(activity: Activity, voice: Voice) -> StoryRow:
    why = tuple(explain(activity.decision, voice))
    return StoryRow(
        id=activity.pk, kind=Kind.ACTIVITY, title=_doing(activity, voice), sentence=standing(activity) or
        because(why, voice), change=0, pending_change=0, balance_after=None, shortfall=activity.shortfall,
        happened_at=activity.happened_at, recorded_at=activity.recorded_at, source_kind="activity",
        source=activity.pk, activity=activity, why=why,
    )  # fmt: skip


def _gift(row: Given, order: Order | None, done: Activity | None, voice: Voice) -> StoryRow:
    if order is not None:
        what_for = purchase(order, voice)
    else:
        what_for = _doing(done, voice) if done else occasion(row.source_kind)
    text = gettext("A gift, taken back: {reason}") if row.taken_back else gettext("A gift: {reason}")
    return StoryRow(
        id=row.pk, kind=Kind.GIFT, title=row.name, sentence=text.format(reason=what_for), change=0, pending_change=0,
        balance_after=None, shortfall=0, happened_at=row.given_at, recorded_at=row.given_at,
        source_kind=row.source_kind, source=row.source, order=order, activity=done,
    )  # fmt: skip


def _rewarded(row: StatementRow, activity: Activity, voice: Voice) -> StoryRow:
    """An activity that earned, or was undone."""
    silent = _silent_activity(activity, voice)
    silent = replace(silent, why=_own(row, silent.why)) if row.kind == "earn" else silent
    sentence = because(silent.why, voice) if row.kind == "earn" else silent.sentence
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
        id=refund.pk, kind=Kind.REFUND, title=given_back(refund, voice),
        sentence=short(0, refund.shortfall, voice), change=0, pending_change=0, balance_after=None,
        shortfall=refund.shortfall, happened_at=refund.refunded_at, recorded_at=refund.recorded_at,
        source_kind="order", source=refund.order_id, order=order, refund=refund,
    )  # fmt: skip
