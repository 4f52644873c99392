"""May this member have this reward now, and if not, why not and what is missing. Pure."""

from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct


class Terms(Struct, frozen=True):
    """What a reward asks for."""

    cost_points: int
    stock: int | None = None
    taken: int = 0
    limit_per_member: int | None = None
    available_from: datetime | None = None
    available_until: datetime | None = None
    channels: tuple[str, ...] = ()
    retired: bool = False
    gift_only: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: spendable points, how often they had this reward (open or used), whether they may take
    part."""

    points: int
    had: int = 0
    active: bool = True
    channel: str = ""


class Missing(Struct, frozen=True):
    """One reason why not. `code` is stable; `needed` and `have` where a number is missing; `when` where a
    time is."""

    code: str
    needed: int | None = None
    have: int | None = None
    when: datetime | None = None


def why_not(terms: Terms, asker: Asker, at: datetime) -> tuple[Missing, ...]:
    """Every reason that stands in the way, most final first; empty when the reward can be had."""
    reasons = []
    if terms.retired:
        reasons.append(Missing("retired"))
    if terms.gift_only:
        reasons.append(Missing("gift_only"))
    if not asker.active:
        reasons.append(Missing("member_not_active"))
    if terms.available_until is not None and at >= terms.available_until:
        reasons.append(Missing("over", when=terms.available_until))
    if terms.available_from is not None and at < terms.available_from:
        reasons.append(Missing("not_yet", when=terms.available_from))
    if terms.stock is not None and terms.taken >= terms.stock:
        reasons.append(Missing("out_of_stock", needed=1, have=0))
    if terms.limit_per_member is not None and asker.had >= terms.limit_per_member:
        reasons.append(Missing("limit_reached", needed=terms.limit_per_member, have=asker.had))
    if terms.channels and asker.channel and asker.channel not in terms.channels:
        reasons.append(Missing("other_channel"))
    if asker.points < terms.cost_points:
        reasons.append(Missing("not_enough_points", needed=terms.cost_points, have=max(0, asker.points)))
    return tuple(reasons)
