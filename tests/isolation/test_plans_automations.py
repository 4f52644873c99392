"""What automations ask about one member uses an index, in a shop with thousands of members on their way."""

from collections.abc import Callable
from typing import Any

from campaigns.models import Automation, AutomationEdition, AutomationRun, AutomationStep
from campaigns.operations.automations.shaping import create_automation, start_automation
from campaigns.queries.automations import reading
from loyalty.core.events.models import Event
from members.models import Member
from tests.campaigns.automations.hand import flow, wait
from tests.cast import AT, days
from tests.isolation.crowd import Crowded
from tests.isolation.crowding import committed
from tests.isolation.test_plans import slow_steps


def _under_way() -> Automation:
    """An automation that everybody in the shop is in."""
    row = start_automation(automation=create_automation(name="Flow", flow=flow(wait()), at=AT).pk, at=AT)
    edition = AutomationEdition.objects.get(automation=row)
    AutomationRun.objects.bulk_create(
        AutomationRun(automation=row, edition=edition, member_id=member, occasion=f"event:{n}", step="s1",
                      due_at=AT + days(n), entered_at=AT)
        for n, member in enumerate(Member.objects.values_list("pk", flat=True))
    )  # fmt: skip
    AutomationStep.objects.bulk_create(
        AutomationStep(run=run, automation=row, step="s1", kind="wait", outcome="waited", happened_at=AT)
        for run in AutomationRun.objects.all()
    )
    return row


def test_automations_use_an_index(crowded: Crowded) -> None:
    row = committed(_under_way)
    mine = AutomationRun.objects.filter(automation=row, member=crowded.member)
    run = mine.get()
    hot: dict[str, Callable[[], Any]] = {
        "a member's ways": lambda: list(reading.runs_of(crowded.member)),
        "whether a member is in it": lambda: list(mine.filter(state__in=reading.INSIDE)),
        "what happened on a way": lambda: reading.steps_of(run.pk),
        "whether they did what ends it": lambda: Event.objects.filter(
            subject=crowded.member, kind__in=["order.recorded"]
        ).order_by("-pk").first(),
    }  # fmt: skip
    pages: dict[str, Callable[[], Any]] = {"the last who came in": lambda: list(reading.runs(row)[:50])}
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []
