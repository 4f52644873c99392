"""Tiers: the ladder, a member's place on it, and what another ladder would do to everybody."""

from collections import Counter
from datetime import date
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import UNSET, Meta, Struct, UnsetType

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import CursorText, Limit, Paged, keyset, seal, unseal
from loyalty.core.api.spec import endpoint, page_of
from loyalty.core.errors import NotFound
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import document
from loyalty.core.programme import queries as programmes
from members.api import tier_shapes as shapes
from members.api.inputs import Why
from members.api.members import member_id
from members.operations import tiers_by_hand as by_hand
from members.operations.membership import NotActive
from members.queries import perks, tier_preview, tier_words, tiers
from members.queries.tiers_by_hand import notes
from members.queries.wallet import wallet
from members.queries.why import voice_of_scope
from members.rules.tiers import Tiers, projection

HISTORY = 20
Handle = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_-]+$(?!\n)")]
EXAMPLE = {
    "tiers": {
        "by": "spend",
        "window": "calendar_year",
        "ladder": [
            {"id": "silver", "at_least": 100_000, "name": {"en": "Silver"}},
            {"id": "gold", "at_least": 300_000, "name": {"en": "Gold"}},
        ],
    }
}


class Previewed(Struct, forbid_unknown_fields=True, frozen=True):
    """The document to try; without one it is the draft."""

    document: dict[str, Any] | UnsetType = UNSET


class PreviewedPage(Struct, forbid_unknown_fields=True, frozen=True):
    """The document to try; without one it is the draft. The page comes with the body: the document may be long."""

    document: dict[str, Any] | UnsetType = UNSET
    limit: Limit = 50
    cursor: CursorText = ""


class GivenTier(Struct, forbid_unknown_fields=True, frozen=True):
    """Which tier, why, and the last day it is theirs by the shop's calendar."""

    tier: Handle
    reason: Why
    last_day: date


class EndedTier(Struct, forbid_unknown_fields=True, frozen=True):
    """Why it ends before its day."""

    reason: Why


class Ladder(Endpoint):
    @endpoint(summary="Read the tiers", scope="programme:read", answers={200: shapes.Ladder})
    def get(self, call: Call) -> shapes.Ladder:
        """The ladder in force, with its perks and terms, how many members have each tier, and how far the review is
        that followed its publication. Without tiers the list is empty."""
        found, counts, voice = tiers.ladder_in_force(), tiers.holders(), voice_of_scope()
        return shapes.Ladder(
            by=found.by.value, kinds=list(found.kinds), window=found.window.value, months=found.months,
            valid=found.valid.value, valid_months=found.valid_months, grace_days=found.grace_days,
            landing=found.landing.value, on_refund=found.on_refund.value,
            says=tier_words.terms_sentences(found) if found.ladder else [],
            tiers=[shapes.tier(found, one, voice=voice, members=counts.get(one.id, 0)) for one in found.ladder],
            review=shapes.reviewing(tiers.last_review()),
        )  # fmt: skip


class MemberTier(Endpoint):
    @endpoint(summary="Read a member's tier", scope="members:read", answers={200: shapes.MemberTier})
    def get(self, call: Call, id: str) -> shapes.MemberTier:  # noqa: A002 - the address's own word
        """Their tier and until when it is theirs, what is missing to keep it and to reach the next, their perks, and
        how they came to it."""
        return self._told(_known(id), call)

    @endpoint(
        summary="Give a member a tier by hand",
        scope="members:write",
        body=GivenTier,
        example={"tier": "gold", "reason": "Sorry for the lost parcel", "last_day": "2026-12-31"},
        answers={200: shapes.MemberTier},
        refuses=(
            by_hand.NoSuchTier,
            by_hand.TierEarned,
            by_hand.TierLastsLonger,
            NotActive,
        ),
    )
    def put(self, call: Call, id: str) -> shapes.MemberTier:  # noqa: A002
        """It is theirs through the last day, whatever happens meanwhile; afterwards they have what they qualify for.
        The reason is kept with who gave it. Only more can be given than the member has reached."""
        member, given = _known(id), call.body
        by_hand.give_tier(
            member=member, tier=given.tier, reason=given.reason, last_day=given.last_day, at=call.at
        )
        return self._told(member, call)

    def _told(self, member: UUID, call: Call) -> shapes.MemberTier:
        ladder, voice, zone = (
            tiers.ladder_in_force(),
            voice_of_scope(plain=True),
            ZoneInfo(shop_of_scope().timezone),
        )
        one = tiers.one(member, tiers=ladder, at=call.at, zone=zone)
        now = one.now
        found = projection(ladder, one.days, now, joined_at=one.joined_at, at=call.at, zone=zone)
        tier, said = now.tier if now else "", notes(member)
        return shapes.MemberTier(
            member=ids.encode("mbr", member), tier=tier or None, name=tier_words.tier_name(ladder, tier),
            basis=now.basis.value if now else "",
            since=now.since if now else None, valid_until=now.valid_until if now else None,
            review_at=now.review_at if now else None, by=ladder.by.value, amount=found.amount,
            next=shapes.goal(found.next), keep=shapes.goal(found.keep),
            says=tier_words.projection_sentences(ladder, found, now, at=call.at, voice=voice),
            perks=[shapes.has(has) for has in perks.perks_of(member, tier=tier, at=call.at)],
            history=[
                shapes.change(row, tiers=ladder, voice=voice, notes=said)
                for row in tiers.history(member)[:HISTORY]
            ],
        )  # fmt: skip


def _known(text: str) -> UUID:
    """Whoever the member is by now; `NotFound` when they are gone."""
    held = wallet(member_id(text))
    if held.status == "erased":
        raise NotFound("member")
    return held.member


class MemberTierEnd(Endpoint):
    @endpoint(
        summary="End a tier that was given by hand",
        scope="members:write",
        body=EndedTier,
        example={"reason": "Given to the wrong member"},
        answers={200: shapes.MemberTierBrief},
        refuses=(by_hand.NotGivenByHand, NotActive),
    )
    def post(self, call: Call, id: str) -> shapes.MemberTierBrief:  # noqa: A002
        """The member has what they qualify for, from now on."""
        member = _known(id)
        row = by_hand.end_given_tier(member=member, reason=call.body.reason, at=call.at)
        return shapes.MemberTierBrief(
            ids.encode("mbr", member), row.tier if row else None, row.valid_until if row else None
        )


class MemberTierChanges(Endpoint):
    @endpoint(
        summary="List a member's changes of tier",
        scope="members:read",
        query=Paged,
        answers={200: page_of(shapes.TierChange)},
    )
    def get(self, call: Call, id: str) -> dict:  # noqa: A002
        """Last first, each with the figures that were compared and why."""
        ladder, voice = tiers.ladder_in_force(), voice_of_scope()
        member = _known(id)
        window, said = (
            keyset(tiers.history(member), call.query, name="tier-changes", by=[("id", UUID)]),
            notes(member),
        )
        return call.page(
            window, [shapes.change(row, tiers=ladder, voice=voice, notes=said) for row in window.rows]
        )


class TiersPreview(Endpoint):
    @endpoint(
        summary="Preview other tiers",
        scope="programme:write",
        body=Previewed,
        example={"document": EXAMPLE},
        answers={200: shapes.TiersPreview},
        refuses=(NotFound,),
    )
    def post(self, call: Call) -> shapes.TiersPreview:
        """How many members would go up and down, from where to where, if a document (or the draft) were published now.
        Changes nothing."""
        found = tier_preview.preview_tiers(_tiers_of(call.body.document), at=call.at)
        return shapes.TiersPreview(
            found.members,
            _counted(found.up),
            _counted(found.down),
            _counted(found.replaced),
            bool(found.replaced),
        )


class TiersPreviewMembers(Endpoint):
    @endpoint(
        summary="List who would move by other tiers",
        scope="programme:write",
        body=PreviewedPage,
        example={"document": EXAMPLE, "limit": 50},
        answers={200: shapes.MovesPage},
        refuses=(NotFound,),
    )
    def post(self, call: Call) -> shapes.MovesPage:
        """The members behind the preview's counts, page by page. Changes nothing."""
        after = UUID(unseal("tier-moves", call.body.cursor)[0]) if call.body.cursor else None
        rows, position = tier_preview.moving(
            _tiers_of(call.body.document), at=call.at, after=after, most=call.body.limit
        )
        return shapes.MovesPage(
            [
                shapes.Move(
                    ids.encode("mbr", row.member), row.from_tier or None, row.to_tier or None, row.direction.value,
                    row.amount,
                )
                for row in rows
            ],
            seal("tier-moves", [position]) if position else None,
        )  # fmt: skip


def _tiers_of(content: dict[str, Any] | UnsetType) -> Tiers:
    """The tiers of a document, or of the draft. Raises `InvalidInput`, and `NotFound` when there is no draft."""
    if isinstance(content, UnsetType):
        draft = programmes.draft()
        if draft is None:
            raise NotFound("draft")
        content = draft.document
    found: Tiers = document.parse(content)["tiers"]
    return found


def _counted(moves: Counter[tuple[str, str]]) -> list[shapes.Moves]:
    return [
        shapes.Moves(before or None, after or None, count) for (before, after), count in sorted(moves.items())
    ]
