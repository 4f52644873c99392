"""What the pages of Connect share: their tabs, and what an owner has to know of."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.core import ids
from loyalty.core.pages import Here
from loyalty.core.webhooks import queries
from loyalty.core.webhooks.models import Endpoint

_TABS = (
    ("quickstart", gettext_lazy("Quickstart"), "keys.manage"),
    ("keys", gettext_lazy("Keys"), "keys.manage"),
    ("webhooks", gettext_lazy("Webhooks"), "webhooks.manage"),
    ("widget", gettext_lazy("Widget"), "keys.manage"),
)


def tabs(here: Here, current: str) -> list[dict[str, Any]]:
    """The parts of Connect that this person may see."""
    return [
        {
            "label": label,
            "url": reverse(f"office:{name}", args=[here.merchant.slug]),
            "current": name == current,
        }
        for name, label, permission in _TABS
        if here.may(permission)
    ]


def why_off(row: Endpoint) -> str:
    """Why we switched an endpoint off."""
    if row.why == Endpoint.Why.GONE:
        return _("Its server said that the address is gone for good (410).")
    return _("Nothing has arrived there for five days.")


def notices(here: Here) -> list[dict[str, str]]:
    """Webhooks that we switched off, for the list of what needs a look."""
    if not here.may("webhooks.manage"):
        return []
    return [
        {
            "kind": "warn",
            "icon": "webhook",
            "text": _("The webhook to {host} was switched off. {why}").format(
                host=host_of(row.url), why=why_off(row)
            ),
            "url": reverse("office:webhook", args=[here.merchant.slug, ids.encode("whe", row.pk)]),
            "action": _("Look at it"),
        }
        for row in queries.switched_off()
    ]


def host_of(url: str) -> str:
    """The part of an address that people recognise."""
    return url.split("/")[2] if url.count("/") > 1 else url
