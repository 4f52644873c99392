"""What else is compared: prices of rewards and words of messages; who is it for; and how long it takes."""

from typing import Any

import pytest
from django.core import mail
from django.db import connection

from campaigns.models import Exposure, Message
from campaigns.operations.experiments.exposing import expose_member
from campaigns.operations.experiments.holding import set_holdout
from campaigns.operations.experiments.running import TargetChanged, decide_experiment, start_experiment
from campaigns.operations.experiments.shaping import Plan, write_experiment
from campaigns.operations.newsletters import plan_batch, schedule_newsletter, write_newsletter
from campaigns.operations.segments.shaping import create_segment
from campaigns.operations.shaping import set_hours
from campaigns.queries.experiments import figures
from campaigns.queries.experiments.advice import advice_of, advise
from campaigns.queries.experiments.assigned import assigned, held_out, in_holdout
from campaigns.queries.experiments.results import holdout
from campaigns.rules.experiments import Moments
from campaigns.rules.experiments.metrics import Measure
from loyalty.core import clock
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.bulk import put_into_segment
from members.operations.points import adjust_points
from members.queries.comparisons import current
from members.rules.assigning import is_held_out
from members.rules.comparisons import Arm
from rewards.models import Reward
from rewards.operations.catalogue import create_reward, edit_reward
from rewards.operations.redemption import NotEligible, quote_redemption, redeem_reward
from rewards.operations.showing import show_offers
from rewards.queries.catalogue import offers
from tests.campaigns.hand import go_out, joined, says_yes
from tests.cast import AT, MARA, buy, days, person, publish

LATER = AT + days(1)
NOW = Arm("a", "As now")


def begun(kind: str, target: str, *others: Arm, at: Any = AT, **changes: Any) -> Any:
    """An experiment that runs."""
    said: dict[str, Any] = {"metric": "redeemed", "window_days": 7, "planned_days": 14, **changes}
    row = write_experiment(experiment=None, plan=Plan("Try it", kind, target, (NOW, *others), **said), at=at)
    return start_experiment(experiment=row.pk, at=at)


def rich(row: Any, key: str) -> Member:
    """Somebody with 90 points in this variant."""
    for number in range(60):
        member = person(f"{key}{number}")
        if current().named(row.pk).arm_of(member.pk).key == key:
            adjust_points(member=member.pk, amount=90, reason="a start", at=AT)
            return member
    raise AssertionError(key)


@pytest.fixture
def cup(cafe: Any) -> Reward:
    """A cup for a hundred points."""
    return create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 100})


def test_a_reward_costs_each_member_what_their_variant_says(cup: Reward) -> None:
    row = begun("reward", str(cup.pk), Arm("b", values={"cost_points": 80}))
    dear, cheap = rich(row, "a"), rich(row, "b")
    assert [offer.reward.cost_points for offer in offers(cheap.pk, at=LATER)] == [80]
    assert not Exposure.objects.exists(), "asking is not showing"
    assert [
        (offer.reward.cost_points, offer.can_have) for offer in show_offers(member=dear.pk, at=LATER)
    ] == [(100, False)]
    assert [
        (offer.reward.cost_points, offer.can_have) for offer in show_offers(member=cheap.pk, at=LATER)
    ] == [(80, True)]
    assert {(one.member_id, one.variant) for one in Exposure.objects.all()} == {
        (dear.pk, "a"),
        (cheap.pk, "b"),
    }
    assert [one.code for one in quote_redemption(member=dear.pk, reward=cup.pk, at=LATER)] == [
        "not_enough_points"
    ]
    assert quote_redemption(member=cheap.pk, reward=cup.pk, at=LATER) == ()
    with pytest.raises(NotEligible):
        redeem_reward(member=dear.pk, reward=cup.pk, key="dear", at=LATER)
    taken = redeem_reward(member=cheap.pk, reward=cup.pk, key="cheap", at=LATER)
    assert (taken.cost_points, balance(cheap.pk).available) == (80, 10)
    cup.refresh_from_db()
    assert cup.cost_points == 100
    assert decide_experiment(experiment=row.pk, variant="b", at=LATER).decided == "b"
    cup.refresh_from_db()
    assert cup.cost_points == 80
    assert verify() == []


def test_a_price_that_is_changed_by_hand_counts_for_everybody(cup: Reward) -> None:
    row = begun("reward", str(cup.pk), Arm("b", values={"cost_points": 80}))
    cheap = rich(row, "b")
    edit_reward(reward=cup.pk, at=LATER, details={"cost_points": 60})
    assert [offer.reward.cost_points for offer in offers(cheap.pk, at=LATER)] == [60]
    with pytest.raises(TargetChanged):
        decide_experiment(experiment=row.pk, variant="b", at=LATER)


def test_only_who_is_in_the_segment_takes_part(cafe: Any) -> None:
    create_segment(name="Guests", at=AT)
    row = begun("earning", "base", Arm("b", values={"points": 2}), audience="guests", metric="spend")
    members = [person(f"m{n}") for n in range(16)]
    for one in members[:8]:
        put_into_segment(members=[one.pk], segment="guests", at=AT)
    assert {buy(one, 10, at=LATER).points for one in members[:8]} == {10, 20}
    assert {buy(one, 10, at=LATER).points for one in members[8:]} == {10}
    assert {assigned(one.pk, row.pk, LATER) for one in members[8:]} == {""}
    assert Exposure.objects.count() == 8


def test_words_are_compared_and_told_in_the_mail(luna: Merchant) -> None:
    now = clock.now()
    with acting_for(luna, by=MARA):
        publish()
        set_hours(quiet_from=0, quiet_until=0, weekly_most=50, at=now)
        words = {"words": {"en": {"subject": "You are in"}}}
        row = begun("message", "welcome", Arm("b", values=words), at=now - days(1), metric="bought")
        people = {joined(f"m{n}").pk: f"m{n}@example.com" for n in range(12)}
        arms = {email: current().named(row.pk).arm_of(key).key for key, email in people.items()}
    go_out()
    sent = {one.to[0]: one.subject for one in mail.outbox}
    assert set(arms.values()) == {"a", "b"}
    assert {email for email, subject in sent.items() if subject == "You are in"} == {
        email for email, key in arms.items() if key == "b"
    }
    with acting_for(luna, by=MARA):
        met = {people[one.member_id]: one.variant for one in Exposure.objects.all()}
    assert met == arms


def test_who_is_held_out_gets_no_newsletter_and_all_that_is_theirs(luna: Merchant) -> None:
    now = clock.now()
    with acting_for(luna, by=MARA):
        publish()
        set_hours(quiet_from=0, quiet_until=0, weekly_most=50, at=now)
        set_holdout(share=2000, at=now - days(1))
        readers = [joined(f"m{n}") for n in range(40)]
        for one in readers:
            says_yes(one)
        held = held_out([one.pk for one in readers], now)
        words = {"en": {"subject": "News", "body": "Hello."}}
        letter = write_newsletter(newsletter=None, words=words, at=now)
        schedule_newsletter(newsletter=letter.pk, goes_at=now, at=now)
        while plan_batch(newsletter=letter.pk, at=now):
            pass
    go_out()
    with acting_for(luna, by=MARA):
        news = Message.objects.filter(kind="newsletter")
        assert {one.member_id for one in news if one.reason == "held_out"} == held
        assert 0 < len(held) < 30
        assert {one.state for one in news if one.member_id not in held} == {"sent"}
        assert {one.state for one in Message.objects.filter(kind="welcome")} == {"sent"}


def test_the_database_and_the_program_hold_out_the_same_members(cafe: Any) -> None:
    members = [person(f"m{n}").pk for n in range(80)]
    set_holdout(share=1500, at=AT)
    salt = current().salt
    with connection.cursor() as cursor:
        statement = figures._HELD_OUT
        edge = -(-1500 * (1 << 64) // 10_000)
        cursor.execute(statement, {
            "merchant": cafe.pk, "since": AT, "last": LATER, "salt": f"holdout|{salt}", "edge": edge.to_bytes(8),
            "window": days(7),
        })  # fmt: skip
        found = {row[0] for row in cursor.fetchall() if row[-1]}
    wanted = {one for one in members if is_held_out(one, salt=salt, holdout=1500)}
    assert found == wanted
    assert found == {one for one in members if in_holdout(one, LATER)}
    assert 0 < len(found) < 40
    found_again = holdout(at=AT + days(100))
    assert found_again is not None
    assert (found_again.held_out, found_again.others) == (len(wanted), 80 - len(wanted))


def test_advice_comes_from_what_members_bought(cafe: Any) -> None:
    nothing = advise(Measure.SPEND, percent=10, variants=2, window=days(7), audience="", at=AT + days(60))
    assert (nothing.plan, nothing.members) == (None, 0)
    past = Moments.of([float(n % 2) for n in range(560)])
    found = advice_of(Measure.BOUGHT, past, percent=10, variants=2, window=days(7))
    assert found.plan is not None and found.days is not None
    assert (found.base, found.daily) == (0.5, 20)
    assert found.days == found.plan.days + 7
    more = advice_of(Measure.BOUGHT, past, percent=5, variants=3, window=days(7))
    assert more.plan is not None and more.plan.per_variant > 3 * found.plan.per_variant
    alike = advice_of(Measure.SPEND, Moments.of([5.0] * 200), percent=10, variants=2, window=days(7))
    assert alike.plan is None, "who all do the same tell nothing"
    explained = Moments.of([float(n % 50) for n in range(400)], [float(n % 50) for n in range(400)])
    noisy = Moments.of([float(n % 50) for n in range(400)])
    with_past, without = (
        advice_of(Measure.SPEND, one, percent=10, variants=2, window=days(7)) for one in (explained, noisy)
    )
    assert with_past.plan is not None and without.plan is not None
    assert with_past.plan.per_variant < without.plan.per_variant


def test_the_pretended_past_is_what_an_experiment_would_have_counted(cafe: Any) -> None:
    people = [person(f"m{n}") for n in range(3)]
    buy(people[0], 100, at=AT)
    buy(people[0], 40, at=AT + days(3))
    buy(people[1], 70, at=AT + days(1))
    found = figures.pretended(window=days(7), audience="", until=AT + days(10))
    row = begun("other", "", Arm("b"), metric="spend")
    for one, at in ((people[0], AT), (people[1], AT + days(1))):
        expose_member(member=one.pk, experiment=row.pk, at=LATER)
        Exposure.objects.filter(member=one).update(at=at, variant="b")
    assert figures.measured(row.pk, window=days(7), until=AT + days(10))["b"] == found
    assert (found[Measure.SPEND].n, found[Measure.SPEND].y, found[Measure.BOUGHT].y) == (2, 4000.0, 1.0)
