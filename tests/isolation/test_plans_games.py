"""What games ask about one member, and about a board, uses an index, in a shop with thousands of members."""

from collections.abc import Callable
from typing import Any

from campaigns.models import Challenge, ChallengeAward, ChallengeScore, GameLook, InstantPlay, Player
from campaigns.queries.games import instant, progress
from campaigns.queries.games.boards import names_of
from members.models import Member
from tests.campaigns.games.playing import opened
from tests.cast import AT, days
from tests.isolation.crowd import Crowded
from tests.isolation.crowding import committed
from tests.isolation.test_plans import slow_steps


def _played() -> Challenge:
    """A challenge in which everybody has begun, reached something, chosen a name, and waits to be looked at."""
    row = opened(board=True)
    members = list(Member.objects.values_list("pk", flat=True))
    ChallengeScore.objects.bulk_create(
        ChallengeScore(challenge=row, member_id=one, value=n, best=n, reached_at=AT)
        for n, one in enumerate(members)
    )
    ChallengeAward.objects.bulk_create(
        ChallengeAward(challenge=row, member_id=one, needed=1, gives={}, reached_at=AT) for one in members
    )
    Player.objects.bulk_create(Player(member_id=one, shown="name", chosen_at=AT) for one in members)
    GameLook.objects.bulk_create(GameLook(member_id=one, noted_at=AT) for one in members)
    return row


def test_games_use_an_index(crowded: Crowded) -> None:
    row, me = committed(_played), crowded.member
    until = AT + days(9)
    hot: dict[str, Callable[[], Any]] = {
        "what a member bought": lambda: progress.purchases(me, AT - days(9), until),
        "what a member did": lambda: progress.deeds(me, AT - days(9), until),
        "what a member has reached": lambda: list(ChallengeAward.objects.filter(member=me)),
        "what was given in a challenge": lambda: list(
            ChallengeAward.objects.filter(challenge=row.pk, member=me, withdrawn_at=None)
        ),
        "how far somebody is": lambda: list(
            ChallengeScore.objects.filter(challenge=row.pk, period="", member=me)
        ),
        "what somebody is called": lambda: names_of([me]),
        "whether somebody is to be looked at": lambda: list(GameLook.objects.filter(member=me)),
        "what somebody played": lambda: list(instant.plays_of(me)[:50]),
        "what somebody won": lambda: list(InstantPlay.objects.filter(member=me)),
    }
    pages: dict[str, Callable[[], Any]] = {
        "the first of a board": lambda: list(
            ChallengeScore.objects.filter(challenge=row.pk, period="").order_by("-best", "reached_at")[:10]
        ),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []
