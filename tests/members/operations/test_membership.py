"""Join, recognise, edit, block, prove."""

from datetime import date

import pytest
from django.contrib.auth import get_user_model

from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.tenancy.scope import acting_for
from members.models import Identity, Member, Profile, Stats
from members.operations.membership import IdentityTaken, NotActive, block, edit, join, unblock, verify
from members.queries import directory
from tests.cast import AT, MARA, OTTO, buy, publish, shop

ONE_OF_EACH = [
    ("external", "customer-1001", "customer-1001"),
    ("email", "  Ana.Alm@Example.COM ", "ana.alm@example.com"),
    ("phone", "070-174 06 05", "+46701740605"),
    ("phone", "+47 22 22 55 55", "+4722225555"),
    ("card", "ab-12 cd 34", "AB12CD34"),
]


@pytest.mark.parametrize(("kind", "typed", "kept"), ONE_OF_EACH)
def test_joining_with_any_identity_and_being_found_by_it(cafe, kind, typed, kept):
    joined = join(at=AT, identities={kind: typed})
    assert joined.created
    assert Identity.objects.get(member=joined.member, kind=kind).value == kept
    assert directory.by_identity(kind, typed).pk == joined.member.pk
    again = join(at=AT, identities={kind: kept})
    assert (again.member.pk, again.created) == (joined.member.pk, False)
    assert Member.objects.count() == Profile.objects.count() == Stats.objects.count() == 1
    assert Event.objects.filter(kind="member.joined").count() == 1


def test_a_card_is_made_when_none_is_given(cafe):
    first, second = (join(at=AT, identities={"external": name}).member for name in ("a", "b"))
    cards = {directory.row(member).identities["card"] for member in (first, second)}
    assert len(cards) == 2
    assert all(len(card) == 12 and not set(card) & set("01ILOU") for card in cards)


def test_numbers_are_read_as_the_merchants_country(db):
    with acting_for(shop("oslo", name="Oslo", country="NO", currency="NOK"), by=MARA):
        member = join(at=AT, identities={"phone": "22 22 55 55"}).member
        assert directory.row(member).identities["phone"] == "+4722225555"


@pytest.mark.parametrize(
    "identities",
    [
        {}, {"email": ""}, {"email": "ana"}, {"email": "a@b"}, {"phone": "12"}, {"phone": "call me"},
        {"external": " "}, {"external": "x" * 101}, {"card": "---"}, {"external": "a\x00b"},
        {"card": "a\x07b"},
    ],
)  # fmt: skip
def test_identities_that_are_none_are_refused(cafe, identities):
    with pytest.raises(InvalidInput):
        join(at=AT, identities=identities)
    assert not Member.objects.exists()


def test_two_identities_of_two_members_are_a_conflict(cafe):
    join(at=AT, identities={"email": "ana@example.com"})
    join(at=AT, identities={"phone": "+46701740605"})
    with pytest.raises(IdentityTaken):
        join(at=AT, identities={"email": "ana@example.com", "phone": "+46701740605"})
    assert Member.objects.count() == 2


def test_the_same_person_can_join_every_shop_and_no_shop_sees_the_others(cafe, other_shop):
    here = join(at=AT, identities={"email": "ana@example.com"}).member
    with acting_for(other_shop, by=OTTO):
        there = join(at=AT, identities={"email": "ana@example.com"})
        assert there.created
        assert there.member.pk != here.pk
        with pytest.raises(NotFound):
            directory.member(here.pk)


@pytest.mark.parametrize(
    "details",
    [{"given_name": "x" * 81}, {"birthday": date(1899, 12, 31)}, {"birthday": date(2101, 1, 1)}],
)
def test_details_out_of_range_are_refused(cafe, details):
    with pytest.raises(InvalidInput):
        join(at=AT, identities={"external": "a"}, details=details)
    assert not Member.objects.exists()


def test_editing_changes_what_is_given_and_says_which_fields_never_what(ana):
    edit(
        member=ana.pk, at=AT, details={"given_name": "Anna", "birthday": date(1990, 5, 1)},
        identities={"email": "Anna@Example.com", "phone": "0701740605"}, language="sv",
    )  # fmt: skip
    row = directory.row(ana)
    assert (row.name, row.identities["email"], row.identities["phone"]) == (
        "Anna Alm", "anna@example.com", "+46701740605",
    )  # fmt: skip
    event = Event.objects.get(kind="member.edited")
    assert event.data == {"fields": ["birthday", "email", "given_name", "language", "phone"]}
    edit(member=ana.pk, at=AT, details={"given_name": "Anna"}, identities={"email": "anna@example.com"})
    assert Event.objects.filter(kind="member.edited").count() == 1  # nothing changed, nothing happened


def test_an_identity_can_be_removed_and_given_to_someone_else(ana, ben):
    edit(member=ana.pk, at=AT, identities={"email": "family@example.com"})
    with pytest.raises(IdentityTaken):
        edit(member=ben.pk, at=AT, details={"given_name": "B"}, identities={"email": "Family@example.com"})
    assert directory.row(ben).name == "Ben Berg"  # all of it or nothing
    edit(member=ana.pk, at=AT, identities={"email": None})
    edit(member=ben.pk, at=AT, identities={"email": "family@example.com"})
    assert directory.by_identity("email", "family@example.com").pk == ben.pk


def test_a_blocked_member_earns_nothing_and_keeps_what_they_have(ana):
    buy(ana, 100)
    block(member=ana.pk, at=AT, reason="chargebacks")
    assert buy(ana, 100).points == 0
    assert directory.row(ana).balance.available == 100
    with pytest.raises(NotActive):
        block(member=ana.pk, at=AT, reason="again")
    unblock(member=ana.pk, at=AT)
    assert buy(ana, 100).points == 100
    with pytest.raises(NotActive):
        unblock(member=ana.pk, at=AT)


def test_only_a_members_own_address_proves_them(ana, ben):
    user = get_user_model().objects.create_user("ana@example.com")
    edit(member=ana.pk, at=AT, identities={"email": "ana@example.com"})
    with pytest.raises(NotFound):
        verify(member=ben.pk, kind="email", value="ana@example.com", at=AT, user=user.pk)
    ben.refresh_from_db()
    assert ben.user_id is None
    verify(member=ana.pk, kind="email", value="Ana@Example.com", at=AT, user=user.pk)
    verify(member=ana.pk, kind="email", value="ana@example.com", at=AT, user=user.pk)
    ana.refresh_from_db()
    assert ana.user_id == user.pk
    assert Identity.objects.get(member=ana, kind="email").verified_at == AT
    assert Event.objects.filter(kind="member.claimed").count() == 1


@pytest.mark.parametrize("few", [directory.FEW, 0], ids=["a rare name", "a common name"])
def test_lists_by_status_and_by_what_staff_type(cafe, monkeypatch, few):
    monkeypatch.setattr(directory, "FEW", few)
    ana = join(
        at=AT, identities={"email": "ana@example.com"}, details={"given_name": "Åna", "family_name": "Alm"}
    )
    eva = join(
        at=AT, identities={"phone": "0701740605"}, details={"given_name": "Eva", "family_name": "Ålund"}
    )
    block(member=eva.member.pk, at=AT, reason="test")

    def found(**how):
        return [row.pk for row in directory.members(**how)]

    assert found() == [eva.member.pk, ana.member.pk]
    assert found(status="active") == [ana.member.pk]
    assert found(status="blocked") == [eva.member.pk]
    assert found(status="merged") == found(status="erased") == []
    assert found(text="ana al") == found(text="ANA@example.com") == [ana.member.pk]
    assert found(text="al") == [eva.member.pk, ana.member.pk]
    assert found(text="070-174 06 05") == [eva.member.pk]
    assert found(text="nobody") == found(text="%") == found(text="\x00") == []
    assert directory.counts() == {"active": 1, "blocked": 1}


def test_a_list_of_members_takes_as_many_queries_as_a_short_one(cafe, django_assert_num_queries):
    publish(points_life={"hold_days": 1})
    people = [join(at=AT, identities={"external": f"m{number}"}).member for number in range(12)]
    for member in people:
        buy(member, 10)
    with django_assert_num_queries(4):
        rows = directory.rows(people)
    assert {row.balance.pending for row in rows} == {10}
