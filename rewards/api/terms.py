"""What the API takes and answers about a reward's kind, its limits and whom it is for."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, convert, structs

from loyalty.core.api.spec import Instant, within
from loyalty.core.money import MAX_MINOR, MAX_POINTS
from members.rules.facts import Period

KindName = Literal[
    "money_off", "percent_off", "free_product", "free_shipping", "sample", "gift_card", "exclusive_product",
    "experience", "workshop", "donation", "early_access", "coupon", "partner", "pay_with_points", "custom",
]  # fmt: skip
Delivery = Literal["", "shipped", "collected", "served"]
_VISIBLE = r"^[^\x00-\x1f\x7f]*$(?!\n)"
_Minor = Annotated[int, Meta(ge=0, le=MAX_MINOR)]
_Some = Annotated[int, Meta(ge=1, le=MAX_MINOR)]
_Points = Annotated[int, Meta(ge=1, le=MAX_POINTS)]
_Line = Annotated[str, Meta(max_length=120, pattern=_VISIBLE)]
_Link = Annotated[str, Meta(max_length=500, pattern=r"^(https://[\x21-\x7e]*)?$(?!\n)")]
_Sku = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
_Method = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
_Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
_Names = Annotated[tuple[_Name, ...], Meta(max_length=50)]
_LowAt = Annotated[int, Meta(ge=0, le=1_000_000)]


class Terms(Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """What a reward's kind says beyond the reward; each kind takes its own fields and no others. Money in minor units.

    money_off, percent_off, free_shipping: `at_least_minor`, the smallest order; percent_off: `most_minor`;
    free_shipping: `methods`. free_product, sample, exclusive_product: `skus` to choose from. gift_card, partner:
    `from_pool`, and with coupon `low_at`; coupon, donation, partner, early_access: `url`. experience, workshop:
    `free_until_hours`, `bring`. donation: `charity`; partner: `partner`; early_access: `opens_at`, `public_at`.
    pay_with_points: `points` are worth `minor`, for at most `most_percent` (hundredths of a per cent) of an order, from
    `least_points` on, `most_points` at once."""

    at_least_minor: _Minor | UnsetType = UNSET
    most_minor: _Some | UnsetType | None = UNSET
    methods: Annotated[tuple[_Method, ...], Meta(max_length=20)] | UnsetType = UNSET
    skus: Annotated[tuple[_Sku, ...], Meta(max_length=200)] | UnsetType = UNSET
    from_pool: bool | UnsetType = UNSET
    low_at: _LowAt | UnsetType = UNSET
    url: _Link | UnsetType = UNSET
    charity: _Line | UnsetType = UNSET
    partner: _Line | UnsetType = UNSET
    free_until_hours: Annotated[int, Meta(ge=0, le=8760)] | UnsetType = UNSET
    bring: Annotated[str, Meta(max_length=300, pattern=_VISIBLE)] | UnsetType = UNSET
    opens_at: Instant | UnsetType = UNSET
    public_at: Instant | UnsetType = UNSET
    points: _Points | UnsetType = UNSET
    minor: _Some | UnsetType = UNSET
    most_percent: Annotated[int, Meta(ge=1, le=10_000)] | UnsetType = UNSET
    least_points: _Points | UnsetType = UNSET
    most_points: _Points | UnsetType | None = UNSET


class PeriodLimit(Struct, forbid_unknown_fields=True, frozen=True):
    """At most so many `times` for one member in each period, in the shop's zone; weeks begin on Monday."""

    period: Period
    times: Annotated[int, Meta(ge=1, le=1_000_000)]


_Days = Annotated[int, Meta(ge=0, le=180)]


class BirthdayWindow(Struct, forbid_unknown_fields=True, frozen=True):
    """From so many days before the member's birthday until so many after it."""

    days_before: _Days = 0
    days_after: _Days = 0


class Audience(Struct, forbid_unknown_fields=True, frozen=True):
    """Whom a reward is for; everything that is named must fit. Any of `tiers` and any of `segments`, by id, none of
    `not_segments`; a member for `member_days`; around the birthday."""

    tiers: _Names = ()
    segments: _Names = ()
    not_segments: _Names = ()
    member_days: Annotated[int, Meta(ge=1, le=36_600)] | None = None
    birthday: BirthdayWindow | None = None


Limits = Annotated[tuple[PeriodLimit, ...], Meta(max_length=5)]


def sent(terms: Terms) -> dict[str, Any]:
    """The fields that were sent, as the operation takes them."""
    found: dict[str, Any] = {}
    for name, value in structs.asdict(terms).items():
        if value is UNSET:
            continue
        found[name] = list(value) if isinstance(value, tuple) else value
        if isinstance(value, datetime):
            found[name] = within(f"terms.{name}", value)
    return found


def told(terms: dict[str, Any]) -> Terms:
    """A reward's terms as the API answers them."""
    return convert(terms, Terms)
