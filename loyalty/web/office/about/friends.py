"""Whom a member knows: friends they brought and by whom they were brought, their household, points given and got."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from loyalty.core import ids
from loyalty.core.pages import Here, require
from loyalty.web.office.about.page import about_page, row_of
from loyalty.web.office.work.desk import people
from loyalty.web.office.work.referrals import REASONS
from members.models import PointsTransfer, Referral
from members.queries import referrals, sharing

FRIENDS, TRANSFERS = 50, 30
STATUS = {
    "joined": (gettext_lazy("Joined, has not bought yet"), "info"),
    "held": (gettext_lazy("Looks odd, waits"), "warn"),
    "refused": (gettext_lazy("Refused"), "bad"),
    "qualified": (gettext_lazy("Has bought"), "good"),
    "rewarded": (gettext_lazy("Rewarded"), "good"),
    "reversed": (gettext_lazy("The purchase came back"), ""),
}


def _friend(row: Referral, other: UUID, names: dict[UUID, dict[str, str]]) -> dict[str, Any]:
    label, badge = STATUS.get(row.status, (row.status, ""))
    return {
        "row": row,
        "member": names.get(other, {"name": _("Nobody"), "url": ""}),
        "status": label,
        "badge": badge,
        "reasons": [REASONS.get(reason, reason) for reason in row.reasons],
    }


def _transfer(
    row: PointsTransfer, member: UUID, names: dict[UUID, dict[str, str]], slug: str
) -> dict[str, Any]:
    gave = row.giver_id == member
    return {
        "row": row,
        "gave": gave,
        "member": names.get(row.receiver_id if gave else row.giver_id, {"name": _("Nobody"), "url": ""}),
        "amount": -row.amount if gave else row.amount,
        "undo_url": reverse("office:undo_transfer", args=[slug, ids.encode("ptr", row.pk)])
        if row.undone_at is None and row.kind == PointsTransfer.Kind.GIFT
        else "",
    }


@require_safe
@require("members.view")
def friends(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Friends, household and transfers."""
    row = row_of(member_id)
    member, slug = row.member.pk, here.merchant.slug
    brought = list(referrals.brought_by(member).order_by("-id")[:FRIENDS])
    by = referrals.came_by(member)
    given = list(sharing.transfers(member).order_by("-id")[:TRANSFERS])
    household = sharing.household_of(member)
    placed = sharing.placed(household) if household else []
    names = people(
        here,
        [
            *(one.friend_id for one in brought), by.referrer_id if by else None,
            *(pk for one in given for pk in (one.giver_id, one.receiver_id)),
            *(one.member for one in placed),
        ],
    )  # fmt: skip
    nobody = {"name": _("Nobody"), "url": ""}
    context = {
        "code": referrals.code_known(member),
        "brought": [_friend(one, one.friend_id, names) for one in brought],
        "came_by": _friend(by, by.referrer_id, names) if by else None,
        "transfers": [_transfer(one, member, names, slug) for one in given],
        "household_url": reverse("office:household", args=[slug, ids.encode("hhd", household)])
        if household
        else "",
        "placed": [{"place": one, "member": names.get(one.member, nobody)} for one in placed],
    }
    return about_page(request, here, "office/about/friends.html", row, context, current="about_friends")
