"""Search everywhere: one box, what one may see, a fixed number of queries."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from loyalty.core.tenancy.scope import acting_for
from rewards.operations.catalogue import create_reward
from tests.cast import AT, MARA, buy, person
from tests.web.office.conftest import REWARD, Luna, browser_of


def found(client: Client, lunas: Luna, asked: str) -> dict[str, list[str]]:
    """What was found, by kind."""
    page = client.get(lunas.url("search/"), {"q": asked})
    assert page.status_code == 200
    return {
        str(group["title"]): [str(hit["title"]).replace("\xa0", " ") for hit in group["results"]]
        for group in page.context["groups"]
    }


@pytest.mark.parametrize(
    ("asked", "kind", "title"),
    [("al", "Members", "Ana Alm"), ("ANA alm", "Members", "Ana Alm"), ("first", "Orders", "first"),
     ("coff", "Rewards", "Free coffee"), ("kaffe", "Rewards", "Free coffee"), ("every", "Rules of the programme", "1 point for every SEK 1.00 spent. Only full amounts count."),
     ("logo", "Pages", "Brand"), ("poster", "Pages", "Print kit"), ("audit", "Pages", "Audit log")],
)  # fmt: skip
def test_each_kind_of_thing_is_found(lunas: Luna, owner: Client, asked: str, kind: str, title: str):
    assert title in found(owner, lunas, asked)[kind]


def test_members_are_found_by_address_phone_and_card(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        from members.operations.membership import join

        nia = join(
            at=AT, identities={"email": "nia@example.org", "phone": "+46701740605", "card": "LUNA-77"}
        ).member
        assert nia
    for asked in ("NIA@example.org", "070-174 06 05", "luna-77"):
        assert len(found(owner, lunas, asked)["Members"]) == 1
    assert found(owner, lunas, "nia@example") == {}


def test_nothing_of_another_shop_is_found(lunas: Luna, ottos: Luna, owner: Client):
    assert len(found(owner, lunas, "ana")["Members"]) == 1
    assert "Orders" not in found(owner, lunas, "o-first")


def test_analysts_find_what_they_may_see_and_cashiers_have_no_search(lunas: Luna):
    analyst = browser_of(lunas, "analyst")
    assert "Members" in found(analyst, lunas, "ana")
    assert found(analyst, lunas, "brand") == {} and found(analyst, lunas, "invite") == {}
    assert browser_of(lunas, "cashier").get(lunas.url("search/?q=ana")).status_code == 403


@pytest.mark.parametrize(
    "asked", ["", "   ", "\x00", "%", "x" * 500, "<script>alert(1)</script>", "' OR 1=1 --", "=1+1"]
)
def test_odd_questions_find_nothing_and_break_nothing(lunas: Luna, owner: Client, asked: str):
    page = owner.get(lunas.url("search/"), {"q": asked})
    assert page.status_code == 200 and page.context["groups"] == []
    assert b"<script>alert" not in page.content


def test_htmx_gets_the_results_alone(lunas: Luna, owner: Client):
    part = owner.get(lunas.url("search/?q=ana"), headers={"HX-Request": "true"}).content
    assert part.lstrip().startswith(b'<div id="results"') and b"<html" not in part


def test_the_number_of_queries_does_not_grow_with_what_is_found(lunas: Luna, owner: Client):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            owner.get(lunas.url("search/?q=a"))
        return len(asked)

    queries()
    before = queries()
    with acting_for(lunas.merchant, by=MARA):
        for number in range(30):
            member = person(f"a{number}", given_name="Anders", family_name=f"A{number}")
            buy(member, 10, external_id=f"a{number}")
            create_reward(at=AT, details={**REWARD, "name": {"en": f"A cake {number}"}})
    assert queries() == before
    page = owner.get(lunas.url("search/?q=a"))
    assert [len(group["results"]) for group in page.context["groups"]][:2] == [6, 6]


def test_the_box_beside_every_page_leads_here(lunas: Luna, owner: Client):
    assert f'action="{lunas.url("search/")}"' in owner.get(lunas.url()).content.decode()
