"""The nightly work on what members are worth: kept, checked, told of groups, and honest where there is too little."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from msgspec.structs import replace

from analytics.models import MemberValue, ValueFit
from analytics.operations import valuing
from analytics.operations.privacy import holder
from analytics.queries import value as reading
from analytics.queries.buying import CHECK_DAYS, buying
from analytics.rules.histories import histories
from analytics.tasks import refit_of
from campaigns.operations.segments.shaping import create_segment
from campaigns.rules.segments import Outlook
from loyalty.core import ids, privacy
from loyalty.core.errors import NotFound
from loyalty.core.events.models import JobRun
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import SYSTEM, acting_for
from members.models import Member, Stats
from members.operations.merging import merge
from members.operations.orders import record_order
from members.operations.privacy import erase_member
from members.operations.refunds import cancel_order, refund_order
from members.rules.shopping import NewRefund
from tests.analytics.rules.shop import bought
from tests.cast import AT, MARA, buy, days, order, person, publish, shop

ZONE = "Europe/Stockholm"
WEEKS = 52
NIGHT = (AT + days(WEEKS * 7)).replace(hour=3)


# Rows as the operations leave them, written the short way: a thousand orders take a minute one by one.
CROWD = """
INSERT INTO members_member (id, merchant_id, status, joined_at, channel, language)
SELECT x.id, %(shop)s, 'active', %(at)s, 'web', 'sv' FROM unnest(%(members)s::uuid[]) x(id);
INSERT INTO members_order (id, merchant_id, source, external_id, fingerprint, member_id, status, currency, total_minor,
                           discount_minor, points_minor, refunded_minor, unassigned_refund_minor, eligible_minor,
                           points_earned, channel, location, payment_method, decision, placed_at, recorded_at)
SELECT x.id, %(shop)s, 'api', x.id::text, x.id, x.member, 'recorded', 'SEK', x.total, 0, 0, 0, 0, 0, 0, 'web', '', '',
       '{}', %(at)s + make_interval(days => x.day), %(at)s + make_interval(days => x.day)
  FROM unnest(%(orders)s::uuid[], %(buyers)s::uuid[], %(days)s::int[], %(totals)s::bigint[]) x(id, member, day, total);
INSERT INTO members_stats (id, merchant_id, member_id, orders_count, spend_minor, first_order_at, last_order_at)
SELECT gen_random_uuid(), merchant_id, member_id, count(*), sum(total_minor), min(placed_at), max(placed_at)
  FROM members_order WHERE merchant_id = %(shop)s GROUP BY merchant_id, member_id;
"""


@pytest.fixture
def lively(cafe: Merchant) -> list[UUID]:
    """A hundred and sixty customers over a year, whose buying follows the model."""
    who, when, amounts = bought(160, weeks=WEEKS, seed=11)
    members = {number: ids.new() for number in sorted(set(who))}
    values = {
        "shop": cafe.pk, "at": AT, "members": list(members.values()), "orders": [ids.new() for _one in who],
        "buyers": [members[number] for number in who], "days": when,
        "totals": [max(1, round(amount * 100)) for amount in amounts],
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in CROWD.split(";\n")[:3]:
            cursor.execute(statement, values)
    return list(members.values())


def worked() -> ValueFit:
    """What the task does, in the open scope."""
    found = valuing.work_out(at=NIGHT)
    first = 0
    while valuing.keep_members(worked=found, first=first):
        first += valuing.CHUNK
    return valuing.keep_fit(worked=found, at=NIGHT)


def test_a_night_foretells_everybody_and_is_checked_against_what_came(lively: list[UUID]) -> None:
    create_segment(name="Often", conditions={"of": [{"type": "orders", "at_least": 3}]}, at=NIGHT)
    fit = worked()
    assert (fit.state, fit.customers) == ("fitted", len(lively))
    assert MemberValue.objects.count() == len(lively)
    assert fit.buying["log_likelihood"] < 0
    assert set(fit.buying["values"]) == {"r", "alpha", "a", "b"}
    rows = list(MemberValue.objects.all())
    assert all(0 <= row.alive <= 1 and 0 <= row.low_minor <= row.high_minor for row in rows)
    groups = {(one["cut"], one["name"]): one for one in fit.told["groups"]}
    everybody = groups["", ""]
    assert everybody["predicted_minor"] == sum(row.predicted_minor for row in rows)
    assert everybody["spent_minor"] == sum(row.spent_minor for row in rows)
    assert everybody["low_minor"] < everybody["predicted_minor"] < everybody["high_minor"]
    assert groups["segment", "often"]["members"] == Stats.objects.filter(orders_count__gte=3).count() > 0
    assert sum(fit.told["stages"].values()) == len(rows)
    assert fit.checked["actual"] > 0
    assert sum(group[1] for group in fit.checked["groups"]) == fit.checked["customers"]
    again = worked()
    assert (ValueFit.objects.count(), MemberValue.objects.count()) == (1, len(lively))
    assert again.buying == fit.buying
    assert verify() == []


def test_histories_from_the_database_are_those_counted_by_hand(ana: Member, ben: Member) -> None:
    for day, kronor in ((0, 100), (0, 20), (7, 30), (21, 60)):
        buy(ana, kronor, at=AT + days(day))
    buy(ben, 50, at=AT + days(3), external_id="gone")
    cancel_order(source="api", order_external_id="gone", cancelled_at=AT + days(3), at=AT + days(3))
    buy(ben, 40, at=AT + days(5), external_id="b")
    refund_order(source="api", order_external_id="b", at=AT + days(9),
                 refund=NewRefund("r", AT + days(9), amount_minor=1_500))  # fmt: skip
    at = AT + days(21 + CHECK_DAYS - 14)
    found = buying(zone=ZONE, currency="SEK", at=at)
    place = {member: number for number, member in enumerate(found.members)}
    told, mine = found.told, place[ana.pk]
    alone = histories([1] * 4, [0, 0, 7, 21], [100, 20, 30, 60], until=21 + CHECK_DAYS - 14)
    assert (told.repeats[mine], told.last_week[mine], told.weeks[mine], told.spend[mine]) == (
        alone.repeats[0], alone.last_week[0], alone.weeks[0], alone.spend[0],
    )  # fmt: skip
    assert found.spent_minor[mine] == 21_000
    assert (told.repeats[place[ben.pk]], found.spent_minor[place[ben.pk]]) == (0, 2_500)
    then = {int(key): (x, after) for key, x, after in zip(
        found.then.customers, found.then.repeats, found.after, strict=True)}  # fmt: skip
    assert then[mine] == (1, 1), "of four purchases on three days, one came after the day of the check"


def test_a_small_shop_is_told_what_is_missing(ana: Member) -> None:
    buy(ana, 100)
    fit = worked()
    assert (fit.state, fit.reason, fit.have, fit.need) == ("too_little", "few_customers", 1, 100)
    assert MemberValue.objects.count() == 0


def test_an_empty_shop_is_no_error(cafe: Merchant) -> None:
    assert worked().reason == "few_customers"


def test_what_was_foretold_goes_when_there_is_too_little_to_say_it_again(ana: Member) -> None:
    foretold(ana)
    MemberValue.objects.update(day=(NIGHT - timedelta(days=1)).date())
    worked()
    assert reading.of_member(ana.pk) is None


def foretold(who: Member, stage: str = "leaving", spent_minor: int = 10_000) -> MemberValue:
    return MemberValue.objects.create(
        member=who, day=NIGHT.date(), stage=stage, purchases=3, spent_minor=spent_minor, alive=0.4, expected=1.5,
        predicted_minor=9_000, low_minor=0, high_minor=20_000,
    )  # fmt: skip


def test_members_of_a_stage_stand_by_what_they_spent(ana: Member, ben: Member) -> None:
    foretold(ana, spent_minor=5)
    foretold(ben, spent_minor=7)
    assert [row.member_id for row in reading.of_stage("leaving")] == [ben.pk, ana.pk]
    with pytest.raises(NotFound):
        reading.of_stage("nothing")


def test_who_is_merged_or_erased_is_no_longer_foretold(ana: Member, ben: Member) -> None:
    carl = person("carl")
    for who in (ana, ben, carl):
        foretold(who)
    told = privacy.export(carl.pk)[holder.name]
    assert (told["stage"], told["spending_expected_minor"]) == ("leaving", 9_000)
    erase_member(member=carl.pk, at=NIGHT)
    merge(keep=ana.pk, remove=ben.pk, at=NIGHT)
    assert MemberValue.objects.count() == 0
    assert privacy.export(ana.pk)[holder.name] is None


def test_nobody_who_was_erased_meanwhile_is_written_down(lively: list[UUID]) -> None:
    gone = person("gone")
    for day in (1, 8, 40):
        buy(gone, 30, at=AT + days(day))
    found = valuing.work_out(at=NIGHT)
    assert gone.pk in found.source.members
    erase_member(member=gone.pk, at=NIGHT)
    valuing.keep_members(worked=found, first=0)
    assert reading.of_member(gone.pk) is None
    assert MemberValue.objects.count() == len(lively)


def test_a_merged_pair_is_one_customer(ana: Member, ben: Member) -> None:
    buy(ana, 10, at=AT)
    buy(ben, 20, at=AT + days(7))
    merge(keep=ana.pk, remove=ben.pk, at=AT + days(8))
    found = buying(zone=ZONE, currency="SEK", at=NIGHT)
    assert (found.members, found.told.repeats.tolist(), found.spent_minor.tolist()) == (
        [ana.pk],
        [1.0],
        [3_000.0],
    )


def test_the_night_comes_once(luna: Merchant) -> None:
    with acting_for(luna, by=MARA):
        publish()
    noon = NIGHT.replace(hour=12)
    assert refit_of(luna, at=noon), "the first time at once"
    assert not refit_of(luna, at=noon + timedelta(hours=1))
    assert not refit_of(luna, at=noon + timedelta(hours=12, minutes=30)), "before two in the shop's night"
    assert refit_of(luna, at=noon + timedelta(hours=15))
    with acting_for(luna, by=SYSTEM):
        assert JobRun.objects.filter(job=valuing.JOB).count() == 2


def test_yen_have_no_minor_units(db: None) -> None:
    osaka = shop("osaka", currency="JPY", timezone="Asia/Tokyo")
    with acting_for(osaka, by=MARA):
        publish()
        aki = person("aki")
        for day in (0, 7):
            made = order(aki, 12, at=AT + days(day))
            record_order(order=replace(made, currency="JPY"), at=AT + days(day))
        found = buying(zone="Asia/Tokyo", currency="JPY", at=NIGHT)
        assert found.told.spend.tolist() == [1_200.0]


def test_segments_know_every_stage_that_is_foretold():
    assert {stage.value for stage in Outlook} == set(MemberValue.Stage.values)
