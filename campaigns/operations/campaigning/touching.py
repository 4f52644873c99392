"""What a campaign touches besides the rules that count: its message, and whom its rewards are for meanwhile.

The caller holds the campaign. Rewards are locked last, by id.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Newsletter
from campaigns.operations.newsletters import cancel_newsletter, schedule_newsletter, write_newsletter
from loyalty.core.errors import DomainError
from rewards.operations.catalogue import edit_reward
from rewards.queries.catalogue import rewards


class RewardElsewhere(DomainError):
    code = "reward_in_campaign"
    status = 409
    message = _("“{name}” is for the audience of another campaign already. End that first.")


def is_new(row: Campaign) -> bool:
    """Whether nobody can have its rewards before it begins: then they are its audience's from the start."""
    found = list(rewards().filter(handle__in=row.rewards))
    begins = row.starts_at
    return bool(found) and begins is not None and all(
        one.available_from is not None and one.available_from >= begins for one in found
    )  # fmt: skip


def write_to_them(row: Campaign, at: datetime) -> None:
    """Give its message the time at which it begins."""
    if not row.words:
        return
    letter = write_newsletter(newsletter=None, words=row.words, tier=row.tier, segment=row.segment, at=at)
    goes_at = max(at, row.starts_at or at)
    schedule_newsletter(newsletter=letter.pk, goes_at=goes_at, at=at)
    row.newsletter = letter.pk


def call_off(row: Campaign, at: datetime) -> None:
    """Call off a message that has not gone out."""
    if row.newsletter is None:
        return
    letter = Newsletter.objects.filter(pk=row.newsletter).first()
    if letter is not None and letter.state == Newsletter.State.SCHEDULED:
        cancel_newsletter(newsletter=letter.pk, at=at)
        letter.delete()
        row.newsletter = None


def veil(row: Campaign, at: datetime) -> None:
    """Keep its rewards for its audience; whom they were for before is remembered. Raises `RewardElsewhere`."""
    if not row.rewards or row.before or not (row.segment or row.tier):
        return
    others = Campaign.objects.exclude(pk=row.pk).exclude(before={}).values_list("before", flat=True)
    taken = {handle for before in others for handle in before}
    kept = {}
    for reward in rewards().filter(handle__in=row.rewards).order_by("id"):
        if reward.handle in taken:
            raise RewardElsewhere(name=str(reward))
        kept[reward.handle] = reward.audience
        edit_reward(reward=reward.pk, at=at, details={"audience": _narrowed(row, reward.audience)})
    row.before = kept


def _narrowed(row: Campaign, audience: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(audience)
    if row.segment:
        found["segments"] = [row.segment]
    if row.tier:
        found["tiers"] = [row.tier]
    return found


def unveil(row: Campaign, at: datetime) -> None:
    """Let its rewards be for whom they were before. One that somebody has changed since stays as they wanted it."""
    for reward in rewards(retired=True).filter(handle__in=list(row.before)).order_by("id"):
        before = row.before[reward.handle]
        narrow = _narrowed(row, before)
        if all(reward.audience.get(name) == narrow[name] for name in ("segments", "tiers") if name in narrow):
            edit_reward(reward=reward.pk, at=at, details={"audience": before})
    row.before = {}
