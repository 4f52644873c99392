"""P11: a share of every purchase comes back as savings, to the smallest coin, and pays at the checkout."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def pays(club, name, points, *, order, total):
    """A member uses savings on an order of `total` (major units); what the API answers."""
    body = {"member": club.members[name], "reward": club.reward("pay-with-savings")["id"], "points": points,
            "order_minor": round(total * 100), "order_external_id": order}  # fmt: skip
    return club.call.post("points-payments", body)


def can_pay(club, name, total):
    body = {"member": club.members[name], "reward": club.reward("pay-with-savings")["id"],
            "order_minor": round(total * 100)}  # fmt: skip
    answer = club.call.post("points-payments/quote", body)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.parametrize(("currency", "spent", "saved"), [("SEK", 749.50, 1499), ("EUR", 74.95, 149)])
def test_two_per_cent_to_the_coin_and_three_on_the_own_brand(currency, spent, saved):
    club = opens("savings", currency=currency)
    club.joins("ana")
    assert club.buys("ana", spent)["points"] == saved
    assert club.buys("ana", {"price": 100, "tags": ["own-brand"]}, 100)["points"] == 300 + 200
    club.books_hold()


def test_savings_pay_at_the_checkout_and_earn_nothing_themselves():
    club = opens("savings")
    club.joins("ana")
    club.buys("ana", 499)
    assert can_pay(club, "ana", 200)["missing"][0]["code"] == "not_enough_points"
    club.buys("ana", 1501)
    assert club.has("ana") == 4000
    quote = can_pay(club, "ana", 100)
    assert (quote["points"], quote["minor"], quote["minor_left"]) == (4000, 4000, 6000)
    assert pays(club, "ana", 4001, order="till-9", total=100).status_code == 422
    held = pays(club, "ana", 4000, order="till-9", total=100)
    assert (held.status_code, held.json()["value"]) == (201, 4000)
    assert club.has("ana") == 0, "they wait for the order"
    order = club.buys("ana", 100, external_id="till-9", points_minor=4000)
    assert order["points"] == 120, "two per cent of the sixty that were paid with money"
    club.worker_runs()
    assert club.get(f"redemptions/{held.json()['id']}")["status"] == "committed"
    assert club.has("ana") == 120
    assert "120" in club.sees("ana")
    club.books_hold()


def test_a_basket_given_up_leaves_the_savings_where_they_were():
    club = opens("savings")
    club.joins("ana")
    club.buys("ana", 2000)
    held = pays(club, "ana", 3000, order="web-1", total=50).json()
    assert club.has("ana") == 1000
    released = club.call.post(f"redemptions/{held['id']}/release", {"reason": "Basket given up"})
    assert (released.status_code, club.has("ana")) == (200, 4000)
    club.books_hold()


def test_a_refund_gives_savings_for_savings_and_takes_what_the_rest_earned():
    club = opens("savings")
    club.joins("ana")
    club.buys("ana", 2000)
    pays(club, "ana", 4000, order="web-2", total=100)
    order = club.buys("ana", 50, 50, external_id="web-2", points_minor=4000)
    club.worker_runs()
    assert club.has("ana") == 120
    club.refunds(order, 1)
    club.worker_runs()
    assert club.has("ana") == 60 + 2000, (
        "half the order back: half its savings, and half of what it earned gone"
    )
    club.refunds(order)
    club.worker_runs()
    assert club.has("ana") == 4000, "as if it had never been bought"
    club.books_hold()
