"""What a survey found out is what one counts by hand from its answers, by question, group and month."""

from collections import Counter
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest

from campaigns.models import SurveyAnswer, SurveyText
from campaigns.queries.surveys.results import results
from campaigns.rules.surveys.nps import LEAST
from loyalty.core.merchants.models import Merchant
from members.operations.bulk import put_into_segment
from tests.campaigns.surveys.asking import asked, says
from tests.cast import AT, person, publish

ZONE = ZoneInfo("Europe/Stockholm")


@pytest.fixture
def many(cafe: Merchant):
    """Sixty members answer over three months; every third is a regular. What they said, beside the survey."""
    publish(tiers={"ladder": [{"id": "classic", "at_least": 0}]})
    survey, chance, said = asked(), Random(7), []
    for number in range(60):
        member = person(f"m{number}")
        if number % 3 == 0:
            put_into_segment(members=[member.pk], segment="regulars", at=AT)
        score = chance.choice([0, 3, 6, 7, 8, 9, 9, 10, 10, 10])
        likes = ["coffee"] if score >= 9 and number % 2 else []
        given = {"likes": likes} if likes else {}
        if score <= 6:
            given["why"] = f"Reason {number}"
        at = datetime(2026, 3 + number % 3, 28, 22, 30, tzinfo=UTC)
        says(survey, member, score, at=at, **given)
        said.append((number, score, likes, at))
    return survey, said


def test_the_figures_are_those_of_the_answers(many):
    survey, said = many
    found = results(survey, zone=ZONE)
    scores = [score for _n, score, _likes, _at in said]
    promoters, detractors = sum(s >= 9 for s in scores), sum(s <= 6 for s in scores)
    assert found.answers == found.members == 60
    assert found.nps and found.nps.score == pytest.approx(100 * (promoters - detractors) / 60)
    recommend, why, likes, visit = found.questions
    assert {one.value: one.count for one in recommend.counted if one.count} == dict(Counter(scores))
    assert recommend.mean == pytest.approx(sum(scores) / 60)
    assert sum(one.share for one in recommend.counted) == pytest.approx(1)
    assert why.answers == detractors and len(why.texts) == detractors
    assert likes.counted[0].count == sum(bool(one) for _n, _s, one, _at in said)
    assert (visit.answers, visit.mean) == (0, None)


def test_groups_and_months_are_told_apart_where_there_are_enough(many):
    survey, said = many
    found = results(survey, zone=ZONE)
    regulars = [score for number, score, _l, _at in said if number % 3 == 0]
    group = next(one for one in found.groups if (one.kind, one.name) == ("segment", "regulars"))
    assert (group.answers, group.nps and group.nps.promoters) == (20, sum(s >= 9 for s in regulars))
    assert [month for month, _nps in found.months] == ["2026-03", "2026-04", "2026-05"]
    for month, nps in found.months:
        mine = [s for _n, s, _l, at in said if f"{at.astimezone(ZONE):%Y-%m}" == month]
        assert nps.answers == len(mine) and nps.promoters == sum(s >= 9 for s in mine)


def test_a_group_that_would_give_somebody_away_is_not_told(cafe: Merchant):
    survey = asked()
    for number in range(LEAST):
        member = person(f"p{number}")
        if number:
            put_into_segment(members=[member.pk], segment="few", at=AT)
        says(survey, member, 9)
    groups = {(one.kind, one.name): one for one in results(survey, zone=ZONE).groups}
    assert groups["segment", "few"].nps is None and groups["segment", "few"].answers == LEAST - 1
    assert groups["tier", ""].nps is not None


def test_a_month_without_answers_is_a_gap_and_the_zone_counts(cafe: Merchant):
    survey = asked()
    says(
        survey, person("one"), 9, at=datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    )  # half past midnight in April
    says(survey, person("two"), 9, at=datetime(2026, 6, 1, 8, tzinfo=UTC))
    months = results(survey, zone=ZONE).months
    assert [(month, nps.answers) for month, nps in months] == [
        ("2026-04", 1), ("2026-05", 0), ("2026-06", 1)]  # fmt: skip
    assert SurveyAnswer.objects.count() == 2 and not SurveyText.objects.exists()
