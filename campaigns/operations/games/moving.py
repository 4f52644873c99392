"""What games know of a member: told, forgotten, and moved when two members become one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from campaigns.models import ChallengeAward, ChallengeScore, GameLook, InstantPlay, Player
from loyalty.core import privacy


def move(*, to: UUID, of: UUID, at: datetime) -> None:
    """What one has reached is the other's. Where both have reached the same, both keep what they got for it, and it
    counts once from now on: it is not given again, and a refund takes back what the keeper got."""
    has = {
        (row.challenge_id, row.period, row.needed)
        for row in ChallengeAward.objects.filter(member=to, withdrawn_at=None)
    }
    for row in ChallengeAward.objects.filter(member=of, withdrawn_at=None):
        if (row.challenge_id, row.period, row.needed) in has:
            row.withdrawn_at, row.shortfall = at, row.points
            row.reward_kept = bool(row.gives["reward"])
            row.save(update_fields=["withdrawn_at", "shortfall", "reward_kept"])
    ChallengeAward.objects.filter(member=of).update(member=to)
    ChallengeScore.objects.filter(member=of).delete()  # the keeper's are worked out anew from what both did
    InstantPlay.objects.filter(member=of).update(member=to)
    GameLook.objects.filter(member=of).delete()
    if Player.objects.filter(member=to).exists():
        _keep_hidden(to, of)
        Player.objects.filter(member=of).delete()
    else:
        Player.objects.filter(member=of).update(member=to)


def _keep_hidden(to: UUID, of: UUID) -> None:
    """Who wanted not to be seen as one of the two is not seen as both."""
    if Player.objects.filter(member=of, shown=Player.Shown.HIDDEN).exists():
        Player.objects.filter(member=to).update(shown=Player.Shown.HIDDEN, turn=F("turn"))


def _export(member: UUID) -> dict[str, Any]:
    player = Player.objects.filter(member=member).first()
    awards = ChallengeAward.objects.filter(member=member).select_related("challenge").order_by("id")
    plays = InstantPlay.objects.filter(member=member).select_related("game").order_by("id")
    return {
        "on_boards": player.shown if player else Player.Shown.ALIAS.value,
        "reached": [
            {
                "challenge": row.challenge.name, "round": row.period, "milestone": row.needed, "points": row.points,
                "reached_at": row.reached_at.isoformat(),
                "taken_back_at": row.withdrawn_at.isoformat() if row.withdrawn_at else None,
            }
            for row in awards
        ],
        "tickets": [
            {"game": row.game.name, "ticket": row.ticket, "prize": row.prize, "played_at": row.played_at.isoformat()}
            for row in plays
        ],
    }  # fmt: skip


def _erase(member: UUID) -> None:
    """That a ticket was played stays checkable: its code names nobody."""
    for model in (ChallengeAward, ChallengeScore, Player, GameLook):
        model.objects.filter(member=member).delete()
    InstantPlay.objects.filter(member=member).update(member=None, source=None)


holder = privacy.Holder("games", _export, _erase)
