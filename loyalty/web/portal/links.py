"""Members' own links: whoever follows one is counted and led to where people join, and the code comes along."""

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from loyalty.core.errors import DomainError
from loyalty.core.pages import sent_to
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.portal.door import VISITOR
from loyalty.web.portal.frame import Shop, shop_page
from loyalty.web.portal.session import keep_code
from members.operations.inviting import count_click


@require_safe
@shop_page
def link(request: HttpRequest, shop: Shop, invitation: str) -> HttpResponse:
    """Count the click and go on to the front page. A link that leads to nobody goes there all the same, and says no
    more.

    Previews and prefetching are no clicks; who has a card already was brought by nobody.
    """
    if shop.visitor.member is not None:
        return sent_to(request, shop.url("card"))
    looked_at = request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", "")
    if looked_at and len(invitation) <= 40:
        address, agent = get_adapter().get_client_ip(request), request.headers.get("User-Agent", "")
        try:
            with acting_for(shop.merchant, by=VISITOR):
                count_click(code=invitation, address=str(address), agent=agent[:1000], at=shop.at)
            keep_code(request, shop.merchant, invitation)
        except DomainError:
            pass
    return sent_to(request, shop.url("front"))
