"""What the API answers about tiers and perks. These Structs are the schema: every field is always there."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from loyalty.core import ids
from members import models
from members.queries import tier_words
from members.queries.perks import Has
from members.queries.why import Voice
from members.rules import tiers as rules


class Perk(Struct):
    """What a tier brings. A `service` is claimed and served by somebody; `times` and `per` say how often it can be
    claimed (null: as often as they like). `name` is in the language asked for, `names` and `texts` in all."""

    id: str
    kind: str
    name: str
    names: dict[str, str]
    texts: dict[str, str]
    service: bool
    hours: int | None
    percent: int | None
    times: int | None
    per: str | None


class Tier(Struct):
    """One step of the ladder: what reaches it and what keeps it (minor units for spend), what it brings (with what the
    lower tiers bring, if the programme says so), and how many members have it now."""

    id: str
    name: str
    names: dict[str, str]
    at_least: int
    keep_at_least: int
    says: str
    perks: list[Perk]
    members: int


class Reviewing(Struct):
    """The look at every member that followed the publication of other tiers."""

    version: str
    move_down: bool
    reviewed: int
    changed: int
    started_at: datetime
    finished_at: datetime | None


class Ladder(Struct):
    """The tiers that count now, lowest first, and how long they last; `says` tells the terms in words."""

    by: str
    kinds: list[str]
    window: str
    months: int
    valid: str
    valid_months: int
    grace_days: int
    landing: str
    on_refund: str
    says: list[str]
    tiers: list[Tier]
    review: Reviewing | None


class TierGoal(Struct):
    """`missing` of `needs`, of which `amount` is there; counted from `first` to `last` (null: without bounds), and
    worth something until before an instant (null: whenever)."""

    tier: str
    amount: int
    needs: int
    missing: int
    before: datetime | None
    first: date | None
    last: date | None


class TierChange(Struct):
    """One change of a member's tier, or of how long it lasts; null is no tier. `says` tells why; `note` is the reason
    somebody typed who changed it by hand."""

    id: str
    from_tier: str | None
    to_tier: str | None
    direction: str
    reason: str
    values: dict[str, Any]
    note: str
    says: str
    version: str | None
    actor: str
    changed_at: datetime


class MemberPerk(Struct):
    """A perk the member has now; `left` is how often it can still be claimed in this period, null where no period
    limits it."""

    perk: Perk
    left: int | None


class MemberTier(Struct):
    """A member's tier (null: none) and until when it is theirs (null: for good), with the grace after that. `basis` is
    why they have it: qualified, landed, held or by_hand ("" without a tier). `amount` is what counts today; `next` the
    tier above, `keep` what keeps this one. `says` has all of it in words for the member, `history` the last changes."""

    member: str
    tier: str | None
    name: str
    basis: str
    since: datetime | None
    valid_until: datetime | None
    review_at: datetime | None
    by: str
    amount: int
    next: TierGoal | None
    keep: TierGoal | None
    says: list[str]
    perks: list[MemberPerk]
    history: list[TierChange]


class MemberTierBrief(Struct):
    """A member's tier after a change (null: none), and until when it is theirs."""

    member: str
    tier: str | None
    valid_until: datetime | None


class PerkClaim(Struct):
    """A service a member asked for: for which order if it is for one, whether it was served and by whom. `id` is null
    for a rehearsal."""

    id: str | None
    member: str
    perk: str
    tier: str
    status: str
    order_source: str
    order_external_id: str
    note: str
    outcome: str
    claimed_at: datetime
    claimed_by: str
    settled_at: datetime | None
    settled_by: str
    replayed: bool
    dry_run: bool


class Served(Struct):
    """A member whose tier brings a service."""

    member: str
    tier: str
    since: datetime


class Moves(Struct):
    """How many members would go from one tier to another (null is none)."""

    from_tier: str | None
    to_tier: str | None
    members: int


class TiersPreview(Struct):
    """What publishing would do. Moves up happen; moves down happen only with `move_down`, otherwise those members keep
    their tier until its time is over. Where `replaced` is not empty (tiers that members have would be gone), the
    document cannot be published without it."""

    members: int
    up: list[Moves]
    down: list[Moves]
    replaced: list[Moves]
    needs_move_down: bool


class Move(Struct):
    """A member who would move, with what counts for them today."""

    member: str
    from_tier: str | None
    to_tier: str | None
    direction: str
    amount: int


class MovesPage(Struct):
    """One page; `next` is the cursor of the next one, null at the end."""

    data: list[Move]
    next: str | None


def perk(found: rules.Perk) -> Perk:
    """A perk as the document has it, with its words."""
    limit = found.limit
    return Perk(
        id=found.id, kind=found.kind.value, name=tier_words.perk_name(found), names=found.name, texts=found.text,
        service=found.is_service, hours=found.hours, percent=found.percent, times=limit.times if limit else None,
        per=limit.per if limit else None,
    )  # fmt: skip


def tier(tiers: rules.Tiers, found: rules.Tier, *, voice: Voice, members: int) -> Tier:
    """A step of the ladder."""
    return Tier(
        id=found.id, name=tier_words.tier_name(tiers, found.id), names=found.name, at_least=found.at_least,
        keep_at_least=found.keeps_at, says=tier_words.tier_sentence(tiers, found, voice),
        perks=[perk(one) for one in tiers.perks(found.id)], members=members,
    )  # fmt: skip


def reviewing(row: models.TierReview | None) -> Reviewing | None:
    """How far the review after a publication is."""
    if row is None:
        return None
    version = ids.encode("pgv", row.version)
    return Reviewing(version, row.move_down, row.reviewed, row.changed, row.started_at, row.finished_at)


def goal(found: rules.Goal | None) -> TierGoal | None:
    """What is missing to a tier."""
    if found is None:
        return None
    span = found.span
    return TierGoal(found.tier, found.amount, found.needs, found.missing, found.before, span.first, span.last)


def change(
    row: models.TierChange, *, tiers: rules.Tiers, voice: Voice, notes: Mapping[datetime, str] = {}
) -> TierChange:
    """A change with its sentence, and what staff said by its instant."""
    return TierChange(
        id=ids.encode("tch", row.pk), from_tier=row.from_tier or None, to_tier=row.to_tier or None,
        direction=row.direction, reason=row.reason, values=row.values,
        note=notes.get(row.changed_at, ""),
        says=tier_words.change_sentence(
            row.reason, row.from_tier, row.to_tier, row.values, tiers=tiers, voice=voice
        ),
        version=ids.encode("pgv", row.version) if row.version else None, actor=row.actor, changed_at=row.changed_at,
    )  # fmt: skip


def has(found: Has) -> MemberPerk:
    """A perk somebody has."""
    return MemberPerk(perk(found.perk), found.left)


def claim(row: models.PerkClaim, *, replayed: bool = False, dry_run: bool = False) -> PerkClaim:
    """A claim as it is kept."""
    return PerkClaim(
        id=None if dry_run else ids.encode("clm", row.pk), member=ids.encode("mbr", row.member_id), perk=row.perk,
        tier=row.tier, status=row.status, order_source=row.order_source, order_external_id=row.order_external_id,
        note=row.note, outcome=row.outcome, claimed_at=row.claimed_at, claimed_by=row.claimed_by,
        settled_at=row.settled_at, settled_by=row.settled_by, replayed=replayed, dry_run=dry_run,
    )  # fmt: skip
