"""The daily work: what waits is counted, shown to whoever may see it, and worked from the page."""

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from loyalty.core import clock, ids
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.office.work.queues import QUEUES
from members.models import PerkClaim
from rewards.models import Booking, Fulfilment, Session, Voucher
from rewards.queries.work import waiting
from tests.cast import MARA, days, person
from tests.web.office.conftest import Luna, browser_of
from tests.web.office.work.conftest import Busy

HTMX = {"HX-Request": "true"}


def said(answer) -> str:
    """What the page said afterwards."""
    return " ".join(str(message) for message in get_messages(answer.wsgi_request)).replace("\u00a0", " ")


def acting(busy: Busy):
    return acting_for(busy.luna.merchant, by=MARA)


@pytest.fixture(autouse=True)
def _books(request):
    """After each test the books are right."""
    busy = request.getfixturevalue("busy") if "busy" in request.fixturenames else None
    yield
    if busy is not None:
        with acting(busy):
            assert verify() == []


# --- the desk -------------------------------------------------------------------------------------------------


def test_what_waits_is_counted_queue_by_queue(busy: Busy, owner: Client):
    with acting(busy):
        found = waiting(at=clock.now())
    assert {queue.name: getattr(found, queue.name) for queue in QUEUES} == {
        "services": 1, "parcels": 1, "sessions": 1, "activities": 1, "referrals": 1, "approvals": 1,
        "memberships": 1, "partners": 0,
    }  # fmt: skip
    page = owner.get(busy.url("work/"))
    assert {card["queue"].name: card["count"] for card in page.context["cards"]}["services"] == 1
    entry = next(item for item in page.context["nav"] if item["url"] == busy.url("work/"))
    assert entry["count"] == 7
    assert {owner.get(card["url"]).status_code for card in page.context["cards"]} == {200}


def test_every_count_is_the_number_of_rows_its_queue_shows(busy: Busy, owner: Client):
    rows = {
        "services": "rows", "parcels": "rows", "sessions": "coming", "activities": "rows", "referrals": "rows",
        "approvals": "waiting", "memberships": "waits",
    }  # fmt: skip
    cards = {card["queue"].name: card for card in owner.get(busy.url("work/")).context["cards"]}
    for name, shown in rows.items():
        page = owner.get(cards[name]["url"])
        assert len(page.context[shown]) == cards[name]["count"], name


def test_an_empty_shop_says_what_each_queue_is_for(lunas: Luna, owner: Client):
    cards = owner.get(lunas.url("work/")).context["cards"]
    assert [card["count"] for card in cards] == [0] * len(QUEUES)
    for card in cards:
        assert b'class="empty"' in owner.get(card["url"]).content, card["url"]


def test_the_overview_says_what_waits_and_leads_there(busy: Busy, owner: Client):
    looks = {look["text"]: look["url"] for look in owner.get(busy.url()).context["looks"]}
    assert looks["1 member waits for a service."] == busy.url("work/services/")
    assert {owner.get(url).status_code for url in looks.values()} == {200}


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("owner", [queue.name for queue in QUEUES]),
        ("manager", [queue.name for queue in QUEUES]),
        ("analyst", [queue.name for queue in QUEUES]),
        ("cashier", ["services", "parcels", "sessions"]),
    ],
)
def test_each_role_sees_its_queues(busy: Busy, role: str, seen: list[str]):
    browser = browser_of(busy.luna, role)
    page = browser.get(busy.url("work/"))
    assert [card["queue"].name for card in page.context["cards"]] == seen
    paths = {"services": "services", "parcels": "rewards", "sessions": "events", "activities": "activities",
             "referrals": "referrals", "approvals": "approvals", "memberships": "memberships",
             "partners": "partners"}  # fmt: skip
    statuses = {name: browser.get(busy.url(f"work/{path}/")).status_code for name, path in paths.items()}
    assert statuses == {name: 200 if name in seen else 403 for name in paths}


def test_a_count_calls_only_who_can_do_something(busy: Busy, analyst: Client, cashier: Client):
    def count(browser: Client) -> int:
        nav = browser.get(busy.url("work/")).context["nav"]
        return next(item["count"] for item in nav if item["url"] == busy.url("work/"))

    assert (count(analyst), count(cashier)) == (0, 3)


def test_who_sells_sees_names_as_they_are_called_and_no_way_to_peoples_pages(busy: Busy, cashier: Client):
    page = cashier.get(busy.url("work/services/")).content.decode()
    assert "Ana A." in page
    assert "Ana Alm" not in page
    assert "/members/mbr_" not in page


CHANGES = [
    ("work/activities/{activity}/approve/", {}),
    ("work/activities/{activity}/refuse/", {"note": "x"}),
    ("work/referrals/{referral}/approve/", {}),
    ("work/referrals/{referral}/refuse/", {"note": "x"}),
    ("work/approvals/{request}/approve/", {}),
    ("work/approvals/{request}/refuse/", {"note": "x"}),
    ("work/approvals/limits/", {"days": "1"}),
    ("work/services/claims/{claim}/serve/", {}),
    ("work/services/claims/{claim}/cancel/", {}),
    ("work/rewards/move/", {"one": "{fulfilment}:sent"}),
    ("work/places/{booking}/attend/", {}),
    ("work/places/{booking}/give-up/", {"returns": "yes"}),
    ("work/events/{session}/check-in/", {"code": "x"}),
    ("work/events/{session}/edit/", {"capacity": "9"}),
    ("work/events/{session}/call-off/", {"reason": "x"}),
    ("work/partners/propose/", {"partner": "x"}),
    ("work/partnerships/{partnership}/end/", {}),
    ("memberships/{paid_membership}/pay/", {}),
    ("memberships/{paid_membership}/cancel/", {}),
    ("undo/redemptions/{redemption}/", {"reason": "x"}),
    ("undo/transfers/{points_transfer}/", {"reason": "x"}),
    ("rewards/{pool}/codes/", {"codes": "ABCD-1234"}),
    ("rewards/{pool}/codes/discard/", {}),
]


@pytest.mark.parametrize(("path", "sent"), CHANGES, ids=[path for path, _sent in CHANGES])
def test_who_may_only_look_changes_nothing(busy: Busy, analyst: Client, path: str, sent: dict[str, str]):
    sent = {name: text.format(**busy.ids) for name, text in sent.items()}
    assert analyst.post(busy.url(path.format(**busy.ids)), sent).status_code == 403


FOR_THE_TILL = ("services/claims", "rewards/move", "attend", "check-in")


@pytest.mark.parametrize(("path", "sent"), CHANGES, ids=[path for path, _sent in CHANGES])
def test_who_sells_serves_and_decides_nothing(busy: Busy, cashier: Client, path: str, sent: dict[str, str]):
    sent = {name: text.format(**busy.ids) for name, text in sent.items()}
    answer = cashier.post(busy.url(path.format(**busy.ids)), sent)
    assert answer.status_code in ((303, 422) if any(part in path for part in FOR_THE_TILL) else (403,))


@pytest.mark.parametrize("path", ["work/", "work/services/", "work/rewards/", "work/events/", "work/activities/",
                                  "work/referrals/", "work/approvals/", "work/memberships/", "work/partners/",
                                  "households/", "members/?sort=name&bought=30&points=some"])  # fmt: skip
def test_a_queue_asks_as_often_for_many_rows_as_for_few(busy: Busy, owner: Client, path: str):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(busy.url(path)).status_code == 200
        return len(queries)

    asked()
    few = asked()
    with acting(busy):
        from members.operations.activities import record_activity
        from members.operations.perks import OrderName, claim_perk
        from members.rules.doing import NewActivity
        from members.rules.shopping import MemberRef

        now = clock.now()
        for number in range(8):
            one = person(f"more-{number}", given_name=f"M{number}")
            ref = MemberRef(id=ids.encode("mbr", one.pk))
            record_activity(activity=NewActivity(f"more-{number}", "photo", now, ref), at=now)
            claim_perk(
                member=one.pk, perk="engraving", key=f"k{number}", at=now, order=OrderName(f"o{number}")
            )
    assert min(asked(), asked()) <= few + 1  # the second staff name may have been kept
    assert few <= 45


# --- services and parcels -------------------------------------------------------------------------------------


def test_a_service_is_given_and_noted_with_the_name(busy: Busy, cashier: Client, owner: Client):
    url = busy.url(f"work/services/claims/{busy.ids['claim']}/serve/")
    assert cashier.post(url, {"outcome": "Engraved AA"}).status_code == 303
    with acting(busy):
        row = PerkClaim.objects.get()
        assert (row.status, row.outcome) == ("served", "Engraved AA")
    (done,) = owner.get(busy.url("work/services/")).context["served"]
    assert done["settled_by"] == "Cashier of Café Luna"
    clients = owner.get(busy.url("work/services/of/engraving/")).context["rows"]
    assert {row["member"]["name"]: bool(row["served_at"]) for row in clients}["Ana Alm"]
    assert owner.get(busy.url("work/services/of/nothing/")).status_code == 404


def test_a_parcel_is_packed_and_sent_with_its_number(busy: Busy, cashier: Client):
    name = busy.ids["fulfilment"]
    (item,) = cashier.get(busy.url("work/rewards/")).context["rows"]
    assert [move["to"] for move in item["moves"]] == ["prepared", "sent", "done"]
    cashier.post(busy.url("work/rewards/move/"), {"one": f"{name}:sent", f"reference_{name}": "PN 4711"})
    with acting(busy):
        row = Fulfilment.objects.get()
        assert (row.state, row.reference) == ("sent", "PN 4711")
    answer = cashier.post(busy.url("work/rewards/move/"), {"chosen": [name], "to": "prepared"})
    assert "stayed where it was" in said(answer)
    cashier.post(busy.url("work/rewards/move/"), {"chosen": [name], "to": "done"})
    assert cashier.get(busy.url("work/rewards/")).context["rows"] == []
    assert len(cashier.get(busy.url("work/rewards/?state=done")).context["rows"]) == 1
    assert "Tick some rows" in said(cashier.post(busy.url("work/rewards/move/"), {"to": "done"}))


def test_slips_are_of_the_list_that_is_shown(busy: Busy, cashier: Client):
    page = cashier.get(busy.url("work/rewards/slips/")).content.decode()
    assert "Mug" in page and "Ana A." in page
    assert "Mug" not in cashier.get(busy.url("work/rewards/slips/?state=done")).content.decode()


# --- events ---------------------------------------------------------------------------------------------------


def test_a_date_is_opened_changed_and_the_list_moves_up(busy: Busy, owner: Client):
    url = busy.url(f"work/events/of/{busy.ids['tasting']}/new/")
    assert owner.post(url, {"starts_at": "2099-05-01T18:00", "capacity": "0"}).status_code == 422
    made = owner.post(url, {"starts_at": "2099-05-01T18:00", "ends_at": "2099-05-01T17:00", "capacity": "3"})
    assert (made.status_code, "ends_at" in made.context["form"].errors) == (422, True)
    made = owner.post(url, {"starts_at": "2099-05-01T18:00", "capacity": "3", "place": "Garden"})
    assert made.status_code == 303
    with acting(busy):
        row = Session.objects.get(place="Garden")
        assert row.starts_at.isoformat() == "2099-05-01T16:00:00+00:00"  # six in the evening in Stockholm
    shown = owner.get(busy.url(f"work/events/{busy.ids['session']}/edit/")).context["form"]
    sent = {"starts_at": shown["starts_at"].value().strftime("%Y-%m-%dT%H:%M"), "capacity": "0"}
    assert owner.post(busy.url(f"work/events/{busy.ids['session']}/edit/"), sent).status_code == 422


def test_the_door_takes_a_ticket_or_a_card_once_and_no_others(busy: Busy, cashier: Client):
    with acting(busy):
        booking = Booking.objects.get(member=busy.luna.ana)
        ticket = Voucher.objects.get(redemption=booking.redemption).code
    url = busy.url(f"work/events/{busy.ids['session']}/check-in/")
    assert cashier.post(url, {"code": "AAAA-BBBB-CCCC"}).status_code == 422
    answer = cashier.post(url, {"code": f" {ticket.lower()} ", "form_key": "1"})
    assert said(answer) == "Ana A. is here."
    assert cashier.post(url, {"code": ticket, "form_key": "2"}).status_code == 303
    with acting(busy):
        booking.refresh_from_db()
        assert booking.status == "attended"


def test_calling_a_date_off_asks_why_and_says_so(busy: Busy, owner: Client):
    url = busy.url(f"work/events/{busy.ids['session']}/call-off/")
    assert b"They get their points back" in owner.get(url).content
    assert owner.post(url, {"reason": ""}).status_code == 422
    owner.post(url, {"reason": "The cook is ill"})
    with acting(busy):
        assert Session.objects.get(pk=ids.decode("ssn", busy.ids["session"])).cancelled_at is not None


def test_giving_up_a_place_frees_it_with_the_points(busy: Busy, owner: Client):
    before = busy.luna.points(busy.luna.ana)
    owner.post(busy.url(f"work/places/{busy.ids['booking']}/give-up/"), {"returns": "yes"})
    assert busy.luna.points(busy.luna.ana) == before + 20
    with acting(busy):
        assert Booking.objects.get(member=busy.luna.ana).status == "cancelled"


# --- partners and households ----------------------------------------------------------------------------------


def test_a_partnership_shows_what_to_settle_and_exports_it(busy: Busy, owner: Client):
    page = owner.get(busy.url(f"work/partnerships/{busy.ids['partnership']}/"))
    statement, entries = page.context["statement"], page.context["entries"]
    assert statement.balance_minor == sum(entry.amount_minor for entry in entries) == 0
    export = owner.get(busy.url(f"work/partnerships/{busy.ids['partnership']}/settlement.csv"))
    assert b"".join(export.streaming_content).startswith(b"\xef\xbb\xbfWhen,")
    assert (
        owner.get(busy.url(f"work/partnerships/{busy.ids['partnership']}/?month=1999-99")).status_code == 200
    )
    owner.post(busy.url(f"work/partnerships/{busy.ids['partnership']}/end/"))
    assert len(owner.get(busy.url("work/partners/")).context["ended"]) == 1


def test_proposing_says_what_is_wrong_beside_its_field(busy: Busy, owner: Client):
    url = busy.url("work/partners/propose/")
    unknown = owner.post(url, {"partner": "nobody", "our_worth": "0,10", "their_worth": "0.2"})
    assert (unknown.status_code, list(unknown.context["form"].errors)) == (422, ["partner"])
    wrong = owner.post(url, {"partner": "bookshop", "our_worth": "much", "their_worth": "0.2"})
    assert list(wrong.context["form"].errors) == ["our_worth"]


def test_a_household_shows_who_shares_and_lets_one_out(busy: Busy, owner: Client):
    (row,) = owner.get(busy.url("households/")).context["rows"]
    assert row["together"] == busy.luna.points(busy.luna.ana) + busy.luna.points(busy.luna.ben)
    page = owner.get(row["url"])
    assert sum(item["place"].points for item in page.context["members"]) == row["together"]
    ana, ben = (ids.encode("mbr", one.pk) for one in (busy.luna.ana, busy.luna.ben))
    assert owner.post(f"{row['url']}members/{ben}/out/")["Location"] == row["url"]
    assert owner.post(f"{row['url']}members/{ana}/out/")["Location"] == busy.url("households/")
    assert owner.get(row["url"]).status_code == 404


def test_memberships_that_wait_are_listed_with_what_is_due(busy: Busy, owner: Client):
    (item,) = owner.get(busy.url("work/memberships/")).context["waits"]
    assert (item["plan"], item["due_minor"], str(item["status"])) == (
        "Plus",
        29_900,
        "Waits for its first payment",
    )
    assert owner.get(item["url"]).status_code == 200


def test_pages_of_a_queue_show_everybody_once(busy: Busy, owner: Client, monkeypatch):
    monkeypatch.setattr("loyalty.web.office.work.services.PAGE", 2)
    with acting(busy):
        from members.operations.perks import OrderName, claim_perk

        for number in range(4):
            claim_perk(member=busy.luna.ben.pk, perk="engraving", key=f"p{number}", at=clock.now() + days(0),
                       order=OrderName(f"p{number}"))  # fmt: skip
    seen, url = [], busy.url("work/services/")
    while url:
        page = owner.get(url)
        seen += [item["public_id"] for item in page.context["rows"]]
        url = page.context["next_url"]
    assert len(seen) == len(set(seen)) == 5
    assert owner.get(busy.url("work/services/?after=nonsense")).status_code == 404
