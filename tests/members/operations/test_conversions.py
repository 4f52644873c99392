"""Points become rewards or cash-back by themselves when a period ends, once; the rest is carried over."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from loyalty.core.errors import InvalidInput
from loyalty.core.events.models import JobRun
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, totals
from members import tasks
from members.models import PointsConversion
from members.operations import conversions, gifts, privacy
from members.operations.membership import block
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.operations.refunds import cancel_order
from members.queries.story import Kind, story
from members.rules.conversion import Conversion, Every, last_finished
from rewards.operations.catalogue import create_reward
from tests.cast import AT, buy, days, person, publish

STOCKHOLM = ZoneInfo("Europe/Stockholm")
APRIL = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)  # midnight in Stockholm: the first quarter is over
DUVAN = {"every": "quarter", "points": 1000, "at_least": 2000, "cashback_minor": 5000}


class Counter:
    """A shelf that keeps what it gave, by key; `left` of the reward are there."""

    def __init__(self, left=10**6):
        self.left, self.given = left, {}

    def issue(self, *, reward, quantity, key, occasion):
        count = min(quantity, self.left)
        self.left -= count
        assert key not in self.given
        self.given[key] = (occasion.member, reward, count)
        return count

    def of(self, member):
        return sum(count for who, _reward, count in self.given.values() if who == member.pk)


@pytest.fixture
def shelf(cafe, monkeypatch):
    made = Counter()
    details = {"kind": "custom", "name": {"en": "50 kr"}, "cost_points": 1}
    create_reward(at=AT, handle="bonus-50", details=details)
    monkeypatch.setattr(gifts, "_shelves", [made])
    return made


SOON_AFTER = APRIL + days(0.001)


def converted(cafe, at=SOON_AFTER):
    return tasks.convert_of(cafe, at=at)


def has(member, unit="points"):
    return balance(member.pk, unit=unit).available


def test_the_published_swedish_programme(cafe):
    """From 2,000 points 50 kr for each 1,000, every quarter; the remainder is carried over."""
    publish(conversion=DUVAN)
    people = {points: person(f"p{points}") for points in (1999, 2000, 2999, 7450)}
    for points, member in people.items():
        buy(member, points)
    assert converted(cafe) == 3
    assert {points: has(member) for points, member in people.items()} == {
        1999: 1999,
        2000: 0,
        2999: 999,
        7450: 450,
    }
    kronor = {points: has(member, "cashback") // 100 for points, member in people.items()}
    assert kronor == {1999: 0, 2000: 100, 2999: 100, 7450: 350}
    assert totals()["redeemed"] == -11_000
    assert verify() == []
    # The next quarter: what was carried over counts with what came since.
    buy(people[2999], 1001, at=APRIL + days(20))
    assert converted(cafe, APRIL + days(91.001)) == 1
    assert (has(people[2999]), has(people[2999], "cashback")) == (0, 200_00)
    assert has(people[1999]) == 1999
    assert verify() == []


def test_a_refund_takes_points_and_the_bonus_is_not_given_back(cafe, ana):
    publish(conversion=DUVAN)
    buy(ana, 2500, external_id="o")
    converted(cafe)
    found = cancel_order(source="api", order_external_id="o", cancelled_at=APRIL, at=APRIL + days(1)).refund
    assert (found.points_taken, found.shortfall) == (500, 2000)
    assert (has(ana), has(ana, "cashback")) == (0, 100_00)
    assert verify() == []


def test_each_part_becomes_a_reward_by_its_handle(cafe, ana, ben, shelf):
    publish(conversion={"every": "month", "points": 100, "reward": "bonus-50"})
    buy(ana, 350)
    buy(ben, 99)
    assert converted(cafe, APRIL) == 1
    assert (shelf.of(ana), shelf.of(ben)) == (3, 0)
    assert (has(ana), has(ben)) == (50, 99)
    (told, *_rest) = story(ana.pk, plain=True).rows
    assert (told.kind, told.title, told.sentence) == (
        Kind.REDEMPTION, "Points exchanged", "300 points became 3 rewards"
    )  # fmt: skip
    assert verify() == []


def test_where_the_reward_runs_out_points_stay_for_the_next_time(cafe, ana, ben, shelf):
    publish(conversion={"every": "month", "points": 100, "reward": "bonus-50"})
    shelf.left = 4
    for member in (ana, ben):
        buy(member, 350)
    assert converted(cafe, APRIL) == 2
    assert sorted([shelf.of(ana), shelf.of(ben)]) == [1, 3]
    assert has(ana) + has(ben) == 300
    assert sum(PointsConversion.objects.values_list("points", flat=True)) == 400
    assert verify() == []


def test_twice_is_once_and_a_run_that_stopped_goes_on(cafe, ana, ben, monkeypatch):
    publish(conversion=DUVAN)
    people = [ana, ben, *(person(f"m{number}") for number in range(5))]
    for member in people:
        buy(member, 2000)
    monkeypatch.setattr(conversions, "BATCH", 2)
    of = conversions.due(at=APRIL)
    first = conversions.convert_batch(of=of, after=None, at=APRIL, most=2)
    assert first.converted == 2
    assert conversions.convert_batch(of=of, after=None, at=APRIL, most=2).converted == 2  # the next two
    assert not JobRun.objects.exists()
    # They buy again before the run goes on: what came after the quarter's end is the next quarter's.
    for member in people:
        buy(member, 2500, at=APRIL + days(1))
    assert converted(cafe, APRIL + days(2)) == 3
    assert [has(member) for member in people] == [2500] * 7
    assert [has(member, "cashback") for member in people] == [100_00] * 7
    assert JobRun.objects.get().result == {"members": 7}
    assert converted(cafe, APRIL + days(3)) == 0
    assert PointsConversion.objects.count() == 7
    assert verify() == []


def test_what_was_spent_since_the_end_is_not_converted(cafe, ana):
    publish(conversion=DUVAN)
    buy(ana, 5000)
    adjust_points(member=ana.pk, amount=-2500, reason="spent", at=APRIL + days(1))
    assert converted(cafe, APRIL + days(2)) == 1
    assert (has(ana), has(ana, "cashback")) == (500, 100_00)


def test_points_that_wait_are_over_or_are_owed_do_not_count(cafe, ana, ben):
    cleo = person("cleo")
    publish(conversion=DUVAN, points_life={"expiry": "rolling", "months": 1, "on_shortfall": "debt"})
    buy(ana, 2000, at=AT - days(10))  # over on the 20th of March, swept or not
    buy(cleo, 500, external_id="back")
    adjust_points(member=cleo.pk, amount=-500, reason="spent", at=AT)
    buy(cleo, 2000, at=AT)
    publish(conversion=DUVAN, points_life={"hold_days": 60})
    buy(ben, 2000)
    cancel_order(source="api", order_external_id="back", cancelled_at=AT, at=AT)
    assert converted(cafe) == 0
    assert (has(ana), balance(ben.pk).pending, has(cleo)) == (2000, 2000, 1500)


def test_publishing_converts_nothing_at_once_and_a_new_version_does_not_put_it_off(cafe, ana):
    buy(ana, 5000)
    publish(at=APRIL + days(1), conversion=DUVAN)
    assert converted(cafe, APRIL + days(2)) == 0
    publish(at=APRIL + days(60), conversion={**DUVAN, "cashback_minor": 6000})
    assert converted(cafe, APRIL + days(91.001)) == 1
    assert has(ana, "cashback") == 300_00
    publish(at=APRIL + days(200))
    assert converted(cafe, APRIL + days(300)) == 0


def test_who_is_blocked_keeps_their_points_and_who_was_merged_is_converted_once(cafe, ana, ben):
    publish(conversion=DUVAN)
    cleo = person("cleo")
    for member in (ana, ben, cleo):
        buy(member, 2000)
    block(member=cleo.pk, at=AT, reason="x")
    of = conversions.due(at=APRIL)
    conversions.convert_batch(of=of, after=None, at=APRIL, most=1)
    merge(keep=ana.pk, remove=ben.pk, at=APRIL)
    converted(cafe)
    assert (has(cleo), has(cleo, "cashback")) == (2000, 0)
    assert has(ana, "cashback") + has(ana) // 1000 * 50_00 == 200_00
    assert verify() == []


def test_the_export_tells_of_it(cafe, ana):
    publish(conversion=DUVAN)
    buy(ana, 2000)
    converted(cafe)
    assert privacy.export_member(member=ana.pk, at=APRIL)["membership"]["conversions"] == [
        {"period": "2026-Q1", "points": 2000, "parts": 2, "reward": "", "cashback_minor": 100_00}
    ]


@pytest.mark.parametrize(
    ("every", "at", "name", "ended"),
    [
        ("quarter", "2026-04-01T00:00:00+02:00", "2026-Q1", "2026-04-01T00:00:00+02:00"),
        ("quarter", "2026-03-31T23:59:59+02:00", "2025-Q4", "2026-01-01T00:00:00+01:00"),
        ("month", "2026-01-15T12:00:00+01:00", "2025-12", "2026-01-01T00:00:00+01:00"),
        ("half_year", "2026-07-01T00:00:00+02:00", "2026-H1", "2026-07-01T00:00:00+02:00"),
        ("year", "2026-12-31T23:59:59+01:00", "2025", "2026-01-01T00:00:00+01:00"),
    ],
)
def test_periods_end_at_midnight_of_the_shops_zone(every, at, name, ended):
    found = last_finished(Every(every), datetime.fromisoformat(at), STOCKHOLM)
    assert (found.name, found.ended_at) == (name, datetime.fromisoformat(ended))
    assert last_finished(Every.NEVER, AT, STOCKHOLM) is None


@pytest.mark.parametrize(
    ("terms", "points", "parts"),
    [({"points": 1000, "at_least": 2000}, 1999, 0), ({"points": 1000}, 1000, 1), ({"points": 1000}, 999, 0),
     ({"points": 2500, "at_least": 100}, 2400, 0), ({"points": 2500}, 7499, 2)],
)  # fmt: skip
def test_only_full_parts_of_enough_points(terms, points, parts):
    assert Conversion(every=Every.QUARTER, cashback_minor=1, **terms).parts(points) == parts


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ({"every": "quarter"}, "conversion.reward"),
        ({"every": "quarter", "reward": "x", "cashback_minor": 5}, "conversion.reward"),
        ({"every": "week", "reward": "x"}, "conversion.every"),
        ({"points": 0}, "conversion.points"),
        ({"at_least": -1}, "conversion.at_least"),
        ({"cashback_minor": -1}, "conversion.cashback_minor"),
        ({"reward": "x" * 61}, "conversion.reward"),
    ],
)
def test_terms_that_cannot_be_are_refused(cafe, section, path):
    with pytest.raises(InvalidInput) as refused:
        publish(conversion=section)
    assert [error["field"] for error in refused.value.errors] == [path]
