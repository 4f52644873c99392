"""What campaigns bring, on the pages: said where it is known, with its rows; and plainly where it is not."""

import csv
import io
from typing import Any

import pytest
from django.test import Client

from analytics.models import Cost
from analytics.operations import noting
from analytics.queries import control
from campaigns.models import Campaign
from campaigns.operations.experiments.holding import set_holdout
from campaigns.queries.campaigning.reading import public_id
from campaigns.queries.experiments.assigned import in_holdout
from campaigns.rules.experiments import reading
from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from rewards.operations.catalogue import create_reward
from tests.campaigns.campaigning.started import running
from tests.cast import AT, MARA, buy, days, person
from tests.web.office.conftest import Luna, browser_of

MARCH = "?by=month&day=2026-03-01"


@pytest.fixture
def ran(lunas: Luna, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """Three members are enough to compare; a fifth is held out, a campaign ran for ten days, and all of them bought."""
    monkeypatch.setattr(reading, "LEAST_UNITS", 3)
    monkeypatch.setattr(control, "LEAST_HELD", 3)
    monkeypatch.setattr(clock, "now", lambda: AT + days(40))
    with acting_for(lunas.merchant, by=MARA):
        set_holdout(share=2000, at=AT)
        create_reward(
            at=AT,
            details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 100, "unit_cost_minor": 500},
        )
        row = running(ends_at=AT + days(10))
        for number in range(60):
            who = person(f"p{number}")
            held = in_holdout(who.pk, AT + days(1))
            buy(who, 100 + number % 7 + (0 if held else 80), at=AT + days(2))
    return row


def text(answer: object) -> str:
    return " ".join(answer.content.decode().split())  # type: ignore[attr-defined]


def test_without_a_margin_the_page_says_what_was_bought_and_asks_for_it(
    ran: Campaign, lunas: Luna, owner: Client
) -> None:
    said = text(owner.get(lunas.url(f"reports/return/{MARCH}")))
    assert "Bought because of it" in said and "More than chance" in said
    assert "What is missing to know whether it pays" in said and "Enter your margin" in said
    assert "Left over when it is paid</h2>" not in said


def written(answer: Any) -> list[list[str]]:
    """The rows of a file without its head."""
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))[1:]


def test_every_figure_opens_the_rows_that_make_it_up(ran: Campaign, lunas: Luna, owner: Client) -> None:
    with acting_for(lunas.merchant, by=MARA):
        noting.note_margin(margin=5_000, at=AT)
    page = owner.get(lunas.url(f"reports/return/{MARCH}"))
    assert "Left over when it is paid" in text(page)
    for group in page.context["brought"]["groups"]:
        rows, url = [], group["url"]
        while url:
            opened = owner.get(url)
            rows += opened.context["rows"]
            url = opened.context["next_url"]
        assert len(rows) == group["one"].members
        assert sum(one["row"].spent_minor for one in rows) == group["one"].spent_minor
        file = written(owner.get(owner.get(group["url"]).context["file_url"]))
        assert sum(round(float(spent) * 100) for _id, _bought, spent in file) == group["one"].spent_minor
        assert len({who for who, _bought, _spent in file}) == group["one"].members
    [giver] = page.context["brought"]["givers"]
    assert giver["one"].points_minor == page.context["brought"]["found"].spent.costs.points_minor > 0
    assert owner.get(giver["url"]).status_code == 200


def test_the_file_says_what_the_page_says(ran: Campaign, lunas: Luna, owner: Client) -> None:
    with acting_for(lunas.merchant, by=MARA):
        noting.note_margin(margin=5_000, at=AT)
    for query in (MARCH, f"?campaign={public_id(ran)}"):
        url = lunas.url(f"reports/return/file/{query}")
        said = {row[0]: row[1:] for row in written(owner.get(url))}
        revenue = [float(x) for x in said["Bought because of it"]]
        assert revenue[1] < revenue[0] < revenue[2]
        parts = [float(x) for x in said["Left over when it is paid"]]
        assert parts[0] == pytest.approx(
            float(said["Your margin of that"][0]) - float(said["What it cost"][0]), abs=0.02
        )
        assert owner.get(url + "&as=xlsx").status_code == 200
    assert owner.get(lunas.url("reports/return/file/?campaign=cmp_nothing")).status_code == 404


def test_what_the_programme_cost_is_a_file_that_adds_up(ran: Campaign, lunas: Luna, owner: Client) -> None:
    with acting_for(lunas.merchant, by=MARA):
        noting.note_cost(kind="staff", source="", month=AT.date().replace(day=1), amount_minor=1_250, at=AT)
    page = owner.get(lunas.url(f"reports/return/{MARCH}"))
    *parts, together = written(owner.get(page.context["costs_url"]))
    assert ["Staff", "12.50"] in parts
    assert sum(float(cost or 0) for _what, cost in parts) == pytest.approx(float(together[1]))
    assert round(float(together[1]) * 100) == page.context["found"].costs.total_minor


def test_a_campaign_tells_what_it_brought_on_its_own_page(ran: Campaign, lunas: Luna, owner: Client) -> None:
    with acting_for(lunas.merchant, by=MARA):
        noting.note_margin(margin=5_000, at=AT)
    said = text(owner.get(lunas.url(f"campaigns/{public_id(ran)}/")))
    assert "What it brought" in said and "Left over when it is paid" in said
    with acting_for(lunas.merchant, by=MARA):
        running(name="Beside it", starts_at=AT + days(3), ends_at=AT + days(5))
    said = text(owner.get(lunas.url(f"campaigns/{public_id(ran)}/")))
    assert "It did not run alone" in said and "Beside it" in said
    assert "Left over when it is paid</h2>" not in said


def test_a_campaign_without_anybody_held_out_says_so_and_leads_to_the_holdout(
    lunas: Luna, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT + days(20))
    with acting_for(lunas.merchant, by=MARA):
        row = running()
        buy(lunas.ana, 100)
    said = text(owner.get(lunas.url(f"campaigns/{public_id(row)}/")))
    assert "Nobody was held out" in said and f'href="{lunas.url("experiments/")}"' in said


def test_a_cost_is_noted_for_a_campaign(ran: Campaign, lunas: Luna, owner: Client) -> None:
    url, cost = lunas.url(f"reports/return/costs/{MARCH}"), {"kind": "staff", "month": "2026-03-01"}
    assert owner.post(url, {**cost, "amount": "90", "source": public_id(ran)}).status_code == 303
    assert owner.post(url, {**cost, "amount": "90", "source": "somebody"}).status_code == 422
    with acting_for(lunas.merchant, by=MARA):
        assert [row.source for row in Cost.objects.all()] == [public_id(ran)]
    assert ran.name in text(owner.get(lunas.url(f"reports/return/{MARCH}")))


def test_names_are_for_those_who_may_see_members(ran: Campaign, lunas: Luna) -> None:
    analyst = browser_of(lunas, "analyst")
    page = analyst.get(lunas.url(f"reports/return/{MARCH}"))
    opened = analyst.get(lunas.url(f"reports/return/members/{MARCH}&group=held_out"))
    may = opened.status_code == 200
    assert opened.status_code in (200, 403)
    assert all(bool(one["url"]) is may for one in page.context["brought"]["groups"])
    assert browser_of(lunas, "cashier").get(lunas.url(f"reports/return/{MARCH}")).status_code == 403
