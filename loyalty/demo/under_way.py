"""What the demo's shops have under way besides collecting: campaigns, an automation, a survey, games, goals, segments.

Made by the operations that staff's own clicks call. The café's people are invented, so their answers may be, too; at
the grocery, whose receipts are published data, nothing is said in anybody's name.
"""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import translation
from msgspec.structs import replace

from analytics.operations.aiming import set_goal
from campaigns.operations.automations.shaping import create_automation, start_automation
from campaigns.operations.campaigning.launching import launch_campaign
from campaigns.operations.campaigning.writing import write_campaign
from campaigns.operations.games.badges import create_badge
from campaigns.operations.games.challenges import create_challenge, open_challenge
from campaigns.operations.segments.shaping import create_segment
from campaigns.operations.surveys.answering import answer_survey
from campaigns.operations.surveys.shaping import create_survey, open_survey
from campaigns.queries.campaigning.templates import BY_KEY
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.web.office.automations.starts import STARTS
from members.models import Member

ASKED: dict[str, Any] = {
    "title": {"sv": "Hur har du det hos oss?", "en": "How do you like it here?"},
    "intro": {"sv": "Tre korta frågor.", "en": "Three short questions."},
    "thanks": {"sv": "Tack! Vi läser allt.", "en": "Thank you! We read all of it."},
    "questions": [
        {
            "id": "recommend",
            "kind": "nps",
            "required": True,
            "name": {
                "sv": "Skulle du rekommendera oss till en vän?",
                "en": "Would you recommend us to a friend?",
            },
        },
        {
            "id": "best",
            "kind": "many",
            "name": {"sv": "Vad är bäst?", "en": "What is best?"},
            "options": [
                {"id": "coffee", "name": {"sv": "Kaffet", "en": "The coffee"}},
                {"id": "buns", "name": {"sv": "Bullarna", "en": "The buns"}},
                {"id": "people", "name": {"sv": "Människorna", "en": "The people"}},
            ],
        },
        {
            "id": "why",
            "kind": "text",
            "name": {"sv": "Vad kan vi göra bättre?", "en": "What could we do better?"},
            "when": {"question": "recommend", "at_most": 6},
        },
    ],
}
REGULAR = {"match": "all", "of": [{"type": "orders", "at_least": 20, "within_days": 60}]}
GRUMBLES = ("Kön är lång på morgonen.", "Musiken är lite hög.")


def begin_at_cafe(*, today: date, at: datetime) -> None:
    """What goes on at the café, in its scope, once its weeks are lived."""
    create_segment(name="Stammisar", conditions=REGULAR, at=at)
    _campaign("double-weekend", at=at, launched=True)
    _campaign("fourth-bag", at=at)
    _automation("welcome", at=at, started=True)
    _automation("win-back", at=at)
    create_badge(
        name="Bullmästare", text="Tio bullar på en månad", drawing="award", handle="bullmastare", at=at
    )
    terms = {
        "measure": "purchases", "per": "month",
        "milestones": [{"needed": 5, "points": 25}, {"needed": 10, "points": 75, "badge": "bullmastare"}],
    }  # fmt: skip
    made = create_challenge(details={"name": "Tio besök på en månad", "terms": terms}, at=at)
    open_challenge(challenge=made.pk, at=at)
    _survey(at=at)
    set_goal(
        figure="members_active",
        start=Decimal(20),
        target=Decimal(30),
        due_on=today + timedelta(days=120),
        at=at,
    )


def begin_at_grocery(*, at: datetime) -> None:
    """What goes on at the grocery, in its scope: drafts that can be tried on its year of receipts."""
    create_segment(name="Regulars", conditions=REGULAR, at=at)
    _campaign("win-back", at=at)
    _campaign("double-weekend", at=at)
    _automation("win-back", at=at)


def _campaign(key: str, *, at: datetime, launched: bool = False) -> None:
    shop = shop_of_scope()
    with translation.override(shop.language):
        content = BY_KEY[key].content(currency=shop.currency, language=shop.language)
    content = replace(content, ends_at=at + timedelta(days=28))
    made = write_campaign(campaign=None, content=content, at=at)
    if launched:
        launch_campaign(campaign=made.pk, at=at)


def _automation(key: str, *, at: datetime, started: bool = False) -> None:
    language, start = shop_of_scope().language, STARTS[key]
    with translation.override(language):
        name = str(start.name)
    made = create_automation(name=name, flow=start.flow(language), at=at)
    if started:
        start_automation(automation=made.pk, at=at)


def _survey(*, at: datetime) -> None:
    made = create_survey(name="Höstens fråga", handle="host", content=ASKED, at=at - timedelta(days=14))
    open_survey(survey=made.pk, at=at - timedelta(days=14))
    dice = random.Random("survey")
    for number, member in enumerate(Member.objects.order_by("joined_at", "id")[:16]):
        score = dice.choice((10, 10, 9, 9, 9, 8, 8, 7, 6))
        given: dict[str, Any] = {
            "recommend": score,
            "best": dice.sample(["coffee", "buns", "people"], k=1 + number % 2),
        }
        if score <= 6:
            given["why"] = GRUMBLES[number % len(GRUMBLES)]
        answer_survey(
            survey=made.pk, member=member.pk, given=given, came_by="portal",
            at=at - timedelta(days=13) + timedelta(hours=7 * number), language="sv",
        )  # fmt: skip
