"""The member's pages beyond the card: what counted, who comes along, what one may tell and take back."""

import pytest
from django.test import Client

from loyalty.core import clock, ids
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from members.models import HouseholdPlace, PaidMembership, PointsTransfer
from members.operations.households import invite, open_household
from members.operations.membership_payments import receive_payment
from members.operations.paid_memberships import start_membership
from members.operations.partnerships import Worth, accept_partnership, propose_partnership
from members.operations.referral_payouts import due_referrals, settle
from members.queries.directory import row
from rewards.operations.catalogue import create_reward
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, OTTO, days, publish
from tests.web.portal.conftest import Portal, programme, text

pytestmark = pytest.mark.django_db
ANA, BEN, KEY = "ana@example.com", "ben@example.com", "k" * 32
STAMP = {"type": "fixed", "id": "stamp", "amount": 1, "unit": "stamps"}
CARD = {"cards": [{"id": "coffee", "needed": 4, "reward": "free-coffee", "name": {"en": "Coffee card"}}]}
TIERS = {"ladder": [
    {"id": "bronze", "name": {"en": "Bronze"}, "at_least": 0},
    {"id": "gold", "name": {"en": "Gold"}, "at_least": 100_000,
     "perks": [{"id": "ship", "kind": "free_shipping"}]}]}  # fmt: skip


# --- what arrives, and where it came from ---------------------------------------------------------------------


def test_the_card_asks_for_what_is_new_and_is_told_nothing_otherwise(portal: Portal, ana: Client):
    asked = {"headers": {"HX-Request": "true"}}
    mark = ana.get(portal.url("card/")).context["mark"]
    assert ana.get(portal.url("card/"), {"seen": mark}, **asked).status_code == 204
    portal.earns(ANA, 25, at=clock.now())
    fresh = ana.get(portal.url("card/"), {"seen": mark}, **asked)
    said = fresh.content.decode()
    assert "+25\u00a0beans" in said and "175" in said
    assert "<!doctype" not in said
    assert ana.get(portal.url("card/"), {"seen": fresh.context["mark"]}, **asked).status_code == 204


@pytest.mark.parametrize("seen", ["", "x", "1.2", "1.x.3", "1.2.3.4", "9" * 40 + ".1.1", "--1.2.3"])
def test_a_mark_nobody_gave_shows_the_card_and_no_more(portal: Portal, ana: Client, seen: str):
    answer = ana.get(portal.url("card/"), {"seen": seen}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "fresh__said" not in answer.content.decode()


def test_a_stamp_card_says_which_purchases_counted_and_what_does(portal: Portal, ana: Client):
    programme(portal, ONE_POINT_PER_KRONA, STAMP, side_units=CARD)
    for kronor in (31, 32):
        portal.earns(ANA, kronor, at=clock.now())
    page = text(ana, portal, "stamps/")
    assert "Coffee card" in page and "2 / 4" in page
    assert page.index("SEK\u00a032.00") < page.index("SEK\u00a031.00"), "last first"
    assert "SEK\u00a0150.00" not in page, "what was bought before the card gave no stamp"
    assert "What still counts" in page and "1\u00a0stamp" in page
    assert "Stamps" in text(ana, portal, "card/")


def test_a_challenge_says_how_far_it_is(portal: Portal, ana: Client):
    fifth = {"type": "fixed", "id": "fifth", "name": "Every third", "amount": 50,
             "when": [{"type": "order_number", "every": 3}]}  # fmt: skip
    programme(portal, ONE_POINT_PER_KRONA, fifth)
    portal.earns(ANA, 10, at=clock.now())
    page = text(ana, portal, "stamps/")
    assert "Every third" in page and "2 of 3" in page and "One more purchase to go." in page
    assert "SEK\u00a010.00" in page and "SEK\u00a0150.00" in page


def test_activity_is_narrowed_to_what_came_and_what_went(portal: Portal, ana: Client):
    ana.post(portal.reward_url(portal.coffee, "redeem/"), {"form_key": KEY})
    amounts = {
        show: [
            entry["amount"] for entry in ana.get(portal.url("activity/"), {"show": show}).context["entries"]
        ]
        for show in ("", "in", "out", "nonsense")
    }
    assert amounts == {"": [-100, 150], "in": [150], "out": [-100], "nonsense": [-100, 150]}


def test_a_tier_shows_its_way_up_its_perks_and_how_it_came(portal: Portal, ana: Client):
    programme(portal, tiers=TIERS)
    portal.earns(ANA, 400, at=clock.now())
    page = text(ana, portal, "level/")
    assert "SEK\u00a0550.00 of SEK\u00a01,000.00" in page and "Free shipping" in page
    assert "You are here" in page
    assert "On the way to Gold" in text(ana, portal, "card/")


def test_without_tiers_stamps_or_friends_their_pages_are_not_there(portal: Portal, ana: Client):
    for path in ("level/", "invite/", "household/", "give/", "membership/", "partners/", "choices/"):
        assert ana.get(portal.url(path)).status_code == 404, path
    hub = text(ana, portal, "profile/")
    assert "Invite a friend" not in hub and "Household" not in hub
    assert "How it works" in hub


def test_how_it_works_is_told_from_the_live_rules(portal: Portal, ana: Client):
    assert "1\u00a0bean for every SEK\u00a01." in text(ana, portal, "how/")
    programme(portal, {**ONE_POINT_PER_KRONA, "points": 3})
    assert "3\u00a0points for every SEK\u00a01." in text(ana, portal, "how/")


# --- rewards ------------------------------------------------------------------------------------------------------


def test_rewards_are_narrowed_to_what_can_be_had(portal: Portal, ana: Client):
    page = ana.get(portal.url("rewards/"), {"show": "now"})
    assert [offer["name"] for offer in page.context["offers"]] == ["Free coffee"]
    assert [tab["count"] for tab in page.context["filters"]] == [2, 1]
    assert len(ana.get(portal.url("rewards/"), {"show": "nonsense"}).context["offers"]) == 2
    assert "None of these at the moment" in text(ana, portal, "rewards/", show="giving")


def test_a_donation_shows_what_all_have_given(portal: Portal, ana: Client):
    with acting_for(portal.merchant, by=MARA):
        tree = create_reward(at=AT, details={"kind": "donation", "name": {"en": "A tree"}, "cost_points": 50, "value": 2500,
                                             "terms": {"charity": "The Wood"}})  # fmt: skip
    assert "given to The Wood by members so far" in text(
        ana, portal, portal.reward_url(tree)[len(portal.url()) :]
    )
    ana.post(portal.reward_url(tree, "redeem/"), {"form_key": KEY})
    page = ana.get(portal.reward_url(tree)).content.decode()
    assert "SEK\u00a025" in page and "of it are yours" in page


def test_the_wallet_holds_every_code_and_nobody_elses(portal: Portal, ana: Client, ben: Client):
    assert "No codes yet" in text(ana, portal, "codes/")
    ana.post(portal.reward_url(portal.coffee, "redeem/"), {"form_key": KEY})
    page = ana.get(portal.url("codes/"))
    assert [code["name"] for code in page.context["good"]] == ["Free coffee"]
    assert ben.get(portal.url("codes/")).context["good"] == []
    code = ana.get(portal.code_url(portal.taken(ANA)[0])).content.decode()
    assert "data-until" in code


# --- friends, households, gifts -----------------------------------------------------------------------------------


def test_a_friend_is_brought_by_a_link_and_seen_on_their_way(portal: Portal, ana: Client):
    eve = Client()
    terms = {"on": True, "referrer": {"units": [{"unit": "points", "amount": 50}]},
             "friend": {"units": [{"unit": "points", "amount": 20}]}}  # fmt: skip
    programme(portal, referrals=terms)
    assert "Get my link" in text(ana, portal, "invite/")
    assert ana.post(portal.url("invite/code/")).headers["Location"] == portal.url("invite/")
    page = ana.get(portal.url("invite/"))
    code = page.context["code"]
    assert code and page.context["link"].endswith(f"/r/{code}/") and "<svg" in page.content.decode()
    eve.get(portal.url(f"r/{code}/"), headers={"User-Agent": "Mozilla/5.0 (iPhone)"})
    eve.post(portal.url("join/"), {"email": "eve@example.com"})
    assert "Has joined, and has not bought yet" in text(ana, portal, "invite/")
    before = portal.points(ANA)
    portal.earns("eve@example.com", 30, at=clock.now())
    with acting_for(portal.merchant, by=MARA):
        for due in due_referrals(at=clock.now(), most=10):
            settle(referral=due, at=clock.now())
    assert "Has bought, and you have been thanked" in text(ana, portal, "invite/")
    assert "You got 50" in text(ana, portal, "invite/")
    assert portal.points(ANA) == before + 50
    assert portal.points("eve@example.com") == 50
    with acting_for(portal.merchant, by=MARA):
        assert verify() == []


def test_a_commission_shows_its_figures(portal: Portal, ana: Client):
    programme(portal, referrals={"on": True, "commission": {"basis_points": 500}})
    ana.post(portal.url("invite/code/"))
    labels = [one["label"] for one in ana.get(portal.url("invite/")).context["figures"]]
    assert labels == ["Followed your link", "Joined", "Purchases of theirs", "Worth", "Your commission"]


def test_two_share_a_household_and_part_again(portal: Portal, ana: Client, ben: Client):
    programme(portal, sharing={"household": {"on": True}})
    ana.post(portal.url("household/begin/"))
    code = ana.get(portal.url("household/")).context["code"]
    assert ben.post(portal.url("household/enter/"), {"code": "2222-2222-2222"}).status_code == 422
    assert ben.post(portal.url("household/enter/"), {"code": code.lower()}).status_code == 303
    page = ben.get(portal.url("household/"))
    assert page.context["together"].together == 150
    assert page.context["code"] == "", "only the owner lets others in"
    assert ben.post(portal.url("household/close/")).status_code == 303
    with acting_for(portal.merchant, by=MARA):
        assert HouseholdPlace.objects.count() == 2, "only its owner closes it"
    ana.post(portal.url("household/share/"), {"shares": "no"})
    assert ben.get(portal.url("household/")).context["together"].together == 0
    ben.post(portal.url("household/leave/"))
    assert "Begin a household" in text(ben, portal, "household/")
    assert (portal.points(ANA), portal.points(BEN)) == (150, 0)
    with acting_for(portal.merchant, by=MARA):
        assert verify() == []


def test_the_owner_takes_out_who_is_in_it_and_nobody_else(portal: Portal, ana: Client, ben: Client):
    programme(portal, sharing={"household": {"on": True}})
    ana.post(portal.url("household/begin/"))
    ben_id = ids.encode("mbr", portal.member(BEN).pk)
    assert ana.post(portal.url(f"household/{ben_id}/remove/")).status_code == 404
    code = ana.get(portal.url("household/")).context["code"]
    ben.post(portal.url("household/enter/"), {"code": code})
    assert (
        ben.post(portal.url(f"household/{ids.encode('mbr', portal.member(ANA).pk)}/remove/")).status_code
        == 303
    )
    with acting_for(portal.merchant, by=MARA):
        assert HouseholdPlace.objects.count() == 2
    ana.post(portal.url(f"household/{ben_id}/remove/"))
    with acting_for(portal.merchant, by=MARA):
        assert HouseholdPlace.objects.count() == 1


def test_points_are_given_once_to_whoever_told_their_code(portal: Portal, ana: Client, ben: Client):
    programme(portal, sharing={"transfers": {"on": True}})
    with acting_for(portal.merchant, by=MARA):
        card = row(portal.member(BEN)).identities["card"]
    given = {"receiver": card.lower(), "amount": "40", "form_key": KEY}
    for _press in range(2):
        assert ana.post(portal.url("give/"), given).headers["Location"] == portal.url("give/")
    assert (portal.points(ANA), portal.points(BEN)) == (110, 40)
    for wrong in ({"receiver": "2222-2222-2222"}, {"amount": "0"}, {"amount": "111"}, {"form_key": "../x"},
                  {"amount": "x"}, {"receiver": "\x00"}):  # fmt: skip
        answer = ana.post(portal.url("give/"), {**given, "form_key": "n" * 32, **wrong})
        assert answer.status_code == 422, wrong
    with acting_for(portal.merchant, by=MARA):
        assert PointsTransfer.objects.count() == 1
        assert verify() == []


# --- memberships and partners ---------------------------------------------------------------------------------------

ROAST = {
    "questions": [
        {"id": "roast", "name": {"en": "Which roast?"}, "options": [{"id": "dark", "name": {"en": "Dark"}}]}
    ]
}
PLUS = {"plans": [{"id": "plus", "price_minor": 29_900, "name": {"en": "Plus"},
                   "perks": [{"id": "ship", "kind": "free_shipping"}]}]}  # fmt: skip


def test_a_plan_is_taken_paid_cancelled_and_goes_on_after_all(portal: Portal, ana: Client):
    programme(portal, membership_plans=PLUS)
    assert "Plus" in text(ana, portal, "membership/") and "Free shipping" in text(ana, portal, "membership/")
    for _press in range(2):
        ana.post(portal.url("membership/start/"), {"plan": "plus", "form_key": KEY})
    assert "Pay SEK\u00a0299.00 at the till, and it begins." in text(ana, portal, "membership/")
    now = clock.now()
    with acting_for(portal.merchant, by=MARA):
        plan = PaidMembership.objects.get()
        receive_payment(membership=plan.pk, amount_minor=29_900, key="till:1", paid_at=now, at=now)
    assert "The next payment is SEK\u00a0299.00." in text(ana, portal, "membership/")
    ana.post(portal.url("membership/cancel/"))
    assert "Until then everything is yours." in text(ana, portal, "membership/")
    ana.post(portal.url("membership/resume/"))
    assert "The next payment is" in text(ana, portal, "membership/")
    ana.post(portal.url("membership/start/"), {"plan": "plus", "form_key": "n" * 32})
    with acting_for(portal.merchant, by=MARA):
        assert PaidMembership.objects.count() == 1


def test_nobody_cancels_the_membership_of_another(portal: Portal, ana: Client, ben: Client):
    programme(portal, membership_plans=PLUS)
    with acting_for(portal.merchant, by=MARA):
        start_membership(member=portal.member(BEN).pk, plan="plus", key="b", at=clock.now())
    assert ana.post(portal.url("membership/cancel/")).status_code == 404
    with acting_for(portal.merchant, by=MARA):
        assert PaidMembership.objects.get().status == "pending"


def test_cards_of_two_shops_are_linked_by_a_code_and_parted(portal: Portal, ottos: Portal, ana: Client):
    with acting_for(portal.merchant, by=MARA):
        agreement = propose_partnership(partner="ottos", worth=Worth("10", "10"), at=AT).pk
    with acting_for(ottos.merchant, by=OTTO):
        accept_partnership(agreement=agreement, at=AT)
    ottos.at_the_till(ANA)
    ottos.earns(ANA, 70)
    shown = ana.post(ottos.url("partners/luna/code/"))
    code = shown.context["made"]["code"]
    assert ana.post(portal.url("partners/ottos/link/"), {"code": "2222"}).status_code == 422
    assert ana.post(portal.url("partners/ottos/link/"), {"code": code}).status_code == 303
    page = text(ana, portal, "partners/")
    assert "Linked since" in page and "70" in page
    ana.post(portal.url("partners/ottos/end/"))
    assert "Link the cards" in text(ana, portal, "partners/")
    assert (portal.points(ANA), ottos.points(ANA)) == (150, 70)


# --- nobody else's --------------------------------------------------------------------------------------------------------


def test_every_page_of_a_member_asks_for_proof(portal: Portal, phone: Client):
    programme(portal, sharing={"transfers": {"on": True}, "household": {"on": True}}, tiers=TIERS, referrals={"on": True},
              membership_plans=PLUS, questions=ROAST)  # fmt: skip
    phone.post(portal.url("join/"), {"email": "eve@example.com"})
    for path in (
        "level/",
        "invite/",
        "household/",
        "give/",
        "membership/",
        "choices/",
        "codes/",
        "profile/data/",
    ):
        assert phone.get(portal.url(path)).headers["Location"] == portal.url("prove/"), path
    for path in ("invite/code/", "household/begin/", "membership/start/", "welcome/"):
        assert phone.post(portal.url(path)).headers["Location"] == portal.url("prove/"), path


def test_an_invitation_from_elsewhere_opens_nothing(portal: Portal, ottos: Portal, ana: Client):
    programme(portal, sharing={"household": {"on": True}})
    with acting_for(ottos.merchant, by=OTTO):
        publish(at=clock.now(), sharing={"household": {"on": True}})
    olga = ottos.at_the_till("olga@example.com")
    with acting_for(ottos.merchant, by=OTTO):
        home = open_household(member=olga.pk, at=clock.now())
        code = invite(household=home.pk, by=olga.pk, at=clock.now() + days(0)).code
    assert ana.post(portal.url("household/enter/"), {"code": code}).status_code == 422
