"""What happens to rewards, codes, dates and places, as webhooks and the documentation tell it."""

from loyalty.core.events import kinds
from loyalty.core.events.kinds import Kind

_ONE = "01980f5e-7a30-7c51-9a63-0c2b51a3d9e4"
_TWO = "01980f5e-7a31-7d02-8b1f-5a0c9e7f2c11"
_REDEEMED = {"redemption": _ONE, "reward": _TWO, "points": 100}
_ISSUED = {"redemption": _ONE, "reward": _TWO, "quantity": 1, "source_kind": "order", "source": _ONE}
_PLACE = {"booking": _ONE, "session": _TWO, "redemption": _ONE}

KINDS = (
    Kind("reward.created", "A reward was made.", {"cost_points": 100}, about="rwd"),
    Kind("reward.edited", "A reward was changed.", {"fields": ["name"]}, about="rwd"),
    Kind("reward.retired", "A reward is offered no more.", about="rwd"),
    Kind("reward.restored", "A reward is offered again.", about="rwd"),
    Kind("reward.reserved", "A reward was set aside for a member.", _REDEEMED),
    Kind("reward.redeemed", "A member redeemed a reward.", _REDEEMED),
    Kind("reward.released", "A reward that was set aside was let go.", _REDEEMED),
    Kind("reward.reversed", "A redemption was taken back.", _REDEEMED),
    Kind("reward.issued", "A reward was handed out by a rule.", _ISSUED),
    Kind("reward.not_issued", "A reward that a rule hands out could not be.",
         {"handle": "cake", "reward": _TWO, "missing": 1, "why": "sold_out", "source_kind": "order", "source": _ONE}),
    Kind("reward.withdrawn", "A reward handed out was taken back.", _ISSUED),
    Kind("voucher.used", "A code was used.", _REDEEMED),
    Kind("pool.filled", "Codes were imported for a reward.", {"added": 500, "left": 512}, about="rwd"),
    Kind("pool.emptied", "Codes of a reward were discarded.", {"gone": 12}, about="rwd"),
    Kind("pool.low", "Few codes of a reward are left.", {"left": 10}, about="rwd"),
    Kind("pool.out", "The last code of a reward was given out.", {"left": 0}, about="rwd"),
    Kind("session.opened", "A date of an event was opened.", {"reward": _TWO, "capacity": 12}, about="ssn"),
    Kind("session.edited", "A date was changed.", {"fields": ["capacity"]}, about="ssn"),
    Kind("session.cancelled", "A date was called off.", {"places": 9, "reason": "Ill"}, about="ssn"),
    Kind("place.booked", "A member got a place.", _PLACE),
    Kind("place.waited", "A member waits for a place.", _PLACE),
    Kind("place.freed", "A place became free.", {"booking": _ONE, "session": _TWO}),
    Kind("place.passed", "A member who waited could not have the place.", {**_PLACE, "why": ["not_enough_points"]}),
    Kind("place.cancelled", "A member gave up a place.", {**_PLACE, "given_back": True}),
    Kind("place.attended", "A member came.", _PLACE),
    Kind("place.missed", "A member did not come.", _PLACE),
    Kind("fulfilment.opened", "A reward has to be handed over.",
         {"fulfilment": _ONE, "redemption": _TWO, "state": "open"}),
    Kind("fulfilment.changed", "The handing over of a reward went on a step.",
         {"fulfilment": _ONE, "redemption": _TWO, "was": "open", "state": "shipped"}),
    Kind("reward.given_by_hand", "A reward was given by hand, for no points.",
         {"redemption": _ONE, "reward": _TWO, "reason": "Sorry for the wait"}),
    Kind("payment.mismatch", "An order says another amount than was paid with points.",
         {"order": _ONE, "points_minor": 5_000, "held_minor": 4_000}),
    Kind("payment.returned", "Points that had paid for an order were given back.",
         {"redemption": _ONE, "order": _TWO, "points": 50, "minor": 5_000}),
)  # fmt: skip


def register() -> None:
    """Called when the app starts."""
    kinds.register(KINDS)
