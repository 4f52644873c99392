"""A member answers on the phone, by the mail's link and again, all at once: one answer, one reward."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from campaigns.models import SurveyAlert, SurveyAnswer, SurveyText
from campaigns.operations.surveys import answering
from campaigns.queries.surveys import reading
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.tenancy.scope import acting_for
from members.operations.merging import merge
from members.operations.privacy import erase_member
from members.queries.order_facts import look_up
from tests.campaigns.surveys.asking import THANKS, asked, says
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, person, publish
from tests.rewards.test_races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ready(luna_open: Any) -> tuple[Any, Any, Any]:
    """The shop, a survey that is open and rewarded, and Ana with Ben."""
    with acting_for(luna_open, by=MARA):
        publish(ONE_POINT_PER_KRONA, THANKS)
        return luna_open, asked(), (person("ana"), person("ben"))


def answers(survey: Any, member: Any) -> Callable[[], Any]:
    return lambda: says(survey, member, 3, why="Slow").points


def test_many_at_once_are_one_answer_and_one_reward(ready: tuple[Any, Any, Any]):
    merchant, survey, (ana, _ben) = ready
    found = at_once(merchant, [answers(survey, ana) for _n in range(12)])
    assert found == {25: 1, "already_answered": 11}
    with acting_for(merchant, by=MARA):
        assert balance(ana.pk).available == 25
        assert [SurveyAnswer.objects.count(), SurveyText.objects.count(), SurveyAlert.objects.count()] == [
            1,
            1,
            1,
        ]
        assert verify() == []


def test_twin_without_the_locks_they_get_in_each_others_way(
    ready: tuple[Any, Any, Any], monkeypatch: pytest.MonkeyPatch
):
    merchant, survey, (ana, _ben) = ready
    seen = reading.mine

    def slowly(*args: Any, **kwargs: Any) -> Any:
        found = seen(*args, **kwargs)
        time.sleep(0.3)
        return found

    monkeypatch.setattr(answering, "lock_name", lambda **_kwargs: None)
    monkeypatch.setattr(answering, "locked_member", lambda member: look_up({0: ("id", str(member))})[0][0])
    monkeypatch.setattr(reading, "mine", slowly)
    found = at_once(merchant, [answers(survey, ana) for _n in range(4)])
    assert found["IntegrityError"] > 0, "only the table itself would hold them"


def test_two_cards_become_one_while_both_answer(ready: tuple[Any, Any, Any]):
    merchant, survey, (ana, ben) = ready
    attempts = [answers(survey, ana), answers(survey, ben),
                lambda: merge(keep=ana.pk, remove=ben.pk, at=AT).status]  # fmt: skip
    at_once(merchant, attempts)
    with acting_for(merchant, by=MARA):
        rows = list(SurveyAnswer.objects.order_by("round"))
        assert {row.member_id for row in rows} == {ana.pk}
        assert [row.round for row in rows] == list(range(1, len(rows) + 1))
        assert balance(ana.pk).available == 25 * len(rows)
        assert verify() == []


def test_nothing_written_outlives_a_member_who_is_erased_meanwhile(ready: tuple[Any, Any, Any]):
    merchant, survey, (ana, _ben) = ready
    at_once(merchant, [answers(survey, ana), lambda: erase_member(member=ana.pk, at=AT).status])
    with acting_for(merchant, by=MARA):
        assert not SurveyText.objects.exists() and not SurveyAlert.objects.exists()
        assert not SurveyAnswer.objects.exclude(member=None).exists()
        assert verify() == []
