"""Short words for what tests of messages do."""

from datetime import datetime
from typing import Any

from campaigns.models import Message
from campaigns.operations import sending
from loyalty.core import clock
from loyalty.core.events import tasks as events
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.membership import edit, join
from tests.cast import MARA

NOON = 12


def joined(name: str, *, at: datetime | None = None, language: str = "en", **details: Any) -> Member:
    """Somebody with an address joins."""
    identities = {"external": name, "email": f"{name}@example.com"}
    return join(at=at or clock.now(), identities=identities, language=language, details=details).member


def says_yes(member: Member) -> None:
    """A yes to news."""
    edit(member=member.pk, at=clock.now(), details={"news_by_email": True})


def go_out(*, at: datetime | None = None) -> int:
    """Take what happened out of the outbox and hand over what is due then; how many messages were taken."""
    events.dispatch_waiting()
    return sending.deliver(seconds=60, at=at)[0]


def messages(merchant: Merchant, **which: Any) -> list[Message]:
    """Messages of a shop, oldest first."""
    with acting_for(merchant, by=MARA):
        return list(Message.objects.filter(**which).order_by("id"))


def told(merchant: Merchant) -> list[tuple[str, str, str]]:
    """(kind, state, reason) of every message, oldest first."""
    return [(one.kind, one.state, one.reason) for one in messages(merchant)]
