"""What staff keep an eye on: imported codes, what has to be sent or served, what rewards cost, what charities got."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import Instant, endpoint, page_of, within
from loyalty.core.errors import NotFound
from members.queries.wallet import wallet
from rewards import models
from rewards.api.shapes import MaybeId
from rewards.operations.fulfilment import WrongStep, move_fulfilment
from rewards.operations.pools import MOST_AT_ONCE, NoPool, discard_codes, import_codes
from rewards.queries import catalogue, figures, fulfilments

Code = Annotated[
    str, Meta(min_length=4, max_length=64, pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$(?!\n)")
]
Reference = Annotated[str, Meta(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
State = Literal["open", "prepared", "sent", "collected", "done", "cancelled"]


class NewCodes(Struct, forbid_unknown_fields=True, frozen=True):
    """Codes to be given out once each."""

    codes: Annotated[tuple[Code, ...], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class ImportedCodes(Struct):
    """How many are new in the pool, how many were known already, how many are left to give out."""

    added: int
    known: int
    left: int


class DiscardedCodes(Struct):
    """How many codes that nobody was given are gone."""

    gone: int


class PoolCodes(Endpoint):
    @endpoint(
        summary="Import codes", scope="rewards:write", body=NewCodes, example={"codes": ["SUN-4711", "SUN-4712"]},
        answers={200: ImportedCodes}, refuses=(NoPool,),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> ImportedCodes:  # noqa: A002 - the address's own word
        """Into the pool of a reward. Codes that are there already are passed over, so the same file twice adds
        nothing."""
        found = import_codes(reward=ids.decode("rwd", id), codes=call.body.codes, at=call.at)
        return ImportedCodes(found.added, found.known, found.left)


class PoolDiscarding(Endpoint):
    @endpoint(
        summary="Discard codes", scope="rewards:write", answers={200: DiscardedCodes},
        refuses=(NoPool,),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> DiscardedCodes:  # noqa: A002
        """Every code of the pool that nobody was given. Codes that are out stay good."""
        return DiscardedCodes(discard_codes(reward=ids.decode("rwd", id), at=call.at))


class FulfilmentSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`state` empty: everything that still has to be done."""

    state: Literal["", "open", "prepared", "sent", "collected", "done", "cancelled"] = ""


class FulfilmentStep(Struct, forbid_unknown_fields=True, frozen=True):
    """The next state, and what to note with it: a parcel's number, a shelf."""

    to: State
    reference: Reference | UnsetType = UNSET


class Fulfilment(Struct):
    """open → prepared → sent | collected → done; cancelled from any but done."""

    id: str
    redemption: str
    member: str
    reward: str
    delivery: str
    state: str
    reference: str
    opened_at: datetime
    changed_at: datetime


def fulfilment(row: models.Fulfilment) -> Fulfilment:
    """What has to be done for which redemption of whom."""
    return Fulfilment(
        ids.encode("ful", row.pk), ids.encode("rdm", row.redemption_id),
        ids.encode("mbr", row.redemption.member_id), ids.encode("rwd", row.redemption.reward_id), row.delivery,
        row.state, row.reference, row.opened_at, row.changed_at,
    )  # fmt: skip


class Fulfilments(Endpoint):
    @endpoint(
        summary="List what has to be fulfilled", scope="rewards:read", query=FulfilmentSearch,
        answers={200: page_of(Fulfilment)},
    )  # fmt: skip
    def get(self, call: Call) -> dict:
        """Rewards that are shipped, collected or served; longest waiting first."""
        found = fulfilments.queue(state=call.query.state)
        window = keyset(found, call.query, name="fulfilments", by=[("id", UUID)], descending=False)
        return call.page(window, [fulfilment(row) for row in window.rows])


class OneFulfilment(Endpoint):
    @endpoint(summary="Read a fulfilment", scope="rewards:read", answers={200: Fulfilment})
    def get(self, call: Call, id: str) -> Fulfilment:  # noqa: A002
        """Its history is in the events about its member."""
        return fulfilment(fulfilments.fulfilment(ids.decode("ful", id)))


class FulfilmentMove(Endpoint):
    @endpoint(
        summary="Move a fulfilment", scope="redemptions:write", body=FulfilmentStep,
        example={"to": "sent", "reference": "RX123456789SE"}, answers={200: Fulfilment}, refuses=(WrongStep,),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> Fulfilment:  # noqa: A002
        """To its next state. Points and codes stay as they are: giving a reward back is reversing its redemption."""
        reference = None if call.body.reference is UNSET else call.body.reference
        row = move_fulfilment(
            fulfilment=ids.decode("ful", id), to=call.body.to, at=call.at, reference=reference
        )
        return fulfilment(row)


class Economics(Struct):
    """What one costs the shop in minor units (null: unknown), what was handed out and cost so far, and in how many days
    members earn it at the rates of the last ninety days: the one in the middle, a fast and a slow one (quarters)."""

    reward: str
    unit_cost_minor: int | None
    handed_out: int
    cost_minor: int
    days: int | None
    days_fast: int | None
    days_slow: int | None
    members_earning: int


class RewardEconomics(Endpoint):
    @endpoint(summary="Read what a reward costs", scope="rewards:read", answers={200: Economics})
    def get(self, call: Call, id: str) -> Economics:  # noqa: A002
        """And how long it takes to earn."""
        row, rate = catalogue.reward(ids.decode("rwd", id)), figures.pace(at=call.at)
        found = figures.economics(row, rate)
        return Economics(
            ids.encode("rwd", row.pk), found.unit_cost_minor, found.handed_out, found.cost_minor, found.days,
            found.days_fast, found.days_slow, rate.members,
        )  # fmt: skip


class DonationSearch(Struct, forbid_unknown_fields=True, frozen=True):
    """`member`: what they gave of it, too."""

    member: MaybeId = ""


class Donated(Struct):
    """A charity's running total in minor units: how often and how much in all, and by one member."""

    reward: str
    charity: str
    times: int
    minor: int
    by_member_minor: int


class DonatedList(Struct):
    """Every charity of the shop, the largest total first."""

    data: list[Donated]


class Donations(Endpoint):
    @endpoint(
        summary="List donations",
        scope="rewards:read",
        query=DonationSearch,
        answers={200: DonatedList},
        refuses=(NotFound,),
    )
    def get(self, call: Call) -> DonatedList:
        """What has been given on members' behalf, less what was taken back."""
        member = wallet(ids.decode("mbr", call.query.member)).member if call.query.member else None
        return DonatedList(
            [
                Donated(
                    ids.encode("rwd", one.reward.pk), one.charity, one.times, one.minor, one.by_member_minor
                )
                for one in figures.donations(member=member)
            ]
        )


class AccessSearch(Struct, forbid_unknown_fields=True, frozen=True):
    """`at`: ask about another instant."""

    at: Instant | None = None


class Access(Struct):
    """Coming in before others: `open` now, from `opens_at` until everybody may at `public_at`."""

    reward: str
    handle: str
    open: bool
    opens_at: datetime
    public_at: datetime
    url: str


class AccessList(Struct):
    """What the member may come into early, now or later."""

    member: str
    data: list[Access]


class MemberAccess(Endpoint):
    @endpoint(
        summary="List early access of a member", scope="rewards:read", query=AccessSearch,
        answers={200: AccessList},
    )  # fmt: skip
    def get(self, call: Call, id: str) -> AccessList:  # noqa: A002
        """Asked by a storefront at the door of a presale."""
        at = within("at", call.query.at) if call.query.at is not None else call.at
        who = wallet(ids.decode("mbr", id)).member
        return AccessList(
            ids.encode("mbr", who),
            [
                Access(
                    ids.encode("rwd", one.reward.pk), one.reward.handle, one.open, one.opens_at, one.public_at,
                    one.url,
                )
                for one in figures.access(who, at=at)
            ],
        )  # fmt: skip
