"""Make one member of two. The points move lot by lot, with their dates; the books show each move."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.events.operations import record
from loyalty.core.ledger.operations import hold
from loyalty.core.ledger.queries import balance
from loyalty.core.programme import queries as programmes
from members.models import Identity, Member, Profile, Stats
from members.operations import (
    accounts,
    approvals,
    card_links,
    cards,
    consents,
    counting,
    gifts,
    households,
    paid_memberships,
    perks,
    preferences,
    referral_moves,
    tiers,
    transfers,
)
from members.operations.locking import lock_counts
from members.operations.membership import CannotMerge, locked
from members.operations.moving import move_points


@transaction.atomic
def merge(*, keep: UUID, remove: UUID, at: datetime) -> Member:
    """Move everything of `remove` to `keep`: identities, points with their terms, counts. `remove` is left
    empty.

    Orders and redemptions stay where they were recorded; a later refund or reversal follows the points.
    Refused while `remove` has points reserved for an open redemption or owes points.
    """
    if keep == remove:
        raise CannotMerge(why=_("it is one and the same."))
    counts = lock_counts(keep, remove)
    rows = {pk: locked(pk) for pk in sorted((keep, remove))}
    winner, loser = rows[keep], rows[remove]
    if {winner.status, loser.status} & {Member.Status.MERGED, Member.Status.ERASED}:
        raise CannotMerge(why=_("one of them is no longer a member."))
    hold([keep, remove])
    _refuse_open(loser)
    paid_memberships.refuse_two(keep=winner.pk, remove=loser.pk)
    move_points(to=winner.pk, of=loser.pk, at=at)
    left_over = _move_identities(winner, loser)
    _move_counts(counts[keep], counts[remove])
    counting.move(to=winner.pk, of=loser.pk)
    preferences.move(to=winner.pk, of=loser.pk)
    gifts.move(to=winner.pk, of=loser.pk)
    perks.move(to=winner.pk, of=loser.pk)
    approvals.move(to=winner.pk, of=loser.pk)
    consents.move(to=winner.pk, of=loser.pk)
    transfers.move(to=winner.pk, of=loser.pk)
    households.move(to=winner.pk, of=loser.pk)
    paid_memberships.move(to=winner.pk, of=loser.pk)
    card_links.end_links(member=loser.pk, at=at)
    current = programmes.in_force()
    if current is not None:
        cards.fill(member=winner.pk, programme=current.programme, at=at, version=current.id)
    Member.objects.filter(merged_into=loser).update(merged_into=winner)
    user, loser.status, loser.merged_into, loser.user = loser.user_id, Member.Status.MERGED, winner, None
    loser.save(update_fields=["status", "merged_into", "user"])
    accounts.forget_unused(user=user, addresses=left_over)
    referral_moves.move(to=winner.pk, of=loser.pk, at=at)
    tiers.merge_tiers(keep=winner.pk, remove=loser.pk, at=at)
    record("member.merged", subject=winner.pk, at=at, data={"merged": str(loser.pk)})
    return winner


def _refuse_open(loser: Member) -> None:
    now = balance(loser.pk)
    if now.reserved:
        raise CannotMerge(why=_("the one to go has points set aside for a reward. Use or release it first."))
    if now.debt:
        raise CannotMerge(why=_("the one to go owes points. Settle them first."))


def _move_identities(winner: Member, loser: Member) -> list[str]:
    """E-mail, phone and own id stay the keeper's when both have one; cards all keep working. Answers the addresses that
    are nobody's any more."""
    taken = set(Identity.objects.filter(member=winner).values_list("kind", flat=True)) - {
        Identity.Kind.CARD.value
    }
    doubled = Identity.objects.filter(member=loser, kind__in=taken)
    left_over = list(doubled.filter(kind=Identity.Kind.EMAIL).values_list("value", flat=True))
    doubled.delete()
    Identity.objects.filter(member=loser).update(member=winner)
    Profile.objects.filter(member=loser).delete()
    if winner.user_id is None and loser.user_id is not None:
        winner.user_id = loser.user_id
        winner.save(update_fields=["user"])
    return left_over


def _move_counts(kept: Stats, gone: Stats) -> None:
    """Add the one's counts to the other's. Without counts nobody can be credited with an order any more."""
    kept.orders_count += gone.orders_count
    kept.spend_minor += gone.spend_minor
    kept.first_order_at = min((at for at in (kept.first_order_at, gone.first_order_at) if at), default=None)
    kept.last_order_at = max((at for at in (kept.last_order_at, gone.last_order_at) if at), default=None)
    kept.save()
    gone.delete()
