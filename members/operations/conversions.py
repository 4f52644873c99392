"""Turn points into rewards or cash-back at the end of a period, a batch of members at a time.

What counts is what a member could spend when the period ended, as far as they still have it. A period counts from the
first whole one under a programme that converts: publishing one converts nothing at once. Safe to stop and to repeat:
who was converted has a row for the period, and is left alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.events import operations as events
from loyalty.core.events.models import JobRun
from loyalty.core.events.operations import record
from loyalty.core.ledger.chart import Do, MerchantAccount
from loyalty.core.ledger.operations import Posted, Posting, hold, post, post_many
from loyalty.core.ledger.portions import spendable_before, spendable_lots, who_have
from loyalty.core.ledger.queries import balances
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.models import Member, PointsConversion
from members.operations import gifts
from members.rules.conversion import Conversion, Every, Finished, last_finished
from members.rules.points_life import PointsLife, expires_at
from members.rules.units import CASHBACK

JOB = "convert points"
BATCH = 500


@dataclass(frozen=True, slots=True)
class Due:
    """A period whose points are to be converted, and on what terms."""

    period: Finished
    terms: Conversion
    life: PointsLife
    version: UUID


@dataclass(frozen=True, slots=True)
class Batch:
    """How far a batch came: the last member looked at (None: that was all), and how many were converted."""

    last: UUID | None
    converted: int


def due(*, at: datetime) -> Due | None:
    """The period that ended last, if its points are not all converted yet; None when nothing is to be done."""
    current = programmes.in_force()
    if current is None:
        return None
    terms: Conversion = current.programme["conversion"]
    period = last_finished(terms.every, at, ZoneInfo(shop_of_scope().timezone))
    if period is None or JobRun.objects.filter(job=JOB, period=period.name).exists():
        return None
    since = _converts_since(terms.every)
    if since is None or since >= period.ended_at:
        return None
    return Due(period, terms, current.programme["points_life"], current.id)


def _converts_since(every: Every) -> datetime | None:
    """Since when, without a break, the programme has converted points as often as it does now."""
    since = None
    for version in programmes.history():
        if programmes.version(version.pk).programme["conversion"].every is not every:
            break
        since = version.published_at
    return since


@transaction.atomic
def convert_batch(*, of: Due, after: UUID | None, at: datetime, most: int = BATCH) -> Batch:
    """Convert the points of up to so many members, in the order of their ids, from one on. One transaction."""
    owners = who_have(of.terms.least, after=after, limit=most)
    if not owners:
        return Batch(None, 0)
    # Members before accounts before rewards, each kind sorted, as redeeming does.
    people = Member.objects.select_for_update(no_key=True).filter(pk__in=owners).order_by("pk")
    active = [member.pk for member in people if member.status == Member.Status.ACTIVE]
    converted = PointsConversion.objects.filter(member__in=active, period=of.period.name)
    gone = set(converted.values_list("member_id", flat=True))
    hold(active)
    rows = [
        PointsConversion(
            member_id=member, period=of.period.name, points=parts * of.terms.points, parts=parts,
            reward=of.terms.reward, cashback_minor=parts * of.terms.cashback_minor, converted_at=at,
        )
        for member, parts in _parts([member for member in active if member not in gone], of, at).items()
    ]  # fmt: skip
    _spend(rows, of, at)
    PointsConversion.objects.bulk_create(rows)
    _give(rows, of, at)
    for row in rows:
        record("points.conversion", subject=row.member_id, at=at, data=_told(row))
    return Batch(owners[-1] if len(owners) == most else None, len(rows))


def _parts(members: list[UUID], of: Due, at: datetime) -> dict[UUID, int]:
    """How many parts each member's points make: of what they had when the period ended and still have."""
    then = spendable_before(members, before=of.period.ended_at)
    live: dict[UUID, int] = {}
    for owner, _lot, points, _ends in spendable_lots(members, at=at):
        live[owner] = live.get(owner, 0) + points
    owed = {owner: now.debt for owner, now in balances(members).items()}
    found = {}
    for member in members:
        have = min(then.get(member, 0), live.get(member, 0) - owed.get(member, 0))
        if parts := of.terms.parts(have):
            found[member] = parts
    return found


def _posting(row: PointsConversion, plan: Due, do: Do, name: str, at: datetime, **more: Any) -> Posting:
    return Posting(
        do=do, key=f"convert:{row.period}:{row.member_id}{name}", kind="conversion", owner=row.member_id,
        actor=str(scope.actor()), at=at, now=at, source_kind="conversion", source=row.pk, version=plan.version, **more,
    )  # fmt: skip


def _spend(rows: list[PointsConversion], of: Due, at: datetime) -> None:
    spendings = [
        _posting(row, of, Do.SPEND, "", at, event="points.converted", amount=row.points,
                 counter=MerchantAccount.REDEEMED)
        for row in rows
    ]  # fmt: skip
    for row, answer in zip(rows, _all_posted(spendings), strict=True):
        row.posting = answer.transfer


def _all_posted(postings: list[Posting]) -> list[Posted]:
    """Under the locks nothing can be refused: a refusal would be a bug, and raises."""
    answers = []
    for answer in post_many(postings):
        if isinstance(answer, DomainError):
            raise answer
        answers.append(answer)
    events.ring_after_commit()
    return answers


def _give(rows: list[PointsConversion], of: Due, at: datetime) -> None:
    """What the points became. Where the reward ran out, points go back, and count for the next period."""
    if of.terms.cashback_minor:
        until = expires_at(of.life, at, ZoneInfo(shop_of_scope().timezone))
        _all_posted([
            _posting(row, of, Do.GRANT, ":cashback", at, event="cashback.earned", unit=CASHBACK,
                     amount=row.cashback_minor, expires_at=until)
            for row in rows
        ])  # fmt: skip
        return
    for row in rows:
        occasion = gifts.Occasion("conversion", row.pk, row.member_id, at)
        key = f"conversion:{row.pk}"
        given = gifts.shelf().issue(reward=row.reward, quantity=row.parts, key=key, occasion=occasion)
        missing = (row.parts - given) * of.terms.points
        if missing:
            post(
                _posting(row, of, Do.GIVE_BACK, ":back", at, event="points.given_back", amount=missing,
                         of=row.posting, counter=MerchantAccount.REDEEMED)
            )  # fmt: skip
            row.parts, row.points = given, row.points - missing
            row.save(update_fields=["parts", "points"])


@transaction.atomic
def finish(*, of: Due, started_at: datetime, at: datetime) -> None:
    """The period is done for everybody and is not looked at again."""
    converted = PointsConversion.objects.filter(period=of.period.name).count()
    JobRun.objects.get_or_create(
        job=JOB, period=of.period.name,
        defaults={"started_at": started_at, "finished_at": at, "result": {"members": converted}},
    )  # fmt: skip


def _told(row: PointsConversion) -> dict[str, Any]:
    return {"conversion": ids.encode("cnv", row.pk), "period": row.period, "points": row.points, "parts": row.parts,
            "reward": row.reward, "cashback_minor": row.cashback_minor}  # fmt: skip
