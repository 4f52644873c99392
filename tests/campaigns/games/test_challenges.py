"""Making challenges: what makes no sense is refused, and what was promised stays."""

from typing import Any

import pytest

from campaigns.models import Badge, Challenge, GameLook
from campaigns.operations.games.badges import BadgeExists, create_badge, edit_badge
from campaigns.operations.games.challenges import (
    ChallengeIsOpen,
    ChallengeIsOver,
    ChallengeNotOpen,
    create_challenge,
    delete_challenge,
    edit_challenge,
    end_challenge,
    open_challenge,
)
from campaigns.operations.games.looking import forget_notes, notes_about, waiting
from campaigns.operations.games.sending import NothingToSend, TooManyWaiting, send_in
from campaigns.queries.draws import handles
from campaigns.queries.games.challenges import lately, running, taking_part
from campaigns.queries.games.sent import sendable, sent_by, waiting_of
from loyalty.core.errors import InvalidInput
from tests.campaigns.games.playing import opened
from tests.cast import AT, ONE_POINT_PER_KRONA, days, publish

pytestmark = pytest.mark.usefixtures("cafe")
THREE = [{"needed": 3, "points": 50}]


def made(**more: Any) -> Challenge:
    """A draft of three purchases."""
    details = {"name": "Three", "terms": {"measure": "purchases", "milestones": THREE}, "starts_at": AT}
    return create_challenge(details={**details, **more}, at=AT)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"measure": "luck"}, "terms.measure"),
        ({"milestones": []}, "terms.milestones"),
        ({"milestones": [{"needed": 0, "points": 1}]}, "terms.milestones[0].needed"),
        ({"milestones": [*THREE, {"needed": 3, "points": 1}]}, "terms.milestones[1].needed"),
        ({"milestones": [{"needed": 3}]}, "terms.milestones[0].points"),
        ({"milestones": [{"needed": 3, "points": -1, "badge": "x"}]}, "terms.milestones[0].points"),
        ({"milestones": [{"needed": 3, "draw": "may"}]}, "terms.milestones[0].entries"),
        ({"milestones": [{"needed": 3, "reward": "no-such"}]}, "terms.milestones[0].reward"),
        ({"measure": "activities"}, "terms.activities"),
        ({"measure": "score"}, "terms.tasks"),
        ({"tasks": [{"gives": 1}]}, "terms.tasks"),
        ({"measure": "score", "tasks": [{"gives": 0}]}, "terms.tasks[0]"),
        ({"measure": "score", "tasks": [{}, {}]}, "terms.tasks"),
        ({"grace": 13}, "terms.grace"),
        ({"at_least_minor": -1}, "terms.at_least_minor"),
        ({"only": {"skus": [""]}}, "terms.only"),
        ({"surprise": 1}, "terms.surprise"),
    ],
)
def test_terms_that_make_no_sense_are_refused(terms: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        made(terms={"measure": "purchases", "milestones": THREE, **terms})
    assert field in [one["field"] for one in refused.value.errors]
    assert not Challenge.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"name": " "}, "name"), ({"text": "x" * 301}, "text"), ({"ends_at": AT}, "ends_at"),
     ({"starts_at": AT - days(9), "ends_at": AT - days(1)}, "ends_at")],
)  # fmt: skip
def test_other_nonsense_is_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        made(**wrong)
    assert [one["field"] for one in refused.value.errors] == [field]


def test_what_is_promised_stays_and_words_and_a_later_end_may_change() -> None:
    row = made(ends_at=AT + days(5))
    edit_challenge(challenge=row.pk, details={"terms": {"measure": "products", "milestones": THREE}}, at=AT)
    for _twice in range(2):
        open_challenge(challenge=row.pk, at=AT)
    later = edit_challenge(challenge=row.pk, details={"name": "Four", "ends_at": AT + days(9)}, at=AT)
    assert (later.name, later.ends_at) == ("Four", AT + days(9))
    for change in ({"ends_at": AT + days(1)}, {"board": True}, {"starts_at": AT + days(1)},
                   {"terms": {"measure": "purchases", "milestones": THREE}}):  # fmt: skip
        with pytest.raises(ChallengeIsOpen):
            edit_challenge(challenge=row.pk, details=change, at=AT)
    later.refresh_from_db()
    assert later.terms["measure"] == "products"
    with pytest.raises(ChallengeIsOpen):
        delete_challenge(challenge=row.pk, at=AT)
    end_challenge(challenge=row.pk, at=AT + days(2))
    for refused in (open_challenge, delete_challenge):
        with pytest.raises(ChallengeIsOver):
            refused(challenge=row.pk, at=AT + days(2))


def test_a_draft_is_seen_by_nobody_and_can_be_deleted() -> None:
    row = made()
    assert running(at=AT + days(1)) == []
    with pytest.raises(ChallengeNotOpen):
        end_challenge(challenge=row.pk, at=AT)
    delete_challenge(challenge=row.pk, at=AT)
    assert not Challenge.objects.exists()


def test_what_runs_and_what_is_over_lately() -> None:
    soon, now = opened(starts_at=AT + days(1)), opened(ends_at=AT + days(2))
    assert running(at=AT) == [now]
    assert running(at=AT + days(1)) == [now, soon], "the soonest to end first"
    assert (running(at=AT + days(2)), lately(at=AT + days(2))) == ([soon], [now])
    assert lately(at=AT + days(200)) == []
    assert taking_part([now]) == {now.pk: (0, 0)}


def test_its_chances_can_be_drawn() -> None:
    opened("purchases", {"needed": 1, "draw": "winter", "entries": 2})
    assert handles() == {"winter": "winter"}


def test_badges_are_made_once_and_change_for_everybody() -> None:
    row = create_badge(name="Early bird", at=AT)
    assert row.handle == "early-bird"
    with pytest.raises(BadgeExists):
        create_badge(name="Early bird", at=AT)
    edit_badge(badge=row.pk, changes={"drawing": "sun", "text": "Before nine"}, at=AT)
    for wrong in ({"drawing": "skull"}, {"name": ""}, {"text": "x" * 201}):
        with pytest.raises(InvalidInput):
            edit_badge(badge=row.pk, changes=wrong, at=AT)
    found = Badge.objects.get()
    assert (found.name, found.drawing, found.text) == ("Early bird", "sun", "Before nine")


def test_notes_are_kept_until_the_look_is_done(ana: Any) -> None:
    GameLook.objects.create(member=ana, noted_at=AT)
    assert waiting() == [ana.pk]
    notes = notes_about(member=ana.pk)
    GameLook.objects.create(member=ana, noted_at=AT)
    forget_notes(notes=notes)
    assert GameLook.objects.count() == 1, "what was noted during the look waits for the next"


def test_only_what_staff_look_at_can_be_sent_in_and_not_without_end(ana: Any) -> None:
    looked_at = {"kinds": [{"kind": "photo", "needs": "approval"}, {"kind": "review", "needs": "proof"}]}
    publish(ONE_POINT_PER_KRONA, activities=looked_at, at=AT)
    tasks = [{"activity": kind} for kind in ("photo", "review", "social_tag")]
    row = opened("score", {"needed": 3, "points": 5}, tasks=tasks, ends_at=AT + days(2))

    def send(key: str, kind: str = "photo", proof: str = "on the wall", at: Any = AT) -> Any:
        return send_in(challenge=row.pk, member=ana.pk, kind=kind, proof=proof, key=key, at=at)

    assert sendable(row) == ["photo"]
    first = send("k0")
    assert (first.status, send("k0").activity, waiting_of(ana.pk)) == ("waiting", first.activity, 1)
    for kind in ("review", "social_tag", "purchase"):
        with pytest.raises(NothingToSend):
            send("x", kind)
    with pytest.raises(NothingToSend):
        send("x", at=AT + days(2))
    for proof in ("", "x" * 501, "https://a.example/x y", "https://nowhere"):
        with pytest.raises(InvalidInput):
            send("x", proof=proof)
    for number in range(1, 10):
        send(f"k{number}")
    with pytest.raises(TooManyWaiting):
        send("k10")
    assert [one.kind for one in sent_by(ana.pk, ["photo"])] == ["photo"] * 10
