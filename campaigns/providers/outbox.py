"""Where nothing is configured, and in test shops: messages go no further than the dashboard's own outbox page."""

from campaigns.providers.base import Outgoing


class Outbox:
    """Takes everything. What it took is shown from the log, rendered anew."""

    name = "outbox"

    def __init__(self, channel: str = "email"):
        self.channel = channel

    def hand_over(self, outgoing: Outgoing) -> str:
        """Nothing leaves this server."""
        return outgoing.name

    def close(self) -> None:
        """Nothing was opened."""
