"""What can be sent in for a challenge from the phone, and what became of what was."""

from uuid import UUID

from campaigns.models import Challenge
from campaigns.queries.games.challenges import terms_of
from loyalty.core.programme import queries as programmes
from members.models import Activity
from members.queries.whole import of_whole
from members.rules.moderation import Needs


def sendable(row: Challenge) -> list[str]:
    """The activities of a challenge that members can send in: those that staff look at before they count."""
    current = programmes.in_force()
    if current is None:
        return []
    terms, moderated = terms_of(row), current.programme["activities"]
    kinds = [*terms.activities, *(task.activity for task in terms.tasks if task.activity)]
    return [kind for kind in dict.fromkeys(kinds) if moderated.of(kind).needs is Needs.APPROVAL]


def waiting_of(member: UUID, *, but: str = "") -> int:
    """How many activities of a member wait for staff, other than the one of that name."""
    found = Activity.objects.filter(of_whole(member), status=Activity.Status.WAITING)
    return found.exclude(external_id=but).count()


def sent_by(member: UUID, kinds: list[str]) -> list[Activity]:
    """What a member sent in of some kinds, last first."""
    return (
        list(Activity.objects.filter(of_whole(member), kind__in=kinds).order_by("-id")[:20]) if kinds else []
    )
