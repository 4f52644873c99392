"""The shop's holdout as two groups of members over a stretch of time: who was held out all of it, and who never was."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from campaigns.queries.experiments import figures
from campaigns.rules.experiments import Moments
from campaigns.rules.experiments.metrics import Measure
from campaigns.rules.experiments.spans import Span, held_span
from members.queries.comparisons import current

HELD_OUT, OTHERS, MIXED = "held_out", "", "mixed"
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Group:
    """One of the two: how many members, how many of them bought, how often, and what they spent in minor units with
    what came back taken off; `spend` are the sums that statistics need of that."""

    members: int
    buyers: int
    orders: int
    spent_minor: int
    spend: Moments


@dataclass(frozen=True, slots=True)
class Apart:
    """Both groups over the time they can be compared in. `mixed` members are left out: they are two who became one and
    stood on different sides."""

    span: Span
    held_out: Group
    others: Group
    mixed: int


def apart(*, since: datetime, until: datetime) -> Apart | None:
    """The groups in the last stretch between two instants in which somebody was held out; None where nobody was."""
    book = current()
    span = held_span(book.holdouts, since=since, until=until)
    if span is None:
        return None
    found = figures.apart(salt=book.salt, span=span)
    mixed = found.get(MIXED, {}).get(Measure.SPEND, Moments()).n
    return Apart(span, _group(found.get(HELD_OUT, {})), _group(found.get(OTHERS, {})), mixed)


def _group(sums: dict[Measure, Moments]) -> Group:
    spend, orders, bought = (
        sums.get(one, Moments()) for one in (Measure.SPEND, Measure.ORDERS, Measure.BOUGHT)
    )
    return Group(spend.n, round(bought.y), round(orders.y), round(spend.y), spend)


@dataclass(frozen=True, slots=True)
class Row:
    """A member of a group: how often they bought, and what they spent in minor units."""

    member: UUID
    orders: int
    spent_minor: int


def group_rows(span: Span, *, held_out: bool, most: int, after: int = 0) -> list[Row]:
    """The members of one group, who spent most first: together they are the group's figures."""
    variant = HELD_OUT if held_out else OTHERS
    found = figures.apart_rows(salt=current().salt, span=span, variant=variant, most=most, after=after)
    return [Row(*one) for one in found]


def every_row(span: Span, *, held_out: bool) -> Iterator[Row]:
    """All of `group_rows`, for a file."""
    after = 0
    while found := group_rows(span, held_out=held_out, most=_AT_ONCE, after=after):
        yield from found
        after += len(found)
