"""P7: whoever reaches a year's amount is a VIP at that moment, without anybody pressing a button."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("currency", "nearly", "rest"), [("SEK", 4990, 10), ("EUR", 499, 1)])
def test_the_purchase_that_reaches_the_amount_makes_a_vip(currency, nearly, rest):
    club = opens("vip-by-threshold", currency=currency)
    club.joins("ana")
    club.buys("ana", nearly)
    before = club.tier("ana")
    assert (before["tier"], before["next"]["missing"], before["perks"]) == (None, rest * 100, [])
    club.buys("ana", rest)
    vip = club.tier("ana")
    assert (vip["tier"], vip["next"]) == ("vip", None)
    assert [(one["perk"]["kind"], one["perk"]["percent"], one["perk"]["hours"]) for one in vip["perks"]] == [
        ("member_price", 10, None), ("free_shipping", None, None), ("early_access", None, 24),
    ]  # fmt: skip
    assert vip["history"][0]["reason"] == "reached"
    club.books_hold()


def test_a_vip_collects_double_and_picks_up_the_gift():
    club = opens("vip-by-threshold")
    club.joins("ana")
    assert club.buys("ana", 5000)["points"] == 500, "the purchase that reaches it still counts once"
    assert club.buys("ana", 100)["points"] == 20
    assert club.till_takes(club.takes("ana", "vip-welcome")) == 200
    assert club.cannot_redeem("ana", "vip-welcome") == ["limit_reached"]
    assert club.till_takes(club.takes("ana", "ten-off")) == 200
    assert club.has("ana") == 320
    club.books_hold()


def test_what_is_returned_does_not_make_a_vip():
    club = opens("vip-by-threshold")
    club.joins("ana")
    club.buys("ana", 100)
    order = club.buys("ana", 2500, 2500)
    assert club.tier("ana")["tier"] == "vip"
    doubled = club.buys("ana", 200)
    assert doubled["points"] == 40
    club.refunds(order, 2)
    now = club.tier("ana")
    assert (now["tier"], now["next"]["missing"]) == (None, 220_000)
    assert club.cannot_redeem("ana", "vip-welcome") == ["other_tier"]
    assert club.has("ana") == 10 + 250 + 40, "what a purchase earned is what it earned then"
    assert club.buys("ana", 200)["points"] == 20
    club.books_hold()
