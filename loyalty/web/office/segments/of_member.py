"""Which segments a member is in, and why; which not, and why not."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from campaigns.queries.segments import reading, wording
from campaigns.queries.segments.reading import Belongs
from loyalty.core.pages import Here, require
from loyalty.web.office.about.page import about_page, row_of
from loyalty.web.office.frame import words
from loyalty.web.office.segments.pages import url_of
from loyalty.web.sentences import voice_of
from members.models import SegmentPlace
from members.rules.naming import OFFER, PLAN
from members.rules.questions import TOLD

_ORIGINS = (
    (OFFER, gettext_lazy("an offer they activated")),
    (PLAN, gettext_lazy("a plan they pay for")),
    (TOLD, gettext_lazy("an answer they gave")),
)
_SOURCES = {
    "order": gettext_lazy("a rule, for a purchase"),
    "activity": gettext_lazy("a rule, for something they did"),
    "automation": gettext_lazy("an automation"),
}


def origin(place: SegmentPlace) -> str:
    """What put a member into a segment that does not follow from conditions."""
    for begins, text in _ORIGINS:
        if place.segment.startswith(begins):
            return str(text)
    return str(_SOURCES.get(place.source_kind, _("your staff")))


def _shown(one: Belongs, here: Here, labels: dict[str, Any]) -> dict[str, Any]:
    voice = voice_of(here.merchant.currency, words())
    return {
        "segment": one.segment,
        "url": url_of(here, "segment", one.segment),
        "inside": one.place is not None,
        "since": one.place.since if one.place else None,
        "until": one.place.until if one.place else None,
        "by": origin(one.place) if one.place and one.by_hand else "",
        "lines": wording.lines(one.checked, voice, labels) if one.checked else [],
        # Time or an event a moment ago may have changed what holds; the place follows.
        "follows": one.checked is not None
        and one.checked.holds != (one.place is not None)
        and not one.by_hand,
    }


@require_safe
@require("segments.view")
def segments(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Every segment of the shop as it stands for one member."""
    row = row_of(member_id)
    member, labels = row.member.pk, wording.labels_of_scope()
    found = [_shown(one, here, labels) for one in reading.belongings(member, at=here.at)]
    context = {
        "inside": [one for one in found if one["inside"]],
        "outside": [one for one in found if not one["inside"]],
        "others": [
            {"name": place.segment, "since": place.since, "until": place.until, "by": origin(place)}
            for place in reading.others_of(member, at=here.at)
        ],
        "any": bool(found),
    }
    return about_page(request, here, "office/segments/of_member.html", row, context, current="about_segments")
