"""What decisions hand out besides units of the ledger: rewards, badges, chances in draws, places in segments.

Rewards belong to the floor above: whoever keeps them registers a `Shelf`. Everything happens in the caller's
transaction, under the member's lock. Rewards are locked last, after the books.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from loyalty.core.events.operations import record
from loyalty.core.money import share
from members.models import DrawEntry, EarnedBadge, FullCard, OfferActivation, SegmentPlace
from members.rules.decision import AwardBadge, Decision, EnterDraw, EnterSegment, IssueReward


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a gift is given for: an order, an activity, a referral, a full card; whose, and when it happened."""

    kind: str
    source: UUID
    member: UUID
    at: datetime


class Shelf(Protocol):
    """Hands out rewards without points. `reward` is its handle, as programmes name it."""

    def issue(self, *, reward: str, quantity: int, key: str, occasion: Occasion) -> int:
        """Give the member so many of a reward; how many there were. The same `key` again gives nothing more."""

    def withdraw(self, *, key: str, at: datetime) -> bool:
        """Take back what a key gave, if none of it was used; whether it is gone now."""

    def hold(self, rewards: Collection[str]) -> None:
        """Keep others from these rewards until the transaction ends: before several members are given some, so that
        two at once take them in one order."""

    def hold_given(self, keys: Collection[str]) -> None:
        """Keep others from what was given under some keys. Before the books, by the order of locks."""

    def unknown(self, rewards: Collection[str]) -> set[str]:
        """Of some handles those that name no reward the shop offers."""


_shelves: list[Shelf] = []


def register(shelf: Shelf) -> None:
    """Let rewards be handed out by `shelf`. Called once, when the app that keeps them starts."""
    _shelves[:] = [shelf]


def shelf() -> Shelf:
    """Who hands out rewards."""
    return _shelves[0]


def rewards_of(decision: Decision) -> set[str]:
    """The rewards (handles) a decision hands out."""
    return {effect.reward for effect in decision.effects if isinstance(effect, IssueReward)}


def hand_out(decision: Decision, *, occasion: Occasion) -> None:
    """Give everything of a decision that is no unit of the ledger."""
    for effect in decision.effects:
        match effect:
            case IssueReward(reward, quantity, rule):
                key = reward_key(occasion.kind, source=occasion.source, rule=rule)
                shelf().issue(reward=reward, quantity=quantity, key=key, occasion=occasion)
            case AwardBadge(badge, _rule):
                award_badge(badge, occasion=occasion)
            case EnterDraw(draw, entries, rule):
                DrawEntry.objects.create(
                    member_id=occasion.member, draw=draw, rule=rule, given=entries, entries=entries,
                    source_kind=occasion.kind, source=occasion.source, entered_at=occasion.at,
                )  # fmt: skip
                _tell("draw.entered", occasion, draw=draw, entries=entries)
            case EnterSegment(segment, _rule):
                enter_segment(segment, occasion=occasion)


def reward_key(kind: str, *, source: UUID, rule: str) -> str:
    """The name under which a rule's reward is handed out, once for good."""
    return f"{kind}:{source}:{rule}"


def award_badge(badge: str, *, occasion: Occasion) -> bool:
    """Mark the member with a badge; whether it is new."""
    _row, new = EarnedBadge.objects.get_or_create(
        member_id=occasion.member,
        badge=badge,
        defaults={"earned_at": occasion.at, "source_kind": occasion.kind, "source": occasion.source},
    )
    if new:
        _tell("badge.earned", occasion, badge=badge)
    return new


def enter_segment(segment: str, *, occasion: Occasion, until: datetime | None = None) -> None:
    """Put the member into a segment until an instant, or for good; who is in it stays at least that long."""
    row, new = SegmentPlace.objects.get_or_create(
        member_id=occasion.member, segment=segment,
        defaults={"since": occasion.at, "until": until, "source_kind": occasion.kind, "source": occasion.source},
    )  # fmt: skip
    if new:
        _tell("segment.entered", occasion, segment=segment)
    elif row.until is not None and (until is None or row.until < until):
        row.until, row.source_kind, row.source = until, occasion.kind, occasion.source
        row.save(update_fields=["until", "source_kind", "source"])


def leave_segment(segment: str, *, member: UUID, at: datetime) -> None:
    """Take the member out of a segment. Who is not in it stays out."""
    if SegmentPlace.objects.filter(member_id=member, segment=segment).delete()[0]:
        record("segment.left", subject=member, at=at, data={"segment": segment})


def take_back(decision: Decision, *, occasion: Occasion, part: int, whole: int) -> None:
    """Undo what an occasion gave, where `part` of its `whole` came back in all. Chances go in proportion; what cannot
    be divided goes with the last of it: rewards nobody has used, a badge, a place in a segment."""
    for effect in decision.effects:
        if isinstance(effect, EnterDraw):
            for row in DrawEntry.objects.filter(source=occasion.source, rule=effect.rule):
                row.entries = row.given - share(row.given, part, whole)
                row.save(update_fields=["entries"])
        elif part < whole:
            continue
        elif isinstance(effect, IssueReward):
            shelf().withdraw(
                key=reward_key(occasion.kind, source=occasion.source, rule=effect.rule), at=occasion.at
            )
        elif isinstance(effect, AwardBadge):
            EarnedBadge.objects.filter(source=occasion.source, badge=effect.badge).delete()
        elif isinstance(effect, EnterSegment):
            SegmentPlace.objects.filter(source=occasion.source, segment=effect.segment).delete()


def is_plain(decision: Decision) -> bool:
    """True when a decision gives units of the ledger and nothing else."""
    return all(not isinstance(effect, _GIFTS) for effect in decision.effects)


def reward_keys(decision: Decision, *, occasion: Occasion) -> set[str]:
    """The names under which an occasion's rewards were handed out."""
    return {
        reward_key(occasion.kind, source=occasion.source, rule=effect.rule)
        for effect in decision.effects
        if isinstance(effect, IssueReward)
    }


_GIFTS = (IssueReward, AwardBadge, EnterDraw, EnterSegment)


def move(*, to: UUID, of: UUID) -> None:
    """What one member has gathered is another's from now on. What both have stays the keeper's."""
    for kept in (FullCard, OfferActivation, DrawEntry):
        kept.objects.filter(member_id=of).update(member_id=to)
    for model, name in ((EarnedBadge, "badge"), (SegmentPlace, "segment")):
        has = model.objects.filter(member_id=to).values_list(name, flat=True)
        model.objects.filter(member_id=of, **{f"{name}__in": list(has)}).delete()
        model.objects.filter(member_id=of).update(member_id=to)


def forget(member: UUID) -> None:
    """Delete what a member has gathered."""
    for model in (EarnedBadge, SegmentPlace, DrawEntry, FullCard, OfferActivation):
        model.objects.filter(member_id=member).delete()


def _tell(kind: str, occasion: Occasion, **figures: object) -> None:
    data = {**figures, "source_kind": occasion.kind, "source": str(occasion.source)}
    record(kind, subject=occasion.member, at=occasion.at, data=data)
