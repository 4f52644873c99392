"""Orders: found, explained, refunded by line, cancelled."""

import pytest
from django.test import Client

from loyalty.core.tenancy.scope import acting_for
from members.models import Order, Refund
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, buy, days, publish
from tests.web.office.conftest import Luna


def test_an_order_shows_its_lines_and_the_reasons(lunas: Luna, owner: Client):
    page = owner.get(lunas.order_url).content.decode().replace("\xa0", " ")
    for said in ("Filter coffee", "Gift card", "SEK 350.00", "Ana Alm", "150 points: 1 for every SEK 1.00"):
        assert said in page


def test_an_order_shows_how_each_condition_was_met(lunas: Luna, owner: Client):
    monday = {"type": "hours", "days": ["mon"]}
    early = {
        "type": "fixed",
        "id": "early",
        "name": "Early",
        "amount": 5,
        "when": [monday, {**monday, "days": ["tue"]}],
    }
    with acting_for(lunas.merchant, by=MARA):
        publish(ONE_POINT_PER_KRONA, early)
        buy(lunas.ben, 80, external_id="early")
    (row,) = owner.get(lunas.url("orders/?number=early")).context["rows"]
    page = owner.get(row["url"]).content.decode()
    assert "“Early” did not count: it counts on Tuesday, and this was Monday at 09:00" in page
    assert "Met: It was Monday at 09:00" in page
    assert "Not met: It counts on Tuesday" in page


def test_a_guests_order_says_what_it_would_have_earned(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        buy(None, 80, external_id="guest")
    (row,) = owner.get(lunas.url("orders/?number=guest")).context["rows"]
    page = owner.get(row["url"]).content.decode()
    assert "Nobody showed a card" in page and "80 points" in page.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("show", "expected"), [("", 3), ("members", 2), ("guests", 1), ("refunded", 1), ("cancelled", 1)]
)
def test_the_list_filters(lunas: Luna, owner: Client, show: str, expected: int):
    with acting_for(lunas.merchant, by=MARA):
        buy(None, 80)
        buy(lunas.ben, 20, external_id="second", source="pos")
    owner.post(f"{lunas.order_url}refund/", {"line_1": "10"})
    second = owner.get(lunas.url("orders/?number=second")).context["rows"][0]["url"]
    owner.post(f"{second}cancel/")
    assert len(owner.get(lunas.url(f"orders/?show={show}")).context["rows"]) == expected


def test_pages_show_every_order_once(lunas: Luna, owner: Client, monkeypatch):
    monkeypatch.setattr("loyalty.web.office.orders.PAGE", 2)
    with acting_for(lunas.merchant, by=MARA):
        for number in range(5):
            buy(lunas.ben, 10, at=AT + days(2), external_id=f"same-{number}")
    seen, url = [], lunas.url("orders/")
    while url:
        answer = owner.get(url)
        seen += [row["order"].external_id for row in answer.context["rows"]]
        url = answer.context["next_url"]
    assert sorted(seen) == ["first", *(f"same-{number}" for number in range(5))]


def test_money_back_for_a_line_takes_its_points_back(lunas: Luna, owner: Client):
    answer = owner.post(f"{lunas.order_url}refund/", {"line_1": "50,00", "form_key": "abc"}, follow=True)
    owner.post(f"{lunas.order_url}refund/", {"line_1": "50,00", "form_key": "abc"})
    assert "Taken back: 50\xa0points." in answer.content.decode()
    assert lunas.points(lunas.ana) == 100
    with acting_for(lunas.merchant, by=MARA):
        assert Refund.objects.get().amount_minor == 5000


@pytest.mark.parametrize("sent", [{}, {"line_1": "0"}, {"line_1": "150.01"}, {"line_1": "x"}, {"amount": "-1"},
                                  {"amount": "350.01"}, {"line_1": "150", "amount": "200.01"}, {"line_9": "5"}])  # fmt: skip
def test_a_refund_that_does_not_fit_changes_nothing(lunas: Luna, owner: Client, sent: dict[str, str]):
    answer = owner.post(f"{lunas.order_url}refund/", sent)
    assert answer.status_code == 422 and answer.context["form"].errors
    with acting_for(lunas.merchant, by=MARA):
        assert Refund.objects.count() == 0
        assert Order.objects.get().refunded_minor == 0
    assert lunas.points(lunas.ana) == 150


def test_cancelling_undoes_the_whole_order_once(lunas: Luna, owner: Client):
    for _twice in range(2):
        assert owner.post(f"{lunas.order_url}cancel/").status_code == 303
    assert lunas.points(lunas.ana) == 0
    page = owner.get(lunas.order_url)
    assert (page.context["is_cancelled"], page.context["can_cancel"], page.context["net_minor"]) == (
        True,
        False,
        0,
    )
