"""The till itself: find somebody, see what a purchase gives, give it, and take it back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core import formats, ids
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.ledger.queries import balance
from loyalty.core.pages import FORM_KEY, said, show_errors
from loyalty.core.tills import queries
from loyalty.core.tills.models import Action
from loyalty.web.office.frame import words
from loyalty.web.pos import finding, reading, selling, shown
from loyalty.web.pos.asking import asked
from loyalty.web.pos.frame import Desk, desk_page, pos_page, url
from loyalty.web.templatetags.ui import UNDO
from members.queries import directory


def middle(
    request: HttpRequest, desk: Desk, context: dict[str, Any], *, panel: str = "", status: int = 200
) -> HttpResponse:
    """The till with something in its middle; only that, and what changed beside it, when htmx asks."""
    full = {"panel": panel or "empty", "last": shown.last_shown(desk), "asks": shown.asks_shown()}
    return pos_page(request, desk, "pos/till.html", {**full, **context}, partial="middle", status=status)


def _goes_to(url_: str) -> HttpResponse:
    """A redirect that htmx follows by itself into the middle of the till."""
    response = redirect(url_)
    response.status_code = 303
    return response


@require_safe
@desk_page()
def till(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ready for the next customer. What was just done (`?done=`) can be taken back from its message for a while."""
    _offer_undo(request, desk, request.GET.get("done", ""))
    return middle(request, desk, {})


def _offer_undo(request: HttpRequest, desk: Desk, done: str) -> None:
    """Say once more what was done, with a way back."""
    action = queries.action_named(done, till=desk.till.pk)
    if action is not None and selling.may_undo(action, desk):
        row = directory.row(directory.member(action.member))
        undo_at = UNDO + url("undo", action.pk)
        messages.success(request, _said(action, shown.short_name(row)), extra_tags=undo_at)


@require_POST
@desk_page()
def find(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A card, a code, a phone number or an e-mail address leads to its member, or to the reward the code is for."""
    text = request.POST.get("q", "")
    try:
        found = finding.find(text, desk)
    except DomainError as error:
        return middle(
            request, desk, {"problem": said(error), "looked_for": text[:60]}, panel="nobody", status=422
        )
    if found.redemption is not None:
        return _goes_to(url("code", ids.encode("rdm", found.redemption)))
    return _goes_to(f"{url('member', ids.encode('mbr', found.member))}?by={found.by}")


@require_safe
@desk_page()
def member(request: HttpRequest, desk: Desk, member_id: str) -> HttpResponse:
    """One member: what they have, a field for the sum, and what they can take."""
    row = shown.found(member_id)
    return middle(request, desk, shown.member_shown(row, desk, by=request.GET.get("by", "")), panel="member")


@require_POST
@desk_page("orders.record")
def quote(request: HttpRequest, desk: Desk, member_id: str) -> HttpResponse:
    """What the sum would give, before it is given."""
    row = shown.found(member_id)
    context: dict[str, Any] = {"row": row, "member_id": member_id}
    try:
        sale = reading.read_sale(request.POST, currency=desk.merchant.currency, asks=asked())
        context["quote"] = shown.quoted(selling.quote(desk=desk, member=row.member.pk, sale=sale), words())
    except DomainError as error:
        # Nobody is told off while they are still typing.
        context["quote_problem"] = said(error) if request.POST.get("amount", "").strip() else ""
    return pos_page(request, desk, "pos/quote.html", context)


@require_POST
@desk_page("orders.record")
def earn(request: HttpRequest, desk: Desk, member_id: str) -> HttpResponse:
    """Record the purchase and give what it earns: once for each time the form was shown."""
    row = shown.found(member_id)
    try:
        sale = reading.read_sale(request.POST, currency=desk.merchant.currency, asks=asked())
        done = selling.sell(desk=desk, member=row.member.pk, sale=sale, key=request.POST.get(FORM_KEY, ""))
    except DomainError as error:
        return _again(request, desk, row, error)
    return _goes_to(url("done", done.pk))


def _again(request: HttpRequest, desk: Desk, row: directory.Row, error: DomainError) -> HttpResponse:
    """The member's page with what is wrong, and everything that was typed."""
    problems = error.errors if isinstance(error, InvalidInput) else []
    context = {
        **shown.member_shown(row, desk),
        "typed": {name: request.POST.get(name, "") for name in request.POST},
        "sale_problem": said(error),
        "wrong": {problem["field"] for problem in problems},
    }
    return middle(request, desk, context, panel="member", status=422)


@require_safe
@desk_page()
def done(request: HttpRequest, desk: Desk, action_id: UUID) -> HttpResponse:
    """What was just done, with the new balance. The till goes on to the next customer by itself."""
    action = queries.action(action_id, till=desk.till.pk)
    row = directory.row(directory.member(action.member))
    context = {
        "action": action,
        "action_id": str(action.pk),
        "name": shown.short_name(row),
        "member_id": ids.encode("mbr", row.member.pk),
        "balance": balance(row.member.pk),
        "text": _said(action, shown.short_name(row)),
        "undo_url": url("undo", action.pk) if selling.may_undo(action, desk) else "",
        "codes": shown.handed_out(action),
        "stamp_cards": shown.cards_shown(row.member.pk) if action.kind == Action.Kind.EARN else [],
        "rewards": shown.ready_now(row.member.pk, desk) if action.kind == Action.Kind.EARN else 0,
    }
    return middle(request, desk, context, panel="done")


def _said(action: Action, name: str) -> str:
    match action.kind:
        case Action.Kind.EARN:
            points = formats.points(action.points, words())
            return _("{points} for {name}").format(points=points, name=name)
        case Action.Kind.JOIN:
            return _("{name} is a member now").format(name=name)
        case Action.Kind.OFFER:
            return _("“{what}” is active for {name}").format(what=action.what, name=name)
        case Action.Kind.PERK:
            return _("“{what}” noted for {name}").format(what=action.what, name=name)
        case _:
            return _("“{what}” for {name}").format(what=action.what, name=name)


@require_POST
@desk_page("till.undo")
def undo(request: HttpRequest, desk: Desk, action_id: UUID) -> HttpResponse:
    """Take it back."""
    action = selling.undo(desk=desk, action=action_id)
    row = directory.row(directory.member(action.member))
    text = _("Taken back: {what}. {name} has {points} now.")
    messages.success(
        request,
        text.format(
            what=_said(action, shown.short_name(row)), name=shown.short_name(row),
            points=formats.points(balance(row.member.pk).available, words()),
        ),
    )  # fmt: skip
    return _goes_to(url("till"))


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page("members.join")
def join(request: HttpRequest, desk: Desk) -> HttpResponse:
    """One field and a yes, and there is a card."""
    form = reading.JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = selling.sign_up(
                desk=desk,
                identities=form.identities(),
                details=form.details(),
                key=request.POST.get(FORM_KEY, ""),
            )
        except DomainError as error:
            show_errors(form, error, {"email": "contact", "phone": "contact", "identities": "contact"})
        else:
            if made.created:
                messages.success(request, _("The card is made. They can show it from now on."))
            else:
                messages.info(request, _("They have a card already: here it is."))
            new = "card" if made.created else "known"
            return _goes_to(f"{url('member', ids.encode('mbr', made.member))}?by={new}")
    status = 422 if form.errors else 200
    return middle(request, desk, {"form": form}, panel="join", status=status)
