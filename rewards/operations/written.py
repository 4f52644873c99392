"""What redeeming asks of the database and writes there, each in one round trip: the callers of `redemption.sql`.

Only the operations beside it use this; what is allowed is decided there.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection
from msgspec import Raw, Struct, json, structs

from loyalty.core import ids
from loyalty.core.errors import KeyReused, NotFound
from loyalty.core.ledger.chart import Do, MemberAccount
from loyalty.core.ledger.operations import Posting, posted_as
from loyalty.core.tenancy import scope
from rewards.models import Redemption, Voucher
from rewards.queries.asking import Seen, starts, zone_of_shop
from rewards.rules.eligibility import Terms
from rewards.rules.kinds import KINDS, KindTerms


class Priced(Terms, frozen=True):
    """A reward's terms with what a redemption keeps of it."""

    kind: str = ""
    terms: Raw = Raw(b"{}")
    value: int = 0
    unit_cost_minor: int = 0
    code_valid_days: int = 0

    def kind_terms(self) -> KindTerms:
        """What its kind says."""
        return json.decode(self.terms, type=KINDS[self.kind])

    def needs(self) -> "Priced":
        """Itself, knowing how its kind is had."""
        kind = KINDS[self.kind]
        if not (kind.booked or kind.at_checkout):
            return self
        return structs.replace(self, booked=kind.booked, at_checkout=kind.at_checkout)


class Asked(Struct):
    """What `rewards_ask` says, under the locks."""

    member: UUID | None
    earlier: UUID | None
    reward: Priced | None
    asker: Seen | None
    version: UUID | None


_KEPT = ("id", "key", "fingerprint", "status", "quantity", "cost_points", "value", "unit_cost_minor", "channel",
         "order_external_id", "source_kind", "source", "reserved_at", "reserved_until", "settled_at")  # fmt: skip
_asked = json.Decoder(Asked).decode
_encode = json.Encoder().encode


def ask(*, member: UUID, reward: UUID, key: str, at: datetime) -> tuple[UUID, Asked]:
    """Who the member is now, and what must be known to decide; their row, their accounts and the reward locked."""
    with connection.cursor() as cursor:
        asked: list[Any] = [member, reward, key, starts(at, zone_of_shop()), at]
        cursor.execute("SELECT rewards_ask(%s, %s, %s, %s::timestamptz[], %s)", asked)
        found = _asked(cursor.fetchone()[0])
    if found.member is None:
        raise NotFound("member")
    return found.member, found


def take(*, row: Redemption, vouchers: Sequence[Voucher], version: UUID | None = None) -> None:
    """Write a redemption and its codes, its points set aside where it costs any; or raise what the ledger raises."""
    posting = None
    if row.cost_points:
        posting = Posting(
            do=Do.SPEND, key=f"reserve:{row.pk}", kind="redemption", event="points.reserved", owner=row.member_id,
            actor=str(scope.actor()), at=row.reserved_at, now=row.reserved_at, amount=row.cost_points,
            counter=MemberAccount.RESERVED, source_kind="redemption", source=row.pk, version=version,
        ).wire()  # fmt: skip
    kept = {"member": row.member_id, "reward": row.reward_id, **{name: getattr(row, name) for name in _KEPT}}
    codes = [
        {"id": voucher.pk, "digest": bytes(voucher.digest).hex(), "code": voucher.code,
         "expires_at": voucher.expires_at}
        for voucher in vouchers
    ]  # fmt: skip
    try:
        with connection.cursor() as cursor:
            documents = [_encode(part).decode() for part in (kept, codes, posting)]
            cursor.execute("SELECT rewards_take(%s::jsonb, %s::jsonb, %s::jsonb)", documents)
            answer = json.decode(cursor.fetchone()[0])
    except IntegrityError as error:
        if (
            getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
            != "rewards_redemption_once"
        ):
            raise
        # The key was taken at this very moment for another member, whose lock is not this one's.
        raise KeyReused(field="key") from None
    row.reserve_transfer = posted_as(answer).transfer if posting else None
    row.voucher = vouchers[0] if vouchers else None
    row._state.adding, row._state.db = False, connection.alias


def commit(*, row: Redemption, posting: Posting | None, at: datetime) -> UUID | None:
    """Spend what the redemption holds, if anything, and have it say so; raises what the ledger raises. The id of what
    staff have to do for it now, if there is something."""
    with connection.cursor() as cursor:
        wire, to_do = _encode(posting.wire() if posting else None).decode(), ids.new()
        cursor.execute("SELECT rewards_commit(%s, %s, %s, %s::jsonb)", [row.pk, at, to_do, wire])
        answer = json.decode(cursor.fetchone()[0])
    row.commit_transfer = posted_as(answer).transfer if posting else None
    row.status, row.settled_at = Redemption.Status.COMMITTED, at
    return to_do if answer["to_fulfil"] else None


def to_fulfil(*, row: Redemption, at: datetime) -> UUID | None:
    """Put what staff have to do for a redemption into their queue; its id, None where there is nothing to do."""
    to_do = ids.new()
    with connection.cursor() as cursor:
        cursor.execute("SELECT rewards_to_fulfil(%s, %s, %s)", [row.pk, to_do, at])
        return to_do if cursor.fetchone()[0] else None


_HOLD = "SELECT (h.redemption).*, (h.voucher).* FROM rewards_hold(%s) h"


def held(*, redemption: UUID) -> Redemption:
    """The redemption with its voucher, under its member's lock and its own: the same order of locks as
    reserving."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [redemption])
        values = cursor.fetchone()
        names = [column.name for column in cursor.description]
    if values is None:
        raise NotFound("redemption")
    split = names.index("id", 1)
    row = _stored(Redemption(**dict(zip(names[:split], values[:split], strict=True))))
    row.voucher = None
    if values[split] is not None:
        row.voucher = _stored(Voucher(**dict(zip(names[split:], values[split:], strict=True))))
    return row


def _stored[Row: (Redemption, Voucher)](row: Row) -> Row:
    """A row that was read, not made: saving it updates."""
    row._state.adding, row._state.db = False, connection.alias
    return row
