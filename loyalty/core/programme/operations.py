"""Draft, publish, roll back, import. A published version never changes; a roll-back is a new version."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError
from loyalty.core.events.operations import record
from loyalty.core.merchants.models import Merchant
from loyalty.core.programme import document, queries
from loyalty.core.programme.models import InForce, Version
from loyalty.core.tenancy import scope


class NoDraft(DomainError):
    code = "no_draft"
    message = _("There is no draft to publish. Change something first.")


class NothingChanged(DomainError):
    code = "nothing_changed"
    message = _("The draft says the same as the programme that counts now.")


def _one_at_a_time() -> None:
    """Lets one person at a time change this merchant's programme; the next sees what the one before has
    done."""
    Merchant.objects.select_for_update(no_key=True).get(pk=scope.merchant_id())


@transaction.atomic
def save_draft(*, content: Any, at: datetime, note: str = "") -> Version:
    """Check a whole document and keep it as the draft. Raises `InvalidInput` with every problem found."""
    programme = document.parse(content)
    _one_at_a_time()
    found = Version.objects.select_for_update().filter(number=None).first() or Version()
    found.document, found.note = programme.document(), note[:300]
    found.edited_at, found.edited_by = at, str(scope.actor())
    found.save()
    return found


@transaction.atomic
def discard_draft() -> None:
    """Throw the draft away."""
    _one_at_a_time()
    Version.objects.filter(number=None).delete()


@transaction.atomic
def publish(*, at: datetime, note: str = "", choices: Mapping[str, Any] = {}) -> Version:
    """Make the draft the version that counts from now on. What was earned keeps the terms it was earned
    under. `choices` is what the publisher wants of the parts that follow a publication; it goes with the event."""
    _one_at_a_time()
    draft = Version.objects.select_for_update().filter(number=None).first()
    if draft is None:
        raise NoDraft()
    document.refuse_unserved(document.parse(draft.document))
    pointer = InForce.objects.select_for_update().select_related("version").first()
    if pointer and queries.complete(pointer.version) == queries.complete(draft):
        raise NothingChanged()
    latest = queries.history().values_list("number", flat=True).first() or 0
    draft.number, draft.published_at, draft.published_by = latest + 1, at, str(scope.actor())
    draft.note = note[:300] or draft.note
    draft.save()
    if pointer is None:
        pointer = InForce()
    pointer.version = draft
    pointer.save()
    told = {"number": draft.number, "note": draft.note, **({"choices": dict(choices)} if choices else {})}
    record("programme.published", subject=draft.pk, at=at, data=told)
    return draft


@transaction.atomic
def roll_back(*, number: int, at: datetime, choices: Mapping[str, Any] = {}) -> Version:
    """Publish an earlier version's content again, as a new version."""
    earlier = queries.numbered(number)
    save_draft(content=earlier.document, at=at, note=str(_("Back to version {number}")).format(number=number))
    return publish(at=at, choices=choices)


def import_file(*, content: Any, at: datetime) -> Version:
    """Turn an exported file (or a bare document) into the draft."""
    if isinstance(content, dict) and isinstance(content.get("programme"), dict):
        content = content["programme"]
    return save_draft(content=content, at=at)
