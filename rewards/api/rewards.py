"""The catalogue: read, create, edit, retire, and what one member may have of it."""

from typing import Any
from uuid import UUID

from msgspec import UNSET, structs, to_builtins

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import keyset
from loyalty.core.api.spec import endpoint, page_of, within
from members.queries.wallet import wallet
from rewards.api import shapes, terms
from rewards.operations.catalogue import (
    HandleTaken,
    StockBelowTaken,
    create_reward,
    edit_reward,
    retire_reward,
)
from rewards.operations.showing import show_offers
from rewards.queries import catalogue

EXAMPLE = {
    "kind": "free_product",
    "name": {"en": "Free coffee", "sv": "Gratis kaffe"},
    "cost_points": 150,
    "product_sku": "coffee",
    "limits": [{"period": "week", "times": 2}],
}
_PLACE = [("position", int), ("cost_points", int), ("id", UUID)]


def _details(body: Any) -> dict[str, Any]:
    sent = {
        name: value for name, value in structs.asdict(body).items() if value is not UNSET and name != "handle"
    }
    if "channels" in sent:
        sent["channels"] = list(sent["channels"])
    if "terms" in sent:
        sent["terms"] = terms.sent(sent["terms"])
    for name in ("limits", "audience"):
        if name in sent:
            sent[name] = to_builtins(sent[name])
    for name in ("available_from", "available_until"):
        if sent.get(name) is not None:
            sent[name] = within(name, sent[name])
    return sent


class Rewards(Endpoint):
    @endpoint(
        summary="List rewards",
        scope="rewards:read",
        query=shapes.RewardSearch,
        answers={200: page_of(shapes.Reward)},
    )
    def get(self, call: Call) -> dict:
        """In the shop's own order."""
        found = catalogue.rewards(retired=call.query.retired)
        window = keyset(found, call.query, name="rewards", by=_PLACE, descending=False)
        return call.page(window, [shapes.reward(row) for row in window.rows])

    @endpoint(
        summary="Create a reward",
        scope="rewards:write",
        body=shapes.NewReward,
        example=EXAMPLE,
        moves_value=True,
        answers={201: shapes.Reward},
        refuses=(HandleTaken,),
    )
    def post(self, call: Call) -> tuple[int, shapes.Reward]:
        """It is in the catalogue at once. The Idempotency-Key keeps a repetition from making a second one."""
        return 201, shapes.reward(
            create_reward(at=call.at, details=_details(call.body), handle=call.body.handle)
        )


class OneReward(Endpoint):
    @endpoint(summary="Read a reward", scope="rewards:read", answers={200: shapes.Reward})
    def get(self, call: Call, id: str) -> shapes.Reward:  # noqa: A002 - the address's own word
        """Retired ones too."""
        return shapes.reward(catalogue.reward(ids.decode("rwd", id)))

    @endpoint(
        summary="Edit a reward",
        scope="rewards:write",
        body=shapes.RewardChange,
        example={"stock": 20, "limits": [{"period": "month", "times": 1}]},
        answers={200: shapes.Reward},
        refuses=(StockBelowTaken,),
    )
    def patch(self, call: Call, id: str) -> shapes.Reward:  # noqa: A002
        """Changes what is sent and nothing else."""
        return shapes.reward(
            edit_reward(reward=ids.decode("rwd", id), at=call.at, details=_details(call.body))
        )


class RewardRetirement(Endpoint):
    @endpoint(
        summary="Retire a reward",
        scope="rewards:write",
        body=shapes.Retirement,
        example={"retired": True},
        answers={200: shapes.Reward},
    )
    def post(self, call: Call, id: str) -> shapes.Reward:  # noqa: A002
        """Out of the catalogue, or back into it. Codes that are out stay good."""
        return shapes.reward(
            retire_reward(reward=ids.decode("rwd", id), at=call.at, retired=call.body.retired)
        )


class MemberRewards(Endpoint):
    @endpoint(
        summary="List rewards for a member",
        scope="rewards:read",
        query=shapes.OfferSearch,
        answers={200: shapes.RewardOffers},
    )
    def get(self, call: Call, id: str) -> shapes.RewardOffers:  # noqa: A002
        """Each reward with whether the member can have it now and, if not, every reason and what is
        missing."""
        at = within("at", call.query.at) if call.query.at is not None else call.at
        held = wallet(ids.decode("mbr", id))
        if call.query.at is None:
            found = show_offers(member=held.member, at=at, channel=call.query.channel)
        else:
            found = catalogue.offers(held.member, at=at, channel=call.query.channel)
        return shapes.RewardOffers(
            ids.encode("mbr", held.member),
            held.balances["points"].available,
            [shapes.offer(one) for one in found],
        )
