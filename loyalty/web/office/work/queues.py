"""The queues of the daily work: which there are, who may see and who may work them, how much waits in each.

The frame of every page asks here for the number beside "Work", so nothing of the frame is known here.
"""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from loyalty.core.pages import Here
from rewards.queries.work import MOST, Waiting, waiting


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue: the name of its address and of its count, its label, icon, what it holds in a sentence, who may see
    it, and who is called to work by its count."""

    name: str
    label: Any
    icon: str
    about: Any
    many: Any
    sees: str
    works: str

    @property
    def route(self) -> str:
        """The name of its address."""
        return f"office:work_{self.name}"


QUEUES = (
    Queue(
        "services", gettext_lazy("Services"), "concierge-bell",
        gettext_lazy("Members asked for a service that comes with their tier. Do it, and note what was done."),
        ngettext_lazy("{n} member waits for a service.", "{n} members wait for a service.", "n"),
        "work.view", "work.serve",
    ),
    Queue(
        "parcels", gettext_lazy("To hand over"), "package",
        gettext_lazy("Rewards to pack, send or hand over, those that wait longest first."),
        ngettext_lazy("{n} reward is to be handed over.", "{n} rewards are to be handed over.", "n"),
        "work.view", "work.serve",
    ),
    Queue(
        "sessions", gettext_lazy("Events"), "calendar-days",
        gettext_lazy("Who comes when, who waits for a place, and who was there."),
        ngettext_lazy("{n} date needs its attendance list.", "{n} dates need their attendance lists.", "n"),
        "work.view", "work.serve",
    ),
    Queue(
        "activities", gettext_lazy("Activities"), "sparkles",
        gettext_lazy("What members say they did, and what earns only once somebody has looked at it."),
        ngettext_lazy("{n} activity waits to be looked at.", "{n} activities wait to be looked at.", "n"),
        "members.view", "work.decide",
    ),
    Queue(
        "referrals", gettext_lazy("Referrals"), "user-search",
        gettext_lazy("Friends who look like the member who brought them. Nothing is paid until you have decided."),
        ngettext_lazy("{n} referral looks odd.", "{n} referrals look odd.", "n"),
        "members.view", "work.decide",
    ),
    Queue(
        "approvals", gettext_lazy("Approvals"), "shield-check",
        gettext_lazy("Changes by hand that are more than a colleague may make alone."),
        ngettext_lazy("{n} change by hand waits for a second person.",
                      "{n} changes by hand wait for a second person.", "n"),
        "members.view", "members.approve",
    ),
    Queue(
        "memberships", gettext_lazy("Memberships"), "badge-check",
        gettext_lazy("Paid memberships that wait for money, and those that end soon."),
        ngettext_lazy("{n} paid membership waits for money.", "{n} paid memberships wait for money.", "n"),
        "members.view", "memberships.manage",
    ),
    Queue(
        "partners", gettext_lazy("Partners"), "handshake",
        gettext_lazy("Shops whose members use their points here, and yours there."),
        ngettext_lazy("{n} shop proposes a partnership.", "{n} shops propose a partnership.", "n"),
        "members.view", "partners.manage",
    ),
)  # fmt: skip


def counted(found: Waiting, queue: Queue) -> int:
    """How much waits in a queue."""
    number: int = getattr(found, queue.name)
    return number


def shown_count(number: int) -> str:
    """A count as a badge; "999+" where nobody counts on."""
    return f"{MOST - 1}+" if number >= MOST else str(number)


def count_for(here: Here) -> int:
    """How much waits for this person: of the queues that they can work."""
    if not here.may("work.view"):
        return 0
    found = waiting(at=here.at)
    return sum(counted(found, queue) for queue in QUEUES if here.may(queue.works))


def tabs(here: Here, current: str, found: Waiting) -> list[dict[str, Any]]:
    """The queues this person sees, as tabs."""
    slug = here.merchant.slug
    first = {
        "label": gettext_lazy("Today"),
        "url": reverse("office:work", args=[slug]),
        "current": not current,
    }
    return [
        first,
        *(
            {
                "label": queue.label,
                "url": reverse(queue.route, args=[slug]),
                "current": queue.name == current,
                "count": counted(found, queue) or None,
            }
            for queue in QUEUES
            if here.may(queue.sees)
        ),
    ]


def looks(here: Here) -> list[dict[str, str]]:
    """What waits for this person, for the overview's list of what needs a look."""
    if not here.may("work.view"):
        return []
    found, slug = waiting(at=here.at), here.merchant.slug
    return [
        {
            "kind": "info",
            "icon": queue.icon,
            "text": str(queue.many % {"n": number}).format(n=shown_count(number)),
            "url": reverse(queue.route, args=[slug]),
            "action": _("Look at it"),
        }
        for queue in QUEUES
        if here.may(queue.works) and (number := counted(found, queue))
    ]
