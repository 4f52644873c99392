"""What a shop writes to its members about, and how each kind may be treated. Pure: the words for it are elsewhere."""

from dataclasses import dataclass
from enum import StrEnum


class Topic(StrEnum):
    """What a member can say yes or no to. `ACCOUNT` is always sent: it is about what they asked for themselves."""

    ACCOUNT = "account"
    PROGRAMME = "programme"
    REMINDERS = "reminders"
    STATEMENT = "statement"
    NEWSLETTER = "newsletter"


OPTIONAL = (Topic.PROGRAMME, Topic.REMINDERS, Topic.STATEMENT, Topic.NEWSLETTER)
CHANNELS = ("email", "sms", "push")
PRIORITIES = (0, 1, 2, 3)
COMMON = ("first_name", "shop", "programme")
"""Placeholders that every kind has."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message. `placeholders` are its own, besides `COMMON`; an `urgent` one waits for no morning and for
    no other limit; after `good_days` it says nothing useful any more. `page` is where its button leads."""

    id: str
    topic: Topic
    placeholders: tuple[str, ...]
    good_days: int
    page: str = "card"
    urgent: bool = False

    @property
    def priority(self) -> int:
        """Whose turn comes first where many wait: codes, then what is about one's own account, then the rest, and
        newsletters last, so that nobody waits at the till for a hundred thousand of them."""
        if self.urgent:
            return PRIORITIES[0]
        match self.topic:
            case Topic.ACCOUNT:
                return PRIORITIES[1]
            case Topic.NEWSLETTER:
                return PRIORITIES[3]
            case _:
                return PRIORITIES[2]


KINDS: dict[str, Kind] = {
    kind.id: kind
    for kind in (
        Kind("welcome", Topic.ACCOUNT, ("balance",), 7),
        Kind("code", Topic.ACCOUNT, ("reward", "code", "date"), 1, urgent=True),
        Kind("points_earned", Topic.PROGRAMME, ("points", "balance"), 2, "activity"),
        Kind("points_available", Topic.PROGRAMME, ("points", "balance"), 3, "rewards"),
        Kind("expiring_30", Topic.REMINDERS, ("points", "date", "balance"), 20, "rewards"),
        Kind("expiring_7", Topic.REMINDERS, ("points", "date", "balance"), 7, "rewards"),
        Kind("reward_ready", Topic.REMINDERS, ("reward", "balance"), 7, "rewards"),
        Kind("tier_up", Topic.PROGRAMME, ("tier",), 7),
        Kind("tier_at_risk", Topic.REMINDERS, ("tier", "missing", "date"), 14),
        Kind("tier_down", Topic.PROGRAMME, ("tier",), 7),
        Kind("referral_joined", Topic.PROGRAMME, ("friends",), 7),
        Kind("referral_rewarded", Topic.PROGRAMME, ("friends", "balance"), 7),
        Kind("birthday", Topic.PROGRAMME, ("balance",), 3),
        Kind("membership_due", Topic.ACCOUNT, ("amount", "date"), 14),
        Kind("membership_failed", Topic.ACCOUNT, ("amount",), 14),
        Kind("membership_price", Topic.ACCOUNT, ("amount", "date"), 14),
        Kind("statement", Topic.STATEMENT, ("month", "earned", "spent", "balance"), 10, "activity"),
        Kind("newsletter", Topic.NEWSLETTER, (), 7),
        Kind("survey", Topic.NEWSLETTER, ("survey",), 14),
        Kind("automation", Topic.PROGRAMME, ("balance",), 3),
        Kind("automation_news", Topic.NEWSLETTER, ("balance",), 3),
    )
}
AUTOMATED = ("automation", "automation_news")
"""Kinds whose words stand in the automation that sends them."""

PLANNED = tuple(kind for kind in KINDS if kind not in ("newsletter", *AUTOMATED))
"""Kinds that are sent by themselves."""


def placeholders(kind: str) -> tuple[str, ...]:
    """Every placeholder that a kind's words may hold."""
    return (*COMMON, *KINDS[kind].placeholders)
