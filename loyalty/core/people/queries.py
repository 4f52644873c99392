"""What is known about the people who sign in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.db.models import Q

from loyalty.core.people.models import SignIn, User


def proven_addresses(user: int) -> list[str]:
    """Addresses an account has proven to be its own by a code sent there; the main one first."""
    addresses = apps.get_model("account", "EmailAddress").objects.filter(user_id=user, verified=True)
    return [
        str(email).lower() for email in addresses.order_by("-primary", "pk").values_list("email", flat=True)
    ]


def accounts_of(user: int | None, addresses: Iterable[str]) -> dict[int, str]:
    """An account and those that were opened for some addresses, by id with the address of each."""
    rows = User.objects.filter(Q(pk=user) | Q(email__in=[one.lower() for one in addresses]))
    return dict(rows.values_list("pk", "email"))


def has_operator() -> bool:
    """True once somebody runs this server."""
    return User.objects.filter(is_superuser=True, is_active=True).exists()


def sign_ins(user: int, *, most: int = 20) -> list[SignIn]:
    """The latest times an account was signed in to, latest first."""
    return list(SignIn.objects.filter(user_id=user).order_by("-at")[:most])


def second_factors_of(users: Iterable[int]) -> dict[int, set[str]]:
    """What accounts have besides the code by e-mail: "totp" (an app), "webauthn" (passkeys). Recovery codes only help
    out, so they are none. Accounts without any are missing."""
    found: dict[int, set[str]] = {}
    rows = apps.get_model("mfa", "Authenticator").objects.filter(
        user__in=list(users), type__in=("totp", "webauthn")
    )
    for user, kind in rows.values_list("user_id", "type"):
        found.setdefault(user, set()).add(kind)
    return found


def second_factors(user: int) -> set[str]:
    """The same of one account."""
    return second_factors_of([user]).get(user, set())


@dataclass(frozen=True, slots=True)
class Authenticators:
    """An account's second factors: when the `app` was set up (None: never), `passkeys` as name and day each was added,
    and whether recovery codes have been made."""

    app: datetime | None
    passkeys: list[tuple[str, datetime]]
    codes: bool


def authenticators(user: int) -> Authenticators:
    """What one account has set up, in one query."""
    rows = list(apps.get_model("mfa", "Authenticator").objects.filter(user_id=user).order_by("created_at"))
    return Authenticators(
        next((row.created_at for row in rows if row.type == "totp"), None),
        [(str(row.data.get("name", "")), row.created_at) for row in rows if row.type == "webauthn"],
        any(row.type == "recovery_codes" for row in rows),
    )
