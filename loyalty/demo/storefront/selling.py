"""What the demo's web shop does with the programme: who its customers are, the tokens it signs for the widget, and the
orders it records, as any shop's system does through the API."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import merchant_by_slug
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.widget import operations, queries
from loyalty.core.widget.tokens import audience, sign
from loyalty.demo.shops import DEMO, GROCERY
from loyalty.demo.storefront.goods import Deal, Picked, deal, lines
from members.models import Identity, Member, Order
from members.operations.orders import Outcome, record_order, replay
from members.queries import directory
from members.queries.order_facts import look_up
from members.rules.shopping import MemberRef, NewOrder
from rewards.operations import vouchers
from rewards.operations.redemption import use_voucher
from rewards.queries.catalogue import kind_terms
from rewards.queries.telling import named

SOURCE = "demo-shop"
LIVES = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who has an account at the web shop. `number` is the shop's own id of them."""

    key: str
    number: str
    name: str
    email: str


NEW = Customer("new", "web-1001", "Nora", "nora.newcomer@example.com")
"""Has an account and no card yet: the widget offers to join with one press."""


def merchant() -> Merchant:
    """The shop whose programme it is: the demo's grocery. `NotFound` while the demo has not opened it."""
    return merchant_by_slug(GROCERY)


def prepare(shop: Merchant, origin: str, *, at: datetime) -> None:
    """Let the widget be shown on this site, and make the secret when there is none: what an owner does on the page
    about the widget."""
    with acting_for(shop, by=DEMO):
        if origin not in queries.origins():
            operations.allow_site(url=origin, at=at)
        if queries.current_secret() is None:
            operations.make_secret(at=at)


def customers(shop: Merchant) -> list[Customer]:
    """Who can be signed in at the web shop: a member who has shopped here for long, and somebody new."""
    with acting_for(shop, by=DEMO):
        known = Identity.objects.filter(kind=Identity.Kind.EXTERNAL).exclude(value=NEW.number)
        taking_part = known.filter(member__status=Member.Status.ACTIVE).select_related("member")
        row = (
            taking_part.filter(member__user__isnull=False).order_by("member__joined_at").first()
            or taking_part.order_by("member__joined_at").first()
        )
        if row is None:
            return [NEW]
        profile = directory.row(row.member).profile
    return [Customer("regular", row.value, profile.given_name if profile else "", ""), NEW]


def token(shop: Merchant, customer: Customer, *, origin: str, at: datetime) -> str:
    """A token that says who is shopping, signed with the shop's secret."""
    with acting_for(shop, by=DEMO):
        secret = queries.readable_secrets(at=at)[0]
    now = int(at.timestamp())
    claims = {
        "iss": origin, "aud": audience(shop.slug), "sub": customer.number, "given_name": customer.name,
        "iat": now, "exp": now + int(LIVES.total_seconds()), "jti": secrets.token_hex(16),
    }  # fmt: skip
    if customer.email:
        claims |= {"email": customer.email, "email_verified": True}
    return sign(claims, secret)


def worth(shop: Merchant, code: str, basket: list[Picked], *, at: datetime) -> tuple[str, Deal]:
    """What a code is for, and what it does to a basket. Raises `CodeNotValid`."""
    with acting_for(shop, by=DEMO):
        return _worth(code, basket, at)


def _worth(code: str, basket: list[Picked], at: datetime) -> tuple[str, Deal]:
    redemption = vouchers.find(code=code, at=at).redemption
    name, goods_minor = named(redemption.reward), sum(one.minor for one in basket)
    terms = kind_terms(redemption.reward)
    return name, deal(terms, value=redemption.value, name=name, goods_minor=goods_minor)


def sell(
    shop: Merchant, basket: list[Picked], *, number: str, customer: Customer | None, code: str, at: datetime
) -> Outcome:
    """Use the code and record the order, both or neither; the same order number again answers again. Raises
    `CodeNotValid`."""
    with acting_for(shop, by=DEMO):
        sold = Order.objects.filter(source=SOURCE, external_id=number).first()
        if sold is not None:
            return replay(sold.pk)
        found = Deal()
        if code:
            found = _worth(code, basket, at)[1]
            if not found.too_small:
                use_voucher(code=code, at=at)
        return record_order(order=_order(shop, basket, found, number, customer, at), at=at)


def _order(
    shop: Merchant, basket: list[Picked], found: Deal, number: str, customer: Customer | None, at: datetime
) -> NewOrder:
    known = customer is not None and look_up({0: ("external", customer.number)})[0]
    return NewOrder(
        number, shop.currency, at, tuple(lines(basket, found)),
        MemberRef(external_id=customer.number) if customer and known else None,
        SOURCE, discount_minor=found.off_minor, channel="online",
    )  # fmt: skip


def number_of(kept: str) -> str:
    """An order's number as the web shop writes it."""
    return f"W-{UUID(kept).hex[-8:].upper()}-{UUID(kept).hex[:4].upper()}"
