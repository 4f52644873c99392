"""Join many members at once: what `membership.join` does for one, in a few statements for all.

For people who were members before they came here: nobody is welcomed again unless that is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from loyalty.core.errors import DomainError
from loyalty.core.events.operations import record_many
from loyalty.core.ledger.operations import open_accounts
from members.models import Consent, Identity, Member, Profile, Stats
from members.operations import tiers
from members.operations.activities import record_joining
from members.operations.membership import IdentityTaken, Joined, new_card_code
from members.queries.identifying import search_key
from members.queries.many import known_by

_AT_ONCE = 10_000
"""So many accounts are opened by one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """A yes or no to news, with when and how it was given. `purpose` is one of `Consent.Purpose`."""

    purpose: str
    given: bool
    given_at: datetime | None = None
    proof: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody to join. `identities` are normalised; `details` those of a profile, checked by the caller."""

    identities: Mapping[str, str]
    joined_at: datetime
    language: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    agreed: tuple[Agreed, ...] = ()

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The identities as (kind, value)."""
        return list(self.identities.items())


def join_many(
    *, people: Sequence[Newcomer], channel: str, at: datetime, welcome: bool = False
) -> list[Joined | DomainError]:
    """Join everybody who is not a member yet; one answer each, in their order. Who is known stays as they are. One
    whose identities belong to several members is refused and stops nobody else.

    With `welcome` they get what the programme gives for joining; else only `member.imported` is told of them.
    """
    for _attempt in range(3):
        try:
            with transaction.atomic():
                return _join(people, channel, at, welcome)
        except IntegrityError:
            # Somebody of them joined by another way at this very moment: look again.
            continue
    raise RuntimeError("the same people joined elsewhere each time they were about to join here")


def _join(
    people: Sequence[Newcomer], channel: str, at: datetime, welcome: bool
) -> list[Joined | DomainError]:
    known = known_by(pair for person in people for pair in person.pairs)
    answers: list[Joined | DomainError | None] = []
    fresh: list[tuple[Member, Newcomer]] = []
    for person in people:
        found = {known[pair] for pair in person.pairs if pair in known}
        if len(found) > 1:
            answers.append(
                IdentityTaken(kind=", ".join(sorted(k for k, v in person.pairs if (k, v) in known)))
            )
        elif found:
            answers.append(Joined(Member(pk=found.pop()), False))
        else:
            member = Member(joined_at=person.joined_at, channel=channel[:20], language=person.language[:8])
            fresh.append((member, person))
            known |= dict.fromkeys(person.pairs, member.pk)
            answers.append(Joined(member, True))
    _write(fresh, at)
    _tell([member for member, _person in fresh], at, welcome)
    return [answer for answer in answers if answer is not None]


def _write(fresh: Sequence[tuple[Member, Newcomer]], at: datetime) -> None:
    Member.objects.bulk_create([member for member, _person in fresh])
    Profile.objects.bulk_create([_profile(member, person) for member, person in fresh])
    Stats.objects.bulk_create([Stats(member=member) for member, _person in fresh])
    open_accounts([member.pk for member, _person in fresh])
    rows = [
        Identity(member=member, kind=kind, value=value)
        for member, person in fresh
        for kind, value in {Identity.Kind.CARD.value: new_card_code(), **person.identities}.items()
    ]
    # Sorted, so that two batches with the same people never wait for each other in a ring.
    rows.sort(key=lambda row: (row.kind, row.value))
    Identity.objects.bulk_create(rows)
    Consent.objects.bulk_create(
        Consent(
            member=member, purpose=agreed.purpose, given=agreed.given, given_at=agreed.given_at, source="import",
            proof=agreed.proof, noted_at=at,
        )
        for member, person in fresh for agreed in person.agreed
    )  # fmt: skip


def _profile(member: Member, person: Newcomer) -> Profile:
    details = person.details
    return Profile(
        member=member, **details, search_given=search_key(details.get("given_name", "")),
        search_family=search_key(details.get("family_name", "")),
    )  # fmt: skip


def _tell(members: Sequence[Member], at: datetime, welcome: bool) -> None:
    kind = "member.joined" if welcome else "member.imported"
    record_many(
        kind, happened=[(member.pk, member.joined_at) for member in members], data={"channel": "import"}
    )
    tiers.join_tiers(members=[member.pk for member in members], at=at)
    if welcome:
        for member in members:
            record_joining(member=member, at=at)


def open_all_accounts() -> None:
    """Open accounts for members who came without one: out of an archive made before each had one from joining."""
    for some in batched(Member.objects.values_list("pk", flat=True).iterator(), _AT_ONCE):
        open_accounts(some)


def known_members(people: Sequence[Newcomer]) -> list[set[UUID]]:
    """Whom each already is: nobody, one member, or (a mistake) several."""
    known = known_by(pair for person in people for pair in person.pairs)
    return [{known[pair] for pair in person.pairs if pair in known} for person in people]
