"""The way into the settings: every subject with what is decided now."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from loyalty.core import formats
from loyalty.core.merchants.queries import invitations, locations, people
from loyalty.core.pages import Here, require
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.identity import Identity
from loyalty.web.office.frame import language_of, office_page
from loyalty.web.office.settings.mailing import is_configured
from loyalty.web.office.wallets import summary as wallets_connected

#: Address, icon, title, what one must be allowed to do, and further words it is found by.
SUBJECTS = (
    ("settings_brand", "palette", gettext_lazy("Brand"), "settings.edit",
     gettext_lazy("name colour logo look picture")),
    ("settings_words", "languages", gettext_lazy("Words and languages"), "settings.edit",
     gettext_lazy("points name tagline translation language")),
    ("settings_staff", "users-round", gettext_lazy("Staff and roles"), "staff.manage",
     gettext_lazy("colleagues invite role rights cashier manager second factor")),
    ("settings_places", "store", gettext_lazy("Locations"), "settings.edit",
     gettext_lazy("locations shops branches code")),
    ("settings_mail", "mail", gettext_lazy("E-mail"), "settings.edit", gettext_lazy("sender reply-to test mail")),
    ("settings_privacy", "shield-check", gettext_lazy("Privacy"), "settings.edit",
     gettext_lazy("personal data retention erase export controller GDPR")),
    ("wallets", "wallet-cards", gettext_lazy("Wallets"), "settings.edit",
     gettext_lazy("Apple Google phone card pass certificate")),
    ("keys", "plug", gettext_lazy("Connect"), "keys.manage", gettext_lazy("API keys till web shop")),
    ("print_kit", "printer", gettext_lazy("Print kit"), "overview.view",
     gettext_lazy("poster flyer counter card QR share picture")),
    ("components", "component", gettext_lazy("Components"), "settings.edit", gettext_lazy("design system gallery")),
)  # fmt: skip


def _now(here: Here) -> dict[str, str]:
    """What is decided now, in a few words, by subject."""
    shop, current = here.merchant, programmes.in_force()
    identity = current.programme["identity"] if current else Identity()
    language = language_of(shop.language)
    logo = _("with a logo") if shop.logo else _("no logo yet")
    open_places = len([place for place in locations() if place.closed_at is None])
    working = len([row for row in people() if row.revoked_at is None])
    waiting = len(invitations())
    staff = ngettext("{n} person", "{n} people", working).format(n=formats.number(working))
    if waiting:
        staff += " · " + ngettext("{n} invited", "{n} invited", waiting).format(n=formats.number(waiting))
    return {
        "settings_brand": f"{shop.name} · {logo}",
        "settings_words": f"{identity.named(language, shop.name)} · {identity.word(language, 2)}",
        "settings_staff": staff,
        "settings_places": ngettext("{n} open place", "{n} open places", open_places).format(n=open_places),
        "settings_mail": _("Sent as {name}").format(name=shop.sender_name or shop.name)
        if is_configured()
        else _("No mail server yet"),
        "wallets": wallets_connected(here),
        "settings_privacy": shop.controller_name or _("Nobody is named as responsible yet"),
        "keys": _("Tills, web shops and other systems"),
        "print_kit": _("Posters, cards and pictures to share"),
        "components": _("Everything the pages are built from"),
    }


def subjects(here: Here) -> list[dict[str, Any]]:
    """The subjects that this person may open."""
    return [
        {
            "name": name,
            "icon": icon,
            "title": title,
            "also": also,
            "url": reverse(f"office:{name}", args=[here.merchant.slug]),
        }
        for name, icon, title, permission, also in SUBJECTS
        if here.may(permission)
    ]


@require_safe
@require("settings.edit")
def index(request: HttpRequest, here: Here) -> HttpResponse:
    """Every subject of the settings as a tile."""
    now = _now(here)
    tiles = [{**subject, "now": now[subject["name"]]} for subject in subjects(here)]
    return office_page(request, here, "office/settings/index.html", {"tiles": tiles}, current="settings")
