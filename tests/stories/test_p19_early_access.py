"""P19: VIP and early access. Who is chosen comes in first, and everybody else is told why not."""

from datetime import timedelta

import pytest

from loyalty.core import clock
from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def door(club, name, *, in_days):
    """Presales that let a member in, so many days from now, asked at the door by the storefront."""
    at = (clock.now() + timedelta(days=in_days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = club.get(f"members/{club.members[name]}/access?at={at}")["data"]
    return sorted(one["handle"] for one in found if one["open"])


def test_a_vip_comes_in_before_everybody_else():
    club = opens("early-access", currency="EUR")
    for name in ("ana", "ben"):
        club.joins(name)
    club.buys("ana", 500)
    club.buys("ben", 499)
    assert (club.tier_id("ana"), club.tier_id("ben")) == ("vip", "member")
    club.redeems("ana", "presale-vip")
    assert club.cannot_redeem("ben", "presale-vip") == ["other_tier"]
    assert club.cannot_redeem("ana", "presale-vip") == ["limit_reached"]
    assert (door(club, "ana", in_days=3), door(club, "ben", in_days=3)) == (["presale-vip"], [])
    assert door(club, "ana", in_days=15) == [], "everybody may by then"
    perks = {perk["perk"]["kind"] for perk in club.get(f"members/{club.members['ana']}/tier")["perks"]}
    assert perks == {"early_access", "dedicated_support"}
    club.books_hold()


def test_friends_of_the_house_come_in_a_week_later():
    club = opens("early-access", currency="EUR")
    club.joins("cleo")
    assert club.cannot_redeem("cleo", "presale-friends") == ["not_in_segment"]
    club.does("cleo", "event_attended")
    club.redeems("cleo", "presale-friends")
    assert club.cannot_redeem("cleo", "presale-vip") == ["other_tier"]
    assert (door(club, "cleo", in_days=3), door(club, "cleo", in_days=10)) == ([], ["presale-friends"])
    club.books_hold()


def test_a_limited_edition_is_for_vip_once_each_and_a_refund_closes_the_door():
    club = opens("early-access", currency="EUR")
    club.joins("ana")
    club.buys("ana", 450)
    assert club.cannot_redeem("ana", "limited-edition") == ["other_tier"]
    last = club.buys("ana", 50)
    edition = club.redeems("ana", "limited-edition")
    assert club.has("ana") == 200
    assert club.reward("limited-edition")["left"] == 24
    assert set(club.cannot_redeem("ana", "limited-edition")) == {"limit_reached", "not_enough_points"}
    club.refunds(last)
    assert club.tier_id("ana") == "member"
    assert club.cannot_redeem("ana", "presale-vip") == ["other_tier"]
    assert club.till_takes(edition["code"]) == 200, "what was hers stays hers"
    club.books_hold()
