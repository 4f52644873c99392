"""Members who bring friends: when a friend's purchase counts, what both get for it, and what an affiliate earns. Pure.

The section `referrals` of the programme. A referral begins when a friend joins by a member's code. Who was only
invited, or only clicked, is nobody yet: clicks are counted, and nothing is kept of the people behind them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from loyalty.core.money import MAX_MINOR, share
from members.rules import units
from members.rules.facts import Period
from members.rules.points_life import add_months, end_of

type Problems = list[tuple[str, str]]
MOST_UNITS = 1_000_000
CODE_LENGTH = 8
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0/O, 1/I/L, U: read aloud and typed without mistakes."""


class Gift(Struct, forbid_unknown_fields=True, frozen=True):
    """So many units: points, or any other unit of the ledger (cash-back in minor units)."""

    amount: int
    unit: str = units.POINTS

    def problems(self) -> Problems:
        """What is wrong with it as written."""
        found = units.problems(self.unit)
        if not 1 <= self.amount <= MOST_UNITS:
            found.append(("amount", "Give a whole number from 1 to 1,000,000."))
        return found


class Side(Struct, forbid_unknown_fields=True, frozen=True):
    """What one of the two gets: units, and `quantity` of a reward by its handle ("" for none)."""

    units: tuple[Gift, ...] = ()
    reward: str = ""
    quantity: int = 1

    def problems(self) -> Problems:
        """What is wrong with it as written."""
        found: Problems = []
        if len({gift.unit for gift in self.units}) != len(self.units):
            found.append(("units", "Name each unit once."))
        for index, gift in enumerate(self.units):
            found += [(f"units[{index}].{path}", message) for path, message in gift.problems()]
        if self.reward != self.reward.strip() or len(self.reward) > 60:
            found.append(("reward", "Name the reward in at most 60 characters."))
        if not 1 <= self.quantity <= 100:
            found.append(("quantity", "Give a number from 1 to 100."))
        return found


class Purchase(Struct, forbid_unknown_fields=True, frozen=True):
    """Which purchase of the friend's counts: at least `at_least_minor` of what can earn, within `within_days` of
    joining (0: whenever), with `first_order` only their very first. `wait_days` for returns pass before anybody is
    rewarded."""

    first_order: bool = False
    at_least_minor: int = 0
    within_days: int = 0
    wait_days: int = 0

    def problems(self) -> Problems:
        """Numbers in range."""
        found: Problems = []
        if not 0 <= self.at_least_minor <= MAX_MINOR:
            found.append(("at_least_minor", "Give an amount in minor units that is not below zero."))
        if not 0 <= self.within_days <= 3660:
            found.append(("within_days", "Choose 0 (whenever) to 3,660 days."))
        if not 0 <= self.wait_days <= 366:
            found.append(("wait_days", "Choose 0 (at once) to 366 days."))
        return found


class Cap(Struct, forbid_unknown_fields=True, frozen=True):
    """At most so many in each period of the shop's calendar."""

    period: Period
    most: int


class On(StrEnum):
    FIRST = "first"  # the purchase that makes the referral count
    EVERY = "every"  # that one and every later one for some months after joining


class Commission(Struct, forbid_unknown_fields=True, frozen=True):
    """An affiliate's part of what friends spend: `basis_points` (hundredths of a per cent; 0 for none) of what can
    earn, as cash-back, or as points of which each stands for `minor_per_point`. Parts of a unit are dropped. `per`
    caps the units one member can get."""

    basis_points: int = 0
    unit: Literal["cashback", "points"] = "cashback"
    minor_per_point: int = 100
    on: On = On.FIRST
    months: int = 12
    per: tuple[Cap, ...] = ()

    def amount(self, base_minor: int) -> int:
        """Units for a purchase of which `base_minor` can earn."""
        minor = base_minor * self.basis_points // 10_000
        return minor if self.unit == units.CASHBACK else minor // self.minor_per_point

    def problems(self) -> Problems:
        """Numbers in range, each period once."""
        found: Problems = []
        if not 0 <= self.basis_points <= 10_000:
            found.append(("basis_points", "Give 0 to 10,000: 500 is five per cent."))
        if not 1 <= self.minor_per_point <= MAX_MINOR:
            found.append(("minor_per_point", "Give the minor units one point stands for, at least 1."))
        if not 1 <= self.months <= 120:
            found.append(("months", "Choose 1 to 120 months."))
        return found + _caps(self.per)


class Guard(Struct, forbid_unknown_fields=True, frozen=True):
    """What makes a referral wait for a look by staff besides being one and the same person: more than `joins_per_day`
    by one member's code, and a chain of people who brought each other within `chain_days` (0: chains do not matter)."""

    joins_per_day: int = 10
    chain_days: int = 7

    def problems(self) -> Problems:
        """Numbers in range."""
        found: Problems = []
        if not 1 <= self.joins_per_day <= 100_000:
            found.append(("joins_per_day", "Choose 1 to 100,000."))
        if not 0 <= self.chain_days <= 366:
            found.append(("chain_days", "Choose 0 (does not matter) to 366 days."))
        return found


class Referrals(Struct, forbid_unknown_fields=True, frozen=True):
    """`per` caps for how many friends one member is rewarded. With `again`, a friend whose purchase came back may still
    count by a later one."""

    on: bool = False
    purchase: Purchase = Purchase()
    referrer: Side = Side()
    friend: Side = Side()
    commission: Commission = Commission()
    per: tuple[Cap, ...] = ()
    again: bool = False
    guard: Guard = Guard()


def check(referrals: Referrals) -> Problems:
    """What the types cannot say."""
    parts = {
        "purchase": referrals.purchase.problems(),
        "referrer": referrals.referrer.problems(),
        "friend": referrals.friend.problems(),
        "commission": referrals.commission.problems(),
        "guard": referrals.guard.problems(),
    }
    found = [(f"{part}.{path}", message) for part, problems in parts.items() for path, message in problems]
    return found + _caps(referrals.per)


def _caps(caps: Sequence[Cap]) -> Problems:
    found: Problems = []
    if len({cap.period for cap in caps}) != len(caps):
        found.append(("per", "Name each period once."))
    for index, cap in enumerate(caps):
        if not 1 <= cap.most <= 10**9:
            found.append((f"per[{index}].most", "Give a whole number from 1 to 1,000,000,000."))
    return found


EARLY = timedelta(hours=1)
"""A purchase so long before joining still counts: people join at the checkout, and the shop's clock is another one."""

# --- purchases ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bought:
    """A friend's purchase. `net_minor` is what is left of the part that can earn; `is_first` that they had bought
    nothing before it; None where nobody asked."""

    placed_at: datetime
    net_minor: int
    is_first: bool | None = None


def net_minor(*, eligible_minor: int, total_minor: int, refunded_minor: int, cancelled: bool) -> int:
    """What is left of an order's part that can earn after its refunds, in minor units."""
    if cancelled:
        return 0
    return eligible_minor - share(eligible_minor, min(refunded_minor, total_minor), total_minor)


def refusal(purchase: Purchase, bought: Bought, *, joined_at: datetime) -> str:
    """Why a purchase does not make a referral count, as a code; "" when it does."""
    if bought.placed_at < joined_at - EARLY:
        return "before_joining"
    if purchase.within_days and bought.placed_at > joined_at + timedelta(days=purchase.within_days):
        return "too_late"
    if bought.net_minor < max(purchase.at_least_minor, 1):
        return "too_small"
    return "not_first" if purchase.first_order and bought.is_first is False else ""


def pays_commission(commission: Commission, *, joined_at: datetime, placed_at: datetime, counted: bool,
                    zone: ZoneInfo) -> bool:  # fmt: skip
    """Whether a purchase brings commission; `counted`: it is the one by which the referral counts."""
    if not commission.basis_points or placed_at < joined_at - EARLY:
        return False
    last = end_of(add_months(joined_at.astimezone(zone).date(), commission.months), zone)
    return counted or (commission.on is On.EVERY and placed_at < last)


def due_at(placed_at: datetime, wait_days: int, zone: ZoneInfo) -> datetime:
    """When what a purchase brings is paid: at once, or when the days for returns are over in the shop's calendar."""
    if not wait_days:
        return placed_at
    return end_of(placed_at.astimezone(zone).date() + timedelta(days=wait_days), zone)


# --- people ---------------------------------------------------------------------------------------------------

_DOTLESS = frozenset({"gmail.com", "googlemail.com"})
_SAME_HOST = {"googlemail.com": "gmail.com", "pm.me": "proton.me", "protonmail.com": "proton.me"}
_DASHED = frozenset({"yahoo.com", "ymail.com"})


def canonical_email(email: str) -> str:
    """The mailbox behind a normalised address: without what follows a plus (at some providers a dash), and without dots
    where the provider does not look at them. For comparing only; mail is sent to the address as given."""
    box, _at, host = email.partition("@")
    host = _SAME_HOST.get(host, host)
    box = box.partition("-" if host in _DASHED else "+")[0] or box
    return f"{box.replace('.', '') if host in _DOTLESS else box}@{host}"


_ROBOTS = (
    "bot", "crawl", "spider", "slurp", "preview", "facebookexternalhit", "whatsapp", "telegram", "skypeuripreview",
    "embedly", "curl/", "wget/", "python-", "headless", "monitor", "pingdom",
)  # fmt: skip


def is_robot(agent: str) -> bool:
    """Whether a browser's own words say that nobody looks at the page: search engines, previews of links, scripts."""
    words = agent.casefold()
    return not words.strip() or any(robot in words for robot in _ROBOTS)


def normal_code(text: str) -> str:
    """A code as it is kept: capitals, without spaces and dashes; "" for what cannot be one."""
    code = text.replace(" ", "").replace("-", "").upper()
    return code if len(code) == CODE_LENGTH and set(code) <= set(CODE_LETTERS) else ""
