"""Taking back what happened: a change by hand, an activity, a redemption, points given to a friend. Each with a reason.

Nothing is deleted: what is undone stands in the books beside what it undoes.
"""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from loyalty.core import ids
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.ledger.queries import movement
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.about.forms import ReasonForm
from loyalty.web.office.about.page import asked
from loyalty.web.office.joining import page_of
from members.models import Activity
from members.operations.counter_entries import undo_adjustment
from members.operations.moderation import undo_activity
from members.operations.transfers import undo_transfer
from members.queries import activities, adjusting, directory, sharing
from members.queries.story import Kind, StoryRow
from rewards.models import Redemption
from rewards.operations.redemption import release_redemption, reverse_redemption
from rewards.queries.redemptions import redemption as find_redemption

_COUNTED = (Activity.Status.RECORDED, Activity.Status.APPROVED)


def ways_back(rows: Iterable[StoryRow], here: Here) -> dict[UUID, str]:
    """Where each row of a story can be undone, for whoever may; rows that cannot be are missing. Two queries."""
    rows, slug = list(rows), here.merchant.slug
    by_hand = adjusting.undoable([row.id for row in rows if row.kind is Kind.ADJUSTMENT])
    gifts = [
        row.source for row in rows if row.kind is Kind.SHARED and row.source_kind == "transfer" and row.source
    ]
    given = sharing.undoable(gifts)
    found = {row.id: _way(row, here, slug, by_hand, given) for row in rows}
    return {pk: url for pk, url in found.items() if url}


def _way(row: StoryRow, here: Here, slug: str, by_hand: set[UUID], given: set[UUID]) -> str:
    adjusts = here.may("members.adjust")
    match row.kind:
        case Kind.ADJUSTMENT if row.id in by_hand and adjusts:
            return reverse("office:undo_entry", args=[slug, ids.encode("trf", row.id)])
        case Kind.ACTIVITY if row.activity is not None and here.may("work.decide"):
            if row.activity.status in _COUNTED and row.change >= 0 and row.pending_change >= 0:
                return reverse("office:undo_activity", args=[slug, ids.encode("act", row.activity.pk)])
        case Kind.REDEMPTION if row.source_kind == "redemption" and row.source and adjusts:
            if row.thing is not None and row.thing.status in ("reserved", "committed"):
                return reverse("office:undo_redemption", args=[slug, ids.encode("rdm", row.source)])
        case Kind.ORDER if row.order is not None and here.may("orders.refund"):
            if row.order.status == row.order.Status.RECORDED:
                return reverse("office:cancel", args=[slug, ids.encode("ord", row.order.pk)])
        case Kind.SHARED if row.source in given and adjusts:
            return reverse("office:undo_transfer", args=[slug, ids.encode("ptr", row.source)])
        case _:
            pass
    return ""


def _undoing(
    request: HttpRequest, here: Here, member: UUID, *, title: str, note: str, undo: Callable[[str], object],
    done: str,
) -> HttpResponse:  # fmt: skip
    """The form with the reason; `undo(reason)` does it."""
    row = directory.row(directory.member(member))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            undo(form.cleaned_data["reason"])
        except DomainError as error:
            show_errors(form, error, {"note": "reason"})
        else:
            messages.success(request, done)
            return sent_to(request, page_of(here, row.member.pk))
    more: dict[str, Any] = {
        "title": title,
        "note": note,
        "url": request.path,
        "do": _("Undo it"),
        "danger": True,
    }
    return asked(request, here, row, form, **more)


@require_http_methods(["GET", "HEAD", "POST"])
@require("members.adjust")
def entry(request: HttpRequest, here: Here, entry_id: str) -> HttpResponse:
    """A change by hand: the counter-entry."""
    transfer = ids.decode("trf", entry_id)
    found = movement(transfer)
    if found is None or found.kind != "adjustment":
        raise NotFound("transfer")
    return _undoing(
        request, here, found.owner, title=_("Undo a change by hand"), done=_("Undone: both lines stay in the books."),
        note=_("The opposite is written beside it. What was spent meanwhile is treated like after a refund."),
        undo=lambda reason: undo_adjustment(transfer=transfer, reason=reason, at=here.at),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@require("work.decide")
def activity(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002 - the address's own word
    """An activity that counted."""
    found = activities.activity(ids.decode("act", id))
    return _undoing(
        request, here, found.member_id, title=_("Undo an activity"), done=_("The activity counts no longer."),
        note=_("What it gave is taken back, and it counts against no limit any more."),
        undo=lambda reason: undo_activity(activity=found.pk, at=here.at, note=reason),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@require("members.adjust")
def redemption(request: HttpRequest, here: Here, redemption_id: str) -> HttpResponse:
    """A reward that was taken: set aside still, or used."""
    found = find_redemption(ids.decode("rdm", redemption_id))
    do = release_redemption if found.status == Redemption.Status.RESERVED else reverse_redemption
    return _undoing(
        request, here, found.member_id, title=_("Take a reward back"), done=_("The reward is taken back."),
        note=_("Its points go back to where they came from, its code is void, its part of the stock returns."),
        undo=lambda reason: do(redemption=found.pk, at=here.at, reason=reason),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@require("members.adjust")
def transfer(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002
    """Points that a member gave another."""
    found = sharing.transfer(ids.decode("ptr", id))
    return _undoing(
        request, here, found.giver_id, title=_("Bring points back"), done=_("What was left is back with the giver."),
        note=_("What the other has not used goes back to the giver; what is used stays used."),
        undo=lambda reason: undo_transfer(transfer=found.pk, reason=reason, at=here.at),
    )  # fmt: skip
