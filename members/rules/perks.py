"""What a tier or a paid plan brings besides points, as data: free shipping, early access, services that somebody must
carry out. One shape for both."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from members.rules.facts import Period

LANGUAGES = ("en", "sv", "nb", "nl")
"""What programmes are written in; the same as `loyalty.core.programme.identity` has, which rules do not import."""

MOST_PERKS = 40

type Problems = list[tuple[str, str]]


class PerkKind(StrEnum):
    FREE_SHIPPING = "free_shipping"
    EARLY_ACCESS = "early_access"  # `hours` before everybody else
    DEDICATED_SUPPORT = "dedicated_support"
    PERSONALISATION = "personalisation"
    RETURNS_WITHOUT_RECEIPT = "returns_without_receipt"
    CONCIERGE = "concierge"
    MEMBER_PRICE = "member_price"  # `percent` off
    CUSTOM = "custom"


SERVICES = frozenset(
    {PerkKind.DEDICATED_SUPPORT, PerkKind.PERSONALISATION, PerkKind.RETURNS_WITHOUT_RECEIPT, PerkKind.CONCIERGE}
)  # fmt: skip
"""Kinds that somebody carries out: they are claimed, and it is logged who served."""


class Limit(Struct, forbid_unknown_fields=True, frozen=True):
    """At most so many `times`: for one order (`per` "order", which each claim then names), or in a period."""

    times: int
    per: str = "order"

    @property
    def period(self) -> Period | None:
        """The period that is counted; None when it is the order."""
        return None if self.per == "order" else Period(self.per)


class Perk(Struct, forbid_unknown_fields=True, frozen=True):
    """One perk. `name` and `text` by language code. `service` makes a custom perk one that is claimed; `limit` says how
    often a service can be claimed, as often as they like without one."""

    id: str
    kind: PerkKind
    name: dict[str, str] = {}
    text: dict[str, str] = {}
    hours: int | None = None
    percent: int | None = None
    service: bool = False
    limit: Limit | None = None

    @property
    def is_service(self) -> bool:
        """True when it is claimed, and served by somebody."""
        return self.service or self.kind in SERVICES


def perks_problems(perks: Sequence[Perk], *, of: str) -> Problems:
    """What is wrong with all perks of one tier or plan (`of` names it in a sentence): (path of the list, sentence)."""
    found: Problems = [("perks", f"At most {MOST_PERKS} perks.")] if len(perks) > MOST_PERKS else []
    seen: set[str] = set()
    for index, perk in enumerate(perks):
        found += [(f"perks[{index}].{path}", message) for path, message in perk_problems(perk)]
        if perk.id in seen:
            found.append((f"perks[{index}].id", f"Another perk of this {of} has this id."))
        seen.add(perk.id)
    return found


def perk_problems(perk: Perk) -> Problems:
    """What is wrong with a perk as written: (path inside it, sentence)."""
    found = (
        id_problems("id", perk.id)
        + text_problems("name", perk.name, 120)
        + text_problems("text", perk.text, 500)
    )
    found += _number(
        "hours", perk.hours, perk.kind is PerkKind.EARLY_ACCESS, 24 * 60, "how many hours before"
    )
    found += _number("percent", perk.percent, perk.kind is PerkKind.MEMBER_PRICE, 100, "how many per cent")
    if perk.kind is PerkKind.CUSTOM and not perk.name:
        found.append(("name", "Say what it is: a custom perk has no words of its own."))
    if perk.service and perk.kind not in (*SERVICES, PerkKind.CUSTOM):
        found.append(("service", "This kind comes by itself; only a custom perk can be made a service."))
    if perk.limit is not None:
        found += [(f"limit.{path}", message) for path, message in _limit_problems(perk, perk.limit)]
    return found


def _limit_problems(perk: Perk, limit: Limit) -> Problems:
    found: Problems = []
    if not perk.is_service:
        found.append(("times", "Only what is claimed can be limited."))
    if not 1 <= limit.times <= 1000:
        found.append(("times", "Give a number from 1 to 1,000."))
    if limit.per not in ("order", *Period):
        found.append(("per", "Choose order, day, week, month, year or lifetime."))
    return found


def _number(name: str, value: int | None, wanted: bool, most: int, what: str) -> Problems:
    if wanted and (value is None or not 1 <= value <= most):
        return [(name, f"Say {what}, from 1 to {most:,}.")]
    return [(name, "This kind of perk has none.")] if value is not None and not wanted else []


def id_problems(name: str, value: str) -> Problems:
    """An id outlives every wording: short and plain."""
    plain = value.replace("-", "").replace("_", "")
    good = value.isascii() and plain.isalnum() and len(value) <= 60
    return [] if good else [(name, "Use letters, digits, dashes; at most 60.")]


def text_problems(name: str, words: Mapping[str, str], most: int) -> Problems:
    """Languages must be ones the product speaks; words must not be empty or endless."""
    found: Problems = []
    for language, text in words.items():
        if language not in LANGUAGES:
            found.append((f"{name}.{language}", "This language is not offered."))
        elif not text.strip() or len(text) > most:
            found.append((f"{name}.{language}", f"Write between 1 and {most} characters."))
    return found


def worded(words: Mapping[str, str], language: str, fallback: str = "") -> str:
    """Words in a language, else in English, else in any, else `fallback`."""
    return words.get(language) or words.get("en") or next(iter(words.values()), fallback)
