"""What is known about the people who sign in."""

from django.apps import apps

from loyalty.core.people.models import User


def proven_addresses(user: int) -> list[str]:
    """Addresses an account has proven to be its own by a code sent there; the main one first."""
    addresses = apps.get_model("account", "EmailAddress").objects.filter(user_id=user, verified=True)
    return [
        str(email).lower() for email in addresses.order_by("-primary", "pk").values_list("email", flat=True)
    ]


def has_operator() -> bool:
    """True once somebody runs this server."""
    return User.objects.filter(is_superuser=True, is_active=True).exists()
