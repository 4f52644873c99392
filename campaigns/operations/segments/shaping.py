"""Make a segment, change it, put it away: what people decide about it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from campaigns.models import PLACED, Segment
from campaigns.operations.segments.looking import ring_after_commit
from campaigns.operations.segments.refreshing import is_small, refresh
from campaigns.queries.segments.usage import Use, uses
from campaigns.rules import segments as rules
from campaigns.rules.segments import Answered, Conditions, InSegment, Tier, leaves, problems
from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.document import complaint
from loyalty.core.tenancy import scope
from members.models import SegmentPlace
from members.rules.naming import OFFER, PLAN
from members.rules.questions import TOLD

MOST = 200
_HANDLE = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_NOT_OURS = (PLAN, OFFER, TOLD)
"""Segments that follow from something else: a plan that is paid, an offer that is active, an answer."""


class SegmentExists(DomainError):
    code = "segment_exists"
    message = _("There is a segment of that name already. Choose another name.")
    status = 409
    field = "handle"


class SegmentInUse(DomainError):
    code = "segment_in_use"
    message = _("This is still for it: {names}. Change that first.")
    status = 409


class TooManySegments(DomainError):
    code = "too_many_segments"
    message = _("A shop has at most {most} segments. Put some away first.")
    status = 409


class NoConditions(DomainError):
    code = "no_conditions"
    message = _("Who is on a list is chosen by name. It has no conditions.")
    field = "conditions"


def checked_conditions(content: Any) -> Conditions:
    """Conditions as somebody wrote them, checked by themselves and against the shop: what they name is there. Raises
    `InvalidInput` naming everything that is wrong."""
    try:
        found = msgspec.convert(content, Conditions, strict=True)
    except msgspec.ValidationError as error:
        raise InvalidInput([complaint(error, "conditions")]) from None
    except RecursionError:
        raise InvalidInput.of(
            "conditions", f"Groups stand in each other at most {rules.DEEPEST} deep."
        ) from None
    wrong = [(f"conditions.{path}", text, "invalid") for path, text in problems(found)]
    wrong += [(f"conditions.{path}", text, code) for path, text, code in _unknown(found)] if not wrong else []
    if wrong:
        raise InvalidInput(
            [{"field": path, "code": code, "message": str(text)} for path, text, code in wrong]
        )
    return found


def _unknown(conditions: Conditions) -> list[tuple[str, Any, str]]:
    """What conditions name and the shop lacks."""
    current = programmes.in_force()
    tiers = {tier.id for tier in current.programme["tiers"].ladder} if current else set()
    questions = current.programme["questions"].questions if current else ()
    answers = {f"{one.id}:{option.id}" for one in questions for option in one.options}
    circular = set(
        Segment.objects.filter(kind=Segment.Kind.CONDITIONS).values_list("handle", flat=True)
    )  # also those put away, which may come back
    found: list[tuple[str, Any, str]] = []
    for path, one in leaves(conditions):
        match one:
            case Tier():
                names = [name for name in one.any_of if name not in tiers and name != "-"]
                text, code = _("The programme has no tier “{name}”."), "unknown_tier"
            case Answered():
                names = [name for name in one.any_of if name not in answers]
                text, code = _("The programme has no question with the answer “{name}”."), "unknown_answer"
            case InSegment():
                names = [name for name in one.any_of if name in circular]
                text = _("“{name}” follows from conditions itself. Write those conditions here instead.")
                code = "circular"
            case _:
                continue
        found += [(f"{path}.any_of", str(text).format(name=name), code) for name in names]
    return found


@transaction.atomic
def create_segment(
    *, name: str, handle: str = "", note: str = "", conditions: Any = None, at: datetime
) -> Segment:
    """Make a segment that follows from `conditions`, or without them a list of members chosen by name. `handle` is
    what rules call it, made of the name when it is not given. A small shop's is filled at once, a large one's within
    minutes. Raises `InvalidInput`, `SegmentExists`, `TooManySegments`."""
    name = _named(name)
    written = checked_conditions(conditions) if conditions is not None else None
    if Segment.objects.filter(state=Segment.State.ACTIVE).count() >= MOST:
        raise TooManySegments(most=MOST)
    row = Segment(
        handle=_handled(handle, name), name=name, note=note.strip()[:300],
        kind=Segment.Kind.LIST if written is None else Segment.Kind.CONDITIONS,
        conditions=_as_json(written), created_at=at, changed_at=at, created_by=str(scope.actor())[:80],
        looked_at=at if written is None else None,
    )  # fmt: skip
    if written is None:
        row.size = SegmentPlace.objects.filter(
            segment=row.handle
        ).count()  # somebody may have begun it by hand
    row.save(force_insert=True)
    record("segment.created", subject=row.pk, at=at, data={"segment": row.handle, "kind": row.kind})
    return _filled(row, at)


@transaction.atomic
def edit_segment(*, segment: UUID, changes: Mapping[str, Any], at: datetime) -> Segment:
    """Change `name`, `note` or `conditions`. Who is in it follows new conditions at once, or within minutes in a large
    shop. Raises `NotFound`, `InvalidInput`, `NoConditions`."""
    row = _locked(segment)
    fields = []
    if "name" in changes and changes["name"] is not None:
        row.name = _named(changes["name"])
        fields.append("name")
    if "note" in changes and changes["note"] is not None:
        row.note = str(changes["note"]).strip()[:300]
        fields.append("note")
    if changes.get("conditions") is not None:
        if row.kind != Segment.Kind.CONDITIONS:
            raise NoConditions()
        written = _as_json(checked_conditions(changes["conditions"]))
        if written != row.conditions:
            row.conditions, row.looked_at, row.changed_at = written, None, at
            fields.append("conditions")
    if not fields:
        return row
    row.save()
    record("segment.edited", subject=row.pk, at=at, data={"segment": row.handle, "fields": fields})
    return _filled(row, at)


@transaction.atomic
def archive_segment(*, segment: UUID, at: datetime) -> Segment:
    """Put a segment away: nobody is in it by its conditions any more. Whoever is on a list stays on it, for the day it
    comes back. Raises `NotFound`, and `SegmentInUse` while something is for it."""
    row = _locked(segment)
    if row.state == Segment.State.ARCHIVED:
        return row
    named = uses(row.handle)
    if named:
        raise SegmentInUse(names=_listed(named))
    if row.kind == Segment.Kind.CONDITIONS:
        SegmentPlace.objects.filter(segment=row.handle, source_kind=PLACED).delete()
        row.size, row.looked_at = 0, None
    row.state, row.changed_at = Segment.State.ARCHIVED, at
    row.save()
    record("segment.archived", subject=row.pk, at=at, data={"segment": row.handle})
    return row


@transaction.atomic
def restore_segment(*, segment: UUID, at: datetime) -> Segment:
    """Take a segment out again; conditions are looked at anew. Raises `NotFound`, `TooManySegments` and `InvalidInput`
    where its conditions name what has gone meanwhile."""
    row = _locked(segment)
    if row.state == Segment.State.ACTIVE:
        return row
    if Segment.objects.filter(state=Segment.State.ACTIVE).count() >= MOST:
        raise TooManySegments(most=MOST)
    if row.kind == Segment.Kind.CONDITIONS:
        checked_conditions(row.conditions)
    row.state, row.changed_at = Segment.State.ACTIVE, at
    row.save()
    record("segment.restored", subject=row.pk, at=at, data={"segment": row.handle})
    return _filled(row, at)


def _filled(row: Segment, at: datetime) -> Segment:
    """Fill a segment that waits for it, here if the shop is small, otherwise by a worker."""
    if row.kind != Segment.Kind.CONDITIONS or row.looked_at is not None:
        return row
    if not is_small():
        ring_after_commit()
        return row
    refresh(segment=row.pk, at=at)
    row.refresh_from_db()
    return row


def _locked(segment: UUID) -> Segment:
    row = Segment.objects.select_for_update(no_key=True).filter(pk=segment).first()
    if row is None:
        raise NotFound("segment")
    return row


def _as_json(conditions: Conditions | None) -> dict[str, Any]:
    found: dict[str, Any] = {} if conditions is None else msgspec.json.decode(msgspec.json.encode(conditions))
    return found


def _named(name: str) -> str:
    found = " ".join(name.split())[:100]
    if not found or "\x00" in found:
        raise InvalidInput.of("name", str(_("Give it a name.")))
    return found


def _handled(handle: str, name: str) -> str:
    """The handle as it was given, or one made of the name that nothing has yet."""
    handle = handle.strip()
    if handle:
        if not _HANDLE.fullmatch(handle):
            raise InvalidInput.of("handle", str(_("Use small letters, digits and hyphens, at most 60.")))
        if handle.startswith(_NOT_OURS):
            text = _("Names that begin so belong to plans, offers and answers. Choose another.")
            raise InvalidInput.of("handle", str(text))
        if Segment.objects.filter(handle=handle).exists():
            raise SegmentExists()
        return handle
    root = re.sub(r"[^a-z0-9-]", "", slugify(name).replace("_", "-"))[:50].strip("-") or "segment"
    root = f"segment-{root}" if root.startswith(_NOT_OURS) else root
    taken = set(Segment.objects.values_list("handle", flat=True))
    tries = (root if number == 1 else f"{root}-{number}" for number in range(1, 1000))
    return next(one for one in tries if one not in taken and not _is_placed(one))


def _is_placed(handle: str) -> bool:
    """Whether somebody is in a segment of that name already, which is then another's."""
    return SegmentPlace.objects.filter(segment=handle).exists()


def _listed(named: list[Use]) -> str:
    return ", ".join(f"“{one.name}”" for one in named[:5])
