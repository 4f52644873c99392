"""A survey as members see it: from their card, or by the link in a mail without signing in.

Looking records nothing, whatever the address says: mail scanners follow every link. What follows from an answer is
asked at once where there are scripts, and on the next page where there are none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.models import Survey
from campaigns.operations.surveys.answering import AlreadyAnswered, answer_survey, worth
from campaigns.queries.surveys import reading
from campaigns.queries.surveys.reading import Mine, Stands
from campaigns.rules import surveys as rules
from campaigns.rules.surveys import Content, Kind, Question, worded
from loyalty.core import formats, ids
from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.pages import said, sent_to
from loyalty.core.tenancy.scope import Actor, acting_for
from loyalty.web.office.frame import language_of
from loyalty.web.portal.frame import Card, Shop, card_page, portal_page, shop_page, words
from members.queries import directory

TEMPLATE = "portal/surveys/survey.html"
PREFIX = "q-"


@dataclass(frozen=True, slots=True)
class Face:
    """One look at a survey: whose, where, and how they came."""

    shop: Shop
    member: UUID
    row: Survey
    came_by: str
    url: str
    language: str = field(default_factory=lambda: language_of(get_language()))


def surveys_on(card: Card) -> list[dict[str, str]]:
    """What a member is asked on their card: at most one survey at a time, with what it is worth."""
    for one in reading.to_ask(card.member_id, at=card.at):
        return [_invited(card, one.survey)]
    return []


def _invited(card: Card, row: Survey) -> dict[str, str]:
    content, language = reading.content_of(row), language_of(get_language())
    points = worth(survey=row, member=card.member_id, at=card.at)
    return {
        "title": worded(content.title, language),
        "worth": _("You get {points}.").format(points=formats.points(points, words())) if points else "",
        "url": card.url("survey", ids.encode("srv", row.pk)),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@card_page()
def survey(request: HttpRequest, card: Card, survey_id: str) -> HttpResponse:
    """A survey from my card, or by the address that stands on a poster."""
    row = reading.survey(ids.decode("srv", survey_id))
    if row.state == Survey.State.DRAFT:
        raise Http404
    return _page(request, Face(card, card.member_id, row, "portal", card.url("survey", survey_id)))


@require_http_methods(["GET", "HEAD", "POST"])
@shop_page
def survey_link(request: HttpRequest, shop: Shop, token: str) -> HttpResponse:
    """A survey by my own link: who holds it was written to. The link is good for this survey and nothing else."""
    with acting_for(shop.merchant, by=Actor("visitor")):
        found = reading.holder(token)
    if found is None:
        raise Http404
    with acting_for(shop.merchant, by=Actor("member", str(found.member))):
        try:
            person, row = directory.member(found.member), reading.survey(found.survey)
        except NotFound:
            raise Http404 from None
        came_by = "email" if request.GET.get("by") == "email" else "link"
        url = shop.url("survey_link", token) + ("?by=email" if came_by == "email" else "")
        with translation.override(person.language or get_language() or "en"):
            return _page(request, Face(shop, person.pk, row, came_by, url))


def _page(request: HttpRequest, face: Face) -> HttpResponse:
    content = reading.content_of(face.row)
    mine = reading.mine(face.row, face.member, at=face.shop.at)
    if mine.stands is not Stands.OPEN:
        return _shown(request, face, content, mine, {}, {})
    if request.method != "POST":
        return _shown(request, face, content, mine, _said(content, request.GET, numbers_only=True), {})
    given = _said(content, request.POST)
    there = {one.id for one in rules.asked(content, given)}
    given = {name: answer for name, answer in given.items() if name in there}
    if "look" in request.POST or not there <= set(request.POST.getlist("shown")):
        return _shown(request, face, content, mine, given, {})
    try:
        answer_survey(
            survey=face.row.pk, member=face.member, given=given, came_by=face.came_by, at=face.shop.at,
            language=face.language,
        )  # fmt: skip
    except AlreadyAnswered:
        pass  # sent twice: the page says thank you
    except InvalidInput as refusal:
        wrong = {one["field"].removeprefix("answers."): one["message"] for one in refusal.errors}
        return _shown(request, face, content, mine, given, wrong, status=422)
    except DomainError as refusal:
        return _shown(request, face, content, mine, given, {"answers": said(refusal)}, status=422)
    return sent_to(request, face.url)


def _said(content: Content, data: QueryDict, *, numbers_only: bool = False) -> dict[str, Any]:
    """What a form or an address says, by question. From an address only numbers: what is written belongs in no log."""
    found: dict[str, Any] = {}
    for one in content.questions:
        typed = data.getlist(PREFIX + one.id)
        text = typed[-1] if typed else ""
        if not text or (numbers_only and not one.numbers):
            continue
        match one.kind:
            case Kind.NPS | Kind.SCALE:
                found[one.id] = int(text) if text in map(str, one.numbers) else text
            case Kind.YES_NO:
                found[one.id] = {"yes": True, "no": False}.get(text, text)
            case Kind.MANY:
                found[one.id] = typed
            case _:
                found[one.id] = text
    if numbers_only:
        return {name: answer for name, answer in found.items() if isinstance(answer, int)}
    return found


def _shown(
    request: HttpRequest, face: Face, content: Content, mine: Mine, given: Mapping[str, Any],
    wrong: Mapping[str, str], *, status: int = 200,
) -> HttpResponse:  # fmt: skip
    language = face.language
    decide = rules.deciding(content)
    asked = rules.asked(content, given)
    points = worth(survey=face.row, member=face.member, at=face.shop.at) if mine.stands is Stands.OPEN else 0
    context = {
        "title": worded(content.title, language) or face.row.name,
        "intro": worded(content.intro, language),
        "thanks": worded(content.thanks, language),
        "stands": mine.stands.value,
        "questions": [_question(one, language, given, wrong, one.id in decide) for one in asked],
        "wrong": wrong.get("answers", ""),
        "has_errors": bool(wrong),
        "url": face.url,
        "points": points,
        "earned": mine.last.points if mine.last else 0,
        "signed_in": isinstance(face.shop, Card),
    }
    return portal_page(
        request, face.shop, TEMPLATE, context, current="card", partial="questions", status=status
    )


def _question(
    one: Question, language: str, given: Mapping[str, Any], wrong: Mapping[str, str], decides: bool
) -> dict[str, Any]:
    said = given.get(one.id)
    low, high = worded(one.low, language), worded(one.high, language)
    if one.kind is Kind.NPS and not (low or high):
        low, high = _("not at all likely"), _("very likely")
    if one.kind is Kind.YES_NO:
        options = [("yes", _("Yes"), said is True), ("no", _("No"), said is False)]
    else:
        chosen = said if isinstance(said, list) else [said]
        options = [(o.id, worded(o.name, language), o.id in chosen) for o in one.options]
    return {
        "id": one.id, "name": PREFIX + one.id, "kind": one.kind.value, "text": worded(one.name, language),
        "note": worded(one.note, language), "required": one.required, "low": low, "high": high,
        "numbers": [(n, n == said and said is not True) for n in one.numbers], "many": len(one.numbers) > 7,
        "options": options, "said": said if isinstance(said, str) else "", "error": wrong.get(one.id, ""),
        "decides": decides, "longest": rules.LONGEST_TEXT,
    }  # fmt: skip
