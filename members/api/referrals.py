"""Referrals: a member's code and friends, clicks on links, what waits for staff, and what affiliates bring."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import Instant, endpoint, page_of, within
from loyalty.core.errors import NotFound
from members import models
from members.api.inputs import MaybeWhy, Why
from members.api.members import member_id
from members.api.shapes import named
from members.operations.inviting import ReferralsOff, UnknownReferralCode, code_of, count_click
from members.operations.referrals import ReferralNotHeld, approve, refuse
from members.queries import referrals as queries

_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
Code = Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
Seen = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
Agent = Annotated[str, Meta(max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]


class Click(Struct, forbid_unknown_fields=True, frozen=True):
    """Somebody followed a link: the code in it, and the visitor's network `address` and browser (`agent`), of which
    only a keyed hash is kept, for a day."""

    code: Code
    address: Seen
    agent: Agent


class Counted(Struct):
    """Whether the click counted: the same browser counts once a day, robots never."""

    counted: bool


class ReferralSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`status=held` is what waits for staff."""

    status: Literal["", "joined", "held", "refused", "qualified", "rewarded", "reversed"] = ""


class Approval(Struct, forbid_unknown_fields=True, frozen=True):
    """Why it is let through, for your own records."""

    note: MaybeWhy = ""


class Refusal(Struct, forbid_unknown_fields=True, frozen=True):
    """Why it will never count; kept with the referral."""

    note: Why


class Stretch(Struct, forbid_unknown_fields=True, frozen=True):
    """From an instant until before another; all there is without them. Clicks are counted by whole days of UTC's
    calendar."""

    happened_from: Instant | None = None
    happened_until: Instant | None = None


class Payout(Struct):
    """One thing the referral gives: `amount` was promised by the programme of then, `given` is what arrived after caps
    (whole units; cash-back in minor units), `taken_back` what returned purchases took of it, `shortfall` what they
    could not. `due_at` is null when nothing waits."""

    role: str
    member: str
    order: str
    unit: str
    reward: str
    amount: int
    given: int
    taken_back: int
    shortfall: int
    due_at: datetime | None
    paid_at: datetime | None


class Referral(Struct):
    """A friend who joined by a member's code. `reasons` say why it was held; `order` is the purchase by which it
    counts."""

    id: str
    referrer: str
    friend: str
    status: str
    reasons: list[str]
    note: str
    joined_at: datetime
    qualified_at: datetime | None
    approved_at: datetime | None
    order: str | None
    payouts: list[Payout]


class AffiliateFigures(Struct):
    """What a member's link has brought: clicks, friends who joined and who count, what they bought since and what of it
    they kept (minor units), and the commission paid, net, by unit."""

    member: str
    clicks: int
    joined: int
    counted: int
    purchases: int
    revenue_minor: int
    commission: dict[str, int]


class MemberReferrals(Struct):
    """A member's code and link (null where the programme does not reward bringing friends), what they have brought in
    all, and their friends, who joined last first."""

    code: str | None
    link: str | None
    totals: AffiliateFigures
    data: list[Referral]
    next: str | None
    prev: str | None


class FigureList(Struct):
    """Those who brought most first."""

    data: list[AffiliateFigures]


def _payout(row: models.ReferralPayout) -> Payout:
    return Payout(
        role=row.role, member=ids.encode("mbr", row.member_id), order=ids.encode("ord", row.order_id), unit=row.unit,
        reward=row.reward, amount=row.amount, given=row.given, taken_back=row.taken, shortfall=row.shortfall,
        due_at=row.settle_at, paid_at=row.paid_at,
    )  # fmt: skip


def _told(rows: Sequence[models.Referral]) -> list[Referral]:
    payouts = queries.payouts_of([row.pk for row in rows])
    return [
        Referral(
            id=ids.encode("rfl", row.pk),
            referrer=ids.encode("mbr", row.referrer_id),
            friend=ids.encode("mbr", row.friend_id),
            status=row.status,
            reasons=list(row.reasons),
            note=row.note,
            joined_at=row.joined_at,
            qualified_at=row.qualified_at,
            approved_at=row.approved_at,
            order=named("ord", row.order_id),
            payouts=[_payout(payout) for payout in payouts[row.pk]],
        )
        for row in rows
    ]


def _figures(found: queries.Figures) -> AffiliateFigures:
    return AffiliateFigures(
        ids.encode("mbr", found.member), found.clicks, found.joined, found.counted, found.purchases,
        found.revenue_minor, found.commission,
    )  # fmt: skip


class MembersReferrals(Endpoint):
    @endpoint(
        summary="A member's code and friends",
        scope="members:read",
        query=Paged,
        answers={200: MemberReferrals},
        refuses=(NotFound,),
    )
    def get(self, call: Call, id: str) -> dict:  # noqa: A002 - the address's own word
        """The code is made when it is first asked for and stays the same. A member who was merged is answered with the
        one they were merged into."""
        member = member_id(id)
        try:
            code = code_of(member=member, at=call.at)
        except ReferralsOff:
            code = ""
        owner = queries.owner(member)
        window = keyset(queries.brought_by(owner), call.query, name="friends", by=[("id", UUID)])
        found = queries.figures(member=owner) or [queries.nothing(owner)]
        return {
            "code": code or None,
            "link": queries.link_of(code) if code else None,
            "totals": _figures(found[0]),
            **call.page(window, _told(window.rows)),
        }


class Referrals(Endpoint):
    @endpoint(
        summary="List referrals",
        scope="members:read",
        query=ReferralSearch,
        answers={200: page_of(Referral)},
    )
    def get(self, call: Call) -> dict:
        """Last recorded first; with `status=held` those that wait for staff."""
        found = queries.every(call.query.status)
        window = keyset(found, call.query, name="referrals", by=[("id", UUID)])
        return call.page(window, _told(window.rows))


class ReferralFigures(Endpoint):
    @endpoint(summary="What affiliates bring", scope="members:read", query=Stretch, answers={200: FigureList})
    def get(self, call: Call) -> FigureList:
        """The hundred members whose links brought most: clicks, joins, purchases, what was kept of them, and
        commission."""
        since, until = _EARLIEST, _LATEST
        if call.query.happened_from is not None:
            since = within("happened_from", call.query.happened_from)
        if call.query.happened_until is not None:
            until = within("happened_until", call.query.happened_until)
        last = (until - timedelta(microseconds=1)).date()
        found = queries.figures(since=since, until=until, days=(since.date(), last))
        return FigureList([_figures(one) for one in found])


class ReferralClicks(Endpoint):
    @endpoint(
        summary="Count a click on a link",
        scope="members:write",
        body=Click,
        example={"code": "K7MPQ2XA", "address": "203.0.113.7", "agent": "Mozilla/5.0 (iPhone)"},
        answers={200: Counted},
        refuses=(UnknownReferralCode,),
    )
    def post(self, call: Call) -> Counted:
        """For shops that answer members' links on their own pages; the portal's links count by themselves."""
        said: Click = call.body
        return Counted(count_click(code=said.code, address=said.address, agent=said.agent, at=call.at))


class ReferralApproval(Endpoint):
    @endpoint(
        summary="Approve a held referral",
        scope="points:adjust",
        body=Approval,
        moves_value=True,
        example={"note": "Two sisters at one address"},
        answers={200: Referral},
        refuses=(ReferralNotHeld, NotFound),
    )
    def post(self, call: Call, id: str) -> Referral:  # noqa: A002
        """What the friend has bought meanwhile counts, by the terms of then, and is paid within moments."""
        row = approve(referral=ids.decode("rfl", id), at=call.at, note=call.body.note)
        return _told([row])[0]


class ReferralRefusal(Endpoint):
    @endpoint(
        summary="Refuse a held referral",
        scope="points:adjust",
        body=Refusal,
        moves_value=True,
        example={"note": "The same person"},
        answers={200: Referral},
        refuses=(ReferralNotHeld, NotFound),
    )
    def post(self, call: Call, id: str) -> Referral:  # noqa: A002
        """Nothing was paid for it, and nothing will be."""
        row = refuse(referral=ids.decode("rfl", id), at=call.at, note=call.body.note)
        return _told([row])[0]
