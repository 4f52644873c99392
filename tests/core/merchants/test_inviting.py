"""Invitations: a link works once, for a week, and only for who has shown that the address is theirs."""

import threading
from collections import Counter
from hashlib import sha256
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.merchants import inviting
from loyalty.core.merchants.models import Invitation, Merchant, Staff
from loyalty.core.merchants.operations import LastOwner, add_staff, place_staff
from loyalty.core.merchants.queries import invitation_behind, invitations
from loyalty.core.merchants.roles import Role
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA, OTTO, days
from tests.rewards.test_races import at_once

ADDRESS = "tom@luna.example"


def somebody(django_user_model, email: str = ADDRESS, *, proven: bool = True):
    """An account, whose address a code has proven or not."""
    user = django_user_model.objects.create_user(email)
    apps.get_model("account", "EmailAddress").objects.filter(user=user).update(verified=proven)
    return user


def invited(role: Role = Role.CASHIER) -> str:
    return inviting.invite_staff(email=" Tom@Luna.example ", role=role, at=AT)[1]


def test_who_is_invited_begins_with_the_role_that_was_meant(cafe, django_user_model):
    token, tom = invited(Role.MANAGER), somebody(django_user_model)
    staff = inviting.accept_invitation(token=token, user=tom.pk, name=" Tom ", at=AT + days(6))
    assert (staff.user_id, staff.role, staff.name) == (tom.pk, "manager", "Tom")
    assert invitations() == []  # and with it the address
    kinds = Event.objects.filter(kind__startswith="staff.").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["staff.invited", "staff.added"]


def test_the_secret_is_in_the_link_and_nowhere_else(cafe):
    token = invited()
    assert bytes(Invitation.objects.get().digest) == sha256(token.encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_jsonb(i)::text FROM merchants_invitation i UNION ALL SELECT data::text FROM events_event"
        )
        assert not any(token in row[0] for row in cursor.fetchall())


def test_a_link_works_once(cafe, django_user_model):
    token, tom = invited(), somebody(django_user_model)
    inviting.accept_invitation(token=token, user=tom.pk, at=AT)
    with pytest.raises(inviting.InvitationGone):
        inviting.accept_invitation(token=token, user=tom.pk, at=AT)


def test_a_link_is_too_old_after_a_week(cafe, django_user_model):
    token, tom = invited(), somebody(django_user_model)
    assert invitation_behind(token, at=AT + days(6.99)) is not None
    with pytest.raises(inviting.InvitationGone):
        inviting.accept_invitation(token=token, user=tom.pk, at=AT + days(7))
    assert not Staff.objects.filter(user=tom).exists()


@pytest.mark.parametrize("email", ["eve@luna.example", ADDRESS])
def test_only_the_address_that_was_invited_and_proven_gets_in(cafe, django_user_model, email: str):
    token = invited()
    eve = somebody(django_user_model, email, proven=email != ADDRESS)
    with pytest.raises(inviting.InvitedAnother):
        inviting.accept_invitation(token=token, user=eve.pk, at=AT)
    assert not Staff.objects.filter(user=eve).exists() and len(invitations()) == 1


def test_sent_again_the_first_link_is_dead(cafe, django_user_model):
    first, tom = invited(), somebody(django_user_model)
    row, second = inviting.renew_invitation(invitation=Invitation.objects.get().pk, at=AT + days(30))
    assert row.expires_at == AT + days(37)
    with pytest.raises(inviting.InvitationGone):
        inviting.accept_invitation(token=first, user=tom.pk, at=AT)
    assert inviting.accept_invitation(token=second, user=tom.pk, at=AT + days(31)).role == "cashier"


def test_withdrawn_is_gone(cafe, django_user_model):
    token, tom = invited(), somebody(django_user_model)
    row = Invitation.objects.get().pk
    inviting.withdraw_invitation(invitation=row, at=AT)
    with pytest.raises(inviting.InvitationGone):
        inviting.accept_invitation(token=token, user=tom.pk, at=AT)
    for again in (inviting.withdraw_invitation, inviting.renew_invitation):
        with pytest.raises(NotFound):
            again(invitation=row, at=AT)


def test_nobody_is_invited_twice_or_while_they_work_here(cafe):
    invited()
    with pytest.raises(inviting.AlreadyInvited):
        invited()
    inviting.withdraw_invitation(invitation=Invitation.objects.get().pk, at=AT)
    add_staff(email=ADDRESS, role=Role.ANALYST, at=AT)
    with pytest.raises(inviting.AlreadyStaff):
        invited()


@pytest.mark.parametrize(
    "email", ["", "tom", "tom@", "a\x00@b.example", "x" * 250 + "@b.example", "a@b.example\nBcc: c@d"]
)
def test_what_is_no_address_is_refused(cafe, email: str):
    with pytest.raises(InvalidInput):
        inviting.invite_staff(email=email, role=Role.CASHIER, at=AT)
    assert invitations() == []


def test_the_door_is_no_way_to_send_mail_to_the_world(cafe, monkeypatch):
    monkeypatch.setattr(inviting, "MOST_OPEN", 3)
    for number in range(3):
        inviting.invite_staff(email=f"p{number}@luna.example", role=Role.CASHIER, at=AT)
    with pytest.raises(inviting.TooManyInvitations):
        inviting.invite_staff(email="p9@luna.example", role=Role.CASHIER, at=AT)
    inviting.invite_staff(
        email="p9@luna.example", role=Role.CASHIER, at=AT + days(8)
    )  # the others are too old


def test_a_link_of_one_shop_opens_no_other(cafe, other_shop, django_user_model):
    token, tom = invited(), somebody(django_user_model)
    with acting_for(other_shop, by=OTTO):
        assert invitation_behind(token, at=AT) is None
        with pytest.raises(inviting.InvitationGone):
            inviting.accept_invitation(token=token, user=tom.pk, at=AT)


def test_the_last_owner_is_not_made_less_by_an_invitation(cafe, django_user_model):
    mara = somebody(django_user_model, "mara@luna.example")
    place_staff(user=mara.pk, role=Role.OWNER, at=AT)
    with pytest.raises(LastOwner):
        place_staff(user=mara.pk, role=Role.CASHIER, at=AT)
    assert Staff.objects.get(user=mara).role == "owner"


def accepting(merchant: Merchant, token: str, user: int) -> Counter:
    """Three people with the same link at the same moment, on connections of their own."""

    def accept() -> str:
        return str(inviting.accept_invitation(token=token, user=user, at=AT).role)

    return at_once(merchant, [accept] * 3)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_link_followed_many_times_at_once_works_once(luna_open: Merchant, django_user_model):
    with acting_for(luna_open, by=MARA):
        token = invited()
    tom = somebody(django_user_model)
    assert accepting(luna_open, token, tom.pk) == {"cashier": 1, "invitation_gone": 2}
    with acting_for(luna_open, by=MARA):
        assert Event.objects.filter(kind__in=["staff.added", "staff.changed"]).count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_twin_without_the_lock_it_works_more_than_once(luna_open: Merchant, django_user_model, monkeypatch):
    """The race is real: looked at without a lock, the same link is taken by several at once."""
    with acting_for(luna_open, by=MARA):
        token = invited()
    tom = somebody(django_user_model)
    meeting, place = threading.Barrier(3), inviting.place_staff

    def together(**kwargs: Any) -> Staff:
        meeting.wait(30)
        return place(**kwargs)

    monkeypatch.setattr(inviting, "place_staff", together)
    monkeypatch.setattr(
        type(Invitation.objects), "select_for_update", lambda self, **kwargs: self.get_queryset()
    )
    assert accepting(luna_open, token, tom.pk)["cashier"] > 1
