"""What a member wants to hear, told by themselves, by staff for them, or by the button of their mail program."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Preferences
from campaigns.rules.kinds import Topic
from loyalty.core.errors import InvalidInput
from loyalty.core.events.operations import record
from members.models import Consent, Profile
from members.operations.membership import NotActive, edit, locked
from members.queries import directory

_OWN = (Topic.PROGRAMME, Topic.REMINDERS, Topic.STATEMENT)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a member wants, by topic, and their zone ("" when nobody knows it)."""

    topics: Mapping[str, bool]
    timezone: str = ""


def wanted(*, member: UUID) -> Wanted:
    """What a member of the shop acted for wants to hear by e-mail."""
    row = Preferences.objects.filter(member=member).first() or Preferences(member_id=member)
    news = Profile.objects.filter(member=member).values_list("news_by_email", flat=True).first()
    topics = {topic.value: bool(getattr(row, topic.value)) for topic in _OWN}
    return Wanted({**topics, Topic.NEWSLETTER.value: bool(news)}, row.timezone)


@transaction.atomic
def choose(
    *, member: UUID, topics: Mapping[str, bool], at: datetime, source: str, timezone: str | None = None
) -> Wanted:
    """Change what is given. A yes or no to news is a consent: it is noted with its time and where it was given.

    Raises `NotFound`, `NotActive` and `InvalidInput` for a topic or a zone that is none.
    """
    unknown = set(topics) - {*(topic.value for topic in _OWN), Topic.NEWSLETTER.value}
    if unknown:
        raise InvalidInput.of(min(unknown), str(_("This is not a topic one can choose.")))
    if timezone and timezone not in _zones():
        raise InvalidInput.of("timezone", str(_("Give a time zone like Europe/Stockholm.")))
    # An old mail's link may name somebody who has become one with another since: their no is meant all the same.
    person = locked(directory.member(member).pk)
    if person.status not in ("active", "blocked"):
        raise NotActive(status=person.status)
    row, _made = Preferences.objects.get_or_create(member=person, defaults={"changed_at": at})
    changed = [name for name in topics if name != Topic.NEWSLETTER and getattr(row, name) != topics[name]]
    for name in changed:
        setattr(row, name, topics[name])
    if timezone is not None and timezone != row.timezone:
        row.timezone = timezone
        changed.append("timezone")
    if changed:
        row.changed_at = at
        row.save()
    changed += _news(person.pk, topics, source, at)
    if changed:
        record("preferences.changed", subject=person.pk, at=at, data={"fields": sorted(changed)})
    return wanted(member=person.pk)


def _news(member: UUID, topics: Mapping[str, bool], source: str, at: datetime) -> list[str]:
    """Note a changed yes or no to news."""
    said = topics.get(Topic.NEWSLETTER.value)
    now = Profile.objects.filter(member=member).values_list("news_by_email", flat=True).first()
    if said is None or now is None or said == now:
        return []
    edit(member=member, at=at, details={"news_by_email": said})
    Consent.objects.create(
        member_id=member,
        purpose=Consent.Purpose.EMAIL,
        given=said,
        given_at=at,
        source=source[:20],
        noted_at=at,
    )
    return [Topic.NEWSLETTER.value]


@cache
def _zones() -> frozenset[str]:
    return frozenset({"UTC", *(name for name in available_timezones() if "/" in name)})
