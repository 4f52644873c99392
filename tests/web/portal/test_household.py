"""What the members of a household read on their cards."""

from django.test import Client

from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from members.operations.households import accept_invitation, invite, open_household
from tests.cast import MARA, publish
from tests.web.portal.conftest import Portal


def test_the_card_shows_what_is_mine_and_what_we_have_together(portal: Portal, ana: Client):
    now = clock.now()
    ben = portal.at_the_till("ben@example.com", given_name="Ben")
    portal.earns("ben@example.com", 800)
    assert "Your household" not in ana.get(portal.url("card/")).content.decode()
    with acting_for(portal.merchant, by=MARA):
        publish(at=now, sharing={"household": {"on": True}})
    mine = portal.member("ana@example.com")
    with acting_for(portal.merchant, by=MARA):
        home = open_household(member=mine.pk, at=now)
        accept_invitation(member=ben.pk, code=invite(household=home.pk, by=mine.pk, at=now).code, at=now)
    page = ana.get(portal.url("card/"))
    text = page.content.decode()
    assert "Your household" in text
    assert (page.context["shared"].yours, page.context["shared"].together) == (150, 950)
    # A cake for nine hundred is to be had together.
    assert "A whole cake" in [offer["name"] for offer in page.context["offers"]]
    key = ana.get(portal.reward_url(portal.cake)).context["form_key"]
    ana.post(portal.reward_url(portal.cake, "redeem/"), {"form_key": key})
    assert [taken.cost_points for taken in portal.taken("ana@example.com")] == [900]
    assert (portal.points("ana@example.com"), portal.points("ben@example.com")) == (0, 50)
