"""What publishing other tiers does to members: nobody is moved down by surprise.

The publication itself only starts a review of everybody. It runs in batches, each in a transaction of its own; who
stops it loses nothing.
"""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError
from loyalty.core.events.operations import record
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from members.models import TierReview
from members.operations import tiers as reviewing
from members.queries import tiers as asking
from members.rules.tiers import Occasion, Tiers

BATCH = 1000
MOVE_DOWN = "move_down"
"""What a publisher chooses to let members move down at once who do not reach their tier any more."""


class TierInUse(DomainError):
    code = "tier_in_use"
    message = _(
        "Members have the tier “{tier}”, which the new ladder no longer has. Keep it, or say with “move_down” that"
        " they move to the tier they qualify for."
    )
    field = "tiers.ladder"


def begin_review(*, version: UUID, move_down: bool, at: datetime) -> TierReview | None:
    """Have everybody looked at because other tiers count from now on; None when they are the same. Raises `TierInUse`
    when a tier that somebody has would be gone and nobody has said that members move down."""
    current = programmes.version(version)
    after, before = current.programme["tiers"], _before(current.number)
    if after == before:
        return None
    for tier in before.ladder:
        if not move_down and after.rank(tier.id) < 0 and asking.anybody_in(tier.id):
            raise TierInUse(tier=tier.id)
    TierReview.objects.filter(finished_at=None).update(finished_at=at)
    return TierReview.objects.create(version=version, move_down=move_down, started_at=at)


def _before(number: int) -> Tiers:
    earlier = programmes.history().filter(number__lt=number).first()
    return programmes.version(earlier.pk).programme["tiers"] if earlier else asking.NO_TIERS


@transaction.atomic
def review_published(*, at: datetime, most: int = BATCH) -> int:
    """Look at the next members, at most so many, of a review that is under way; how many there were. When there are no
    more it is finished, and `tiers.reviewed` says so."""
    row = TierReview.objects.select_for_update(of=("self",)).filter(finished_at=None).first()
    current = programmes.in_force()
    if row is None or current is None:
        return 0
    tiers: Tiers = current.programme["tiers"]
    members = asking.members_after(row.position, most=most)
    reviewing.hold(members)
    occasion = Occasion.MOVED_DOWN if row.move_down else Occasion.PUBLISHED
    zone = ZoneInfo(shop_of_scope().timezone)
    found = asking.verdicts(members, tiers=tiers, at=at, zone=zone, occasion=occasion)
    changed = [(one.member, one.now, verdict) for one, verdict in found if verdict.standing != one.now]
    row.changed += reviewing.write(changed, version=current.id, at=at)
    row.reviewed += len(members)
    row.position = members[-1] if members else row.position
    if len(members) < most:
        row.finished_at = at
        record("tiers.reviewed", subject=None, at=at, data=asking.figures(row))
    row.save(update_fields=["changed", "reviewed", "position", "finished_at"])
    return len(members)
