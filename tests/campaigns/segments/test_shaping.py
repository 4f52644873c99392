"""Segments as people make them: named, checked, in use, put away."""

import pytest

from campaigns.models import Segment
from campaigns.operations.newsletters import write_newsletter
from campaigns.operations.segments import listing
from campaigns.operations.segments.listing import NotAList, add_to_list, remove_from_list
from campaigns.operations.segments.shaping import (
    NoConditions,
    SegmentExists,
    SegmentInUse,
    TooManySegments,
    archive_segment,
    create_segment,
    edit_segment,
    restore_segment,
)
from campaigns.queries.newsletters import audience_count
from campaigns.queries.segments.usage import Use, uses
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.programme import operations as programmes
from loyalty.core.tenancy.scope import acting_for
from members.models import SegmentPlace
from members.operations.bulk import put_into_segment
from members.operations.merging import merge
from members.operations.privacy import erase_member
from members.queries.belonging import segment_choices
from rewards.operations.catalogue import create_reward
from tests.campaigns.segments.crowd import QUESTIONS, a_segment
from tests.cast import AT, ONE_POINT_PER_KRONA, OTTO, buy, days, person, publish

TWICE = {"type": "orders", "at_least": 2}
FOR_CHOSEN = {
    **ONE_POINT_PER_KRONA,
    "id": "more",
    "name": "More",
    "when": [{"type": "segment", "any_of": ["chosen"]}],
}


def inside(handle: str = "chosen") -> set:
    return set(SegmentPlace.objects.filter(segment=handle).values_list("member_id", flat=True))


def test_it_is_filled_at_once_and_rules_can_be_for_it(cafe, ana, ben):
    buy(ana, 10)
    buy(ana, 10)
    row = a_segment(TWICE, at=AT)
    assert (row.handle, row.size, inside()) == ("chosen", 1, {ana.pk})
    publish(ONE_POINT_PER_KRONA, FOR_CHOSEN)
    assert (buy(ana, 10).points, buy(ben, 10).points) == (20, 10)


def test_a_rule_for_a_segment_that_is_not_there_is_refused_and_for_an_empty_one_not(cafe):
    programmes.save_draft(content={"earning": {"rules": [FOR_CHOSEN]}}, at=AT)
    with pytest.raises(InvalidInput) as refused:
        programmes.publish(at=AT)
    assert [one["code"] for one in refused.value.errors] == ["unknown_segment"]
    a_segment(TWICE, at=AT)
    assert inside() == set()
    assert programmes.publish(at=AT).number == 2


def test_new_conditions_choose_other_members(cafe, ana, ben):
    buy(ana, 10)
    buy(ana, 10)
    buy(ben, 10)
    row = a_segment(TWICE, at=AT)
    edit_segment(segment=row.pk, changes={"conditions": {"match": "none", "of": [TWICE]}}, at=AT)
    assert inside() == {ben.pk}
    edit_segment(segment=row.pk, changes={"name": "Others", "note": "why"}, at=AT)
    row.refresh_from_db()
    assert (row.name, row.note, row.handle, row.size) == ("Others", "why", "chosen", 1)


BAD = [
    ({}, "conditions.of"),
    ({"of": []}, "conditions.of"),
    ({"match": "some", "of": [TWICE]}, "conditions.match"),
    ({"of": [{"type": "unheard"}]}, "conditions.of[0]"),
    ({"of": [{"type": "orders"}]}, "conditions.of[0].at_least"),
    ({"of": [{"type": "orders", "at_least": 3, "at_most": 2}]}, "conditions.of[0].at_most"),
    ({"of": [{"type": "orders", "at_least": -1}]}, "conditions.of[0].at_least"),
    ({"of": [{"type": "orders", "at_least": 1, "within_days": 0}]}, "conditions.of[0].within_days"),
    ({"of": [{"type": "orders", "at_least": "1"}]}, "conditions.of[0].at_least"),
    ({"of": [{**TWICE, "extra": 1}]}, "conditions.of[0].extra"),
    ({"of": [{"type": "bought"}]}, "conditions.of[0].categories"),
    ({"of": [{"type": "bought", "skus": ["x"], "times": 0}]}, "conditions.of[0].times"),
    ({"of": [{"type": "lifecycle", "any_of": []}]}, "conditions.of[0].any_of"),
    ({"of": [{"type": "lifecycle", "any_of": ["x"]}]}, "conditions.of[0].any_of"),
    ({"of": [{"type": "lifecycle", "any_of": ["new"], "active_days": 90, "lapsed_days": 30}]},
     "conditions.of[0].lapsed_days"),
    ({"of": [{"type": "tier", "any_of": ["platinum"]}]}, "conditions.of[0].any_of"),
    ({"of": [{"type": "answer", "any_of": ["roast"]}]}, "conditions.of[0].any_of"),
    ({"of": [{"type": "answer", "any_of": ["roast:none"]}]}, "conditions.of[0].any_of"),
    ({"of": [{"type": "segment", "any_of": ["made"]}]}, "conditions.of[0].any_of"),
    ({"of": [{"type": "points_ending", "within_days": 400}]}, "conditions.of[0].within_days"),
    ({"of": [{"type": "birthday", "within_days": 366}]}, "conditions.of[0].within_days"),
    ({"of": [{"type": "group", "of": []}]}, "conditions.of[0].of"),
    ({"of": [TWICE] * 41}, "conditions.of"),
    ("text", "conditions"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "field"), BAD)
def test_conditions_that_make_no_sense_are_refused_by_their_place(cafe, content, field):
    publish(questions=QUESTIONS)
    a_segment(TWICE, at=AT, name="made")
    with pytest.raises(InvalidInput) as refused:
        create_segment(name="x", conditions=content, at=AT)
    assert any(one["field"].startswith(field) for one in refused.value.errors), refused.value.errors
    assert Segment.objects.count() == 1


def test_groups_stand_in_each_other_only_so_deep(cafe):
    deep = TWICE
    for _level in range(4):
        deep = {"type": "group", "of": [deep]}
    with pytest.raises(InvalidInput):
        create_segment(name="x", conditions={"of": [deep]}, at=AT)
    for _level in range(5000):
        deep = {"type": "group", "of": [deep]}
    with pytest.raises(InvalidInput):
        create_segment(name="x", conditions={"of": [deep]}, at=AT)


def test_handles_are_given_once_and_never_look_like_somebody_elses(cafe):
    assert create_segment(name="Åter & igen!", at=AT).handle == "ater-igen"
    assert create_segment(name="Åter igen", at=AT).handle == "ater-igen-2"
    assert create_segment(name="Plan B", at=AT).handle == "segment-plan-b"
    assert create_segment(name="日本", at=AT).handle == "segment"
    with pytest.raises(SegmentExists):
        create_segment(name="x", handle="ater-igen", at=AT)
    for handle in ("offer-x", "plan-x", "told-x", "Å", "a b"):
        with pytest.raises(InvalidInput):
            create_segment(name="x", handle=handle, at=AT)
    with pytest.raises(InvalidInput):
        create_segment(name="  ", at=AT)


def test_what_is_in_use_is_not_put_away(cafe, ana):
    row = a_segment(TWICE, at=AT)
    publish(ONE_POINT_PER_KRONA, FOR_CHOSEN)
    create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 1,
                                  "audience": {"segments": ["chosen"]}})  # fmt: skip
    write_newsletter(newsletter=None, words={"sv": {"subject": "Hej", "body": "x"}}, segment="chosen", at=AT)
    assert uses("chosen") == [Use("rule", "More"), Use("reward", "Cup"), Use("newsletter", "Hej")]
    with pytest.raises(SegmentInUse) as refused:
        archive_segment(segment=row.pk, at=AT)
    assert "“More”, “Cup”, “Hej”" in str(refused.value)


def test_put_away_nobody_is_in_it_and_out_again_everybody_is(cafe, ana):
    buy(ana, 10)
    buy(ana, 10)
    row = a_segment(TWICE, at=AT)
    archive_segment(segment=row.pk, at=AT)
    assert (inside(), segment_choices()) == (set(), [])
    restore_segment(segment=row.pk, at=AT)
    assert (inside(), segment_choices()) == ({ana.pk}, [("chosen", "Chosen")])


def test_a_list_holds_whom_people_chose(cafe, ana, ben):
    row = create_segment(name="Guests", at=AT)
    done = add_to_list(segment=row.pk, members=[ana.pk, ben.pk, ana.pk], at=AT)
    again = add_to_list(segment=row.pk, members=[ana.pk], at=AT)
    assert (done.done, again.done, inside("guests")) == (2, 0, {ana.pk, ben.pk})
    assert remove_from_list(segment=row.pk, members=[ben.pk], at=AT).done == 1
    row.refresh_from_db()
    assert (row.size, inside("guests")) == (1, {ana.pk})
    with pytest.raises(NoConditions):
        edit_segment(segment=row.pk, changes={"conditions": {"of": [TWICE]}}, at=AT)


def test_a_list_follows_merges_and_passes_over_who_is_gone(cafe, ana, ben):
    row = create_segment(name="Guests", at=AT)
    gone, again = person("gone"), person("again")
    erase_member(member=gone.pk, at=AT)
    merge(keep=ana.pk, remove=again.pk, at=AT)
    done = add_to_list(segment=row.pk, members=[again.pk, gone.pk], at=AT)
    assert (done.done, done.skipped, inside("guests")) == (1, (gone.pk,), {ana.pk})


def test_nobody_is_put_by_hand_where_conditions_decide(cafe, ana):
    row = a_segment(TWICE, at=AT)
    with pytest.raises(NotAList):
        add_to_list(segment=row.pk, members=[ana.pk], at=AT)
    with pytest.raises(InvalidInput):
        put_into_segment(members=[ana.pk], segment="chosen", at=AT)
    assert inside() == set()


def test_another_shops_members_and_segments_are_not_there(cafe, ana, other_shop):
    row = create_segment(name="Guests", at=AT)
    with acting_for(other_shop, by=OTTO):
        publish()
        theirs = person("otto")
        own = create_segment(name="Guests", at=AT)  # the same handle in another shop
        with pytest.raises(NotFound):
            add_to_list(segment=row.pk, members=[theirs.pk], at=AT)
        with pytest.raises(NotFound):
            add_to_list(segment=own.pk, members=[ana.pk], at=AT)
        assert not SegmentPlace.objects.exists()
    with pytest.raises(NotFound):
        add_to_list(segment=row.pk, members=[theirs.pk], at=AT)
    assert inside("guests") == set()


def test_a_segment_counts_only_its_own_shop(cafe, ana, other_shop):
    everybody = {"type": "joined", "at_least_days": 0}
    with acting_for(other_shop, by=OTTO):
        publish()
        theirs = person("otto")
        assert a_segment(everybody, at=AT).size == 1
        assert inside() == {theirs.pk}
    assert a_segment(everybody, at=AT).size == 1
    assert inside() == {ana.pk}


def test_newsletters_go_to_a_segment(cafe, ana, ben):
    from members.operations.membership import edit

    for one in (ana, ben):
        edit(member=one.pk, at=AT, details={"news_by_email": True})
    buy(ana, 10)
    buy(ana, 10)
    a_segment(TWICE, at=AT)
    words = {"en": {"subject": "Hello", "body": "x"}}
    letter = write_newsletter(newsletter=None, words=words, segment="chosen", at=AT)
    assert audience_count(letter, at=AT + days(1)) == 1


def test_a_shop_has_only_so_many(cafe, monkeypatch):
    monkeypatch.setattr("campaigns.operations.segments.shaping.MOST", 1)
    create_segment(name="one", at=AT)
    with pytest.raises(TooManySegments):
        create_segment(name="two", at=AT)


def test_a_list_takes_only_so_many_at_once(cafe, ana, ben, monkeypatch):
    monkeypatch.setattr(listing, "MOST", 1)
    row = create_segment(name="Guests", at=AT)
    with pytest.raises(listing.ListTooLong):
        add_to_list(segment=row.pk, members=[ana.pk, ben.pk], at=AT)
    assert inside("guests") == set()
