"""What the clock starts for those who sign in."""

from celery import shared_task

from loyalty.core import clock
from loyalty.core.people.operations import forget_sessions

BATCH = 5_000


@shared_task
def forget_old_sessions() -> int:
    """Delete sessions that are over; how many. What they hold is nobody's business any more."""
    gone, at = 0, clock.now()
    while (some := forget_sessions(before=at, most=BATCH)) > 0:
        gone += some
    return gone
