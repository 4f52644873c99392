"""What the API answers about members, points and orders. These Structs are the schema: every field is
always there."""

from datetime import date, datetime
from typing import Any

from msgspec import Struct

from loyalty.core import ids
from loyalty.core.ledger.queries import Balance as Held
from loyalty.core.ledger.queries import StatementRow
from members import models
from members.operations.orders import Outcome
from members.queries.directory import Row
from members.queries.orders import Bought
from members.queries.sharing import Together as Shared
from members.rules.decision import Decision


class Balance(Struct):
    """Whole units. `available` can be spent now (what is owed is already off); `version` grows with each
    movement."""

    unit: str
    available: int
    pending: int
    reserved: int
    debt: int
    version: int


class Together(Struct):
    """Points a member of a household can spend: their own, and `together` with what the others let them use."""

    household: str
    members: int
    yours: int
    together: int


class AtPartner(Struct):
    """What a member can use of what they have at a partner their card is linked with: `points` of the partner's, which
    make so many points `here`."""

    partner: str
    partner_name: str
    points: int
    here: int


class Balances(Struct):
    """A member's balance of each unit; `at` is null for now. `shared` is null for who is in no household, and for
    another instant than now; `at_partners` is of now, and empty for another instant."""

    member: str
    at: datetime | None
    balances: list[Balance]
    shared: Together | None
    at_partners: list[AtPartner]


class Member(Struct):
    """A member. Identities are null where there is none; money in minor units of the shop's currency."""

    id: str
    status: str
    joined_at: datetime
    channel: str
    language: str
    external_id: str | None
    email: str | None
    phone: str | None
    card: str | None
    given_name: str
    family_name: str
    birthday: date | None
    news_by_email: bool
    news_by_sms: bool
    orders_count: int
    spend_minor: int
    last_order_at: datetime | None
    balance: Balance


class MemberState(Struct):
    """A member after a change of status. `merged_into` names the member that took over, if one did."""

    id: str
    status: str
    merged_into: str | None
    balance: Balance


class MemberExport(Struct):
    """Everything held about a member, by the part of the product that holds it."""

    exported_at: datetime
    id: str
    data: dict[str, Any]


class Entry(Struct):
    """One movement: how each part of the balance changed, what could be spent after it, and why.

    `balance_after` is the balance's `available` at that time, whether this movement changed it or not.
    """

    id: str
    kind: str
    unit: str
    available: int
    pending: int
    reserved: int
    debt: int
    balance_after: int
    version: int
    happened_at: datetime
    recorded_at: datetime
    order: str | None
    redemption: str | None
    rule: str
    reason: str
    actor: str
    programme_version: str | None
    shortfall: int


class Lot(Struct):
    """One credit with its own terms. `remaining` of `granted` is left; pending ones cannot be spent yet."""

    id: str
    granted: int
    remaining: int
    pending: bool
    available_from: datetime | None
    expires_at: datetime | None


class Adjustment(Struct):
    """Points given or taken by hand; `amount` is signed. `id` is null for a rehearsal."""

    id: str | None
    member: str
    amount: int
    balance: int
    dry_run: bool


class OrderResult(Struct):
    """What an order earned and why. Guests earn nothing: their `points` are 0 and the decision says what
    a member would have got. `balance` is what the member can spend after it. `id` is null for a
    rehearsal."""

    id: str | None
    source: str
    external_id: str
    member: str | None
    points: int
    pending: bool
    available_from: datetime | None
    expires_at: datetime | None
    balance: int | None
    decision: Decision
    programme_version: str | None
    replayed: bool
    dry_run: bool


class OrderLine(Struct):
    """One line as recorded; `paid_minor` is its amount less its part of the order's discount."""

    number: int
    kind: str
    sku: str
    name: str
    category: str
    brand: str
    tags: list[str]
    quantity: str
    amount_minor: int
    discount_minor: int
    paid_minor: int
    points: int
    refunded_minor: int


class Refund(Struct):
    """Money that went back. `parked` waits for its order; `shortfall` is what could not be taken back.
    `id` is null for a rehearsal."""

    id: str | None
    order: str | None
    source: str
    order_external_id: str
    external_id: str
    status: str
    cancels: bool
    amount_minor: int
    points_taken: int
    shortfall: int
    note: str
    refunded_at: datetime
    dry_run: bool


class Order(Struct):
    """An order with its lines, what came back of it, and the engine's decision. Money in minor units."""

    id: str
    source: str
    external_id: str
    member: str | None
    status: str
    currency: str
    total_minor: int
    discount_minor: int
    points_minor: int
    eligible_minor: int
    refunded_minor: int
    points_earned: int
    points_taken: int
    channel: str
    location: str
    payment_method: str
    placed_at: datetime
    recorded_at: datetime
    programme_version: str | None
    decision: dict[str, Any]
    lines: list[OrderLine]
    refunds: list[Refund]


class Activated(Struct):
    """How many points became available."""

    points: int
    dry_run: bool


def named(prefix: str, value: Any) -> str | None:
    """A public id, or null."""
    return ids.encode(prefix, value) if value else None


def balance(held: Held, unit: str = "points") -> Balance:
    """One unit's balance."""
    return Balance(unit, held.available, held.pending, held.reserved, held.debt, held.version)


def together(found: Shared | None) -> Together | None:
    """What a household has together."""
    if found is None:
        return None
    return Together(ids.encode("hhd", found.household), found.members, found.yours, found.together)


def member(row: Row) -> Member:
    """A member with what lists and pages know of them."""
    who, profile, stats = row.member, row.profile, row.stats
    known = row.identities
    return Member(
        id=ids.encode("mbr", who.pk),
        status=who.status,
        joined_at=who.joined_at,
        channel=who.channel,
        language=who.language,
        external_id=known.get("external"),
        email=known.get("email"),
        phone=known.get("phone"),
        card=known.get("card"),
        given_name=profile.given_name if profile else "",
        family_name=profile.family_name if profile else "",
        birthday=profile.birthday if profile else None,
        news_by_email=bool(profile and profile.news_by_email),
        news_by_sms=bool(profile and profile.news_by_sms),
        orders_count=stats.orders_count if stats else 0,
        spend_minor=stats.spend_minor if stats else 0,
        last_order_at=stats.last_order_at if stats else None,
        balance=balance(row.balance),
    )


def entry(row: StatementRow) -> Entry:
    """One line of a statement."""
    return Entry(
        id=ids.encode("trf", row.transfer),
        kind=row.kind,
        unit=row.unit,
        available=row.available,
        pending=row.pending,
        reserved=row.reserved,
        debt=row.debt,
        balance_after=row.balance_after,
        version=row.version,
        happened_at=row.happened_at,
        recorded_at=row.recorded_at,
        order=named("ord", row.source) if row.source_kind == "order" else None,
        redemption=named("rdm", row.source) if row.source_kind == "redemption" else None,
        rule=row.rule,
        reason=row.reason,
        actor=row.actor,
        programme_version=named("pgv", row.programme_version),
        shortfall=row.shortfall,
    )


def lot(row: Any) -> Lot:
    """One credit."""
    return Lot(
        ids.encode("lot", row.pk), row.granted, row.remaining, row.pending, row.available_from, row.expires_at
    )


def outcome(found: Outcome, *, source: str, external_id: str, dry_run: bool = False) -> OrderResult:
    """What recording (or rehearsing) an order led to."""
    return OrderResult(
        id=None if dry_run else named("ord", found.order),
        source=source,
        external_id=external_id,
        member=named("mbr", found.member),
        points=found.points,
        pending=found.terms.pending and found.points > 0,
        available_from=found.terms.available_from if found.points else None,
        expires_at=found.terms.expires_at if found.points else None,
        balance=found.balance,
        decision=found.decision,
        programme_version=named("pgv", found.version),
        replayed=found.replayed,
        dry_run=dry_run,
    )


def refund(row: models.Refund, *, dry_run: bool = False) -> Refund:
    """A refund or cancellation."""
    return Refund(
        id=None if dry_run else ids.encode("rfd", row.pk),
        order=named("ord", row.order_id),
        source=row.source,
        order_external_id=row.order_external_id,
        external_id=row.external_id,
        status=row.status,
        cancels=row.cancels,
        amount_minor=row.amount_minor,
        points_taken=row.points_taken,
        shortfall=row.shortfall,
        note=row.note,
        refunded_at=row.refunded_at,
        dry_run=dry_run,
    )


def _line(row: models.OrderLine) -> OrderLine:
    return OrderLine(
        number=row.number,
        kind=row.kind,
        sku=row.sku,
        name=row.name,
        category=row.category,
        brand=row.brand,
        tags=list(row.tags),
        quantity=f"{row.quantity.normalize():f}",
        amount_minor=row.amount_minor,
        discount_minor=row.discount_minor,
        paid_minor=row.paid_minor,
        points=row.points,
        refunded_minor=row.refunded_minor,
    )


def order(bought: Bought) -> Order:
    """An order with its lines and refunds."""
    row = bought.order
    return Order(
        id=ids.encode("ord", row.pk),
        source=row.source,
        external_id=row.external_id,
        member=named("mbr", row.member_id),
        status=row.status,
        currency=row.currency,
        total_minor=row.total_minor,
        discount_minor=row.discount_minor,
        points_minor=row.points_minor,
        eligible_minor=row.eligible_minor,
        refunded_minor=row.refunded_minor,
        points_earned=row.points_earned,
        points_taken=bought.points_taken,
        channel=row.channel,
        location=row.location,
        payment_method=row.payment_method,
        placed_at=row.placed_at,
        recorded_at=row.recorded_at,
        programme_version=named("pgv", row.programme_version),
        decision=row.decision,
        lines=[_line(line) for line in bought.lines],
        refunds=[refund(found) for found in bought.refunds],
    )
