"""Accounts are made by what people do: joining, being invited. Nobody fills in a form for one."""

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from loyalty.core.people.models import User


@transaction.atomic
def open_account(*, email: str) -> User:
    """The account of an address; made, without a password and not yet proven, when there is none."""
    users = get_user_model().objects
    found = users.filter(email=email.lower()).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return users.create_user(email)
    except IntegrityError:  # the same person, at this very moment, from another page
        return users.get(email=email.lower())
