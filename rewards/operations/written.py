"""What redeeming asks of the database and writes there, each in one round trip: the callers of `redemption.sql`.

Only `redemption.py` uses this; what is allowed is decided there.
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection
from msgspec import Struct, json

from loyalty.core.errors import KeyReused, NotFound
from loyalty.core.ledger.chart import Do, MemberAccount
from loyalty.core.ledger.operations import Posting, posted_as
from loyalty.core.tenancy import scope
from rewards.models import Redemption, Voucher
from rewards.rules.eligibility import Terms


class Priced(Terms, frozen=True):
    """A reward's terms with what a redemption keeps of it."""

    unit_cost_minor: int = 0
    code_valid_days: int = 0


class Asked(Struct):
    """What `rewards_ask` says, under the locks."""

    member: UUID | None
    standing: str | None
    earlier: UUID | None
    reward: Priced | None
    points: int
    had: int
    version: UUID | None


_asked = json.Decoder(Asked).decode
_encode = json.Encoder().encode


def ask(*, member: UUID, reward: UUID, key: str) -> tuple[UUID, Asked]:
    """Who the member is now, and what must be known to decide."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rewards_ask(%s, %s, %s)", [member, reward, key])
        found = _asked(cursor.fetchone()[0])
    if found.member is None:
        raise NotFound("member")
    return found.member, found


def reserve(*, row: Redemption, voucher: Voucher, version: UUID | None) -> None:
    """Write it all, or raise what the ledger raises."""
    posting = Posting(
        do=Do.SPEND, key=f"reserve:{row.pk}", kind="redemption", event="points.reserved", owner=row.member_id,
        actor=str(scope.actor()), at=row.reserved_at, now=row.reserved_at, amount=row.cost_points,
        counter=MemberAccount.RESERVED, source_kind="redemption", source=row.pk, version=version,
    )  # fmt: skip
    kept = {
        "id": row.pk, "key": row.key, "fingerprint": row.fingerprint, "member": row.member_id,
        "reward": row.reward_id, "cost_points": row.cost_points, "unit_cost_minor": row.unit_cost_minor,
        "channel": row.channel, "order_external_id": row.order_external_id, "reserved_at": row.reserved_at,
        "reserved_until": row.reserved_until,
    }  # fmt: skip
    code = {"id": voucher.pk, "digest": bytes(voucher.digest).hex(), "code": voucher.code,
            "expires_at": voucher.expires_at}  # fmt: skip
    try:
        with connection.cursor() as cursor:
            documents = [_encode(part).decode() for part in (kept, code, posting.wire())]
            cursor.execute("SELECT rewards_reserve(%s::jsonb, %s::jsonb, %s::jsonb)", documents)
            answer = json.decode(cursor.fetchone()[0])
    except IntegrityError as error:
        if (
            getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
            != "rewards_redemption_once"
        ):
            raise
        # The key was taken at this very moment for another member, whose lock is not this one's.
        raise KeyReused(field="key") from None
    row.reserve_transfer = posted_as(answer).transfer
    row.voucher = voucher


def commit(*, row: Redemption, posting: Posting, at: datetime) -> None:
    """Spend what the redemption holds, and have it say so; raises what the ledger raises."""
    with connection.cursor() as cursor:
        wire = _encode(posting.wire()).decode()
        cursor.execute("SELECT rewards_commit(%s, %s, %s::jsonb)", [row.pk, at, wire])
        posted = posted_as(json.decode(cursor.fetchone()[0]))
    row.status, row.commit_transfer, row.settled_at = Redemption.Status.COMMITTED, posted.transfer, at


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
