"""My cards at partner shops: linked by a code that is made here and told there, or the other way round."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import formats
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.pages import sent_to, show_errors
from loyalty.web.portal.frame import Card, card_page, portal_page, words
from loyalty.web.portal.rewards import grouped
from members.operations.card_links import accept_code, make_code, unlink
from members.queries import partners as asking

_CODE = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class CodeForm(forms.Form):
    """A code that was made at the partner's."""

    code = forms.CharField(
        max_length=40, label=gettext_lazy("Code from their pages"), widget=forms.TextInput(attrs=_CODE)
    )


def is_on(card: Card) -> bool:
    """Whether there is a partner, or a link with one there was."""
    current = asking.partnerships().filter(status__in=list(asking.ACTIVE))
    return current.exists() or bool(asking.card_links(card.member_id))


def _partners(card: Card, forms_by: dict[str, forms.Form]) -> list[dict[str, Any]]:
    """Every partner of today with my link there, and links with those who were."""
    current = {row.partner for row in asking.partnerships().filter(status__in=list(asking.ACTIVE))}
    links = {row.partner: row for row in asking.card_links(card.member_id)}
    there = {one.partner.pk: one for one in asking.at_partners(card.member_id, at=card.at)}
    shops, found = asking.merchants(current | set(links)), []
    for pk in sorted(shops, key=lambda pk: shops[pk].name):
        link, has = links.get(pk), there.get(pk)
        slug = shops[pk].slug
        found.append(
            {
                "slug": slug, "name": shops[pk].name, "linked": link is not None, "over": pk not in current,
                "since": link.since if link else None,
                "points": formats.number(has.points) if has else "",
                "here": formats.points(has.here, words()) if has else "",
                "form": forms_by.get(slug, CodeForm(auto_id=f"id_%s_{slug}")),
            }
        )  # fmt: skip
    return found


def _page(
    request: HttpRequest, card: Card, *, made: Any = None, form: tuple[str, forms.Form] | None = None
) -> HttpResponse:
    if not is_on(card):
        raise NotFound("partners")
    context = {"partners": _partners(card, dict([form]) if form else {}), "made": made}
    status = 422 if form else 200
    return portal_page(request, card, "portal/partners.html", context, current="profile", status=status)


@require_safe
@card_page(proven=True)
def partners(request: HttpRequest, card: Card) -> HttpResponse:
    """Partners, and what I have there."""
    return _page(request, card)


@require_POST
@card_page(proven=True)
def link_code(request: HttpRequest, card: Card, partner: str) -> HttpResponse:
    """A code to type at the partner's. It is shown once: only its digest is kept."""
    made = make_code(member=card.member_id, partner=partner, at=card.at)
    shown = {"slug": partner, "code": grouped(made.code), "until": made.until}
    return _page(request, card, made=shown)


@require_POST
@card_page(proven=True)
def link_up(request: HttpRequest, card: Card, partner: str) -> HttpResponse:
    """Type the code that was made at the partner's."""
    form = CodeForm(request.POST, auto_id=f"id_%s_{partner}")
    if form.is_valid():
        try:
            accept_code(member=card.member_id, partner=partner, code=form.cleaned_data["code"], at=card.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("Your two cards are linked."))
            return sent_to(request, card.url("partners"))
    return _page(request, card, form=(partner, form))


@require_POST
@card_page(proven=True)
def end_link(request: HttpRequest, card: Card, partner: str) -> HttpResponse:
    """End the link; each card keeps what is on it."""
    unlink(member=card.member_id, partner=partner, at=card.at)
    messages.success(request, _("The cards are no longer linked. Each keeps what is on it."))
    return sent_to(request, card.url("partners"))
