"""Many members looked up at once, by any of their identities."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Exists, OuterRef

from loyalty.core import ids
from loyalty.core.errors import NotFound
from loyalty.core.tenancy import scope
from members.models import Activity, Identity, Member, Order, Stats

# One look-up by key for each pair: under row-level security PostgreSQL would compare pairs with the whole shop.
_KNOWN = """
SELECT i.kind, i.value, m.id, m.merged_into_id
  FROM jsonb_to_recordset(%(asked)s::jsonb) AS i(kind text, value text)
  JOIN LATERAL (SELECT member_id FROM members_identity
                 WHERE merchant_id = %(merchant)s AND kind = i.kind AND value = i.value LIMIT 1) d ON true
  JOIN LATERAL (SELECT id, merged_into_id FROM members_member
                 WHERE merchant_id = %(merchant)s AND id = d.member_id LIMIT 1) m ON true
"""


def known_by(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """Whose each identity (kind, normalised value) is, merged members followed to where they went; nobody's are
    missing. One statement."""
    asked = [{"kind": kind, "value": value} for kind, value in set(pairs)]
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            _KNOWN, {"merchant": scope.merchant_id(), "asked": msgspec.json.encode(asked).decode()}
        )
        return {(kind, value): merged or member for kind, value, member, merged in cursor.fetchall()}


def known_by_id(texts: Iterable[str]) -> dict[str, UUID]:
    """Whom each public id names, merged members followed to where they went; what is no id, or names nobody here, is
    missing."""
    asked: dict[str, UUID] = {}
    for text in texts:
        try:
            asked[text] = ids.decode("mbr", text)
        except NotFound:
            continue
    rows = Member.objects.filter(pk__in=list(asked.values())).values_list("pk", "merged_into_id")
    here = {key: merged or key for key, merged in rows} if asked else {}
    return {text: here[key] for text, key in asked.items() if key in here}


def identities_of(members: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """The identities of some members by kind; of several cards the first."""
    found: dict[UUID, dict[str, str]] = {}
    rows = Identity.objects.filter(member__in=list(members)).order_by("id")
    for row in rows:
        found.setdefault(row.member_id, {}).setdefault(row.kind, row.value)
    return found


def statuses(members: Iterable[UUID]) -> Mapping[UUID, str]:
    """The status of each of some members."""
    return dict(Member.objects.filter(pk__in=list(members)).values_list("pk", "status"))


def active_since(members: Iterable[UUID]) -> set[UUID]:
    """Those of some members who have bought or done something, or who have signed in."""
    rows = Member.objects.filter(pk__in=list(members)).annotate(
        bought=Exists(Order.objects.filter(member=OuterRef("pk"))),
        counted=Exists(Stats.objects.filter(member=OuterRef("pk"), orders_count__gt=0)),
        did=Exists(Activity.objects.filter(member=OuterRef("pk"))),
    )
    return {row.pk for row in rows if row.bought or row.counted or row.did or row.user_id is not None}
