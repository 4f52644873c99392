"""The demo's shops have something going on: nobody who looks round meets only empty lists."""

from datetime import timedelta

import pytest

from analytics.models import Goal
from campaigns.models import Automation, Badge, Campaign, Challenge, Segment, Survey, SurveyAnswer
from campaigns.queries.surveys import results
from loyalty.core import clock
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from loyalty.demo import cafe
from loyalty.demo.shops import DEMO, open_shops
from members.models import Member, Order

pytestmark = pytest.mark.django_db


def test_the_cafe_has_something_of_everything_under_way_and_the_grocery_drafts(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cafe, "WEEKS", 1)
    at = clock.now()
    shops = open_shops(at=at)
    with acting_for(shops.cafe, by=DEMO):
        assert sorted(Campaign.objects.values_list("kind", "state")) == [
            ("double-weekend", "running"), ("fourth-bag", "draft"),
        ]  # fmt: skip
        assert sorted(Automation.objects.values_list("state", flat=True)) == ["draft", "live"]
        assert Challenge.objects.get().state == "open" and Badge.objects.get().handle == "bullmastare"
        assert Goal.objects.get().figure == "members_active"
        survey = Survey.objects.get()
        assert SurveyAnswer.objects.filter(survey=survey).count() == min(16, Member.objects.count())
        nps = results.results(survey, zone=cafe.ZONE).nps
        assert nps is not None and nps.score is not None
        assert not Order.objects.filter(placed_at__gt=at - timedelta(hours=1)).exists(), (
            "the past earned as before"
        )
        assert verify() == []
    with acting_for(shops.grocery, by=DEMO):
        assert set(Campaign.objects.values_list("state", flat=True)) == {"draft"}
        assert set(Automation.objects.values_list("state", flat=True)) == {"draft"}
        assert Segment.objects.count() == 1
        assert not SurveyAnswer.objects.exists(), "nobody is made to say what they never said"
