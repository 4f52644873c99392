"""What the audit log says of games, and the drawings beside it."""

from typing import Any

from django.utils.translation import gettext_lazy

GAMES: dict[str, Any] = {
    "badge.created": gettext_lazy("A badge was made: {badge}"),
    "badge.edited": gettext_lazy("A badge was changed: {badge}"),
    "badge.earned": gettext_lazy("A member earned a badge"),
    "board.name_chosen": gettext_lazy("A member chose how they appear on boards"),
    "challenge.created": gettext_lazy("A challenge was made"),
    "challenge.edited": gettext_lazy("A challenge was changed"),
    "challenge.opened": gettext_lazy("A challenge was opened"),
    "challenge.ended": gettext_lazy("A challenge was ended"),
    "challenge.deleted": gettext_lazy("A challenge was deleted"),
    "challenge.reached": gettext_lazy("A member reached a milestone of a challenge"),
    "challenge.undone": gettext_lazy("A milestone of a challenge was taken back"),
    "instant_win.opened": gettext_lazy("An instant win was opened"),
    "instant_win.played": gettext_lazy("A member played an instant win"),
    "instant_win.undone": gettext_lazy("A prize of an instant win was taken back"),
    "instant_win.ended": gettext_lazy("An instant win was ended"),
    "draw.entered": gettext_lazy("A member got chances in a prize draw"),
    "draw.opened": gettext_lazy("A prize draw was announced"),
    "draw.held": gettext_lazy("A prize draw was held"),
    "draw.won": gettext_lazy("A member won in a prize draw"),
    "draw.cancelled": gettext_lazy("A prize draw was called off"),
}
GAME_ICONS = {
    "board": "list-ordered",
    "challenge": "flag",
    "instant_win": "party-popper",
    "badge": "award",
    "draw": "ticket",
}
