"""The list of segments, and one of them: what it is, who is in it, and what is for it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from campaigns.models import Segment
from campaigns.operations.segments.shaping import archive_segment, restore_segment
from campaigns.queries.segments import reading, usage, wording
from campaigns.rules.segments import Rfm, leaves
from loyalty.core import ids
from loyalty.core.pages import Here, require, sent_to
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.joining import page_of
from loyalty.web.office.members import known_as
from loyalty.web.office.segments.naming import WhoForm
from loyalty.web.office.segments.starts import STARTS
from loyalty.web.sentences import voice_of
from members.queries import directory

CURRENT = "segments"
SHOWN = 25
USES = {
    "rule": (gettext_lazy("Rule"), "sliders-horizontal"),
    "reward": (gettext_lazy("Reward"), "gift"),
    "newsletter": (gettext_lazy("Newsletter"), "newspaper"),
    "survey": (gettext_lazy("Survey"), "message-square-text"),
    "segment": (gettext_lazy("Segment"), "users-round"),
    "experiment": (gettext_lazy("Experiment"), "flask-conical"),
    "automation": (gettext_lazy("Automation"), "workflow"),
    "campaign": (gettext_lazy("Campaign"), "megaphone"),
}


def url_of(here: Here, name: str, row: Segment) -> str:
    """An address about one segment."""
    return reverse(f"office:{name}", args=[here.merchant.slug, ids.encode("seg", row.pk)])


def members_url(here: Here, row: Segment) -> str:
    """The members' list, narrowed to a segment."""
    return f"{reverse('office:members', args=[here.merchant.slug])}?segment={row.handle}"


def said(row: Segment, here: Here, labels: dict[str, Any]) -> str:
    """What a segment is in one sentence; "" for a list."""
    if row.kind != Segment.Kind.CONDITIONS:
        return ""
    voice = voice_of(here.merchant.currency, words())
    return wording.sentence(reading.conditions_of(row), voice, labels)


@require_safe
@require("segments.view")
def segments(request: HttpRequest, here: Here) -> HttpResponse:
    """All of them by name; `?show=archived` for those put away."""
    archived = request.GET.get("show") == "archived"
    labels, rows = wording.labels_of_scope(), list(reading.segments(archived=archived))
    sizes = reading.sizes(rows, at=here.at)
    url = reverse("office:segments", args=[here.merchant.slug])
    number = {state: reading.segments(archived=state).count() for state in (False, True)}
    context = {
        "rows": [
            {
                "row": row,
                "size": sizes[row.pk],
                "url": url_of(here, "segment", row),
                "says": said(row, here, labels),
                "members_url": members_url(here, row),
                "is_list": row.kind == Segment.Kind.LIST,
            }
            for row in rows
        ],
        "archived": archived,
        "starts": [{"key": key, "start": start} for key, start in STARTS.items()],
        "tabs": [
            {"label": _("In use"), "url": url, "current": not archived, "count": number[False]},
            {
                "label": _("Put away"),
                "url": f"{url}?show=archived",
                "current": archived,
                "count": number[True],
            },
        ],
        "has_rows": any(number.values()),
    }
    return office_page(request, here, "office/segments/segments.html", context, current=CURRENT)


@require_safe
@require("segments.view")
def segment(request: HttpRequest, here: Here, segment_id: str) -> HttpResponse:
    """One: its conditions in words, its size, some of its members, and what is for it."""
    return segment_page(request, here, reading.segment(ids.decode("seg", segment_id)))


def segment_page(
    request: HttpRequest, here: Here, row: Segment, form: WhoForm | None = None, *, status: int = 200
) -> HttpResponse:
    """The page of one segment; `form` is one that came back."""
    labels = wording.labels_of_scope()
    places = reading.latest_places(row.handle, at=here.at, most=SHOWN)
    known = directory.by_ids([place.member_id for place in places])
    by_rfm = any(isinstance(one, Rfm) for _path, one in leaves(reading.conditions_of(row)))
    context = {
        "segment": row,
        "public_id": ids.encode("seg", row.pk),
        "says": said(row, here, labels),
        "is_list": row.kind == Segment.Kind.LIST,
        "is_away": row.state == Segment.State.ARCHIVED,
        "members_url": members_url(here, row),
        "people": [
            {
                "id": ids.encode("mbr", place.member_id),
                "name": found.name or known_as(found),
                "url": page_of(here, place.member_id),
                "since": place.since,
            }
            for place in places
            if (found := known.get(place.member_id)) is not None
        ],
        "size": reading.sizes([row], at=here.at)[row.pk],
        "uses": [
            {"name": use.name, "kind": USES[use.kind][0], "icon": USES[use.kind][1]}
            for use in usage.uses(row.handle)
        ],
        "scale": reading.scale() if by_rfm else None,
        "form": form or WhoForm(label_suffix=""),
    }
    return office_page(request, here, "office/segments/segment.html", context, current=CURRENT, status=status)


@require_POST
@require("segments.edit")
def archive(request: HttpRequest, here: Here, segment_id: str) -> HttpResponse:
    """Put it away."""
    row = archive_segment(segment=ids.decode("seg", segment_id), at=here.at)
    messages.success(request, _("“{name}” is put away.").format(name=row.name))
    return sent_to(request, reverse("office:segments", args=[here.merchant.slug]))


@require_POST
@require("segments.edit")
def restore(request: HttpRequest, here: Here, segment_id: str) -> HttpResponse:
    """Take it out again."""
    row = restore_segment(segment=ids.decode("seg", segment_id), at=here.at)
    messages.success(request, _("“{name}” is back.").format(name=row.name))
    return sent_to(request, url_of(here, "segment", row))
