"""Finding members: one by any of their identities, many by what staff type."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.ledger.queries import Balance, balances
from loyalty.core.tenancy.plans import Fixed, plan_for_values_from_here
from members.models import Identity, Member, Profile, Stats
from members.queries.identifying import normal, search_key

FEW = 2000
"""So many members are gathered and sorted; of more, the list is read in its order until a page is full."""
# Written into the statement: one plan for all values has to know how few of a shop these are.
_GONE = (Fixed(Member.Status.MERGED.value), Fixed(Member.Status.ERASED.value))


@dataclass(frozen=True, slots=True)
class Row:
    """One member as a list shows them."""

    member: Member
    profile: Profile | None
    identities: dict[str, str]
    stats: Stats | None
    balance: Balance

    @property
    def name(self) -> str:
        """Given and family name, or ""."""
        return str(self.profile) if self.profile else ""


def member(member_id: UUID) -> Member:
    """One member; a merged one is followed to where they went. `NotFound` otherwise."""
    found = Member.objects.filter(pk=member_id).select_related("merged_into").first()
    if found is None:
        raise NotFound("member")
    return found.merged_into or found


def taking_part(member_id: UUID) -> Member:
    """One member as `member` finds them, if they still take part; `NotFound` for who was erased."""
    found = member(member_id)
    if found.status not in (Member.Status.ACTIVE, Member.Status.BLOCKED):
        raise NotFound("member")
    return found


def by_identity(kind: str, value: str) -> Member:
    """The member with that e-mail, phone, card or own id; `NotFound` otherwise."""
    try:
        wanted = normal(kind, value)
    except InvalidInput:
        raise NotFound("member") from None
    found = Identity.objects.filter(kind=kind, value=wanted).select_related("member__merged_into").first()
    if found is None:
        raise NotFound("member")
    return found.member.merged_into or found.member


def search(text: str) -> Q:
    """What staff type in one box: an exact e-mail, phone, card or own id, or the start of a name.

    Only `=` and prefixes: under row-level security nothing else can use an index, and a prefix only in a plan that is
    made for it: with one for any value a shop of a million members waits for minutes.
    """
    found = fitting(text)
    if not found:
        return Q(pk__in=[])
    if not are_many(found):
        # One set of members rather than one condition or another: that would be tried on each member of the shop.
        return gathered(found)
    # A common name: gathering everybody of it only to show the first page would take longer than reading the list in
    # its order, each of its members being looked up among those who fit.
    fits = Q()
    for rows in found:
        fits |= Q(Exists(rows.filter(member=OuterRef("pk"))))
    return fits


def gathered(found: Sequence[QuerySet[Any, Any]]) -> Q:
    """The members of some of the rows that `fitting` finds, as one set."""
    first, *rest = [rows.values("member_id") for rows in found]
    return Q(pk__in=first.union(*rest))


def fitting(text: str) -> list[QuerySet[Any, Any]]:
    """The identities and profiles that fit what was typed, one kind after the other."""
    text = text.strip()[:100]
    if "\x00" in text:
        return []
    return [*_identified(text), *_named(search_key(text).split()[:3])]


def are_many(found: Sequence[QuerySet[Any, Any]]) -> bool:
    """Whether what `fitting` found are more members than are gathered for a page. What is asked from here on is planned
    for its values."""
    if not found:
        return False
    plan_for_values_from_here()
    first, *rest = [rows.values("member_id") for rows in found]
    return bool(list(first.union(*rest, all=True)[FEW : FEW + 1]))


def _identified(text: str) -> list[QuerySet[Identity]]:
    """The identities that are exactly what was typed, kind by kind."""
    found = []
    for kind in Identity.Kind.values:
        try:
            value = normal(kind, text)
        except InvalidInput:
            continue
        found.append(Identity.objects.filter(kind=kind, value=value))
    return found


def _named(words: Sequence[str]) -> list[QuerySet[Profile]]:
    """The profiles of which each word begins a name. By given name and by family name apart, so that each is read
    from its own index alone, at the longest word: the fewest begin with it."""
    if not words:
        return []
    longest, *rest = sorted(words, key=len, reverse=True)
    others = Q()
    for word in rest:
        others &= Q(search_given__begins=word) | Q(search_family__begins=word)
    return [
        Profile.objects.filter(others, search_given__begins=longest),
        Profile.objects.filter(others, search_family__begins=longest),
    ]


def with_status(status: str) -> QuerySet[Member]:
    """Members of one status; with "" everybody who was neither merged into another nor erased."""
    if not status:
        return Member.objects.exclude(status__in=_GONE)
    return Member.objects.filter(status=Fixed(Member.Status(status).value))


def members(
    *, text: str = "", status: str = "", before: tuple[datetime, UUID] | None = None
) -> QuerySet[Member]:
    """The list, newest first; `before` is the last row's (joined_at, id) for the next page. The caller
    slices."""
    found = with_status(status).order_by("-joined_at", "-id")
    if text.strip():
        found = found.filter(search(text))
    if before is not None:
        past = Q(joined_at__lt=before[0]) | Q(joined_at=before[0], pk__lt=before[1])
        # The second bound lets the index begin there; the first leaves out what the page before has shown.
        found = found.filter(past, joined_at__lte=before[0])
    return found


def counts() -> dict[str, int]:
    """How many members there are of each status; statuses nobody has are missing."""
    found = Member.objects.values_list("status").annotate(number=Count("id")).order_by("status")
    return dict(found)


def rows(found: list[Member]) -> list[Row]:
    """Members with what a list shows of them, in four queries however many they are."""
    keys = [row.pk for row in found]
    profiles = {row.member_id: row for row in Profile.objects.filter(member__in=keys)}
    stats = {row.member_id: row for row in Stats.objects.filter(member__in=keys)}
    identities: dict[UUID, dict[str, str]] = {}
    for identity in Identity.objects.filter(member__in=keys).order_by("id"):
        identities.setdefault(identity.member_id, {})[identity.kind] = identity.value
    points = balances(keys)
    return [
        Row(
            row,
            profiles.get(row.pk),
            identities.get(row.pk, {}),
            stats.get(row.pk),
            points.get(row.pk, Balance()),
        )
        for row in found
    ]


def by_ids(keys: Iterable[UUID]) -> dict[UUID, Row]:
    """Members by their ids with what a list shows of them; unknown ones are missing."""
    return {row.member.pk: row for row in rows(list(Member.objects.filter(pk__in=set(keys))))}


def rows_of(members: Iterable[UUID]) -> list[Row]:
    """Members by their ids with what a list shows of them, in no order."""
    return rows(list(Member.objects.filter(pk__in=list(members))))


def row(found: Member) -> Row:
    """One member with what a page shows of them."""
    return rows([found])[0]
