"""Every campaign one can begin with, played: launched through the API, lived by members, settled in the books."""

from datetime import timedelta

import pytest

from campaigns.models import Message
from campaigns.queries.campaigning.templates import BY_KEY, TEMPLATES
from campaigns.tasks import plan_newsletters
from loyalty.core import clock
from members.models import SegmentPlace
from members.operations.consents import choose_news
from rewards.operations.catalogue import create_reward
from tests.stories.campaigns.played import Calendar, line, opened
from tests.stories.play import named

pytestmark = pytest.mark.django_db


def until(calendar: Calendar, **time: float) -> str:
    """An end so far from now."""
    return (calendar.at + timedelta(**time)).isoformat()


def test_every_template_makes_sense_in_every_currency():
    for one in TEMPLATES:
        for currency in ("SEK", "EUR", "JPY", "KWD"):
            content = one.content(currency=currency, language="sv")
            assert content.name and content.kind == one.key
    assert {row for one in TEMPLATES for row in one.rows} >= {"C1", "C4", "C10", "C11", "P13", "P19", "P22"}


def test_a_double_points_weekend_ends_with_the_weekend(calendar: Calendar):
    club = opened()
    club.joins("ana")
    weekend = club.launches("double-weekend", ends_at=until(calendar, days=9))
    assert club.buys("ana", 100)["points"] == 200
    calendar.passes(days=2)
    assert club.buys("ana", 100)["points"] == 100, "on Monday"
    calendar.passes(days=5)
    sunday = club.buys("ana", 50)
    assert sunday["points"] == 100
    club.refunds(sunday)
    assert (club.came(weekend)["points"], club.came(weekend)["orders"], club.has("ana")) == (100, 2, 300)
    calendar.passes(days=3)
    assert (club.campaign(weekend)["state"], club.campaign(weekend)["reason"]) == ("ended", "over")
    club.books_agree(weekend)


def test_quiet_hours_fill_the_afternoon_of_a_weekday(calendar: Calendar):
    club = opened()
    club.joins("ana")
    quiet = club.launches("quiet-hours")
    calendar.passes(hours=5)
    assert club.buys("ana", 10)["points"] == 10, "three on a Saturday"
    calendar.passes(days=2)
    assert club.buys("ana", 10)["points"] == 20, "three on a Monday"
    calendar.passes(hours=1)
    assert club.buys("ana", 10)["points"] == 10, "four is too late"
    assert club.came(quiet)["points"] == 10
    club.books_agree(quiet)


def test_a_seasons_bonus_grows_with_the_purchase(calendar: Calendar):
    club = opened()
    club.joins("ana")
    season = club.launches("season", ends_at=until(calendar, days=60))
    assert [club.buys("ana", amount)["points"] for amount in (499, 500, 1000)] == [499, 600, 1300]
    assert club.came(season)["points"] == 400
    club.books_agree(season)


def test_a_product_launch_rewards_the_first_taste_once(calendar: Calendar):
    club = opened()
    club.joins("ana")
    launch = club.launches("launch")
    assert club.buys("ana", line("roll", 30))["points"] == 30
    assert [club.buys("ana", line("yuzu", 30, "new"))["points"] for _time in range(2)] == [80, 30]
    assert club.came(launch)["points"] == 50
    club.books_agree(launch)


def test_who_comes_back_after_a_long_time_is_welcomed_once(calendar: Calendar):
    club = opened()
    for name in ("ana", "ben"):
        club.joins(name)
        club.buys(name, 10)
    calendar.passes(days=50)
    back = club.launches("win-back")
    assert club.buys("ben", 10)["points"] == 10, "he was here lately"
    calendar.passes(days=11)
    assert [club.buys("ana", 10)["points"] for _time in range(2)] == [160, 10]
    assert (club.came(back)["members"], club.came(back)["points"]) == (1, 150)
    club.books_agree(back)


def test_a_birthday_triples_what_is_always_bought_and_nothing_else(calendar: Calendar):
    club = opened()
    club.joins("ana", birthday="1990-03-22")
    birthday = club.launches("birthday")
    for _time in range(2):
        club.buys("ana", line("sidamo", 100))
    calendar.passes(days=14)
    assert club.buys("ana", line("mug", 100))["points"] == 100
    assert club.buys("ana", line("sidamo", 100))["points"] == 300
    calendar.passes(days=10)
    assert club.buys("ana", line("sidamo", 100))["points"] == 100, "the day is over"
    assert club.came(birthday)["points"] == 200
    club.books_agree(birthday)


def test_the_fourth_bag_of_the_same_brings_a_thank_you(calendar: Calendar):
    club = opened()
    club.joins("ana")
    club.joins("ben")
    for _bag in range(3):
        club.buys("ana", line("sidamo", 100), ago=10)
    for sku in ("sidamo", "yirga", "huila", "kenya"):
        club.buys("ben", line(sku, 100))
    fourth = club.launches("fourth-bag")
    thanked = club.buys("ana", line("sidamo", 100))
    assert (thanked["points"], club.buys("ben", line("sidamo", 100))["points"]) == (200, 100)
    club.refunds(thanked)
    assert club.came(fourth)["points"] == 0
    assert club.buys("ana", line("sidamo", 100))["points"] == 200, "the fourth that is kept"
    club.books_agree(fourth)


def test_a_sustainable_week_doubles_what_is_marked_and_only_that(calendar: Calendar):
    club = opened()
    club.joins("ana")
    week = club.launches("sustainable", ends_at=until(calendar, days=7))
    mixed = club.buys("ana", line("oats", 60, "sustainable"), line("foil", 40))
    assert mixed["points"] == 160
    club.refunds(mixed, 2)
    # Members lose what the line itself earned; a campaign's count goes back in proportion to all of it, as a cap's does.
    assert (club.has("ana"), club.came(week)["points"]) == (120, 45)
    calendar.passes(days=8)
    assert club.buys("ana", line("oats", 60, "sustainable"))["points"] == 60
    club.books_agree(week)


def test_bringing_a_friend_is_worth_something_to_both(calendar: Calendar):
    club = opened()
    club.joins("ana")
    club.buys("ana", 10)
    friends = club.launches("friend")
    club.joins("ben")
    club.does("ana", "referral")
    assert [club.buys("ben", 10)["points"] for _time in range(2)] == [60, 10]
    assert (club.has("ana"), club.came(friends)["activities"], club.came(friends)["points"]) == (110, 1, 150)
    club.books_agree(friends)


def test_a_review_drive_asks_for_what_was_really_bought(calendar: Calendar):
    club = opened()
    club.joins("ana")
    drive = club.launches("reviews")
    club.buys("ana", line("sidamo", 100))
    calendar.passes(days=3)
    product = {"sku": "sidamo", "name": "Sidamo"}
    assert club.does("ana", "review", product=product)["points"] == 30
    assert club.does("ana", "review", product={**product, "sku": "never-bought"})["points"] == 0
    calendar.passes(days=60)
    assert club.does("ana", "review", product=product)["points"] == 0, "too long ago"
    assert club.came(drive)["points"] == 30
    club.books_agree(drive)


def test_a_donation_is_matched_while_it_runs_and_within_the_budget(calendar: Calendar):
    club = opened()
    club.joins("ana")
    club.buys("ana", 1000)
    with club.acting():
        create_reward(at=clock.now(), handle="trees", details={
            "kind": "donation", "name": {"en": "Ten trees"}, "cost_points": 100, "value": 5_000,
            "terms": {"charity": "Trees"}})  # fmt: skip
    club.redeems("ana", "trees")
    calendar.passes(minutes=1)
    match = club.launches(
        "donations", rewards=["trees"], budget_minor=8_000, ends_at=until(calendar, days=30)
    )
    calendar.passes(minutes=1)
    club.redeems("ana", "trees")
    assert (club.came(match)["donated_minor"], club.came(match)["matched_minor"]) == (5_000, 5_000)
    club.redeems("ana", "trees")
    assert (club.came(match)["donated_minor"], club.came(match)["matched_minor"]) == (10_000, 8_000)
    club.books_agree(match)


def test_an_offer_waits_on_the_phone_and_counts_from_the_tap(calendar: Calendar):
    club = opened()
    club.joins("ana")
    offer = club.launches("offer", ends_at=until(calendar, days=30))
    assert club.buys("ana", 10)["points"] == 10
    assert "An offer to activate" in club.sees("ana")
    club.activates("ana", offer)
    assert club.buys("ana", 10)["points"] == 20
    calendar.passes(days=2)
    assert club.buys("ana", 10)["points"] == 10
    assert (club.came(offer)["activated"], club.came(offer)["points"]) == (1, 10)
    club.books_agree(offer)


def test_early_access_is_for_the_chosen_first_and_then_for_all(calendar: Calendar):
    club = opened()
    for name in ("ana", "ben"):
        club.joins(name)
        club.buys(name, 500)
    with club.acting():
        create_reward(
            at=clock.now(),
            handle="cup",
            details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 100},
        )
        SegmentPlace.objects.create(
            member_id=named(club, "ana"), segment="friends", since=clock.now(), source_kind="staff"
        )
    early = club.launches("early", segment="friends", rewards=["cup"], early_until=until(calendar, days=2),
                          ends_at=until(calendar, days=10))  # fmt: skip
    club.redeems("ana", "cup")
    assert club.cannot_redeem("ben", "cup") == ["not_in_segment"]
    calendar.passes(days=2)
    club.redeems("ben", "cup")
    assert club.came(early)["redeemed"] == 2
    calendar.passes(days=9)
    assert club.campaign(early)["state"] == "ended"
    club.books_agree(early)


def test_a_partners_offer_gives_once_to_who_took_it_up(calendar: Calendar):
    club = opened()
    club.joins("ana")
    joint = club.launches("partner", partner="The Bookshop", ends_at=until(calendar, days=30))
    assert club.buys("ana", 10)["points"] == 10
    club.activates("ana", joint)
    assert [club.buys("ana", 10)["points"] for _time in range(2)] == [85, 10]
    assert (club.campaign(joint)["content"]["partner"], club.came(joint)["points"]) == ("The Bookshop", 75)
    club.books_agree(joint)


def test_a_launch_day_welcomes_who_joins_and_writes_to_who_wants_to_hear(calendar: Calendar):
    club = opened()
    club.joins("early-bird")
    with club.acting():
        choose_news(
            member=named(club, "early-bird"), chosen={"news_by_email": True}, source="test", at=clock.now()
        )
    calendar.passes(minutes=1)
    words = {"en": {"subject": "We are open", "body": "Come and see us."}}
    day = club.launches("opening", words=words, ends_at=until(calendar, days=2))
    club.joins("ana")
    assert (club.has("ana"), club.has("early-bird")) == (50, 0)
    plan_newsletters()
    with club.acting():
        assert Message.objects.filter(kind="newsletter").count() == 1
    calendar.passes(days=3)
    club.joins("ben")
    assert (club.has("ben"), club.came(day)["points"]) == (0, 50)
    club.books_agree(day)


def test_all_templates_are_played_here():
    """A template that nobody plays is not one that is known to work."""
    with open(__file__, encoding="utf-8") as source:
        text = source.read()
    assert {key for key in BY_KEY if f'launches("{key}"' in text or f'"{key}",' in text} == set(BY_KEY)
