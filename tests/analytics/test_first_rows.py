"""The first rows of a figure, which a large shop's pages look for by themselves, are the first of all of them."""

from datetime import date

import pytest

from analytics.queries import rows as opened
from analytics.queries.figures import FIGURES
from analytics.queries.rows import Row, rows, some_rows
from analytics.rules.calendar import Grain, Stretch, stretches
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.operations.privacy import erase_member
from tests.analytics.spring import MARCH, NOW, ZONE, spring
from tests.cast import AT, MARA, buy, days, person
from tests.standing import ana, ben, cafe, luna

__all__ = ["ana", "ben", "cafe", "luna", "spring"]


@pytest.fixture(scope="module")
def summer(spring: None, ana: Member, ben: Member) -> None:
    """More of the same: equal orders, one who goes, two who become one, points by hand and taken back, long silences."""
    dora, erin, finn = (
        person(name, at=AT + days(number)) for number, name in enumerate(("dora", "erin", "finn"))
    )
    for number, who in enumerate((dora, erin, finn, ana, ben, erin)):
        buy(who, 100, at=AT + days(5 * number), channel="web")
        buy(who, 30 + number, at=AT + days(30 + 3 * number), channel="pos")
    buy(finn, 30, at=AT - days(30))
    gina = person("gina", at=AT)
    buy(gina, 20, at=AT + days(2))
    buy(gina, 20, at=AT + days(2))
    adjust_points(member=finn.pk, amount=400, reason="Thanks", at=AT + days(6))
    adjust_points(member=finn.pk, amount=-150, reason="Oops", at=AT + days(45))
    merge(keep=erin.pk, remove=finn.pk, at=AT + days(50))
    erase_member(member=dora.pk, at=AT + days(60))
    buy(erin, 70, at=AT + days(100))


def periods() -> list[Stretch]:
    return [one for grain in (Grain.DAY, Grain.MONTH, Grain.YEAR)
            for one in stretches(grain, upto=date(2026, 4, 11), count=3)] + stretches(
                Grain.MONTH, upto=NOW.date(), count=3)  # fmt: skip


def page(key: str, when: Stretch, first: int, most: int) -> list[Row]:
    return some_rows(key, when, zone=ZONE, at=NOW, first=first, most=most)


@pytest.mark.parametrize("key", FIGURES)
@pytest.mark.parametrize("reach", [0, 2, 20_000], ids=["not looking", "hardly looking", "looking far"])
def test_pages_are_parts_of_all_rows_in_their_order(
    summer: None, key: str, reach: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = {
        "_ALONG": dict.fromkeys(opened._ALONG, reach),
        "_AMONG": reach - 4,
        "_FEW": reach,
        "_GONE": reach,
        "_SHARE": 100 if reach else 1,
    }
    for bound, number in bounds.items():
        monkeypatch.setattr(opened, bound, number)
    for when in periods():
        everything = rows(key, when, zone=ZONE, at=NOW, most=1000).rows
        for most in (1, 2, 3):
            for first in range(0, len(everything) + 1, most):
                assert page(key, when, first, most) == everything[first : first + most], (when, first, most)


@pytest.mark.parametrize(
    "key", [key for key, made in FIGURES.items() if (made.opens.source, made.opens.part) in opened._FIRST]
)
def test_the_first_row_is_found_without_the_others(
    summer: None, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        when
        for when in periods()
        if (all_rows := rows(key, when, zone=ZONE, at=NOW).rows) and all_rows[0].part > 0
    ]
    monkeypatch.setattr(opened, "_asked", None)
    assert all(len(page(key, when, 0, 1)) == 1 for when in found)
    assert found or key in ("points_expired", "expiry_rate"), "the twin: there is something to find"


def test_nobody_elses_rows_are_found(summer: None, other_shop: Merchant) -> None:
    with acting_for(other_shop, by=MARA):
        assert all(page(key, MARCH, 0, 1) == [] for key in FIGURES)
