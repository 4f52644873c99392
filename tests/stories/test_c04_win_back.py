"""C4: members who stayed away are offered something extra to return. Played on what really followed: who came back after
three weeks or more is given it once, by the receipts, and nobody else is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from campaigns.tasks import plan_newsletters, refresh_segments, sweep_segments
from loyalty.demo.history import SHOP_ZONE, Basket
from tests.campaigns.hand import go_out
from tests.stories.campaigns.played import Calendar
from tests.stories.grocery import Grocery, grocery, worth

pytestmark = pytest.mark.django_db
JANUARY = datetime(2026, 1, 14, 17, 0, tzinfo=UTC)  # noon in New York
WEEKS, AWAY, GIFT = 6, 21, 150
BACK = {
    "type": "fixed",
    "id": "back",
    "amount": GIFT,
    "when": [{"type": "since_order", "at_least_days": AWAY}],
}
WORDS = {"en": {"subject": "We kept your place", "body": "Come back and collect 150 points."}}


@pytest.fixture
def club(calendar: Calendar) -> Grocery:
    """The shop in January; everybody has agreed to news."""
    made = grocery(calendar, until=JANUARY)
    for public in made.members.values():
        assert made.call("PATCH", f"members/{public}", {"news_by_email": True}).status_code == 200
    return made


def away_segment(club: Grocery) -> str:
    """Who has not bought for three weeks, kept up to date; the name by which campaigns call it."""
    asks: dict[str, Any] = {"match": "all", "of": [{"type": "since_order", "at_least_days": AWAY}]}
    made = club.call.post("segments", {"name": "Away", "conditions": asks})
    assert made.status_code == 201, made.content
    return str(made.json()["handle"])


def test_who_stayed_away_is_written_to_and_rewarded_once_for_coming_back(club: Grocery, calendar: Calendar):
    handle = away_segment(club)
    away = {name for name in club.members if club.days_away(name, JANUARY) >= AWAY}
    assert 0 < len(away) < len(club.members)
    back = club.launches("win-back", segment=handle, rules=[BACK], words=WORDS)
    mail.outbox.clear()
    plan_newsletters()
    go_out(at=JANUARY + timedelta(hours=1))
    wrote = {one.to[0] for one in mail.outbox if one.subject == WORDS["en"]["subject"]}
    assert wrote == {f"{name}@example.com" for name in away}, "nobody who is a customer anyway"

    expected: dict[str, str] = {}
    nights = {JANUARY.astimezone(SHOP_ZONE).date()}

    def follow(basket: Basket) -> None:
        """What the receipts say this one should bring; and the nights before it."""
        day = basket.happened_at.astimezone(SHOP_ZONE).date()
        if day not in nights and basket.happened_at.astimezone(SHOP_ZONE).hour >= 1:
            nights.add(day)
            club.happens_after()
            refresh_segments()
            sweep_segments()
        if club.days_away(basket.household, basket.happened_at) >= AWAY:
            expected.setdefault(basket.household, basket.external_id)

    had = {name: club.has(name) for name in club.members}
    since = len(club.past)
    club.goes_on(calendar, JANUARY + timedelta(weeks=WEEKS), follow)
    assert away & set(expected), "some of those who were written to came back"
    followed = club.past[since:]
    for name in club.members:
        spent = sum(worth(one) for one in followed if one.household == name)
        gift = GIFT if name in expected else 0
        assert club.has(name) == had[name] + spent + gift, name
    came = club.came(back)
    assert (came["members"], came["orders"], came["points"]) == (
        len(expected),
        len(expected),
        GIFT * len(expected),
    )
    club.books_agree(back)
