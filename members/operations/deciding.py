"""Orders on their way into the books: whether they make sense, whose they are, what the engine says, what is written.

Reads and decides; writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.ids import fingerprint
from loyalty.core.ledger.chart import POINTS
from loyalty.core.merchants.models import Merchant
from loyalty.core.money import MAX_POINTS
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.operations.counting import expected
from members.operations.granting import NO_TERMS, Source, grants
from members.queries import adding, usage
from members.queries.comparisons import book
from members.queries.identifying import normal
from members.queries.order_facts import Known, look_up
from members.rules.comparisons import Comparisons, decide_compared
from members.rules.conditions.order_of_events import PURCHASE
from members.rules.decision import Decision
from members.rules.engine import paid_by_line
from members.rules.facts import Facts, Happened, MemberFacts
from members.rules.points_life import Terms, terms
from members.rules.products import completed, lacking
from members.rules.shopping import MemberRef, NewOrder, order_problems
from members.rules.usage import Sheet, asked_by, asking_segments, uses

type Refusals = dict[int, DomainError]
IN_FORCE: Final = "in_force"
type DecidedBy = Literal["in_force"] | UUID | None
"""Which programme decides: the one in force when it is asked, a published version by its id, or none."""


class MemberNotFound(DomainError):
    code = "member_not_found"
    message = _("No member is known by this. Join them first, or send the order without a member.")
    field = "member"


class TooManyPoints(DomainError):
    code = "too_many_points"
    message = _(
        "This order would earn {points} points, more than the books take at once. Check its amount"
        " and the rules."
    )
    field = "lines"


def refuse_too_many(decision: Decision) -> None:
    """Raises `TooManyPoints` when a decision gives more of a unit than the books take at once."""
    most = max((decision.earned(unit) for unit in decision.units()), default=0)
    if most > MAX_POINTS:
        raise TooManyPoints(points=most)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an order led to. `balance` is spendable points after it; None where nothing was posted."""

    order: UUID | None
    member: UUID | None
    decision: Decision
    terms: Terms
    points: int
    replayed: bool = False
    balance: int | None = None
    version: UUID | None = None


@dataclass(slots=True)
class Plan:
    """One decided order: its place in the batch, what it leads to, and its row for `orders.sql`."""

    index: int
    fingerprint: UUID
    outcome: Outcome
    row: dict[str, Any]

    @property
    def source(self) -> Source:
        """The order as what it earns is granted for it; it has a member."""
        row = self.row
        return Source(
            kind="order",
            id=row["id"],
            owner=row["member"],
            at=row["at"],
            now=row["now"],
            version=row["version"],
        )

    @property
    def last_of_points(self) -> int:
        """Which of its postings is the last of points: after it the balance is what can be spent. They come first."""
        return sum(one["unit"] == POINTS for one in self.row["postings"]) - 1


@dataclass(slots=True)
class Batch:
    """Decided orders. `again` are those whose name is taken already; `expected` what was compared (`counting`)."""

    plans: list[Plan] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    expected: dict[str, Any] | None = None


def sane(
    orders: Sequence[NewOrder], *, shop: Merchant, at: datetime, refused: Refusals
) -> dict[int, tuple[str, str] | None]:
    """Which orders make sense, with the normalised way their member is named; refusals go to `refused`."""
    found: dict[int, tuple[str, str] | None] = {}
    for index, order in enumerate(orders):
        problems = order_problems(order, currency=shop.currency, at=at)
        if problems:
            refused[index] = InvalidInput(
                [{"field": f, "code": "invalid", "message": m} for f, m in problems]
            )
            continue
        try:
            found[index] = named(order.member) if order.member else None
        except DomainError as error:
            refused[index] = error
    return found


def named(member: MemberRef) -> tuple[str, str]:
    """How a member is named, normalised. Raises `MemberNotFound` for an id that is none, and `InvalidInput`."""
    kind, value = member.given()[0]
    if kind == "id":
        try:
            return kind, str(ids.decode("mbr", value))
        except DomainError:
            raise MemberNotFound() from None
    try:
        return kind, normal(kind, value)
    except InvalidInput as error:
        raise InvalidInput([{**found, "field": f"member.{kind}"} for found in error.errors]) from None


def plan(
    members: dict[int, tuple[str, str] | None],
    *,
    orders: Sequence[NewOrder],
    shop: Merchant,
    at: datetime,
    refused: Refusals,
    when: datetime | None = None,
    by: DecidedBy = IN_FORCE,
) -> Batch:
    """Ask the engine about each sane order, earlier ones first; the batch is sorted by name, so that batches lock
    alike. With `when` it is a rehearsal: as if made at that instant, whether recorded already or not."""
    known, counts = look_up(members, skus=lacking(orders[index] for index in members))
    if by == IN_FORCE:
        current = adding.live(counts.version, mark=counts.mark)
    else:
        current = programmes.version(by) if by else None
    making = _Making(shop, current, at, rehearsal=when is not None)
    making.comparisons = book(counts.book)
    for index in sorted(members, key=lambda index: (orders[index].placed_at, *_name(orders[index]))):
        if members[index] is not None and index not in known:
            refused[index] = MemberNotFound()
        else:
            order = completed(orders[index], counts.shelf)
            making.asked.append(
                _Asked(index, order, known.get(index), when or order.placed_at, orders[index])
            )
    making.read()
    for one in making.asked:
        try:
            making.decide(one)
        except TooManyPoints as refusal:
            refused[one.index] = refusal
    return making.finished()


@dataclass(frozen=True, slots=True)
class _Asked:
    """`order` is completed from the catalogue; `sent` is as it came, and by that it is known again: the catalogue may
    say something else tomorrow."""

    index: int
    order: NewOrder
    who: Known | None
    at: datetime
    sent: NewOrder


class _Making:
    """A batch in the making. Where rules look at more than the order and its member, `sheet` has it: of two orders of
    one batch the second sees the first."""

    def __init__(self, shop: Merchant, current: programmes.Current | None, at: datetime, *, rehearsal: bool):
        self.shop, self.current, self.at, self.rehearsal = shop, current, at, rehearsal
        self.zone = ZoneInfo(shop.timezone)
        self.comparisons = Comparisons()
        self.asked: list[_Asked] = []
        self.batch = Batch()
        self.sheet: Sheet | None = None
        self.names: set[tuple[str, str]] = set()

    def read(self) -> None:
        """Read what the programme's rules look at, if that is more than who the member is."""
        if self.current is None or not self.asked:
            return
        asked = asked_by(self.current.programme["earning"])
        if self.comparisons.looks_at_segments:
            asked = asking_segments(asked)
        if not asked.nothing:
            self.sheet = usage.sheet(asked, [_occasion(one) for one in self.asked], self.zone)

    def decide(self, one: _Asked) -> None:
        """Ask the engine about an order, and count what it gives. Raises `TooManyPoints`."""
        if self._taken(one):
            self.batch.again.append(one.index)
            return
        decision, life = Decision(), NO_TERMS
        if self.current is not None:
            decision = decide_compared(
                self.current.programme["earning"], self._facts(one), one.at,
                member=one.who.id if one.who else None, comparisons=self.comparisons,
            )  # fmt: skip
            life = terms(self.current.programme["points_life"], one.at, self.zone)
        refuse_too_many(decision)
        made = _planned(one, decision, life, self.current.id if self.current else None, self.at)
        if self.current is not None and one.who is not None:
            made.row["postings"] = [
                posting.wire()
                for posting in grants(
                    decision, source=made.source, programme=self.current.programme, zone=self.zone
                )
            ]
        if self.sheet is not None and self.current is not None and one.who is not None:
            counted = uses(self.current.programme["earning"], decision)
            self.sheet.add(one.who.id, one.at, counted, _purchases(one))
            self.sheet.add_order(one.who.id, one.at, one.order.total_minor)
            made.row["uses"] = [use.wire() for use in counted]
        self.names.add(_name(one.order))
        self.batch.plans.append(made)

    def finished(self) -> Batch:
        """The batch with what it was decided on."""
        self.batch.plans.sort(key=lambda made: (made.row["source"], made.row["external_id"]))
        if self.sheet is not None and self.current is not None:
            members = {plan.row["member"] for plan in self.batch.plans} - {None}
            self.batch.expected = expected(
                self.sheet, earning=self.current.programme["earning"], members=members
            )
        return self.batch

    def _taken(self, one: _Asked) -> bool:
        """Whether the order is recorded already, here or earlier in this batch: then it must not count again."""
        if self.sheet is None or not self.sheet.asked.guarded or self.rehearsal:
            return False
        return one.index in self.sheet.recorded or _name(one.order) in self.names

    def _facts(self, one: _Asked) -> Facts:
        who, member = one.who, MemberFacts()
        if who is not None and self.sheet is not None:
            blocked = who.status == "blocked"
            member = self.sheet.member(one.index, who.id, one.at, joined_at=who.joined_at, blocked=blocked)
        elif who is not None:
            member = MemberFacts(
                who.joined_at, who.orders_count, who.spend_minor, who.last_order_at, who.status == "blocked"
            )
        budgets = self.sheet.spent() if self.sheet is not None else {}
        return Facts(one.order.facts(), member, self.shop.timezone, budgets=budgets)


def _occasion(one: _Asked) -> usage.Occasion:
    skus = tuple(dict.fromkeys(line.sku for line in one.order.lines))
    return usage.Occasion(one.index, one.who.id if one.who else None, one.at, _name(one.order), skus)


def _name(order: NewOrder) -> tuple[str, str]:
    return order.source, order.external_id


def _purchases(one: _Asked) -> list[Happened]:
    return [Happened(PURCHASE, one.at, sku) for sku in dict.fromkeys(line.sku for line in one.order.lines)]


def _planned(one: _Asked, decision: Decision, life: Terms, version: UUID | None, at: datetime) -> Plan:
    order, who, order_id, mark = one.order, one.who, ids.new(), fingerprint(one.sent)
    points = decision.earned() if who else 0
    row: dict[str, Any] = {
        "id": order_id,
        "source": order.source,
        "external_id": order.external_id,
        "fingerprint": mark,
        "member": who.id if who else None,
        "currency": order.currency,
        "total_minor": order.total_minor,
        "discount_minor": order.discount_minor,
        "points_minor": order.points_minor,
        "eligible_minor": decision.eligible_minor,
        "points_earned": points,
        "channel": order.channel,
        "location": order.location,
        "payment_method": order.payment_method,
        "version": version,
        "decision": decision,
        "at": order.placed_at,
        "now": at,
        "actor": str(scope.actor()),
        "lines": _lines(order, decision if who else Decision()),
    }
    outcome = Outcome(order_id, row["member"], decision, life, points, version=version)
    return Plan(one.index, mark, outcome, row)


def _lines(order: NewOrder, decision: Decision) -> list[dict[str, Any]]:
    """The order's lines with what was paid for each and the points it earned."""
    paid = paid_by_line(order.facts())
    return [
        {
            "number": number,
            "kind": line.kind,
            "sku": line.sku,
            "name": line.name,
            "category": line.category,
            "brand": line.brand,
            "tags": line.tags,
            "quantity": line.quantity,
            "amount_minor": line.amount_minor,
            "discount_minor": line.discount_minor,
            "paid_minor": paid[number],
            "points": decision.lines.get(number, 0),
        }
        for number, line in enumerate(order.lines, start=1)
    ]
