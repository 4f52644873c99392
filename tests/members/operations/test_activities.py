"""What members do besides buying: once each, by the same engine, with caps, in the same books."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from loyalty.core import ids
from loyalty.core.errors import InvalidInput, KeyReused
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, lots
from members.models import Activity, RuleUse
from members.operations.activities import quote_activity, record_activity, record_joining
from members.operations.deciding import MemberNotFound
from members.operations.membership import block, join
from members.operations.merging import merge
from members.operations.points import activate_due
from members.operations.privacy import erase_member, export_member
from members.operations.refunds import cancel_order, refund_order
from members.queries.story import Kind, story
from members.rules.doing import NewActivity, Product
from members.rules.shopping import MemberRef, NewLine, NewRefund
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days, person, publish

_counter = iter(range(1, 10**9))


def rule(*kinds, amount=50, when=(), **more):
    return {"type": "fixed", "id": "done", "name": "Thanks", "amount": amount,
            "when": [{"type": "activity", "kinds": list(kinds)}, *when], **more}  # fmt: skip


def doing(member, kind="review", *, at=AT, external_id="", **more):
    who = MemberRef(id=ids.encode("mbr", member.pk))
    return NewActivity(external_id or f"did-{next(_counter)}", kind, at, who, **more)


def did(member, kind="review", *, at=AT, **more):
    return record_activity(activity=doing(member, kind, at=at, **more), at=at)


@pytest.fixture(autouse=True)
def _books(request, cafe):
    """After each test books and counters are right."""
    yield
    if "check" not in request.fixturenames:
        assert verify() == []


def test_an_activity_is_written_with_its_points_decision_and_events(ana):
    publish(ONE_POINT_PER_KRONA, rule("review", "photo"))
    about = Product("latte", name="Caffè latte", category="coffee")
    found = did(ana, properties={"stars": 5, "own": True}, product=about, channel="web", external_id="r1")
    assert (found.points, found.balance, found.replayed) == (50, 50, False)
    row = Activity.objects.get()
    assert (row.pk, row.kind, row.sku, row.points_earned) == (found.activity, "review", "latte", 50)
    assert (row.properties, row.product["category"]) == ({"stars": 5, "own": True}, "coffee")
    assert [reason["code"] for reason in row.decision["reasons"]] == ["not_a_purchase", "fixed"]
    assert Event.objects.get(kind="activity.recorded").data["points"] == 50
    assert Event.objects.get(kind="points.earned").data["source"] == str(row.pk)


def test_the_same_activity_again_answers_again_and_another_under_its_name_is_refused(ana, ben):
    publish(rule("review"), points_life={"hold_days": 14})
    one = doing(ana, external_id="r1")
    first, again = record_activity(activity=one, at=AT), record_activity(activity=one, at=AT + days(1))
    assert (again.activity, again.points, again.replayed) == (first.activity, 50, True)
    assert again.terms == first.terms and first.terms.pending
    for other in (replace(one, kind="photo"), doing(ben, external_id="r1"), replace(one, channel="web")):
        with pytest.raises(KeyReused):
            record_activity(activity=other, at=AT)
    assert did(ana, external_id="r1", source="app").replayed is False  # a name is one of its source
    assert balance(ana.pk).pending == 100


def test_points_of_an_activity_wait_and_expire_like_others(ana):
    publish(rule("review"), points_life={"hold_days": 14, "expiry": "rolling", "months": 12})
    assert did(ana).balance == 0
    activate_due(at=AT + days(15))
    [lot] = lots(ana.pk)
    assert (balance(ana.pk).available, lot.expires_at) == (50, datetime(2027, 3, 16, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "purchase"}, "kind"),
        ({"kind": "account_created"}, "kind"),
        ({"source": "loyalty"}, "source"),
        ({"happened_at": AT + days(3)}, "happened_at"),
        ({"happened_at": AT.replace(year=1999)}, "happened_at"),
        ({"member": MemberRef(email="a@example.com", card="X")}, "member"),
        ({"member": MemberRef()}, "member"),
    ],
)
def test_what_makes_no_sense_is_refused(ana, change, field):
    publish(rule("review"))
    with pytest.raises(InvalidInput) as refused:
        record_activity(activity=replace(doing(ana), **change), at=AT)
    assert [error["field"] for error in refused.value.errors] == [field]
    with pytest.raises(MemberNotFound):
        record_activity(activity=replace(doing(ana), member=MemberRef(external_id="nobody")), at=AT)
    assert not Activity.objects.exists()


def test_an_activity_no_rule_is_about_is_kept_and_gives_nothing(ana):
    publish(ONE_POINT_PER_KRONA, rule("photo"))
    assert did(ana, "own_cup").points == 0
    assert Activity.objects.get().kind == "own_cup"


def test_properties_and_product_decide(ana):
    stars = {"type": "activity", "kinds": ["review"], "where": [{"name": "stars", "at_least": 4}]}
    publish(rule("review") | {"when": [stars], "only": {"categories": ["coffee"]}})
    coffee, tea = Product("latte", category="coffee"), Product("chai", category="tea")
    found = [
        did(ana, properties={"stars": n}, product=about) for n, about in ((5, coffee), (3, coffee), (5, tea))
    ]
    assert [one.points for one in found] == [50, 0, 0]
    assert [one.decision.reasons[0].code for one in found[1:]] == ["other_property", "other_product"]


def test_caps_count_activities_and_a_budget_ends_them(ana, ben):
    publish(rule("review", limits={"per": [{"period": "week", "times": 2}], "budget": "pot"}),
            earning={"budgets": [{"id": "pot", "units": 120}]})  # fmt: skip
    assert [did(ana).points for _time in range(3)] == [50, 50, 0]
    assert did(ben).points == 20
    assert did(ana, at=AT + days(7)).decision.reasons[0].values["limit"] == "budget"
    assert RuleUse.objects.filter(source_kind="activity").count() == 3


def test_a_review_counts_within_days_of_buying_that_product_and_not_when_it_went_back(ana, ben):
    after = {"type": "following", "after": "purchase", "within_days": 30, "same_product": True}
    publish(rule("review", when=[after]))
    latte = NewLine(sku="latte", amount_minor=40_00)
    buy(ana, lines=(latte, NewLine(sku="bun", amount_minor=30_00)), external_id="a")

    def review(sku, at=None, member=ana):
        at = at or AT + days(3)
        return did(member, at=at, product=Product(sku)).points

    assert (
        review("latte"),
        review("chai"),
        review("latte", AT + days(31)),
        review("latte", AT - days(1)),
    ) == (50, 0, 0, 0)
    merge(keep=ben.pk, remove=ana.pk, at=AT)
    assert review("latte", member=ben) == 50
    refund = NewRefund("r", AT, (), 70_00)
    assert review("bun", member=ben) == 50
    refund_order(source="api", order_external_id="a", refund=refund, at=AT)
    cancel_order(source="api", order_external_id="a", cancelled_at=AT, at=AT)
    assert review("bun", member=ben) == 0


def test_a_purchase_counts_after_an_activity(ana):
    publish(
        rule("x") | {"when": [{"type": "following", "after": "survey", "within_days": 1}], "id": "thanks"}
    )
    assert buy(ana, 10).points == 0
    did(ana, "survey")
    assert [buy(ana, 10, at=AT + timedelta(hours=n)).points for n in (1, 23, 25)] == [50, 50, 0]


def test_joining_is_recorded_once_when_the_programme_has_a_rule_for_it(cafe):
    assert person("early") and not Activity.objects.exists()
    publish(rule("account_created"))
    cleo = join(at=AT, identities={"email": "cleo@example.com"}, channel="pos")
    assert balance(cleo.member.pk).available == 50
    again = join(at=AT + days(1), identities={"email": "cleo@example.com"})
    assert (again.created, balance(cleo.member.pk).available) == (False, 50)
    record_joining(member=cleo.member, at=AT)  # by whatever way it comes a second time
    row = Activity.objects.get()
    assert (row.source, row.channel, row.member_id) == ("loyalty", "pos", cleo.member.pk)


def test_blocked_members_earn_nothing(ana):
    publish(rule("review"))
    block(member=ana.pk, at=AT, reason="trouble")
    assert did(ana).points == 0


def test_a_quote_writes_nothing_and_can_look_ahead(ana):
    publish(rule("survey", limits={"per": [{"period": "day", "times": 1}]}))
    asked = doing(ana, "survey", external_id="q")
    assert [quote_activity(activity=asked, at=AT).points for _time in range(2)] == [50, 50]
    record_activity(activity=asked, at=AT)
    assert quote_activity(activity=asked, at=AT).points == 0
    assert quote_activity(activity=asked, at=AT, when=AT + days(1)).points == 50
    assert Activity.objects.count() == 1


def test_the_story_tells_what_they_did_and_why(ana):
    publish(rule("review"), points_life={"hold_days": 3})
    did(ana, "photo")
    did(ana, product=Product("latte", name="Latte"))
    earned, silent = story(ana.pk).rows
    assert (earned.kind, earned.title, earned.pending_change) == (Kind.ACTIVITY, "For a review · Latte", 50)
    assert "50" in earned.sentence and earned.why[0].matched
    assert (silent.kind, silent.title, silent.change) == (Kind.ACTIVITY, "For a photo", 0)
    assert silent.activity.kind == "photo"


def test_a_merged_members_activities_are_theirs_and_erasing_takes_what_they_said(ana, ben):
    stars = {"type": "activity", "kinds": ["review"], "where": [{"name": "mood", "any_of": ["glad"]}]}
    publish(rule("review", limits={"per": [{"period": "month", "times": 1}]}) | {"when": [stars]})
    did(ben, properties={"mood": "glad", "text": "my secret"}, external_id="b")
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert did(ana, properties={"mood": "secretly"}).points == 0
    held = export_member(member=ana.pk, at=AT)
    mine, theirs = held["membership"]["activities"], held["merged"][0]["membership"]["activities"]
    assert [one["properties"] for one in mine + theirs] == [
        {"mood": "secretly"},
        {"mood": "glad", "text": "my secret"},
    ]
    erase_member(member=ana.pk, at=AT)
    for row in Activity.objects.all():
        assert row.properties == {} and "secret" not in str(row.decision)
    assert not RuleUse.objects.exists()


@pytest.mark.parametrize("check", ["activity_points_granted"])
def test_the_check_finds_points_that_were_not_granted(ana, check):
    publish(rule("review"))
    found = did(ana)
    assert isinstance(found.activity, UUID) and verify() == []
    Activity.objects.update(points_earned=51)
    assert check in {breach.check for breach in verify()}
