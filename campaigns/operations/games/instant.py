"""Open an instant win, play its tickets, end it. Locks: the game, the member's counts, what was handed out, rewards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from campaigns.models import InstantPlay, InstantWin
from campaigns.queries.games import instant as reading
from campaigns.rules import draws as rules
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.money import MAX_MINOR
from loyalty.core.tenancy import scope
from members.models import Member, Order
from members.operations import gifts
from members.operations.gifts import Occasion
from members.operations.locking import lock_counts
from members.operations.membership import NotActive
from rewards.operations.issuing import given_under, issue_reward, unknown_rewards

SOURCE = "instant_win"
MOST_PRIZES, MOST_OF_ONE = 10, 100_000


class InstantWinIsOver(DomainError):
    code = "instant_win_over"
    status = 409
    message = _("This game has ended.")


class InstantWinNotYet(DomainError):
    code = "instant_win_not_yet"
    status = 409
    message = _("This game has not begun yet.")


class NoTicket(DomainError):
    code = "no_ticket"
    message = _("There is no ticket to play at the moment.")


@dataclass(frozen=True, slots=True)
class Played:
    """A ticket that was played: the row, and the prize's name, "" for nothing. `replayed`: it had been already."""

    play: InstantPlay
    prize: str
    replayed: bool = False


@transaction.atomic
def open_instant_win(*, details: Mapping[str, Any], at: datetime) -> InstantWin:
    """Open a game: `name`, `text`, `ticket` (purchase or day), `at_least_minor`, `starts_at`, `ends_at`, and `prizes`,
    each {name, reward, odds (in a million), total}. Its seed is made now and its fingerprint published: nobody can
    change any more which tickets win. Raises `InvalidInput`."""
    prizes = [
        {"id": f"p{number}", "name": str(one.get("name", "")).strip(), "reward": str(one.get("reward", "")),
         "odds": one.get("odds", 0), "total": one.get("total", 0), "given": 0}
        for number, one in enumerate(details.get("prizes") or (), 1)
    ]  # fmt: skip
    seed = rules.new_seed()
    row = InstantWin(
        name=str(details.get("name", "")).strip(), text=str(details.get("text", "")).strip(), prizes=prizes,
        ticket=details.get("ticket", InstantWin.Ticket.DAY), at_least_minor=details.get("at_least_minor") or 0,
        starts_at=details.get("starts_at") or at, ends_at=details["ends_at"], opened_by=str(scope.actor()),
        seed=seed, commitment=rules.commitment(seed),
    )  # fmt: skip
    problems = _problems(row, at)
    if problems:
        raise InvalidInput([{"field": f, "code": "invalid", "message": m} for f, m in problems])
    row.save(force_insert=True)
    data = {"instant_win": str(row.pk), "commitment": row.commitment}
    record("instant_win.opened", subject=row.pk, at=at, data=data)
    return row


def _problems(row: InstantWin, at: datetime) -> list[tuple[str, str]]:
    found = []
    if not 1 <= len(row.name) <= 80 or not row.name.isprintable():
        found.append(("name", say("Give 1 to {most} characters.").format(most=80)))
    if len(row.text) > 300 or not row.text.isprintable():
        found.append(("text", say("At most {most} characters, on one line.").format(most=300)))
    if row.ticket not in InstantWin.Ticket.values:
        found.append(("ticket", say("Say what a ticket comes with.")))
    if not 0 <= row.at_least_minor <= MAX_MINOR:
        found.append(("at_least_minor", say("Give an amount of money.")))
    if row.ends_at <= row.starts_at:
        found.append(("ends_at", say("It ends before it begins.")))
    elif row.ends_at <= at:
        found.append(("ends_at", say("This time is over already.")))
    if not 1 <= len(row.prizes) <= MOST_PRIZES:
        return [*found, ("prizes", say("Give one to ten prizes."))]
    return found + _prize_problems(row.prizes)


def _prize_problems(prizes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    found = []
    unknown = unknown_rewards({one["reward"] for one in prizes})
    for index, one in enumerate(prizes):
        if not 1 <= len(one["name"]) <= 80 or not one["name"].isprintable():
            found.append((f"prizes[{index}].name", say("Give 1 to {most} characters.").format(most=80)))
        if one["reward"] in unknown:
            found.append((f"prizes[{index}].reward", say("This reward cannot be given away.")))
        if not 1 <= one["total"] <= MOST_OF_ONE:
            found.append((f"prizes[{index}].total", say("Give a whole number from 1 to 100,000.")))
    return found + [
        (path, say("Together the prizes have more than every play.") if path == "prizes"
         else say("Give a chance of 1 to 1,000,000 in a million."))
        for path, _message in rules.odds_problems([rules.Prize(p["id"], p["odds"], max(0, p["total"])) for p in prizes])
    ]  # fmt: skip


@transaction.atomic
def play_ticket(*, game: UUID, member: UUID, at: datetime, ticket: str = "") -> Played:
    """Play the member's oldest ticket, or the one of a code: that again answers again. What it wins was certain from
    the moment the game was opened; what is won is handed out at once. Raises `InstantWinIsOver`, `InstantWinNotYet`,
    `NoTicket`, `NotActive`, `NotFound`."""
    reading.game(game)
    row = InstantWin.objects.select_for_update(no_key=True).get(pk=game)
    if row.state != InstantWin.State.OPEN or at >= row.ends_at:
        raise InstantWinIsOver()
    if at < row.starts_at:
        raise InstantWinNotYet()
    lock_counts(member)
    status = Member.objects.values_list("status", flat=True).get(pk=member)
    if status != Member.Status.ACTIVE:
        raise NotActive(status=status)
    earlier = InstantPlay.objects.filter(game=row, member=member, ticket=ticket).first() if ticket else None
    if earlier is not None:
        return Played(earlier, _prize_name(row, earlier.prize), True)
    there = {reading.code_of(row, member, one): one for one in reading.tickets(row, member=member, at=at)}
    code = ticket or next(iter(there), "")
    if code not in there:
        raise NoTicket()
    won = rules.play(row.seed, code, reading.prizes_of(row))
    row.plays += 1
    play = InstantPlay(game=row, member_id=member, number=row.plays, ticket=code, source=there[code].source,
                       day=there[code].day, prize=won, played_at=at)  # fmt: skip
    for prize in row.prizes:
        if prize["id"] == won:
            prize["given"] += 1
            _hand(play, prize["reward"], at)
    row.save(update_fields=["plays", "prizes"])
    play.save(force_insert=True)
    data = {"instant_win": str(row.pk), "play": str(play.pk), "prize": won}
    record("instant_win.played", subject=member, at=at, data=data)
    return Played(play, _prize_name(row, won))


def _prize_name(row: InstantWin, won: str) -> str:
    return next((str(one["name"]) for one in row.prizes if one["id"] == won), "")


def _hand(play: InstantPlay, reward: str, at: datetime) -> None:
    """Hand the prize out. Of one that is used up in the catalogue the shop hears (`reward.not_issued`)."""
    if play.member_id is None:
        return
    key = f"{SOURCE}:{play.pk}"
    issue_reward(reward=reward, quantity=1, key=key, occasion=Occasion(SOURCE, play.pk, play.member_id, at))
    given = given_under(key)
    play.redemption = given.pk if given else None


@transaction.atomic
def end_instant_win(*, game: UUID, at: datetime) -> InstantWin:
    """End a game and publish its seed: from now on everybody can check every ticket. Ending again changes nothing."""
    reading.game(game)
    row = InstantWin.objects.select_for_update(no_key=True).get(pk=game)
    if row.state == InstantWin.State.OPEN:
        row.state, row.ended_at = InstantWin.State.ENDED, at
        row.save(update_fields=["state", "ended_at"])
        data = {"instant_win": str(row.pk), "plays": row.plays}
        record("instant_win.ended", subject=row.pk, at=at, data=data)
    return row


@transaction.atomic
def withdraw_undone(*, member: UUID, at: datetime) -> int:
    """Take back unused prizes that were won with purchases given back since; how many were looked at."""
    lock_counts(member)
    won = InstantPlay.objects.filter(member=member, withdrawn_at=None, source__isnull=False).exclude(prize="")
    found = {row.source: row for row in won}
    gone = Order.objects.filter(pk__in=list(found), status=Order.Status.CANCELLED).values_list(
        "pk", flat=True
    )
    rows = [found[key] for key in sorted(gone)]
    gifts.shelf().hold_given([f"{SOURCE}:{row.pk}" for row in rows])
    for row in rows:
        if gifts.shelf().withdraw(key=f"{SOURCE}:{row.pk}", at=at):
            row.withdrawn_at = at
            row.save(update_fields=["withdrawn_at"])
            data = {"instant_win": str(row.game_id), "play": str(row.pk), "prize": row.prize}
            record("instant_win.undone", subject=member, at=at, data=data)
    return len(rows)
