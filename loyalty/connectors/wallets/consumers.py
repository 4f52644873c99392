"""What wallets do when something happens: cards of a merged member are the other's at once, and what changed on a card
is noted where events leave the outbox."""

from uuid import UUID

from loyalty.connectors.wallets import operations, updating
from loyalty.core import clock
from loyalty.core.events import consumers
from loyalty.core.events.consumers import consumes_now
from loyalty.core.events.models import Event


@consumes_now("member.merged")
def follow_the_member(event: Event) -> None:
    """In the transaction of the merge: a card that shows somebody who is gone would be nobody's."""
    if event.subject is not None:
        operations.move_passes(to=event.subject, of=UUID(event.data["merged"]), at=clock.now())
        updating.wake_after_commit()


@consumers.plans
def note_changes(events: list[Event]) -> None:
    """Balances and tiers that moved, names and looks that changed."""
    if updating.note_changes(events=events, at=clock.now()):
        updating.wake_after_commit()
