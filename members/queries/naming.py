"""Looks at a programme before it is published: does it have what its own rules, offers and rewards call by name?"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from loyalty.core.programme.document import Coded, Programme
from members.models import SegmentPlace
from members.queries.belonging import segment_labels
from members.rules.naming import Called, What, called, inventory


def review(programme: Programme) -> list[Coded]:
    """What rules, offers and referrals name and the programme lacks. A segment is there, too, when the shop has made
    it, or members are in it: then somebody outside the programme fills it."""
    return missing(programme, called(programme))


def missing(programme: Programme, calls: Iterable[Called]) -> list[Coded]:
    """Those calls that nothing answers, each with its path, a sentence and a stable code."""
    has = inventory(programme)
    lost = [one for one in calls if not has.has(one)]
    free = {one.name for one in lost if one.what is What.SEGMENT}
    filled = set(segment_labels()) if free else set()
    if free - filled:
        filled |= set(SegmentPlace.objects.filter(segment__in=free).values_list("segment", flat=True))
    return [
        Coded(one.path, sentence(one), f"unknown_{one.what.value}")
        for one in lost
        if one.what is not What.SEGMENT or one.name not in filled
    ]


def sentence(one: Called) -> str:
    """What is called and not there, in words."""
    match one.what:
        case What.TIER:
            text = _("“{by}” is for the tier “{name}”, which the programme does not have.")
        case What.PLAN:
            text = _("“{by}” is for the membership plan behind “{name}”, which the programme does not have.")
        case What.OFFER:
            text = _("“{by}” is for the offer behind “{name}”, which the programme does not have.")
        case What.SEGMENT:
            text = _(
                "“{by}” is for the segment “{name}”, in which nobody is and into which nothing puts anybody."
            )
        case What.RULE:
            text = _("“{by}” waits for the rule “{name}”, which the programme does not have.")
        case _:
            text = _("“{by}” gives “{name}”. Describe that unit or a stamp card of it first.")
    return text.format(by=one.by or _("Referrals"), name=one.name)
