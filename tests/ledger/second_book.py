"""A second, simpler book of a member's points, written from the rules alone and without a database.

It predicts every answer of the real one. Nothing here is shared with it: no SQL, no accounts, no lines; a member is a
few lots, what was drawn from them, and what is owed.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass
class Lot:
    """One credit: `free` of it can still be used, `asked_back` was taken back or recorded as missing."""

    name: str
    number: int
    granted: int
    free: int
    pending: bool
    ends: datetime | None
    asked_back: int = 0
    lapsed: int = 0

    @property
    def end(self) -> tuple[datetime, int]:
        return self.ends or FOREVER, self.number

    def lives(self, at: datetime) -> bool:
        return not self.pending and self.free > 0 and (self.ends is None or self.ends > at)


@dataclass
class Drawn:
    """What a spending, reservation or commit took from each lot and has not been settled since."""

    kind: str
    parts: dict[str, int]


@dataclass(frozen=True)
class Answer:
    """What a posting should say: a refusal's code with what is available, or what was posted."""

    code: str
    amount: int
    shortfall: int = 0
    balance: int = 0


@dataclass
class Book:
    """One member's points of one unit."""

    lots: dict[str, Lot] = field(default_factory=dict)
    drawn: dict[str, Drawn] = field(default_factory=dict)
    owed: int = 0
    issued: int = 0  # by way of the merchant's side: what went out less what came in

    @property
    def available(self) -> int:
        return sum(lot.free for lot in self.lots.values() if not lot.pending)

    @property
    def pending(self) -> int:
        return sum(lot.free for lot in self.lots.values() if lot.pending)

    @property
    def reserved(self) -> int:
        return sum(sum(drawn.parts.values()) for drawn in self.drawn.values() if drawn.kind == "reserve")

    def done(self, amount: int, shortfall: int = 0) -> Answer:
        return Answer("posted", amount, shortfall, self.available - self.owed)

    def pay(self, lot: Lot, at_most: int) -> int:
        """Settle what is owed out of a lot; what was paid."""
        paid = min(self.owed, at_most)
        lot.free -= paid
        self.owed -= paid
        return paid

    def grant(self, name: str, amount: int, *, pending: bool, ends: datetime | None) -> Answer:
        lot = self.lots[name] = Lot(name, len(self.lots), amount, amount, pending, ends)
        if not pending:
            self.pay(lot, amount)
        return self.done(amount)

    def spend(self, name: str, amount: int, *, reserve: bool, at: datetime) -> Answer:
        living = sorted((lot for lot in self.lots.values() if lot.lives(at)), key=lambda lot: lot.end)
        usable = max(0, sum(lot.free for lot in living) - self.owed)
        if usable < amount:
            return Answer("not_enough_points", usable)
        parts = {}
        left = amount
        for lot in living:
            if left:
                parts[lot.name] = min(left, lot.free)
                lot.free -= parts[lot.name]
                left -= parts[lot.name]
        self.drawn[name] = Drawn("reserve" if reserve else "spend", parts)
        return self.done(amount)

    def _settle(
        self, of: str, amount: int | None, kinds: set[str], *, longest: bool
    ) -> dict[str, int] | Answer:
        """Parts of what `of` drew, `amount` in all (None: the rest); a refusal when there is less."""
        source = self.drawn.get(of)
        parts = source.parts if source and source.kind in kinds else {}
        there = sum(parts.values())
        if there == 0 or (amount or 0) > there:
            return Answer("nothing_left", there)
        left = there if amount is None else amount
        chosen = {}
        for name in sorted(parts, key=lambda name: self.lots[name].end, reverse=longest):
            take = min(left, parts[name])
            if take:
                chosen[name] = take
                parts[name] -= take
                left -= take
        return chosen

    def commit(self, name: str, of: str, amount: int | None) -> Answer:
        chosen = self._settle(of, amount, {"reserve"}, longest=False)
        if isinstance(chosen, Answer):
            return chosen
        self.drawn[name] = Drawn("commit", chosen)
        return self.done(sum(chosen.values()))

    def give(
        self, of: str, amount: int | None, *, release: bool, at: datetime, grace: datetime | None
    ) -> Answer:
        """Release a reservation, or give back what was spent: into the same lots, after paying what is owed."""
        chosen = self._settle(of, amount, {"reserve"} if release else {"spend", "commit"}, longest=True)
        if isinstance(chosen, Answer):
            return chosen
        for name in reversed(chosen):
            lot = self.lots[name]
            lot.free += chosen[name]
            paid = self.pay(lot, chosen[name])
            if chosen[name] > paid and grace and lot.ends and lot.ends <= at:
                lot.ends = max(lot.ends, grace)
        return self.done(sum(chosen.values()))

    def take_back(self, of: str, amount: int, *, policy: str, at: datetime) -> Answer:
        lot = self.lots[of]
        if amount > lot.granted - lot.asked_back:
            return Answer("nothing_left", lot.granted - lot.asked_back)
        wanted = min(amount, max(0, lot.granted - lot.asked_back - lot.lapsed))
        taken = {}
        if lot.pending or policy != "only_pending":
            taken[lot.name] = min(wanted, lot.free)
        if policy != "only_pending":
            others = [other for other in self.lots.values() if other is not lot and other.lives(at)]
            for other in sorted(others, key=lambda other: other.end):
                taken[other.name] = min(wanted - sum(taken.values()), other.free)
        rest = wanted - sum(taken.values())
        # Points set aside are still the member's: they stand good for what could not be taken.
        secured = {"debt": rest, "to_zero": min(rest, max(0, self.reserved - self.owed))}
        owed = secured.get(policy, 0)
        moved = sum(taken.values()) + owed
        if moved == 0:
            return Answer("nothing_left", 0, amount)
        for name, points in taken.items():
            self.lots[name].free -= points
        self.owed += owed
        lot.asked_back += amount
        return self.done(moved, amount - moved)

    def activate(self, of: str, ends: datetime | None) -> Answer:
        lot = self.lots[of]
        if not lot.pending or lot.free == 0:
            return Answer("nothing_left", 0)
        moved = lot.free
        lot.pending = False
        lot.ends = ends or lot.ends
        self.pay(lot, moved)
        return self.done(moved)

    def lapse(self, of: str, *, at: datetime | None) -> Answer:
        """Expire a lot whose time is up at `at`, or with None forfeit it whatever its time."""
        lot = self.lots[of]
        over = at is None or (not lot.pending and lot.ends is not None and lot.ends <= at)
        if lot.free == 0 or not over:
            return Answer("nothing_left", 0)
        moved, lot.free = lot.free, 0
        lot.lapsed += moved
        return self.done(moved)

    def slide(self, to: datetime, at: datetime) -> None:
        """Activity restarts the life of lots that were granted on sliding terms (marked by an `s` in their name)."""
        for lot in self.lots.values():
            if lot.name.startswith("s") and lot.free and lot.ends and at < lot.ends < to:
                lot.ends = to
