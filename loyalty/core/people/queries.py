"""What is known about the people who sign in."""

from django.apps import apps


def proven_addresses(user: int) -> list[str]:
    """Addresses an account has proven to be its own by a code sent there; the main one first."""
    addresses = apps.get_model("account", "EmailAddress").objects.filter(user_id=user, verified=True)
    return [
        str(email).lower() for email in addresses.order_by("-primary", "pk").values_list("email", flat=True)
    ]
