"""Look for cause to propose something, and do or put aside what is proposed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from analytics.models import Advice
from analytics.queries import proposing
from analytics.queries.freshness import today_of
from analytics.queries.sums import reader
from analytics.rules import advising as rules
from campaigns.models import Rehearsal, Segment
from campaigns.operations.rehearsing import start_rehearsal
from campaigns.operations.segments.listing import add_to_list
from campaigns.operations.segments.shaping import create_segment
from loyalty.core.errors import DomainError
from loyalty.core.events.operations import record
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import operations as programmes
from loyalty.core.programme import queries as in_force
from loyalty.core.tenancy import scope

REST = timedelta(days=60)
"""So long after a decision the same is not proposed again: what was done needs time to show."""
TRIED_ON = timedelta(days=90)
NAMES = {
    rules.RETENTION_FELL: _("Win back: not here for 60 days"),
    rules.REDEMPTION_LOW: _("Could take a reward, has not for 180 days"),
    rules.EXPIRING_WAVE: _("Something ends within 30 days"),
    rules.DETRACTORS: _("Would not recommend us"),
    rules.LEAVING: _("Came often, about to leave"),
}
"""What the segments are called that proposals make."""


class AdviceIsOver(DomainError):
    code = "advice_over"
    status = 409
    message = _("Somebody has decided about this already, or the cause has passed.")


class NobodyLeft(DomainError):
    code = "advice_for_nobody"
    status = 409
    message = _("Nobody fits this any more. It will go by itself tonight.")


@transaction.atomic
def look(*, at: datetime) -> int:
    """Look at the figures and propose what there is cause for; how much is open then. What is open and has no cause any
    more goes; what was decided lately is not proposed again."""
    found = {
        seen.rule: (seen, proposed) for seen, proposed in proposing.findings(reader(zone=_zone(), at=at))
    }
    standing = {row.rule: row for row in Advice.objects.select_for_update().filter(state=Advice.State.OPEN)}
    lately = set(Advice.objects.filter(decided_at__gt=at - REST).values_list("rule", flat=True))
    for rule, row in standing.items():
        if rule not in found:
            row.state = Advice.State.PASSED
            row.save(update_fields=["state"])
    for rule, (seen, proposed) in found.items():
        if rule in lately:
            continue
        row = standing.get(rule) or Advice(rule=rule, noticed_on=today_of(_zone(), at))
        is_new = rule not in standing
        row.figure, row.found, row.before, row.proposed = (
            seen.figure,
            seen.numbers,
            seen.value,
            proposed.wire(),
        )
        row.save(force_insert=is_new)
        if is_new:
            record("advice.given", subject=row.pk, at=at, data={"rule": rule})
    return len(found.keys() - lately)


def _zone() -> str:
    return shop_of_scope().timezone


@transaction.atomic
def accept(*, advice: UUID, at: datetime) -> Advice:
    """Do what is proposed: make the segment or the list, and where more points are proposed draft them for it and try
    the draft on the last ninety days. A draft that stands already is left as it is. Raises `AdviceIsOver`,
    `NobodyLeft`, and what making a segment raises."""
    row = _open(advice)
    segment = _segment_for(row, at)
    row.done = {"segment": str(segment.pk), "handle": segment.handle, "size": segment.size}
    if row.proposed.get("factor"):
        row.done |= _drafted(row, segment, at)
    _decide(row, Advice.State.ACCEPTED, at)
    record("advice.accepted", subject=row.pk, at=at, data={"rule": row.rule, "segment": segment.handle})
    return row


@transaction.atomic
def dismiss(*, advice: UUID, at: datetime) -> Advice:
    """Put aside what is proposed. Raises `AdviceIsOver`."""
    row = _open(advice)
    _decide(row, Advice.State.DISMISSED, at)
    record("advice.dismissed", subject=row.pk, at=at, data={"rule": row.rule})
    return row


def _open(key: UUID) -> Advice:
    proposing.advice(key)
    row = Advice.objects.select_for_update().get(pk=key)
    if row.state != Advice.State.OPEN:
        raise AdviceIsOver()
    return row


def _decide(row: Advice, state: str, at: datetime) -> None:
    row.state, row.decided_at, row.decided_by = state, at, str(scope.actor())[:80]
    row.save(update_fields=["state", "decided_at", "decided_by", "done"])


def _segment_for(row: Advice, at: datetime) -> Segment:
    """The members it is about, as a segment that is kept current or as a list of those it is about today."""
    name = f"{NAMES[row.rule]} · {row.noticed_on.isoformat()}"
    conditions = row.proposed["conditions"]
    if conditions is not None:
        return create_segment(name=name, note=str(say("Made from advice.")), conditions=conditions, at=at)
    members = _members(row, at)
    if not members:
        raise NobodyLeft()
    made = create_segment(name=name, note=str(say("Made from advice.")), at=at)
    add_to_list(segment=made.pk, members=members, at=at)
    made.refresh_from_db()
    return made


def _members(row: Advice, at: datetime) -> list[UUID]:
    if row.rule == rules.LEAVING:
        return proposing.leaving_members()
    read = reader(zone=_zone(), at=at)
    return proposing.unhappy_members(proposing.months_over(read, 3), read.zone, at)


def _drafted(row: Advice, segment: Segment, at: datetime) -> dict[str, Any]:
    """More points for the segment, as a draft that nobody has published, tried on what was bought."""
    current = in_force.in_force()
    if current is None or in_force.draft() is not None:
        return {"draft": "not_drafted"}
    content = current.programme.document()
    earning = content.setdefault("earning", {})
    earning["rules"] = [*earning.get("rules", []), _rule(row, segment, at)]
    programmes.save_draft(content=content, at=at, note=str(NAMES[row.rule]))
    try:
        with transaction.atomic():
            tried: Rehearsal = start_rehearsal(since=at - TRIED_ON, until=at, at=at)
    except DomainError as error:
        return {"draft": "drafted", "not_tried": error.code}
    return {"draft": "drafted", "rehearsal": str(tried.pk)}


def _rule(row: Advice, segment: Segment, at: datetime) -> Mapping[str, Any]:
    until = at + timedelta(days=int(row.proposed.get("days", proposing.WIN_BACK_DAYS)))
    return {
        "type": "multiplier", "id": f"advice-{row.pk.hex[-12:]}", "name": str(NAMES[row.rule])[:120],
        "factor": row.proposed["factor"], "when": [{"type": "segment", "any_of": [segment.handle]}],
        "window": {"from": at.isoformat(), "until": until.isoformat()},
    }  # fmt: skip
