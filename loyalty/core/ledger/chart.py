"""The chart of accounts: where value can be, and what may move it.

Every unit (points, status credits, stamps, cash-back) has the same accounts. A member's accounts carry a
running balance, a version and a hash chain, under one lock; a merchant's are the other side and are only ever
summed, so that no two customers of one shop wait for each other.
"""

from enum import StrEnum

POINTS = "points"
"""The unit every programme has."""


class MemberAccount(StrEnum):
    AVAILABLE = "available"  # can be spent; also the lock for all accounts of this member and unit
    PENDING = "pending"  # earned, waiting for a date or an event
    RESERVED = "reserved"  # set aside for an open redemption
    DEBT = "debt"  # taken back after it was spent; never above zero, settled by the next points


class MerchantAccount(StrEnum):
    ISSUED = "issued"  # what programmes have granted (runs negative: it is the shop's promise)
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    ADJUSTED = "adjusted"  # by hand or import, either way
    SETTLEMENT = "settlement"  # went to be used at a partner, or came from there; the two settle it in money


class Do(StrEnum):
    """What one posting does. `functions.sql` carries each out; nothing else moves value."""

    GRANT = "grant"  # issued|adjusted → available or pending, as one new lot
    SPEND = "spend"  # available → redeemed|adjusted, or → reserved; soonest expiry first
    COMMIT = "commit"  # a reservation → redeemed
    RELEASE = "release"  # a reservation → back into its lots
    GIVE_BACK = "give_back"  # redeemed → back into the lots the reservation or spending drew from
    TAKE_BACK = "take_back"  # a lot → issued; what was already spent by the shortfall policy
    ACTIVATE = "activate"  # pending → available
    EXPIRE = "expire"  # a lot whose time is up → expired
    FORFEIT = "forfeit"  # a lot → expired|adjusted: the member leaves, or moves to another account


class Shortfall(StrEnum):
    """What happens when points that are taken back have already been spent. Never clamped silently."""

    ONLY_PENDING = "only_pending"  # take only what is still pending; record the rest
    TO_ZERO = "to_zero"  # take what the member has, reservations included; record the rest
    DEBT = "debt"  # take what the member has; the rest is owed and settled by the next points
