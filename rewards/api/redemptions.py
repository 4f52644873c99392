"""Redeem in two phases, and use the codes."""

from datetime import timedelta
from uuid import UUID

from loyalty.core import ids
from loyalty.core.api import throttling
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.errors import RateLimited
from loyalty.core.api.pagination import keyset
from loyalty.core.api.spec import Rehearsal, endpoint, page_of
from loyalty.core.api.throttling import Bucket
from loyalty.core.errors import NotFound
from members.queries.wallet import wallet
from rewards.api import shapes
from rewards.models import Redemption
from rewards.operations import vouchers
from rewards.operations.redemption import (
    NotEligible,
    Overdue,
    WrongState,
    commit_redemption,
    quote_redemption,
    release_redemption,
    reserve_reward,
    reverse_redemption,
    use_voucher,
)
from rewards.queries import catalogue, redemptions

EXAMPLE = {
    "member": "mbr_01m6k3q8r6e3vabq7m6w0t9d2c",
    "reward": "rwd_01m6k3q8r6e3vabq7m6w0t9d2d",
    "channel": "web",
}
_TRIES_PER_MINUTE = 10


def _told(row: Redemption, *, dry_run: bool) -> shapes.Redemption:
    one = [row.voucher] if row.voucher else []
    return shapes.redemption(
        row, one if row.quantity == 1 else redemptions.codes([row])[row.pk], dry_run=dry_run
    )


class RedemptionQuote(Endpoint):
    @endpoint(
        summary="Quote a redemption",
        scope="rewards:read",
        body=shapes.Asked,
        query=Rehearsal,
        example=EXAMPLE,
        answers={200: shapes.Quote},
    )
    def post(self, call: Call) -> shapes.Quote:
        """Could the member have the reward, and if not, what is missing? Writes nothing and sets nothing
        aside."""
        held = wallet(ids.decode("mbr", call.body.member))
        reward = catalogue.reward(ids.decode("rwd", call.body.reward))
        missing = quote_redemption(
            member=held.member, reward=reward.pk, at=call.at, channel=call.body.channel
        )
        points = held.balances["points"].available
        who = catalogue.asker(held.member, reward, at=call.at, channel=call.body.channel)
        cost = catalogue.priced(reward, who, member=held.member, at=call.at)
        return shapes.Quote(
            member=ids.encode("mbr", held.member),
            reward=ids.encode("rwd", reward.pk),
            can_have=not missing,
            cost_points=cost,
            balance=points,
            balance_after=points - cost,
            missing=missing,
        )


class Redemptions(Endpoint):
    @endpoint(
        summary="List redemptions",
        scope="rewards:read",
        query=shapes.RedemptionSearch,
        answers={200: page_of(shapes.Redemption)},
        refuses=(NotFound,),
    )
    def get(self, call: Call) -> dict:
        """Last made first, with their codes."""
        found = redemptions.redemptions(
            member=ids.decode("mbr", call.query.member) if call.query.member else None,
            reward=ids.decode("rwd", call.query.reward) if call.query.reward else None,
            status=call.query.status,
        )
        window = keyset(found, call.query, name="redemptions", by=[("id", UUID)])
        codes = redemptions.codes(window.rows)
        return call.page(window, [shapes.redemption(row, codes[row.pk]) for row in window.rows])

    @endpoint(
        summary="Reserve a reward",
        scope="redemptions:write",
        body=shapes.NewRedemption,
        query=Rehearsal,
        moves_value=True,
        example=EXAMPLE,
        answers={201: shapes.Redemption, 200: shapes.Redemption},
        refuses=(NotEligible,),
    )
    def post(self, call: Call) -> tuple[int, shapes.Redemption]:
        """Sets the points and one of the stock aside and issues the code. Commit it when the reward is
        handed out, or release it; after `hold_minutes` it releases itself. 200 for a rehearsal."""
        row = reserve_reward(
            member=ids.decode("mbr", call.body.member),
            reward=ids.decode("rwd", call.body.reward),
            key=call.natural_key,
            at=call.at,
            hold=timedelta(minutes=call.body.hold_minutes),
            channel=call.body.channel,
            order_external_id=call.body.order_external_id,
        )
        return (200 if call.dry_run else 201), _told(row, dry_run=call.dry_run)


class OneRedemption(Endpoint):
    @endpoint(summary="Read a redemption", scope="rewards:read", answers={200: shapes.Redemption})
    def get(self, call: Call, id: str) -> shapes.Redemption:  # noqa: A002 - the address's own word
        """With its code."""
        return _told(redemptions.redemption(ids.decode("rdm", id)), dry_run=False)


class RedemptionCommit(Endpoint):
    @endpoint(
        summary="Commit a redemption",
        scope="redemptions:write",
        query=Rehearsal,
        moves_value=True,
        answers={200: shapes.Redemption},
        refuses=(WrongState, Overdue),
    )
    def post(self, call: Call, id: str) -> shapes.Redemption:  # noqa: A002
        """The reward was handed out: the points are spent for good. Committing twice is once."""
        return _told(commit_redemption(redemption=ids.decode("rdm", id), at=call.at), dry_run=call.dry_run)


class RedemptionRelease(Endpoint):
    @endpoint(
        summary="Release a redemption",
        scope="redemptions:write",
        body=shapes.Release,
        query=Rehearsal,
        moves_value=True,
        example={"reason": "Basket given up"},
        answers={200: shapes.Redemption},
        refuses=(WrongState,),
    )
    def post(self, call: Call, id: str) -> shapes.Redemption:  # noqa: A002
        """Gives the reserved points back to the lots they came from. Releasing twice is once."""
        row = release_redemption(redemption=ids.decode("rdm", id), at=call.at, reason=call.body.reason)
        return _told(row, dry_run=call.dry_run)


class RedemptionReverse(Endpoint):
    @endpoint(
        summary="Reverse a redemption",
        scope="redemptions:write",
        body=shapes.Reversal,
        query=Rehearsal,
        moves_value=True,
        example={"reason": "Order cancelled"},
        answers={200: shapes.Redemption},
        refuses=(WrongState,),
    )
    def post(self, call: Call, id: str) -> shapes.Redemption:  # noqa: A002
        """Undoes a committed redemption: the points return, the code dies. Reversing twice is once."""
        row = reverse_redemption(redemption=ids.decode("rdm", id), at=call.at, reason=call.body.reason)
        return _told(row, dry_run=call.dry_run)


class _Guarded:
    """Ten wrong codes a minute for each key; good codes cost nothing. A try is taken before the look-up,
    so that many guesses at once do not get more."""

    def __init__(self, call: Call):
        self.buckets = (
            Bucket(
                "codes", f"throttle:codes:{call.credential.key}", _TRIES_PER_MINUTE / 60, _TRIES_PER_MINUTE
            ),
        )

    def __enter__(self) -> None:
        verdict = throttling.take(self.buckets)
        if verdict.wait_seconds:
            raise RateLimited(retry_after=max(1, round(verdict.wait_seconds + 0.5)))

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None or not issubclass(kind, vouchers.CodeNotValid):
            throttling.take(self.buckets, cost=-1)


class VoucherCheck(Endpoint):
    @endpoint(
        summary="Check a code",
        scope="rewards:read",
        body=shapes.TypedCode,
        example={"code": "7KQ2-M8XD-9R4T"},
        answers={200: shapes.Voucher},
        refuses=(vouchers.CodeNotValid,),
    )
    def post(self, call: Call) -> shapes.Voucher:
        """Is the code good? Unknown, used, expired and void codes get one and the same answer. At most
        ten wrong ones a minute."""
        with _Guarded(call):
            return shapes.voucher(vouchers.find(code=call.body.code, at=call.at))


class VoucherUse(Endpoint):
    @endpoint(
        summary="Use a code",
        scope="redemptions:write",
        body=shapes.TypedCode,
        query=Rehearsal,
        moves_value=True,
        example={"code": "7KQ2-M8XD-9R4T"},
        answers={200: shapes.Voucher},
        refuses=(vouchers.CodeNotValid, Overdue),
    )
    def post(self, call: Call) -> shapes.Voucher:
        """Uses the code, once. A reservation that is still open is committed by it."""
        with _Guarded(call):
            found = vouchers.find(code=call.body.code, at=call.at)
            used = use_voucher(code=call.body.code, at=call.at)
            found.status, found.used_at = used.status, used.used_at
            return shapes.voucher(found, dry_run=call.dry_run)
