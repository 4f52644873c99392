"""Search everywhere: members, orders, rewards, products, rules of the programme and pages, from one box.

Only what the person may see, in a number of queries that does not grow with the shop: members by whole address or
beginning of a name, orders by their number; rewards and rules are few and are looked through here.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from loyalty.core import formats, ids
from loyalty.core.pages import Here, require
from loyalty.core.programme import queries as programmes
from loyalty.web.office.frame import nav_items, office_page, words
from loyalty.web.office.lists import is_text
from loyalty.web.office.members import known_as
from loyalty.web.office.orders import order_rows
from loyalty.web.office.rewards import ICONS, name_of
from loyalty.web.office.settings.index import subjects
from loyalty.web.sentences import rule_sentence
from members.queries import directory, products
from members.queries import orders as orders_of
from members.queries.products import Choice
from rewards.models import Reward
from rewards.queries import catalogue

SHOWN = 6
"""Results of one kind; a link leads to all of them where there are more."""


def _fits(asked: str, *texts: Any) -> bool:
    """True when every word that was typed begins a word in one of the texts."""
    there = [word for text in texts for word in str(text).casefold().replace("-", " ").split()]
    return all(any(word.startswith(part) for word in there) for part in asked.casefold().split())


def _members(here: Here, asked: str) -> list[dict[str, Any]]:
    said = words()
    rows = directory.rows(list(directory.members(text=asked)[:SHOWN]))
    return [
        {
            "icon": "user",
            "title": row.name or known_as(row),
            "note": " · ".join(
                filter(None, [row.identities.get("email") or row.identities.get("phone"), row.identities.get("card")])
            ),
            "aside": formats.points(row.balance.available, said),
            "url": reverse("office:member", args=[here.merchant.slug, ids.encode("mbr", row.member.pk)]),
        }
        for row in rows
    ]  # fmt: skip


def _orders(here: Here, asked: str) -> list[dict[str, Any]]:
    found = order_rows(orders_of.listed(number=asked)[:SHOWN], here.merchant.slug)
    return [
        {
            "icon": "receipt-text",
            "title": row["order"].external_id,
            "note": " · ".join(
                filter(None, [formats.when(row["order"].placed_at, "datetime"), row["where"], row["member"]])
            ),
            "aside": formats.money(row["net_minor"], row["order"].currency),
            "url": row["url"],
        }
        for row in found
    ]


def _rewards(here: Here, asked: str) -> list[dict[str, Any]]:
    said = words()
    fitting = [
        row
        for row in catalogue.rewards(retired=True)
        if _fits(asked, *row.name.values(), row.handle, row.product_sku)
    ]
    return [
        {
            "icon": ICONS[Reward.Kind(row.kind)],
            "title": name_of(row),
            "note": _("Retired") if row.retired_at else "",
            "aside": formats.points(row.cost_points, said),
            "url": reverse("office:reward", args=[here.merchant.slug, ids.encode("rwd", row.pk)]),
        }
        for row in sorted(fitting, key=lambda row: row.retired_at is not None)[:SHOWN]
    ]


def _products(here: Here, asked: str) -> list[dict[str, Any]]:
    found = products.by_name(products.products(Choice(text=asked, archived=None)))[:SHOWN]
    return [
        {
            "icon": "package-2",
            "title": str(row),
            "note": " · ".join(
                filter(
                    None,
                    [row.sku if row.name else "", row.category, _("Put away") if row.archived_at else ""],
                )
            ),
            "aside": "" if row.price_minor is None else formats.money(row.price_minor, row.currency),
            "url": reverse("office:product", args=[here.merchant.slug, ids.encode("prd", row.pk)]),
        }
        for row in found
    ]


def _rules(here: Here, asked: str) -> list[dict[str, Any]]:
    current = programmes.in_force()
    rules = current.programme["earning"].rules if current else ()
    url, said = reverse("office:programme", args=[here.merchant.slug]), words()
    sentences = [(rule, rule_sentence(rule, here.merchant.currency, said)) for rule in rules]
    return [
        {
            "icon": "sliders-horizontal",
            "title": sentence,
            "note": rule.name or rule.id,
            "aside": "",
            "url": url,
        }
        for rule, sentence in sentences
        if _fits(asked, sentence, rule.name, rule.id)
    ][:SHOWN]


def _pages(here: Here, asked: str) -> list[dict[str, Any]]:
    places = [
        *(
            {"icon": one["icon"], "title": one["label"], "also": "", "url": one["url"]}
            for one in nav_items(here)
        ),
        *subjects(here),
    ]
    found = {
        one["url"]: {"icon": one["icon"], "title": one["title"], "note": "", "aside": "", "url": one["url"]}
        for one in places
        if _fits(asked, one["title"], one["also"])
    }
    return list(found.values())[:SHOWN]


def _groups(here: Here, asked: str) -> Iterable[dict[str, Any]]:
    """What was found, kind by kind, of what this person may see."""
    slug = here.merchant.slug
    if here.may("members.view"):
        found = _members(here, asked)
        more = (
            f"{reverse('office:members', args=[slug])}?{urlencode({'q': asked})}"
            if len(found) == SHOWN
            else ""
        )
        yield {"title": _("Members"), "results": found, "more": more}
        yield {"title": _("Orders"), "results": _orders(here, asked)}
    if here.may("rewards.view"):
        yield {"title": _("Rewards"), "results": _rewards(here, asked)}
    if here.may("products.view"):
        found = _products(here, asked)
        url = f"{reverse('office:products', args=[slug])}?{urlencode({'q': asked})}"
        yield {"title": _("Products"), "results": found, "more": url if len(found) == SHOWN else ""}
    if here.may("programme.view"):
        yield {"title": _("Rules of the programme"), "results": _rules(here, asked)}
    yield {"title": _("Pages"), "results": _pages(here, asked)}


@require_safe
@require("overview.view")
def search(request: HttpRequest, here: Here) -> HttpResponse:
    """Everything that fits `?q=`, kind by kind."""
    asked = request.GET.get("q", "").strip()[:100]
    asked = asked if is_text(asked) else ""
    groups = [group for group in _groups(here, asked) if group["results"]] if asked else []
    context = {
        "asked": asked,
        "search_query": asked,
        "groups": groups,
        "count": sum(len(group["results"]) for group in groups),
    }
    return office_page(request, here, "office/search.html", context, current="search", partial="results")
