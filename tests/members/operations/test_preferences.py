"""What members tell when the shop asks: answered, taken back, exported, moved and forgotten."""

import pytest

from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.programme import operations as programmes
from members.models import PreferenceAnswer, SegmentPlace
from members.operations.membership import NotActive, block
from members.operations.merging import merge
from members.operations.preferences import NotAnAnswer, answer_question
from members.operations.privacy import erase_member, export_member
from members.queries.preferences import asked_of
from members.rules.questions import segment_of
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, publish

ROAST = {"id": "roast", "name": {"en": "Which roast?", "sv": "Vilken rostning?"}, "answers": "one",
         "options": [{"id": "light", "name": {"en": "Light"}}, {"id": "dark", "name": {"en": "Dark"}}]}  # fmt: skip
LIKES = {"id": "likes", "name": {"en": "What do you like?"}, "options": [
    {"id": "tea", "name": {"en": "Tea"}}, {"id": "buns", "name": {"en": "Buns"}}]}  # fmt: skip


def ask(*questions, rules=()):
    publish(*rules, questions={"questions": list(questions or (ROAST, LIKES))})


def places(member) -> set[str]:
    return set(SegmentPlace.objects.filter(member=member).values_list("segment", flat=True))


def test_an_answer_is_a_place_in_its_segment(cafe, ana):
    double = {
        **ONE_POINT_PER_KRONA,
        "id": "more",
        "when": [{"type": "segment", "any_of": ["told-likes-tea"]}],
    }
    ask(rules=(ONE_POINT_PER_KRONA, double))
    assert buy(ana, 10).points == 10
    told = answer_question(member=ana.pk, question="likes", chosen=["tea", "buns"], at=AT)
    assert (told.chosen, places(ana)) == (("buns", "tea"), {"told-likes-tea", "told-likes-buns"})
    assert buy(ana, 10).points == 20


def test_another_answer_replaces_the_first_and_none_takes_it_back(cafe, ana):
    ask()
    answer_question(member=ana.pk, question="roast", chosen=["light"], at=AT)
    answer_question(member=ana.pk, question="roast", chosen=["dark"], at=AT)
    assert places(ana) == {"told-roast-dark"}
    answer_question(member=ana.pk, question="roast", chosen=[], at=AT)
    assert (places(ana), PreferenceAnswer.objects.count()) == (set(), 0)


def test_the_same_answer_again_is_nothing(cafe, ana):
    ask()
    for _time in range(2):
        answer_question(member=ana.pk, question="roast", chosen=["light"], at=AT)
    assert Event.objects.filter(kind="member.answered").count() == 1
    event = Event.objects.get(kind="member.answered")
    assert "light" not in str(event.data), "the log never says what somebody told"


@pytest.mark.parametrize(("question", "chosen"), [
    ("roast", ["light", "dark"]), ("roast", ["burnt"]), ("likes", ["tea", "tea"]), ("likes", ["tea", ""]),
])  # fmt: skip
def test_only_what_can_be_chosen_is_kept(cafe, ana, question, chosen):
    ask()
    with pytest.raises(NotAnAnswer):
        answer_question(member=ana.pk, question=question, chosen=chosen, at=AT)
    assert not PreferenceAnswer.objects.exists()


def test_a_question_nobody_asks_is_not_found(cafe, ana):
    ask(ROAST)
    with pytest.raises(NotFound):
        answer_question(member=ana.pk, question="likes", chosen=["tea"], at=AT)


def test_a_blocked_member_answers_nothing(cafe, ana):
    ask()
    block(member=ana.pk, at=AT, reason="lost")
    with pytest.raises(NotActive):
        answer_question(member=ana.pk, question="likes", chosen=["tea"], at=AT)


def test_what_can_no_longer_be_chosen_is_left_out(cafe, ana):
    ask()
    answer_question(member=ana.pk, question="likes", chosen=["tea", "buns"], at=AT)
    ask({**LIKES, "options": LIKES["options"][:1]})
    assert [one.chosen for one in asked_of(ana.pk)] == [("tea",)]


def test_answers_go_where_the_member_goes(cafe, ana, ben):
    ask()
    answer_question(member=ana.pk, question="roast", chosen=["light"], at=AT)
    answer_question(member=ben.pk, question="roast", chosen=["dark"], at=AT)
    answer_question(member=ben.pk, question="likes", chosen=["tea"], at=AT)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert {one.question.id: one.chosen for one in asked_of(ana.pk)} == {
        "roast": ("light",),
        "likes": ("tea",),
    }
    assert places(ana) == {"told-roast-light", "told-likes-tea"}
    assert [row["question"] for row in export_member(member=ana.pk, at=AT)["preferences"]] == [
        "likes",
        "roast",
    ]
    erase_member(member=ana.pk, at=AT)
    assert not PreferenceAnswer.objects.exists() and not SegmentPlace.objects.exists()


@pytest.mark.parametrize("wrong", [
    {**ROAST, "id": "Not plain"}, {**ROAST, "options": []}, {**ROAST, "name": {}}, {**ROAST, "name": {"de": "Was?"}},
    {**ROAST, "options": [ROAST["options"][0]] * 2}, {**ROAST, "id": "x" * 41}, {**ROAST, "text": {"en": "x" * 301}}, {**ROAST, "answers": "any"},
])  # fmt: skip
def test_questions_that_make_no_sense_are_refused(cafe, wrong):
    with pytest.raises(InvalidInput):
        programmes.save_draft(content={"questions": {"questions": [wrong]}}, at=AT)


def test_two_questions_never_share_a_segment(cafe):
    tea = {
        "id": "likes-tea",
        "name": {"en": "Which tea?"},
        "options": [{"id": "green", "name": {"en": "Green"}}],
    }
    likes = {**LIKES, "options": [{"id": "tea-green", "name": {"en": "Green tea"}}]}
    with pytest.raises(InvalidInput):
        programmes.save_draft(content={"questions": {"questions": [likes, tea]}}, at=AT)


def test_a_long_segment_ends_in_a_digest_of_its_own():
    long = [segment_of("q" * 40, "o" * 39 + letter) for letter in "ab"]
    assert [len(name) for name in long] == [60, 60]
    assert long[0] != long[1]
    assert segment_of("roast", "dark") == "told-roast-dark"
