"""A member's purchases: the rows behind the two figures beside their story."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from loyalty.core import ids
from loyalty.core.pages import Here, require
from loyalty.web.office.about.page import about_page, row_of
from loyalty.web.office.lists import PAGE, address
from loyalty.web.office.orders import order_rows
from loyalty.web.office.work.activities import next_after
from members.queries.orders import of_member


@require_safe
@require("members.view")
def purchases(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Every purchase, last recorded first, those of accounts merged into this one too; `?after=` pages on. What was
    cancelled counts for nothing, what came back is taken off."""
    row = row_of(member_id)
    before = next_after(request, "ord")
    found = list(of_member(row.member.pk, before=before)[: PAGE + 1])
    context = {
        "rows": order_rows(found[:PAGE], here.merchant.slug),
        "first_url": address(request, after="") if before else "",
        "next_url": address(request, after=ids.encode("ord", found[PAGE - 1].pk))
        if len(found) > PAGE
        else "",
    }
    return about_page(
        request, here, "office/about/purchases.html", row, context, current="member", partial="list"
    )
