"""Join, edit, identify, block, merge."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.ledger.operations import open_accounts
from members.models import Identity, Member, Profile, Stats
from members.operations import accounts, inviting, tiers
from members.operations.activities import record_joining
from members.operations.inviting import Invitation
from members.queries.identifying import normal, search_key

_CARD_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U: read aloud and typed without mistakes


class IdentityTaken(DomainError):
    code = "identity_taken"
    message = _("Another member already uses this {kind}. Look them up, or merge the two.")


class NotActive(DomainError):
    code = "member_not_active"
    message = _("This member is {status}. Only active members can do this.")


class CannotMerge(DomainError):
    code = "cannot_merge"
    message = _("These two members cannot be merged: {why}")


def new_card_code() -> str:
    """Twelve letters without look-alikes: about 59 bits, so that nobody guesses a card."""
    return "".join(secrets.choice(_CARD_LETTERS) for _unused in range(12))


@dataclass(frozen=True, slots=True)
class Joined:
    """The member, and whether this call made them."""

    member: Member
    created: bool


NOBODYS = Invitation()
_NAMES = ("given_name", "family_name", "birthday", "news_by_email", "news_by_sms")


@transaction.atomic
def join(
    *,
    at: datetime,
    identities: Mapping[str, str],
    channel: str = "",
    language: str = "",
    details: Mapping[str, Any] = {},
    verified: bool = False,
    invitation: Invitation = NOBODYS,
) -> Joined:
    """Join with at least one identity (`external`, `email`, `phone`, `card`). Joining again answers the same
    member.

    A card code is made when none is given. Two identities that already belong to different members are
    refused, and so is an `invitation` with a code that leads to nobody.
    """
    wanted = {kind: normal(kind, text) for kind, text in identities.items() if text}
    if not wanted:
        raise InvalidInput.of(
            "identities", str(_("Give an e-mail address, a phone number, a card or your own id."))
        )
    known = _known(wanted)
    if known is not None:
        return Joined(known, False)
    try:
        with transaction.atomic():
            member = _enrol(wanted, at, channel, language, details, verified)
            inviting.welcome(member=member, invitation=invitation, at=at)
            return Joined(member, True)
    except IdentityTaken:
        # The same person joined at this very moment by another call: theirs is the answer.
        known = _known(wanted)
        if known is None:
            raise
        return Joined(known, False)


def _known(wanted: Mapping[str, str]) -> Member | None:
    """The one member who has any of these identities; `IdentityTaken` when they belong to several."""
    known = {
        row.kind: row
        for kind, value in wanted.items()
        for row in Identity.objects.filter(kind=kind, value=value).select_related("member")
    }
    if len({row.member_id for row in known.values()}) > 1:
        raise IdentityTaken(kind=", ".join(sorted(known)))
    return next((row.member for row in known.values()), None)


def _enrol(
    wanted: dict[str, str],
    at: datetime,
    channel: str,
    language: str,
    details: Mapping[str, Any],
    verified: bool,
) -> Member:
    member = Member.objects.create(joined_at=at, channel=channel[:20], language=language[:8])
    profile = Profile(member=member)
    _apply(profile, details)
    profile.save(force_insert=True)
    Stats.objects.create(member=member)
    open_accounts([member.pk])
    # Sorted, so that two people who join with the same identities never wait for each other in a ring.
    for kind, value in sorted({Identity.Kind.CARD.value: new_card_code(), **wanted}.items()):
        _identify(member, kind, value, at if verified else None)
    record("member.joined", subject=member.pk, at=at, data={"channel": member.channel})
    tiers.join_tier(member=member.pk, at=at)
    record_joining(member=member, at=at)
    return member


def _identify(member: Member, kind: str, value: str, verified_at: datetime | None) -> Identity:
    try:
        with transaction.atomic():
            return Identity.objects.create(member=member, kind=kind, value=value, verified_at=verified_at)
    except IntegrityError:
        raise IdentityTaken(kind=kind, field=kind) from None


def _apply(profile: Profile, details: Mapping[str, Any]) -> list[str]:
    """Put the given details on the profile; the names of those that changed."""
    changed = []
    for name in _NAMES:
        if name in details and getattr(profile, name) != details[name]:
            setattr(profile, name, details[name])
            changed.append(name)
    for name in ("given_name", "family_name"):
        if len(getattr(profile, name)) > 80:
            raise InvalidInput.of(name, str(_("At most 80 characters.")))
    if isinstance(profile.birthday, date) and not date(1900, 1, 1) <= profile.birthday <= date(2100, 1, 1):
        raise InvalidInput.of("birthday", str(_("Give the real date of birth.")))
    profile.search_given, profile.search_family = (
        search_key(profile.given_name),
        search_key(profile.family_name),
    )
    return changed


def locked(member: UUID) -> Member:
    """The member's row, locked against everything but being pointed to; `NotFound` when it is not here.

    Locks are taken in one order everywhere: an order's name, members' counts, members, redemptions,
    accounts, rewards; several of a kind sorted by id.
    """
    found = Member.objects.select_for_update(no_key=True).filter(pk=member).first()
    if found is None:
        raise NotFound("member")
    return found


@transaction.atomic
def edit(
    *,
    member: UUID,
    at: datetime,
    details: Mapping[str, Any] = {},
    identities: Mapping[str, str | None] = {},
    language: str | None = None,
) -> Member:
    """Change what is given. An identity set to None is removed; e-mail, phone and own id are one each."""
    row = locked(member)
    if row.status in (Member.Status.ERASED, Member.Status.MERGED):
        raise NotActive(status=row.status)
    profile = Profile.objects.select_for_update().get(member=row)
    changed = _apply(profile, details)
    profile.save()
    for kind, text in identities.items():
        value = normal(kind, text) if text else None
        current = Identity.objects.filter(member=row, kind=kind)
        if value is not None and current.filter(value=value).exists():
            continue
        current.delete()
        if value is not None:
            _identify(row, kind, value, None)
        changed.append(kind)
    if language is not None and language != row.language:
        row.language = language[:8]
        row.save(update_fields=["language"])
        changed.append("language")
    if changed:
        record("member.edited", subject=row.pk, at=at, data={"fields": sorted(changed)})
    return row


@transaction.atomic
def verify(*, member: UUID, kind: str, value: str, at: datetime, user: int | None = None) -> None:
    """Mark an identity as proven by its holder, and tie the member to the account that proved it.

    Raises `NotFound` when it is not the member's identity: proving some address must not open a stranger's
    membership.
    """
    row = locked(member)
    proven = Identity.objects.filter(member=row, kind=kind, value=normal(kind, value))
    if not proven.exists():
        raise NotFound("member")
    if proven.filter(verified_at=None).update(verified_at=at):
        record("member.verified", subject=row.pk, at=at, data={"kind": kind})
    if user is not None and row.user_id != user:
        earlier, row.user_id = row.user_id, user
        row.save(update_fields=["user"])
        record("member.claimed", subject=row.pk, at=at)
        if earlier is not None:  # of an address that is theirs no more
            accounts.forget_unused(user=earlier, addresses=())


@transaction.atomic
def block(*, member: UUID, at: datetime, reason: str) -> Member:
    """Stop a member from earning and redeeming; what they have stays."""
    row = locked(member)
    if row.status != Member.Status.ACTIVE:
        raise NotActive(status=row.status)
    row.status = Member.Status.BLOCKED
    row.save(update_fields=["status"])
    record("member.blocked", subject=row.pk, at=at, data={"reason": reason[:300]})
    return row


@transaction.atomic
def unblock(*, member: UUID, at: datetime) -> Member:
    """Let a blocked member take part again."""
    row = locked(member)
    if row.status != Member.Status.BLOCKED:
        raise NotActive(status=row.status)
    row.status = Member.Status.ACTIVE
    row.save(update_fields=["status"])
    record("member.unblocked", subject=row.pk, at=at)
    return row
