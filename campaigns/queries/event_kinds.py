"""What happens around messages, as webhooks and the documentation tell it."""

from loyalty.core.events import kinds
from loyalty.core.events.kinds import Kind

_CHALLENGE = {"challenge": "0198c5a2-7f1e-7c34-9c1d-2f4b8d1e6a70"}
_AWARD, _GAME = "0198c5a3-0b2c-7d11-8a52-5e0c9b7f4d21", "0198c5a4-66aa-7e02-b6f3-1a2d3c4e5f60"
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
    Kind("challenge.created", "A challenge was made; nobody sees it yet.", _CHALLENGE, about="chl"),
    Kind("challenge.edited", "A challenge was changed.", {**_CHALLENGE, "fields": ["name"]}, about="chl"),
    Kind("challenge.opened", "Members can take part in a challenge.", _CHALLENGE, about="chl"),
    Kind("challenge.ended", "A challenge was ended.", _CHALLENGE, about="chl"),
    Kind("challenge.deleted", "A challenge that nobody saw was deleted.", _CHALLENGE, about="chl"),
    Kind("challenge.reached", "A member reached a milestone of a challenge.",
         {**_CHALLENGE, "award": _AWARD, "needed": 3, "points": 50}),
    Kind("challenge.undone", "A refund took a milestone of a challenge back.",
         {**_CHALLENGE, "award": _AWARD, "needed": 3, "points": 50, "shortfall": 0}),
    Kind("board.name_chosen", "A member chose how they appear on boards.", {"shown": "hidden"}),
    Kind("badge.created", "A badge was made.", {"badge": "early-bird"}, about="bdg"),
    Kind("badge.edited", "A badge got another name, text or drawing.", {"badge": "early-bird"}, about="bdg"),
    Kind("instant_win.opened", "An instant win was opened, with the promise of its seed.",
         {"instant_win": _GAME, "commitment": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
         about="iwn"),
    Kind("instant_win.played", "A member played a ticket of an instant win; what it won, empty for nothing.",
         {"instant_win": _GAME, "play": _AWARD, "prize": "p1"}),
    Kind("instant_win.undone", "A prize of an instant win was taken back with the purchase it came by.",
         {"instant_win": _GAME, "play": _AWARD, "prize": "p1"}),
    Kind("instant_win.ended", "An instant win has ended; its seed is published.",
         {"instant_win": _GAME, "plays": 412}, about="iwn"),
    Kind("draw.cancelled", "A prize draw was called off.", {"draw": "may"}, about="drw"),
)  # fmt: skip


def register() -> None:
    """Called when the app starts."""
    kinds.register(KINDS)
