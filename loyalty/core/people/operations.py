"""Accounts are made by what people do: joining, being invited. Nobody fills in a form for one."""

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import InvalidInput
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


@transaction.atomic
def make_operator(*, email: str) -> User:
    """The account of an address as one that runs this server; made when there is none. Raises `InvalidInput` for what
    is no address."""
    address = email.strip().lower()
    try:
        validate_email(address)
        MaxLengthValidator(254)(address)
    except ValidationError:
        raise InvalidInput.of("email", str(_("This is not an e-mail address."))) from None
    user = open_account(email=address)
    if not (user.is_staff and user.is_superuser):
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
    return user
