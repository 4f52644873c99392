"""The frame around every page of the dashboard: where one is, who one is, and the shop's own words."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from loyalty.core.merchants.roles import Role
from loyalty.core.pages import Here, new_form_key, render_page
from loyalty.core.pictures.queries import address
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.identity import LANGUAGES, Identity
from loyalty.web.office.work.queues import count_for

ROLE_NAMES = {
    Role.OWNER: gettext_lazy("Owner"),
    Role.MANAGER: gettext_lazy("Manager"),
    Role.CASHIER: gettext_lazy("Cashier"),
    Role.ANALYST: gettext_lazy("Analyst"),
}

#: Name of the address, label, icon, what one must be allowed to do, and the first part of the names below it.
#: What one does each day, what members get, whom one speaks to, what came of it, and the shop itself.
_NAV = (
    (
        ("overview", gettext_lazy("Overview"), "layout-dashboard", "overview.view"),
        ("work", gettext_lazy("Work"), "inbox", "work.view"),
        ("members", gettext_lazy("Members"), "users", "members.view"),
        ("orders", gettext_lazy("Orders"), "receipt-text", "members.view"),
        ("till", gettext_lazy("Till"), "scan-line", "till.use"),
    ),
    (
        ("programme", gettext_lazy("Programme"), "sliders-horizontal", "programme.view"),
        ("rewards", gettext_lazy("Rewards"), "gift", "rewards.view"),
        ("products", gettext_lazy("Products"), "package-2", "products.view"),
        ("games", gettext_lazy("Games"), "trophy", "games.view"),
    ),
    (
        ("campaigns", gettext_lazy("Campaigns"), "megaphone", "campaigns.view"),
        ("automations", gettext_lazy("Automations"), "workflow", "automations.view"),
        ("messages", gettext_lazy("Messages"), "mail", "messages.view"),
        ("surveys", gettext_lazy("Surveys"), "message-circle-question-mark", "surveys.view"),
        ("segments", gettext_lazy("Segments"), "users-round", "segments.view"),
    ),
    (
        ("reports", gettext_lazy("Reports"), "chart-column", "overview.view"),
        ("experiments", gettext_lazy("Experiments"), "flask-conical", "programme.view"),
    ),
    (
        ("imports", gettext_lazy("Import and export"), "arrow-down-up", "data.import"),
        ("keys", gettext_lazy("Connect"), "plug", "keys.manage"),
        ("audit", gettext_lazy("Audit log"), "scroll-text", "audit.view"),
        ("settings", gettext_lazy("Settings"), "settings", "settings.edit"),
    ),
)


def first_page(slug: str, allowed: frozenset[str]) -> str:
    """The address of the first page that somebody with these permissions may see; "" when there is none."""
    if "overview.view" in allowed:
        return reverse("office:overview", args=[slug])
    return reverse("office:join", args=[slug]) if "members.join" in allowed else ""


def nav_items(here: Here, current: str = "") -> list[dict[str, Any]]:
    """The entries of the menu that this person may open; `begins` where a group of them does."""
    items: list[dict[str, Any]] = []
    for group in _NAV:
        allowed = [entry for entry in group if here.may(entry[3])]
        for place, (name, label, icon, _permission) in enumerate(allowed):
            items.append(
                {
                    "label": label,
                    "url": reverse(f"office:{name}", args=[here.merchant.slug]),
                    "icon": icon,
                    "current": name == current,
                    "count": count_for(here) if name == "work" else 0,
                    "begins": bool(items) and place == 0,
                }
            )
    if not here.may("members.view") and here.may("members.join"):
        url = reverse("office:join", args=[here.merchant.slug])
        items.append(
            {"label": _("Add a member"), "url": url, "icon": "user-plus", "current": current == "join"}
        )
    return items


def _beside(here: Here) -> str:
    """The first page of a live shop's test shop, or the other way round; "" for who does not work there."""
    return first_page(here.sibling.slug, here.permissions) if here.sibling else ""


def _go_live(here: Here) -> str:
    """Where a test shop is taken live; "" for who may not publish, or does not work at the live one."""
    may = here.merchant.is_sandbox and here.sibling and here.may("programme.publish")
    return reverse("office:go_live", args=[here.merchant.slug]) if may else ""


def language_of(code: str | None) -> str:
    """The programme's language nearest to a page's: "nb-no" → "nb"; English for any other."""
    short = (code or "en").split("-")[0]
    return short if short in LANGUAGES else "en"


def words() -> dict[str, str]:
    """The shop's own word for points in the page's language: `{"one": "star", "other": "stars"}`."""
    current = programmes.in_force()
    identity = current.programme["identity"] if current else Identity()
    language = language_of(get_language())
    return {"one": identity.word(language, 1), "other": identity.word(language, 2)}


def office_page(
    request: HttpRequest,
    here: Here,
    template: str,
    context: Mapping[str, Any],
    *,
    current: str,
    partial: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render a page of the dashboard in its frame. `current` is the entry of the menu it belongs to."""
    slug = here.merchant.slug
    frame = {
        "here": here,
        "merchant": here.merchant,
        "slug": slug,
        "live_url": _beside(here) if here.merchant.is_sandbox else "",
        "test_url": "" if here.merchant.is_sandbox else _beside(here),
        "go_live_url": _go_live(here),
        "nav": nav_items(here, current),
        "staff_name": here.staff.name or str(request.user),
        "role_label": ROLE_NAMES[Role(here.staff.role)],
        "search_url": reverse("office:search", args=[slug]) if here.may("overview.view") else "",
        "account_url": reverse("account"),
        "logo_url": address(slug, here.merchant.logo, "small"),
        "home_url": first_page(slug, here.permissions),
        "merchants_url": f"{reverse('home')}?choose" if len(here.shops) > 1 else "",
        "may": dict.fromkeys((name.replace(".", "_") for name in here.permissions), True),
        "words": words(),
        "form_key": new_form_key(),
        "now": here.at,
    }
    return render_page(request, template, {**frame, **context}, partial=partial, status=status)
