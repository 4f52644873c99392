"""Whether a message goes out now, waits until the morning, or not at all. Pure: the same answer for the same facts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from campaigns.rules.kinds import KINDS, Topic
from campaigns.rules.timing import Quiet, morning


class Why(StrEnum):
    """Why a message is not sent."""

    NO_MEMBER = "no_member"
    OFF = "switched_off"
    NO_ADDRESS = "no_address"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    NOT_WANTED = "not_wanted"
    TOO_LATE = "too_late"
    TOO_MANY = "too_many"
    NOTHING_LEFT = "nothing_left"
    MERGED = "merged"
    ERASED = "erased"
    CANCELLED = "cancelled"
    HELD_OUT = "held_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a member and their shop at the moment of sending. `suppressed` is "" or why the address may not
    be written to: bounce, complaint, unsubscribed. `sent` counts what they got within a week, `most` is how much that
    may be (None: any amount). `held_out`: they are among those who get no marketing, so that it can be seen what it
    brings."""

    takes_part: bool = True
    held_out: bool = False
    is_on: bool = True
    has_address: bool = True
    suppressed: str = ""
    wanted: frozenset[str] = frozenset()
    sent: int = 0
    most: int | None = None
    quiet: Quiet = field(default_factory=Quiet)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Send now; or `until`: hold; or `why`: never."""

    until: datetime | None = None
    why: Why | None = None

    @property
    def sends(self) -> bool:
        """True when it goes out now."""
        return self.until is None and self.why is None


SEND = Verdict()


def decide(kind: str, facts: Facts, *, due_at: datetime, at: datetime) -> Verdict:
    """What becomes of a message of a kind that was due at `due_at`, at the instant `at`."""
    said = KINDS[kind]
    why = _refusal(kind, facts)
    if why is None and at - due_at > timedelta(days=said.good_days):
        why = Why.TOO_LATE
    if (
        why is None
        and said.topic is not Topic.ACCOUNT
        and facts.most is not None
        and facts.sent >= facts.most
    ):
        why = Why.TOO_MANY
    if why is not None:
        return Verdict(why=why)
    waits = None if said.urgent else morning(at, facts.zone, facts.quiet)
    return Verdict(until=waits) if waits is not None and waits > at else SEND


def _refusal(kind: str, facts: Facts) -> Why | None:
    topic = KINDS[kind].topic
    if not facts.takes_part:
        return Why.NO_MEMBER
    if not facts.is_on:
        return Why.OFF
    if not facts.has_address:
        return Why.NO_ADDRESS
    if facts.suppressed == "bounce":
        return Why.BOUNCED
    if facts.suppressed == "complaint":
        return Why.COMPLAINED
    if topic is Topic.ACCOUNT:
        return None
    if facts.suppressed:
        return Why.UNSUBSCRIBED
    if topic not in facts.wanted:
        return Why.NOT_WANTED
    return Why.HELD_OUT if facts.held_out and topic is Topic.NEWSLETTER else None
