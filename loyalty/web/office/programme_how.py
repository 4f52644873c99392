"""How it works: the page members read, made from the rules, in each language, as the draft or as it counts; to look at
and to print."""

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from loyalty.core.pages import Here, require
from loyalty.core.programme import document, queries
from loyalty.core.programme.identity import LANGUAGES
from loyalty.web.office.editor.sheets import LANGUAGE_NAMES
from loyalty.web.office.frame import language_of
from loyalty.web.office.lists import address
from loyalty.web.office.programme_parts import page
from loyalty.web.portal.ways import first_rewards, ways


@require_safe
@require("programme.view")
def how(request: HttpRequest, here: Here) -> HttpResponse:
    """`?lang=` is the language, the shop's own at first; `?of=draft` tells the draft."""
    asked = request.GET.get("lang", "")
    language = asked if asked in LANGUAGES else language_of(here.merchant.language)
    draft, current = queries.draft(), queries.in_force()
    of_draft = draft is not None and (request.GET.get("of") == "draft" or current is None)
    found = document.parse(draft.document) if of_draft and draft else current.programme if current else None
    context = {
        "language": language,
        "languages": [
            {"code": code, "label": LANGUAGE_NAMES[code], "url": address(request, lang=code),
             "current": code == language}
            for code in LANGUAGES
        ],
        "of_draft": of_draft,
        "can_choose": draft is not None and current is not None,
        "draft_url": address(request, of="draft"),
        "current_url": address(request, of=""),
        "told": found is not None,
    }  # fmt: skip
    if found is not None:
        with translation.override(language):
            identity = found["identity"]
            named = {"one": identity.word(language, 1), "other": identity.word(language, 2)}
            steps = ways(here.merchant.currency, named, first_rewards(), at=here.at, programme=found)
            context |= {
                "ways": steps,
                "how_title": _("How it works"),
                "programme_name": identity.named(language, here.merchant.name),
                "tagline": identity.tagline.get(language) or identity.tagline.get("en", ""),
            }
    return page(request, here, "office/programme/how.html", context, tab="how")
