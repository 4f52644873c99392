"""The checklist: what the facts show is done by itself, the rest is ticked by hand, and it goes when it is over."""

from typing import Any

import pytest

from loyalty.core.errors import NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.operations import add_staff, create_api_key, note_key_use
from loyalty.core.merchants.roles import Role
from loyalty.core.tenancy.scope import acting_for
from loyalty.setup import operations
from loyalty.setup.checklist import MINUTES, TICKABLE, checklist, pending
from loyalty.setup.models import Launch
from members.operations.membership import join
from rewards.operations.catalogue import create_reward
from tests.cast import AT, MARA, buy, person, publish, shop

pytestmark = pytest.mark.django_db
COFFEE = {"kind": "free_product", "name": {"sv": "En kaffe"}, "cost_points": 100}


@pytest.fixture
def pair() -> Merchant:
    """A shop that came out of the guided set-up: a programme and a reward in the test shop."""
    live = shop()
    with acting_for(live.sandbox, by=MARA):
        publish()
        create_reward(at=AT, details=COFFEE)
    with acting_for(live, by=MARA):
        Launch.objects.create()
    return live


def done(live: Merchant) -> set[str]:
    with acting_for(live, by=MARA):
        return {step.name for step in checklist(live=live, sandbox=live.sandbox, at=AT).steps if step.done}


def shown(live: Merchant) -> Any:
    with acting_for(live, by=MARA):
        return pending(live=live, sandbox=live.sandbox, at=AT)


def test_nothing_is_done_at_the_start_and_every_step_says_how_long_it_takes(pair: Merchant):
    assert done(pair) == set()
    assert [(step.name, step.minutes) for step in shown(pair).steps] == [
        ("member", 2), ("till", 2), ("staff", 1), ("import", 5), ("poster", 1), ("connect", 5), ("live", 2)]  # fmt: skip
    assert shown(pair).upcoming.name == "member"


def test_a_shop_that_began_without_a_blueprint_begins_with_rules_and_a_reward():
    live = shop()
    assert [step.name for step in shown(live).steps] == list(MINUTES)


def test_facts_in_either_shop_show_by_themselves(pair: Merchant):
    with acting_for(pair.sandbox, by=MARA):
        join(at=AT, identities={"email": "mara@luna.example"}, channel="portal")
        assert buy(person("robin"), 100, channel="pos").order
        key, _secret = create_api_key(name="shop", scopes=["orders:write"], at=AT)
        assert done(pair) == {"member", "till"}  # a key that was only made connects nothing
        note_key_use(key=key.pk, at=AT)
    with acting_for(pair, by=MARA):
        add_staff(email="mara@luna.example", role=Role.OWNER, at=AT)
        assert "staff" not in done(pair)
        add_staff(email="tom@luna.example", role=Role.CASHIER, at=AT)
        join(at=AT, identities={"email": "ana@luna.example"}, channel="import")
    assert done(pair) == {"member", "till", "connect", "staff", "import"}


def test_pretend_members_and_their_orders_prove_nothing(pair: Merchant):
    from loyalty.setup.pretend import pretend

    with acting_for(pair.sandbox, by=MARA):
        pretend(basket_minor=100_00, at=AT)
    assert done(pair) == set()


def test_a_published_live_programme_is_live(pair: Merchant):
    with acting_for(pair, by=MARA):
        publish()
    assert done(pair) == {"live"}


@pytest.mark.parametrize("step", sorted(TICKABLE))
def test_what_only_people_know_is_ticked_by_hand_and_back(pair: Merchant, step: str):
    with acting_for(pair, by=MARA):
        operations.tick(step=step, ticked=True)
        operations.tick(step=step, ticked=True)
        assert Launch.objects.get().ticked == [step]
    assert done(pair) == {step}
    with acting_for(pair, by=MARA):
        operations.tick(step=step, ticked=False)
    assert done(pair) == set()


@pytest.mark.parametrize("step", ["live", "rules", "", "nonsense", "x" * 500])
def test_nobody_ticks_what_has_to_be_true(pair: Merchant, step: str):
    with acting_for(pair, by=MARA), pytest.raises(NotFound):
        operations.tick(step=step, ticked=True)
    assert done(pair) == set()


def test_it_belongs_to_the_live_shop(pair: Merchant):
    with acting_for(pair.sandbox, by=MARA), pytest.raises(NotFound):
        operations.tick(step="poster", ticked=True)


def test_put_away_it_is_gone_from_the_first_page_until_it_is_wanted_again(pair: Merchant):
    with acting_for(pair, by=MARA):
        operations.put_away(hidden=True, at=AT)
    assert shown(pair) is None
    with acting_for(pair, by=MARA):
        operations.put_away(hidden=False, at=AT)
    assert shown(pair) is not None


def test_it_disappears_by_itself_when_all_is_done(pair: Merchant):
    with acting_for(pair, by=MARA):
        for step in TICKABLE:
            operations.tick(step=step, ticked=True)
        assert shown(pair).upcoming.name == "live"
        publish()
    assert shown(pair) is None


def test_a_shop_that_has_long_been_live_is_not_bothered():
    live = shop()
    with acting_for(live, by=MARA):
        publish()
    assert shown(live) is None


def test_who_works_at_one_of_the_two_sees_what_is_there(pair: Merchant):
    with acting_for(pair.sandbox, by=MARA):
        found = checklist(live=None, sandbox=pair.sandbox, at=AT)
    assert {step.name for step in found.steps} >= {"member", "live"} and found.launch is None
