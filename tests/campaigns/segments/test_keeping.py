"""Segments are kept current: at once for whoever something happened to, each night for everybody."""

import random
from datetime import timedelta

import pytest

from campaigns.models import RfmScale, Segment, SegmentLook
from campaigns.operations.segments import looking, nightly
from campaigns.operations.segments.looking import note_looks, take_looks
from campaigns.operations.segments.refreshing import begin, finish, refresh, settle, work_out_scale
from campaigns.queries.segments.reading import are_kept, belongings, others_of
from campaigns.queries.segments.wording import labels_of_scope, lines, sentence
from campaigns.tasks import look_at, refresh_segments, sweep_segments_of
from loyalty.core import clock
from loyalty.core.events.models import Event
from loyalty.core.events.tasks import spread
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import across_merchants, acting_for
from members.models import SegmentPlace
from members.operations.membership import edit
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.operations.privacy import erase_member, export_member
from members.operations.refunds import cancel_order
from members.queries.why import voice_of_scope
from tests.campaigns.segments.crowd import NOW, a_segment, crowd, open_town, tree
from tests.cast import AT, MARA, buy, days, order, person, publish

TWICE = {"type": "orders", "at_least": 2}


def inside(handle: str = "chosen") -> set:
    return set(SegmentPlace.objects.filter(segment=handle).values_list("member_id", flat=True))


def outbox(merchant) -> None:
    """Let what happened leave the outbox, and look at whom it happened to, as a worker does. Outside any scope."""
    while spread(limit=200):
        pass
    look_at(merchant, at=clock.now())


def test_an_order_moves_its_member_within_the_next_look(luna, db):
    with acting_for(luna, by=MARA):
        publish()
        ana, ben = person("ana"), person("ben")
        buy(ana, 10, external_id="one")
        a_segment(TWICE, at=AT)
        assert inside() == set()
    outbox(luna)
    with acting_for(luna, by=MARA):
        buy(ana, 10, external_id="two")
        buy(ben, 10)
    outbox(luna)
    with acting_for(luna, by=MARA):
        assert inside() == {ana.pk}
        assert Segment.objects.get().size == 1
        assert not SegmentLook.objects.exists()
        cancel_order(source="api", order_external_id="two", cancelled_at=AT, at=AT)
    outbox(luna)
    with acting_for(luna, by=MARA):
        assert inside() == set()
        told = Event.objects.filter(subject=ana.pk, kind__startswith="segment.").order_by("pk")
        assert [(one.kind, one.data["segment"]) for one in told] == [
            ("segment.entered", "chosen"), ("segment.left", "chosen"),
        ]  # fmt: skip
        assert verify() == []


def test_its_own_moves_are_no_cause_to_look_again(luna):
    with acting_for(luna, by=MARA):
        publish()
        ana = person("ana")
        a_segment(TWICE, at=AT)
        buy(ana, 10)
        buy(ana, 10)
    outbox(luna)
    with across_merchants("the test looks"):
        assert Event.objects.filter(kind="segment.entered", subject=ana.pk).count() == 1
        moved = list(Event.objects.filter(kind="segment.entered"))
        assert not any(looking.is_cause(one) for one in moved)
        assert note_looks(events=moved, at=AT) == 0


def test_shops_without_segments_are_left_alone(luna):
    with acting_for(luna, by=MARA):
        publish()
        buy(person("ana"), 10)
    while spread(limit=200):
        pass
    with across_merchants("the test looks"):
        assert not SegmentLook.objects.exists()
    assert are_kept(luna.pk, ("order.recorded",)) is False


@pytest.mark.parametrize("seed", range(3))
def test_keeping_current_comes_to_the_same_as_looking_at_everybody(cafe, seed):
    """Segments that are there while everything happens, and the same made afterwards, hold the same members."""
    chance = random.Random(seed)
    open_town()
    work_out_scale(at=NOW)  # one scale for both: a shop's is new each night
    trees = [tree(chance) for _one in range(8)]
    for number, one in enumerate(trees):
        a_segment(*one["of"], match=one["match"], name=f"kept {number}")
    people = crowd(chance)
    for row in Segment.objects.all():
        settle(segment=row.pk, members=[one.pk for one in people], at=NOW, tell=True)
    for number, one in enumerate(trees):
        a_segment(*one["of"], match=one["match"], name=f"fresh {number}")
        assert inside(f"kept-{number}") == inside(f"fresh-{number}"), one
    assert len({frozenset(inside(f"kept-{number}")) for number in range(8)}) > 2
    for row in Segment.objects.all():
        assert row.size == len(inside(row.handle))
        assert begin(segment=row.pk, at=NOW).members == []


def test_time_alone_moves_members_in_the_night(luna):
    lately = {"type": "since_order", "at_most_days": 30}
    with acting_for(luna, by=MARA):
        publish()
        ana = person("ana")
        buy(ana, 10)
        a_segment(lately, at=AT)
        assert inside() == {ana.pk}
    later = AT + days(31)
    assert sweep_segments_of(luna, at=later)
    with acting_for(luna, by=MARA):
        assert inside() == set()
        assert Segment.objects.get().looked_at == later
    assert not sweep_segments_of(luna, at=later), "a night is looked through once"
    assert sweep_segments_of(luna, at=later + days(1))


def test_the_night_waits_until_the_day_has_changed(cafe):
    a_segment(TWICE, at=AT)
    assert nightly.period(at=AT) == "2026-03-02"
    just_after_midnight = AT.replace(hour=23) + timedelta(minutes=5)  # five past midnight in Stockholm
    assert nightly.period(at=just_after_midnight) is None


def test_who_is_put_into_it_by_a_rule_stays_although_conditions_say_no(cafe, ana):
    publish({"type": "enter_segment", "id": "enter", "segment": "chosen", "when": []})
    a_segment(TWICE, at=AT)
    buy(ana, 10)
    row = Segment.objects.get()
    refresh(segment=row.pk, at=AT)
    assert inside() == {ana.pk}
    [stands] = belongings(ana.pk, at=AT)
    assert stands.by_hand
    assert stands.checked is not None and not stands.checked.holds


def test_a_place_that_would_end_is_kept_by_conditions_that_hold(cafe, ana):
    buy(ana, 10)
    buy(ana, 10)
    SegmentPlace.objects.create(member=ana, segment="chosen", since=AT, until=AT + days(1))
    a_segment(TWICE, at=AT, handle="chosen")
    assert SegmentPlace.objects.get(member=ana).until is None


def test_an_erased_member_is_in_nothing_and_stays_out(luna):
    with acting_for(luna, by=MARA):
        publish()
        ana = person("ana")
        a_segment({"type": "joined", "at_least_days": 0}, at=AT)
        assert inside() == {ana.pk}
        told = export_member(member=ana.pk, at=AT)
        assert [one["segment"] for one in told["membership"]["segments"]] == ["chosen"]
        erase_member(member=ana.pk, at=AT)
        assert inside() == set()
    outbox(luna)
    with acting_for(luna, by=MARA):
        refresh(segment=Segment.objects.get().pk, at=AT)
        assert inside() == set()
        assert not SegmentLook.objects.exists()


def test_two_who_become_one_are_looked_at_as_one(luna):
    with acting_for(luna, by=MARA):
        publish()
        ana, again = person("ana"), person("again")
        a_segment(TWICE, at=AT)
        buy(ana, 10)
        buy(again, 10)
        merge(keep=ana.pk, remove=again.pk, at=AT)
    outbox(luna)
    with acting_for(luna, by=MARA):
        assert inside() == {ana.pk}, "their purchases count together"
        assert verify() == []


def test_the_scale_is_of_the_buyers_of_a_night(cafe):
    for number in range(10):
        member = person(f"m{number}")
        for _time in range(number):
            buy(member, 10 * number, at=AT + days(number))
    scale = work_out_scale(at=AT)
    assert (scale.buyers, scale.frequency) == (9, [2, 4, 6, 8])
    best = a_segment({"type": "rfm", "any_of": ["best"]}, at=AT, name="Best")
    assert best.size > 0
    assert RfmScale.objects.count() == 1


def test_a_segment_that_asks_for_classes_brings_its_scale(cafe, ana):
    buy(ana, 10)
    a_segment({"type": "rfm", "any_of": ["best", "new", "wavering", "gone", "loyal", "growing"]}, at=AT)
    assert RfmScale.objects.get().buyers == 1


def test_conditions_changed_while_everybody_is_looked_at_wait_to_be_looked_at(cafe, ana):
    row = a_segment(TWICE, at=AT)
    begun = begin(segment=row.pk, at=AT)
    Segment.objects.filter(pk=row.pk).update(changed_at=AT + days(1), looked_at=None)
    finish(segment=row.pk, as_of=begun.as_of, at=AT)
    assert nightly.to_fill() == [row.pk]


def test_a_large_shop_is_filled_by_a_worker(luna, monkeypatch):
    monkeypatch.setattr("campaigns.operations.segments.shaping.is_small", lambda: False)
    with acting_for(luna, by=MARA):
        publish()
        ana = person("ana")
        buy(ana, 10)
        buy(ana, 10)
        row = a_segment(TWICE, at=AT)
        assert (row.looked_at, inside()) == (None, set())
    refresh_segments()
    with acting_for(luna, by=MARA):
        assert inside() == {ana.pk}
        told = Event.objects.filter(kind__startswith="segment.").order_by("pk")
        assert [one.kind for one in told] == ["segment.created", "segment.filled"], (
            "one event, not one for each"
        )


def test_each_member_is_told_why(cafe, ana):
    a_segment(TWICE, {"type": "group", "match": "none", "of": [{"type": "points", "at_least": 100}]}, at=AT)
    buy(ana, 60)
    buy(ana, 60)
    [stands] = belongings(ana.pk, at=AT)
    assert stands.checked is not None
    said = lines(stands.checked, voice_of_scope(), labels_of_scope())
    assert [(one.text, one.found, one.holds, one.depth) for one in said] == [
        ("At least 2 purchases", "2 purchases", True, 0),
        ("None of these:", "", False, 1),
        ("At least 100\u00a0points to spend", "120\u00a0points to spend", True, 2),
    ]
    adjust_points(member=ana.pk, amount=-100, reason="test", at=AT, key="x")
    [stands] = belongings(ana.pk, at=AT)
    assert stands.checked is not None and stands.checked.holds


def test_a_member_without_a_row_is_told_nothing(cafe, ana):
    a_segment(TWICE, at=AT)
    erase_member(member=ana.pk, at=AT)
    [stands] = belongings(ana.pk, at=AT)
    assert (stands.place, stands.checked) == (None, None)


def test_places_of_the_programme_are_told_apart(cafe, ana):
    SegmentPlace.objects.create(member=ana, segment="told-roast-dark", since=AT)
    a_segment(TWICE, at=AT)
    assert [one.segment for one in others_of(ana.pk, at=AT)] == ["told-roast-dark"]


def test_a_segment_says_itself(cafe):
    row = a_segment(
        {"type": "orders", "at_least": 3, "within_days": 90, "channels": ["web"]},
        {"type": "group", "match": "any", "of": [{"type": "spent", "at_least_minor": 100_00},
                                                 {"type": "consent", "to": "email"}]},
        at=AT,
    )  # fmt: skip
    from campaigns.queries.segments.reading import conditions_of

    said = sentence(conditions_of(row), voice_of_scope(), labels_of_scope())
    assert said.replace("\u00a0", " ") == (
        "At least 3 purchases in the last 90 days, only in web and (spent at least SEK 100.00 or wants news by e-mail)"
    )


def test_news_is_a_cause_too(luna):
    with acting_for(luna, by=MARA):
        publish()
        ana = person("ana")
        a_segment({"type": "consent", "to": "email"}, at=AT)
    outbox(luna)
    with acting_for(luna, by=MARA):
        edit(member=ana.pk, at=AT, details={"news_by_email": True})
    outbox(luna)
    with acting_for(luna, by=MARA):
        assert inside() == {ana.pk}
        assert take_looks(at=AT) == 0


def test_an_order_of_nobody_is_nobodys_look(luna):
    with acting_for(luna, by=MARA):
        publish()
        a_segment(TWICE, at=AT)
        from members.operations.orders import record_order

        record_order(order=order(None, 10), at=AT)
    outbox(luna)
    with acting_for(luna, by=MARA):
        assert inside() == set()
