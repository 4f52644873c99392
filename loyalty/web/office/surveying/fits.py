"""What fits a member: products with the reason for each, the best offer, and what they answered when asked."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from campaigns.models import SurveyAnswer
from campaigns.queries.suggestions import NextBest, Suggestion, fitting
from campaigns.queries.surveys import reading, results
from campaigns.rules.surveys import worded
from loyalty.core import formats, ids
from loyalty.core.pages import Here, require
from loyalty.web.office.about.page import about_page, row_of
from loyalty.web.office.surveying.answers import label_of
from rewards.queries.telling import named

SHOWN = 6
ANSWERS = 10


@require_safe
@require("members.view")
def fits(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """For whoever serves them: what to suggest, what to offer, and what they said."""
    row = row_of(member_id)
    found = fitting(row.member.pk, at=here.at, most=SHOWN)
    rows = results.answered_by(row.member.pk)[:ANSWERS] if here.may("surveys.view") else []
    context = {
        "fitting": found,
        "suggestions": [_suggested(one) for one in found.suggestions],
        "best": _best(found.next_best, here) if found.next_best else None,
        "answers": [_answered(one, here) for one in rows],
    }
    return about_page(request, here, "office/surveys/fits.html", row, context, current="about_fits")


def _suggested(one: Suggestion) -> dict[str, str]:
    why = ngettext(
        "Because they bought {product} {n} time", "Because they bought {product} {n} times", one.times
    ).format(product=one.because.named, n=formats.number(one.times))
    together = ngettext("{n} customer bought both", "{n} customers bought both", one.together).format(
        n=formats.number(one.together)
    )
    return {"name": one.product.named, "category": one.product.category, "why": why, "together": together}


def _best(best: NextBest, here: Here) -> dict[str, str]:
    product = best.product.named if best.product else ""
    why = {
        "suggested": _("It is about {product}, which goes with what they buy.").format(product=product),
        "bought": _("It is about {product}, which they buy.").format(product=product),
        "open": _("It is there for them now, and about no product in particular."),
    }[best.fits]
    if best.offer is not None:
        name = best.offer.offer.named(here.merchant.language)
        return {"name": name, "why": why, "kind": _("Offer to activate"), "url": ""}
    reward = best.reward
    if reward is None:
        raise AssertionError("a next best is an offer or a reward")
    url = reverse("office:reward", args=[here.merchant.slug, ids.encode("rwd", reward.pk)])
    return {"name": named(reward), "why": why, "kind": _("Reward they have enough for"), "url": url}


def _answered(one: SurveyAnswer, here: Here) -> dict[str, Any]:
    content, said = reading.content_of(one.survey), results.whole(one)
    language = here.merchant.language
    lines = []
    for question in content.questions:
        if question.id not in said:
            continue
        value = said[question.id]
        values = value if isinstance(value, list) else [value]
        text = ", ".join(label_of(question, each, language) for each in values)
        lines.append((worded(question.name, language), text))
    return {
        "name": one.survey.name, "at": one.answered_at, "lines": lines, "points": one.points,
        "url": reverse("office:survey_results", args=[here.merchant.slug, ids.encode("srv", one.survey_id)]),
    }  # fmt: skip
