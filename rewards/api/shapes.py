"""What the API takes and answers about rewards, redemptions and vouchers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, convert

from loyalty.core import ids
from loyalty.core.api.pagination import Paged
from loyalty.core.api.spec import Instant
from loyalty.core.money import MAX_MINOR, MAX_POINTS
from rewards import models
from rewards.api.terms import Audience, Delivery, KindName, Limits, Terms, told
from rewards.queries.catalogue import Offer
from rewards.rules.eligibility import Missing

Text = Annotated[str, Meta(max_length=1000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$(?!\n)")]
Words = Annotated[dict[Literal["en", "sv", "nb", "nl"], Text], Meta(max_length=4)]
Sku = Annotated[str, Meta(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Channel = Annotated[str, Meta(max_length=20, pattern=r"^[a-z0-9_-]*$(?!\n)")]
OneChannel = Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[a-z0-9_-]+$(?!\n)")]
Channels = Annotated[tuple[OneChannel, ...], Meta(max_length=20)]
Minor = Annotated[int, Meta(ge=0, le=MAX_MINOR)]
Stock = Annotated[int, Meta(ge=0, le=2_000_000_000)]
PerMember = Annotated[int, Meta(ge=0, le=1_000_000)]
ValidDays = Annotated[int, Meta(ge=1, le=3660)]
Place = Annotated[int, Meta(ge=0, le=100_000)]
Cost = Annotated[int, Meta(ge=0, le=MAX_POINTS)]
Handle = Annotated[str, Meta(max_length=60, pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$(?!\n)")]
Id = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$(?!\n)")]
MaybeId = Annotated[str, Meta(max_length=40, pattern=r"^[a-z0-9_]*$(?!\n)")]
MaybeWhy = Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Why = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
Code = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]


class NewReward(Struct, forbid_unknown_fields=True, frozen=True):
    """Words by language. `value` is minor units for money_off, hundredths of a percent for percent_off.
    `stock` and
    `limit_per_member` null: no limit. `channels` empty: everywhere. `handle` is
    how programmes name it, made from its name when it is not given, and stays; `gift_only`: handed out by rules, never
    for points. `delivery` puts each one that is used into the staff's queue. Where codes come out of a pool, `stock` is
    what is in it."""

    kind: KindName
    name: Words
    cost_points: Cost
    terms: Terms = Terms()
    handle: Handle = ""
    gift_only: bool = False
    description: Words = {}
    value: Minor = 0
    product_sku: Sku = ""
    unit_cost_minor: Minor = 0
    stock: Stock | None = None
    limit_per_member: PerMember | None = None
    limits: Limits = ()
    audience: Audience = Audience()
    delivery: Delivery = ""
    available_from: Instant | None = None
    available_until: Instant | None = None
    channels: Channels = ()
    code_valid_days: ValidDays = 30
    position: Place = 0


class RewardChange(Struct, forbid_unknown_fields=True, frozen=True):
    """Only what is sent changes. Open redemptions keep the cost they were made at."""

    kind: KindName | UnsetType = UNSET
    terms: Terms | UnsetType = UNSET
    name: Words | UnsetType = UNSET
    cost_points: Cost | UnsetType = UNSET
    gift_only: bool | UnsetType = UNSET
    description: Words | UnsetType = UNSET
    value: Minor | UnsetType = UNSET
    product_sku: Sku | UnsetType = UNSET
    unit_cost_minor: Minor | UnsetType = UNSET
    stock: Stock | UnsetType | None = UNSET
    limit_per_member: PerMember | UnsetType | None = UNSET
    limits: Limits | UnsetType = UNSET
    audience: Audience | UnsetType = UNSET
    delivery: Delivery | UnsetType = UNSET
    available_from: Instant | UnsetType | None = UNSET
    available_until: Instant | UnsetType | None = UNSET
    channels: Channels | UnsetType = UNSET
    code_valid_days: ValidDays | UnsetType = UNSET
    position: Place | UnsetType = UNSET


class Reward(Struct):
    """A reward. `left` is what remains of the stock, null without one."""

    id: str
    handle: str
    kind: str
    name: dict[str, str]
    description: dict[str, str]
    cost_points: int
    gift_only: bool
    terms: Terms
    value: int
    product_sku: str
    unit_cost_minor: int
    stock: int | None
    left: int | None
    limit_per_member: int | None
    limits: Limits
    audience: Audience
    delivery: str
    available_from: datetime | None
    available_until: datetime | None
    channels: list[str]
    code_valid_days: int
    position: int
    retired_at: datetime | None


class RewardSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`retired=true` lists retired rewards too."""

    retired: bool = False


class Retirement(Struct, forbid_unknown_fields=True, frozen=True):
    """`retired` false brings the reward back."""

    retired: bool = True


class OfferSearch(Struct, forbid_unknown_fields=True, frozen=True):
    """`channel`: where the member is asking; `at`: rehearse another instant."""

    channel: Channel = ""
    at: Instant | None = None


class RewardOffer(Struct):
    """A reward for one member: whether they can have it now, and if not, every reason with what is
    missing."""

    reward: Reward
    can_have: bool
    points_missing: int
    missing: tuple[Missing, ...]


class RewardOffers(Struct):
    """The catalogue for one member, in the shop's order."""

    member: str
    balance: int
    data: list[RewardOffer]


class Asked(Struct, forbid_unknown_fields=True, frozen=True):
    """Which member would have which reward, and where."""

    member: Id
    reward: Id
    channel: Channel = ""


class Quote(Struct):
    """`missing` empty: they can have it. `balance_after` is what would be left."""

    member: str
    reward: str
    can_have: bool
    cost_points: int
    balance: int
    balance_after: int
    missing: tuple[Missing, ...]


class NewRedemption(Struct, forbid_unknown_fields=True, frozen=True):
    """`hold_minutes` is how long the points stay set aside; `order_external_id` the order it will be used
    on."""

    member: Id
    reward: Id
    channel: Channel = ""
    order_external_id: Sku = ""
    hold_minutes: Annotated[int, Meta(ge=1, le=43_200)] = 30


class Release(Struct, forbid_unknown_fields=True, frozen=True):
    """Why; members see it in their statement."""

    reason: MaybeWhy = ""


class Reversal(Struct, forbid_unknown_fields=True, frozen=True):
    """Why; required, because it gives points back for something that was used."""

    reason: Why


class VoucherCode(Struct):
    """One code of a redemption: active, used or void."""

    code: str
    status: str
    expires_at: datetime
    used_at: datetime | None


class Redemption(Struct):
    """reserved → committed | released; committed → reversed. `codes` are what the member shows, one for each of
    `quantity`; none in a rehearsal. `code` is the first of them. `given_for` says what it was handed out for (order,
    activity, …); empty where the member took it. `value` is the reward's when it was taken; of points that pay, what
    they paid; `returned_points` what came back of `cost_points`."""

    id: str | None
    member: str
    reward: str
    status: str
    quantity: int
    cost_points: int
    returned_points: int
    value: int
    given_for: str
    codes: list[VoucherCode]
    code: str | None
    code_status: str | None
    code_expires_at: datetime | None
    channel: str
    order_external_id: str
    reserved_at: datetime
    reserved_until: datetime
    settled_at: datetime | None
    reversed_at: datetime | None
    reason: str
    dry_run: bool


class RedemptionSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """By member, reward and status."""

    member: MaybeId = ""
    reward: MaybeId = ""
    status: Literal["", "reserved", "committed", "released", "reversed"] = ""


class TypedCode(Struct, forbid_unknown_fields=True, frozen=True):
    """A code as it was typed, scanned or read aloud: case, spaces, dashes, O for 0 and I or L for 1 do
    not matter."""

    code: Code


class Voucher(Struct):
    """A code that is good (after checking) or was used just now (after using)."""

    status: str
    expires_at: datetime
    used_at: datetime | None
    redemption: str
    member: str
    reward: Reward
    dry_run: bool


def reward(row: models.Reward) -> Reward:
    """A reward with what is left of it."""
    return Reward(
        id=ids.encode("rwd", row.pk),
        handle=row.handle,
        kind=row.kind,
        name=row.name,
        description=row.description,
        cost_points=row.cost_points,
        gift_only=row.gift_only,
        terms=told(row.terms),
        value=row.value,
        product_sku=row.product_sku,
        unit_cost_minor=row.unit_cost_minor,
        stock=row.stock,
        left=None if row.stock is None else row.stock - row.taken,
        limit_per_member=row.limit_per_member,
        limits=convert(row.limits, Limits),
        audience=convert(row.audience, Audience),
        delivery=row.delivery,
        available_from=row.available_from,
        available_until=row.available_until,
        channels=list(row.channels),
        code_valid_days=row.code_valid_days,
        position=row.position,
        retired_at=row.retired_at,
    )


def offer(found: Offer) -> RewardOffer:
    """A reward as one member sees it."""
    return RewardOffer(reward(found.reward), found.can_have, found.points_missing, found.missing)


def redemption(
    row: models.Redemption, codes: Sequence[models.Voucher], *, dry_run: bool = False
) -> Redemption:
    """A redemption with its codes; a rehearsed one has neither id nor code, because both would be lies."""
    code = codes[0] if codes else None
    return Redemption(
        id=None if dry_run else ids.encode("rdm", row.pk),
        member=ids.encode("mbr", row.member_id),
        reward=ids.encode("rwd", row.reward_id),
        status=row.status,
        quantity=row.quantity,
        cost_points=row.cost_points,
        returned_points=row.returned_points,
        value=row.value,
        given_for=row.source_kind,
        codes=[] if dry_run else [VoucherCode(v.code, v.status, v.expires_at, v.used_at) for v in codes],
        code=code.code if code and not dry_run else None,
        code_status=code.status if code else None,
        code_expires_at=code.expires_at if code else None,
        channel=row.channel,
        order_external_id=row.order_external_id,
        reserved_at=row.reserved_at,
        reserved_until=row.reserved_until,
        settled_at=row.settled_at,
        reversed_at=row.reversed_at,
        reason=row.reason,
        dry_run=dry_run,
    )


def voucher(row: models.Voucher, *, dry_run: bool = False) -> Voucher:
    """A voucher found by its code."""
    redeemed = row.redemption
    return Voucher(
        status=row.status,
        expires_at=row.expires_at,
        used_at=row.used_at,
        redemption=ids.encode("rdm", redeemed.pk),
        member=ids.encode("mbr", redeemed.member_id),
        reward=reward(redeemed.reward),
        dry_run=dry_run,
    )
