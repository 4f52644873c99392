"""What happens around messages, as webhooks and the documentation tell it."""

from loyalty.core.events import kinds
from loyalty.core.events.kinds import Kind

KINDS = (
    Kind("preferences.changed", "A member changed what they want to hear.", {"fields": ["reminders"]}),
    Kind("address.suppressed", "An address is not written to any more: it bounced, or its reader complained.",
         {"channel": "email", "reason": "bounce"}),
    Kind("address.released", "An address may be written to again.", {"channel": "email", "reason": "bounce"}),
    Kind("messages.shaped", "A kind of message was switched on or off, or got other words.",
         {"kind": "welcome", "fields": ["words"], "on": True}, about=""),
    Kind("messages.hours_set", "The hours in which nobody is written to were changed.",
         {"quiet_from": 21, "quiet_until": 8, "weekly_most": 5}, about=""),
    Kind("newsletter.scheduled", "A newsletter was given its time.", {"newsletter": "nws_01m6k3q8r6e3vabq7m6w0t9d2c"},
         about=""),
    Kind("newsletter.cancelled", "A newsletter was called off.", {"newsletter": "nws_01m6k3q8r6e3vabq7m6w0t9d2c"},
         about=""),
    Kind("segment.created", "A segment was made.", {"segment": "regulars", "kind": "conditions"}, about="seg"),
    Kind("segment.edited", "A segment got another name or other conditions.",
         {"segment": "regulars", "fields": ["conditions"]}, about="seg"),
    Kind("segment.filled", "Everybody was looked at under a segment’s new conditions.",
         {"segment": "regulars", "size": 412}, about="seg"),
    Kind("segment.archived", "A segment was put away.", {"segment": "regulars"}, about="seg"),
    Kind("segment.restored", "A segment was taken out again.", {"segment": "regulars"}, about="seg"),
    Kind("rehearsal.started", "A draft of the programme is being tried on past purchases.", {"members": 2418},
         about="rhs"),
    Kind("rehearsal.finished", "What a draft would have done is known.", {"members": 2418}, about="rhs"),
    Kind("draw.opened", "A prize draw was announced, with the promise of its seed.",
         {"draw": "may", "commitment": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
         about="drw"),
    Kind("draw.held", "A prize draw was held; the codes of who won.",
         {"draw": "may", "winners": ["3f7a9c01b2de"], "chances": 412}, about="drw"),
    Kind("draw.won", "A member has won in a prize draw.", {"draw": "may", "place": 1}),
    Kind("draw.cancelled", "A prize draw was called off.", {"draw": "may"}, about="drw"),
    Kind("campaign.created", "A campaign was begun.", {"kind": "double-points"}, about="cmp"),
    Kind("campaign.edited", "A campaign was changed.", {"fields": ["ends_at"]}, about="cmp"),
    Kind("campaign.removed", "A campaign that never ran was thrown away.", {}, about="cmp"),
    Kind("campaign.asked", "A campaign waits for a second person: it may cost more than one decides.",
         {"budget_points": 50000, "budget_minor": None}, about="cmp"),
    Kind("campaign.approved", "A second person let a campaign begin.", {}, about="cmp"),
    Kind("campaign.refused", "A second person sent a campaign back.", {}, about="cmp"),
    Kind("campaign.launched", "A campaign was launched: it begins at its time.",
         {"starts_at": "2026-12-05T08:00:00+00:00", "ends_at": "2026-12-07T23:00:00+00:00"}, about="cmp"),
    Kind("campaign.resumed", "A campaign that was paused goes on.",
         {"starts_at": "2026-12-05T08:00:00+00:00", "ends_at": "2026-12-07T23:00:00+00:00"}, about="cmp"),
    Kind("campaign.started", "A campaign has begun.", {}, about="cmp"),
    Kind("campaign.paused", "A campaign was paused by hand.", {}, about="cmp"),
    Kind("campaign.braked", "A campaign has paused itself: it spent faster than planned, or could not go on.",
         {"spent": 9000, "expected": 3000, "planned": 50000}, about="cmp"),
    Kind("campaign.ended", "A campaign is over: its time is, its budget is spent, or somebody ended it.",
         {"why": "budget"}, about="cmp"),
    Kind("campaign.policy_set", "From when on two people decide about a campaign was changed.",
         {"approve_points": 50000, "approve_minor": None}, about=""),
)  # fmt: skip


def register() -> None:
    """Called when the app starts."""
    kinds.register(KINDS)
