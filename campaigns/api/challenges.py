"""Challenges, their boards, badges, and how members stand and appear in them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from django.urls import path
from msgspec import UNSET, Meta, Struct, UnsetType

from campaigns.models import Badge as BadgeRow
from campaigns.models import Challenge as Row
from campaigns.operations.games import badges, challenges, players
from campaigns.queries.games import boards, progress
from campaigns.queries.games import challenges as reading
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import endpoint, page_of, within
from loyalty.core.errors import NotFound
from members.queries.directory import taking_part

GameName = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
GameText = Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
BadgeText = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
BadgeHandle = Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9-]*$(?!\n)")]
Moment = Annotated[datetime, Meta(tz=True)]
Drawing = Annotated[str, Meta(max_length=30, pattern=r"^[a-z-]+$(?!\n)")]
TERMS = {
    "measure": "categories", "per": "month",
    "milestones": [{"needed": 2, "points": 20}, {"needed": 3, "points": 50, "badge": "taster"}],
}  # fmt: skip
EXAMPLE = {
    "name": "Taste around",
    "terms": TERMS,
    "starts_at": "2026-03-01T00:00:00+01:00",
    "ends_at": "2099-12-31T00:00:00+01:00",
}


class GameChallenge(Struct):
    """A challenge. `terms` say what counts (`measure`: purchases, amount, products, categories, activities, streak or
    score), how often it begins anew (`per`), and what its milestones give. `state` is draft, open or ended. `players`
    is how many members have begun, `reached` how many milestones were reached."""

    id: str
    name: str
    text: str
    terms: dict[str, Any]
    board: bool
    state: str
    starts_at: datetime
    ends_at: datetime | None
    players: int
    reached: int


class NewChallenge(Struct, forbid_unknown_fields=True, frozen=True):
    """`starts_at` is now where it is not given. `board` shows members how they stand beside each other."""

    name: GameName
    terms: dict[str, Any]
    text: GameText = ""
    board: bool = False
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class ChallengeChange(Struct, forbid_unknown_fields=True, frozen=True):
    """What is given is changed. Of an open challenge: its name, its text, and a later end (null: none)."""

    name: GameName | UnsetType = UNSET
    text: GameText | UnsetType = UNSET
    terms: dict[str, Any] | UnsetType = UNSET
    board: bool | UnsetType = UNSET
    starts_at: Moment | UnsetType = UNSET
    ends_at: Moment | UnsetType | None = UNSET


class ChallengeSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`state` narrows the list."""

    state: Literal["", "draft", "open", "ended"] = ""


class BoardPlace(Struct):
    """A place on a board; equal numbers share one. `name` is what the member chose to be known by."""

    place: int
    name: str
    value: int


class ChallengeBoard(Struct):
    """The first ten of the round that is on; who stays out is not on it."""

    challenge: str
    players: int
    places: list[BoardPlace]


class WhatCounted(Struct):
    """A purchase or an activity that counted, what it added, and what was new in it (kinds of goods, articles)."""

    source_kind: str
    source: str
    at: datetime
    added: int
    new: list[str]


class MemberChallenge(Struct):
    """How a member stands in a challenge: `value` of what its milestones ask, in the round that is on. `reached` are
    the milestones they were given, `next` what the next one asks (null: none is left)."""

    challenge: str
    name: str
    round: str
    value: int
    best: int
    next: int | None
    reached: list[int]
    counted: list[WhatCounted]


class ChallengesOfMember(Struct):
    """Every challenge that runs."""

    challenges: list[MemberChallenge]


class BoardName(Struct):
    """How a member appears on boards: `alias` under a made-up name, `name` with their first name, `hidden` not at all.
    `known_as` is what others read; empty when hidden."""

    shown: str
    known_as: str


class BoardNameChoice(Struct, forbid_unknown_fields=True, frozen=True):
    """What the member chose. `another` draws another made-up name. A real name is only for who said so."""

    shown: Literal["alias", "name", "hidden"]
    another: bool = False


class GameBadge(Struct):
    """A badge. `handle` is what rules and challenges call it, `drawing` the picture on it."""

    id: str
    handle: str
    name: str
    text: str
    drawing: str


class NewBadge(Struct, forbid_unknown_fields=True, frozen=True):
    """`handle` is made of the name where it is not given, and stays for good."""

    name: GameName
    text: BadgeText = ""
    drawing: Drawing = "award"
    handle: BadgeHandle = ""


class BadgeChange(Struct, forbid_unknown_fields=True, frozen=True):
    """What is given is changed, for everybody who has it, too."""

    name: GameName | UnsetType = UNSET
    text: BadgeText | UnsetType = UNSET
    drawing: Drawing | UnsetType = UNSET


def _given(body: Struct) -> dict[str, Any]:
    """The fields of a change that were sent."""
    found = {name: getattr(body, name) for name in body.__struct_fields__}
    sent = {name: value for name, value in found.items() if value is not UNSET}
    for name in ("starts_at", "ends_at"):
        if isinstance(sent.get(name), datetime):
            sent[name] = within(name, sent[name])
    return sent


def _told(row: Row, numbers: tuple[int, int] | None = None) -> GameChallenge:
    players, reached = numbers or reading.taking_part([row])[row.pk]
    return GameChallenge(
        id=ids.encode("chl", row.pk), name=row.name, text=row.text, terms=row.terms, board=row.board,
        state=row.state, starts_at=row.starts_at, ends_at=row.ends_at, players=players, reached=reached,
    )  # fmt: skip


def _badge(row: BadgeRow) -> GameBadge:
    return GameBadge(ids.encode("bdg", row.pk), row.handle, row.name, row.text, row.drawing)


def _named(text: str) -> UUID:
    return ids.decode("chl", text)


def _stands(one: progress.Standing) -> MemberChallenge:
    return MemberChallenge(
        challenge=ids.encode("chl", one.challenge.pk), name=one.challenge.name, round=one.round.name,
        value=one.progress.value, best=one.progress.best, next=one.next.needed if one.next else None,
        reached=sorted(one.given),
        counted=[
            WhatCounted("order" if item.of_order else "activity",
                        ids.encode("ord" if item.of_order else "act", item.id), item.at, item.added, list(item.new))
            for item in one.progress.counted
        ],
    )  # fmt: skip


class Challenges(Endpoint):
    @endpoint(
        summary="List challenges",
        scope="games:read",
        query=ChallengeSearch,
        answers={200: page_of(GameChallenge)},
    )
    def get(self, call: Call) -> dict[str, Any]:
        """Last made first."""
        found = reading.challenges()
        if call.query.state:
            found = found.filter(state=call.query.state)
        window = keyset(found, call.query, name="challenges", by=[("id", UUID)])
        numbers = reading.taking_part(window.rows)
        return call.page(window, [_told(row, numbers[row.pk]) for row in window.rows])

    @endpoint(
        summary="Make a challenge",
        scope="games:write",
        body=NewChallenge,
        example=EXAMPLE,
        answers={201: GameChallenge},
    )
    def post(self, call: Call) -> tuple[int, GameChallenge]:
        """Nobody sees it before it is opened."""
        details = _given(call.body)
        if details["starts_at"] is None:
            details["starts_at"] = call.at
        return 201, _told(challenges.create_challenge(details=details, at=call.at))


class OneChallenge(Endpoint):
    @endpoint(summary="Read a challenge", scope="games:read", answers={200: GameChallenge})
    def get(self, call: Call, id: str) -> GameChallenge:  # noqa: A002 - the address's own word
        """With its terms, and how many take part."""
        return _told(reading.challenge(_named(id)))

    @endpoint(
        summary="Change a challenge",
        scope="games:write",
        body=ChallengeChange,
        example={"name": "Taste around the shop"},
        answers={200: GameChallenge},
        refuses=(NotFound, challenges.ChallengeIsOpen, challenges.ChallengeIsOver),
    )
    def patch(self, call: Call, id: str) -> GameChallenge:  # noqa: A002
        """Once members take part, what it promises stays."""
        return _told(challenges.edit_challenge(challenge=_named(id), details=_given(call.body), at=call.at))


class ChallengeOpening(Endpoint):
    @endpoint(
        summary="Open a challenge",
        scope="games:write",
        answers={200: GameChallenge},
        refuses=(NotFound, challenges.ChallengeIsOver, challenges.TooManyChallenges),
    )
    def post(self, call: Call, id: str) -> GameChallenge:  # noqa: A002
        """Members take part from its beginning on. Again is fine."""
        return _told(challenges.open_challenge(challenge=_named(id), at=call.at))


class ChallengeEnding(Endpoint):
    @endpoint(
        summary="End a challenge",
        scope="games:write",
        answers={200: GameChallenge},
        refuses=(NotFound, challenges.ChallengeNotOpen),
    )
    def post(self, call: Call, id: str) -> GameChallenge:  # noqa: A002
        """Nothing counts from now on; what was reached stays. Again is fine."""
        return _told(challenges.end_challenge(challenge=_named(id), at=call.at))


class ChallengeBoards(Endpoint):
    @endpoint(summary="Read a challenge's board", scope="games:read", answers={200: ChallengeBoard})
    def get(self, call: Call, id: str) -> ChallengeBoard:  # noqa: A002
        """Under the names members chose, which name nobody who did not say so."""
        row = reading.challenge(_named(id))
        if not row.board:
            raise NotFound("challenge")
        found = boards.board(row, at=call.at)
        places = [BoardPlace(one.place, one.name, one.value) for one in found.first]
        return ChallengeBoard(ids.encode("chl", row.pk), found.players, places)


class MemberChallenges(Endpoint):
    @endpoint(
        summary="Read how a member stands in challenges",
        scope="games:read",
        answers={200: ChallengesOfMember},
    )
    def get(self, call: Call, id: str) -> ChallengesOfMember:  # noqa: A002
        """Worked out from what they bought and did, with what counted."""
        member = taking_part(ids.decode("mbr", id)).pk
        rows = reading.running(at=call.at)
        past = progress.past_of(member, rows)
        found = [progress.standing(row, member=member, at=call.at, past=past) for row in rows]
        return ChallengesOfMember([_stands(one) for one in found])


class MemberBoardName(Endpoint):
    @endpoint(summary="Read how a member appears on boards", scope="games:read", answers={200: BoardName})
    def get(self, call: Call, id: str) -> BoardName:  # noqa: A002
        """Under a made-up name, unless they chose something else."""
        return _board_name(taking_part(ids.decode("mbr", id)).pk)

    @endpoint(
        summary="Choose how a member appears on boards",
        scope="games:write",
        body=BoardNameChoice,
        example={"shown": "hidden"},
        answers={200: BoardName},
    )
    def patch(self, call: Call, id: str) -> BoardName:  # noqa: A002
        """On behalf of the member, who said so."""
        member = taking_part(ids.decode("mbr", id)).pk
        players.choose_name(member=member, shown=call.body.shown, another=call.body.another, at=call.at)
        return _board_name(member)


def _board_name(member: UUID) -> BoardName:
    row = boards.player_of(member)
    return BoardName(row.shown if row else "alias", boards.names_of([member]).get(member, ""))


class Badges(Endpoint):
    @endpoint(summary="List badges", scope="games:read", query=Paged, answers={200: page_of(GameBadge)})
    def get(self, call: Call) -> dict[str, Any]:
        """Last made first."""
        window = keyset(reading.badges().order_by("-id"), call.query, name="badges", by=[("id", UUID)])
        return call.page(window, [_badge(row) for row in window.rows])

    @endpoint(
        summary="Make a badge",
        scope="games:write",
        body=NewBadge,
        example={"name": "Taster", "drawing": "coffee"},
        answers={201: GameBadge},
        refuses=(badges.BadgeExists,),
    )
    def post(self, call: Call) -> tuple[int, GameBadge]:
        """Rules and challenges can name it at once."""
        body = msgspec.structs.asdict(call.body)
        return 201, _badge(badges.create_badge(**body, at=call.at))


class OneBadge(Endpoint):
    @endpoint(summary="Read a badge", scope="games:read", answers={200: GameBadge})
    def get(self, call: Call, id: str) -> GameBadge:  # noqa: A002
        """What it is called, and how it looks."""
        return _badge(reading.badge(ids.decode("bdg", id)))

    @endpoint(
        summary="Change a badge",
        scope="games:write",
        body=BadgeChange,
        example={"text": "For three kinds of coffee in a month"},
        answers={200: GameBadge},
        refuses=(NotFound,),
    )
    def patch(self, call: Call, id: str) -> GameBadge:  # noqa: A002
        """Whoever has earned it keeps it, as it looks from now on."""
        row = badges.edit_badge(badge=ids.decode("bdg", id), changes=_given(call.body), at=call.at)
        return _badge(row)


urlpatterns = [
    path("challenges", Challenges.as_view()),
    path("challenges/<str:id>", OneChallenge.as_view()),
    path("challenges/<str:id>/open", ChallengeOpening.as_view()),
    path("challenges/<str:id>/end", ChallengeEnding.as_view()),
    path("challenges/<str:id>/board", ChallengeBoards.as_view()),
    path("members/<str:id>/challenges", MemberChallenges.as_view()),
    path("members/<str:id>/board-name", MemberBoardName.as_view()),
    path("badges", Badges.as_view()),
    path("badges/<str:id>", OneBadge.as_view()),
]
