"""A member's past lived again under other rules: every purchase, refund and activity in its order, each decided by the
same engine that decides them live, on what would have been known then. Pure.

What rules give is remembered as the books would have: caps, cool-downs, budgets, which purchase it is, what was
bought before, tiers and their ends, segments that rules put members into. So a programme that was in force all along
comes to the points that it gave. What is not lived again is what nobody decides by rules: changes by hand, rewards
taken, friends who came. Members do what they did; that other rules might have made them buy more is for an experiment
to find out.
"""

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from loyalty.core.money import MAX_POINTS, share
from members.rules.clawback import LineState, points_to_take
from members.rules.comparisons import NONE, Comparisons, decide_compared
from members.rules.conditions.order_of_events import PURCHASE
from members.rules.decision import Decision, EnterSegment
from members.rules.earning import Earning
from members.rules.engine import paid_by_line
from members.rules.facts import NO_ORDER, ActivityFacts, Facts, Happened, OrderFacts, Spent
from members.rules.needs import Need
from members.rules.pasts import PastActivity, PastEvent, PastMember, PastOrder, PastRefund
from members.rules.tiers import By, Occasion, Tiers, WindowKind, standing
from members.rules.tiers import Standing as TierStanding
from members.rules.units import BADGES, ENTRIES, POINTS, REWARDS, SEGMENTS
from members.rules.usage import Asked, Sheet, Standing, Use, asked_by, asking_segments, uses


@dataclass(slots=True)
class Purse:
    """The programme's budgets as they empty; `empty_at` says when nothing was left for the first time. Whoever lives
    several members' pasts with budgets must let things happen in the order of time."""

    earning: Earning
    begins: datetime
    drawn: dict[str, Spent] = field(default_factory=dict)
    empty_at: dict[str, datetime] = field(default_factory=dict)

    def spent(self, at: datetime) -> Mapping[str, Spent]:
        """What has gone out by an instant; nothing before they begin."""
        return {} if at < self.begins else dict(self.drawn)

    def draw(self, found: Iterable[Use], at: datetime, *, sign: int = 1) -> None:
        """Take what a decision gave; with `sign` −1 put back what a refund undoes."""
        if at < self.begins:
            return
        for use in found:
            if use.budget:
                before = self.drawn.get(use.budget, Spent())
                self.drawn[use.budget] = before.plus(sign * use.units, use.unit_cost)
                self._look(use.budget, at)

    def _look(self, name: str, at: datetime) -> None:
        budget = next(one for one in self.earning.budgets if one.id == name)
        if name not in self.empty_at and budget.left(self.drawn[name]) == 0:
            self.empty_at[name] = at


@dataclass(frozen=True, slots=True)
class Rules:
    """What is lived by. `begins`: since when budgets are drawn on; `comparisons`: the experiments there were."""

    earning: Earning
    tiers: Tiers
    zone: ZoneInfo
    begins: datetime
    asked: Asked
    comparisons: Comparisons = NONE

    @classmethod
    def of(
        cls, programme: Mapping[str, Any], zone: ZoneInfo, begins: datetime, comparisons: Comparisons = NONE
    ) -> "Rules":
        """Those of a programme."""
        earning = programme["earning"]
        asked = asked_by(earning)
        asked = asking_segments(asked) if comparisons.looks_at_segments else asked
        return cls(earning, programme["tiers"], zone, begins, asked, comparisons)


@dataclass(slots=True)
class Lived:
    """A purchase (or activity, `order` None) as it would have been. `tier` and `spent` are what the member's tier and
    the budgets were before; `undone` what refunds undo by unit, in all."""

    order: PastOrder | None
    at: datetime
    decision: Decision
    tier: str
    uses: list[Use]
    spent: Mapping[str, Spent]
    undone: dict[str, int] = field(default_factory=dict)
    refunded: dict[int, int] = field(default_factory=dict)
    unassigned_minor: int = 0
    cancelled: bool = False

    @property
    def points(self) -> int:
        """Points it gave, less what its refunds undo."""
        return self.kept(POINTS)

    def kept(self, unit: str) -> int:
        """Units it gave, less what its refunds undo."""
        return self.decision.earned(unit) - self.undone.get(unit, 0)

    @property
    def back_minor(self) -> int:
        """The money that came back."""
        total = self.order.total_minor if self.order else 0
        return total if self.cancelled else min(total, sum(self.refunded.values()) + self.unassigned_minor)


@dataclass(frozen=True, slots=True)
class Move:
    """A change of tier ("" is none)."""

    at: datetime
    before: str
    after: str


class Life:
    """One member's past under some rules. `happen()` takes events in the order of time. Who is not lived from the very
    beginning starts as `stands` says: so many purchases, a tier."""

    def __init__(
        self,
        rules: Rules,
        member: PastMember,
        purse: Purse | None = None,
        *,
        stands: Standing | None = None,
    ):
        self.rules, self.member = rules, member
        self.purse = purse or Purse(rules.earning, rules.begins)
        self.lived: dict[UUID, Lived] = {}
        self.moves: list[Move] = []
        self.standing: TierStanding | None = None
        self._days: dict[date | None, int] = {}
        self._friends = sorted(member.friends, reverse=True)
        self._places: list[tuple[str, UUID]] = []
        self._stands = stands or Standing(birthday=member.birthday, places=list(member.places))
        self._sheet = Sheet(rules.asked, rules.zone, {member.id: self._stands})
        self._remembers = bool(rules.asked.reach or rules.asked.repeats)
        ladder = rules.tiers.ladder
        self._climbs = bool(ladder)
        if ladder and ladder[0].at_least == 0:
            self._look(member.joined_at, Occasion.JOINING)

    @property
    def tier(self) -> str:
        """The member's tier by now."""
        return self.standing.tier if self.standing else ""

    def happen(self, event: PastEvent) -> None:
        """Live the next thing."""
        if isinstance(event, PastRefund):
            self._refund(event)
        elif isinstance(event, PastOrder):
            self._buy(event)
        else:
            self._do(event)

    def close(self, at: datetime) -> None:
        """Nothing more happens until an instant: tiers whose time is over by then are looked at."""
        self._review(at)

    # --- what happens ----------------------------------------------------------------------------------------------

    def _buy(self, order: PastOrder) -> None:
        lived = self._decide(order.id, order.at, order.facts, None, order, blocked=order.blocked,
                             who=order.who)  # fmt: skip
        skus = dict.fromkeys(line.sku for line in order.facts.lines) if self._remembers else ()
        bought = [Happened(PURCHASE, order.at, sku) for sku in skus]
        self._sheet.add(self.member.id, order.at, _kept_count(lived.uses), bought)
        self._sheet.add_order(self.member.id, order.at, order.total_minor)
        if self._climbs:
            self._qualify(order.at, self._worth(lived))
            self._look(order.at, Occasion.CHANGE)

    def _do(self, done: PastActivity) -> None:
        tiers = self.rules.tiers
        if done.counts:
            lived = self._decide(done.id, done.at, NO_ORDER, done.facts, None, blocked=done.blocked,
                                 who=done.who)  # fmt: skip
            sku = done.facts.product.sku if done.facts.product else ""
            about = [Happened(done.facts.kind, done.at, sku)] if self._remembers else []
            self._sheet.add(self.member.id, done.at, _kept_count(lived.uses), about)
            if self._climbs:
                self._qualify(done.at, self._worth(lived))
        if tiers.by is By.ACTIVITIES and done.facts.kind in tiers.kinds:
            self._qualify(done.at, 1)
        if self._climbs:
            self._look(done.at, Occasion.CHANGE)

    def _refund(self, refund: PastRefund) -> None:
        lived = self.lived.get(refund.order)
        if lived is None or lived.order is None:
            return
        order, before, worth = lived.order, lived.back_minor, self._worth(lived)
        was_cancelled = lived.cancelled
        lived.cancelled = lived.cancelled or refund.cancels
        for number, amount_minor in refund.lines:
            lived.refunded[number] = lived.refunded.get(number, 0) + amount_minor
        lived.unassigned_minor += refund.unassigned_minor
        self._stands.spend_minor -= lived.back_minor - before
        if lived.cancelled and not was_cancelled:
            self._stands.orders -= 1
            self._sheet.orders[self.member.id].remove(order.at)
        paid = paid_by_line(order.facts)
        for unit in lived.decision.units():
            lived.undone[unit] = _undone(lived, paid, unit)
        self._give_back(lived, order)
        if self._remembers:
            self._forget(lived, order, paid)
        if self._climbs:
            at = max(refund.at, order.at)
            self._qualify(order.at, self._worth(lived) - worth)
            self._look(at, Occasion.REFUND)

    # --- deciding --------------------------------------------------------------------------------------------------

    def _decide(
        self, source: UUID, at: datetime, order: OrderFacts, activity: ActivityFacts | None,
        past: PastOrder | None, *, blocked: bool, who: UUID | None = None,
    ) -> Lived:  # fmt: skip
        """Ask the engine on what would have been known, and remember what it gave."""
        rules = self.rules
        self._review(at)
        if self._climbs:
            self._stands.tier = self.tier
        known = self._sheet.member(
            0, self.member.id, at, joined_at=self.member.joined_at, blocked=blocked
        )  # the very facts a batch of orders gets live, of which the later ones see the earlier
        spent = self.purse.spent(at) if rules.asked.budgets else {}
        facts = Facts(order, known, rules.zone.key, activity=activity, budgets=spent)
        decision = decide_compared(
            rules.earning, facts, at, member=who or self.member.id, comparisons=rules.comparisons,
            split=past is not None and past.came_back,  # only what comes back asks for its part
        )  # fmt: skip
        if max((decision.earned(unit) for unit in decision.units()), default=0) > MAX_POINTS:
            decision = Decision()  # refused live, too
        counted = uses(rules.earning, decision)
        self.purse.draw(counted, at)
        for effect in decision.effects:
            if isinstance(effect, EnterSegment):
                self._enter(effect.segment, source)
        found = self.lived[source] = Lived(past, at, decision, self.tier, counted, spent)
        return found

    def _enter(self, segment: str, source: UUID) -> None:
        """Somebody is in a segment once, by what put them there first."""
        if any(place == segment and ends is None for place, ends in self._stands.places):
            return
        self._places.append((segment, source))
        self._stands.places.append((segment, None))

    # --- taking back -----------------------------------------------------------------------------------------------

    def _give_back(self, lived: Lived, order: PastOrder) -> None:
        """Caps and budgets get back what the refunds undo in all, as `operations.counting.give_back` does."""
        part, whole = lived.back_minor, max(order.total_minor, 1)
        part = whole if lived.cancelled else part
        undone = {unit: (lived.undone.get(unit, 0), lived.decision.earned(unit)) for unit in lived.undone}
        undone[ENTRIES] = part, whole
        undone |= dict.fromkeys((REWARDS, BADGES, SEGMENTS), (part // whole, 1))
        if part >= whole:
            self._leave(order.id)
        amounts = {reason.rule: reason.amount for reason in lived.decision.reasons if reason.matched}
        for place, use in enumerate(lived.uses):
            taken, of = undone.get(use.unit, (0, 0))
            amount = amounts.get(use.rule, use.units)
            left = amount - share(amount, taken, of) if of else amount
            if left == use.units:
                continue
            given = self._sheet.added[self.member.id, use.rule]
            if use.units:
                given.remove((lived.at, use.units))
            if left:
                insort(given, (lived.at, left))
            self.purse.draw([use._replace(units=use.units - left)], lived.at, sign=-1)
            lived.uses[place] = use._replace(units=left)

    def _leave(self, source: UUID) -> None:
        for segment, by in [place for place in self._places if place[1] == source]:
            self._places.remove((segment, by))
            self._stands.places.remove((segment, None))

    def _forget(self, lived: Lived, order: PastOrder, paid: Mapping[int, int]) -> None:
        """What wholly came back was not bought."""
        kept = set[str]()
        if not lived.cancelled:
            for line in order.facts.lines:
                if lived.refunded.get(line.number, 0) < paid[line.number] or paid[line.number] == 0:
                    kept.add(line.sku)
        happened = self._sheet.happened[self.member.id]
        for sku in {line.sku for line in order.facts.lines} - kept:
            gone = Happened(PURCHASE, order.at, sku)
            if gone in happened:
                happened.remove(gone)

    # --- tiers -----------------------------------------------------------------------------------------------------

    def _worth(self, lived: Lived) -> int:
        """What a purchase or activity counts for tiers by now."""
        order = lived.order
        match self.rules.tiers.by:
            case By.SPEND:
                return order.total_minor - lived.back_minor if order else 0
            case By.ORDERS:
                stands = order and not lived.cancelled
                return int(bool(stands) and (lived.back_minor < order.total_minor or not order.total_minor))  # type: ignore[union-attr]
            case By.POINTS:
                return lived.points
            case By.CREDITS:
                return lived.kept("credits")
        return 0

    def _qualify(self, at: datetime, amount: int) -> None:
        if amount:
            lifetime = self.rules.tiers.window is WindowKind.LIFETIME
            day = None if lifetime else at.astimezone(self.rules.zone).date()
            self._days[day] = self._days.get(day, 0) + amount

    def _review(self, at: datetime) -> None:
        while self._friends and self._friends[-1] <= at:
            came = self._friends.pop()
            if self.rules.tiers.by is By.REFERRALS and self._climbs:
                self._qualify(came, 1)
                self._look(came, Occasion.CHANGE)
        if self.standing is not None and self.standing.is_over(at):
            self._look(at, Occasion.REVIEW)

    def _look(self, at: datetime, occasion: Occasion) -> None:
        rules, before = self.rules, self.tier
        found = standing(
            rules.tiers, self._days, self.standing, joined_at=self.member.joined_at, at=at, zone=rules.zone,
            occasion=occasion,
        )  # fmt: skip
        self.standing = found.standing
        if self.tier != before:
            self.moves.append(Move(at, before, self.tier))


def _kept_count(found: Iterable[Use]) -> list[Use]:
    """What counts for the member; budgets are everybody's and kept in the purse."""
    return [use._replace(budget="") for use in found]


def _undone(lived: Lived, paid: Mapping[int, int], unit: str) -> int:
    parts = lived.decision.split(unit)
    lines = [LineState(paid[n], lived.refunded.get(n, 0), parts.get(n, 0)) for n in paid]
    return points_to_take(lines, unassigned_minor=lived.unassigned_minor, cancelled=lived.cancelled)


def live(
    rules: Rules, member: PastMember, events: Iterable[PastEvent], *, purse: Purse | None = None
) -> Life:
    """A whole past, in the order of time."""
    life = Life(rules, member, purse)
    for event in events:
        life.happen(event)
    return life


def asks_for_all(rules: Rules) -> bool:
    """Whether one member's past depends on the others': where budgets are shared."""
    return Need.BUDGETS in rules.asked.needs
