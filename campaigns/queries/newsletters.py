"""Newsletters and who they go to."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet

from campaigns.models import Message, Newsletter
from loyalty.core.errors import NotFound
from members.models import Profile
from members.queries import choosing
from members.queries.choosing import Choice


def newsletters() -> QuerySet[Newsletter]:
    """All of the shop's, newest first."""
    return Newsletter.objects.order_by("-id")


def newsletter(newsletter_id: UUID) -> Newsletter:
    """One; `NotFound` otherwise."""
    found = Newsletter.objects.filter(pk=newsletter_id).first()
    if found is None:
        raise NotFound("newsletter")
    return found


def words_in(row: Newsletter, language: str) -> Mapping[str, str]:
    """The words in a language, else in English, else in the first that is written."""
    words: Mapping[str, Mapping[str, str]] = row.words
    return words.get(language) or words.get("en") or next(iter(words.values()), {})


def audience(row: Newsletter) -> Choice:
    """Who it goes to: those who said yes to news by e-mail and take part, in the tier and segment it names."""
    return Choice(status="active", news="email", tier=row.tier, segment=row.segment, sort="oldest")


def audience_count(row: Newsletter, *, at: datetime, most: int = 100_000) -> int:
    """How many that is, counted up to `most`."""
    if not row.tier and not row.segment:
        return Profile.objects.filter(news_by_email=True, member__status="active").count()
    return len(choosing.ids_of(audience(row), at=at, most=most))


def progress(rows: list[Newsletter]) -> dict[UUID, dict[str, int]]:
    """How many messages of some newsletters are in each state; one query."""
    found: dict[UUID, dict[str, int]] = {row.pk: {} for row in rows}
    counted = (
        Message.objects.filter(newsletter__in=list(found))
        .values_list("newsletter", "state")
        .annotate(number=Count("id"))
        .order_by("newsletter", "state")
    )
    for key, state, number in counted:
        found[key][state] = number
    return found
