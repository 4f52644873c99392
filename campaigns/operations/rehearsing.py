"""Rehearse a draft on the shop's past: a job for each part of the members, so that as many workers as there are work on
it at the same time; each stretch is committed, so that it can be stopped, and goes on after a crash where it was."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Rehearsal, RehearsedMember
from campaigns.queries import rehearsals
from campaigns.queries.rehearsals import KIND, members_after, spent_as_kept
from campaigns.rules.rehearsing import Figures, count
from loyalty.core.errors import DomainError
from loyalty.core.events.operations import record
from loyalty.core.jobs import operations as jobs
from loyalty.core.jobs.kinds import Step
from loyalty.core.jobs.models import Job
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.money import MAX_MINOR
from loyalty.core.programme import document as documents
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.models import Version
from loyalty.core.tenancy import scope
from members.queries.belonging import tiers_of
from members.queries.pasts import Past, pasts
from members.rules.pasts import PastOrder, PastRefund
from members.rules.rehearsing import Life, Purse, Rules, asks_for_all

PARTS = 4
"""Into so many parts the members of a shop are shared out; a small shop is one."""
SMALL = 200
AT_ONCE = 60
"""Members in one stretch: about a second's work where each has bought once a week."""
MOST_TOGETHER = 400_000
"""Purchases that are lived through in one go, all members at once, where rules share a budget."""


class NothingToRehearse(DomainError):
    code = "no_draft"
    message = _("There is no draft to rehearse. Change something first.")


class NoPast(DomainError):
    code = "no_purchases"
    message = _("No member bought anything in this time. Choose another period.")
    field = "since"


class BadPeriod(DomainError):
    code = "bad_period"
    message = _("The period begins before it ends, and ends by now.")
    field = "since"


class BadFigure(DomainError):
    code = "invalid_figure"
    message = _("Give a margin from 0 to 100 percent, and an amount above 0.")
    field = "margin"


class TooManyTogether(DomainError):
    code = "period_too_long"
    message = _(
        "Rules that share a budget can be tried on up to {most} purchases at once. Choose a shorter period."
    )
    field = "since"


@transaction.atomic
def start_rehearsal(
    *,
    since: datetime,
    until: datetime,
    at: datetime,
    costs: Mapping[str, Any] = {},
    margin: int | None = None,
    limit_minor: int | None = None,
    moved: bool = False,
    note: str = "",
    version: int | None = None,
) -> Rehearsal:
    """Have the draft (or a published `version` by its number) rehearsed on purchases from `since` to before `until`.
    `costs` is `{"point": "0.5", "rewards": {handle: 1200}}` in minor units, `margin` in hundredths of a percent;
    `moved` tries rules with times of their own in the years before. Raises `NothingToRehearse`, `BadPeriod`,
    `NoPast`, `BadFigure`, `TooManyTogether`."""
    row = programmes.numbered(version) if version is not None else programmes.draft()
    if row is None:
        raise NothingToRehearse()
    if not since < until <= at:
        raise BadPeriod()
    if (margin is not None and not 0 <= margin <= 10_000) or (
        limit_minor is not None and not 0 < limit_minor <= MAX_MINOR
    ):
        raise BadFigure(field="margin" if limit_minor is None else "limit")
    if not rehearsals.purchases_between(since, until):
        raise NoPast()
    made = _written(row, since=since, until=until, at=at, costs=dict(costs), margin=margin, limit_minor=limit_minor,
                    moved=moved, note=note[:120])  # fmt: skip
    return _begun(made, at)


@transaction.atomic
def rehearse_document(
    *,
    document: Mapping[str, Any],
    about: UUID,
    since: datetime,
    until: datetime,
    costs: Mapping[str, Any],
    note: str,
    at: datetime,
) -> Rehearsal:
    """Have a whole programme rehearsed that is no version of its own, `about` something else (a campaign with what it
    adds). Raises `InvalidInput`, `TooManyTogether`."""
    row = Version(pk=about, document=documents.parse(dict(document)).document())
    made = _written(row, since=since, until=until, at=at, costs=dict(costs), margin=None, limit_minor=None,
                    moved=False, note=note[:120])  # fmt: skip
    return _begun(made, at)


def _begun(made: Rehearsal, at: datetime) -> Rehearsal:
    for part in range(made.parts):
        jobs.ask_for(kind=KIND, about=made.pk, options={"part": part}, at=at)
    record("rehearsal.started", subject=made.pk, at=at, data={"members": made.members})
    return made


def _written(row: Version, **values: Any) -> Rehearsal:
    """The rehearsal's row, with the programme as it is written now."""
    members = rehearsals.members_count()
    at = values.pop("at")
    made = Rehearsal(
        version=row.pk, document=row.document, members=members, parts=1 if members <= SMALL else PARTS,
        asked_at=at, asked_by=str(scope.actor()), **values,
    )  # fmt: skip
    _programme, rules = rehearsals.rules_of(made)
    if asks_for_all(rules):
        made.parts = 1
        first = rehearsals.first_purchase() or made.since
        if rehearsals.purchases_between(first, made.until) > MOST_TOGETHER:
            raise TooManyTogether(most=f"{MOST_TOGETHER:,}")
    made.save(force_insert=True)
    return made


@transaction.atomic
def stop_rehearsal(*, rehearsal: UUID, at: datetime) -> Rehearsal:
    """Stop it before its next stretch. Raises `AlreadyOver` when there is nothing left to stop."""
    row = rehearsals.rehearsal(rehearsal)
    waiting = [job for job in rehearsals.jobs_of(row.pk) if job.is_open]
    if not waiting:
        raise jobs.AlreadyOver()
    for job in waiting:
        jobs.cancel(job=job.pk, at=at)
    return row


@transaction.atomic
def remove_rehearsal(*, rehearsal: UUID, at: datetime) -> None:
    """Throw a rehearsal away, with everything that was found."""
    row = rehearsals.rehearsal(rehearsal)
    for job in rehearsals.jobs_of(row.pk):
        if job.is_open:
            jobs.cancel(job=job.pk, at=at)
    RehearsedMember.objects.filter(rehearsal=row.pk).delete()
    row.delete()


def rehearse_stretch(*, job: Job, at: datetime) -> Step:
    """The next stretch of a part, as its job calls for it."""
    row = Rehearsal.objects.filter(pk=job.about).first()
    if row is None:
        return Step(over=True)  # thrown away meanwhile
    programme, rules = rehearsals.rules_of(row)
    figures = Figures.read(job.cursor.get("figures", {}))
    counting = _Counting(row, rules, figures, programme["side_units"])
    if asks_for_all(rules):
        done = counting.together()
        _finish(row, figures, at)
        return Step(done=done, over=True)
    position = UUID(job.cursor["after"]) if "after" in job.cursor else None
    members, following = members_after(position, part=job.options["part"], parts=row.parts, most=AT_ONCE)
    counting.one_by_one(members)
    if following is None:
        _finish(row, figures, at)
        return Step(done=len(members), over=True)
    return Step(cursor={"after": str(following), "figures": figures.wire()}, done=len(members))


def _finish(row: Rehearsal, figures: Figures, at: datetime) -> None:
    """A part is done: add its figures to those of the others; the last one finishes the rehearsal."""
    locked = Rehearsal.objects.select_for_update(no_key=True).get(pk=row.pk)
    whole = Figures.read(locked.result)
    whole.add(figures)
    locked.result, locked.parts_done = whole.wire(), locked.parts_done + 1
    if locked.parts_done == locked.parts:
        locked.finished_at = at
        record("rehearsal.finished", subject=row.pk, at=at, data={"members": whole.members})
    locked.save(update_fields=["result", "parts_done", "finished_at"])


class _Counting:
    """Pasts lived and counted."""

    def __init__(self, row: Rehearsal, rules: Rules, figures: Figures, side: Any):
        self.row, self.rules, self.figures, self.side = row, rules, figures, side
        self.zone = ZoneInfo(shop_of_scope().timezone)

    def one_by_one(self, members: Sequence[UUID]) -> None:
        """Members whose pasts do not depend on each other's."""
        found = pasts(members, rules=self.rules, until=self.row.until)
        self._keep([(past, self._live(past)) for past in found])

    def _live(self, past: Past) -> Life:
        life = Life(self.rules, past.member)
        for event in past.events:
            life.happen(event)
        life.close(self.row.until)
        return life

    def together(self) -> int:
        """Everybody at the same time, as budgets empty."""
        purse = Purse(self.rules.earning, self.rules.begins)
        lives: dict[UUID, tuple[Past, Life]] = {}
        events, position, more = [], None, True
        while more:
            members, position = members_after(position, part=0, parts=1, most=AT_ONCE * PARTS)
            more = position is not None
            for past in pasts(members, rules=self.rules, until=self.row.until):
                lives[past.member.id] = past, Life(self.rules, past.member, purse)
                placed = {one.id: one.at for one in past.events if isinstance(one, PastOrder)}
                for number, event in enumerate(past.events):
                    when = max(event.at, placed[event.order]) if isinstance(event, PastRefund) else event.at
                    events.append((when, past.member.id, number, event))
                past.events = []
        events.sort(key=lambda one: one[:3])
        for _at, member, _number, event in events:
            lives[member][1].happen(event)
        self.figures.budgets = purse.empty_at
        for _past, life in lives.values():
            life.close(self.row.until)
        self._keep(list(lives.values()))
        return len(lives)

    def _keep(self, lived: Sequence[tuple[Past, Life]]) -> None:
        """Count them, and write what it came to for each who bought or got something."""
        today = tiers_of([past.member.id for past, _life in lived])
        rows = []
        for past, life in lived:
            now = today.get(past.member.id, "")
            real = {key: (one.points, one.external_id) for key, one in past.real.items()}
            found = count(self.figures, life, real=real, tier_now=now, since=self.row.since, zone=self.zone,
                          side=self.side)  # fmt: skip
            before, after = found.sums.before + found.doing.before, found.sums.after + found.doing.after
            if found.sums.orders or before or after:
                rows.append(RehearsedMember(
                    rehearsal=self.row, member_id=past.member.id, orders=found.sums.orders,
                    spend_minor=found.sums.spend_minor, before=before, after=after, change=after - before,
                    tier_before=now, tier_after=found.tier, spent=_spent(life),
                ))  # fmt: skip
        RehearsedMember.objects.bulk_create(rows, batch_size=1000)


def _spent(life: Life) -> dict[str, Any]:
    """What the budgets had given out before each thing, where there are budgets."""
    return {str(source): spent_as_kept(one.spent) for source, one in life.lived.items() if one.spent}
