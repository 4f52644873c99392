"""Try a campaign on the past before it is launched: the programme of today with the campaign's rules, by the same
engine and the same rehearsal as a draft of the programme."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from campaigns.models import Campaign, Rehearsal
from campaigns.operations.campaigning.launching import CampaignEmpty, NoProgramme
from campaigns.operations.rehearsing import NoPast, rehearse_document
from campaigns.queries.campaigning.reading import campaign, content_of, public_id
from campaigns.queries.rehearsals import purchases_between
from campaigns.rules.campaigning import added
from campaigns.rules.rehearsing import WEEKS
from loyalty.core.programme import queries as programmes
from members.rules.adding import with_added

YEAR = timedelta(days=364)


def period_of(row: Campaign, *, at: datetime) -> tuple[datetime, datetime]:
    """The stretch of the past a campaign is tried on: its own time, moved back by whole years of 52 weeks (weekday for
    weekday) until it is over; a year where it has no end."""
    begins = row.starts_at or at
    ends = row.ends_at or begins + YEAR
    while ends > at:
        begins, ends = begins - WEEKS, ends - WEEKS
    return begins, ends


def rehearse_campaign(*, campaign_id: UUID, costs: Mapping[str, Any], at: datetime) -> Rehearsal:
    """Have a campaign tried on the same time of a year before: what it would have given, to whom, at what cost, and
    when its budget would have been empty. As if everybody activated its offer. `costs` is as for `start_rehearsal`.
    Raises `NotFound`, `NoProgramme`, `CampaignEmpty`, `NoPast`, `TooManyTogether`, `InvalidInput`."""
    row = campaign(campaign_id)
    current = programmes.in_force()
    if current is None:
        raise NoProgramme()
    if not row.rules:
        raise CampaignEmpty()
    since, until = period_of(row, at=at)
    if not purchases_between(since, until):
        raise NoPast()
    content = msgspec.structs.replace(content_of(row), starts_at=since, ends_at=until)
    extra = added(public_id(row), content, counts_from=None, rehearsed=True)
    earning = with_added(current.programme["earning"], [extra])
    document = {**current.programme.document(), "earning": msgspec.to_builtins(earning)}
    return rehearse_document(
        document=document, about=row.pk, since=since, until=until, costs=costs, note=row.name, at=at
    )
