"""Short words for what tests of automations do."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from campaigns import tasks
from campaigns.models import (
    Automation,
    AutomationEdition,
    AutomationRun,
    AutomationSpark,
    AutomationSpend,
    AutomationStep,
)
from campaigns.operations.automations import entering, running
from campaigns.operations.automations.shaping import create_automation, start_automation
from loyalty.core import clock, ids
from loyalty.core.events import tasks as events
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import SYSTEM, acting_for
from members.models import Member
from tests.cast import AT, MARA

JOINS = {"type": "event", "kind": "member.joined"}
ORDERS = {"type": "event", "kind": "order.recorded"}
HELLO = {"type": "message", "words": {"en": {"subject": "Hello {first_name}", "body": "Good to see you."}}}


def points(amount: int = 10) -> dict[str, Any]:
    """A step that gives points."""
    return {"type": "points", "amount": amount, "reason": "A little something"}


def wait(number: int = 1, unit: str = "days") -> dict[str, Any]:
    """A step that waits."""
    return {"type": "wait", "number": number, "unit": unit}


def flow(*steps: dict[str, Any], start: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """What somebody wrote: begun by joining where nothing else is said, with a budget that is enough."""
    return {"starts": [start or JOINS], "steps": list(steps), "budget": {"points": 1_000_000}, **more}


def at_work(
    *steps: dict[str, Any], at: datetime | None = None, name: str = "Flow", **more: Any
) -> Automation:
    """An automation that was put to work; in the open scope."""
    at = at or clock.now()
    made = create_automation(name=name, flow=flow(*steps, **more), at=at)
    return start_automation(automation=made.pk, at=at)


def dispatch(merchant: Merchant) -> None:
    """Take what happened out of the outbox, and let in and out whom it is about."""
    events.dispatch_waiting()
    found = 1
    while found:
        with acting_for(merchant, by=SYSTEM):
            found = entering.take_sparks(at=clock.now())


def carry_out(merchant: Merchant, *, at: datetime | None = None) -> int:
    """What happened is heard of, the calendar is looked at, and whoever is due is taken on; how many steps."""
    dispatch(merchant)
    tasks.begin_by_calendar(at=at or clock.now())
    return running.work(seconds=60, at=at)[0]


def later(days: float = 0, **more: float) -> datetime:
    """From now on."""
    return clock.now() + timedelta(days=days, **more)


def told(merchant: Merchant, member: UUID | None = None) -> list[tuple[str, str]]:
    """What was done, step by step: `(kind, outcome)`, oldest first."""
    with acting_for(merchant, by=MARA):
        found = AutomationStep.objects.order_by("id")
        found = found.filter(run__member=member) if member else found
        return list(found.values_list("kind", "outcome"))


def states(merchant: Merchant, member: UUID | None = None) -> list[tuple[str, str]]:
    """How members' ways stand: `(state, reason)`, oldest first."""
    with acting_for(merchant, by=MARA):
        found = AutomationRun.objects.order_by("id")
        found = found.filter(member=member) if member else found
        return list(found.values_list("state", "reason"))


def furnished_automation(ana: Member, *, secret: str) -> dict[str, str]:
    """An automation at work, Ana on her way through it, something she did that nobody has looked at, and what it has
    given; their public ids by kind. In the open scope."""
    step, now = {"type": "points", "amount": 1, "reason": f"{secret} reason"}, clock.now()
    written = flow(step, wait(), step)
    row = create_automation(name=f"{secret} flow", note=f"{secret} note", flow=written, at=now)
    row = start_automation(automation=row.pk, at=now)
    edition = AutomationEdition.objects.get(automation=row)
    run = AutomationRun.objects.create(
        automation=row,
        edition=edition,
        member=ana,
        occasion="event:1",
        step="s1",
        due_at=later(1),
        entered_at=now,
    )
    AutomationStep.objects.create(
        run=run, automation=row, step="s0", kind="wait", outcome="waited", happened_at=AT
    )
    AutomationSpark.objects.create(member=ana, event_number=1, noted_at=AT)
    AutomationSpend.objects.create(automation=row, points=1)
    return {"automation": ids.encode("atm", row.pk), "automation_run": ids.encode("atr", run.pk)}
