"""The section of personal offers: what a member may activate, for whom and for how long. Pure.

An active offer is a place in the segment `offer-<id>`: earning rules and rewards that look at the segment are the
offer.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from members.rules.filters import Window

LANGUAGES = frozenset({"en", "sv", "nb", "nl"})

type Problems = list[tuple[str, str]]


class Offer(Struct, forbid_unknown_fields=True, frozen=True):
    """One offer. `name` and `text` by language; `window` when it can be activated; `tiers` and `segments` who may (all,
    where empty); `days` (times 24 hours) how long it is active, at most to the end of its window; `reward` (its handle)
    is handed out on activation. It is activated once, or again `again_after_days` after the last time."""

    id: str
    name: dict[str, str] = {}
    text: dict[str, str] = {}
    window: Window = Window()
    tiers: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    days: int | None = None
    reward: str = ""
    again_after_days: int | None = None

    @property
    def segment(self) -> str:
        """The segment a member is in while the offer is active."""
        return f"offer-{self.id}"

    def named(self, language: str) -> str:
        """The offer's name in a language, else in English, else in any, else its id."""
        return self.name.get(language) or self.name.get("en") or next(iter(self.name.values()), self.id)

    def said(self, language: str) -> str:
        """The offer's text in a language, else in English, else in any."""
        return self.text.get(language) or self.text.get("en") or next(iter(self.text.values()), "")

    def ends(self, at: datetime) -> datetime | None:
        """Until before when it is active when it is activated at `at`; None is for good."""
        ends = [self.window.until] if self.window.until else []
        if self.days is not None:
            ends.append(at + timedelta(days=self.days))
        return min(ends, default=None)


class Offers(Struct, forbid_unknown_fields=True, frozen=True):
    """What the section holds."""

    offers: tuple[Offer, ...] = ()

    def offer(self, offer: str) -> Offer | None:
        """An offer by its id."""
        return next((one for one in self.offers if one.id == offer), None)


def state(offer: Offer, *, last: datetime | None, until: datetime | None, tier: str, segments: frozenset[str],
          at: datetime) -> str:  # fmt: skip
    """Where an offer stands for a member: "active", "done", "not_yet", "over", "not_for_you" or "ready". `last` is when
    it was activated last, `until` how long that holds."""
    if last is not None and (until is None or at < until):
        return "active"
    if offer.window.until is not None and at >= offer.window.until:
        return "over"
    if last is not None and (
        offer.again_after_days is None or at < last + timedelta(days=offer.again_after_days)
    ):
        return "done"
    if offer.window.from_ is not None and at < offer.window.from_:
        return "not_yet"
    if (offer.tiers and tier not in offer.tiers) or (offer.segments and segments.isdisjoint(offer.segments)):
        return "not_for_you"
    return "ready"


def check(section: Offers) -> Problems:
    """Offers are there once each and make sense."""
    problems: Problems = [("offers", "At most 100 offers.")] if len(section.offers) > 100 else []
    seen: set[str] = set()
    for index, offer in enumerate(section.offers):
        path = f"offers[{index}]"
        if not offer.id or len(offer.id) > 50 or not offer.id.replace("-", "").replace("_", "").isalnum():
            problems.append((f"{path}.id", "Use letters, digits, dashes; at most 50."))
        elif offer.id in seen:
            problems.append((f"{path}.id", "Another offer has this id."))
        seen.add(offer.id)
        problems += [(f"{path}.{field}", message) for field, message in _offer(offer)]
    return problems


def _offer(offer: Offer) -> Problems:
    found: Problems = [(f"window.{path}", message) for path, message in offer.window.problems()]
    if not any(text.strip() for text in offer.name.values()):
        found.append(("name", "Give the offer a name."))
    for field, words, most in (("name", offer.name, 120), ("text", offer.text, 600)):
        for language, text in words.items():
            if language not in LANGUAGES:
                found.append((f"{field}.{language}", "This language is not offered."))
            elif len(text) > most:
                found.append((f"{field}.{language}", f"At most {most} characters."))
    for field, names in (("tiers", offer.tiers), ("segments", offer.segments)):
        if len(names) > 50 or any(not name.strip() or len(name) > 60 for name in names):
            found.append((field, "At most 50 names, each with 1 to 60 characters."))
    for field, days in (("days", offer.days), ("again_after_days", offer.again_after_days)):
        if days is not None and not 1 <= days <= 3660:
            found.append((field, "Give a number of days from 1 to 3,660."))
    if len(offer.reward) > 60:
        found.append(("reward", "Name the reward by its handle, in at most 60 characters."))
    return found
