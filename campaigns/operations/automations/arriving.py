"""Automations that came with the archive of a shop: held, so that nothing acts in two places, until staff let them go
on."""

from uuid import UUID

import msgspec
from django.db import transaction

from campaigns.models import Automation, AutomationEdition
from campaigns.rules.automations import Flow

State = Automation.State


class NotAFlow(Exception):
    """What came is not how an automation is written; the argument names which."""


@transaction.atomic
def hold_arrived() -> int:
    """Pause everything that was at work where it came from; how many. Whoever was on their way through one stays where
    they began. What a step names and this shop lacks (a webhook) is passed over when it comes to that step, and asked
    for when somebody changes the automation. Raises `NotAFlow`."""
    for row in Automation.objects.exclude(draft={}):
        _check(row.draft, row.name)
    editions = set[tuple[UUID, int]]()
    for edition in AutomationEdition.objects.select_related("automation"):
        _check(edition.flow, edition.automation.name)
        editions.add((edition.automation_id, edition.number))
    for row in Automation.objects.filter(state__in=(State.LIVE, State.PAUSED)):
        if (row.pk, row.edition) not in editions:
            raise NotAFlow(row.name)
    held: int = Automation.objects.filter(state=State.LIVE).update(state=State.PAUSED)
    Automation.objects.exclude(due_at=None).update(due_at=None)
    return held


def _check(written: object, name: str) -> None:
    try:
        msgspec.convert(written, Flow, strict=True)
    except (msgspec.ValidationError, RecursionError):
        raise NotAFlow(name) from None
