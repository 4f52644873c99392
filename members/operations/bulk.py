"""The same for many members at once: points given or taken, a place in a segment. At most `MOST` in one transaction.

All locks come first, each kind sorted, as `membership.locked` states; the asker's day comes before them all.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.ledger.chart import POINTS
from loyalty.core.ledger.operations import hold as hold_accounts
from members.models import Member, SegmentPlace
from members.operations import allowances, tiers
from members.operations.points import checked, write_adjustment
from members.operations.transfers import lock_current
from members.queries.belonging import follows_from_conditions
from members.rules import units

MOST = 500
_SEGMENT = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_NOT_OURS = ("offer-", "plan-")
"""Segments that follow from something else: an offer that is active, a plan that is paid."""


class TooMany(DomainError):
    code = "too_many_members"
    message = _("At most {most} members at once. Narrow the list down, and do the rest afterwards.")


class NobodyChosen(DomainError):
    code = "nobody_chosen"
    message = _("Nobody is chosen. Tick some members first.")


@dataclass(slots=True)
class Outcome:
    """For how many members it was done, how many units moved in all, and whom it could not be done for, with the code
    of the reason."""

    done: int = 0
    units: int = 0
    skipped: dict[UUID, str] = field(default_factory=dict)
    postings: dict[UUID, UUID] = field(default_factory=dict)


def everybody(members: Iterable[UUID]) -> list[UUID]:
    """The members, each once, sorted. Raises `NobodyChosen` and `TooMany`."""
    found = sorted(set(members))
    if not found:
        raise NobodyChosen()
    if len(found) > MOST:
        raise TooMany(most=MOST)
    return found


@transaction.atomic
def adjust_members(
    *, members: Sequence[UUID], amount: int, reason: str, key: str, at: datetime, unit: str = POINTS
) -> Outcome:
    """Give each of some members `amount` units, or take them, with one reason. Who cannot take part any more, or has
    too few, is passed over and named. The same `key` again gives nobody anything more.

    Raises `NeedsApproval` when one amount, or all of them, is more than whoever acts may do on their own, `TooMany`,
    `NobodyChosen`, `InvalidInput`; nothing is done then.
    """
    wanted = everybody(members)
    reason = checked(amount=amount, reason=reason, unit=unit)
    counter = allowances.lock_day(at=at)
    keys = {member: f"{key}:{member}" for member in wanted}
    found, fresh = carry_out(keys=keys, amount=amount, reason=reason, at=at, unit=unit)
    if fresh:
        allowances.count(counter, each=amount, total=amount * fresh)
    record(
        "adjustment.made_for_many",
        subject=None,
        at=at,
        data={"members": found.done, "points": found.units, "unit": unit, "skipped": len(found.skipped)},
    )
    return found


def carry_out(
    *, keys: Mapping[UUID, str], amount: int, reason: str, at: datetime, unit: str
) -> tuple[Outcome, int]:
    """Adjust members, each under the key of theirs; the outcome, and how many were not done before. In the caller's
    transaction, which holds nothing that comes after members."""
    if unit == units.CREDITS:
        tiers.hold(list(keys))
    people = lock_current(keys)
    hold_accounts(sorted({row.pk for row in people.values()}))
    found, fresh = Outcome(), 0
    for member in sorted(keys):
        try:
            with transaction.atomic():
                posted = write_adjustment(
                    member=people[member].pk, amount=amount, reason=reason, at=at, key=keys[member], unit=unit
                )
        except DomainError as refused:
            found.skipped[member] = refused.code
            continue
        found.done += 1
        found.units += posted.amount if amount > 0 else -posted.amount
        found.postings[member] = posted.transfer
        fresh += not posted.replayed
    return found, fresh


@transaction.atomic
def put_into_segment(*, members: Sequence[UUID], segment: str, at: datetime) -> Outcome:
    """Put some members into a segment for good. Who is in it for good already stays in it. Raises `InvalidInput`,
    `TooMany`, `NobodyChosen`."""
    segment = _named(segment)
    found = Outcome()
    for member, row in lock_current(everybody(members)).items():
        if row.status not in (Member.Status.ACTIVE, Member.Status.BLOCKED):
            found.skipped[member] = "member_not_active"
            continue
        place, new = SegmentPlace.objects.get_or_create(
            member=row, segment=segment, defaults={"since": at, "until": None}
        )
        if not new and place.until is None:
            continue
        place.until, place.source_kind, place.source = None, "", None
        place.save(update_fields=["until", "source_kind", "source"])
        record("segment.entered", subject=row.pk, at=at, data={"segment": segment})
        found.done += 1
    return found


@transaction.atomic
def take_out_of_segment(*, members: Sequence[UUID], segment: str, at: datetime) -> Outcome:
    """Take some members out of a segment. Who is not in it stays out. Raises `InvalidInput`, `TooMany`,
    `NobodyChosen`."""
    segment = _named(segment)
    found = Outcome()
    for row in lock_current(everybody(members)).values():
        if SegmentPlace.objects.filter(member=row, segment=segment).delete()[0]:
            record("segment.left", subject=row.pk, at=at, data={"segment": segment})
            found.done += 1
    return found


def _named(segment: str) -> str:
    name = segment.strip()
    if not _SEGMENT.fullmatch(name):
        text = _("Use small letters, digits and hyphens, at most 60.")
        raise InvalidInput.of("segment", str(text))
    if name.startswith(_NOT_OURS):
        text = _("This segment follows from an offer or a paid plan. Choose another name.")
        raise InvalidInput.of("segment", str(text))
    if follows_from_conditions(name):
        text = _("Who is in this segment follows from its conditions. Choose another name.")
        raise InvalidInput.of("segment", str(text))
    return name
