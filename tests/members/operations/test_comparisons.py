"""What the floor that decides knows of experiments: a book, a hash, and whom to tell."""

from typing import Any
from uuid import UUID

import pytest

from loyalty.core import ids
from loyalty.core.ledger.checks import verify
from loyalty.core.programme import queries as programmes
from members.models import ComparisonBook, Member
from members.operations import comparisons
from members.operations.activities import record_activity
from members.operations.claiming import claim_order
from members.operations.comparisons import Exposed, keep_book
from members.queries.comparisons import current
from members.rules.comparisons import Arm, Comparison, Comparisons, Holdout, knobs, varied, written
from members.rules.doing import NewActivity
from members.rules.earning import Fixed, Multiplier, PointsPerAmount, Step, Threshold
from members.rules.shopping import MemberRef
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days, person, publish

THANKS = {"type": "fixed", "id": "thanks", "amount": 5, "when": [{"type": "activity", "kinds": ["review"]}]}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Exposed]:
    """What is told to whoever keeps exposures."""
    heard: list[Exposed] = []

    class Ear:
        def saw(self, seen: Any) -> None:
            heard.extend(seen)

    monkeypatch.setattr(comparisons, "_watches", [Ear()])
    return heard


def compare(rule: str, *arms: Arm, holdout: int = 0) -> Comparison:
    """Keep a book with one comparison that runs for ten days."""
    current_ = programmes.in_force()
    assert current_ is not None
    base = next(written(one) for one in current_.programme["earning"].rules if one.id == rule)
    one = Comparison(ids.new(), "earning", rule, "Try", AT, (Arm("a"), *arms), AT + days(10), base=base)
    keep_book(comparisons=Comparisons("salt", (one,), (Holdout(AT, holdout),)))
    return one


def of_arm(one: Comparison, key: str) -> Member:
    """Somebody in that arm."""
    return next(who for n in range(60) if one.arm_of((who := person(f"{key}{n}")).pk).key == key)


def test_an_activity_and_a_claimed_order_are_decided_by_the_variant_too(
    cafe: Any, told: list[Exposed]
) -> None:
    publish(ONE_POINT_PER_KRONA, THANKS)
    thanks = compare("thanks", Arm("b", values={"amount": 50}))
    ana = of_arm(thanks, "b")
    did = NewActivity("r1", "review", AT + days(1), MemberRef(id=ids.encode("mbr", ana.pk)))
    done = record_activity(activity=did, at=AT + days(1))
    assert done.points == 50
    assert [(one.member, one.variant, one.source_kind) for one in told] == [(ana.pk, "b", "activity")]
    told.clear()
    base = compare("base", Arm("b", values={"points": 3}))
    ben = of_arm(base, "b")
    guest = buy(None, 10, at=AT + days(2), external_id="guest")
    assert (guest.points, told) == (0, [])
    claimed = claim_order(order=guest.order, member=ben.pk, at=AT + days(3))
    assert claimed.points == 30
    assert [(one.member, one.variant, one.source) for one in told] == [(ben.pk, "b", guest.order)]
    assert verify() == []


def test_two_comparisons_in_one_order_each_say_their_variant(cafe: Any, told: list[Exposed]) -> None:
    publish(ONE_POINT_PER_KRONA, {"type": "fixed", "id": "extra", "amount": 10})
    current_ = programmes.in_force()
    assert current_ is not None
    rules = {one.id: written(one) for one in current_.programme["earning"].rules}
    made = tuple(
        Comparison(
            ids.new(), "earning", rule, rule, AT, (Arm("a"), Arm("b", values=values)), base=rules[rule]
        )
        for rule, values in (("base", {"points": 2}), ("extra", {"amount": 30}))
    )
    keep_book(comparisons=Comparisons("salt", made))
    seen = set()
    for number in range(24):
        member = person(f"m{number}")
        arms = tuple(one.arm_of(member.pk).key for one in made)
        outcome = buy(member, 100, at=AT + days(1))
        assert outcome.points == {"a": 100, "b": 200}[arms[0]] + {"a": 10, "b": 30}[arms[1]]
        assert tuple(one.variant for one in outcome.decision.compared) == arms
        seen.add(arms)
    assert len(seen) == 4, "places in two experiments have nothing to do with each other"
    assert len(told) == 48


def test_a_rule_that_says_something_else_by_now_is_not_varied(cafe: Any, told: list[Exposed]) -> None:
    one = compare("base", Arm("b", values={"points": 2}))
    member = of_arm(one, "b")
    assert buy(member, 10, at=AT + days(1)).points == 20
    publish({**ONE_POINT_PER_KRONA, "points": 5}, at=AT + days(2))
    outcome = buy(member, 10, at=AT + days(3))
    assert (outcome.points, outcome.decision.compared) == (50, ())


def test_a_new_book_counts_at_once_in_every_process(cafe: Any, told: list[Exposed]) -> None:
    one = compare("base", Arm("b", values={"points": 2}))
    member, mark = of_arm(one, "b"), ComparisonBook.objects.get().mark
    assert buy(member, 10, at=AT + days(1)).points == 20
    keep_book(comparisons=Comparisons("salt"))
    assert ComparisonBook.objects.get().mark != mark
    assert (current().of, buy(member, 10, at=AT + days(1)).points) == ((), 10)


def test_the_figures_of_every_kind_of_rule_can_be_varied() -> None:
    base = PointsPerAmount(id="base", points=1, per_minor=100)
    assert knobs(base) == {"points": 1, "per_minor": 100, "at_least_minor": 0}
    assert varied(base, {"points": 2, "per_minor": 50}) == PointsPerAmount(id="base", points=2, per_minor=50)
    steps = Threshold(id="t", steps=(Step(1000, 5), Step(5000, 50)))
    assert varied(steps, {"steps[1].amount": 80}).steps[1] == Step(5000, 80)  # type: ignore[union-attr]
    twice = Multiplier(id="m", factor="2")
    assert varied(twice, {"factor": "2.50"}).factor == "2.50"  # type: ignore[union-attr]
    assert knobs(Fixed(id="f", amount=5)) == {"amount": 5}
    for rule, values in (
        (base, {"colour": 1}), (base, {"points": 0}), (base, {"points": True}), (base, {"points": 1.5}),
        (base, {"points": "2"}), (steps, {"steps[2].amount": 1}), (steps, {"steps[1].amount": 1}),
        (twice, {"factor": "x"}), (twice, {"factor": "1"}),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"."):
            varied(rule, values)  # type: ignore[arg-type]


def test_the_holdout_is_as_it_was_at_each_instant() -> None:
    book = Comparisons(
        "salt", (), (Holdout(AT, 10_000), Holdout(AT + days(1), 0), Holdout(AT + days(2), 500))
    )
    member = UUID(int=7)
    shares = [book.share_held_out(AT + days(number)) for number in (-1, 0, 1, 2)]
    assert shares == [0, 10_000, 0, 500]
    assert [book.is_held_out(member, AT + days(number)) for number in (-1, 0, 1)] == [False, True, False]
