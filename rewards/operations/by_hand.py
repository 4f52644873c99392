"""A reward that staff hand a member for nothing: a birthday coffee, an apology. Always with a reason."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from members.models import Member
from members.operations.gifts import Occasion
from members.operations.locking import lock_counts
from members.operations.membership import NotActive, locked
from rewards.models import Redemption, Reward
from rewards.operations.issuing import given_under, issue_reward, unknown_rewards

SOURCE = "staff"


class NotAGift(DomainError):
    code = "not_a_gift"
    message = _(
        "This reward cannot be given away: it is retired, has to be booked, or is paid with at checkout."
    )
    field = "reward"


class NothingLeftToGive(DomainError):
    code = "out_of_stock"
    message = _("Nothing is left of this reward.")
    field = "reward"


@transaction.atomic
def give_reward(*, member: UUID, reward: UUID, reason: str, key: str, at: datetime) -> Redemption:
    """Give a member one of a reward for nothing; they can read the `reason`. The same `key` again answers again.

    Raises `NotAGift`, `NothingLeftToGive`, `NotActive`, `NotFound`, `InvalidInput`.
    """
    reason = reason.strip()
    if not reason or len(reason) > 300:
        raise InvalidInput.of("reason", str(_("Say why, in 1 to 300 characters. The member can read it.")))
    handle = Reward.objects.values_list("handle", flat=True).filter(pk=reward).first()
    if handle is None:
        raise NotFound("reward")
    lock_counts(member)
    row = locked(member)
    if row.status != Member.Status.ACTIVE:
        raise NotActive(status=row.status)
    name = f"{SOURCE}:{key}"
    earlier = given_under(name)
    if earlier is not None:
        return earlier
    if unknown_rewards([handle]):
        raise NotAGift()
    occasion = Occasion(SOURCE, ids.new(), row.pk, at)
    if not issue_reward(reward=handle, quantity=1, key=name, occasion=occasion):
        raise NothingLeftToGive()
    given = given_under(name)
    assert given is not None  # noqa: S101 - it was just handed out under this name
    given.reason = reason
    given.save(update_fields=["reason"])
    data = {"redemption": str(given.pk), "reward": str(reward), "reason": reason}
    record("reward.given_by_hand", subject=row.pk, at=at, data=data)
    return given
