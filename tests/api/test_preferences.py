"""What members told, by API: read, answered, taken back, and refused when it makes no sense."""

import pytest

from loyalty.core.tenancy.scope import acting_for
from tests.api.caller import Caller, key_for
from tests.cast import MARA, publish

QUESTIONS = {"questions": [{"id": "roast", "name": {"en": "Which roast?", "sv": "Vilken rostning?"}, "answers": "one",
                            "options": [{"id": "dark", "name": {"en": "Dark"}},
                                        {"id": "light", "name": {"en": "Light"}}]}]}  # fmt: skip


@pytest.fixture
def club(luna):
    """A caller of a shop that asks one question, with Ana as a member."""
    with acting_for(luna, by=MARA):
        publish(questions=QUESTIONS)
    call = Caller(key_for(luna))
    call.ana = call.post("members", {"external_id": "ana"}).json()["id"]
    return call


def test_an_answer_is_read_where_it_was_given(club):
    (asked,) = club.get(f"members/{club.ana}/preferences").json()["preferences"]
    assert (asked["question"], asked["chosen"], asked["answered_at"]) == ("roast", [], None)
    assert [option["segment"] for option in asked["options"]] == ["told-roast-dark", "told-roast-light"]
    answered = club("PUT", f"members/{club.ana}/preferences/roast", {"chosen": ["dark"]})
    assert (answered.status_code, answered.json()["chosen"]) == (200, ["dark"])
    (asked,) = club.get(f"members/{club.ana}/preferences").json()["preferences"]
    assert asked["chosen"] == ["dark"] and asked["answered_at"]
    club("PUT", f"members/{club.ana}/preferences/roast", {"chosen": []})
    assert club.get(f"members/{club.ana}/preferences").json()["preferences"][0]["chosen"] == []


@pytest.mark.parametrize("chosen", [["dark", "light"], ["burnt"], ["dark", "dark"]])
def test_what_cannot_be_chosen_is_refused_with_its_code(club, chosen):
    refused = club("PUT", f"members/{club.ana}/preferences/roast", {"chosen": chosen})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_an_answer")
    assert club.get(f"members/{club.ana}/preferences").json()["preferences"][0]["chosen"] == []


def test_a_question_nobody_asks_is_not_found(club):
    assert club("PUT", f"members/{club.ana}/preferences/tea", {"chosen": ["dark"]}).status_code == 404
