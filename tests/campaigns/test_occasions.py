"""What happens to a member leads to the message that tells of it, with the figures that are true when it goes out."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from campaigns.operations.shaping import set_hours
from loyalty.core import clock, ids
from loyalty.core.events.operations import record
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.operations.membership_payments import receive_payment
from members.operations.paid_memberships import start_membership
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward, use_voucher
from tests.campaigns.hand import go_out, joined, messages
from tests.cast import MARA, buy, publish

pytestmark = pytest.mark.django_db

LADDER = {
    "by": "spend",
    "ladder": [
        {"id": "blue", "name": {"en": "Blue"}, "at_least": 0},
        {"id": "gold", "name": {"en": "Gold"}, "at_least": 50_000},
    ],
}
PLANS = {"plans": [{"id": "plus", "price_minor": 29_900}]}


def opened(merchant: Merchant, **sections: Any) -> Merchant:
    with acting_for(merchant, by=MARA):
        publish(at=clock.now() - timedelta(days=1), **sections)
        set_hours(quiet_from=0, quiet_until=0, weekly_most=0, at=clock.now())
    go_out()
    mail.outbox.clear()
    return merchant


def last(subject: str) -> Any:
    """The last mail with such a subject."""
    return [one for one in mail.outbox if re.search(subject, one.subject)][-1]


def test_a_new_level_is_told_and_the_first_one_is_not(luna: Merchant):
    opened(luna, tiers=LADDER)
    with acting_for(luna, by=MARA):
        ana = joined("ana")
    go_out()
    assert messages(luna, kind="tier_up") == []
    with acting_for(luna, by=MARA):
        buy(ana, 600, at=clock.now())
    go_out()
    assert "You have reached Gold." in last("you are Gold now").body


def test_a_birthday_that_the_programme_noticed(luna: Merchant):
    opened(luna)
    with acting_for(luna, by=MARA):
        ana = joined("ana", given_name="Ana")
        data = {"activity": str(ids.new()), "kind": "birthday", "points": 0}
        record("activity.recorded", subject=ana.pk, at=clock.now(), data=data)
        record("activity.recorded", subject=ana.pk, at=clock.now(), data={**data, "kind": "review"})
    go_out()
    assert len(messages(luna, kind="birthday")) == 1
    assert last("Happy birthday, Ana")


@pytest.mark.parametrize(
    ("event", "kind"), [("joined", "referral_joined"), ("rewarded", "referral_rewarded")]
)
def test_each_step_of_bringing_a_friend_is_told_once(luna: Merchant, event: str, kind: str):
    opened(luna)
    with acting_for(luna, by=MARA):
        ana = joined("ana")
        data = {"referral": str(ids.new()), "friend": str(ids.new())}
        for _again in range(2):
            record(f"referral.{event}", subject=ana.pk, at=clock.now(), data=data)
    go_out()
    assert [row.state for row in messages(luna, kind=kind)] == ["sent"]


@pytest.mark.parametrize(
    ("event", "more", "subject"),
    [
        ("payment_due", {"price_minor": 29_900}, "renews on"),
        ("payment_failed", {}, "did not go through"),
        ("price_changes", {"after_minor": 34_900, "since": "2031-05-01T00:00:00+00:00"}, r"cost .*349"),
    ],
)
def test_what_a_paid_membership_asks_of_its_member(
    luna: Merchant, event: str, more: dict[str, Any], subject: str
):
    opened(luna, membership_plans=PLANS)
    with acting_for(luna, by=MARA):
        ana, now = joined("ana"), clock.now()
        plan = start_membership(member=ana.pk, plan="plus", key="one", at=now).membership
        receive_payment(membership=plan.pk, amount_minor=29_900, key="paid", paid_at=now, at=now)
        data = {"membership": ids.encode("pmb", plan.pk), "plan": "plus", **more}
        record(f"membership.{event}", subject=ana.pk, at=now, data=data)
    go_out()
    assert "List-Unsubscribe" not in last(subject).extra_headers  # nobody can say no to these


def test_a_code_that_was_used_before_the_mail_was_made_is_not_told(luna: Merchant):
    opened(luna)
    with acting_for(luna, by=MARA):
        now = clock.now()
        cup = create_reward(at=now, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 10})
        ana = joined("ana")
        buy(ana, 50, at=now)
        taken = redeem_reward(member=ana.pk, reward=cup.pk, key="one", at=now)
        use_voucher(code=taken.voucher.code, at=now)
    go_out()
    assert [row.reason for row in messages(luna, kind="code")] == ["nothing_left"]
