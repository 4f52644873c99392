"""What a shop decides about its messages: on or off, its own words, its hours."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import KindSetting, Sending
from campaigns.rules.kinds import PLANNED, placeholders
from campaigns.rules.wording import MOST_BODY, MOST_SUBJECT, one_line, unknown
from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.programme.identity import LANGUAGES


class UnknownPlaceholder(DomainError):
    code = "unknown_placeholder"
    message = _("{name} means nothing here. Use only the placeholders that are listed.")


def checked_words(
    *, kind: str, words: Mapping[str, Mapping[str, str]], whole: bool = False
) -> dict[str, dict[str, str]]:
    """Words by language, tidied; a language with nothing in it is left out. With `whole` each needs both subject and
    body. Raises `InvalidInput` and `UnknownPlaceholder`, with the field as `sv.subject`."""
    tidied: dict[str, dict[str, str]] = {}
    known = placeholders(kind)
    for language, said in words.items():
        if language not in LANGUAGES:
            raise InvalidInput.of(language, str(_("This language is not offered.")))
        subject, body = one_line(said.get("subject", "")), said.get("body", "").strip()
        for name, text, most in (("subject", subject, MOST_SUBJECT), ("body", body, MOST_BODY)):
            field = f"{language}.{name}"
            if len(text) > most or "\x00" in text:
                raise InvalidInput.of(field, str(_("At most {most} characters.")).format(most=most))
            strange = unknown(text, known)
            if strange:
                raise UnknownPlaceholder(name="{" + strange[0] + "}", field=field)
            if whole and not text and (subject or body):
                raise InvalidInput.of(field, str(_("Write this too.")))
        kept = {name: text for name, text in (("subject", subject), ("body", body)) if text}
        if kept:
            tidied[language] = kept
    return tidied


@transaction.atomic
def shape_kind(
    *,
    kind: str,
    at: datetime,
    on: bool | None = None,
    words: Mapping[str, Mapping[str, str]] | None = None,
) -> KindSetting:
    """Switch a kind on or off, or give it words of the shop's; what is not given stays. Words left empty are the
    house's again. Raises `NotFound`, `InvalidInput`, `UnknownPlaceholder`."""
    if kind not in PLANNED:
        raise NotFound("message")
    row, _made = KindSetting.objects.select_for_update().get_or_create(kind=kind, defaults={"changed_at": at})
    changed = []
    if on is not None and on != row.on:
        row.on = on
        changed.append("on")
    if words is not None:
        tidied = checked_words(kind=kind, words=words)
        if tidied != row.words:
            row.words = tidied
            changed.append("words")
    if changed:
        row.changed_at = at
        row.save()
        record("messages.shaped", subject=None, at=at, data={"kind": kind, "fields": changed, "on": row.on})
    return row


@transaction.atomic
def set_hours(*, quiet_from: int, quiet_until: int, weekly_most: int, at: datetime) -> Sending:
    """Say in which hours of their day nobody is written to, and how much anybody gets in a week (0: any amount).
    Raises `InvalidInput`."""
    for name, value in (("quiet_from", quiet_from), ("quiet_until", quiet_until)):
        if not 0 <= value <= 23:
            raise InvalidInput.of(name, str(_("An hour from 0 to 23.")))
    if not 0 <= weekly_most <= 50:
        raise InvalidInput.of("weekly_most", str(_("A number from 0 to 50; 0 is any amount.")))
    said = {"quiet_from": quiet_from, "quiet_until": quiet_until, "weekly_most": weekly_most}
    row, _made = Sending.objects.update_or_create(only=True, defaults={**said, "changed_at": at})
    record("messages.hours_set", subject=None, at=at, data=said)
    return row
