"""The component library on one page, every part in every state: what pages are built from.

Shown to developers (DEBUG) and to the operator's staff; it reads nothing and changes nothing.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from loyalty.web import brand
from loyalty.web.office.charts_gallery import charts

#: An ordinary colour, a dark one, one that needs black text and an edge, and two that are hardly colours.
SAMPLE_COLOURS = ("#b4532a", "#2f5d50", "#ffd400", "#6d28a8", "#111111", "#ffffff")
PORTAL_COLOUR = "#b4532a"

#: Fixed, so that two pictures of the page differ only where the page does.
SAMPLE_INSTANT = datetime(2026, 11, 21, 14, 2, tzinfo=ZoneInfo("Europe/Stockholm"))


class SampleForm(forms.Form):
    """One field of every kind that the pages use."""

    name = forms.CharField(
        label=gettext_lazy("Name of the reward"),
        help_text=gettext_lazy("Members see this first. Keep it plain."),
    )
    cost = forms.IntegerField(label=gettext_lazy("Price"), min_value=1)
    value = forms.DecimalField(label=gettext_lazy("Costs you"), required=False, min_value=0, decimal_places=2)
    kind = forms.ChoiceField(
        label=gettext_lazy("What the member gets"),
        choices=[
            ("free", gettext_lazy("A product for free")),
            ("off", gettext_lazy("Money off")),
            ("code", gettext_lazy("A code for the web shop")),
        ],
    )
    starts = forms.DateField(
        label=gettext_lazy("Available from"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    used_at = forms.ChoiceField(
        label=gettext_lazy("How it is used"),
        help_text=gettext_lazy("What the member sees after choosing “Use”."),
        widget=forms.RadioSelect,
        choices=[
            ("till", gettext_lazy("Shown to staff at the till")),
            ("code", gettext_lazy("Typed in the web shop")),
        ],
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[("sv", "Svenska"), ("nb", "Norsk bokmål"), ("nl", "Nederlands"), ("en", "English")],
    )  # fmt: skip
    terms = forms.CharField(
        label=gettext_lazy("Terms"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    colour = forms.CharField(
        label=gettext_lazy("Brand colour"), required=False, widget=forms.TextInput(attrs={"type": "color"})
    )
    picture = forms.FileField(label=gettext_lazy("Picture"), required=False)
    code = forms.CharField(
        label=gettext_lazy("Sign-in code"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )
    locked = forms.CharField(label=gettext_lazy("Number of the reward"), required=False, disabled=True)
    live = forms.BooleanField(label=gettext_lazy("Members can see this reward"), required=False)


def _nav(here: str) -> list[dict[str, Any]]:
    items = [
        (_("Overview"), "layout-dashboard"),
        (_("Members"), "users"),
        (_("Programme"), "sliders-horizontal"),
        (_("Rewards"), "gift"),
        (_("Campaigns"), "megaphone"),
        (_("Reports"), "chart-line"),
        (_("Connect"), "plug"),
        (_("Settings"), "settings"),
    ]
    return [
        {"label": label, "url": here, "icon": icon, "current": label == _("Rewards"),
         "count": 3 if icon == "megaphone" else None}
        for label, icon in items
    ]  # fmt: skip


def _entries(here: str) -> list[dict[str, Any]]:
    return [
        {
            "at": SAMPLE_INSTANT, "title": _("Purchase"), "amount": 276, "balance": 1240,
            "detail": _("SEK 184.00 at Söder, with Anna"), "undo_url": here,
            "reasons": [
                _("184 points: 1 point for every krona of SEK 184.00"),
                _("92 points more: members in Silver earn 1.5 times"),
                _("Nothing for the gift card (SEK 200.00): gift cards never earn"),
            ],
        },
        {
            "at": SAMPLE_INSTANT - timedelta(hours=3), "title": _("Purchase in the web shop"), "amount": 89,
            "state": "wait", "state_text": _("counts from 5 Dec"), "balance": None,
            "detail": _("Order 10482"), "why_url": f"{here}?part=reasons",
        },
        {
            "at": SAMPLE_INSTANT - timedelta(days=9), "title": _("Free coffee"), "amount": -500,
            "balance": 964, "detail": _("Code 8KD2 used at Söder"), "icon": "gift", "undo_url": here,
        },
        {
            "at": SAMPLE_INSTANT - timedelta(days=20), "title": _("Expired"), "amount": -40, "balance": 1464,
            "detail": _("Earned in October 2025"), "icon": "hourglass", "state": "gone",
        },
    ]  # fmt: skip


def _rewards(here: str) -> list[dict[str, Any]]:
    return [
        {"name": _("Free coffee"), "cost": 500, "icon": "coffee", "available": True, "url": here},
        {
            "name": _("Cinnamon bun and coffee"),
            "cost": 900,
            "icon": "cake-slice",
            "available": True,
            "url": here,
        },
        {
            "name": _("SEK 100 off"),
            "cost": 1500,
            "icon": "ticket-percent",
            "missing": 260,
            "percent": 83,
            "url": here,
        },
        {
            "name": _("Evening of tasting"),
            "cost": 400,
            "icon": "wine",
            "reason": _("For Gold members"),
            "url": here,
        },
    ]


def _members() -> list[dict[str, Any]]:
    rows = [
        ("Maja Lind", "7Q4K-2M9X", "Silver", 1240, SAMPLE_INSTANT, 412300),
        ("Omar Haddad", "M3TR-88QP", "Gold", 20815, SAMPLE_INSTANT, 2841050),
        ("Sara Björklund-Österman", "ZX2C-71LA", "", -40, None, 0),
    ]
    return [dict(zip(("name", "card", "tier", "points", "at", "spent"), row, strict=True)) for row in rows]


def _palettes() -> list[dict[str, Any]]:
    found = []
    for colour in SAMPLE_COLOURS:
        derived = brand.derive(colour)
        lowest = min(pair.ratio for pair in brand.pairs(derived) if pair.least == brand.TEXT_CONTRAST)
        found.append({"brand": derived, "contrast": f"{lowest:.1f}:1"})
    return found


def _messages(here: str) -> list[Message]:
    return [
        Message(constants.SUCCESS, _("The reward is archived."), extra_tags=f"undo={here}"),
        Message(constants.ERROR, _("The points were not given: the member is blocked.")),
    ]


def _forms() -> dict[str, SampleForm]:
    filled = {
        "name": "Free coffee", "cost": 500, "value": "12.00", "used_at": "till", "languages": ["sv", "en"],
        "colour": PORTAL_COLOUR, "locked": "rwd_0192", "live": True, "starts": "2026-12-01",
    }  # fmt: skip
    given = {"name": "", "cost": "0", "kind": "free", "value": "-1.234"}
    wrong = SampleForm({f"wrong-{name}": value for name, value in given.items()}, prefix="wrong")
    wrong.add_error(None, _("Another reward has this name already. Give this one a name of its own."))
    return {
        "form": SampleForm(initial=filled),
        "wrong_form": wrong,
        "adjust_form": SampleForm(prefix="adjust"),
    }


def office_context(request: HttpRequest, here: str) -> dict[str, Any]:
    """What the page of components shows; its links lead to `here`, which is its own address."""
    curl = (
        f"curl {request.build_absolute_uri('/api/v1/orders')} \\\n"
        '  -H "Authorization: Bearer sk_test_…" \\\n'
        '  -H "Idempotency-Key: order-10482" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        '  -d \'{"member": "mbr_01J8Z", "total": {"minor": 18400, "currency": "SEK"}}\''
    )
    return {
        **_forms(),
        "merchant": {
            "name": "Fika & Co", "is_sandbox": True, "timezone": "Europe/Stockholm", "currency": "SEK",
        },
        "nav": _nav(here), "staff_name": "Anna Berg", "role_label": _("Owner"), "search_url": here, "here": here,
        "live_url": here, "words": {"one": _("point"), "other": _("points")}, "entries": _entries(here),
        "rewards": _rewards(here), "members": _members(), "palettes": _palettes(), "curl": curl,
        "messages": _messages(here) if "toasts" in request.GET else [], "at": SAMPLE_INSTANT,
        "stamps": [{"full": place < 7} for place in range(10)],
        "tabs": [
            {"label": _("All"), "url": here, "current": True, "count": 2418},
            {"label": _("Rewards"), "url": f"{here}?tab=rewards", "count": 12},
            {"label": _("Undone"), "url": f"{here}?tab=undone"},
        ],
        "facts": [
            {"label": _("Card"), "value": "7Q4K-2M9X"},
            {"label": _("Member since"), "value": "March 2025"},
            {"label": _("E-mail"), "value": "maja@example.org"},
        ],
    }  # fmt: skip


def _portal_context(colour: str) -> dict[str, Any]:
    here = f"{reverse('gallery')}?face=portal"
    icons = ("credit-card", "gift", "history", "user-round")
    labels = (_("Card"), _("Rewards"), _("Activity"), _("Profile"))
    return {
        "programme_name": "Fika & Co", "is_sandbox": True, "home_url": here, "theme_colour": colour,
        "brand_css_url": reverse("brand_css", args=[brand.digest(colour)]),
        "tabs": [
            {"label": label, "url": here, "icon": icon, "current": icon == "credit-card"}
            for label, icon in zip(labels, icons, strict=True)
        ],
        "words": {"one": _("point"), "other": _("points")}, "entries": _entries(here), "rewards": _rewards(here),
        "stamps": [{"full": place < 7} for place in range(10)],
    }  # fmt: skip


@require_safe
def gallery(request: HttpRequest) -> HttpResponseBase:
    """Show every component; with ``?face=portal&colour=2f5d50`` the member's side in that brand.

    404 for everyone but developers and operators.
    """
    user = getattr(request, "user", None)
    if not (settings.DEBUG or (user is not None and user.is_active and user.is_staff)):
        raise Http404
    if request.GET.get("face") == "portal":
        try:
            colour = brand.normalise(request.GET.get("colour", PORTAL_COLOUR))
        except brand.BadColour as refused:
            raise Http404 from refused
        return render(request, "portal/gallery.html", _portal_context(colour))
    if request.GET.get("face") == "charts":
        return charts(request, office_context(request, reverse("gallery")), reverse("gallery"))
    part = "#reasons" if request.GET.get("part") == "reasons" else ""
    return render(request, f"office/gallery.html{part}", office_context(request, reverse("gallery")))
