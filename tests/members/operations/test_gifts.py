"""What rules hand out besides units: badges, chances in draws, places in segments; and how a refund undoes it."""

from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from members.models import DrawEntry, EarnedBadge, SegmentPlace
from members.operations import gifts, granting, locking, taking_back
from members.operations.activities import record_activity
from members.operations.merging import merge
from members.operations.orders import record_order
from members.operations.privacy import erase_member, export_member
from members.operations.refunds import cancel_order, refund_order
from members.rules.doing import NewActivity
from members.rules.shopping import MemberRef, NewRefund, RefundedLine
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days, order, publish

BADGE = {"type": "badge", "id": "b", "badge": "regular"}
CHANCES = {"type": "draw_entry", "id": "d", "draw": "bike", "entries": 4}
PLACE = {"type": "enter_segment", "id": "s", "segment": "tea"}
FOR_TEA = {
    **ONE_POINT_PER_KRONA, "id": "tea", "points": 2, "when": [{"type": "segment", "any_of": ["tea"]}]
}  # fmt: skip


def test_a_purchase_hands_out_what_its_rules_say(cafe, ana):
    publish(ONE_POINT_PER_KRONA, BADGE, CHANCES, PLACE)
    buy(ana, 100)
    assert EarnedBadge.objects.get().badge == "regular"
    assert DrawEntry.objects.get().entries == 4
    assert SegmentPlace.objects.get().segment == "tea"
    told = set(Event.objects.values_list("kind", flat=True))
    assert {"badge.earned", "draw.entered", "segment.entered"} <= told
    assert verify() == []


def test_a_badge_and_a_place_come_once_chances_every_time(cafe, ana):
    publish(BADGE, CHANCES, PLACE)
    buy(ana, 100)
    buy(ana, 100)
    assert (EarnedBadge.objects.count(), SegmentPlace.objects.count(), DrawEntry.objects.count()) == (1, 1, 2)
    assert Event.objects.filter(kind="badge.earned").count() == 1


def test_the_same_order_again_hands_out_nothing_more(cafe, ana):
    publish(BADGE, CHANCES)
    bought = order(ana, 100)
    for _again in range(2):
        record_order(order=bought, at=AT)
    assert DrawEntry.objects.count() == 1


def test_guests_are_handed_nothing(cafe):
    publish(BADGE, CHANCES, PLACE)
    buy(None, 100)
    assert not (EarnedBadge.objects.exists() or DrawEntry.objects.exists() or SegmentPlace.objects.exists())


def test_who_entered_a_segment_earns_by_its_rules_from_then_on(cafe, ana):
    publish(ONE_POINT_PER_KRONA, FOR_TEA, PLACE)
    assert buy(ana, 100).points == 100
    assert buy(ana, 100).points == 300


def test_a_place_that_is_over_counts_no_longer(cafe, ana):
    place = gifts.Occasion("activity", ana.pk, ana.pk, AT)
    gifts.enter_segment("tea", occasion=place, until=AT + days(1))
    publish(ONE_POINT_PER_KRONA, FOR_TEA)
    assert buy(ana, 100).points == 300
    assert buy(ana, 100, at=AT + days(1)).points == 100


def test_a_place_is_never_shortened_and_can_be_left(cafe, ana):
    place = gifts.Occasion("activity", ana.pk, ana.pk, AT)
    for until in (AT + days(5), AT + days(2), None, AT + days(9)):
        gifts.enter_segment("tea", occasion=place, until=until)
    assert SegmentPlace.objects.get().until is None
    gifts.leave_segment("tea", member=ana.pk, at=AT)
    gifts.leave_segment("tea", member=ana.pk, at=AT)
    assert not SegmentPlace.objects.exists()
    assert Event.objects.filter(kind="segment.left").count() == 1


def test_chances_go_back_in_proportion_the_rest_with_the_last_of_the_order(cafe, ana):
    publish(ONE_POINT_PER_KRONA, BADGE, CHANCES, PLACE)
    buy(ana, 75, 25, external_id="o1")
    back = NewRefund("r1", AT, (RefundedLine(2, 25_00),))
    refund_order(source="api", order_external_id="o1", refund=back, at=AT)
    assert DrawEntry.objects.get().entries == 3
    assert EarnedBadge.objects.exists()
    assert SegmentPlace.objects.exists()
    cancel_order(source="api", order_external_id="o1", cancelled_at=AT, at=AT)
    assert DrawEntry.objects.get().entries == 0
    assert not (EarnedBadge.objects.exists() or SegmentPlace.objects.exists())
    assert verify() == []


def test_a_cap_on_chances_gets_back_what_a_refund_undid(cafe, ana):
    publish({**CHANCES, "limits": {"per": [{"period": "month", "units": 4}]}})
    buy(ana, 100, external_id="o1")
    assert buy(ana, 100).decision.effects == ()
    cancel_order(source="api", order_external_id="o1", cancelled_at=AT, at=AT)
    assert len(buy(ana, 100).decision.effects) == 1
    assert verify() == []


def test_an_activity_hands_out_too(cafe, ana):
    publish({**BADGE, "when": [{"type": "activity", "kinds": ["review"]}]})
    record_activity(activity=NewActivity("rev", "review", AT, MemberRef(external_id="ana")), at=AT)
    assert EarnedBadge.objects.get().source_kind == "activity"


def test_merging_keeps_one_of_each_and_all_chances(cafe, ana, ben):
    publish(BADGE, CHANCES, PLACE)
    buy(ana, 100)
    buy(ben, 100)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    for kept, count in ((EarnedBadge, 1), (SegmentPlace, 1), (DrawEntry, 2)):
        assert [row.member_id for row in kept.objects.all()] == [ana.pk] * count


def test_what_was_gathered_is_exported_and_goes_with_the_person(cafe, ana):
    publish(BADGE, CHANCES, PLACE)
    buy(ana, 100)
    held = export_member(member=ana.pk, at=AT)["membership"]
    assert (held["badges"][0]["badge"], held["draws"][0]["entries"], held["segments"][0]["segment"]) == (
        "regular", 4, "tea"
    )  # fmt: skip
    erase_member(member=ana.pk, at=AT)
    assert not (EarnedBadge.objects.exists() or DrawEntry.objects.exists() or SegmentPlace.objects.exists())
    assert verify() == []


def test_nothing_is_taken_back_of_nothing(cafe, ana):
    locking.lock_counts(ana.pk)
    claim = taking_back.Claim(kind="refund", key="k", source_kind="order", source=ana.pk, owner=ana.pk, owed=0,
                              policy=granting.life_of({"points_life": granting.PointsLife()}, unit="points").on_shortfall,
                              at=AT, now=AT)  # fmt: skip
    assert taking_back.take_back(claim) == taking_back.Taken(0, 0)
