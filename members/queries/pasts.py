"""What really happened to some members, read for a rehearsal: a handful of statements however many they are."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from loyalty.core.tenancy import scope
from members.rules.doing import Product
from members.rules.facts import ActivityFacts, LineFacts, LineKind, OrderFacts
from members.rules.pasts import (
    PastActivity,
    PastEvent,
    PastMember,
    PastOrder,
    PastRefund,
    in_order,
    noticed,
)
from members.rules.rehearsing import Rules
from members.rules.tiers import By

_WHO = """
SELECT m.id, g.id, g.joined_at, p.birthday
  FROM unnest(%(members)s::uuid[]) AS q(id)
  JOIN members_member g ON g.merchant_id = %(merchant)s AND g.id = q.id AND g.status IN ('active', 'blocked')
  LEFT JOIN members_profile p ON p.merchant_id = %(merchant)s AND p.member_id = g.id
 CROSS JOIN LATERAL (
       SELECT g.id UNION ALL SELECT id FROM members_member
        WHERE merchant_id = %(merchant)s AND merged_into_id = g.id) m(id)
"""
# Segments that a rule put somebody into are found by living; where staff or the segment itself did, they are of today.
_PLACES = """
SELECT member_id, segment, until FROM members_segmentplace
 WHERE merchant_id = %(merchant)s AND member_id = ANY(%(ids)s) AND source_kind NOT IN ('order', 'activity')
"""
_FRIENDS = """
SELECT referrer_id, qualified_at FROM members_referral
 WHERE merchant_id = %(merchant)s AND referrer_id = ANY(%(ids)s) AND status IN ('qualified', 'rewarded')
   AND qualified_at < %(until)s
"""
# An order that earned nothing says why in its decision; nothing else of that is read.
_ORDERS = """
SELECT id, member_id, placed_at, external_id, currency, total_minor, discount_minor, points_minor, channel, location,
       payment_method, points_earned, refunded_minor > 0 OR status = 'cancelled',
       CASE WHEN points_earned = 0 THEN decision #>> '{reasons,0,code}' END
  FROM members_order
 WHERE merchant_id = %(merchant)s AND member_id = ANY(%(ids)s) AND placed_at < %(until)s
 ORDER BY placed_at, source, external_id
"""
_LINES = """
SELECT order_id::text, number, sku, amount_minor, trim_scale(quantity)::text, kind, name, category, brand,
       array_to_json(tags)::text
  FROM members_orderline WHERE merchant_id = %(merchant)s AND order_id = ANY(%(ids)s::uuid[]) ORDER BY order_id, number
"""
_REFUNDS = """
SELECT order_id, refunded_at, cancels, content, points_taken + shortfall
  FROM members_refund WHERE merchant_id = %(merchant)s AND order_id = ANY(%(ids)s) AND status = 'applied'
 ORDER BY recorded_at, id
"""
_ACTIVITIES = """
SELECT id, member_id, happened_at, kind, properties, product, channel, location, status, points_earned,
       CASE WHEN points_earned = 0 THEN decision #>> '{reasons,0,code}' END
  FROM members_activity
 WHERE merchant_id = %(merchant)s AND member_id = ANY(%(ids)s) AND happened_at < %(until)s
 ORDER BY happened_at, id
"""
_STANDS = ("recorded", "approved")


@dataclass(frozen=True, slots=True)
class Real:
    """What an order or activity really brought: its points less what refunds undid, and an order's own number."""

    points: int
    external_id: str


@dataclass(slots=True)
class Past:
    """A member with what happened, in the order of time, and what their orders really brought."""

    member: PastMember
    events: list[PastEvent] = field(default_factory=list)
    real: dict[UUID, Real] = field(default_factory=dict)


@cache
def _tags(text: str) -> frozenset[str]:
    """Shops have few sets of tags and many lines."""
    return frozenset(msgspec.json.decode(text))


def _json(value: Any) -> Any:
    """A raw cursor gives jsonb as text, and NULL as None."""
    return msgspec.json.decode(value) if isinstance(value, str) else value


_KINDS = {kind.value: kind for kind in LineKind}


def pasts(members: Sequence[UUID], *, rules: Rules, until: datetime) -> list[Past]:
    """The pasts of some members before an instant, as far as these rules look at them. Those who are gone, or are
    others by now, are left out."""
    found, owner = _members(members, rules, until)
    if not found:
        return []
    orders = _orders(found, owner, until)
    _refunds(found, orders)
    _activities(found, owner, until)
    placed = {order.id: order.at for order, _whose in orders.values()}
    for one in found.values():
        one.events += noticed(one.member, one.events, earning=rules.earning, zone=rules.zone, until=until)
        one.events = in_order(one.events, placed)
    return list(found.values())


@contextmanager
def _asked(statement: str, **values: Any) -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"merchant": scope.merchant_id(), **values})
        yield cursor


def _members(
    members: Sequence[UUID], rules: Rules, until: datetime
) -> tuple[dict[UUID, Past], dict[UUID, UUID]]:
    """Each member, and who everybody's things belong to: theirs, and those of whoever was merged into them."""
    owner: dict[UUID, UUID] = {}
    known: dict[UUID, tuple[datetime, date | None]] = {}
    with _asked(_WHO, members=list(members)) as rows:
        for one, member, joined_at, birthday in rows:
            owner[one] = member
            known[member] = joined_at, birthday
    places: dict[UUID, list[tuple[str, datetime | None]]] = {}
    with _asked(_PLACES, ids=list(known)) as rows:
        for member, segment, ends in rows:
            places.setdefault(member, []).append((segment, ends))
    friends: dict[UUID, list[datetime]] = {}
    if rules.tiers.by is By.REFERRALS:
        with _asked(_FRIENDS, ids=list(owner), until=until) as rows:
            for one, came in rows:
                friends.setdefault(owner[one], []).append(came)
    made = {
        member: Past(PastMember(member, joined_at, birthday, tuple(places.get(member, ())),
                                tuple(friends.get(member, ()))))
        for member, (joined_at, birthday) in known.items()
    }  # fmt: skip
    return made, owner


def _orders(
    found: Mapping[UUID, Past], owner: Mapping[UUID, UUID], until: datetime
) -> dict[UUID, tuple[PastOrder, bool]]:
    """Read the orders into their members' pasts; each with whether something of it came back."""
    made: dict[UUID, tuple[PastOrder, bool]] = {}
    with _asked(_ORDERS, ids=list(owner), until=until) as rows:
        heads = rows.fetchall()
    lines: dict[str, list[LineFacts]] = {str(row[0]): [] for row in heads}  # by text: there are many of them
    with _asked(_LINES, ids=list(lines)) as rows:
        for order, number, sku, amount, quantity, kind, name, category, brand, tags in rows.fetchall():
            lines[order].append(
                LineFacts(number, sku, amount, quantity, _KINDS[kind], name, category, brand, _tags(tags))
            )
    for row in heads:
        key, member, at, external_id, currency, total, discount, paid, channel, location, method, points = (
            row[:12]
        )
        facts = OrderFacts(currency, tuple(lines[str(key)]), discount, paid, channel, location, method)
        one = found[owner[member]]
        who = member if member != one.member.id else None
        past = PastOrder(key, at, facts, total, row[13] == "member_blocked", who, came_back=row[12])
        one.events.append(past)
        one.real[key] = Real(points, external_id)
        made[key] = past, row[12]
    return made


def _refunds(found: Mapping[UUID, Past], orders: Mapping[UUID, tuple[PastOrder, bool]]) -> None:
    """Read what came back, with the points that it undid."""
    back = [key for key, (_order, came_back) in orders.items() if came_back]
    if not back:
        return
    whose = {key: one for one in found.values() for key in one.real}
    with _asked(_REFUNDS, ids=back) as rows:
        for key, at, cancels, content, undone in rows:
            said = _json(content)
            parts = tuple((part["number"], part["amount_minor"]) for part in said.get("lines", ()))
            one = whose[key]
            one.events.append(PastRefund(key, at, parts, said.get("amount_minor", 0), cancels))
            real = one.real[key]
            one.real[key] = Real(real.points - undone, real.external_id)


def _activities(found: Mapping[UUID, Past], owner: Mapping[UUID, UUID], until: datetime) -> None:
    with _asked(_ACTIVITIES, ids=list(owner), until=until) as rows:
        for key, member, at, kind, properties, product, channel, location, status, points, why in rows:
            about = _json(product)
            line = msgspec.convert(about, Product).line() if about else None
            one = found[owner[member]]
            one.events.append(
                PastActivity(
                    key,
                    at,
                    ActivityFacts(kind, _json(properties) or {}, line, channel, location),
                    status in _STANDS,
                    blocked=why == "member_blocked",
                    who=member if member != one.member.id else None,
                )
            )
            one.real[key] = Real(points if status in _STANDS else 0, "")  # fmt: skip
