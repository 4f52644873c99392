"""Figures that open the rows they add up, what needs a look, the log in plain words, the books, and their cost."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from loyalty.core import clock
from loyalty.core.events.kinds import families
from loyalty.core.events.models import Event
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.office.audit import SENTENCES
from loyalty.web.office.event_icons import ICONS
from loyalty.web.office.overview import LABELS
from loyalty.web.templatetags.ui import icon
from members.operations.points import adjust_points
from members.operations.refunds import refund_order
from members.rules.shopping import NewRefund
from rewards.operations.redemption import redeem_reward
from tests.cast import MARA, buy, days, person
from tests.web.office.conftest import Luna

HTMX = {"HX-Request": "true"}


@pytest.fixture
def busy(lunas: Luna) -> Luna:
    """A shop where things happened today, this year and before."""
    now = clock.now()
    with acting_for(lunas.merchant, by=MARA):
        for back in (0, 3, 20, 60, 200):
            buy(lunas.ana, 100 + back, at=now - days(back))
        buy(None, 77, at=now)
        buy(lunas.ben, 500, at=now - days(1), external_id="big")
        refund_order(source="api", order_external_id="big", at=now,
                     refund=NewRefund("r", now, amount_minor=12_300))  # fmt: skip
        redeem_reward(member=lunas.ana.pk, reward=lunas.reward.pk, key="k", at=now)
        adjust_points(member=lunas.ben.pk, amount=9, reason="x", at=now)
    return lunas


def added_up(key: str, rows: list[Any]) -> int:
    """What the rows of a figure's page come to."""
    if key.startswith("members") or key == "orders":
        return len(rows)
    if key.startswith("revenue"):
        return sum(row["net_minor"] for row in rows)
    return sum(row["points"] for row in rows)


@pytest.mark.parametrize("period", ["7", "30", "365"])
@pytest.mark.parametrize("key", [key for key in LABELS if key != "redemption_share"])
def test_the_rows_behind_a_figure_add_up_to_it(busy: Luna, owner: Client, key: str, period: str):
    page = owner.get(busy.url(f"figures/{key}/?days={period}"))
    assert page.context["next_url"] == ""
    assert added_up(key, page.context["rows"]) == page.context["figure"].value


def test_every_figure_opens_and_keeps_its_period(busy: Luna, owner: Client):
    page = owner.get(busy.url("?days=90"))
    links = [stat["href"] for stat in page.context["stats"] + page.context["more"]]
    assert len(links) == len(LABELS)
    assert all(link.endswith("?days=90") for link in links)
    assert {owner.get(link).status_code for link in links} == {200}


def test_a_figure_knows_the_period_before(busy: Luna, owner: Client):
    page = owner.get(busy.url("?days=7"))
    found = {stat["label"]: (stat["value"], stat["change"]) for stat in page.context["more"]}
    assert found["Orders"] == ("4", "")  # nothing in the seven days before: no change is claimed
    page = owner.get(busy.url("?days=30"))
    orders = next(stat for stat in page.context["more"] if stat["label"] == "Orders")
    assert orders["value"] == "5"


@pytest.mark.parametrize(
    "query", ["?days=x", "?days=0", "?days=99999999999", "?page=x", "?page=-1", "?page=999999999"]
)
def test_odd_addresses_are_answered(busy: Luna, owner: Client, query: str):
    assert owner.get(busy.url(query)).status_code == 200
    assert owner.get(busy.url(f"figures/orders/{query}")).status_code == 200


def test_what_needs_a_look_is_said_and_leads_there(busy: Luna, owner: Client):
    owner.post(busy.url("programme/rule/"), {"points": "2", "per": "10", "rounding": "down", "hold": "none",
                                             "expiry": "never", "on_shortfall": "to_zero"})  # fmt: skip
    with acting_for(busy.merchant, by=MARA):
        busy.reward.stock = 3
        busy.reward.taken = 1
        busy.reward.save()
        refund_order(source="pos", order_external_id="never-came", at=clock.now(),
                     refund=NewRefund("r", clock.now(), amount_minor=1))  # fmt: skip
    looks = owner.get(busy.url()).context["looks"]
    assert [look["text"] for look in looks] == [
        "A draft of the programme is not published yet.", "“Free coffee” has 2 left.",
        "1 refund waits for an order that has not arrived."]  # fmt: skip
    assert {owner.get(look["url"]).status_code for look in looks} == {200}


def test_the_books_agree_and_every_rule_of_them_holds(busy: Luna, owner: Client):
    page = owner.get(busy.url("books/?check=1"))
    assert page.context["books"].agree
    assert len(page.context["results"]) > 5
    assert all(not result.breaches for result in page.context["results"])
    assert b"Both sides agree" in owner.get(busy.url("books/"), headers=HTMX).content


def test_books_that_do_not_agree_say_by_how_much(busy: Luna, owner: Client, monkeypatch):
    monkeypatch.setattr("loyalty.web.office.books.outstanding", lambda: 1)
    page = owner.get(busy.url("books/"))
    assert not page.context["books"].agree
    assert b"Off by" in page.content and b"Both sides agree" not in page.content


def test_the_log_says_everything_in_words(busy: Luna, owner: Client):
    owner.post(busy.member(busy.ben, "block/"), {"reason": "Card shared"})
    events = owner.get(busy.url("audit/")).context["events"]
    assert (events[0]["text"], events[0]["who"], events[0]["note"]) == (
        "A member was blocked", "Owner of Café Luna", "Card shared")  # fmt: skip
    with acting_for(busy.merchant, by=MARA):
        kinds = set(Event.objects.values_list("kind", flat=True))
    assert kinds <= set(SENTENCES)
    assert {owner.get(event["url"]).status_code for event in events if event["url"]} == {200}


def test_the_log_filters_by_topic_and_person_and_pages(busy: Luna, owner: Client, monkeypatch):
    monkeypatch.setattr("loyalty.web.office.audit.PAGE", 3)
    owner.post(busy.member(busy.ben, "block/"), {"reason": "x"})
    mine = owner.get(busy.url(f"audit/?by=staff:{busy.staff['owner'].pk}"))
    assert [event["event"].kind for event in mine.context["events"]] == ["member.blocked"]
    seen, url = [], busy.url("audit/?topic=points")
    while url:
        page = owner.get(url)
        seen += [event["event"].kind for event in page.context["events"]]
        url = page.context["next_url"]
    with acting_for(busy.merchant, by=MARA):
        assert len(seen) == Event.objects.filter(kind__startswith="points.").count()


LISTS = ["", "members/", "orders/", "rewards/", "audit/", "figures/orders/", "figures/members_total/",
         "figures/points_issued/", "programme/"]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_a_list_asks_as_often_for_thirty_rows_as_for_three(busy: Luna, owner: Client, path: str):
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert owner.get(busy.url(path)).status_code == 200
        return len(queries)

    asked()
    few = asked()
    with acting_for(busy.merchant, by=MARA):
        for number in range(30):
            buy(person(f"more-{number}", given_name=f"M{number}"), 10 + number, at=clock.now())
    assert asked() == few
    assert few <= 42


def test_a_members_page_asks_as_often_for_a_long_story(busy: Luna, owner: Client):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            owner.get(busy.member(busy.ana))
        return len(queries)

    asked()
    # Twice: what is looked up now and then, whoever looks, is not about the story.
    few = min(asked(), asked())
    with acting_for(busy.merchant, by=MARA):
        for number in range(6):  # still on one page
            buy(busy.ana, 10 + number, at=clock.now())
    assert min(asked(), asked()) == few


def test_whatever_can_happen_has_a_drawing_and_the_drawing_is_there() -> None:
    assert sorted(families().keys() - ICONS.keys()) == []
    for name in set(ICONS.values()):
        assert "<svg" in icon(name), name
