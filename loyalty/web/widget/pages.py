"""The frame's page, and what it shows first: to guests what the programme gives, to members what they have."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import clock, formats
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.ledger.queries import balance as balance_of
from loyalty.core.ledger.queries import expiring
from loyalty.core.merchants.queries import merchant_by_slug
from loyalty.core.pages import show_errors
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.widget.queries import origins
from loyalty.web.office.frame import words
from loyalty.web.portal.entrance import JoinForm
from loyalty.web.portal.ways import first_rewards, ways
from loyalty.web.widget.frame import VISITOR, Panel, common, framed_by, part, shown, speaking
from loyalty.web.widget.joining import count, enrolled, joining_gives, made
from loyalty.web.widget.joining import named as named_as
from loyalty.web.widget.taking import offered, open_codes
from members.operations.inviting import settings_in_force
from members.queries.referrals import code_known
from rewards.operations.showing import show_offers
from rewards.queries.catalogue import Offer
from rewards.queries.telling import named

SOON = timedelta(days=60)
THEMES = ("light", "dark")


@require_safe
@never_cache
def frame(request: HttpRequest, slug: str) -> HttpResponse:
    """The page in the frame, as a guest sees it. `lang` and `theme` are those of the page around it. Only sites that
    the shop has allowed may show it."""
    try:
        merchant = merchant_by_slug(slug)
    except NotFound:
        raise Http404 from None
    panel = Panel(merchant, clock.now())
    with speaking(merchant, request.GET.get("lang", "")), acting_for(merchant, by=VISITOR):
        sites, theme = origins(), request.GET.get("theme", "")
        context = {
            **common(panel), **guest_context(panel), "sites": " ".join(sites),
            "language": get_language() or "en", "theme": theme if theme in THEMES else "",
        }  # fmt: skip
        return framed_by(HttpResponse(render_to_string("widget/frame.html", context)), sites)


@require_safe
@part
def home(request: HttpRequest, panel: Panel) -> HttpResponse:
    """The first thing in the panel: a member's balance and what it gets them; for everybody else how to join."""
    if panel.row is None:
        return shown(panel, "widget/guest.html", guest_context(panel))
    return home_of(panel)


def guest_context(panel: Panel, form: JoinForm | None = None) -> dict[str, Any]:
    """What somebody sees who has no card here, or has not said so."""
    rewards = first_rewards()
    return {
        "form": form or JoinForm(),
        "gives": joining_gives(panel.merchant, at=panel.at),
        "ways": ways(panel.merchant.currency, words(), rewards, at=panel.at)[
            1:
        ],  # the first is about the till
        "offers": [{"name": named(reward), "cost": reward.cost_points} for reward in rewards],
        "known": panel.shopper is not None,
    }


def home_of(panel: Panel, *, said: str = "") -> HttpResponse:
    """A member's first view; `said` is news about what they have just done."""
    row = panel.row
    if row is None:
        raise NotFound("member")
    found = [offer for offer in show_offers(member=panel.member_id, at=panel.at) if offer.reward.cost_points]
    can_have = [offer for offer in found if offer.can_have]
    ending = expiring(panel.member_id, until=panel.at + SOON)
    balance = row.balance
    context = {
        "said": said,
        "given_name": row.profile.given_name if row.profile else "",
        "balance": balance,
        "blocked": row.member.status == "blocked",
        "enough": _enough(len(can_have)),
        "pending": balance.pending,
        "ending": [(formats.last_moment(instant), count) for instant, count in ending[:1]],
        "offers": [offered(offer, panel) for offer in can_have[:2]],
        "upcoming": _upcoming(found, panel),
        "codes": len(open_codes(panel)),
        "invites": settings_in_force().on or bool(code_known(panel.member_id)),
        "label": formats.points(balance.available, words()),
    }
    return shown(panel, "widget/home.html", context)


def _enough(count: int) -> str:
    if not count:
        return ""
    text = ngettext("Enough for {count} reward.", "Enough for {count} rewards.", count)
    return text.format(count=formats.number(count))


def _upcoming(found: list[Offer], panel: Panel) -> dict[str, Any] | None:
    """The nearest reward that only lacks points."""
    ahead = [offer for offer in found if offer.points_missing and len(offer.missing) == 1]
    nearest = min(ahead, key=lambda offer: offer.points_missing, default=None)
    return offered(nearest, panel) if nearest else None


@require_POST
@part
def join(request: HttpRequest, panel: Panel) -> HttpResponse:
    """A card at once. Where the shop's token names the shopper it is theirs from then on; else a code by e-mail proves
    later whose it is, and the card is shown in the portal only."""
    if panel.row is not None:
        return home_of(panel)
    if panel.shopper is not None:
        row = enrolled(panel.shopper, panel, news=bool(request.POST.get("news")))
        return home_of(
            Panel(panel.merchant, panel.at, panel.key, panel.shopper, row),
            said=_("Welcome! You collect from now on."),
        )
    form = JoinForm(request.POST)
    if not form.is_valid():
        return shown(panel, "widget/guest.html", guest_context(panel, form), status=422)
    try:
        count(request)
        kind, value = named_as(form.cleaned_data["email"])
        with transaction.atomic():
            member = made(panel, kind, value, news=form.cleaned_data["news"])
    except DomainError as refusal:
        show_errors(form, refusal, {"phone": "email"})
        status = refusal.status if refusal.status == 429 else 422
        return shown(panel, "widget/guest.html", guest_context(panel, form), status=status)
    points = balance_of(member).available if member else 0
    context = {
        "made": member is not None, "by_email": kind == "email",
        "points": formats.points(points, words()) if points else "",
    }  # fmt: skip
    return shown(panel, "widget/joined.html", context)


@require_safe
@part
def earn(request: HttpRequest, panel: Panel) -> HttpResponse:
    """How the programme works, in the words of its own rules."""
    rewards = first_rewards() if programmes.in_force() else []
    member = panel.member_id if panel.row is not None else None
    context = {
        "ways": ways(panel.merchant.currency, words(), rewards, at=panel.at, member=member)[1:],
    }
    return shown(panel, "widget/earn.html", context)
