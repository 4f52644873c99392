"""Import codes into the pool of a reward; each is given out once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.tenancy import scope
from rewards.models import PoolCode, Reward, Voucher
from rewards.operations import vouchers
from rewards.queries.catalogue import kind_terms

MOST_AT_ONCE = 10_000
CODE = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,62}[\x21-\x7e])?")


class NoPool(DomainError):
    code = "no_pool"
    message = _("This reward makes its own codes. Only rewards with an imported pool take some in.")


@dataclass(frozen=True, slots=True)
class Imported:
    """How many codes are new in the pool, how many were known already, and how many are left to give out."""

    added: int
    known: int
    left: int


_ADD = """
INSERT INTO rewards_poolcode (id, merchant_id, reward_id, code, digest, added_at)
SELECT x.id, %(merchant)s, %(reward)s, x.code, decode(x.digest, 'hex'), %(at)s
  FROM unnest(%(ids)s::uuid[], %(codes)s::text[], %(digests)s::text[]) AS x(id, code, digest)
    ON CONFLICT DO NOTHING
"""


@transaction.atomic
def import_codes(*, reward: UUID, codes: Sequence[str], at: datetime) -> Imported:
    """Put codes into a reward's pool. One that is there already, in this pool or another of the shop's, is passed
    over, so that importing a file twice adds nothing. Codes that differ in case, spaces or look-alikes only are one.

    Raises `InvalidInput` naming each code that cannot be used, `NoPool`; nothing is imported then.
    """
    _refuse_unusable(codes)
    row = Reward.objects.select_for_update(no_key=True).filter(pk=reward).first()
    if row is None:
        raise NotFound("reward")
    if kind_terms(row).codes != "pool":
        raise NoPool()
    fresh = _fresh(codes)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, {
            "merchant": scope.merchant_id(), "reward": reward, "at": at, "ids": [ids.new() for _code in fresh],
            "codes": list(fresh.values()), "digests": [digest.hex() for digest in fresh],
        })  # fmt: skip
        added = cursor.rowcount
    row.stock = (row.stock or 0) + added
    row.save(update_fields=["stock"])
    if added:
        record("pool.filled", subject=row.pk, at=at, data={"added": added, "left": row.stock - row.taken})
    return Imported(added, len(codes) - added, row.stock - row.taken)


def _refuse_unusable(codes: Sequence[str]) -> None:
    if not 1 <= len(codes) <= MOST_AT_ONCE:
        raise InvalidInput.of("codes", str(_("Send between 1 and 10,000 codes at once.")))
    wrong = [
        {"field": f"codes[{index}]", "code": "invalid",
         "message": str(_("A code has 4 to 64 plain characters, with at least 4 letters or digits."))}
        for index, code in enumerate(codes)
        if not CODE.fullmatch(code) or len(vouchers.normal_code(code)) < 4
    ]  # fmt: skip
    if wrong:
        raise InvalidInput(wrong[:100])


def _fresh(codes: Sequence[str]) -> dict[bytes, str]:
    """The codes by digest, each once, less those that a member has as a code of ours."""
    found = {vouchers.digest(code=code): code for code in codes}
    taken = Voucher.objects.filter(digest__in=list(found)).values_list("digest", flat=True)
    for digest in taken:
        found.pop(bytes(digest), None)
    return found


@transaction.atomic
def discard_codes(*, reward: UUID, at: datetime) -> int:
    """Take every code that nobody was given out of a reward's pool; how many. Codes that are out stay good."""
    row = Reward.objects.select_for_update(no_key=True).filter(pk=reward).first()
    if row is None:
        raise NotFound("reward")
    if kind_terms(row).codes != "pool":
        raise NoPool()
    gone = PoolCode.objects.filter(reward=row, redemption=None).delete()[0]
    row.stock = (row.stock or 0) - gone
    row.save(update_fields=["stock"])
    if gone:
        record("pool.emptied", subject=row.pk, at=at, data={"gone": gone})
    return gone


@transaction.atomic
def withdraw_codes(*, codes: Sequence[UUID], at: datetime) -> set[UUID]:
    """Take certain codes out of their pools again, those that nobody was given; which of them."""
    free = PoolCode.objects.filter(pk__in=list(codes), redemption=None)
    gone: set[UUID] = set()
    for reward in sorted(set(free.values_list("reward", flat=True))):
        row = Reward.objects.select_for_update(no_key=True).get(pk=reward)
        # Looked at again under the lock that giving one out takes, too.
        here = list(free.filter(reward=row).values_list("pk", flat=True))
        PoolCode.objects.filter(pk__in=here).delete()
        row.stock = (row.stock or 0) - len(here)
        row.save(update_fields=["stock"])
        if here:
            record("pool.emptied", subject=row.pk, at=at, data={"gone": len(here)})
        gone |= set(here)
    return gone
