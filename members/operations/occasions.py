"""What the programme notices by itself: birthdays, and profiles that have become complete. Only where a rule asks."""

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from loyalty.core import ids
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from members.models import Identity, Member, Profile
from members.operations.activities import is_asked_for, lock_name, record_own
from members.queries import birthdays
from members.queries.directory import member as current
from members.rules.doing import BIRTHDAY, PROFILE_COMPLETED, SOURCE, own


def birthdays_due(*, at: datetime, most: int) -> list[tuple[UUID, date]]:
    """Whose birthday is to be recorded now, at most `most`: one look-up for the whole shop, and none where no rule is
    about birthdays."""
    if not is_asked_for(BIRTHDAY):
        return []
    return birthdays.due(at=at, zone=_zone(), grace_days=_grace(), limit=most)


@transaction.atomic
def record_birthday(*, member: UUID, day: date, at: datetime) -> bool:
    """Record that it was somebody's birthday on `day`; whether it was new. Never twice within a year, whatever the
    member says their birthday is, and however many workers ask at once."""
    name = ids.encode("mbr", member)

    def still_due() -> bool:
        found = birthdays.due(at=at, zone=_zone(), grace_days=_grace(), limit=1, member=member)
        return found == [(member, day)]

    joined = Member.objects.values_list("joined_at", flat=True).get(pk=member)
    happened = max(birthdays.starts(day, _zone()), joined)
    return _once(f"{BIRTHDAY}:{name}", still_due, lambda: record_own(
        activity=own(f"{BIRTHDAY}:{name}:{day.isoformat()}", BIRTHDAY, name, at=happened), at=at
    ))  # fmt: skip


@transaction.atomic
def record_completed_profile(*, member: UUID, at: datetime) -> bool:
    """Record, once for good, that a profile has a name, a birthday, and an address or phone that was proven; whether
    it was new. Nothing happens before that, or where no rule is about it."""
    if not is_asked_for(PROFILE_COMPLETED) or not _is_complete(member):
        return False
    owner = current(member).pk
    name = ids.encode("mbr", owner)
    return _once(
        f"{PROFILE_COMPLETED}:{name}:once",
        lambda: not birthdays.has_done(owner, PROFILE_COMPLETED),
        lambda: record_own(
            activity=own(f"{PROFILE_COMPLETED}:{name}", PROFILE_COMPLETED, name, at=at), at=at
        ),
    )


def _is_complete(member: UUID) -> bool:
    named = Profile.objects.filter(member=member, member__status=Member.Status.ACTIVE, birthday__isnull=False)
    proven = Identity.objects.filter(member=member, kind__in=("email", "phone"), verified_at__isnull=False)
    return named.exclude(given_name="").exists() and proven.exists()


def _once(name: str, is_new: Callable[[], bool], do: Callable[[], object]) -> bool:
    """Do something if it is still new once the name is locked: of two at once the second finds it done."""
    lock_name(source=SOURCE, external_id=name)
    if not is_new():
        return False
    do()
    return True


def _zone() -> ZoneInfo:
    return ZoneInfo(shop_of_scope().timezone)


def _grace() -> int:
    found = programmes.in_force()
    return int(found.programme["activities"].birthday_grace_days) if found else 0
