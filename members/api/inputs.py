"""What the API takes about members, points and orders, beside the orders and refunds of
`members.rules.shopping`."""

from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from loyalty.core.api.pagination import Paged
from loyalty.core.api.spec import Instant
from loyalty.core.money import MAX_POINTS
from members.rules.shopping import (
    Minor,
    Name,
    NewOrder,
    NewRefund,
    RefundedLine,
    Text40,
    Text60,
    Text100,
    Text200,
)

Text80 = Annotated[str, Meta(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Why = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
MaybeWhy = Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Language = Annotated[str, Meta(max_length=8, pattern=r"^[a-zA-Z-]*$(?!\n)")]
Source = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9_.-]+$(?!\n)")]
Channel = Annotated[str, Meta(max_length=20, pattern=r"^[a-z0-9_-]*$(?!\n)")]
Unit = Annotated[str, Meta(max_length=20, pattern=r"^[a-z]{3,10}(-[a-z0-9]{1,9})?$(?!\n)")]
Id = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$(?!\n)")]

ReferralCode = Annotated[str, Meta(max_length=20, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
MaybeId = Annotated[str, Meta(max_length=40, pattern=r"^[a-z0-9_]*$(?!\n)")]


class JoinSignals(Struct, forbid_unknown_fields=True, frozen=True):
    """What one person who joins twice would send twice, in any form of your own that stays the same. Only keyed
    hashes are kept, to hold a referral by which somebody brings themselves."""

    device: Text200 = ""
    address: Text200 = ""
    payment_card: Text200 = ""


class NewMember(Struct, forbid_unknown_fields=True, frozen=True):
    """At least one of `external_id` (your own id), `email`, `phone`, `card`. A card code is made when
    none is given. `referral_code` is the code of the member who brought them."""

    external_id: Text100 = ""
    email: Text200 = ""
    phone: Text40 = ""
    card: Text60 = ""
    given_name: Text80 = ""
    family_name: Text80 = ""
    birthday: date | None = None
    news_by_email: bool = False
    news_by_sms: bool = False
    channel: Channel = ""
    language: Language = ""
    referral_code: ReferralCode = ""
    signals: JoinSignals = JoinSignals()


class MemberChange(Struct, forbid_unknown_fields=True, frozen=True):
    """Only what is sent changes. An identity set to null is removed."""

    external_id: Text100 | UnsetType | None = UNSET
    email: Text200 | UnsetType | None = UNSET
    phone: Text40 | UnsetType | None = UNSET
    card: Text60 | UnsetType | None = UNSET
    given_name: Text80 | UnsetType = UNSET
    family_name: Text80 | UnsetType = UNSET
    birthday: date | UnsetType | None = UNSET
    news_by_email: bool | UnsetType = UNSET
    news_by_sms: bool | UnsetType = UNSET
    language: Language | UnsetType = UNSET


IDENTITIES = {"external_id": "external", "email": "email", "phone": "phone", "card": "card"}
DETAILS = ("given_name", "family_name", "birthday", "news_by_email", "news_by_sms")


class MemberSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`search`: an exact e-mail, phone, card or own id, or the start of a name."""

    search: Text100 = ""
    status: Literal["", "active", "blocked", "merged", "erased"] = ""


class MemberLookup(Struct, forbid_unknown_fields=True, frozen=True):
    """Exactly one way to name the member."""

    external_id: Text100 = ""
    email: Text200 = ""
    phone: Text40 = ""
    card: Text60 = ""


class Merge(Struct, forbid_unknown_fields=True, frozen=True):
    """`remove` is emptied into the member of the address and stays as a signpost to it."""

    remove: Id


class Blocking(Struct, forbid_unknown_fields=True, frozen=True):
    """Why; kept in the audit log."""

    reason: Why


class BalanceAt(Struct, forbid_unknown_fields=True, frozen=True):
    """`at`: the balance as of an instant, by when things happened, or with `by=recorded` by when we learnt
    of them."""

    at: Instant | None = None
    by: Literal["happened", "recorded"] = "happened"


class LotSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`all=true` also lists lots of which nothing remains. `unit`: points, or another unit of the programme."""

    all: bool = False
    unit: Unit = "points"


class EntrySearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`unit`: points, or another unit of the programme, like stamps."""

    unit: Unit = "points"


class NewAdjustment(Struct, forbid_unknown_fields=True, frozen=True):
    """`amount` above zero gives, below takes, of `unit` (points, credits, stamps, cashback or a part of one, like
    stamps-coffee); `reason` is shown to the member."""

    amount: Annotated[int, Meta(ge=-MAX_POINTS, le=MAX_POINTS)]
    reason: Why
    unit: Unit = "points"


class OrderSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`external_id` is looked for under `source` ("api" unless you sent another)."""

    member: MaybeId = ""
    status: Literal["", "recorded", "cancelled"] = ""
    external_id: Text100 = ""
    source: Source = "api"
    placed_from: Instant | None = None
    placed_until: Instant | None = None


class ActivitySearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`status=waiting` is what staff have to look at. `external_id` is looked for under `source` ("api" unless you
    sent another)."""

    member: MaybeId = ""
    kind: Text40 = ""
    status: Literal["", "recorded", "waiting", "approved", "refused", "undone"] = ""
    external_id: Text100 = ""
    source: Source = "api"
    happened_from: Instant | None = None
    happened_until: Instant | None = None


class OrderBatch(Struct, forbid_unknown_fields=True, frozen=True):
    """Up to 1,000 orders; each has its own natural key (`source`, `external_id`), so sending a batch
    again is safe."""

    orders: Annotated[tuple[NewOrder, ...], Meta(min_length=1, max_length=1000)]


class RawBatch(Struct, forbid_unknown_fields=True, frozen=True):
    """The same, with each order still to be read, so that one bad order does not stop the rest."""

    orders: Annotated[tuple[Raw, ...], Meta(min_length=1, max_length=1000)]


class RefundByName(Struct, forbid_unknown_fields=True, frozen=True):
    """A refund of an order that is named the shop's way, and may not have arrived yet."""

    order_external_id: Name
    external_id: Name
    refunded_at: Instant
    source: Source = "api"
    lines: Annotated[tuple[RefundedLine, ...], Meta(max_length=500)] = ()
    amount_minor: Minor = 0

    def refund(self) -> NewRefund:
        """The refund itself, without its order's name."""
        return NewRefund(self.external_id, self.refunded_at, self.lines, self.amount_minor)


class Cancellation(Struct, forbid_unknown_fields=True, frozen=True):
    """When the order was cancelled."""

    cancelled_at: Instant


class CancellationByName(Struct, forbid_unknown_fields=True, frozen=True):
    """The order is named the shop's way, and may not have arrived yet."""

    order_external_id: Name
    cancelled_at: Instant
    source: Source = "api"


class OfferSearch(Struct, forbid_unknown_fields=True, frozen=True):
    """`all` also lists what cannot be activated."""

    all: bool = False


class Activation(Struct, forbid_unknown_fields=True, frozen=True):
    """Where the member takes up an offer: "web", "app", "till"."""

    channel: Channel = ""
