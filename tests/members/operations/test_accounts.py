"""Accounts go when the last thing they served is gone, with all that browsers hold of them."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from loyalty.core.merchants.operations import add_staff
from loyalty.core.merchants.roles import Role
from loyalty.core.people.models import Session
from loyalty.core.people.operations import forget_sessions
from loyalty.core.tenancy.scope import acting_for
from members.operations import accounts
from members.operations.membership import edit, join, verify
from members.operations.merging import merge
from tests.cast import AT, OTTO, days

EVE, NEW = "eve@example.com", "eve@newer.example"


def opened(email: str = EVE, **fields: bool) -> int:
    """An account with a browser that is signed in, and another that has only begun to."""
    user = get_user_model().objects.create_user(email, **fields)
    Client().force_login(user)
    begun = Client().session
    begun["account_login"] = {"email": email.title(), "deep": [f"a code went to {email}"]}
    begun.save()
    return user.pk


def left() -> tuple[int, int]:
    return get_user_model().objects.count(), Session.objects.count()


def test_an_account_that_serves_nobody_goes_with_every_browser_that_knows_it(cafe):
    user, other = opened(), opened("ben@example.com")
    accounts.forget_unused(user=user, addresses=())
    assert left() == (1, 2)
    assert Session.objects.filter(account=other).exists()


def test_an_account_nobody_has_proven_is_found_by_its_address(cafe):
    opened()
    accounts.forget_unused(user=None, addresses=["EVE@example.com"])
    assert left() == (0, 0)


def test_what_serves_a_shop_another_membership_or_the_operator_stays(cafe, other_shop):
    staff = add_staff(email="tom@example.com", role=Role.CASHIER, at=AT).user_id
    operator = opened("operator@example.com", is_staff=True)
    member = opened()
    with acting_for(other_shop, by=OTTO):
        there = join(at=AT, identities={"email": EVE}).member
        verify(member=there.pk, kind="email", value=EVE, at=AT, user=member)
    for user in (staff, member):
        accounts.forget_unused(user=user, addresses=())
    assert get_user_model().objects.filter(pk__in=[staff, member]).count() == 2
    assert Session.objects.filter(account=member).count() == 1
    accounts.forget_unused(user=operator, addresses=())
    assert get_user_model().objects.filter(pk=operator).exists()


def test_the_account_of_an_address_that_was_changed_goes(cafe, ana):
    earlier, later = opened(), opened(NEW)
    edit(member=ana.pk, at=AT, identities={"email": EVE})
    verify(member=ana.pk, kind="email", value=EVE, at=AT, user=earlier)
    edit(member=ana.pk, at=AT, identities={"email": NEW})
    verify(member=ana.pk, kind="email", value=NEW, at=AT, user=later)
    assert list(get_user_model().objects.values_list("email", flat=True)) == [NEW]
    ana.refresh_from_db()
    assert (ana.user_id, Session.objects.filter(account=earlier).exists()) == (later, False)


@pytest.mark.parametrize("proven", [True, False])
def test_the_account_of_who_is_merged_away_goes_with_the_address_that_goes(cafe, ana, ben, proven):
    edit(member=ana.pk, at=AT, identities={"email": NEW})
    verify(member=ana.pk, kind="email", value=NEW, at=AT, user=opened(NEW))
    edit(member=ben.pk, at=AT, identities={"email": EVE})
    user = opened()
    if proven:
        verify(member=ben.pk, kind="email", value=EVE, at=AT, user=user)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert list(get_user_model().objects.values_list("email", flat=True)) == [NEW]
    assert Session.objects.count() == 2


def test_the_account_that_the_keeper_takes_over_stays(cafe, ana, ben):
    edit(member=ben.pk, at=AT, identities={"email": EVE})
    user = opened()
    verify(member=ben.pk, kind="email", value=EVE, at=AT, user=user)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    ana.refresh_from_db()
    assert (ana.user_id, left()) == (user, (1, 2))


def test_sessions_that_are_over_are_forgotten(cafe):
    opened()
    ends = Session.objects.order_by("expire_date").first().expire_date
    assert forget_sessions(before=ends - days(1)) == 0
    assert forget_sessions(before=ends + days(1)) == 2
