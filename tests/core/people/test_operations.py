"""An account is made once, for an address nobody has proven yet."""

import pytest
from allauth.account.models import EmailAddress

from loyalty.core.people.operations import open_account
from loyalty.core.people.queries import proven_addresses

pytestmark = pytest.mark.django_db


def test_an_account_is_opened_once_and_proves_nothing():
    first = open_account(email="Ana@Example.com")
    assert open_account(email="ana@example.com").pk == first.pk
    assert not first.has_usable_password()
    assert proven_addresses(first.pk) == []


def test_proven_addresses_come_main_one_first():
    user = open_account(email="ana@example.com")
    EmailAddress.objects.create(user=user, email="Old@example.com", verified=True, primary=False)
    EmailAddress.objects.create(user=user, email="never@example.com", verified=False, primary=False)
    EmailAddress.objects.filter(email="ana@example.com").update(verified=True)
    assert proven_addresses(user.pk) == ["ana@example.com", "old@example.com"]
