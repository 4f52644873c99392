"""What people decide around figures, as webhooks and the documentation tell it."""

from loyalty.core.events import kinds
from loyalty.core.events.kinds import Kind

KINDS = (
    Kind("cost.noted", "What something cost the shop in a month was written down.",
         {"kind": "winning", "source": "web", "month": "2026-03-01", "amount_minor": 120_000}, about=""),
    Kind("margin.noted", "The shop’s margin was written down, in hundredths of a percent.", {"margin": 4_500},
         about=""),
    Kind("goal.set", "A goal was set for a figure.",
         {"figure": "repeat_rate", "start": "0.25", "target": "0.35", "due_on": "2027-03-01"}, about="gol"),
    Kind("goal.dropped", "A goal was given up.", {"figure": "repeat_rate"}, about="gol"),
    Kind("advice.given", "A figure gave cause to propose something.", {"rule": "retention_fell"}, about="adv"),
    Kind("advice.accepted", "What was proposed was taken up.", {"rule": "retention_fell"}, about="adv"),
    Kind("advice.dismissed", "What was proposed was put aside.", {"rule": "retention_fell"}, about="adv"),
)  # fmt: skip


def register() -> None:
    """Called when the app starts."""
    kinds.register(KINDS)
