"""What a basket and the products on a shop's page would earn, before anybody has bought anything."""

import json
from typing import Any

import pytest

from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from tests.cast import ONE_POINT_PER_KRONA, days, publish
from tests.web.widget.conftest import Panel, Widget

pytestmark = pytest.mark.django_db


def code_of(answer: Any) -> str:
    return str(json.loads(answer.content)["code"])


def quoted(panel: Panel, content: Any) -> Any:
    return panel.post("quote/", json.dumps(content), content_type="application/json")


def test_a_basket_and_products_are_quoted_by_the_engine(guest: Panel, ana: Panel, widget: Widget):
    basket = {
        "lines": [{"sku": "beans", "amount": "184.50"}, {"sku": "cup", "amount": "40", "quantity": "2"}]
    }
    asked = {
        "basket": basket,
        "products": [{"sku": "beans", "amount": "184.50"}, {"sku": "spoon", "amount": "0.90"}],
    }
    for panel in (guest, ana):
        assert json.loads(quoted(panel, asked).content) == {
            "basket": {"points": 224, "text": "+224 beans"},
            "products": [{"points": 184, "text": "+184 beans"}, {"points": 0, "text": ""}],
        }
    assert widget.points("ana") == 250, "nothing is written"


def test_a_members_own_history_counts_in_their_quote(guest: Panel, ana: Panel, widget: Widget):
    second = {
        "type": "multiplier",
        "id": "second",
        "factor": "2",
        "when": [{"type": "order_number", "number": 2}],
    }
    with acting_for(widget.merchant, by=widget.by):
        publish(ONE_POINT_PER_KRONA, second, at=clock.now() - days(1))
    asked = {"basket": {"lines": [{"sku": "x", "amount": "10"}]}}
    assert json.loads(quoted(ana, asked).content)["basket"]["points"] == 20
    assert json.loads(quoted(guest, asked).content)["basket"]["points"] == 10


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"basket": {"lines": [{"sku": "x", "amount": "12,50"}]}}, "invalid_input"),
        ({"basket": {"lines": [{"sku": "x", "amount": 12.5}]}}, "invalid_input"),
        ({"basket": {"lines": [{"sku": "x", "amount": "12.505"}]}}, "invalid_input"),
        ({"basket": {"lines": [{"sku": "x", "amount": "-1"}]}}, "invalid_input"),
        ({"basket": {"lines": [{"sku": "x", "amount": "999999999999999"}]}}, "invalid_input"),
        ({"basket": {"lines": [{"sku": "", "amount": "1"}]}}, "invalid_input"),
        ({"basket": {"lines": [{"sku": "x\x00", "amount": "1"}]}}, "invalid_input"),
        ({"basket": {"lines": [{"sku": "x"}]}}, "invalid_input"),
        ({"basket": {"lines": [{"sku": "x", "amount": "1", "points": 9}]}}, "invalid_input"),
        ({"basket": {"lines": [{"sku": "x", "amount": "1"}], "currency": "EUR"}}, "basket_currency"),
        ({"basket": {"lines": [{"sku": "x", "amount": "1"}], "member": "mbr_1"}}, "invalid_input"),
        ({"products": [{"sku": "x", "amount": "1"}] * 31}, "invalid_input"),
        ({"basket": []}, "invalid_input"),
        ([], "invalid_input"),
    ],
)
def test_a_basket_that_makes_no_sense_is_refused(guest: Panel, content: Any, code: str):
    answer = quoted(guest, content)
    assert 400 <= answer.status_code < 500 and code_of(answer) == code


def test_a_body_that_is_no_json_or_too_large_is_refused(guest: Panel):
    assert code_of(guest.post("quote/", "{", content_type="application/json")) == "invalid_json"
    assert code_of(guest.post("quote/", b"\xff", content_type="application/json")) in {
        "invalid_json",
        "invalid_input",
    }
    assert code_of(guest.post("quote/", "{}", content_type="text/plain")) == "unsupported_media_type"
    assert code_of(guest.post("quote/", " " * 70_000, content_type="application/json")) == "body_too_large"
    assert json.loads(quoted(guest, {}).content) == {"basket": None, "products": []}
