"""What upper floors add to the programme: asked once for each mark, in force with it, and gone with it."""

import pytest

from members.models import AddedMark, Member
from members.operations.adding import note_added
from members.queries import adding
from members.rules.adding import Added, with_added
from members.rules.earning import Earning, Fixed
from members.rules.owning import owner_of, rule_id
from tests.cast import buy

pytestmark = pytest.mark.django_db
OWNER = "cmp_01m6k3q8r6e3vabq7m6w0t9d2c"


class Extra:
    """Adds ten points to every purchase, while it is on; counts how often it is asked."""

    def __init__(self) -> None:
        self.on, self.asked = True, 0

    def added(self) -> Added:
        self.asked += 1
        return Added((Fixed(id=rule_id(OWNER, "ten"), amount=10),)) if self.on else Added()


@pytest.fixture
def extra(monkeypatch: pytest.MonkeyPatch) -> Extra:
    made = Extra()
    monkeypatch.setattr(adding, "_adders", [made])
    return made


def test_it_counts_from_the_moment_it_is_noted_and_is_asked_once(ana: Member, extra: Extra):
    assert buy(ana, 10).points == 10, "nobody has said so"
    note_added()
    assert [buy(ana, 10).points for _time in range(3)] == [20, 20, 20]
    assert extra.asked == 1
    extra.on = False
    assert buy(ana, 10).points == 20, "nobody has said otherwise"
    note_added()
    assert (buy(ana, 10).points, AddedMark.objects.count()) == (10, 1)


def test_the_programme_is_the_same_object_while_nothing_changes(cafe, extra: Extra):
    note_added()
    first, second = adding.in_force(), adding.in_force()
    assert first is second and first is not None
    note_added()
    assert adding.in_force() is not first


def test_who_added_a_rule_is_told_by_its_id():
    assert owner_of(rule_id(OWNER, "double-2")) == OWNER
    assert [owner_of(rule) for rule in ("base", OWNER, f"{OWNER[:-1]}-x", "cmp_-x", "")] == [""] * 5


def test_added_rules_stand_behind_the_programmes():
    own, more = Fixed(id="own", amount=1), Fixed(id=rule_id(OWNER, "x"), amount=2)
    assert with_added(Earning((own,)), [Added((more,)), Added()]).rules == (own, more)
