"""The pages about one member: what they have, what staff do for them, and taking things back with a reason."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from loyalty.core import clock, ids
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from members.models import Activity, MembershipPayment, OfferActivation, PaidMembership, PerkClaim
from members.operations.points import adjust_points
from rewards.models import Redemption
from tests.cast import MARA, buy
from tests.web.office.work.conftest import Busy

PAGES = ("", "tier/", "extras/", "games/", "friends/", "plans/", "segments/", "fits/", "automations/")
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _books(busy: Busy):
    yield
    with acting_for(busy.luna.merchant, by=MARA):
        assert verify() == []


def acting(busy: Busy):
    return acting_for(busy.luna.merchant, by=MARA)


def said(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request)).replace("\u00a0", " ")


def undos(browser: Client, busy: Busy, who) -> list[str]:
    """The ways back that the story offers, newest first."""
    return [
        entry["undo_url"]
        for entry in browser.get(busy.luna.member(who)).context["entries"]
        if entry["undo_url"]
    ]


def test_every_page_about_a_member_opens_from_the_others(busy: Busy, owner: Client, analyst: Client):
    tabs = owner.get(busy.luna.member(busy.luna.ana)).context["about"]
    assert [tab["url"] for tab in tabs] == [busy.luna.member(busy.luna.ana, path) for path in PAGES]
    for browser in (owner, analyst):
        assert {browser.get(tab["url"]).status_code for tab in tabs} == {200}


def test_pages_about_somebody_erased_still_open(busy: Busy, owner: Client):
    owner.post(busy.luna.member(busy.luna.ana, "erase/"), {"typed": "Ana Alm"})
    assert [owner.get(busy.luna.member(busy.luna.ana, path)).status_code for path in PAGES] == [200] * len(
        PAGES
    )


def test_the_tier_says_where_they_stand_and_takes_a_claim(busy: Busy, owner: Client):
    url = busy.luna.member(busy.luna.ana, "tier/")
    page = owner.get(url)
    assert page.context["tier"] == "classic"
    (perk,) = page.context["perks"]
    refused = owner.post(perk["url"], {"order": "", "note": "x"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["order"])
    assert owner.post(perk["url"], {"order": "first-2", "note": "BB"}).status_code == 303
    with acting(busy):
        assert PerkClaim.objects.filter(member=busy.luna.ana).count() == 2
    used_up = owner.post(perk["url"], {"order": "first", "note": ""})
    assert "as often as it can be" in str(used_up.context["form"].errors)


def test_stamps_show_which_purchases_counted(busy: Busy, owner: Client):
    with acting(busy):
        adjust_points(member=busy.luna.ana.pk, amount=3, unit="stamps-coffee", reason="x", at=clock.now())
    (card,) = owner.get(busy.luna.member(busy.luna.ana, "extras/")).context["cards"]
    assert (
        sum(stamp["full"] for stamp in card["stamps"]) == sum(mark["stamps"] for mark in card["marks"]) == 3
    )


def test_an_offer_is_activated_for_the_member(busy: Busy, owner: Client):
    (offer,) = owner.get(busy.luna.member(busy.luna.ana, "extras/")).context["offers"]
    owner.post(offer["url"])
    with acting(busy):
        assert OfferActivation.objects.get().member_id == busy.luna.ana.pk
    (offer,) = owner.get(busy.luna.member(busy.luna.ana, "extras/")).context["offers"]
    assert (str(offer["state"]), offer["url"]) == ("Active", "")


def test_friends_household_and_transfers_are_there(busy: Busy, owner: Client):
    ben = owner.get(busy.luna.member(busy.luna.ben, "friends/")).context
    assert len(ben["brought"]) == 2 and ben["code"]
    assert [item["amount"] for item in ben["transfers"]] == [30]
    assert {item["member"]["name"] for item in ben["placed"]} == {"Ana Alm", "Ben Berg"}
    friend = owner.get(busy.luna.member(busy.friend, "friends/")).context
    assert friend["came_by"]["member"]["name"] == "Ben Berg"


def test_every_number_about_a_member_opens_or_is_the_rows_that_add_up_to_it(busy: Busy, owner: Client):
    from members.operations.refunds import cancel_order, refund_order
    from members.rules.shopping import NewRefund

    with acting(busy):
        now = clock.now()
        for number, name in enumerate(("kept", "part", "gone"), 1):
            buy(busy.luna.ben, 100 * number, at=now, external_id=name)
        refund_order(
            source="api", order_external_id="part", at=now, refund=NewRefund("r", now, amount_minor=5000)
        )
        cancel_order(source="api", order_external_id="gone", cancelled_at=now, at=now)
    page = owner.get(busy.luna.member(busy.luna.ben))
    stats, balance = page.context["row"].stats, page.context["balance"]
    rows = owner.get(busy.luna.member(busy.luna.ben, "purchases/")).context["rows"]
    assert sum(row["net_minor"] for row in rows) == stats.spend_minor == 250_00
    assert sum(row["order"].status == "recorded" for row in rows) == stats.orders_count == 2
    assert sum(each["points"] for each in page.context["lasting"]) == balance.available + balance.pending
    assert page.context["entries"][0]["balance"] == balance.available
    assert sum(entry["row"].change for entry in page.context["entries"]) == balance.available
    household = owner.get(busy.luna.member(busy.luna.ben, "friends/")).context
    together = owner.get(household["household_url"]).context["together"]
    assert sum(item["place"].points for item in household["placed"]) == together


# --- plans ----------------------------------------------------------------------------------------------------


def test_a_plan_is_paid_at_the_till_cancelled_kept_and_refunded(busy: Busy, owner: Client):
    plan, page = busy.ids["paid_membership"], busy.luna.member(busy.luna.ana, "plans/")
    pay = busy.url(f"memberships/{plan}/pay/")
    assert b"299" in owner.get(pay).content
    for _twice in range(2):
        owner.post(pay, {"form_key": "p"})
    with acting(busy):
        assert MembershipPayment.objects.get().amount_minor == 29_900
    assert "Cancelled" in said(owner.post(busy.url(f"memberships/{plan}/cancel/")))
    owner.post(busy.url(f"memberships/{plan}/resume/"))
    with acting(busy):
        assert not PaidMembership.objects.get().cancels_at_end
    refund = busy.url(f"memberships/{plan}/refund/")
    assert owner.post(refund, {"reason": ""}).status_code == 422
    assert "299" in said(owner.post(refund, {"reason": "Moved away"}))
    (shown,) = owner.get(page).context["plans"]
    assert (str(shown["status"]), str(shown["end"])) == ("Ended", "refunded")
    assert "has ended" in said(owner.post(pay, {"form_key": "q"}))


def test_a_plan_is_started_once(busy: Busy, owner: Client):
    url = busy.luna.member(busy.luna.ben, "plans/start/")
    for _twice in range(2):
        assert owner.post(url, {"plan": "plus", "form_key": "s"}).status_code == 303
    assert owner.post(url, {"plan": "gone"}).status_code == 422
    with acting(busy):
        assert PaidMembership.objects.filter(member=busy.luna.ben).count() == 1


# --- doing something for them ---------------------------------------------------------------------------------


def test_a_reward_is_given_once_with_its_reason(busy: Busy, owner: Client):
    url, reward = busy.luna.member(busy.luna.ben, "give/"), busy.ids["mug"]
    before = busy.luna.points(busy.luna.ben)
    assert busy.ids["tasting"] not in dict(owner.get(url).context["form"].fields["reward"].choices)
    for _twice in range(2):
        assert (
            owner.post(url, {"reward": reward, "reason": "Late parcel", "form_key": "g"}).status_code == 303
        )
    typed_anew = {"reward": busy.ids["pool"], "reason": "Another one", "form_key": "g"}
    assert owner.post(url, typed_anew).status_code == 303
    assert busy.luna.points(busy.luna.ben) == before
    with acting(busy):
        mine = Redemption.objects.filter(member=busy.luna.ben, source_kind="staff")
        assert mine.count() == 2  # going back and choosing something else is something new
        row = mine.get(reason="Late parcel")
        assert (row.cost_points, row.reason, row.voucher.status) == (0, "Late parcel", "active")
    assert "Mug" in owner.get(busy.luna.member(busy.luna.ben)).content.decode()
    assert owner.post(url, {"reward": reward, "reason": " "}).status_code == 422
    assert owner.post(url, {"reward": busy.ids["tasting"], "reason": "x"}).status_code == 422


def test_nothing_is_given_when_nothing_is_left(busy: Busy, owner: Client):
    url = busy.luna.member(busy.luna.ben, "give/")
    for number in range(2):
        owner.post(url, {"reward": busy.ids["pool"], "reason": "x", "form_key": f"g{number}"})
    answer = owner.post(url, {"reward": busy.ids["pool"], "reason": "x", "form_key": "g3"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["reward"])


def test_an_activity_is_noted_and_the_rules_decide(busy: Busy, owner: Client):
    url = busy.luna.member(busy.luna.ben, "activity/")
    answer = owner.post(url, {"kind": "photo", "note": "On the wall", "form_key": "a"})
    assert "waits under Work" in said(answer)
    with acting(busy):
        row = Activity.objects.get(member=busy.luna.ben, kind="photo")
        assert (row.source, row.status, row.properties) == ("office", "waiting", {"note": "On the wall"})
    assert owner.post(url, {"kind": "own", "own_kind": ""}).status_code == 422
    assert owner.post(url, {"kind": "own", "own_kind": "Not Small"}).status_code == 422
    assert "0 points given" in said(owner.post(url, {"kind": "own", "own_kind": "helped-out"}))
    assert owner.post(url, {"kind": "birthday"}).status_code == 422


# --- taking back ----------------------------------------------------------------------------------------------


def test_a_change_by_hand_is_undone_from_the_story_once(busy: Busy, owner: Client):
    owner.post(busy.luna.member(busy.luna.ben, "adjust/"), {"way": "give", "amount": "70", "reason": "Oops"})
    before = busy.luna.points(busy.luna.ben)
    first = undos(owner, busy, busy.luna.ben)[0]
    assert b"dialog" in owner.get(first, headers=HTMX).content
    assert owner.post(first, {"reason": " "}).status_code == 422
    assert owner.post(first, {"reason": "Wrong person"}).status_code == 303
    assert busy.luna.points(busy.luna.ben) == before - 70
    assert first not in undos(owner, busy, busy.luna.ben)
    assert owner.post(first, {"reason": "Again"}).status_code == 422


def test_a_redemption_is_taken_back_with_its_parcel(busy: Busy, owner: Client):
    url = busy.url(f"undo/redemptions/{busy.ids['redemption']}/")
    assert url in undos(owner, busy, busy.luna.ana)
    before = busy.luna.points(busy.luna.ana)
    owner.post(url, {"reason": "Out of stock"})
    assert busy.luna.points(busy.luna.ana) == before + 50
    assert owner.get(busy.url("work/rewards/")).context["rows"] == []
    assert url not in undos(owner, busy, busy.luna.ana)


def test_an_activity_that_counted_is_undone(busy: Busy, owner: Client):
    owner.post(busy.url(f"work/activities/{busy.ids['activity']}/approve/"))
    before, url = busy.luna.points(busy.luna.ana), busy.url(f"undo/activities/{busy.ids['activity']}/")
    assert url in undos(owner, busy, busy.luna.ana)
    owner.post(url, {"reason": "Not their cup"})
    assert busy.luna.points(busy.luna.ana) == before - 25
    assert url not in undos(owner, busy, busy.luna.ana)


def test_points_given_to_a_friend_come_back(busy: Busy, owner: Client):
    url = busy.url(f"undo/transfers/{busy.ids['points_transfer']}/")
    assert url in undos(owner, busy, busy.luna.ana)
    before = busy.luna.points(busy.luna.ana)
    owner.post(url, {"reason": "By mistake"})
    assert busy.luna.points(busy.luna.ana) == before + 30
    assert url not in undos(owner, busy, busy.luna.ana)


def test_a_purchase_leads_to_cancelling_it(busy: Busy, owner: Client):
    with acting(busy):
        buy(busy.luna.ben, 50, at=clock.now(), external_id="second")
    first = undos(owner, busy, busy.luna.ben)[0]
    assert first.endswith("/cancel/")
    owner.post(first)
    assert first not in undos(owner, busy, busy.luna.ben)


def test_who_may_only_look_is_offered_no_way_back(busy: Busy, analyst: Client):
    assert undos(analyst, busy, busy.luna.ana) == []


@pytest.mark.parametrize(
    "path", ["undo/entries/trf_00000000000000000000000000/", "undo/entries/x/", "undo/redemptions/rdm_x/",
             "undo/activities/act_x/", "undo/transfers/ptr_x/", "memberships/pmb_x/pay/"]
)  # fmt: skip
def test_what_is_not_there_cannot_be_undone(busy: Busy, owner: Client, path: str):
    assert owner.get(busy.url(path)).status_code == 404


def test_a_purchase_is_no_change_by_hand(busy: Busy, owner: Client):
    with acting(busy):
        from loyalty.core.ledger.queries import transfers

        earned = transfers(busy.luna.ana.pk).filter(kind="earn").first()
        name = ids.encode("trf", earned.pk)
    assert owner.post(busy.url(f"undo/entries/{name}/"), {"reason": "x"}).status_code == 404
