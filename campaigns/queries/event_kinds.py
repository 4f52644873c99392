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
    Kind("experiment.written", "An experiment was planned.", {"kind": "earning", "variants": 2}, about="xpt"),
    Kind("experiment.edited", "The plan of an experiment was changed.", {"kind": "earning", "variants": 2},
         about="xpt"),
    Kind("experiment.removed", "The plan of an experiment was thrown away.", {"kind": "earning"}, about="xpt"),
    Kind("experiment.started", "An experiment has begun.", {"kind": "earning", "variants": 2, "days": 28}, about="xpt"),
    Kind("experiment.stopped", "An experiment was ended; everybody gets what there was before.", {"kind": "earning"},
         about="xpt"),
    Kind("experiment.decided", "A variant of an experiment was taken over.", {"kind": "earning", "variant": "b"},
         about="xpt"),
    Kind("holdout.set", "Another part of the members is held out from campaigns and experiments.",
         {"share": 500}, about=""),
    Kind("survey.created", "A survey was made.", {"survey": "how-was-it"}, about="srv"),
    Kind("survey.edited", "A survey was changed.", {"survey": "how-was-it", "fields": ["content"]}, about="srv"),
    Kind("survey.opened", "A survey takes answers.", {"survey": "how-was-it"}, about="srv"),
    Kind("survey.closed", "A survey takes no more answers.", {"survey": "how-was-it"}, about="srv"),
    Kind("survey.removed", "A survey that was never opened was thrown away.", {"survey": "how-was-it"}, about="srv"),
    Kind("survey.sent", "Members are asked by e-mail.", {"survey": "how-was-it", "round": 1}, about="srv"),
    Kind("survey.answered", "A member answered a survey; the score is that of the question whether they recommend you.",
         {"survey": "how-was-it", "answer": "ans_01m6k3q8r6e3vabq7m6w0t9d2c", "score": 9, "points": 25}),
    Kind("survey.detractor", "A member would not recommend you: somebody should get back to them.",
         {"survey": "how-was-it", "score": 3, "follow_up": "fup_01m6k3q8r6e3vabq7m6w0t9d2c"}),
    Kind("survey.followed_up", "Staff said how far a follow-up is.",
         {"follow_up": "fup_01m6k3q8r6e3vabq7m6w0t9d2c", "state": "done"}),
)  # fmt: skip


def register() -> None:
    """Called when the app starts."""
    kinds.register(KINDS)
