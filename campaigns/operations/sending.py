"""Claim what is due, hand it over, and note how it ended.

A claim counts the attempt and puts the next one off by `LEASE` before anything is handed over. A worker that dies
with messages in its hands holds them for that long; then another takes over: none is lost. Each message is noted as
sent in a transaction of its own as soon as the provider has taken it: so of all that a dying worker has handed over,
at most one, the very last, is not noted yet. That moment between the provider's yes and our commit is the one window
in which a message can be handed over twice, and no protocol between two machines can close it. What closes it for the
member is the Message-ID: it is made from the message's own id, the same in both copies, so that whoever keeps mail can
tell that it is one message.

Nobody holds on to a claim for longer than half its lease, so a slow server cannot make two workers carry the same.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import connection

from campaigns.models import Message
from campaigns.operations import suppressing
from campaigns.operations.preparing import Ready, prepare
from campaigns.providers import provider_of
from campaigns.providers.base import AWAY, Provider, Refused, TryLater
from campaigns.providers.email import message_id
from campaigns.rules.kinds import PRIORITIES
from campaigns.rules.timing import pause
from loyalty.core import clock
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy.scope import SYSTEM, across_merchants, acting_for

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)
BATCH = 50


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that is ours until its lease ends. `attempt` tells ours from a later worker's."""

    merchant: int
    message: UUID
    attempt: int


_CLAIM = """
WITH due AS (
    SELECT merchant_id, id FROM campaigns_message
     WHERE state IN ('queued', 'held', 'sending') AND priority = %(priority)s AND due_at <= %(at)s::timestamptz
     ORDER BY due_at LIMIT %(most)s::int FOR UPDATE SKIP LOCKED)
UPDATE campaigns_message m SET state = 'sending', attempts = m.attempts + 1, due_at = %(later)s::timestamptz
  FROM due WHERE m.merchant_id = due.merchant_id AND m.id = due.id
RETURNING m.merchant_id, m.id, m.attempts
"""


def claim(*, at: datetime, most: int = BATCH) -> list[Claim]:
    """Take up to `most` messages that are due, of any shop: of the first priority of which any are. What another worker
    has is left to it until its lease ends."""
    with across_merchants("messages that are due, of all merchants"), connection.cursor() as cursor:
        for priority in PRIORITIES:
            asked: dict[str, Any] = {"at": at, "later": at + LEASE, "most": most, "priority": priority}
            cursor.execute(_CLAIM, asked)
            found = [Claim(*row) for row in cursor.fetchall()]
            if found:
                return found
    return []


def hand_over(*, claims: Sequence[Claim], at: datetime) -> int:
    """Hand over what was claimed; how many messages a provider took. What there is no time for is given back."""
    until = monotonic() + LEASE.total_seconds() / 2
    by_merchant: dict[int, list[Claim]] = defaultdict(list)
    for one in claims:
        by_merchant[one.merchant].append(one)
    done = 0
    for merchant, mine in by_merchant.items():
        if monotonic() >= until:
            _give_back(mine, at)
            continue
        with acting_for(merchant, by=SYSTEM):
            shop = shop_of_scope()
            ready = prepare(attempts={one.message: one.attempt for one in mine}, at=at)
        attempts = {one.message: one for one in mine}
        providers: dict[str, Provider] = {}
        away: set[str] = set()
        try:
            for place, letter in enumerate(ready):
                if monotonic() >= until:
                    _give_back([attempts[late.message] for late in ready[place:]], at)
                    break
                provider = providers.setdefault(letter.channel, provider_of(shop, letter.channel))
                if letter.channel in away:  # nobody waits for a server's silence once for each message
                    _put_off(attempts[letter.message], AWAY, provider)
                    continue
                trouble = _handed(provider, letter, attempts[letter.message])
                done += not trouble
                if trouble == AWAY:
                    away.add(letter.channel)
        finally:
            for provider in providers.values():
                provider.close()
    return done


def _handed(provider: Provider, one: Ready, mine: Claim) -> str:
    """Hand one over and note how that ended; "" when it was taken, else what was wrong."""
    try:
        given = provider.hand_over(one.outgoing(message_id(one.message)))
    except Refused as refused:
        _settle(mine, state=Message.State.FAILED, error=refused.code, provider=provider.name)
        if refused.bounced:
            with acting_for(mine.merchant, by=SYSTEM):
                suppressing.suppress(channel=one.channel, address=one.to, reason="bounce", at=clock.now())
        return refused.code
    except TryLater as later:
        _put_off(mine, later.code, provider)
        return later.code
    except Exception:
        # A provider's own fault: whether the message went is not known, so it goes again under the same name.
        log.exception("the provider %s failed with message %s", provider.name, mine.message)
        _put_off(mine, "provider_fault", provider)
        return "provider_fault"
    _settle(
        mine, state=Message.State.SENT, provider=provider.name, provider_id=given[:200], handed_at=clock.now(),
        language=one.message_language, error="",
    )  # fmt: skip
    return ""


def _put_off(mine: Claim, code: str, provider: Provider) -> None:
    """Try again later, or give up."""
    wait = pause(mine.attempt)
    if wait is None:
        _settle(mine, state=Message.State.FAILED, error=code[:40], provider=provider.name)
    else:
        _settle(mine, state=Message.State.QUEUED, error=code[:40], due_at=clock.now() + wait)


def _settle(mine: Claim, **noted: object) -> None:
    """Note how a claim ended, unless it is somebody else's by now: theirs counts then."""
    with acting_for(mine.merchant, by=SYSTEM):
        Message.objects.filter(pk=mine.message, state=Message.State.SENDING, attempts=mine.attempt).update(
            **noted
        )


def _give_back(claims: Sequence[Claim], at: datetime) -> None:
    """Leave what there is no time for to the next worker; the attempt does not count."""
    for one in claims:
        _settle(one, state=Message.State.QUEUED, due_at=at, attempts=one.attempt - 1)


def deliver(*, seconds: float, at: datetime | None = None, most: int = BATCH) -> tuple[int, bool]:
    """Claim and hand over until nothing is due or the time is up: how many were taken, and whether more may wait."""
    done, until = 0, monotonic() + seconds
    while monotonic() < until:
        instant = at or clock.now()
        claims = claim(at=instant, most=most)
        if not claims:
            return done, False
        done += hand_over(claims=claims, at=instant)
    return done, True
