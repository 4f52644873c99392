"""An experiment from its plan to its decision: the same engine, the same books, and an honest reading."""

from datetime import datetime
from typing import Any

import pytest

from campaigns import tasks
from campaigns.models import Experiment, Exposure
from campaigns.operations.experiments import holding
from campaigns.operations.experiments.exposing import expose_member
from campaigns.operations.experiments.holding import ExperimentsRun, set_holdout
from campaigns.operations.experiments.running import (
    SOON,
    AlreadyDecided,
    NoSuchVariant,
    NotStarted,
    TargetChanged,
    TargetTaken,
    decide_experiment,
    start_experiment,
    stop_experiment,
)
from campaigns.operations.experiments.shaping import (
    ExperimentUnderWay,
    Plan,
    remove_experiment,
    write_experiment,
)
from campaigns.queries.experiments import figures
from campaigns.queries.experiments.assigned import assigned, in_holdout
from campaigns.queries.experiments.results import results
from campaigns.rules.experiments.metrics import Measure
from loyalty.core import privacy
from loyalty.core.errors import InvalidInput
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.programme import operations as programmes
from loyalty.core.programme import queries as versions
from loyalty.core.tenancy.scope import acting_for
from members.models import Member, Order
from members.operations.merging import merge
from members.operations.orders import quote_order
from members.operations.refunds import cancel_order
from members.queries.comparisons import current, earning_of
from members.queries.pasts import pasts
from members.queries.why import explain, voice_of_scope
from members.rules.comparisons import Arm
from members.rules.rehearsing import Life, Rules
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, buy, days, order, person, publish

NOW, DOUBLE = Arm("a", "As now"), Arm("b", "Double", values={"points": 2})
LATER = AT + days(1)


def plan(*arms: Arm, **changes: Any) -> Plan:
    """One point per krona against two, judged by what members spend in a week."""
    said: dict[str, Any] = {
        "name": "Double or not", "kind": "earning", "target": "base", "metric": "spend", "window_days": 7,
        "planned_days": 14,
    }  # fmt: skip
    return Plan(**{"arms": arms or (NOW, DOUBLE), **said, **changes})


def begun(at: datetime = AT, **changes: Any) -> Experiment:
    """An experiment that runs."""
    row = write_experiment(experiment=None, plan=plan(**changes), at=at)
    return start_experiment(experiment=row.pk, at=at)


def in_variant(row: Experiment, key: str, *, other_than: tuple[Member, ...] = ()) -> Member:
    """Somebody new who gets this variant."""
    for number in range(60):
        member = person(f"{row.pk.hex[-6:]}-{key}-{number}-{len(other_than)}")
        if current().named(row.pk).arm_of(member.pk).key == key:
            return member
    raise AssertionError(f"nobody of sixty got {key}")


def test_each_member_earns_by_their_variant_and_the_order_says_which(cafe: Any) -> None:
    row = begun()
    before = in_variant(row, "a"), in_variant(row, "b")
    single, double = before
    assert buy(single, 50, at=LATER).points == 50
    outcome = buy(double, 50, at=LATER)
    assert outcome.points == 100
    assert balance(double.pk).available == 100
    [one] = outcome.decision.compared
    assert (one.experiment, one.variant, one.rule, one.matters) == (str(row.pk), "b", "base", True)
    kept = Order.objects.get(pk=outcome.order).decision
    [why] = explain(kept, voice_of_scope())
    assert why.sentence.endswith("in variant “Double” of “Double or not”")
    assert "variant" not in explain(kept, voice_of_scope(plain=True))[0].sentence, "members are not told"
    assert {(one.member_id, one.variant) for one in Exposure.objects.all()} == {
        (single.pk, "a"),
        (double.pk, "b"),
    }
    assert verify() == []


def test_a_member_is_exposed_once_and_only_by_what_makes_a_difference(cafe: Any) -> None:
    row = begun()
    member = in_variant(row, "b")
    buy(member, 0.5, at=LATER)  # below a krona: nothing in either variant
    quote_order(order=order(member, 70, at=LATER), at=LATER)
    assert not Exposure.objects.exists()
    first = buy(member, 70, at=LATER + days(1))
    buy(member, 70, at=LATER + days(2))
    buy(None, 70, at=LATER + days(2))  # a guest is nobody's variant
    [one] = Exposure.objects.all()
    assert (one.member_id, one.at, one.source) == (member.pk, LATER + days(1), first.order)
    assert verify() == []


def test_what_is_bought_before_and_after_is_as_ever(cafe: Any) -> None:
    row = begun()
    member = in_variant(row, "b")
    assert buy(member, 10, at=AT).points == 10, "a purchase from before it began, recorded late"
    assert buy(member, 10, at=LATER).points == 20
    stop_experiment(experiment=row.pk, at=LATER)
    assert buy(member, 10, at=LATER + SOON).points == 10
    assert buy(member, 10, at=LATER - days(0.5)).points == 20, "one from while it ran, recorded late"
    assert assigned(member.pk, row.pk, LATER + SOON) == ""
    other = begun(LATER + days(1), name="Over by itself")
    assert buy(in_variant(other, "b"), 10, at=LATER + days(16)).points == 10
    assert verify() == []


def test_an_assignment_never_changes_while_the_shares_do_not(cafe: Any) -> None:
    row = begun()
    members = [person(f"m{n}") for n in range(40)]
    first = [assigned(one.pk, row.pk, LATER) for one in members]
    assert set(first) == {"a", "b"}
    begun(name="Another", target="", kind="other")
    row.name = "Renamed"
    row.save(update_fields=["name"])
    for later in (LATER, LATER + days(5), LATER + days(12)):
        assert [assigned(one.pk, row.pk, later) for one in members] == first
        assert [current().named(row.pk).arm_of(one.pk).key for one in members] == first


def test_who_is_held_out_gets_nothing_of_it(cafe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    set_holdout(share=2000, at=AT - days(1))
    row = begun()
    everybody = [person(f"m{n}") for n in range(60)]
    held = [one for one in everybody if in_holdout(one.pk, LATER)]
    assert 3 <= len(held) <= 25
    assert held == [one for one in everybody if in_holdout(one.pk)]
    for one in held:
        assert (
            assigned(one.pk, row.pk, LATER) == expose_member(member=one.pk, experiment=row.pk, at=LATER) == ""
        )
        outcome = buy(one, 10, at=LATER)
        assert (outcome.points, outcome.decision.compared) == (10, ())
    assert not Exposure.objects.exists()
    assert {buy(one, 10, at=LATER).points for one in everybody if one not in held} == {10, 20}
    with pytest.raises(ExperimentsRun):
        set_holdout(share=1000, at=LATER)
    stop_experiment(experiment=row.pk, at=LATER)
    set_holdout(share=0, at=LATER)
    assert not any(in_holdout(one.pk, LATER + SOON) for one in everybody)
    assert in_holdout(held[0].pk, LATER), "the past stays as it was"
    with pytest.raises(InvalidInput):
        set_holdout(share=holding.MOST + 1, at=LATER)
    assert verify() == []


def test_the_past_lived_again_comes_to_the_same_points(cafe: Any) -> None:
    row = begun()
    people = [person(f"m{n}") for n in range(12)]
    for number, one in enumerate(people):
        buy(one, 10 + number, at=LATER + days(number / 10), external_id=f"o{number}")
        buy(one, 7, at=LATER + days(20))  # after its end
    cancel_order(source="api", order_external_id="o3", cancelled_at=LATER + days(2), at=LATER + days(2))
    merge(keep=people[0].pk, remove=people[1].pk, at=LATER + days(3))
    merge(keep=people[2].pk, remove=people[4].pk, at=LATER + days(3))
    programme = versions.in_force().programme
    until, alike = LATER + days(30), []
    for book in (current(), type(current())()):
        rules = Rules.of(programme, voice_zone(), AT, book)
        same = True
        for past in pasts([one.pk for one in people], rules=rules, until=until):
            life = Life(rules, past.member)
            for event in past.events:
                life.happen(event)
            same &= all(life.lived[key].points == real.points for key, real in past.real.items())
        alike.append(same)
    assert alike == [True, False], "and without the experiment the past would have been another"
    assert row.pk in {one.id for one in current().of}


def voice_zone() -> Any:
    """The shop's zone."""
    from zoneinfo import ZoneInfo

    return ZoneInfo("Europe/Stockholm")


def test_results_count_who_was_watched_to_the_end_and_say_when_it_is_too_little(cafe: Any) -> None:
    row = begun()
    single, double, late = in_variant(row, "a"), in_variant(row, "b"), None
    buy(single, 100, at=LATER - days(0.5))
    buy(double, 30, at=LATER - days(0.9))
    buy(double, 80, at=LATER, external_id="back")
    buy(double, 20, at=LATER + days(2))
    buy(double, 500, at=LATER + days(9))  # after the seven days
    cancel_order(source="api", order_external_id="back", cancelled_at=LATER + days(1), at=LATER + days(1))
    late = person("late")
    buy(late, 10, at=LATER + days(8))
    found = results(row, at=LATER + days(10))
    assert (found.exposed, found.counted, found.waiting, found.uneven) == (3, 2, 1, False)
    assert {one.arm.key: (one.counted, one.mean) for one in found.rows} == {"a": (1, 0.0), "b": (1, 2000.0)}
    [_control, variant] = found.rows
    assert variant.reading is not None
    assert (variant.reading.verdict, variant.reading.missing) == ("not_enough_data", 99)
    sums = figures.measured(row.pk, window=days(7), until=LATER + days(10))["b"]
    assert (sums[Measure.ORDERS].y, sums[Measure.BOUGHT].y, sums[Measure.POINTS].y) == (1, 1, 40)


def test_deciding_puts_the_variant_into_the_draft_and_publishing_makes_it_everybodys(cafe: Any) -> None:
    row = begun()
    single = in_variant(row, "a")
    with pytest.raises(NoSuchVariant):
        decide_experiment(experiment=row.pk, variant="z", at=LATER)
    decided = decide_experiment(experiment=row.pk, variant="b", at=LATER)
    assert (decided.state, decided.decided) == ("decided", "b")
    assert buy(single, 10, at=LATER + days(1)).points == 10, "a draft is a draft"
    draft = versions.draft()
    assert draft is not None
    assert [rule["points"] for rule in draft.document["earning"]["rules"]] == [2]
    programmes.publish(at=LATER + days(2))
    assert buy(single, 10, at=LATER + days(3)).points == 20
    with pytest.raises(AlreadyDecided):
        decide_experiment(experiment=row.pk, variant="a", at=LATER)
    assert verify() == []


def test_what_is_compared_cannot_be_changed_until_it_is_stopped(cafe: Any) -> None:
    row = begun()
    with pytest.raises(InvalidInput) as refused:
        publish({**ONE_POINT_PER_KRONA, "points": 5}, at=LATER)
    assert [one["code"] for one in refused.value.errors] == ["under_experiment"]
    with pytest.raises(TargetTaken):
        begun(LATER, name="Second")
    with pytest.raises(ExperimentUnderWay):
        remove_experiment(experiment=row.pk, at=LATER)
    with pytest.raises(ExperimentUnderWay):
        write_experiment(experiment=row.pk, plan=plan(), at=LATER)
    stop_experiment(experiment=row.pk, at=LATER)
    programmes.discard_draft()
    publish({**ONE_POINT_PER_KRONA, "points": 5}, at=LATER + days(1))
    with pytest.raises(TargetChanged):
        decide_experiment(experiment=row.pk, variant="b", at=LATER + days(2))
    assert Experiment.objects.get(pk=row.pk).state == "stopped", "nothing of the refused decision stays"
    draft = write_experiment(experiment=None, plan=plan(), at=LATER)
    with pytest.raises(NotStarted):
        stop_experiment(experiment=draft.pk, at=LATER)
    remove_experiment(experiment=draft.pk, at=LATER)


def test_two_who_are_one_are_left_out_where_they_met_two_variants(cafe: Any) -> None:
    row = begun()
    single, double = in_variant(row, "a"), in_variant(row, "b")
    other = in_variant(row, "b", other_than=(double,))
    for one in (single, double, other):
        buy(one, 10, at=LATER)
    merge(keep=double.pk, remove=other.pk, at=LATER + days(1))
    assert {(one.member_id, one.mixed) for one in Exposure.objects.all()} == {
        (single.pk, False),
        (double.pk, False),
    }
    merge(keep=single.pk, remove=double.pk, at=LATER + days(1))
    assert {(one.member_id, one.mixed) for one in Exposure.objects.all()} == {(single.pk, True)}
    found = results(row, at=LATER + days(10))
    assert (found.exposed, found.mixed) == (0, 1)
    assert verify() == []


def test_who_leaves_is_told_what_was_kept_and_forgotten(cafe: Any) -> None:
    row = begun()
    member = in_variant(row, "b")
    buy(member, 10, at=LATER)
    [told] = privacy.export(member.pk)["experiments"]
    assert (told["experiment"], told["variant"]) == ("Double or not", "b")
    privacy.erase(member.pk)
    assert not Exposure.objects.exists()
    assert results(row, at=LATER + days(10)).exposed == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"kind": "colour"}, "kind"),
        ({"target": "nothing"}, "target"),
        ({"audience": "nobody"}, "audience"),
        ({"metric": "luck"}, "metric"),
        ({"window_days": 0}, "window_days"),
        ({"planned_days": 6}, "planned_days"),
        ({"smallest_percent": 101}, "smallest_percent"),
        ({"guardrails": (("spend", 5),)}, "guardrails"),
        ({"guardrails": (("points", 0),)}, "guardrails"),
        ({"arms": (NOW,)}, "variants"),
        ({"arms": (NOW, Arm("a", values={"points": 2}))}, "variants"),
        ({"arms": (NOW, Arm("b", weight=0, values={"points": 2}))}, "variants[1].weight"),
        ({"arms": (NOW, Arm("b", values={"points": 1}))}, "variants[1].values"),
        ({"arms": (NOW, Arm("b", values={"points": 0}))}, "variants[1].values"),
        ({"arms": (NOW, Arm("b", values={"points": True}))}, "variants[1].values"),
        ({"arms": (NOW, Arm("b", values={"colour": 2}))}, "variants[1].values"),
        ({"arms": (NOW, DOUBLE, Arm("c", values={"points": 2}))}, "variants[2].values"),
        ({"kind": "reward", "target": "x"}, "target"),
        ({"kind": "message", "target": "newsletter"}, "target"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_and_nothing_is_kept(
    cafe: Any, wrong: dict[str, Any], field: str
) -> None:
    said = plan(**wrong)
    with pytest.raises(InvalidInput) as refused:
        write_experiment(experiment=None, plan=said, at=AT)
    assert field in {one["field"] for one in refused.value.errors}
    assert not Experiment.objects.exists()


def test_one_whose_time_has_come_is_noted_and_holds_nothing_up(luna: Any) -> None:
    with acting_for(luna, by=MARA):
        publish()
        row = begun(at=AT)
    assert tasks.close_experiments() == 1
    assert tasks.close_experiments() == 0
    with acting_for(luna, by=MARA):
        row.refresh_from_db()
        assert (row.state, row.ends_at) == ("stopped", AT + SOON + days(14))
        assert Event.objects.filter(kind="experiment.stopped", subject=row.pk).count() == 1
        publish({**ONE_POINT_PER_KRONA, "points": 5}, at=AT + days(20))


def test_members_read_what_counts_for_them(cafe: Any) -> None:
    row = begun()
    earning = versions.in_force().programme["earning"]
    for key, points in (("a", 1), ("b", 2)):
        told = earning_of(earning, member=in_variant(row, key).pk, at=LATER)
        assert [rule.points for rule in told.rules] == [points]
    assert earning_of(earning, member=in_variant(row, "b").pk, at=LATER + days(20)) == earning
