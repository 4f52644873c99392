"""Prize draws and instant wins: announced, held, played, and published so that anybody can check them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from django.urls import path
from msgspec import Meta, Struct

from campaigns.api.challenges import GameName, GameText, Moment
from campaigns.models import Draw as Row
from campaigns.models import InstantWin as Game
from campaigns.operations import drawing
from campaigns.operations.games import instant
from campaigns.queries import draws as reading
from campaigns.queries.games import instant as games
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import Rehearsal, endpoint, page_of, within
from loyalty.core.errors import NotFound
from members.operations.membership import NotActive
from members.queries.directory import taking_part

DrawHandle = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
PrizeText = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
RewardHandle = Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9-]*$(?!\n)")]
InstantWinId = Annotated[str, Meta(max_length=30, pattern=r"^iwn_[0-9a-z]{26}$(?!\n)")]


class PrizeDraw(Struct):
    """A draw among the chances that rules and challenges give under `handle` until `closes_at`. `proof` is what
    everybody may see, as `docs/verify_draw.py` reads it: the fingerprint of the secret seed from the start, and when
    it has been held the seed, the list of chances and the winners, under codes that name nobody."""

    id: str
    handle: str
    name: str
    prize: str
    prizes: int
    reward: str
    state: str
    opened_at: datetime
    closes_at: datetime
    held_at: datetime | None
    proof: dict[str, Any]


class NewPrizeDraw(Struct, forbid_unknown_fields=True, frozen=True):
    """`reward` is the handle of what winners are handed; without one you tell them yourself."""

    handle: DrawHandle
    name: GameName
    prize: PrizeText
    closes_at: Moment
    prizes: Annotated[int, Meta(ge=1, le=1000)] = 1
    reward: RewardHandle = ""


class InstantPrize(Struct):
    """A prize: how likely a ticket wins it, in a million, how many there are, and how many were won."""

    id: str
    name: str
    reward: str
    odds: int
    total: int
    given: int


class InstantWinGame(Struct):
    """An instant win. `proof` is what everybody may see, as `docs/verify_instant_win.py` reads it: the fingerprint of
    the secret seed from the start, and when it has ended the seed and every ticket that was played, in order."""

    id: str
    name: str
    text: str
    state: str
    ticket: str
    at_least_minor: int
    prizes: list[InstantPrize]
    starts_at: datetime
    ends_at: datetime
    played: int
    proof: dict[str, Any]


class NewInstantPrize(Struct, forbid_unknown_fields=True, frozen=True):
    """`odds` in a million: 50000 is one ticket in twenty. `total` is the budget: nothing is given beyond it."""

    name: GameName
    reward: RewardHandle
    odds: Annotated[int, Meta(ge=1, le=1_000_000)]
    total: Annotated[int, Meta(ge=1, le=100_000)]


class NewInstantWin(Struct, forbid_unknown_fields=True, frozen=True):
    """A ticket comes with each purchase of at least `at_least_minor`, or one each day."""

    name: GameName
    ticket: Literal["purchase", "day"]
    prizes: Annotated[list[NewInstantPrize], Meta(min_length=1, max_length=10)]
    ends_at: Moment
    starts_at: Moment | None = None
    text: GameText = ""
    at_least_minor: Annotated[int, Meta(ge=0, le=10**12)] = 0


class TicketPlay(Struct, forbid_unknown_fields=True, frozen=True):
    """Which game to play."""

    instant_win: InstantWinId


class PlayedTicket(Struct):
    """A ticket that was played: what it won, empty for nothing, and the redemption it was handed out as."""

    instant_win: str
    ticket: str
    won: bool
    prize: str
    redemption: str | None
    left: int


def _draw(row: Row) -> PrizeDraw:
    return PrizeDraw(
        id=ids.encode("drw", row.pk), handle=row.handle, name=row.name, prize=row.prize, prizes=row.prizes,
        reward=row.reward, state=row.state, opened_at=row.opened_at, closes_at=row.closes_at, held_at=row.held_at,
        proof=reading.published(row),
    )  # fmt: skip


def _game(row: Game) -> InstantWinGame:
    prizes = [InstantPrize(**one) for one in row.prizes]
    return InstantWinGame(
        id=ids.encode("iwn", row.pk), name=row.name, text=row.text, state=row.state, ticket=row.ticket,
        at_least_minor=row.at_least_minor, prizes=prizes, starts_at=row.starts_at, ends_at=row.ends_at,
        played=row.plays, proof=games.published(row),
    )  # fmt: skip


class PrizeDraws(Endpoint):
    @endpoint(summary="List prize draws", scope="games:read", query=Paged, answers={200: page_of(PrizeDraw)})
    def get(self, call: Call) -> dict[str, Any]:
        """Newest first."""
        window = keyset(reading.draws(), call.query, name="draws", by=[("id", UUID)])
        return call.page(window, [_draw(row) for row in window.rows])

    @endpoint(
        summary="Announce a prize draw",
        scope="games:write",
        body=NewPrizeDraw,
        example={"handle": "may", "name": "May", "prize": "A weekend for two",
                 "closes_at": "2099-05-31T23:59:00+02:00"},
        answers={201: PrizeDraw},
        refuses=(drawing.DrawExists,),
    )  # fmt: skip
    def post(self, call: Call) -> tuple[int, PrizeDraw]:
        """Its seed is made now; what is published of it cannot be changed any more."""
        asked = msgspec.structs.asdict(call.body)
        asked["closes_at"] = within("closes_at", asked["closes_at"])
        return 201, _draw(drawing.open_draw(**asked, at=call.at))


class OnePrizeDraw(Endpoint):
    @endpoint(summary="Read a prize draw", scope="games:read", answers={200: PrizeDraw})
    def get(self, call: Call, id: str) -> PrizeDraw:  # noqa: A002 - the address's own word
        """With everything it takes to check it, once it has been held."""
        return _draw(reading.draw(ids.decode("drw", id)))


class PrizeDrawHeld(Endpoint):
    @endpoint(
        summary="Hold a prize draw",
        scope="games:write",
        answers={200: PrizeDraw},
        refuses=(NotFound, drawing.DrawIsOver, drawing.DrawStillOpen, drawing.NobodyTakesPart),
    )
    def post(self, call: Call, id: str) -> PrizeDraw:  # noqa: A002
        """Publishes the list and the seed, and hands winners what they won. Once."""
        return _draw(drawing.hold_draw(draw=ids.decode("drw", id), at=call.at))


class PrizeDrawCancelled(Endpoint):
    @endpoint(
        summary="Call a prize draw off",
        scope="games:write",
        answers={200: PrizeDraw},
        refuses=(NotFound, drawing.DrawIsOver),
    )
    def post(self, call: Call, id: str) -> PrizeDraw:  # noqa: A002
        """Before it is held. Its chances stay, for another one."""
        return _draw(drawing.cancel_draw(draw=ids.decode("drw", id), at=call.at))


class InstantWins(Endpoint):
    @endpoint(
        summary="List instant wins", scope="games:read", query=Paged, answers={200: page_of(InstantWinGame)}
    )
    def get(self, call: Call) -> dict[str, Any]:
        """Newest first."""
        window = keyset(games.games(), call.query, name="instant-wins", by=[("id", UUID)])
        return call.page(window, [_game(row) for row in window.rows])

    @endpoint(
        summary="Open an instant win",
        scope="games:write",
        body=NewInstantWin,
        example={"name": "Lucky cup", "ticket": "day", "ends_at": "2099-05-31T23:59:00+02:00",
                 "prizes": [{"name": "A coffee", "reward": "coffee", "odds": 50_000, "total": 100}]},
        answers={201: InstantWinGame},
    )  # fmt: skip
    def post(self, call: Call) -> tuple[int, InstantWinGame]:
        """Which tickets win is certain from now on, and its fingerprint published: nobody can change it."""
        asked = msgspec.to_builtins(call.body) | {
            "starts_at": None,
            "ends_at": within("ends_at", call.body.ends_at),
        }
        if call.body.starts_at is not None:
            asked["starts_at"] = within("starts_at", call.body.starts_at)
        return 201, _game(instant.open_instant_win(details=asked, at=call.at))


class OneInstantWin(Endpoint):
    @endpoint(summary="Read an instant win", scope="games:read", answers={200: InstantWinGame})
    def get(self, call: Call, id: str) -> InstantWinGame:  # noqa: A002
        """With everything it takes to check it, once it has ended."""
        return _game(games.game(ids.decode("iwn", id)))


class InstantWinEnding(Endpoint):
    @endpoint(
        summary="End an instant win",
        scope="games:write",
        answers={200: InstantWinGame},
        refuses=(NotFound,),
    )
    def post(self, call: Call, id: str) -> InstantWinGame:  # noqa: A002
        """Publishes its seed. Again is fine."""
        return _game(instant.end_instant_win(game=ids.decode("iwn", id), at=call.at))


class MemberPlays(Endpoint):
    @endpoint(
        summary="Play a ticket",
        scope="games:write",
        body=TicketPlay,
        query=Rehearsal,
        moves_value=True,
        example={"instant_win": "iwn_01m6k3q8r6e3vabq7m6w0t9d2c"},
        answers={201: PlayedTicket, 200: PlayedTicket},
        refuses=(NotFound, NotActive, instant.NoTicket, instant.InstantWinIsOver, instant.InstantWinNotYet),
    )
    def post(self, call: Call, id: str) -> tuple[int, PlayedTicket]:  # noqa: A002
        """The member's oldest one. What is won is handed out at once. A rehearsal tells only how many tickets are left,
        not what they win."""
        member = taking_part(ids.decode("mbr", id)).pk
        row = games.game(ids.decode("iwn", call.body.instant_win))
        if call.dry_run:
            left = len(games.tickets(row, member=member, at=call.at))
            if not left:
                raise instant.NoTicket()
            return 200, PlayedTicket(call.body.instant_win, "", False, "", None, left)
        done = instant.play_ticket(game=row.pk, member=member, at=call.at)
        left = len(games.tickets(row, member=member, at=call.at))
        given = done.play.redemption
        return 201, PlayedTicket(
            call.body.instant_win, done.play.ticket, bool(done.prize), done.prize,
            ids.encode("rdm", given) if given else None, left,
        )  # fmt: skip


urlpatterns = [
    path("draws", PrizeDraws.as_view()),
    path("draws/<str:id>", OnePrizeDraw.as_view()),
    path("draws/<str:id>/hold", PrizeDrawHeld.as_view()),
    path("draws/<str:id>/cancel", PrizeDrawCancelled.as_view()),
    path("instant-wins", InstantWins.as_view()),
    path("instant-wins/<str:id>", OneInstantWin.as_view()),
    path("instant-wins/<str:id>/end", InstantWinEnding.as_view()),
    path("members/<str:id>/plays", MemberPlays.as_view()),
]
