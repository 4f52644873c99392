"""Activities that need proof, or wait until staff have looked; what was let through can be undone."""

import pytest
from msgspec.structs import replace

from loyalty.core.errors import InvalidInput, KeyReused
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, lots
from members.models import Activity, EarnedBadge, RuleUse
from members.operations.activities import ProofMissing, quote_activity, record_activity
from members.operations.membership import NotActive, block
from members.operations.merging import merge
from members.operations.moderation import (
    AlreadyDecided,
    NotCounted,
    approve_activity,
    refuse_activity,
    undo_activity,
)
from members.operations.points import adjust_points, expire_due
from members.operations.privacy import erase_member, export_member
from members.queries.activities import shared_by
from members.queries.story import Kind, story
from members.rules.doing import Product
from members.rules.moderation import Proof, same_page
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days, publish
from tests.members.operations.test_activities import did, doing, rule

LINK = Proof(link="https://www.example.com/p/1")
LOOKED_AT = {
    "activities": {
        "kinds": [{"kind": "social_tag", "needs": "approval"}, {"kind": "photo", "needs": "proof"}]
    }
}


@pytest.fixture(autouse=True)
def _books(cafe):
    """After each test books and counters are right."""
    publish(rule("social_tag", "photo", "review"), **LOOKED_AT)
    yield
    assert verify() == []


def available(member):
    return balance(member.pk).available


def waiting(member, kind="social_tag", **more):
    found = did(member, kind, **more)
    assert (found.status, found.points) == ("waiting", 0)
    return found.activity


# --- waiting --------------------------------------------------------------------------------------------------


def test_what_waits_has_earned_nothing_until_it_is_approved_and_then_once(ana):
    found = did(ana, "social_tag", external_id="t")
    assert (found.status, found.flags, found.points, available(ana)) == ("waiting", ("approval",), 0, 0)
    assert did(ana, "social_tag", external_id="t").replayed
    assert [event.data["flags"] for event in Event.objects.filter(kind="activity.waiting")] == [["approval"]]
    assert not Event.objects.filter(kind="activity.recorded").exists()
    done = approve_activity(activity=found.activity, at=AT + days(2), note="lovely")
    assert (done.status, done.points, done.balance, done.replayed) == ("approved", 50, 50, False)
    again = approve_activity(activity=found.activity, at=AT + days(3))
    assert (again.replayed, available(ana)) == (True, 50)
    assert did(ana, "social_tag", external_id="t").points == 50  # sent again, it is answered as it stands
    assert did(ana, "review").points == 50  # of other kinds nobody has to look at anything


def test_it_counts_by_the_programme_and_the_caps_of_the_moment_it_happened(ana):
    limits = {"per": [{"period": "day", "times": 1}]}
    publish(rule("social_tag", limits=limits), points_life={"hold_days": 3}, **LOOKED_AT)
    first, second = waiting(ana), waiting(ana)
    later = waiting(ana, at=AT + days(1))
    publish(rule("social_tag", amount=999), points_life={"hold_days": 30}, **LOOKED_AT)
    assert [approve_activity(activity=one, at=AT + days(10)).points for one in (second, first, later)] == [
        50,
        0,
        50,
    ]
    assert [lot.pending for lot in lots(ana.pk)] == [False, False]  # the days of the hold are over
    assert approve_activity(activity=waiting(ana, at=AT + days(9)), at=AT + days(10)).points == 999
    assert balance(ana.pk).pending == 999


def test_a_budget_is_drawn_when_it_is_approved(ana, ben):
    publish(
        rule("social_tag", limits={"budget": "pot"}),
        earning={"budgets": [{"id": "pot", "units": 60}]},
        **LOOKED_AT,
    )
    one, other = waiting(ana), waiting(ben)
    assert approve_activity(activity=other, at=AT).points == 50
    assert approve_activity(activity=one, at=AT).points == 10
    assert undo_activity(activity=other, at=AT, note="x").status == "undone"
    assert approve_activity(activity=waiting(ben), at=AT).points == 50


def test_what_waits_is_nothing_that_others_can_follow(ana):
    after = {"type": "following", "after": "social_tag", "within_days": 5}
    publish(rule("x") | {"id": "thanks", "when": [after]}, ONE_POINT_PER_KRONA, **LOOKED_AT)
    tag = waiting(ana)
    assert buy(ana, 10).points == 10
    approve_activity(activity=tag, at=AT)
    assert buy(ana, 10).points == 60
    undo_activity(activity=tag, at=AT, note="gone")
    assert buy(ana, 10).points == 10


def test_a_quote_says_what_it_would_give_and_that_it_would_wait(ana):
    found = quote_activity(activity=doing(ana, "social_tag"), at=AT)
    assert (found.status, found.flags, found.points) == ("waiting", ("approval",), 50)
    assert not Activity.objects.exists()


def test_a_refused_one_never_counts_and_the_member_reads_why(ana):
    tag = waiting(ana)
    for bad in ("", " ", "x" * 301):
        with pytest.raises(InvalidInput):
            refuse_activity(activity=tag, at=AT, note=bad)
    refuse_activity(activity=tag, at=AT, note="it shows another shop")
    assert refuse_activity(activity=tag, at=AT, note="again").replayed
    with pytest.raises(AlreadyDecided):
        approve_activity(activity=tag, at=AT)
    with pytest.raises(NotCounted):
        undo_activity(activity=tag, at=AT, note="x")
    [told] = story(ana.pk, plain=True).rows
    assert told.sentence == "The shop did not count it: it shows another shop"


# --- undoing --------------------------------------------------------------------------------------------------


def test_what_counted_can_be_undone_and_everything_it_gave_goes(ana):
    badge = {
        "type": "badge",
        "id": "star",
        "badge": "fan",
        "when": [{"type": "activity", "kinds": ["social_tag"]}],
    }
    publish(rule("social_tag", limits={"per": [{"period": "year", "times": 1}]}), badge, **LOOKED_AT)
    tag = waiting(ana)
    approve_activity(activity=tag, at=AT)
    assert EarnedBadge.objects.exists() and available(ana) == 50
    done = undo_activity(activity=tag, at=AT + days(1), note="the picture is gone")
    assert (done.status, available(ana)) == ("undone", 0)
    assert not EarnedBadge.objects.exists() and not RuleUse.objects.filter(units__gt=0).exists()
    assert undo_activity(activity=tag, at=AT + days(2), note="again").replayed
    row = Activity.objects.get()
    assert (row.points_earned, row.points_taken, row.shortfall) == (50, 50, 0)
    with pytest.raises(AlreadyDecided):
        refuse_activity(activity=tag, at=AT, note="x")
    assert approve_activity(activity=waiting(ana), at=AT).points == 50  # its cap is free again
    gone = next(row for row in story(ana.pk).rows if row.change < 0)
    assert (gone.kind, gone.change) == (Kind.ACTIVITY, -50)
    assert gone.sentence == "The shop has taken it back: the picture is gone"


@pytest.mark.parametrize(("policy", "left"), [("to_zero", 0), ("debt", -30), ("only_pending", 20)])
def test_what_was_used_already_goes_by_the_policy(ana, policy, left):
    publish(rule("review"), points_life={"on_shortfall": policy}, **LOOKED_AT)
    review = did(ana, "review").activity
    adjust_points(member=ana.pk, amount=-30, reason="spent", at=AT)
    undo_activity(activity=review, at=AT, note="fake")
    row = Activity.objects.get()
    assert (available(ana), row.points_taken + row.shortfall) == (left, 50)


def test_points_that_expired_are_not_taken_from_others(ana):
    publish(rule("review"), points_life={"expiry": "rolling", "months": 1}, **LOOKED_AT)
    review = did(ana, "review").activity
    expire_due(at=AT + days(60))
    adjust_points(member=ana.pk, amount=100, reason="gift", at=AT + days(60))
    undo_activity(activity=review, at=AT + days(61), note="fake")
    assert (available(ana), Activity.objects.get().shortfall) == (100, 50)


def test_an_activity_that_gave_nothing_can_be_undone_all_the_same(ana):
    other = did(ana, "own_cup").activity
    undo_activity(activity=other, at=AT, note="never happened")
    [told] = story(ana.pk).rows
    assert told.sentence == "The shop has taken it back: never happened"


# --- proof ----------------------------------------------------------------------------------------------------


def test_where_proof_is_asked_for_it_counts_at_once_with_it_and_not_without(ana):
    with pytest.raises(ProofMissing):
        did(ana, "photo")
    assert did(ana, "photo", proof=LINK).points == 50
    assert did(ana, "photo", proof=Proof(text="under the lamp, on Monday")).points == 50
    publish(rule("x"), activities={"kinds": [{"kind": "x", "needs": "approval", "proof_required": True}]})
    with pytest.raises(ProofMissing):
        did(ana, "x")
    assert Activity.objects.count() == 2


@pytest.mark.parametrize(
    "link",
    [
        "http://example.com/p/1/",
        "https://EXAMPLE.com/p/1#top",
        "https://www.example.com/p/1?utm_source=x&igsh=y",
        "https://m.example.com/p/1",
    ],
)
def test_the_same_page_sent_by_somebody_else_waits_for_staff(ana, ben, link):
    did(ana, "photo", proof=LINK)
    assert did(ana, "photo", proof=Proof(link=link)).status == "recorded"  # her own she may show twice
    found = did(ben, "photo", proof=Proof(link=link))
    assert (found.status, found.flags) == ("waiting", ("duplicate_proof",))
    assert (
        did(ben, "review", proof=LINK).status == "recorded"
    )  # where nobody asks for proof it proves nothing
    shared = shared_by(list(Activity.objects.order_by("id")))
    assert list(shared.values()) == [2, 2, 2, 2]


def test_other_pages_are_other_proofs(ana, ben):
    did(ana, "photo", proof=Proof(link="https://example.com/watch?v=1"))
    assert did(ben, "photo", proof=Proof(link="https://example.com/watch?v=2")).status == "recorded"
    assert did(ben, "social_tag", proof=Proof(link="https://example.com/watch?v=1")).flags == (
        "approval",
        "duplicate_proof",
    )
    assert same_page("https://a.example/x?b=2&a=1") == same_page("http://a.example/x/?a=1&b=2")


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "ftp://example.com/x", "//example.com", "https://", "https://user:pw@example.com/",
     "https://localhost/x", "https://example.com:99999/", "https://[::1", "data:text/html,x", "example.com/x",
     "https://exa mple.com/"],
)  # fmt: skip
def test_what_is_no_page_of_the_web_is_no_proof(ana, link):
    with pytest.raises(InvalidInput) as refused:
        did(ana, "photo", proof=Proof(link=link))
    assert [error["field"] for error in refused.value.errors] == ["proof.link"]
    with pytest.raises(InvalidInput):
        did(ana, "photo", proof=Proof(text="  "))
    assert not Activity.objects.exists()


# --- whose it is by then --------------------------------------------------------------------------------------


def test_what_a_merged_member_did_is_approved_for_who_they_are_now(ana, ben):
    tag = waiting(ben)
    review = did(ben, "review").activity
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert approve_activity(activity=tag, at=AT).balance == 100
    undo_activity(activity=review, at=AT, note="x")
    undo_activity(activity=tag, at=AT, note="x")
    assert (available(ana), available(ben)) == (0, 0)


def test_a_blocked_member_gets_nothing_and_an_erased_ones_proof_is_gone(ana, ben):
    tag, photo = waiting(ana, proof=LINK), did(ben, "photo", proof=Proof(text="my secret")).activity
    block(member=ana.pk, at=AT, reason="x")
    assert approve_activity(activity=tag, at=AT).points == 0
    held = export_member(member=ben.pk, at=AT)["membership"]["activities"]
    assert held[0]["proof"]["text"] == "my secret"
    other = waiting(ben, proof=LINK)
    erase_member(member=ben.pk, at=AT)
    for row in Activity.objects.filter(member=ben):
        assert (row.proof_link, row.proof_text, row.proof_print, row.note) == ("", "", None, "")
    assert Activity.objects.get(pk=other).status == "refused"
    for decide in (
        lambda: approve_activity(activity=other, at=AT),
        lambda: undo_activity(activity=photo, at=AT, note="x"),
    ):
        with pytest.raises(NotActive):
            decide()


def test_the_story_says_that_it_waits_and_afterwards_what_it_gave(ana):
    tag = waiting(ana, product=Product("latte"))
    assert story(ana.pk).rows[0].sentence == "The shop will look at it; until then it has not counted"
    approve_activity(activity=tag, at=AT)
    [told] = story(ana.pk).rows
    assert (told.change, "50" in told.sentence) == (50, True)


@pytest.mark.parametrize(
    ("section", "field"),
    [
        ({"kinds": [{"kind": "Review", "needs": "proof"}]}, "kinds[0].kind"),
        ({"kinds": [{"kind": "birthday", "needs": "proof"}]}, "kinds[0].kind"),
        ({"kinds": [{"kind": "x", "needs": "proof"}, {"kind": "x", "needs": "none"}]}, "kinds[1].kind"),
        ({"kinds": [{"kind": "x", "needs": "magic"}]}, "kinds[0].needs"),
        ({"kinds": [{"kind": "x"}]}, "kinds[0].needs"),
        ({"birthday_grace_days": 61}, "birthday_grace_days"),
    ],
)
def test_a_section_that_makes_no_sense_is_refused(cafe, section, field):
    with pytest.raises(InvalidInput) as refused:
        publish(activities=section)
    assert [error["field"] for error in refused.value.errors] == [f"activities.{field}"]


def test_another_proof_under_the_same_name_is_another_activity(ana):
    one = doing(ana, "photo", external_id="p", proof=LINK)
    record_activity(activity=one, at=AT)
    with pytest.raises(KeyReused):
        record_activity(activity=replace(one, proof=Proof(text="other")), at=AT)


@pytest.mark.parametrize("change", [{"status": "undone"}, {"points_taken": 1}, {"status": "waiting"}])
def test_the_check_finds_what_was_not_taken_back(ana, change):
    did(ana, "review")
    before = Activity.objects.values().get()
    Activity.objects.update(**change)
    assert "activity_points_taken" in {breach.check for breach in verify()}
    Activity.objects.update(status=before["status"], points_taken=0)
