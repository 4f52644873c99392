"""Tell wallets of changes. What changed is noted where events leave the outbox, for a whole batch in one statement;
what is noted is told by a worker, at least once, outside of any transaction, and put off where nobody answers."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from loyalty.connectors.wallets import google, pushing, queries
from loyalty.connectors.wallets.content import content_of, serial
from loyalty.connectors.wallets.models import WalletDevice, WalletPass
from loyalty.connectors.wallets.vault import opened
from loyalty.core.events.consumers import wake
from loyalty.core.events.models import Event
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy.scope import SYSTEM, across_merchants, acting_for

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1440, 1440))
BATCH = 200
TASK = "loyalty.connectors.wallets.tasks.tell_wallets"
"""The task that tells, by name: it is a floor above."""
_FAMILIES = frozenset({"points", "tier", "tiers"})
_KINDS = frozenset({"member.edited"})
_LOOK = frozenset({"name", "brand_colour", "logo"})

# Locked in one order: two workers with the same members in their batches must not wait for each other.
_NOTE = """
WITH found AS (
    SELECT p.merchant_id, p.id FROM wallets_walletpass p
      JOIN (SELECT DISTINCT * FROM unnest(%(merchants)s::bigint[], %(members)s::uuid[])) AS q(merchant, member)
        ON p.merchant_id = q.merchant AND p.member_id = q.member
     WHERE p.voided_at IS NULL ORDER BY p.merchant_id, p.id FOR NO KEY UPDATE OF p)
UPDATE wallets_walletpass p
   SET changed_at = greatest(%(at)s, p.changed_at + interval '1 second'), due_at = %(at)s, attempts = 0
  FROM found f WHERE p.merchant_id = f.merchant_id AND p.id = f.id
"""
_NOTE_ALL = """
WITH found AS (
    SELECT p.merchant_id, p.id FROM wallets_walletpass p
     WHERE p.merchant_id = ANY(%(merchants)s::bigint[]) AND p.voided_at IS NULL
     ORDER BY p.merchant_id, p.id FOR NO KEY UPDATE OF p)
UPDATE wallets_walletpass p
   SET changed_at = greatest(%(at)s, p.changed_at + interval '1 second'), due_at = %(at)s, attempts = 0
  FROM found f WHERE p.merchant_id = f.merchant_id AND p.id = f.id
"""


def note_changes(*, events: Sequence[Event], at: datetime) -> int:
    """Note whose cards say something else now, of a batch of committed events, in the scope of every shop; how many
    cards."""
    about = {
        (event.merchant_id, event.subject)
        for event in events
        if event.subject is not None and (event.kind in _KINDS or event.kind.partition(".")[0] in _FAMILIES)
    }
    looks = {
        event.merchant_id
        for event in events
        if event.kind == "merchant.edited" and _LOOK & set(event.data.get("fields", ()))
    }
    noted = 0
    with connection.cursor() as cursor:
        if about:
            merchants, members = zip(*sorted(about), strict=True)
            cursor.execute(_NOTE, {"merchants": list(merchants), "members": list(members), "at": at})
            noted += cursor.rowcount
        if looks:
            cursor.execute(_NOTE_ALL, {"merchants": sorted(looks), "at": at})
            noted += cursor.rowcount
    return noted


@dataclass(frozen=True, slots=True)
class _Errand:
    """One card to tell of, as it was when it was claimed."""

    merchant: int
    wallet_pass: UUID
    changed_at: datetime
    attempt: int


def tell_due(*, at: datetime, seconds: float = 20.0) -> int:
    """Tell wallets what is due until nothing is, or the time is up; how many cards were told of."""
    told, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        with across_merchants("cards of every shop that changed"):
            found = WalletPass.objects.filter(due_at__lte=at).order_by("due_at")
            waiting = list(found.values_list("merchant_id", "id")[:BATCH])
        if not waiting:
            break
        for merchant, wallet_pass in waiting:
            told += _tell(merchant, wallet_pass, at)
            if time.monotonic() >= until:
                break
    return told


def _tell(merchant: int, wallet_pass: UUID, at: datetime) -> int:
    """Tell of one card. The attempt is counted before: who takes a worker down with it is not tried for ever."""
    with acting_for(merchant, by=SYSTEM):
        errand = _claimed(merchant, wallet_pass, at)
        if errand is None:
            return 0
        do = _prepared(wallet_pass, at)
    error, final, gone = "", True, set[str]()
    try:
        gone = do()
    except (google.GoogleAway, google.GoogleRefused, pushing.PushFailed) as trouble:
        error = f"{type(trouble).__name__}: {trouble}"[:200]
        final = isinstance(trouble, google.GoogleRefused) or errand.attempt > len(PAUSES)
    with acting_for(merchant, by=SYSTEM):
        row = WalletPass.objects.select_for_update(no_key=True).get(pk=wallet_pass)
        row.error = error
        if row.changed_at == errand.changed_at and final:  # what changed meanwhile is due again
            row.due_at = None
        if not error:
            row.told_at = at
        row.save(update_fields=["error", "due_at", "told_at"])
        for device in WalletDevice.objects.filter(wallet_pass=row) if gone else ():
            if opened(device.push_token) in gone:
                device.delete()
    return 0 if error else 1


def _claimed(merchant: int, wallet_pass: UUID, at: datetime) -> _Errand | None:
    """Take a card that is due and put it off meanwhile; None where somebody else has it."""
    waiting = WalletPass.objects.select_for_update(skip_locked=True, no_key=True)
    row = waiting.filter(pk=wallet_pass, due_at__lte=at).first()
    if row is None:
        return None
    row.due_at = at + PAUSES[min(row.attempts, len(PAUSES) - 1)]
    row.attempts = min(row.attempts + 1, len(PAUSES) + 1)
    row.save(update_fields=["due_at", "attempts"])
    return _Errand(merchant, row.pk, row.changed_at, row.attempts)


def _prepared(wallet_pass: UUID, at: datetime) -> Callable[[], set[str]]:
    """What has to be done for a card, to be called when no transaction is open any more; it gives the push tokens of
    phones that are gone."""
    row = WalletPass.objects.get(pk=wallet_pass)
    if row.platform == WalletPass.Platform.APPLE:
        return _push(row)
    wallet = queries.google_wallet()
    if wallet is None:
        return _nothing
    signer, slug = queries.signer_of(wallet), shop_of_scope().slug
    content = None if row.voided_at else content_of(row.member_id)
    body = google.loyalty_object(wallet.issuer, slug, serial(row), content)

    def update() -> set[str]:
        google.Gateway(signer).update(body, at=at)
        return set()

    return update


def _push(row: WalletPass) -> Callable[[], set[str]]:
    wallet, pusher = queries.apple_wallet(), pushing.pusher()
    tokens = [opened(one.push_token) for one in WalletDevice.objects.filter(wallet_pass=row).order_by("id")]
    if wallet is None or pusher is None or not tokens:
        return _nothing
    envelope = pushing.Envelope(wallet.pass_type, wallet.certificate, opened(wallet.private_key), tokens)
    return lambda: pusher.push(envelope)


def _nothing() -> set[str]:
    return set()


def wake_after_commit() -> None:
    """Ring for a worker once this transaction is committed."""
    transaction.on_commit(lambda: wake(TASK), robust=True)
