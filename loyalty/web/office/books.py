"""The state of the books: what was given is what was used, what ended and what members still hold."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from loyalty.core.ledger import checks
from loyalty.core.ledger.chart import MerchantAccount
from loyalty.core.ledger.queries import outstanding, totals
from loyalty.core.pages import Here, require
from loyalty.web.office.frame import office_page


@dataclass(frozen=True, slots=True)
class Books:
    """All points of a shop's whole life. `given − used − ended + by_hand + from_partners` must be what members hold."""

    given: int
    used: int
    ended: int
    by_hand: int
    from_partners: int
    held: int

    @property
    def difference(self) -> int:
        """0 in books that are right."""
        return self.given - self.used - self.ended + self.by_hand + self.from_partners - self.held

    @property
    def agree(self) -> bool:
        """True when both sides say the same."""
        return self.difference == 0


def books() -> Books:
    """Both sides, each summed from its own lines: the shop's, and the members'."""
    sums = totals()
    return Books(
        given=sums.get(MerchantAccount.ISSUED, 0),
        used=-sums.get(MerchantAccount.REDEEMED, 0),
        ended=-sums.get(MerchantAccount.EXPIRED, 0),
        by_hand=sums.get(MerchantAccount.ADJUSTED, 0),
        from_partners=sums.get(MerchantAccount.SETTLEMENT, 0),
        held=outstanding(),
    )


@require_safe
@require("overview.view")
def page(request: HttpRequest, here: Here) -> HttpResponse:
    """The sum in full; with `?check=1` every rule of the books is tried on every line, a while."""
    checked = request.GET.get("check") == "1"
    context = {"books": books(), "results": checks.run() if checked else None}
    return office_page(request, here, "office/books.html", context, current="overview", partial="card")
