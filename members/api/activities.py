"""Activities: record what a member does besides buying, list, read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import keyset
from loyalty.core.api.spec import Rehearsal, endpoint, page_of, within
from loyalty.core.errors import NotFound
from members import models
from members.api import inputs, shapes
from members.api.members import member_id
from members.operations.activities import Done, ProofMissing, quote_activity, record_activity
from members.operations.deciding import MemberNotFound
from members.operations.moderation import (
    AlreadyDecided,
    NotCounted,
    approve_activity,
    refuse_activity,
    undo_activity,
)
from members.queries import activities
from members.rules.decision import Decision
from members.rules.doing import NewActivity
from members.rules.moderation import Proof

EXAMPLE = {
    "external_id": "review-5521",
    "kind": "review",
    "happened_at": "2026-03-02T20:15:00+01:00",
    "member": {"external_id": "customer-1001"},
    "properties": {"stars": 5, "verified": True},
    "product": {"sku": "latte", "category": "coffee"},
    "channel": "web",
}


class ActivityResult(msgspec.Struct):
    """What an activity earned and why. `balance` is what the member can spend after it. `id` and `balance` are null
    for a rehearsal. One that is `waiting` has earned nothing yet; `flags` say what staff should look at."""

    id: str | None
    source: str
    external_id: str
    kind: str
    member: str
    points: int
    pending: bool
    available_from: datetime | None
    expires_at: datetime | None
    balance: int | None
    decision: Decision
    programme_version: str | None
    replayed: bool
    dry_run: bool
    status: str
    flags: list[str]


class Activity(msgspec.Struct):
    """What a member did besides buying, and the engine's decision, empty while it waits. `shared_by`: how many
    activities of other people came with the same link. What was undone was taken back, `points_taken` of it; the
    rest, `shortfall`, had been used."""

    id: str
    source: str
    external_id: str
    kind: str
    member: str
    properties: dict[str, Any]
    product: dict[str, Any] | None
    channel: str
    location: str
    points_earned: int
    happened_at: datetime
    recorded_at: datetime
    programme_version: str | None
    decision: dict[str, Any]
    status: str
    flags: list[str]
    proof: Proof
    shared_by: int
    note: str
    decided_at: datetime | None
    points_taken: int
    shortfall: int


class Verdict(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A word to the member, if there is one."""

    note: inputs.MaybeWhy = ""


class Explained(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Why; the member can read it."""

    note: inputs.Why


def _done(found: Done, *, activity: NewActivity, dry_run: bool = False) -> ActivityResult:
    """What recording (or rehearsing) an activity led to."""
    return ActivityResult(
        id=None if dry_run else shapes.named("act", found.activity),
        source=activity.source,
        external_id=activity.external_id,
        kind=activity.kind,
        member=ids.encode("mbr", found.member),
        points=found.points,
        pending=found.terms.pending and found.points > 0,
        available_from=found.terms.available_from if found.points else None,
        expires_at=found.terms.expires_at if found.points else None,
        balance=found.balance,
        decision=found.decision,
        programme_version=shapes.named("pgv", found.version),
        replayed=found.replayed,
        dry_run=dry_run,
        status=found.status,
        flags=list(found.flags),
    )


def _told(rows: Sequence[models.Activity]) -> list[Activity]:
    """Activities as they are kept."""
    shared = activities.shared_by(rows)
    return [_activity(row, shared[row.pk]) for row in rows]


def _activity(row: models.Activity, shared: int) -> Activity:
    return Activity(
        id=ids.encode("act", row.pk),
        source=row.source,
        external_id=row.external_id,
        kind=row.kind,
        member=ids.encode("mbr", row.member_id),
        properties=row.properties,
        product=row.product,
        channel=row.channel,
        location=row.location,
        points_earned=row.points_earned,
        happened_at=row.happened_at,
        recorded_at=row.recorded_at,
        programme_version=shapes.named("pgv", row.programme_version),
        decision=row.decision,
        status=row.status,
        flags=list(row.flags),
        proof=Proof(row.proof_link, row.proof_text),
        shared_by=shared,
        note=row.note,
        decided_at=row.decided_at,
        points_taken=row.points_taken,
        shortfall=row.shortfall,
    )


class Activities(Endpoint):
    @endpoint(
        summary="Record an activity",
        scope="orders:write",
        body=NewActivity,
        query=Rehearsal,
        moves_value=True,
        example=EXAMPLE,
        answers={201: ActivityResult, 200: ActivityResult},
        refuses=(MemberNotFound, ProofMissing),
    )
    def post(self, call: Call) -> tuple[int, ActivityResult]:
        """Records a review, a photo, a survey, a visit or anything else a member did, gives its points and says why.
        The pair (`source`, `external_id`) names it for good: sending it again answers the first decision with 200;
        another activity under the same name is refused. That somebody joined is recorded by joining itself. Where the
        programme wants each to be looked at, it is `waiting` and earns nothing before that."""
        activity = call.body
        if call.dry_run:
            when = call.at if call.query.at is not None else None
            quoted = quote_activity(activity=activity, at=call.now, when=when)
            return 200, _done(quoted, activity=activity, dry_run=True)
        found = record_activity(activity=activity, at=call.at)
        return (200 if found.replayed else 201), _done(found, activity=activity)

    @endpoint(
        summary="List activities",
        scope="orders:read",
        query=inputs.ActivitySearch,
        answers={200: page_of(Activity)},
        refuses=(NotFound,),
    )
    def get(self, call: Call) -> dict:
        """Last recorded first, with the decision."""
        asked = call.query
        found = (
            activities.of_member(member_id(asked.member)) if asked.member else activities.every(asked.status)
        )
        if asked.member and asked.status:
            found = found.filter(status=asked.status)
        if asked.kind:
            found = found.filter(kind=asked.kind)
        if asked.external_id:
            found = found.filter(source=asked.source, external_id=asked.external_id)
        if asked.happened_from is not None:
            found = found.filter(happened_at__gte=within("happened_from", asked.happened_from))
        if asked.happened_until is not None:
            found = found.filter(happened_at__lt=within("happened_until", asked.happened_until))
        window = keyset(found, asked, name="activities", by=[("id", UUID)])
        return call.page(window, _told(window.rows))


class OneActivity(Endpoint):
    @endpoint(summary="Read an activity", scope="orders:read", answers={200: Activity})
    def get(self, call: Call, id: str) -> Activity:  # noqa: A002 - the address's own word
        """With the decision and every rule's reason."""
        return _decided(ids.decode("act", id))


def _decided(activity_id: UUID) -> Activity:
    return _told([activities.activity(activity_id)])[0]


class ActivityApproval(Endpoint):
    @endpoint(
        summary="Approve an activity",
        scope="points:adjust",
        body=Verdict,
        moves_value=True,
        example={"note": "Lovely picture, thank you"},
        answers={200: Activity},
        refuses=(AlreadyDecided, NotFound),
    )
    def post(self, call: Call, id: str) -> Activity:  # noqa: A002
        """One that was waiting counts, by the programme and the caps of the moment it happened, once."""
        row = ids.decode("act", id)
        approve_activity(activity=row, at=call.at, note=call.body.note)
        return _decided(row)


class ActivityRefusal(Endpoint):
    @endpoint(
        summary="Refuse an activity",
        scope="points:adjust",
        body=Explained,
        moves_value=True,
        example={"note": "The picture does not show our shop"},
        answers={200: Activity},
        refuses=(AlreadyDecided, NotFound),
    )
    def post(self, call: Call, id: str) -> Activity:  # noqa: A002
        """One that was waiting never counts. The member can read why."""
        row = ids.decode("act", id)
        refuse_activity(activity=row, at=call.at, note=call.body.note)
        return _decided(row)


class ActivityUndoing(Endpoint):
    @endpoint(
        summary="Undo an activity",
        scope="points:adjust",
        body=Explained,
        moves_value=True,
        example={"note": "The review was removed"},
        answers={200: Activity},
        refuses=(NotCounted, NotFound),
    )
    def post(self, call: Call, id: str) -> Activity:  # noqa: A002
        """What it gave is taken back by the programme's policy for refunds, and it counts against no cap any more."""
        row = ids.decode("act", id)
        undo_activity(activity=row, at=call.at, note=call.body.note)
        return _decided(row)
