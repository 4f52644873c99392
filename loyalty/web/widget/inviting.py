"""Bringing friends from the shop's own pages: the member's link, and how many have come by it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from loyalty.core.errors import NotFound
from loyalty.web.programme_words import referral_sentences
from loyalty.web.widget.frame import Panel, part, shown
from members.operations.inviting import code_of, settings_in_force
from members.queries import referrals
from members.queries.why import voice_of_scope
from rewards.queries.telling import named_by_handle


def _invitation(panel: Panel) -> HttpResponse:
    terms, code = settings_in_force(), referrals.code_known(panel.member_id)
    if not terms.on and not code:
        raise NotFound("referrals")
    handles = {terms.friend.reward, terms.referrer.reward} - {""}
    context = {
        "is_on": terms.on,
        "says": referral_sentences(terms, named_by_handle(handles), voice_of_scope(plain=True)),
        "link": referrals.link_of(code) if code else "",
        "friends": referrals.brought_by(panel.member_id).count(),
    }
    return shown(panel, "widget/invite.html", context)


@require_safe
@part
def invite(request: HttpRequest, panel: Panel) -> HttpResponse:
    """The member's own link, and what both get."""
    return _invitation(panel)


@require_POST
@part
def make_code(request: HttpRequest, panel: Panel) -> HttpResponse:
    """A code of their own; whoever has one keeps it."""
    code_of(member=panel.member_id, at=panel.at)
    return _invitation(panel)
