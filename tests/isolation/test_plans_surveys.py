"""What surveys and suggestions ask of the database uses an index, in a shop with thousands of members."""

from collections.abc import Callable
from typing import Any

from campaigns.models import KnownProduct, ProductLink, Survey, SurveyAlert, SurveyAnswer, SurveyText
from campaigns.operations.surveys.privacy import holder
from campaigns.queries.suggestions import bought_by
from campaigns.queries.surveys import reading, results
from members.models import Member
from tests.campaigns.surveys.asking import asked
from tests.cast import AT, days
from tests.isolation.crowd import Crowded
from tests.isolation.crowding import analyse, committed
from tests.isolation.test_plans import slow_steps

PRODUCTS = """
INSERT INTO campaigns_productlink (id, merchant_id, sku, other, place, score, together)
SELECT gen_random_uuid(), m, 's' || n % 300, 'o' || n, 1, 0.5, 3
  FROM (SELECT DISTINCT merchant_id AS m FROM members_member) shops, generate_series(1, 3000) n;
INSERT INTO campaigns_knownproduct (id, merchant_id, sku, name, category, orders, rank)
SELECT gen_random_uuid(), m, 's' || n, 'x', '', 3, n
  FROM (SELECT DISTINCT merchant_id AS m FROM members_member) shops, generate_series(1, 3000) n
"""


def _answered() -> Survey:
    """A survey that everybody in the shop has answered."""
    survey = asked()
    members = Member.objects.values_list("pk", flat=True)
    answers = SurveyAnswer.objects.bulk_create(
        SurveyAnswer(
            survey=survey, member_id=one, given={"recommend": 3}, score=3, came_by="api", answered_at=AT
        )
        for one in members
    )
    SurveyText.objects.bulk_create(SurveyText(answer=one, question="why", text="x") for one in answers)
    SurveyAlert.objects.bulk_create(
        SurveyAlert(answer=one, member_id=one.member_id, score=3, state="done", opened_at=AT, changed_at=AT)
        for one in answers
    )
    return survey


def test_surveys_and_suggestions_use_an_index(crowded: Crowded) -> None:
    survey = committed(_answered)
    analyse(*PRODUCTS.split(";"))
    hot: dict[str, Callable[[], Any]] = {
        "how a survey stands for a member": lambda: reading.mine(survey, crowded.member, at=AT),
        "who is left in peace": lambda: reading.resting([crowded.member], survey, at=AT + days(1)),
        "what a member answered": lambda: list(results.answered_by(crowded.member)[:10]),
        "all that is told of a member": lambda: holder.export and holder.export(crowded.member),
        "follow-ups of a member": lambda: list(SurveyAlert.objects.filter(member=crowded.member)),
        "what somebody bought": lambda: bought_by(crowded.member, at=AT + days(1)),
        "what goes with it": lambda: list(ProductLink.objects.filter(sku__in=["s1", "s2"])),
        "products by number": lambda: list(KnownProduct.objects.filter(sku__in=["s1", "s2"])),
    }
    pages: dict[str, Callable[[], Any]] = {
        "the last answers": lambda: list(results.answers_of(survey).order_by("-answered_at")[:25]),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []
