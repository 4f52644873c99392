"""Key figures over the API: all of them, one along time, and the rows that add up to it."""

from typing import Any

import pytest

from analytics.queries.figures import FIGURES
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.operations.bulk import put_into_segment
from tests.analytics.spring import OF_MARCH
from tests.api.caller import Caller
from tests.cast import AT, MARA, buy, days, person

MARCH = "by=month&day=2026-03-10"


@pytest.fixture
def bought(shopfront: Merchant) -> Merchant:
    """Ana bought in February and twice in March, Ben and a guest once."""
    with acting_for(shopfront, by=MARA):
        ana, ben = person("ana"), person("ben")
        buy(ana, 200, at=AT - days(20), channel="web")
        buy(ana, 100, channel="web")
        buy(ana, 60, at=AT + days(3), channel="pos", location="soder")
        buy(ben, 40, channel="pos")
        buy(None, 25, channel="pos")
    return shopfront


def body(call: Caller, address: str) -> Any:
    answer = call.get(address)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_every_figure_of_a_period_is_told_with_what_it_is_compared_with(
    bought: Merchant, call: Caller
) -> None:
    told = body(call, f"kpis?{MARCH}")
    assert (told["first"], told["last"], told["is_over"]) == ("2026-03-01", "2026-03-31", True)
    assert (told["currency"], told["timezone"]) == ("SEK", "Europe/Stockholm")
    found = {one["key"]: one for one in told["data"]}
    assert found.keys() == FIGURES.keys() == OF_MARCH.keys()
    assert found["revenue"]["now"] == {
        "first": "2026-03-01", "last": "2026-03-31", "name": "", "value": "22500", "part": 22500, "whole": None,
    }  # fmt: skip
    assert found["revenue"]["before"]["value"] == "20000"
    assert found["revenue"]["year_before"]["value"] == "0"
    assert (found["repeat_rate"]["now"]["value"], found["nps"]["now"]["value"]) == ("0.500000", None)
    assert (found["retention"]["guide"], found["retention"]["unit"]) == ("0.7", "share")


def test_a_figure_along_time_and_by_channel(bought: Merchant, call: Caller) -> None:
    told = body(call, f"kpis/revenue?{MARCH}&count=2")
    assert [one["part"] for one in told["data"]] == [20000, 22500]
    told = body(call, f"kpis/revenue?{MARCH}&count=1&cut=channel")
    assert {one["name"]: one["part"] for one in told["data"]} == {"web": 10000, "pos": 12500}


def test_a_figure_by_segment_and_its_rows(bought: Merchant, call: Caller) -> None:
    with acting_for(bought, by=MARA):
        put_into_segment(members=[person("ana").pk], segment="regulars", at=AT + days(9))
    told = body(call, f"kpis/revenue_members?{MARCH}&count=2&cut=segment")
    found = {(one["name"], one["first"]): one["part"] for one in told["data"]}
    assert found == {
        ("regulars", "2026-02-01"): 20000, ("regulars", "2026-03-01"): 16000,
        ("", "2026-02-01"): 0, ("", "2026-03-01"): 4000,
    }  # fmt: skip
    rows = body(call, f"kpis/revenue_members/rows?{MARCH}&cut=segment&name=regulars")["data"]
    assert [row["part"] for row in rows] == [10000, 6000]
    assert body(call, f"kpis/revenue_members?{MARCH}&count=1&cut=campaign")["data"][0]["part"] == 20000
    assert call.get(f"kpis/revenue?{MARCH}&cut=segment").status_code == 404


@pytest.mark.parametrize("key", FIGURES)
def test_rows_page_by_page_add_up_to_the_figure(bought: Merchant, call: Caller, key: str) -> None:
    told = body(call, f"kpis/{key}?{MARCH}&count=1")["data"][0]
    rows, address = [], f"kpis/{key}/rows?{MARCH}&limit=1"
    while address:
        page = body(call, address)
        rows += page["data"]
        address = page["next"]
    assert sum(row["part"] for row in rows) == told["part"]
    assert told["whole"] is None or sum(row["whole"] for row in rows) == told["whole"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("kpis?by=decade", 400),
        ("kpis?day=1999-01-01", 400),
        ("kpis?day=tomorrow", 400),
        ("kpis/nothing", 404),
        ("kpis/nothing/rows", 404),
        ("kpis/points_issued?cut=tier", 404),
        ("kpis/revenue?count=61", 400),
        ("kpis/revenue/rows?cursor=x", 400),
    ],
)
def test_what_cannot_be_answered_is_refused(
    bought: Merchant, call: Caller, address: str, status: int
) -> None:
    assert call.get(address).status_code == status


def test_another_shop_has_figures_of_its_own(bought: Merchant, ottos_call: Caller) -> None:
    told = body(ottos_call, f"kpis?{MARCH}")
    assert {one["now"]["part"] for one in told["data"]} == {0}
