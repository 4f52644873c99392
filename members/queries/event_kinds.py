"""What happens to members, their orders and their points, as webhooks and the documentation tell it."""

from typing import Any

from loyalty.core.events import kinds
from loyalty.core.events.kinds import Kind

_ONE = "01980f5e-7a30-7c51-9a63-0c2b51a3d9e4"
_TWO = "01980f5e-7a31-7d02-8b1f-5a0c9e7f2c11"


def _moved(name: str, text: str, amount: int, kind: str, unit: str = "points") -> Kind:
    """A movement in the books: every such event has the same figures."""
    figures: dict[str, Any] = {
        "transfer": _ONE, "kind": kind, "unit": unit, "amount": amount, "shortfall": 0, "balance": 1240, "source": _TWO,
    }  # fmt: skip
    return Kind(name, text, figures)


_MEMBERS = (
    Kind("member.joined", "Somebody became a member.", {"channel": "online"}),
    Kind("member.edited", "Details of a member were changed; the event names the fields, never what is in them.",
         {"fields": ["given_name"]}),
    Kind("member.verified", "A member proved an address or number to be theirs.", {"kind": "email"}),
    Kind("member.claimed", "A member signed in for the first time."),
    Kind("member.blocked", "A member was blocked.", {"reason": "Asked to be"}),
    Kind("member.unblocked", "A member was let back in."),
    Kind("member.merged", "Two members became one: what `merged` had belongs to the subject now.", {"merged": _ONE}),
    Kind("member.exported", "A member's data was exported."),
    Kind("member.erased", "A member was erased: forget what you hold about them."),
    Kind("member.answered", "A member answered a question of the shop or took an answer back; never what.",
         {"question": "coffee"}),
    Kind("household.opened", "A member opened a household.", {"household": _ONE}),
    Kind("household.invited", "A member made an invitation to their household.", {"household": _ONE}),
    Kind("household.joined", "A member joined a household.", {"household": _ONE}),
    Kind("household.allowed", "A member may use the household's points, or not any more.",
         {"household": _ONE, "shares": True}),
    Kind("household.left", "A member left a household.", {"household": _ONE}),
    Kind("household.dissolved", "A household was dissolved.", {"household": _ONE}),
    Kind("segment.entered", "A member entered a segment.",
         {"segment": "regulars", "source_kind": "order", "source": _TWO}),
    Kind("segment.left", "A member left a segment.", {"segment": "regulars"}),
    Kind("badge.earned", "A member earned a badge.", {"badge": "explorer", "source_kind": "order", "source": _TWO}),
    Kind("draw.entered", "A member got chances in a draw.",
         {"draw": "summer", "entries": 2, "source_kind": "order", "source": _TWO}),
)  # fmt: skip

_ORDERS = (
    Kind("order.recorded", "An order was recorded; the subject is its member, null for a guest's.",
         {"order": _ONE, "total_minor": 18_400, "points": 184}),
    Kind("order.paid_with_points", "A part of an order was paid with points.", {"order": _ONE, "points_minor": 5_000}),
    Kind("order.refunded", "A part of an order came back.",
         {"order": _ONE, "refund": _TWO, "amount_minor": 4_200, "points": 42, "shortfall": 0}),
    Kind("order.cancelled", "A whole order came back.",
         {"order": _ONE, "refund": _TWO, "amount_minor": 18_400, "points": 184, "shortfall": 0}),
    Kind("order.claimed", "A member claimed a guest's order.", {"order": _ONE, "points": 184}),
    Kind("refund.parked", "A refund waits for an order that has not arrived.", {"refund": _ONE}, about=""),
    Kind("refund.refused", "A refund did not fit its order.", {"refund": _ONE}),
    Kind("activity.recorded", "A member did something that earns.", {"activity": _ONE, "kind": "review", "points": 20}),
    Kind("activity.waiting", "An activity waits until somebody has looked at it.",
         {"activity": _ONE, "kind": "review", "flags": ["same_text"]}),
    Kind("activity.approved", "An activity that waited was approved.",
         {"activity": _ONE, "kind": "review", "points": 20, "reason": "Lovely"}),
    Kind("activity.refused", "An activity that waited was refused.",
         {"activity": _ONE, "kind": "review", "reason": "Not yours"}),
    Kind("activity.undone", "What an activity had earned was taken back.",
         {"activity": _ONE, "kind": "review", "points": 20, "shortfall": 0, "reason": "Copied"}),
    Kind("offer.activated", "A member activated an offer.", {"offer": "happy-hour", "activation": _ONE}),
)  # fmt: skip

_POINTS = (
    _moved("points.earned", "A member earned points.", 184, "earn"),
    _moved("points.imported", "Points came with a file, with the dates they had.", 120, "adjustment"),
    _moved("points.adjusted", "Points were given or taken by hand.", -50, "adjustment"),
    _moved("points.reserved", "Points were set aside for a reward.", -100, "redemption"),
    _moved("points.spent", "Points that were set aside were spent.", -100, "redemption"),
    _moved("points.released", "Points that were set aside can be spent again.", 100, "redemption"),
    _moved("points.given_back", "Points that had been spent were given back.", 100, "redemption"),
    _moved("points.taken_back", "Points were taken back, because what had earned them came back.", -42, "refund"),
    _moved("points.activated", "Points that waited can be spent now.", 184, "activation"),
    _moved("points.set_free", "Points that waited for something stopped waiting for it.", 184, "activation"),
    _moved("points.expired", "Points reached the end of their life.", -80, "expiry"),
    _moved("points.forfeited", "Points ended with the membership.", -80, "forfeit"),
    _moved("points.moved", "Points moved to the account a member was merged into.", 80, "merge"),
    _moved("points.given", "A member gave points to another.", -20, "transfer"),
    _moved("points.received", "A member received points from another.", 20, "transfer"),
    _moved("points.converted", "A period's points were turned into what they are worth.", -500, "conversion"),
    _moved("points.spent_at_partner", "Points were used at a partner.", -100, "partner"),
    _moved("points.arrived_from_partner", "Points came over from a partner.", 100, "partner"),
    Kind("points.conversion", "A period's points were converted: the reward or the amount they became.",
         {"conversion": "cnv_01m6k3q8r6e3vabq7m6w0t9d2c", "period": "2026-Q1", "points": 500, "parts": 1,
          "reward": "voucher", "cashback_minor": 0}),
    _moved("cashback.earned", "A member earned cash-back.", 93, "earn", "cashback"),
    _moved("cashback.taken_back", "Cash-back was taken back.", -93, "refund", "cashback"),
    _moved("credits.earned", "A member earned credits towards their tier.", 184, "earn", "credits"),
    _moved("credits.taken_back", "Credits towards a tier were taken back.", -184, "refund", "credits"),
    _moved("stamps.earned", "A member got a stamp.", 1, "earn", "stamps"),
    _moved("stamps.taken_back", "A stamp was taken back.", -1, "refund", "stamps"),
    _moved("stamps.spent", "A full stamp card was exchanged.", -10, "card", "stamps"),
    _moved("stamps.given_back", "Stamps came back to a card.", 10, "card", "stamps"),
    Kind("card.filled", "A stamp card is full.", {"card": "coffee", "full_card": _ONE}),
    Kind("card.reopened", "A full stamp card is not full any more: a stamp was taken back.",
         {"card": "coffee", "full_card": _ONE}),
    Kind("transfer.made", "A member gave points to another: the gift as a whole.",
         {"transfer_id": "ptr_01m6k3q8r6e3vabq7m6w0t9d2c", "receiver": _ONE, "amount": 20}),
    Kind("transfer.undone", "A gift of points was undone.",
         {"transfer_id": "ptr_01m6k3q8r6e3vabq7m6w0t9d2c", "receiver": _ONE, "amount": 20, "undone": 20}),
)  # fmt: skip

_STANDING = (
    Kind("tier.changed", "A member moved to another tier.",
         {"from": "silver", "to": "gold", "direction": "up", "reason": "reached",
          "valid_until": "2027-12-31T23:00:00+00:00", "change": _ONE}),
    Kind("tier.kept", "A member's tier was looked at and kept.",
         {"from": "gold", "to": "gold", "direction": "kept", "reason": "reached",
          "valid_until": "2027-12-31T23:00:00+00:00", "change": _ONE}),
    Kind("tiers.reviewed", "Everybody's tier was looked at after a new programme.",
         {"version": _ONE, "reviewed": 2418, "changed": 12}, about=""),
    Kind("perk.claimed", "A member asked for a perk of their tier.",
         {"claim": _ONE, "perk": "stylist", "tier": "gold"}),
    Kind("perk.served", "A perk that was asked for was given.", {"claim": _ONE, "perk": "stylist", "tier": "gold"}),
    Kind("perk.cancelled", "A perk that was asked for was called off.",
         {"claim": _ONE, "perk": "stylist", "tier": "gold"}),
)  # fmt: skip

_PAID = {"membership": "pmb_01m6k3q8r6e3vabq7m6w0t9d2c", "plan": "plus"}
_MEMBERSHIPS = (
    Kind("membership.started", "A paid membership was started.", {**_PAID, "status": "pending"}),
    Kind("membership.paid", "A payment for a membership was received.",
         {**_PAID, "amount_minor": 29_900, "paid_until": "2027-03-02T08:00:00+00:00"}),
    Kind("membership.payment_due", "A membership's next payment is due.", {**_PAID, "price_minor": 29_900}),
    Kind("membership.payment_failed", "A payment for a membership failed.", _PAID),
    Kind("membership.price_changes", "A membership will cost something else from its next period on.",
         {**_PAID, "before_minor": 29_900, "after_minor": 34_900}),
    Kind("membership.perk_used", "A perk of a paid membership was used.", {**_PAID, "perk": "free-shipping"}),
    Kind("membership.cancelled", "A membership ends with the time that is paid.", _PAID),
    Kind("membership.resumed", "A membership that was to end goes on.", _PAID),
    Kind("membership.ended", "A membership is over.", {**_PAID, "end": "cancelled"}),
    Kind("membership.refunded", "A payment for a membership was given back.",
         {**_PAID, "amount_minor": 29_900, "payment": ""}),
)  # fmt: skip

_BROUGHT = {"referral": _ONE, "friend": _TWO}
_FRIENDS = (
    Kind("referral.code_made", "A member got a code for bringing friends."),
    Kind("referral.joined", "A friend joined by a member's code.", _BROUGHT),
    Kind("referral.held", "A referral is held until somebody has looked at it.", {**_BROUGHT, "reasons": ["device"]}),
    Kind("referral.approved", "A held referral was approved.", {**_BROUGHT, "reason": "Sisters"}),
    Kind("referral.refused", "A held referral was refused.", {**_BROUGHT, "reason": "The same person"}),
    Kind("referral.qualified", "A friend's purchase made a referral count.", {**_BROUGHT, "order": _ONE}),
    Kind("referral.commission", "A friend's purchase changed a commission.", {**_BROUGHT, "order": _ONE}),
    Kind("referral.rewarded", "Both sides of a referral have what they were to get.", _BROUGHT),
    Kind("referral.reversed", "A referral no longer counts: the purchase came back.", {**_BROUGHT, "order": _ONE}),
    Kind("card_link.code_made", "A member made a code to link their card with a partner's."),
    Kind("card_link.made", "A member's card was linked with one at a partner.", {"link": _ONE}),
    Kind("card_link.ended", "A link between two cards ended.", {"link": _ONE}),
    *(Kind(f"partnership.{what}", text, {"partnership": "prt_01m6k3q8r6e3vabq7m6w0t9d2c"}, about="") for what, text in (
        ("proposed", "A partnership was proposed."), ("agreed", "A partnership was agreed."),
        ("ended", "A partnership ended."))),
)  # fmt: skip

_REQUEST = {"request": "adr_01m6k3q8r6e3vabq7m6w0t9d2c", "points": 5_000, "unit": "points", "members": 1,
            "asked_by": "staff:12", "reason": "Sorry for the wait"}  # fmt: skip
_BY_HAND = (
    Kind("adjustment.limits_changed", "How much who may give and take by hand was changed.",
         {"before": {}, "after": {"cashier": {"each": 100}}}, about=""),
    Kind("adjustment.made_for_many", "Points were given or taken by hand for many members at once.",
         {"members": 40, "points": 4_000, "unit": "points", "skipped": 1}, about=""),
    *(Kind(f"adjustment.{what}", text, _REQUEST) for what, text in (
        ("asked", "A change by hand waits for a second person."), ("approved", "A change by hand was approved."),
        ("refused", "A change by hand was refused."), ("withdrawn", "Who had asked for a change took that back."),
        ("lapsed", "A change by hand waited too long."))),
    Kind("tier.given", "A tier was given by hand.",
         {"tier": "gold", "last_day": "2026-12-31", "reason": "Opening night"}),
    Kind("tier.given_ended", "A tier that was given by hand was ended.", {"tier": "gold", "reason": "By mistake"}),
)  # fmt: skip

_CATALOGUE = (
    Kind("products.written", "Products were made or changed; the subject is the product where it was one.",
         {"made": 120, "changed": 3}, about="prd"),
)  # fmt: skip

KINDS = (*_CATALOGUE, *_BY_HAND, *_MEMBERS, *_ORDERS, *_POINTS, *_STANDING, *_MEMBERSHIPS, *_FRIENDS)


def register() -> None:
    """Called when the app starts."""
    kinds.register(KINDS)
