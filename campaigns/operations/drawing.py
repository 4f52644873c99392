"""Open a prize draw, hold it, call it off. Locks: the draw, members' counts, members, rewards."""

from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from campaigns.models import Draw, DrawWinner
from campaigns.queries import draws as reading
from campaigns.rules import draws as rules
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.tenancy import scope
from members.operations.gifts import Occasion
from members.operations.locking import lock_counts
from rewards.operations.issuing import given_under, issue_reward, unknown_rewards

SOURCE = "draw"


class DrawExists(DomainError):
    code = "draw_exists"
    message = _("There is a draw for these chances already.")
    field = "handle"


class DrawIsOver(DomainError):
    code = "draw_over"
    status = 409
    message = _("This draw has been held or called off.")


class DrawStillOpen(DomainError):
    code = "draw_open"
    status = 409
    message = _("Chances can still be won. The draw can be held when it has closed.")


class NobodyTakesPart(DomainError):
    code = "no_chances"
    message = _("Nobody has a chance in this draw. Call it off, or let it stay open for longer.")


@transaction.atomic
def open_draw(
    *, handle: str, name: str, prize: str, prizes: int, closes_at: datetime, at: datetime, reward: str = ""
) -> Draw:
    """Announce a draw among the chances that rules give under `handle` until `closes_at`. Its seed is made now, and
    what is published of it cannot be changed any more. Raises `InvalidInput` and `DrawExists`."""
    problems = _problems(handle, name, prize, prizes, closes_at, at, reward)
    if problems:
        raise InvalidInput([{"field": f, "code": "invalid", "message": m} for f, m in problems])
    seed = rules.new_seed()
    row = Draw(
        handle=handle, name=name.strip(), prize=prize.strip(), prizes=prizes, reward=reward, closes_at=closes_at,
        opened_at=at, opened_by=str(scope.actor()), seed=seed, commitment=rules.commitment(seed),
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise DrawExists() from None
    record("draw.opened", subject=row.pk, at=at, data={"draw": handle, "commitment": row.commitment})
    return row


def _problems(
    handle: str, name: str, prize: str, prizes: int, closes_at: datetime, at: datetime, reward: str
) -> list[tuple[str, str]]:
    found = []
    if not 1 <= len(handle) <= 60 or not handle.isprintable():
        found.append(("handle", say("Choose whose chances are drawn.")))
    for field, value, most in (("name", name, 80), ("prize", prize, 200)):
        if not 1 <= len(value.strip()) <= most or not value.isprintable():
            found.append((field, say("Give 1 to {most} characters.").format(most=most)))
    if not 1 <= prizes <= rules.MOST_WINNERS:
        found.append(("prizes", say("Give a whole number from 1 to 1,000.")))
    if closes_at <= at:
        found.append(("closes_at", say("This time is over already.")))
    if reward and unknown_rewards([reward]):
        found.append(("reward", say("This reward cannot be given away.")))
    return found


def _locked(draw: UUID) -> Draw:
    reading.draw(draw)
    row = Draw.objects.select_for_update().get(pk=draw)
    if row.state != Draw.State.OPEN:
        raise DrawIsOver()
    return row


@transaction.atomic
def hold_draw(*, draw: UUID, at: datetime) -> Draw:
    """Draw: publish the list and the seed, and hand winners what they won. Twice is once: the second is told that it
    is over. Raises `DrawIsOver`, `DrawStillOpen`, `NobodyTakesPart`."""
    row = _locked(draw)
    if at < row.closes_at:
        raise DrawStillOpen()
    found = reading.chances(row.handle, until=row.closes_at)
    if not found:
        raise NobodyTakesPart()
    row.listed = rules.written(reading.listed(row, found))
    row.list_digest = sha256(row.listed.encode()).hexdigest()
    row.chances = sum(found.values())
    row.state, row.held_at = Draw.State.HELD, at
    members = {rules.code_of(member, row.pk): member for member in found}
    codes = rules.select(row.seed, row.listed, winners=row.prizes)
    row.save(update_fields=["listed", "list_digest", "chances", "state", "held_at"])
    record(
        "draw.held",
        subject=row.pk,
        at=at,
        data={"draw": row.handle, "winners": codes, "chances": row.chances},
    )
    lock_counts(*(members[code] for code in codes))
    for place, code in enumerate(codes, 1):
        _hand(row, code, members[code], place, at)
    return row


def _hand(row: Draw, code: str, member: UUID, place: int, at: datetime) -> None:
    """Write a winner down, and hand out the prize where it is a reward. Of one that is used up the shop hears."""
    won = DrawWinner(draw=row, member_id=member, code=code, place=place)
    data: dict[str, Any] = {"draw": row.handle, "place": place}
    if row.reward:
        key = f"{SOURCE}:{row.pk}:{place}"
        issue_reward(reward=row.reward, quantity=1, key=key, occasion=Occasion(SOURCE, row.pk, member, at))
        given = given_under(key)
        won.redemption = given.pk if given else None
        data["redemption"] = str(given.pk) if given else None
    won.save(force_insert=True)
    record("draw.won", subject=member, at=at, data=data)


@transaction.atomic
def cancel_draw(*, draw: UUID, at: datetime) -> Draw:
    """Call a draw off before it is held. Its chances stay, for another one. Raises `DrawIsOver`."""
    row = _locked(draw)
    row.state = Draw.State.CANCELLED
    row.save(update_fields=["state"])
    record("draw.cancelled", subject=row.pk, at=at, data={"draw": row.handle})
    return row
