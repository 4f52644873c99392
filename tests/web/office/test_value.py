"""Pages about worth, costs, goals, return, advice and the quarter: they answer, do what they say, and claim nothing that
is not known."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from analytics.models import Advice, Cost, Economics, Goal, MemberValue, ValueFit
from analytics.operations.aiming import set_goal
from analytics.queries import value as reading
from analytics.queries.freshness import today_of
from analytics.rules.calendar import Grain, stretch
from loyalty.core import clock, ids
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.operations.points import adjust_points
from tests.cast import AT, MARA, OTTO, buy, days
from tests.web.office.conftest import Luna, browser_of

PAGES = ("value/", "value/members/", "winning/", "return/", "goals/", "goals/new/", "advice/", "review/")
FILES = (
    "value/groups.csv", "value/members/file/", "winning/file/", "review/file/", "return/file/", "return/costs/file/",
    "return/members/file/", "advice/file/",
)  # fmt: skip
MARCH = "?by=month&day=2026-03-01"
TOLD = {
    "correlation": 0.1, "stages": {"once": 0, "staying": 1, "leaving": 1, "gone": 0}, "alive": [0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    "groups": [
        {"cut": "", "name": "", "members": 2, "predicted_minor": 18_000, "spent_minor": 20_000, "alive": 0.7,
         "low_minor": 17_000, "high_minor": 19_000},
        {"cut": "tier", "name": "", "members": 2, "predicted_minor": 18_000, "spent_minor": 20_000, "alive": 0.7,
         "low_minor": 17_000, "high_minor": 19_000},
    ],
}  # fmt: skip
CHECKED = {
    "from": "2026-01-01", "weeks": 13.0, "customers": 2, "predicted": 10.0, "actual": 8.0, "error": 0.25,
    "mean_absolute_error": 0.5, "naive_error": 0.7, "sister": 9.0, "useful": True,
    "groups": [[0, 1, 0.5, 0.4], [1, 1, 1.5, 1.2]],
}  # fmt: skip
MODEL = {"values": {"r": 0.5}, "errors": {"r": 0.1}, "log_likelihood": -10.0, "customers": 2}


@pytest.fixture
def told(lunas: Luna) -> Luna:
    """A night has been, a goal is set, and there is advice."""
    with acting_for(lunas.merchant, by=MARA):
        buy(lunas.ana, 60, at=AT + days(3))
        for who, stage in ((lunas.ana, "leaving"), (lunas.ben, "staying")):
            MemberValue.objects.create(member=who, day=AT.date(), stage=stage, purchases=3, spent_minor=10_000,
                                       alive=0.4, expected=1.5, predicted_minor=9_000, low_minor=0,
                                       high_minor=20_000)  # fmt: skip
        ValueFit.objects.create(day=AT.date(), state="fitted", customers=2, buying=MODEL, spending=MODEL,
                                checked=CHECKED, told=TOLD, worked_out_at=AT)  # fmt: skip
        set_goal(
            figure="visits", start=Decimal(1), target=Decimal(9), due_on=date(2099, 1, 1), at=AT + days(9)
        )
        Advice.objects.create(rule="leaving", figure="retention", noticed_on=AT.date(), before=Decimal("0.5"),
                              found={"members": 12, "worth_minor": 9_000}, proposed={"conditions": None, "reach": 12})  # fmt: skip
    return lunas


def text(answer: Any) -> str:
    return answer.content.decode().replace("\u00a0", " ")


@pytest.mark.parametrize("path", PAGES)
def test_pages_answer_in_a_shop_that_knows_and_in_one_that_does_not(
    lunas: Luna, owner: Client, path: str, request: pytest.FixtureRequest
) -> None:
    before = owner.get(lunas.url(f"reports/{path}"))
    request.getfixturevalue("told")
    after = owner.get(lunas.url(f"reports/{path}"))
    for page in (before, after):
        assert page.status_code == 200
        assert "NaN" not in text(page) and "{" not in text(page).split("<main")[1].split("</main>")[0]
        assert text(page).count("<h1") == 1


@pytest.mark.parametrize("path", [*PAGES, *FILES])
def test_analysts_read_and_cashiers_do_not(told: Luna, path: str) -> None:
    url = told.url(f"reports/{path}")
    if path != "goals/new/":
        assert browser_of(told, "analyst").get(url).status_code == 200
    assert browser_of(told, "cashier").get(url).status_code == 403


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter", "year"])
def test_every_period_is_answered(told: Luna, owner: Client, grain: str) -> None:
    for path in ("winning/", "return/", "review/", "value/"):
        assert owner.get(told.url(f"reports/{path}?by={grain}&day=2026-03-05")).status_code == 200
    assert owner.get(told.url("reports/review/?day=nonsense")).status_code == 200


def test_too_little_data_is_said_with_what_is_missing(lunas: Luna, owner: Client) -> None:
    with acting_for(lunas.merchant, by=MARA):
        ValueFit.objects.create(day=AT.date(), state="too_little", reason="few_customers", have=7, need=100,
                                worked_out_at=AT)  # fmt: skip
    assert "7 members have bought something so far; it takes 100." in text(
        owner.get(lunas.url("reports/value/"))
    )


def test_the_page_says_how_far_predictions_came_true(told: Luna, owner: Client) -> None:
    page = text(owner.get(told.url("reports/value/")))
    assert "Better than a guess" in page and "+25.0%" in page
    assert "How predictions came true" in page
    file = owner.get(told.url("reports/value/?csv=calibration"))
    rows = list(csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    assert rows[1:] == [["0", "0.5", "0.4"], ["1+", "1.5", "1.2"]]


def test_however_many_segments_are_foretold_they_are_looked_up_once(told: Luna, owner: Client) -> None:
    def queries(segments: int) -> int:
        part = {**TOLD["groups"][0], "cut": "segment"}  # type: ignore[index]
        groups = [*TOLD["groups"], *({**part, "name": f"s{number}"} for number in range(segments))]  # type: ignore[misc]
        with acting_for(told.merchant, by=MARA):
            ValueFit.objects.update(told={**TOLD, "groups": groups})
        with CaptureQueriesContext(connection) as asked:
            page = owner.get(told.url("reports/value/"))
        assert len(page.context["forecast"]["groups"]) == 1 + segments
        return len(asked)

    queries(1)  # what is looked up once for good
    assert queries(1) == queries(5)


def test_a_members_page_says_what_they_are_worth(told: Luna, owner: Client) -> None:
    page = text(owner.get(told.member(told.ana)))
    assert "About to leave" in page and "SEK 90.00" in page
    with acting_for(told.merchant, by=MARA):
        MemberValue.objects.all().delete()
    assert "About to leave" not in text(owner.get(told.member(told.ana)))


def test_members_of_a_stage_on_a_page_and_in_both_files(told: Luna, owner: Client) -> None:
    page = owner.get(told.url("reports/value/members/?stage=leaving"))
    buttons = [part.partition("</summary>")[0] for part in text(page).split("<summary")[1:]]
    assert any("Download" in button for button in buttons), "and not a sentence of the page"
    assert [row["name"] for row in page.context["rows"]] == ["Ana Alm"]
    assert owner.get(told.url("reports/value/members/?stage=x&page=zz")).status_code == 200
    url = told.url("reports/value/members/file/?stage=staying")
    rows = list(csv.reader(io.StringIO(b"".join(owner.get(url).streaming_content).decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [ids.encode("mbr", told.ben.pk)]
    book = load_workbook(io.BytesIO(b"".join(owner.get(url + "&as=xlsx").streaming_content)))
    assert [row[0].value for row in book.active.iter_rows(min_row=2)] == [ids.encode("mbr", told.ben.pk)]
    assert book.active["C2"].value == 100.0


def test_what_was_spent_is_noted_and_taken_away(lunas: Luna, owner: Client) -> None:
    url = lunas.url(f"reports/winning/{MARCH}")
    sent = {"source": "web", "month": "2026-03-01", "amount": "1 200,50"}
    assert owner.post(url, sent).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        assert Cost.objects.get().amount_minor == 120_050
    assert owner.post(url, {**sent, "amount": "-1"}).status_code == 422
    assert owner.post(url, {**sent, "month": "2026-03-02"}).status_code == 422
    assert browser_of(lunas, "analyst").post(url, sent).status_code == 403
    assert owner.post(url, {**sent, "amount": "0"}).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        assert Cost.objects.count() == 0


def test_without_a_control_group_the_page_claims_nothing(told: Luna, owner: Client) -> None:
    page = text(owner.get(told.url(f"reports/return/{MARCH}")))
    assert "This cannot be known yet" in page and "Nobody was held out" in page
    assert "Cannot be known yet" in text(owner.get(told.url("reports/review/?day=2026-03-01")))


def test_margin_and_running_costs_are_noted(lunas: Luna, owner: Client) -> None:
    assert owner.post(lunas.url("reports/return/margin/"), {"margin": "42.5"}).status_code == 303
    assert owner.post(lunas.url("reports/return/margin/"), {"margin": "101"}).status_code == 422
    cost = {"kind": "staff", "month": "2026-03-01", "amount": "900"}
    url = lunas.url(f"reports/return/costs/{MARCH}")
    answer = owner.post(url, cost)
    assert (answer.status_code, answer["Location"].endswith("reports/return/?by=month&day=2026-03-01")) == (
        303,
        True,
    )
    assert owner.post(url, {**cost, "kind": "winning"}).status_code == 422
    with acting_for(lunas.merchant, by=MARA):
        assert (Economics.objects.get().margin, Cost.objects.get().amount_minor) == (4_250, 90_000)


def test_a_goal_is_set_in_percent_followed_on_the_overview_and_given_up(lunas: Luna, owner: Client) -> None:
    sent = {
        "figure": "repeat_rate",
        "grain": "quarter",
        "start": "25",
        "target": "35",
        "due_on": "2099-01-01",
    }
    assert owner.post(lunas.url("reports/goals/new/"), sent).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        row = Goal.objects.get()
        assert (row.start, row.target) == (Decimal("0.25"), Decimal("0.35"))
    assert "Repeat purchase rate" in text(owner.get(lunas.url()))
    for wrong in ({"target": "25"}, {"due_on": "2001-01-01"}, {"figure": "x"}, {"start": "abc"}):
        assert owner.post(lunas.url("reports/goals/new/"), {**sent, **wrong}).status_code == 422
    drop = lunas.url(f"reports/goals/{ids.encode('gol', row.pk)}/drop/")
    assert browser_of(lunas, "analyst").post(drop).status_code == 403
    assert owner.post(drop).status_code == 303
    assert "No goals yet" in text(owner.get(lunas.url("reports/goals/")))


def test_points_by_hand_may_be_foretold_to_go_below_nought(lunas: Luna, owner: Client) -> None:
    now = clock.now()
    with acting_for(lunas.merchant, by=MARA):
        adjust_points(member=lunas.ben.pk, amount=9_000, reason="x", at=now - days(230))
        for number in range(1, 7):
            adjust_points(member=lunas.ben.pk, amount=-1000, reason="x", at=now - days(number * 30.5))
        for figure in ("points_by_hand", "visits"):
            set_goal(
                figure=figure, start=Decimal(9), target=Decimal(1), due_on=(now + days(60)).date(), at=now
            )
    goals = {one["name"]: one for one in owner.get(lunas.url("reports/goals/")).context["goals"]}
    lowest = {name: one["forecast"] and one["forecast"][1] for name, one in goals.items()}
    assert lowest["Points by hand"][0] in "-\u2212", "more may be taken than given"
    assert lowest["Visits of members"] == "0", "nobody comes less than never"


def test_money_goals_are_typed_in_the_currency(lunas: Luna, owner: Client) -> None:
    sent = {
        "figure": "aov_members",
        "grain": "month",
        "start": "200",
        "target": "250",
        "due_on": "2099-01-01",
    }
    owner.post(lunas.url("reports/goals/new/"), sent)
    with acting_for(lunas.merchant, by=MARA):
        assert Goal.objects.get().target == 25_000


def test_advice_is_taken_up_and_then_stands_with_what_came_of_it(told: Luna, owner: Client) -> None:
    with acting_for(told.merchant, by=MARA):
        key = ids.encode("adv", Advice.objects.get().pk)
    assert "Good members are about to leave" in text(owner.get(told.url("reports/advice/")))
    assert browser_of(told, "analyst").post(told.url(f"reports/advice/{key}/accept/")).status_code == 403
    assert owner.post(told.url(f"reports/advice/{key}/accept/")).status_code == 303
    page = text(owner.get(told.url("reports/advice/")))
    assert "What came of it" in page and "Do it" not in page
    file = b"".join(owner.get(told.url("reports/advice/file/")).streaming_content).decode("utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(file))] == ["Advice", "Good members are about to leave"]
    with acting_for(told.merchant, by=MARA):
        assert Advice.objects.get().state == "accepted"


def test_advice_is_put_aside(told: Luna, owner: Client) -> None:
    with acting_for(told.merchant, by=MARA):
        key = ids.encode("adv", Advice.objects.get().pk)
    assert owner.post(told.url(f"reports/advice/{key}/dismiss/")).status_code == 303
    assert "Nothing to do right now" in text(owner.get(told.url("reports/advice/")))


def test_the_quarter_has_every_chapter_and_comes_as_one_file(told: Luna, owner: Client) -> None:
    page = text(owner.get(told.url("reports/review/?day=2026-03-01")))
    for said in (
        "Review of Q1 2026",
        "The programme",
        "Coming back",
        "Purchases",
        "Money",
        "What to change",
        "data-print",
    ):
        assert said in page
    file = owner.get(told.url("reports/review/file/?day=2026-03-01"))
    book = load_workbook(io.BytesIO(b"".join(file.streaming_content)))
    assert book.sheetnames == ["Figures", "Quarters", "Winning members", "Value"]
    revenue = next(
        row for row in book["Figures"].iter_rows(values_only=True) if row[1] == "Revenue from members"
    )
    assert revenue[2:4] == ("SEK", 410.0)  # 350 kronor and 60
    units = {row[1]: row[2] for row in book["Figures"].iter_rows(min_row=2, values_only=True)}
    assert (units["Retention rate"], units["Points given"], units["Orders"]) == ("1 = 100 %", "points", None)
    groups = [row[:2] for row in book["Value"].iter_rows(min_row=2, values_only=True)]
    assert groups == [(None, "All members"), ("Tier", "No tier")]


def test_the_quarter_is_that_of_the_day_in_the_address(told: Luna, owner: Client) -> None:
    for by in ("", "day", "month", "quarter", "year"):
        page = owner.get(told.url(f"reports/review/?by={by}&day=2026-05-01"))
        assert page.context["period"] == "Q2 2026"


def test_a_shop_that_opened_on_the_first_day_of_a_quarter_is_told_of_it(lunas: Luna, owner: Client) -> None:
    zone = lunas.merchant.timezone
    quarter = stretch(Grain.QUARTER, today_of(zone, clock.now()))
    with acting_for(lunas.merchant, by=MARA):  # half an hour after midnight there, and the day before in UTC
        Merchant.objects.filter(pk=lunas.merchant.pk).update(opened_at=quarter.since(zone) + days(1 / 48))
    assert owner.get(lunas.url("reports/review/")).context["asked"].when == quarter


def test_another_shops_worth_never_shows(told: Luna, ottos: Luna) -> None:
    page = browser_of(ottos, "owner").get(ottos.url("reports/value/members/?stage=leaving"))
    assert page.context["rows"] == []
    with acting_for(ottos.merchant, by=OTTO):
        assert reading.last_fit() is None
