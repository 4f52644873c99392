"""The member's card for the wallet of their phone. Only for who has proven to be them: a card in a wallet goes on
showing what they have, long after this browser is closed."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from loyalty.connectors.wallets import google, queries
from loyalty.connectors.wallets.content import content_of, serial
from loyalty.connectors.wallets.operations import issue_pass
from loyalty.connectors.wallets.service import file_of
from loyalty.web.portal.frame import Card, card_page


def wallet_links(request: HttpRequest, card: Card) -> list[dict[str, Any]]:
    """The wallets this member can put their card into, that of their own phone first."""
    if not card.proven:
        return []
    labels = {"apple": _("Add to Apple Wallet"), "google": _("Add to Google Wallet")}
    found = [
        {"label": labels[platform], "url": card.url(f"wallet_{platform}"), "platform": platform}
        for platform in queries.platforms(at=card.at)
    ]
    is_android = "Android" in request.headers.get("User-Agent", "")
    return sorted(found, key=lambda link: (link["platform"] == "google") != is_android)


@require_safe
@card_page(proven=True)
def apple(request: HttpRequest, card: Card) -> HttpResponse:
    """The pass as a file. Asking makes it the first time; asking again gives the same one, as it is now."""
    wallet = queries.apple_wallet()
    if wallet is None or "apple" not in queries.platforms(at=card.at):
        raise Http404
    row = issue_pass(member=card.member_id, platform="apple", at=card.at)
    return file_of(card.merchant, wallet, row)


@require_safe
@card_page(proven=True)
def save_to_google(request: HttpRequest, card: Card) -> HttpResponse:
    """On to Google, with the card signed by the shop. A link, not a form: a browser would not let a form go there."""
    wallet = queries.google_wallet()
    if wallet is None:
        raise Http404
    row = issue_pass(member=card.member_id, platform="google", at=card.at)
    link = google.save_link(
        queries.signer_of(wallet), slug=card.slug, serial=serial(row), content=content_of(card.member_id), at=card.at
    )  # fmt: skip
    return HttpResponseRedirect(link)
