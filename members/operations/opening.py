"""Opening balances: points that members bring from where they were before, lot by lot, with the dates they had there.

A kind of movement of its own, on the account of what comes by hand or import: nothing here was earned for a purchase
that the shop recorded, and no figure says so.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError
from loyalty.core.events import operations as events
from loyalty.core.ledger.chart import POINTS, Do, MerchantAccount
from loyalty.core.ledger.operations import Posted, Posting, hold, post_many
from loyalty.core.ledger.portions import Granted, granted_by
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.models import Member
from members.operations.membership import NotActive

KIND = "opening"


class OtherFigures(DomainError):
    code = "other_figures"
    message = _(
        "This was brought in before, as {before} and not {now}. Adjust the member’s points, or undo that import."
    )
    field = "points"


class PointsUsed(DomainError):
    code = "points_used"
    message = _("Some of these points have been used, moved or have ended since; they stay.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningLot:
    """One lot to bring in: whole points that were earned at an instant and live until another (None: for ever).
    `key` names it for good, whatever file it came in. `available_from` in the future keeps it waiting."""

    member: UUID
    key: str
    amount: int
    earned_at: datetime
    expires_at: datetime | None = None
    available_from: datetime | None = None
    slides_days: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """The movement in the books, and whether this call wrote it."""

    transfer: UUID
    created: bool


def standing(*, lots: Sequence[OpeningLot]) -> tuple[dict[str, Granted], dict[str, str]]:
    """Of what is in the books already and was not undone: the lot by its key here. And the key each of the others is
    to be written under: one that was brought in, undone, and comes again follows the one that was undone."""
    found: dict[str, Granted] = {}
    names = {lot.key: f"{KIND}:{lot.key}" for lot in lots}
    asked = set(names.values())
    while asked:
        by_key = {row.key: row for row in granted_by(keys=asked)}
        asked = set()
        for key, name in names.items():
            row = by_key.get(name)
            if row is None or key in found:
                continue
            if row.taken_away < row.granted:
                found[key] = row
            else:
                names[key] = f"{KIND}:{key}:{row.transfer.hex}"
                asked.add(names[key])
    return found, {key: name for key, name in names.items() if key not in found}


def other_figures(*, lot: OpeningLot, row: Granted) -> OtherFigures | None:
    """What is wrong when the same lot comes again: nothing, if it says the same."""
    if row.owner == lot.member and row.granted == lot.amount:
        return None
    return OtherFigures(before=row.granted, now=lot.amount)


@transaction.atomic
def open_lots(*, lots: Sequence[OpeningLot], at: datetime, source: str = "") -> list[Opened | DomainError]:
    """Bring in many lots; one answer each, in their order. What is in the books already is not written again; a
    refused one does not stop the rest. `source` goes with each, for whoever asks later where it came from."""
    here = _locked({lot.member for lot in lots})
    hold(sorted(here))
    known, names = standing(lots=lots)
    current = programmes.in_force()
    answers: dict[int, Opened | DomainError] = {}
    fresh: list[int] = []
    for index, lot in enumerate(lots):
        if lot.key in known:
            wrong = other_figures(lot=lot, row=known[lot.key])
            answers[index] = wrong or Opened(known[lot.key].transfer, False)
        elif here.get(lot.member) not in (Member.Status.ACTIVE, Member.Status.BLOCKED):
            answers[index] = NotActive(status=here.get(lot.member, "gone"))
        else:
            fresh.append(index)
    version = current.id if current else None
    posted = post_many(
        [_posting(lots[index], names[lots[index].key], at, source, version) for index in fresh]
    )
    for index, answer in zip(fresh, posted, strict=True):
        answers[index] = (
            Opened(answer.transfer, not answer.replayed) if isinstance(answer, Posted) else answer
        )
    events.ring_after_commit("points.imported")
    return [answers[index] for index in range(len(lots))]


def _locked(members: Collection[UUID]) -> Mapping[UUID, str]:
    """Members' statuses, their rows locked: nobody is merged or erased meanwhile."""
    rows = Member.objects.select_for_update(no_key=True).filter(pk__in=list(members)).order_by("pk")
    return dict(rows.values_list("pk", "status"))


def _posting(lot: OpeningLot, key: str, at: datetime, source: str, version: UUID | None) -> Posting:
    waits = lot.available_from is not None and lot.available_from > at
    return Posting(
        do=Do.GRANT,
        key=key,
        kind=KIND,
        event="points.imported",
        owner=lot.member,
        actor=str(scope.actor()),
        at=lot.earned_at,
        now=at,
        amount=lot.amount,
        unit=POINTS,
        counter=MerchantAccount.ADJUSTED,
        pending=waits,
        available_from=lot.available_from if waits else None,
        expires_at=lot.expires_at,
        slides_days=lot.slides_days,
        version=version,
        reason=lot.note[:300],
        data={"import": source} if source else None,
    )


@transaction.atomic
def take_back_lots(*, transfers: Sequence[UUID], at: datetime) -> list[DomainError | None]:
    """Undo what `open_lots` wrote, movement by movement, where nothing has happened to the points since; one answer
    each, None for what is undone. What was undone already is left alone."""
    found = {row.transfer: row for row in granted_by(transfers=transfers)}
    _locked({row.owner for row in found.values()})
    hold(sorted({row.owner for row in found.values()}))
    found = {row.transfer: row for row in granted_by(transfers=transfers)}  # as they are under the locks
    whole = [row for row in found.values() if row.remaining == row.granted]
    answers = post_many([_undoing(row, at) for row in whole])
    failed = {
        row.transfer: answer
        for row, answer in zip(whole, answers, strict=True)
        if not isinstance(answer, Posted)
    }
    events.ring_after_commit("points.forfeited")
    return [failed.get(transfer) or _why_not(found.get(transfer)) for transfer in transfers]


def _why_not(row: Granted | None) -> DomainError | None:
    return PointsUsed() if row is None or row.touched else None


def _undoing(row: Granted, at: datetime) -> Posting:
    return Posting(
        do=Do.FORFEIT, key=f"{KIND}:undo:{row.lot}", kind=KIND, event="points.forfeited", owner=row.owner,
        actor=str(scope.actor()), at=at, now=at, unit=row.unit, lot=row.lot, counter=MerchantAccount.ADJUSTED,
    )  # fmt: skip
