"""What messages know of a member: told, forgotten, and moved when two members become one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.models import (
    UNCLAIMED,
    AutomationRun,
    AutomationSpark,
    AutomationStep,
    DrawWinner,
    Message,
    Preferences,
    RehearsedMember,
    Suppression,
)
from campaigns.rules.deciding import Why
from loyalty.core import clock, privacy


def _export(member: UUID) -> dict[str, Any]:
    row = Preferences.objects.filter(member=member).first()
    return {
        "preferences": None
        if row is None
        else {
            "programme": row.programme,
            "reminders": row.reminders,
            "statement": row.statement,
            "timezone": row.timezone,
            "changed_at": row.changed_at.isoformat(),
        },
        "messages": [
            {
                "kind": one.kind,
                "channel": one.channel,
                "state": one.state,
                "sent_at": one.handed_at.isoformat() if one.handed_at else None,
            }
            for one in Message.objects.filter(member=member).order_by("id")
        ],
        "suppressed": [
            {"channel": one.channel, "reason": one.reason, "since": one.since.isoformat()}
            for one in Suppression.objects.filter(member=member).order_by("since", "id")
        ],
    }


def _erase(member: UUID) -> None:
    """Nothing more goes out. That somebody complained or wants no mail stays, as a digest of nobody's: whoever writes
    to that address again would do what they were asked not to. A bounce says nothing worth keeping."""
    mine = Message.objects.filter(member=member)
    list(mine.select_for_update().order_by("id").values_list("pk", flat=True))  # in order, as a worker does
    mine.filter(state__in=UNCLAIMED).update(state=Message.State.SUPPRESSED, reason=Why.ERASED)
    mine.update(provider_id="", data={}, language="")
    Preferences.objects.filter(member=member).delete()
    held = Suppression.objects.filter(member=member)
    held.filter(reason=Suppression.Reason.BOUNCE).delete()
    held.update(member=None)


def move(*, to: UUID, of: UUID) -> None:
    """Two memberships become one: a no that either said counts for both, what waits for the one that goes is not
    sent."""
    Message.objects.filter(member=of, state__in=UNCLAIMED).update(
        state=Message.State.SUPPRESSED, reason=Why.MERGED
    )
    Suppression.objects.filter(member=of).update(member=to)
    gone = Preferences.objects.select_for_update().filter(member=of).first()
    if gone is None:
        return
    kept = Preferences.objects.select_for_update().filter(member=to).first()
    if kept is None:
        Preferences.objects.filter(pk=gone.pk).update(member=to)
        return
    for name in ("programme", "reminders", "statement"):
        setattr(kept, name, getattr(kept, name) and getattr(gone, name))
    kept.timezone = kept.timezone or gone.timezone
    kept.save()
    gone.delete()


def _rehearsed(member: UUID) -> list[dict[str, Any]]:
    rows = RehearsedMember.objects.filter(member=member).select_related("rehearsal").order_by("id")
    return [
        {
            "asked_at": row.rehearsal.asked_at.isoformat(),
            "orders": row.orders,
            "spend_minor": row.spend_minor,
            "points": row.before,
            "points_by_the_draft": row.after,
        }
        for row in rows
    ]


def _forget_rehearsed(member: UUID) -> None:
    RehearsedMember.objects.filter(member=member).delete()


def move_rehearsed(*, to: UUID, of: UUID) -> None:
    """What drafts were tried on is the keeper's; where both were in the same one, the keeper's stays."""
    has = RehearsedMember.objects.filter(member=to).values_list("rehearsal", flat=True)
    RehearsedMember.objects.filter(member=of, rehearsal__in=list(has)).delete()
    RehearsedMember.objects.filter(member=of).update(member=to)


def _won(member: UUID) -> list[dict[str, Any]]:
    rows = DrawWinner.objects.filter(member=member).select_related("draw").order_by("id")
    return [
        {"draw": row.draw.name, "prize": row.draw.prize, "place": row.place, "code": row.code} for row in rows
    ]


def _forget_won(member: UUID) -> None:
    """That somebody won stays checkable: the code names nobody."""
    DrawWinner.objects.filter(member=member).update(member=None)


def move_won(*, to: UUID, of: UUID) -> None:
    """What one has won is the other's."""
    DrawWinner.objects.filter(member=of).update(member=to)


def _automated(member: UUID) -> list[dict[str, Any]]:
    rows = AutomationRun.objects.filter(member=member).select_related("automation").order_by("id")
    steps = AutomationStep.objects.filter(run__in=rows).order_by("id").values_list("run", "kind", "outcome")
    found: dict[UUID, list[str]] = {}
    for run, kind, outcome in steps:
        found.setdefault(run, []).append(f"{kind}: {outcome}")
    return [
        {
            "automation": row.automation.name,
            "state": row.state,
            "entered_at": row.entered_at.isoformat(),
            "ended_at": row.ended_at.isoformat() if row.ended_at else None,
            "steps": found.get(row.pk, []),
        }
        for row in rows
    ]


_INSIDE = (AutomationRun.State.ACTIVE, AutomationRun.State.HELD)


def _leave_automations(member: UUID) -> None:
    """Nothing more is done for them. What was done stays as figures of nobody's."""
    AutomationSpark.objects.filter(member=member).delete()
    mine = AutomationRun.objects.filter(member=member)
    list(mine.select_for_update().order_by("id").values_list("pk", flat=True))
    gone = {"state": AutomationRun.State.LEFT, "reason": "erased", "ended_at": clock.now()}
    mine.filter(state__in=_INSIDE).update(**gone)


def move_automated(*, to: UUID, of: UUID, at: datetime) -> None:
    """Two members become one: what one was in goes on for the other, unless they are in it themselves. So nobody goes
    twice through what is meant for once."""
    AutomationSpark.objects.filter(member=of).update(member=to)
    both = AutomationRun.objects.filter(member__in=[to, of]).order_by("id")
    rows = list(both.select_for_update(of=("self",)))
    inside = {row.automation_id for row in rows if row.member_id == to and row.state in _INSIDE}
    known = {(row.automation_id, row.occasion) for row in rows if row.member_id == to}
    for row in rows:
        if row.member_id != of:
            continue
        if row.state in _INSIDE and row.automation_id in inside:
            row.state, row.reason, row.ended_at = AutomationRun.State.LEFT, Why.MERGED.value, at
        if (row.automation_id, row.occasion) not in known:
            row.member_id = to
        row.save(update_fields=["state", "reason", "ended_at", "member"])


holder = privacy.Holder("messages", _export, _erase)
rehearsed = privacy.Holder("rehearsals", _rehearsed, _forget_rehearsed)
draws = privacy.Holder("draws", _won, _forget_won)
automated = privacy.Holder("automations", _automated, _leave_automations)
