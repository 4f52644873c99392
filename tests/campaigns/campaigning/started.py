"""Campaigns in one line: written, launched, and what they came to."""

from datetime import datetime
from typing import Any

import msgspec

from campaigns.models import Campaign
from campaigns.operations.campaigning.launching import launch_campaign
from campaigns.operations.campaigning.writing import write_campaign
from campaigns.queries.campaigning import figures
from campaigns.rules.campaigning import CampaignContent
from loyalty.core.ledger.checks import verify
from tests.cast import AT, days

DOUBLE = {"type": "multiplier", "id": "double", "factor": "2"}
FIFTY = {"type": "fixed", "id": "fifty", "amount": 50}


def content(**fields: Any) -> CampaignContent:
    """A campaign's content as the world outside writes it; a weekend of double points unless something else is said."""
    given = {"name": "Double weekend", "rules": [DOUBLE], "starts_at": AT, "ends_at": AT + days(3), **fields}
    return msgspec.convert(dict(given.items()), CampaignContent)


def drafted(**fields: Any) -> Campaign:
    """A draft."""
    return write_campaign(campaign=None, content=content(**fields), at=AT)


def running(*, at: datetime = AT, **fields: Any) -> Campaign:
    """A campaign that was launched."""
    return launch_campaign(campaign=drafted(**fields).pk, at=at)


def books_agree(row: Campaign) -> int:
    """Points a campaign gave by its counts; the same as by its postings in the books, and the books hold."""
    row.refresh_from_db()
    came = figures.came_to(row)
    assert figures.from_books(row) == came.given
    assert verify() == []
    return came.points
