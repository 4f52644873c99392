"""Make one member of two. The points move lot by lot, with their dates; the books show each move."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from loyalty.core.events.operations import record
from loyalty.core.ledger.chart import Do, MerchantAccount
from loyalty.core.ledger.operations import Posting, post
from loyalty.core.ledger.queries import balance, open_lots
from loyalty.core.tenancy import scope
from members.models import Identity, Member, Profile, Stats
from members.operations.membership import CannotMerge, locked


@transaction.atomic
def merge(*, keep: UUID, remove: UUID, at: datetime) -> Member:
    """Move everything of `remove` to `keep`: identities, points with their terms, counts. `remove` is left
    empty.

    Orders stay where they were recorded; a later refund of one follows its points. Refused while `remove` has
    points reserved for an open redemption or owes points.
    """
    if keep == remove:
        raise CannotMerge()
    first, second = sorted((keep, remove))
    rows = {row.pk: row for row in (locked(first), locked(second))}
    winner, loser = rows[keep], rows[remove]
    if {winner.status, loser.status} & {Member.Status.MERGED, Member.Status.ERASED}:
        raise CannotMerge()
    _refuse_open(loser)
    _move_points(winner, loser, at)
    _move_identities(winner, loser)
    _move_counts(winner, loser)
    Member.objects.filter(merged_into=loser).update(merged_into=winner)
    loser.status, loser.merged_into = Member.Status.MERGED, winner
    loser.save(update_fields=["status", "merged_into"])
    record("member.merged", subject=winner.pk, at=at, data={"merged": str(loser.pk)})
    return winner


def _refuse_open(loser: Member) -> None:
    now = balance(loser.pk)
    if now.reserved or now.debt:
        raise CannotMerge()


def _move_points(winner: Member, loser: Member, at: datetime) -> None:
    """Each lot leaves the one and arrives at the other with the same source and dates, so refunds find it."""
    actor = str(scope.actor())
    for lot in open_lots(loser.pk):
        common: dict[str, Any] = {
            "kind": "merge",
            "event": "points.moved",
            "actor": actor,
            "at": at,
            "now": at,
            "unit": lot.account.unit,
            "counter": MerchantAccount.ADJUSTED,
            "version": lot.transfer.programme_version,
            "source_kind": lot.transfer.source_kind,
        }
        post(Posting(do=Do.FORFEIT, key=f"merge:{lot.pk}:out", owner=loser.pk, lot=lot.pk, **common))
        post(
            Posting(
                do=Do.GRANT,
                key=f"merge:{lot.pk}:in",
                owner=winner.pk,
                amount=lot.remaining,
                pending=lot.pending,
                available_from=lot.available_from,
                expires_at=lot.expires_at,
                slides_days=lot.slides_days,
                source=lot.transfer.source,
                **common,
            )
        )


def _move_identities(winner: Member, loser: Member) -> None:
    """E-mail, phone and own id stay the keeper's when both have one; cards all keep working."""
    taken = set(Identity.objects.filter(member=winner).values_list("kind", flat=True)) - {
        Identity.Kind.CARD.value
    }
    Identity.objects.filter(member=loser, kind__in=taken).delete()
    Identity.objects.filter(member=loser).update(member=winner)
    Profile.objects.filter(member=loser).delete()
    if winner.user_id is None and loser.user_id is not None:
        winner.user_id = loser.user_id
        winner.save(update_fields=["user"])


def _move_counts(winner: Member, loser: Member) -> None:
    rows = Stats.objects.select_for_update().filter(member__in=[winner, loser]).order_by("member_id")
    stats = {row.member_id: row for row in rows}
    kept, gone = stats[winner.pk], stats[loser.pk]
    kept.orders_count += gone.orders_count
    kept.spend_minor += gone.spend_minor
    instants = [at for at in (kept.first_order_at, gone.first_order_at) if at]
    kept.first_order_at = min(instants, default=None)
    kept.last_order_at = max([at for at in (kept.last_order_at, gone.last_order_at) if at], default=None)
    kept.save()
    gone.orders_count = gone.spend_minor = 0
    gone.save()
