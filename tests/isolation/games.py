"""What a shop has of games that nobody else may see."""

from campaigns.models import GameLook
from campaigns.operations.games.badges import create_badge
from campaigns.operations.games.challenges import create_challenge, open_challenge
from campaigns.operations.games.instant import open_instant_win, play_ticket
from campaigns.operations.games.players import choose_name
from campaigns.operations.games.settling import settle
from loyalty.core import clock, ids
from members.models import Member
from rewards.operations.catalogue import create_reward
from tests.cast import AT, days


def furnish_games(ana: Member) -> dict[str, str]:
    """A badge, a challenge that Ana has done, with her made-up name on its board, and a ticket she has played; the
    public ids by kind."""
    badge = create_badge(name="Fan", text="For fans", handle="fan", at=AT)
    terms = {"measure": "purchases", "milestones": [{"needed": 1, "points": 1, "badge": "fan"}]}
    details = {"name": "Come in", "text": "Once", "terms": terms, "board": True,
               "starts_at": AT - days(1)}  # fmt: skip
    row = create_challenge(details=details, at=AT)
    open_challenge(challenge=row.pk, at=AT)
    settle(member=ana.pk, at=AT)
    choose_name(member=ana.pk, shown="alias", at=AT)
    GameLook.objects.create(member=ana, noted_at=AT)
    cup = create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 20})
    prizes = [{"name": "Cup", "reward": cup.handle, "odds": 1_000_000, "total": 5}]
    ends = clock.now() + days(30)
    details = {"name": "Luck", "ticket": "day", "prizes": prizes, "starts_at": AT, "ends_at": ends}
    game = open_instant_win(details=details, at=AT)
    play_ticket(game=game.pk, member=ana.pk, at=AT)
    return {
        "challenge": ids.encode("chl", row.pk),
        "badge": ids.encode("bdg", badge.pk),
        "instant_win": ids.encode("iwn", game.pk),
    }
