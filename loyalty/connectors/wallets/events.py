"""What happens with wallets, as webhooks and the documentation tell it."""

from loyalty.core.events.kinds import Kind

KINDS = (
    Kind("wallet.connected", "A wallet was connected, or its certificate renewed.",
         {"platform": "apple", "expires_at": "2027-03-02T08:00:00+00:00"}, about=""),
    Kind("wallet.disconnected", "A wallet was disconnected: no more cards are made for it.",
         {"platform": "google"}, about=""),
    Kind("wallet.pass_made", "A member's card was made for a wallet.", {"platform": "apple"}),
)  # fmt: skip
