"""What somebody's purchases and activities come to in the shop's challenges: hand out what was reached, take back
what a refund undid. Worked out from what stands, so doing it twice is doing it once.

Locks, in the order stated at `members.operations.membership.locked`: the member's counts, what was handed out, the
books, rewards.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from campaigns.models import Challenge, ChallengeAward, ChallengeScore
from campaigns.queries.games import challenges as reading
from campaigns.queries.games.progress import Past, Round, past_of, progress_in, round_at, round_named
from campaigns.rules.games import Milestone, Pace, Progress, Terms, reached
from loyalty.core.events.operations import record
from loyalty.core.programme import queries as programmes
from members.models import Member
from members.operations import gifts
from members.operations.awards import Award, give_award, hold_books, take_award_back
from members.operations.locking import lock_counts
from members.rules.decision import AwardBadge, Decision, EnterDraw, IssueReward

SOURCE = "challenge"


@dataclass(slots=True)
class Changes:
    """What is to be handed out, and what is to be taken back."""

    gained: list[ChallengeAward]
    lost: list[ChallengeAward]


@transaction.atomic
def settle(*, member: UUID, at: datetime) -> int:
    """Bring everything a member was given for challenges in line with what they did; how many awards changed. Who was
    merged or erased is passed over: whoever they are now is looked at."""
    if member not in lock_counts(member):
        return 0
    active = Member.objects.filter(pk=member, status=Member.Status.ACTIVE).exists()
    changes = Changes([], [])
    rows = reading.looked_at(at=at)
    past = past_of(member, rows)
    for row in rows:
        _look(row, past, changes, active=active, at=at)
    if changes.gained or changes.lost:
        _carry_out(changes, member, at)
    return len(changes.gained) + len(changes.lost)


def _look(row: Challenge, past: Past, changes: Changes, *, active: bool, at: datetime) -> None:
    """Compare what a member has come to in the rounds of a challenge with what they were given."""
    terms, member = reading.terms_of(row), past.member
    held = list(ChallengeAward.objects.filter(challenge=row.pk, member=member, withdrawn_at=None))
    for one in _rounds(row, terms, {award.period for award in held}, at):
        progress = progress_in(row, terms, one, member=member, at=at, past=past)
        _note_score(row, one, member, progress, at)
        passed = {milestone.needed: milestone for milestone in reached(terms, progress.best)}
        mine = {award.needed: award for award in held if award.period == one.name}
        changes.lost += [award for needed, award in mine.items() if needed not in passed]
        if active:
            changes.gained += [
                _award(row, one, member, milestone, at)
                for needed, milestone in passed.items()
                if needed not in mine
            ]


def _rounds(row: Challenge, terms: Terms, names: set[str], at: datetime) -> list[Round]:
    """The round that is on, the one before it (what happens late still counts), and those in which something was
    given."""
    now = min(at, row.ends_at - datetime.resolution) if row.ends_at else at
    found = {one.name: one for one in [round_at(row, terms, now)]}
    if terms.per is not Pace.ONCE:
        before = next(iter(found.values())).since - datetime.resolution
        if before >= row.starts_at:
            earlier = round_at(row, terms, before)
            found[earlier.name] = earlier
    found |= {name: round_named(row, terms, name) for name in sorted(names - found.keys())}
    return list(found.values())


def _note_score(row: Challenge, one: Round, member: UUID, progress: Progress[UUID], at: datetime) -> None:
    """Keep how far somebody is, for boards. Who had nothing and has nothing gets no row."""
    score = ChallengeScore.objects.filter(challenge=row.pk, period=one.name, member=member).first()
    if score is None:
        if progress.best:
            ChallengeScore.objects.create(
                challenge=row, period=one.name, member_id=member, value=progress.value, best=progress.best,
                reached_at=progress.last_at or at,
            )  # fmt: skip
        return
    if (score.value, score.best) != (progress.value, progress.best):
        if score.best != progress.best:
            score.reached_at = progress.last_at or at
        score.value, score.best = progress.value, progress.best
        score.save(update_fields=["value", "best", "reached_at"])


def _award(row: Challenge, one: Round, member: UUID, milestone: Milestone, at: datetime) -> ChallengeAward:
    """What is due for a milestone. What was given for it before, taken back, and used all the same by then, is not
    given a second time."""
    current = programmes.in_force()
    before = ChallengeAward.objects.filter(
        challenge=row.pk, period=one.name, member=member, needed=milestone.needed, withdrawn_at__isnull=False
    )
    kept = list(before.values_list("shortfall", "reward_kept"))
    points = max(0, milestone.points - sum(short for short, _reward in kept))
    reward = "" if any(reward for _short, reward in kept) else milestone.reward
    return ChallengeAward(
        challenge=row, period=one.name, member_id=member, needed=milestone.needed,
        gives=msgspec.to_builtins(milestone) | {"points": points, "reward": reward}, points=points,
        reached_at=at, programme_version=current.id if current else None,
    )  # fmt: skip


def _carry_out(changes: Changes, member: UUID, at: datetime) -> None:
    """Points first, then rewards, by the order of locks."""
    gifts.shelf().hold_given([_reward_key(award) for award in changes.lost if award.gives["reward"]])
    hold_books(member=member)
    for award in changes.lost:
        found = take_award_back(award=_points(award, member), at=at)
        award.points_taken, award.shortfall = found.taken, found.short
    for award in changes.gained:
        award.save(force_insert=True)
        give_award(award=_points(award, member), at=at)
    moved = (gifts.rewards_of(_decision(award)) for award in [*changes.lost, *changes.gained])
    rewards = set[str]().union(*moved)
    if rewards:
        gifts.shelf().hold(rewards)
    for award in changes.lost:
        if award.gives["reward"]:
            award.reward_kept = not gifts.shelf().withdraw(key=_reward_key(award), at=at)
        gifts.take_back(_decision(award, reward=False), occasion=_occasion(award, at), part=1, whole=1)
        award.withdrawn_at = at
        award.save(update_fields=["withdrawn_at", "points_taken", "shortfall", "reward_kept"])
        _tell("challenge.undone", award, at, points=award.points_taken, shortfall=award.shortfall)
    for award in changes.gained:
        gifts.hand_out(_decision(award), occasion=_occasion(award, at))
        _tell("challenge.reached", award, at, points=award.points)


def _reward_key(award: ChallengeAward) -> str:
    return gifts.reward_key(SOURCE, source=award.pk, rule=str(award.challenge_id))


def _decision(award: ChallengeAward, *, reward: bool = True) -> Decision:
    """Everything of a milestone that is no unit of the books."""
    given, rule = msgspec.convert(award.gives, Milestone), str(award.challenge_id)
    effects: list[Any] = []
    if given.reward and reward:
        effects.append(IssueReward(given.reward, 1, rule))
    if given.badge:
        effects.append(AwardBadge(given.badge, rule))
    if given.draw:
        effects.append(EnterDraw(given.draw, given.entries, rule))
    return Decision(effects=tuple(effects))


def _occasion(award: ChallengeAward, at: datetime) -> gifts.Occasion:
    return gifts.Occasion(SOURCE, award.pk, award.member_id, at)


def _points(award: ChallengeAward, member: UUID) -> Award:
    return Award(
        kind=SOURCE, source=award.pk, member=member, points=award.points, version=award.programme_version,
        rule=str(award.challenge_id),
    )  # fmt: skip


def _tell(kind: str, award: ChallengeAward, at: datetime, **figures: int) -> None:
    data = {"challenge": str(award.challenge_id), "award": str(award.pk), "needed": award.needed, **figures}
    record(kind, subject=award.member_id, at=at, data=data)
