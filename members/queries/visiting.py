"""Who is looking: the member behind an account, behind a proven address, or behind a card made a minute ago."""

from collections.abc import Iterable
from uuid import UUID

from members.models import Identity, Member

_OPEN = (Member.Status.ACTIVE, Member.Status.BLOCKED)


def member_of_account(user: int) -> UUID | None:
    """The member of this shop who signs in with that account."""
    return Member.objects.filter(user=user, status__in=_OPEN).values_list("pk", flat=True).first()


def unclaimed(emails: Iterable[str]) -> Identity | None:
    """The identity, with one of these addresses, of a member nobody has signed in as yet."""
    wanted = [email.lower() for email in emails]
    found = Identity.objects.filter(
        kind=Identity.Kind.EMAIL, value__in=wanted, member__user=None, member__status__in=_OPEN
    )
    return found.order_by("pk").first()


def has_card(value: str, kind: str = Identity.Kind.EMAIL) -> bool:
    """True when somebody of this shop has that address, or the number of another kind, as it is stored."""
    return Identity.objects.filter(
        kind=kind, value=value.lower() if kind == Identity.Kind.EMAIL else value
    ).exists()


def unclaimed_card(code: str) -> Identity | None:
    """The identity with a card's code, of a member nobody has signed in as yet."""
    found = Identity.objects.filter(
        kind=Identity.Kind.CARD, value=code, member__user=None, member__status__in=_OPEN
    )
    return found.first()


def is_unclaimed(member: UUID) -> bool:
    """True while the member takes part and nobody has proven to be them."""
    return Member.objects.filter(pk=member, status__in=_OPEN, user=None).exists()
