"""A reward as members see it, in each language, while it is still being written; nothing here saves anything."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from loyalty.core import ids
from loyalty.core.money import MAX_POINTS
from loyalty.core.pages import Here, require
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.identity import Identity
from loyalty.web.office.frame import language_of, office_page
from loyalty.web.office.lists import is_text
from loyalty.web.office.stock.basics import ICONS
from rewards.models import Reward
from rewards.queries import catalogue

LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


def words_in(language: str) -> dict[str, str]:
    """The shop's own word for points in a language."""
    current = programmes.in_force()
    identity = current.programme["identity"] if current else Identity()
    return {"one": identity.word(language, 1), "other": identity.word(language, 2)}


def _first(texts: dict[str, str], language: str, ours: str) -> str:
    """A text in a language, else in the shop's own, else in English, else in any: as the portal chooses."""
    return texts.get(language) or texts.get("en") or texts.get(ours) or next(iter(texts.values()), "")


def seen(
    here: Here, *, language: str, kind: str, cost: int, names: dict[str, str], texts: dict[str, str]
) -> dict[str, Any]:
    """What the phone shows."""
    ours = language_of(here.merchant.language)
    return {
        "language": language,
        "own_words": bool(names.get(language)),
        "shown": {
            "name": _first(names, language, ours),
            "cost": cost,
            "icon": ICONS.get(Reward.Kind(kind), "gift") if kind in Reward.Kind.values else "gift",
            "text": _first(texts, language, ours),
        },
        "phone_words": words_in(language),
    }


def of_reward(here: Here, row: Reward, language: str) -> dict[str, Any]:
    """A saved reward on the phone."""
    return seen(
        here, language=language, kind=row.kind, cost=row.cost_points, names=row.name, texts=row.description
    )


def _language(request: HttpRequest, here: Here) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in LANGUAGES else language_of(here.merchant.language)


def tabs(url: str, language: str) -> list[dict[str, Any]]:
    """The languages, as a choice."""
    return [
        {"code": code, "label": name, "url": f"{url}?language={code}", "current": code == language}
        for code, name in settings.LANGUAGES
    ]


@require_safe
@require("rewards.view")
def draft(request: HttpRequest, here: Here) -> HttpResponse:
    """What a form says that is not saved yet, read from the address."""
    language, got = _language(request, here), request.GET
    cost = got.get("cost_points", "")
    texts = {name: got.get(name, "")[:1000] for name in got if is_text(got.get(name, ""))}
    number = int(cost) if cost.isdecimal() and len(cost) < 14 else 0
    url = reverse("office:reward_draft", args=[here.merchant.slug])
    context = {
        **seen(
            here, language=language, kind=got.get("kind", ""), cost=min(number, MAX_POINTS),
            names={code: texts[f"name_{code}"] for code in LANGUAGES if texts.get(f"name_{code}")},
            texts={code: texts[f"description_{code}"] for code in LANGUAGES if texts.get(f"description_{code}")},
        ),
        "languages": tabs(url, language),
        "draft_url": url,
    }  # fmt: skip
    return office_page(request, here, "office/stock/seen.html", context, current="rewards", partial="phone")


@require_safe
@require("rewards.view")
def preview(request: HttpRequest, here: Here, reward_id: str) -> HttpResponse:
    """A saved reward in the language of the address."""
    row, language = catalogue.reward(ids.decode("rwd", reward_id)), _language(request, here)
    url = reverse("office:reward_seen", args=[here.merchant.slug, reward_id])
    context = {
        **of_reward(here, row, language),
        "languages": tabs(url, language),
        "draft_url": reverse("office:reward_draft", args=[here.merchant.slug]),
        "back_url": reverse("office:reward", args=[here.merchant.slug, reward_id]),
    }
    return office_page(request, here, "office/stock/seen.html", context, current="rewards", partial="phone")
