"""What a member takes at the till: a reward, the use of a code, an offer, a service."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import ids
from loyalty.core.errors import InvalidInput
from loyalty.core.pages import FORM_KEY
from loyalty.core.tills.models import Action
from loyalty.web.pos import selling, shown
from loyalty.web.pos.counter import middle
from loyalty.web.pos.frame import Desk, desk_page, url
from rewards.operations.redemption import NotEligible
from rewards.queries.redemptions import redemption


def _key(request: HttpRequest) -> str:
    return request.POST.get(FORM_KEY, "")


def _shows(action: Action) -> HttpResponse:
    response = redirect(url("done", action.pk))
    response.status_code = 303
    return response


@require_POST
@desk_page("rewards.redeem")
def redeem(request: HttpRequest, desk: Desk, member_id: str) -> HttpResponse:
    """Take a reward: once for each time the list was shown."""
    row = shown.found(member_id)
    reward = ids.decode("rwd", request.POST.get("reward", ""))
    try:
        return _shows(selling.take_reward(desk=desk, member=row.member.pk, reward=reward, key=_key(request)))
    except NotEligible as refusal:
        messages.error(request, shown.refusals(refusal.reasons))
        response = redirect(url("member", member_id))
        response.status_code = 303
        return response


@require_safe
@desk_page("rewards.redeem")
def code(request: HttpRequest, desk: Desk, redemption_id: str) -> HttpResponse:
    """A code that was shown: what for and whose, and the button that uses it."""
    row = redemption(ids.decode("rdm", redemption_id))
    context = {**shown.code_shown(row, desk), "redemption_id": redemption_id}
    return middle(request, desk, context, panel="code")


@require_POST
@desk_page("rewards.redeem")
def use(request: HttpRequest, desk: Desk, redemption_id: str) -> HttpResponse:
    """Use the code: of two tills at once one succeeds."""
    try:
        voucher = UUID(request.POST.get("voucher", ""))
    except ValueError:
        raise InvalidInput.of("voucher", _("Scan the code again.")) from None
    wanted = ids.decode("rdm", redemption_id)
    return _shows(selling.use_code(desk=desk, redemption=wanted, voucher=voucher, key=_key(request)))


@require_POST
@desk_page("rewards.redeem")
def take_up(request: HttpRequest, desk: Desk, member_id: str) -> HttpResponse:
    """Activate an offer for them."""
    row, offer = shown.found(member_id), request.POST.get("offer", "")[:60]
    return _shows(selling.take_up(desk=desk, member=row.member.pk, offer=offer, key=_key(request)))


@require_POST
@desk_page("rewards.redeem")
def claim(request: HttpRequest, desk: Desk, member_id: str) -> HttpResponse:
    """Claim a service their tier brings."""
    row, perk = shown.found(member_id), request.POST.get("perk", "")[:60]
    return _shows(selling.claim(desk=desk, member=row.member.pk, perk=perk, key=_key(request)))
