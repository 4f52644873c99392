"""Links that need no signing in: who holds one was written to, and may say what they do not want to hear."""

from dataclasses import dataclass
from uuid import UUID

from django.core import signing

from campaigns.rules.kinds import OPTIONAL
from loyalty.core.tenancy import scope

_SALT = "campaigns.links"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose link it is, and the topic of the message it stood in."""

    member: UUID
    topic: str


def token(*, member: UUID, topic: str) -> str:
    """What stands in a link. It does not end: a mail may be opened years later and must still be stoppable."""
    return signing.dumps([scope.merchant_id(), member.hex, topic], salt=_SALT, compress=True)


def holder(text: str) -> Holder | None:
    """Who holds a link of the shop acted for; None for what was never given out here."""
    try:
        merchant, member, topic = signing.loads(text[:400], salt=_SALT)
        found = Holder(UUID(member), str(topic))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return found if merchant == scope.merchant_id() and topic in OPTIONAL else None
