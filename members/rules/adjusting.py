"""How much may be given or taken by hand, by whom, and what needs a second person. Pure.

Amounts are whole units of whatever is adjusted: points, credits, stamps or minor units of cash-back.
"""

from collections.abc import Iterator

from msgspec import Struct

from loyalty.core.money import MAX_POINTS

LIMITED = ("owner", "manager", "cashier", "api_key")
"""Who can have a limit: each role of staff, and API keys. What the server itself does has none."""
MOST_DAYS = 90

type Problems = list[tuple[str, str]]


class Limit(Struct, forbid_unknown_fields=True, frozen=True):
    """At most `each` at a time and `day` on one day of the shop's calendar, given and taken counted alike; None: as
    much as they like."""

    each: int | None = None
    day: int | None = None

    @property
    def none(self) -> bool:
        """Whether it limits nothing."""
        return self.each is None and self.day is None

    def left(self, used: int) -> int | None:
        """How much more the day allows; None for as much as they like."""
        return None if self.day is None else max(0, self.day - used)

    def over(self, *, each: int, total: int, used: int) -> bool:
        """Whether `total` in parts of at most `each` is more than this allows, after `used` today."""
        left = self.left(used)
        return (self.each is not None and each > self.each) or (left is not None and total > left)


class Limits(Struct, forbid_unknown_fields=True, frozen=True):
    """The limits of a shop. What is over them waits `days` for a second person: an owner, or a manager, too, where
    `managers_approve`. What keys ask over theirs is refused: nobody could tell them the answer."""

    owner: Limit = Limit()
    manager: Limit = Limit()
    cashier: Limit = Limit()
    api_key: Limit = Limit()
    managers_approve: bool = True
    days: int = 7

    def of(self, kind: str, role: str) -> Limit:
        """The limit of an actor: of staff by their role, of keys."""
        name = role if kind == "staff" else kind
        found: Limit = getattr(self, name) if name in LIMITED else Limit()
        return found

    def may_approve(self, role: str) -> bool:
        """Whether somebody of this role can be the second person."""
        return role == "owner" or (role == "manager" and self.managers_approve)


def problems(limits: Limits) -> Problems:
    """What is wrong with limits, beyond their types."""
    found = list(_of_each(limits))
    if not 1 <= limits.days <= MOST_DAYS:
        found.append(("days", f"Choose 1 to {MOST_DAYS} days."))
    return found


def _of_each(limits: Limits) -> Iterator[tuple[str, str]]:
    for who in LIMITED:
        limit: Limit = getattr(limits, who)
        for name, value in (("each", limit.each), ("day", limit.day)):
            if value is not None and not 0 <= value <= MAX_POINTS:
                yield f"{who}.{name}", "Give a whole number that is not below zero."
        if limit.each is not None and limit.day is not None and limit.each > limit.day:
            yield f"{who}.each", "A single change cannot be more than the whole day."
