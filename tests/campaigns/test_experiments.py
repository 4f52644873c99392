"""Experiments: the statistics hold when people peek, and the product says so when it does not know."""

from collections import Counter
from statistics import mean
from uuid import UUID

import pytest

from campaigns.rules.experiments import (
    HOLDOUT,
    Direction,
    Guardrail,
    Kind,
    Metric,
    Moments,
    Noisy,
    Variant,
    Verdict,
    always_valid,
    assign,
    difference,
    guard,
    plan_mean,
    plan_share,
    problems,
    read,
    uneven,
)
from tests.campaigns import trials
from tests.campaigns.trials import (
    TRIALS,
    calm,
    covered,
    mistaken,
    regulars,
    run,
    run_shares,
    shoppers,
    strangers,
)

SPEND = Metric(Kind.MEAN, 5.0)
BUYERS = Metric(Kind.SHARE, 0.03)
MEMBERS = [UUID(int=number << 64 | number) for number in range(20_000)]
HALVES = (Variant("a"), Variant("b"))


# --- looking daily -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [calm, shoppers, regulars])
def test_peeking_every_day_does_not_invent_effects(draw: trials.Draw) -> None:
    assert mistaken([run(seed, draw) for seed in range(TRIALS)], SPEND) <= 0.05


def test_peeking_every_day_at_shares_does_not_either() -> None:
    assert mistaken([run_shares(seed, base=0.2) for seed in range(TRIALS)], BUYERS) <= 0.05


@pytest.mark.parametrize("draw", [calm, shoppers])
def test_the_textbooks_test_looked_at_daily_does_invent_them(draw: trials.Draw) -> None:
    """The twin: the same experiments and the same looks, with the interval that is made for one look."""
    assert mistaken([run(seed, draw) for seed in range(TRIALS)], SPEND, fixed=True) > 0.10


@pytest.mark.parametrize(("draw", "lift"), [(calm, 4.0), (calm, -9.0), (shoppers, 6.0), (regulars, 3.0)])
def test_the_interval_has_the_truth_in_it_on_every_day(draw: trials.Draw, lift: float) -> None:
    experiments = [run(seed, draw, lift=lift) for seed in range(TRIALS)]
    assert covered(experiments, SPEND, lift) >= 0.93


def test_the_textbooks_interval_loses_the_truth_on_some_day() -> None:
    experiments = [run(seed, calm, lift=4.0) for seed in range(TRIALS)]
    assert covered(experiments, SPEND, 4.0, fixed=True) < 0.93


def test_an_effect_that_is_there_is_found() -> None:
    """Otherwise an interval that is never wrong would only be one that never says anything."""
    found = [list(run(seed, calm, lift=8.0).intervals(SPEND))[-1].low > 0 for seed in range(TRIALS)]
    assert mean(found) > 0.9


# --- CUPED ---------------------------------------------------------------------------------------------------------


def test_what_members_did_before_narrows_the_interval() -> None:
    plain, adjusted, values = [], [], []
    for seed in range(TRIALS):
        looks = run(seed, regulars, lift=3.0)
        one, other = looks.control[-1], looks.variant[-1]
        without, found = difference(one, other, adjusted=False), difference(one, other)
        plain.append(without.variance)
        adjusted.append(found.variance)
        values.append(found.value)
        assert found.removed == pytest.approx(1 - found.variance / without.variance)
    # A correlation of 0.7 explains 0.49 of the variance.
    assert mean(adjusted) / mean(plain) == pytest.approx(0.51, abs=0.02)
    assert mean(values) == pytest.approx(3.0, abs=0.25), "it takes out noise and moves nothing"
    assert covered([run(seed, regulars, lift=3.0) for seed in range(TRIALS)], SPEND, 3.0) >= 0.93


def test_what_says_nothing_narrows_nothing() -> None:
    looks = [run(seed, strangers) for seed in range(50)]
    ratio = mean(
        difference(one.control[-1], one.variant[-1]).variance
        / difference(one.control[-1], one.variant[-1], adjusted=False).variance
        for one in looks
    )
    assert ratio == pytest.approx(1.0, abs=0.005)


def test_sums_are_all_it_takes() -> None:
    ys, xs = [3.0, 5.0, 9.0, 1.0], [2.0, 4.0, 8.0, 2.0]
    whole = Moments.of(ys, xs)
    assert Moments.of(ys[:1], xs[:1]) + Moments.of(ys[1:], xs[1:]) == whole
    assert (whole.mean, whole.variance) == (4.5, pytest.approx(35 / 3))
    with pytest.raises(Noisy):
        difference(Moments.of([1.0]), whole)


# --- verdicts ------------------------------------------------------------------------------------------------------


def test_too_little_data_is_said_plainly() -> None:
    few = Moments.of([float(n % 7) for n in range(60)])
    found = read(few, Moments.of([float(n % 7) * 100 for n in range(60)]), SPEND)
    assert (found.verdict, found.interval, found.estimate) == (Verdict.NOT_ENOUGH_DATA, None, None)
    assert found.missing == 40
    rare = Moments.of([1.0] * 3 + [0.0] * 997)
    seldom = read(rare, Moments.of([1.0] * 200 + [0.0] * 800), BUYERS)
    assert (seldom.verdict, seldom.missing) == (Verdict.NOT_ENOUGH_DATA, 17), (
        "a thousand members, three events"
    )


def test_no_noise_at_all_says_nothing() -> None:
    same = Moments.of([5.0] * 500)
    found = read(same, Moments.of([6.0] * 500), SPEND)
    assert found.verdict is Verdict.NO_DIFFERENCE_YET
    assert found.interval is not None
    assert found.interval.p == 1.0


def test_less_can_be_better() -> None:
    looks = run(1, calm, lift=-12.0)
    fewer = Metric(Kind.MEAN, 5.0, Direction.LESS)
    assert read(looks.control[-1], looks.variant[-1], fewer).verdict is Verdict.BETTER
    assert read(looks.control[-1], looks.variant[-1], SPEND).verdict is Verdict.WORSE


def test_enough_data_and_no_difference_that_matters_is_an_answer() -> None:
    looks = run(3, calm)
    wide = Metric(Kind.MEAN, 15.0)
    assert read(looks.control[-1], looks.variant[-1], wide).verdict is Verdict.EQUAL


def test_more_variants_need_more_proof() -> None:
    looks = run(2, calm, lift=6.0)
    one = read(looks.control[-1], looks.variant[-1], SPEND)
    five = read(looks.control[-1], looks.variant[-1], SPEND, compared=5)
    assert one.interval is not None
    assert five.interval is not None
    assert five.interval.width > one.interval.width


def test_a_guardrail_breaks_only_beyond_the_accepted_harm() -> None:
    looks = run(4, calm, lift=-10.0)
    one, other = looks.control[-1], looks.variant[-1]
    assert guard(one, other, Guardrail(SPEND))[0] is False
    assert guard(one, other, Guardrail(SPEND, accepted=20.0))[0] is True
    assert guard(Moments(), Moments(), Guardrail(SPEND))[0] is None


def test_an_interval_is_the_set_of_differences_its_own_test_accepts() -> None:
    """The p-value reaches alpha exactly where the interval's edge reaches nothing."""
    found = always_valid(0.0, 4.0, mixture=9.0)
    edge = always_valid(found.high, 4.0, mixture=9.0)
    assert (edge.low, edge.p) == (pytest.approx(0.0, abs=1e-9), pytest.approx(0.05))
    for wrong in ({"alpha": 0.0}, {"mixture": 0.0}):
        with pytest.raises(ValueError, match="alpha lies"):
            always_valid(1.0, 1.0, **{"mixture": 1.0, **wrong})


# --- who sees what -------------------------------------------------------------------------------------------------


def test_everybody_always_sees_the_same() -> None:
    once = [assign(one, salt="x", variants=HALVES, holdout=500, holdout_salt="shop") for one in MEMBERS[:500]]
    assert once == [
        assign(one, salt="x", variants=HALVES, holdout=500, holdout_salt="shop") for one in MEMBERS[:500]
    ]
    renamed = (Variant("c"), Variant("b"))
    again = [
        assign(one, salt="x", variants=renamed, holdout=500, holdout_salt="shop") for one in MEMBERS[:500]
    ]
    assert [one.replace("a", "c") for one in once] == again


def test_variants_get_the_parts_they_should() -> None:
    variants = (Variant("control", 2), Variant("one", 1), Variant("two", 1))
    sizes = Counter(
        assign(one, salt="spring", variants=variants, holdout=1000, holdout_salt="shop") for one in MEMBERS
    )
    assert sizes[HOLDOUT] == pytest.approx(2000, abs=150)
    inside = {name: sizes[name] for name in ("control", "one", "two")}
    weights = [(one.id, one.weight) for one in variants]
    assert not uneven(inside, weights)
    assert uneven({**inside, "two": inside["two"] - 900}, weights), "members that went missing are noticed"
    assert uneven({**inside, "three": 1}, weights)


def test_two_experiments_do_not_know_of_each_other() -> None:
    pairs = Counter(
        (assign(one, salt="x", variants=HALVES), assign(one, salt="y", variants=HALVES)) for one in MEMBERS
    )
    assert all(count == pytest.approx(5000, abs=250) for count in pairs.values())
    assert len(pairs) == 4


def test_a_larger_holdout_keeps_who_was_in_it() -> None:
    def held(holdout: int) -> set[UUID]:
        return {
            one
            for one in MEMBERS[:5000]
            if assign(one, salt="x", variants=HALVES, holdout=holdout, holdout_salt="shop") == HOLDOUT
        }

    assert held(300) < held(800)
    other = {one for one in MEMBERS[:5000] if assign(one, salt="y", variants=HALVES, holdout=300,
                                                    holdout_salt="shop") == HOLDOUT}  # fmt: skip
    assert held(300) == other, "held out is held out from every experiment of the shop"


def test_variants_that_make_no_sense_are_named() -> None:
    bad = (Variant("", 0), Variant("", 5))
    paths = {path for path, _message in problems(bad, holdout=9000)}
    assert paths == {"variants", "variants[0].id", "variants[1].id", "variants[0].weight", "holdout"}
    assert problems(HALVES, holdout=500) == []
    with pytest.raises(ValueError, match="needs a variant"):
        assign(MEMBERS[0], salt="x", variants=())


# --- how long it takes ---------------------------------------------------------------------------------------------


def test_the_planned_size_finds_what_it_was_planned_for() -> None:
    plan = plan_mean(40.0, 8.0, daily=2 * trials.A_DAY)
    days = -(-plan.per_variant // trials.A_DAY)
    assert days <= trials.DAYS
    seen = [
        list(run(seed, calm, lift=8.0).intervals(Metric(Kind.MEAN, 8.0)))[days - 2] for seed in range(TRIALS)
    ]
    assert mean(interval.low > 0 for interval in seen) >= 0.75


def test_advice_on_size_and_time() -> None:
    plan = plan_share(0.25, 0.4, daily=40)
    assert plan.one_look == pytest.approx(325, rel=0.05), "25 to 35 percent, as the tables say"
    assert plan.one_look < plan.per_variant < 3 * plan.one_look
    assert plan.days is not None
    assert plan.days % 7 == 0
    assert plan.days >= 2 * plan.per_variant / 40
    assert not plan.is_too_long
    assert plan_share(0.25, 0.4, daily=0).is_too_long
    assert plan_share(0.25, 0.01, daily=40).is_too_long
    assert plan_mean(40, 5, daily=100, explained=0.5).per_variant == pytest.approx(
        plan_mean(40, 5, daily=100).per_variant / 2, rel=0.01
    )
    assert plan_mean(40, 5, daily=100, variants=4).per_variant > plan_mean(40, 5, daily=100).per_variant
    with pytest.raises(ValueError, match="between 0 and 1"):
        plan_share(0.9, 0.2, daily=10)
