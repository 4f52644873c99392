"""What makes a referral look as if one person brought themselves, or as if nobody was there at all."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from loyalty.core.tenancy.plans import Fixed
from members.models import Identity, JoinTrace, Member, Referral
from members.rules.referrals import Guard

_ONES_OWN = frozenset({"email", "phone", "card", "payment_card"})
"""What one person has: whoever else has it is the same. A device or an address may be a household's, and only tells of
people who are brought by one and the same member."""
DAY = timedelta(hours=24)
_LONGEST = 3


def reasons_to_look(
    *, referrer: Member, friend: UUID, signs: Mapping[str, UUID], known_to: Mapping[str, UUID], email: str,
    guard: Guard, at: datetime,
) -> list[str]:  # fmt: skip
    """Stable codes of what staff should look at, sorted: same_email, same_phone, same_card, same_payment_card,
    same_device, same_address, ring, chain, velocity, referrer_blocked. `signs` and `known_to` are the hashes of what
    friend and referrer are known by now, `email` the friend's mailbox."""
    found = set(_same(referrer.pk, friend, signs, known_to))
    if email and _is_somebodys(email, friend):
        found.add("same_email")
    before = list(_who_brought(referrer.pk))
    found |= {"ring"} if _shared(before, friend, signs) else set()
    fresh = at - timedelta(days=guard.chain_days)
    if guard.chain_days and before and referrer.joined_at > fresh:
        first = Member.objects.filter(pk=before[0], joined_at__gt=fresh).values_list("pk")
        found |= {"chain"} if first[:1] else set()
    today = Referral.objects.filter(referrer=referrer, joined_at__gt=at - DAY, joined_at__lte=at)
    if today.count() >= guard.joins_per_day:
        found.add("velocity")
    if referrer.status == Member.Status.BLOCKED:
        found.add("referrer_blocked")
    return sorted(found)


def _same(
    referrer: UUID, friend: UUID, signs: Mapping[str, UUID], known_to: Mapping[str, UUID]
) -> Iterator[str]:
    """What friend and referrer have both, or two of the referrer's friends; one's own things also with anybody."""
    for kind, made in signs.items():
        if known_to.get(kind) == made:
            yield f"same_{kind}"
    others = JoinTrace.objects.filter(print__in=list(signs.values())).exclude(member=friend)
    rows = list(others.values_list("kind", "member")[:200])
    theirs = {member for _kind, member in rows}
    close = {
        referrer,
        *Referral.objects.filter(referrer=referrer, friend__in=theirs).values_list("friend", flat=True),
    }
    for kind, member in rows:
        if kind in _ONES_OWN or member in close:
            yield f"same_{kind}"


def _is_somebodys(mailbox: str, friend: UUID) -> bool:
    """Whether the plain form of the friend's address is another member's."""
    mine = Identity.objects.filter(kind=Fixed("email"), value=mailbox).exclude(member=friend)
    return bool(mine.values_list("pk")[:1])


def _who_brought(member: UUID) -> Iterator[UUID]:
    """Who brought a member, who brought those, and so on; a few steps."""
    seen = {member}
    for _step in range(_LONGEST):
        found = next(
            iter(Referral.objects.filter(friend=member).values_list("referrer_id", flat=True)[:1]), None
        )
        if found is None or found in seen:
            return
        seen.add(found)
        yield found
        member = found


def _shared(before: list[UUID], friend: UUID, signs: Mapping[str, UUID]) -> bool:
    """Whether the friend is one of those from whom the chain began."""
    if not before:
        return False
    rows = JoinTrace.objects.filter(print__in=list(signs.values()), member__in=before).exclude(member=friend)
    return bool(rows.values_list("pk")[:1])
