"""Activities that wait until somebody has looked: what the member says, what shows it, and what is odd about it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import formats, ids
from loyalty.core.pages import Here, require, sent_to
from loyalty.web.office.frame import words
from loyalty.web.office.lists import address
from loyalty.web.office.work.desk import people, work_page
from members.models import Activity
from members.operations import moderation
from members.queries import activities as queries
from members.queries.rule_words import say
from members.queries.why import Voice, voice_of_scope
from members.rules.conditions.activities import kind_words

PAGE = 20
FLAGS = {
    "approval": gettext_lazy("Somebody looks at each of these"),
    "duplicate_proof": gettext_lazy("The same proof was sent before"),
}


def next_after(request: HttpRequest, prefix: str) -> UUID | None:
    """Where the page before ended, from the address; None for the first page and for anything nobody wrote."""
    text = request.GET.get("after", "")
    return ids.decode(prefix, text) if text else None


def titled(row: Activity, voice: Voice) -> str:
    """What was done, as a title: "For a review · Latte"."""
    said = say(kind_words(row.kind), voice)
    product = row.product or {}
    said = f"{said} · {product.get('name') or product.get('sku')}" if product else said
    return said[:1].upper() + said[1:]


def _shown(row: Activity, members: dict[UUID, dict[str, str]], shared: int, voice: Voice) -> dict[str, Any]:
    return {
        "row": row,
        "public_id": ids.encode("act", row.pk),
        "title": titled(row, voice),
        "member": members.get(row.member_id, {"name": _("Nobody"), "url": ""}),
        "flags": [FLAGS.get(flag, flag) for flag in row.flags],
        "shared": ngettext(
            "{n} other member sent the same link", "{n} other members sent the same link", shared
        ).format(n=shared)
        if shared
        else "",
        "link": row.proof_link if row.proof_link.startswith(("https://", "http://")) else "",
        "properties": sorted((row.properties or {}).items()),
    }


@require_safe
@require("members.view")
def activities(request: HttpRequest, here: Here) -> HttpResponse:
    """Those that wait, longest waiting first; `?after=` pages on."""
    before = next_after(request, "act")
    rows = queries.every(Activity.Status.WAITING).order_by("id")
    found = list((rows.filter(pk__gt=before) if before else rows)[: PAGE + 1])
    shown = found[:PAGE]
    members, shared = people(here, [row.member_id for row in shown]), queries.shared_by(shown)
    voice = voice_of_scope()
    context = {
        "rows": [_shown(row, members, shared.get(row.pk, 0), voice) for row in shown],
        "first_url": address(request, after="") if before else "",
        "next_url": address(request, after=ids.encode("act", shown[-1].pk)) if len(found) > PAGE else "",
    }
    return work_page(
        request, here, "office/work/activities.html", context, queue="activities", partial="list"
    )


def _back(request: HttpRequest, here: Here) -> HttpResponse:
    return sent_to(request, reverse("office:work_activities", args=[here.merchant.slug]))


@require_POST
@require("work.decide")
def approve(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002 - the address's own word
    """Let it count, as it would have counted when it happened."""
    note = request.POST.get("note", "")
    row = queries.activity(ids.decode("act", id))
    done = moderation.approve_activity(activity=row.pk, at=here.at, note=note)
    text = _("Approved: {points} given.").format(points=formats.points(done.points, words()))
    messages.success(request, text)
    return _back(request, here)


@require_POST
@require("work.decide")
def refuse(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002
    """Let it never count; the member reads why."""
    note = request.POST.get("note", "")
    row = queries.activity(ids.decode("act", id))
    moderation.refuse_activity(activity=row.pk, at=here.at, note=note)
    messages.success(request, _("Refused. The member can read why."))
    return _back(request, here)
