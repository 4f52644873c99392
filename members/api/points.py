"""A member's points: balances, statement, lots, adjustments by hand."""

from uuid import UUID

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Window, keyset, seal, unseal
from loyalty.core.api.spec import Rehearsal, endpoint, page_of, within
from loyalty.core.errors import NotFound
from loyalty.core.ledger.queries import balance_as_of, lots, statement
from members.api import inputs, shapes
from members.api.members import member_id
from members.operations.allowances import NeedsApproval
from members.operations.membership import NotActive
from members.operations.points import adjust_points
from members.queries.partners import at_partners
from members.queries.sharing import together
from members.queries.wallet import wallet


class MemberBalances(Endpoint):
    @endpoint(
        summary="Read a member's balances",
        step="balance",
        scope="members:read",
        query=inputs.BalanceAt,
        answers={200: shapes.Balances},
    )
    def get(self, call: Call, id: str) -> shapes.Balances:  # noqa: A002 - the address's own word
        """Now, or as of any instant."""
        at = within("at", call.query.at) if call.query.at is not None else None
        held = wallet(member_id(id))
        if at is not None:
            recorded = call.query.by == "recorded"
            found = {
                unit: balance_as_of(held.member, at=at, unit=unit, recorded=recorded)
                for unit in held.balances
            }
        else:
            found = held.balances
        yours = held.balances["points"].available
        household = held.household if at is None else None
        shared = together(held.member, yours=yours, household_id=household) if household else None
        return shapes.Balances(
            member=ids.encode("mbr", held.member),
            at=at,
            balances=[shapes.balance(one, unit) for unit, one in found.items()],
            shared=shapes.together(shared),
            at_partners=[
                shapes.AtPartner(one.partner.slug, one.partner.name, one.points, one.here)
                for one in (at_partners(held.member, at=call.at) if at is None and held.linked else [])
            ],
        )


class MemberEntries(Endpoint):
    @endpoint(
        summary="Read a member's statement",
        scope="members:read",
        query=inputs.EntrySearch,
        answers={200: page_of(shapes.Entry)},
    )
    def get(self, call: Call, id: str) -> dict:  # noqa: A002
        """Every movement with its reason, last recorded first. Pages go back in time only: `prev` is
        always null."""
        held, before = wallet(member_id(id)), None
        if call.query.cursor:
            before = UUID(unseal("entries", call.query.cursor)[0])
        rows = statement(held.member, unit=call.query.unit, before=before, limit=call.query.limit + 1)
        more, rows = len(rows) > call.query.limit, rows[: call.query.limit]
        window = Window(rows, seal("entries", [rows[-1].transfer]) if more else None, None)
        return call.page(window, [shapes.entry(row) for row in rows])


class MemberLots(Endpoint):
    @endpoint(
        summary="List a member's lots",
        scope="members:read",
        query=inputs.LotSearch,
        answers={200: page_of(shapes.Lot)},
    )
    def get(self, call: Call, id: str) -> dict:  # noqa: A002
        """Each credit with its own terms, oldest first. Spending takes from the lot that expires soonest."""
        held = wallet(member_id(id))
        found = lots(held.member, unit=call.query.unit, open_only=not call.query.all)
        window = keyset(found, call.query, name="lots", by=[("id", UUID)], descending=False)
        return call.page(window, [shapes.lot(row) for row in window.rows])


class MemberAdjustments(Endpoint):
    @endpoint(
        summary="Give or take points by hand",
        scope="points:adjust",
        body=inputs.NewAdjustment,
        query=Rehearsal,
        moves_value=True,
        example={"amount": 50, "reason": "Sorry for the cold coffee"},
        answers={201: shapes.Adjustment, 200: shapes.Adjustment},
        refuses=("not_enough_points", NotActive, NeedsApproval),
    )
    def post(self, call: Call, id: str) -> tuple[int, shapes.Adjustment]:  # noqa: A002
        """Always with a reason, which the member can read. 200 for a rehearsal."""
        held = wallet(member_id(id))
        if held.status == "erased":
            raise NotFound("member")
        posted = adjust_points(
            member=held.member,
            amount=call.body.amount,
            reason=call.body.reason,
            unit=call.body.unit,
            at=call.at,
            key=call.natural_key,
        )
        amount = posted.amount if call.body.amount > 0 else -posted.amount
        return (200 if call.dry_run else 201), shapes.Adjustment(
            id=None if call.dry_run else ids.encode("trf", posted.transfer),
            member=ids.encode("mbr", held.member),
            amount=amount,
            balance=posted.balance,
            dry_run=call.dry_run,
        )
