"""Automations: written, put to work, paused, and where each member is in them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.urls import path
from msgspec import UNSET, Meta, Struct, UnsetType

from campaigns.models import Automation as Row
from campaigns.models import AutomationRun as RunRow
from campaigns.operations.automations import shaping
from campaigns.queries.automations import reading, trying, wording
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import endpoint, page_of
from loyalty.core.errors import NotFound
from members.queries.directory import taking_part
from members.queries.why import voice_of_scope

AutomationName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
AutomationNote = Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
MemberKey = Annotated[str, Meta(max_length=30, pattern=r"^mbr_[0-9a-z]{26}$(?!\n)")]
EXAMPLE = {
    "name": "Welcome",
    "flow": {
        "starts": [{"type": "event", "kind": "member.joined"}],
        "exit_on": ["order.recorded"],
        "steps": [
            {"type": "wait", "number": 7, "unit": "days"},
            {"type": "points", "amount": 50, "reason": "To get you started"},
        ],
        "budget": {"points": 10000},
    },
}


class Automation(Struct):
    """One automation. `state` is draft (never at work so far), live, paused or ended. `flow` is what counts now and
    `draft` what is written and not put to work yet (null where there is nothing new); `edition` counts how often it
    was. `inside` is how many members are in it now."""

    id: str
    name: str
    note: str
    state: str
    edition: int
    flow: dict[str, Any] | None
    draft: dict[str, Any] | None
    inside: int
    done: int
    left: int
    failed: int
    created_at: datetime
    changed_at: datetime


class AutomationSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`ended` lists those that were ended instead of those in use."""

    ended: bool = False


class NewAutomation(Struct, forbid_unknown_fields=True, frozen=True):
    """`flow` says what begins it (`starts`), who it is for (`only`), how often (`again`), what ends it early
    (`exit_on`, `exit_when`), what it may give (`budget`), and its `steps`."""

    name: AutomationName
    flow: dict[str, Any]
    note: AutomationNote = ""


class AutomationChange(Struct, forbid_unknown_fields=True, frozen=True):
    """What is given is changed. A changed `flow` waits until it is put to work."""

    name: AutomationName | None = None
    note: AutomationNote | None = None
    flow: dict[str, Any] | UnsetType = UNSET


class AutomationRunSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`state` narrows the list: active, held (the automation is paused), done, left or failed."""

    state: Literal["", "active", "held", "done", "left", "failed"] = ""


class AutomationRunShort(Struct):
    """A member's way. `step` is the step that comes next, at `due_at`, while they are in it; `reason` says why they
    left early."""

    id: str
    automation: str
    edition: int
    member: str
    state: str
    step: str
    reason: str
    due_at: datetime | None
    entered_at: datetime
    ended_at: datetime | None


class AutomationStepDone(Struct):
    """What came of a step: done, yes or no (which way they went), waited, or skipped: `data` says why."""

    step: str
    kind: str
    outcome: str
    data: dict[str, Any]
    happened_at: datetime


class AutomationRun(AutomationRunShort):
    """A member's way with everything that happened on it, oldest first."""

    steps: list[AutomationStepDone]


class AutomationTry(Struct, forbid_unknown_fields=True, frozen=True):
    """Whom to try it on."""

    member: MemberKey


class AutomationTriedStep(Struct):
    """A step that would come, and when. `goes` is whether they would go the first of two ways, null where there is
    one."""

    step: str
    says: str
    at: datetime
    goes: bool | None


class AutomationTried(Struct):
    """What would happen if the member came in now. `why_not` says why they would not: held_out, only, inside,
    again or exit_when."""

    why_not: str
    steps: list[AutomationTriedStep]


class AutomationLag(Struct):
    """How far behind automations are: events nobody has looked at, steps that are due, since when the oldest waits."""

    events: int
    steps_due: int
    behind_seconds: int


def _key(public: str) -> UUID:
    return ids.decode("atm", public)


def _told(row: Row, counted: reading.Counted) -> Automation:
    edition = reading.edition_in_force(row)
    return Automation(
        id=ids.encode("atm", row.pk), name=row.name, note=row.note, state=row.state, edition=row.edition,
        flow=edition.flow if edition else None, draft=row.draft or None, inside=counted.inside, done=counted.done,
        left=counted.left, failed=counted.failed, created_at=row.created_at, changed_at=row.changed_at,
    )  # fmt: skip


def _one(row: Row, call: Call) -> Automation:
    return _told(row, reading.counted([row], at=call.at)[row.pk])


def _short(row: RunRow) -> dict[str, Any]:
    inside = row.state in reading.INSIDE
    return {
        "id": ids.encode("atr", row.pk), "automation": ids.encode("atm", row.automation_id),
        "edition": row.edition.number, "member": ids.encode("mbr", row.member_id), "state": row.state,
        "step": row.step if inside else "", "reason": row.reason, "due_at": row.due_at if inside else None,
        "entered_at": row.entered_at, "ended_at": row.ended_at,
    }  # fmt: skip


class Automations(Endpoint):
    @endpoint(
        summary="List automations",
        scope="automations:read",
        query=AutomationSearch,
        answers={200: page_of(Automation)},
    )
    def get(self, call: Call) -> dict[str, Any]:
        """Newest first, with how many members are in each."""
        found = reading.automations(ended=call.query.ended)
        window = keyset(found, call.query, name="automations", by=[("id", UUID)])
        counted = reading.counted(window.rows, at=call.at)
        return call.page(window, [_told(row, counted[row.pk]) for row in window.rows])

    @endpoint(
        summary="Write an automation",
        scope="automations:write",
        body=NewAutomation,
        example=EXAMPLE,
        answers={201: Automation},
        refuses=(shaping.TooManyAutomations,),
    )
    def post(self, call: Call) -> tuple[int, Automation]:
        """It does nothing before it is put to work."""
        body = call.body
        row = shaping.create_automation(name=body.name, note=body.note, flow=body.flow, at=call.at)
        return 201, _one(row, call)


class OneAutomation(Endpoint):
    @endpoint(summary="Read an automation", scope="automations:read", answers={200: Automation})
    def get(self, call: Call, id: str) -> Automation:  # noqa: A002 - the address's own word
        """What counts now, and what is written."""
        return _one(reading.automation(_key(id)), call)

    @endpoint(
        summary="Change an automation",
        scope="automations:write",
        body=AutomationChange,
        example={"name": "Welcome series"},
        answers={200: Automation},
        refuses=(NotFound, shaping.AutomationEnded),
    )
    def patch(self, call: Call, id: str) -> Automation:  # noqa: A002
        """Whoever is in it goes on by the edition they came in by."""
        body = call.body
        changes: dict[str, Any] = {"name": body.name, "note": body.note}
        if body.flow is not UNSET:
            changes["flow"] = body.flow
        return _one(shaping.edit_automation(automation=_key(id), changes=changes, at=call.at), call)


class AutomationStart(Endpoint):
    @endpoint(
        summary="Put an automation to work",
        scope="automations:write",
        answers={200: Automation},
        refuses=(NotFound, shaping.NothingToStart, shaping.AutomationEnded),
    )
    def post(self, call: Call, id: str) -> Automation:  # noqa: A002
        """What is written counts for whoever comes in from now on."""
        return _one(shaping.start_automation(automation=_key(id), at=call.at), call)


class AutomationPause(Endpoint):
    @endpoint(
        summary="Pause an automation",
        scope="automations:write",
        answers={200: Automation},
        refuses=(NotFound, shaping.NotLive, shaping.AutomationEnded),
    )
    def post(self, call: Call, id: str) -> Automation:  # noqa: A002
        """Everybody waits where they are, and nobody comes in."""
        return _one(shaping.pause_automation(automation=_key(id), at=call.at), call)


class AutomationResume(Endpoint):
    @endpoint(
        summary="Let a paused automation go on",
        scope="automations:write",
        answers={200: Automation},
        refuses=(NotFound, shaping.NotPaused, shaping.AutomationEnded),
    )
    def post(self, call: Call, id: str) -> Automation:  # noqa: A002
        """Waits that are over meanwhile end at once. Nothing is done twice."""
        return _one(shaping.resume_automation(automation=_key(id), at=call.at), call)


class AutomationEnd(Endpoint):
    @endpoint(
        summary="End an automation",
        scope="automations:write",
        answers={200: Automation},
        refuses=(NotFound,),
    )
    def post(self, call: Call, id: str) -> Automation:  # noqa: A002
        """For good: whoever is in it leaves."""
        return _one(shaping.end_automation(automation=_key(id), at=call.at), call)


class AutomationTrial(Endpoint):
    @endpoint(
        summary="Try an automation on a member",
        scope="automations:read",
        body=AutomationTry,
        example={"member": "mbr_01m6k3q8r6e3vabq7m6w0t9d2c"},
        answers={200: AutomationTried},
        refuses=(NotFound,),
    )
    def post(self, call: Call, id: str) -> AutomationTried:  # noqa: A002
        """What would happen if they came in now, by what is written. Nothing is done."""
        row = reading.automation(_key(id))
        member = taking_part(ids.decode("mbr", call.body.member))
        found = trying.try_on(reading.flow_written(row), member=member.pk, automation=row.pk, at=call.at)
        names = wording.names_of_scope(voice_of_scope())
        steps = [
            AutomationTriedStep(one.step.id, wording.step_says(one.step, names), one.at, one.goes)
            for one in found.steps
        ]
        return AutomationTried(found.why_not, steps)


class AutomationRuns(Endpoint):
    @endpoint(
        summary="List members’ ways through an automation",
        scope="automations:read",
        query=AutomationRunSearch,
        answers={200: page_of(AutomationRunShort)},
    )
    def get(self, call: Call, id: str) -> dict[str, Any]:  # noqa: A002
        """Last begun first."""
        found = reading.runs(reading.automation(_key(id)), state=call.query.state)
        window = keyset(found, call.query, name="automation-runs", by=[("id", UUID)])
        return call.page(window, [AutomationRunShort(**_short(row)) for row in window.rows])


class OneAutomationRun(Endpoint):
    @endpoint(summary="Read a member’s way", scope="automations:read", answers={200: AutomationRun})
    def get(self, call: Call, id: str) -> AutomationRun:  # noqa: A002
        """With everything that happened, when and why."""
        row = reading.run(ids.decode("atr", id))
        steps = [
            AutomationStepDone(one.step, one.kind, one.outcome, one.data, one.happened_at)
            for one in reading.steps_of(row.pk)
        ]
        return AutomationRun(**_short(row), steps=steps)


class MemberAutomations(Endpoint):
    @endpoint(
        summary="List a member’s ways through automations",
        scope="automations:read",
        query=Paged,
        answers={200: page_of(AutomationRunShort)},
    )
    def get(self, call: Call, id: str) -> dict[str, Any]:  # noqa: A002
        """Last begun first."""
        member = taking_part(ids.decode("mbr", id))
        window = keyset(reading.runs_of(member.pk), call.query, name="member-automations", by=[("id", UUID)])
        return call.page(window, [AutomationRunShort(**_short(row)) for row in window.rows])


class AutomationsLag(Endpoint):
    @endpoint(
        summary="Read how far behind automations are", scope="automations:read", answers={200: AutomationLag}
    )
    def get(self, call: Call) -> AutomationLag:
        """Counted up to a thousand of each."""
        found = reading.lag(at=call.at)
        behind = int(found.behind(call.at).total_seconds())
        return AutomationLag(found.events + found.sparks, found.overdue, behind)


urlpatterns = [
    path("automations", Automations.as_view()),
    path("automations/lag", AutomationsLag.as_view()),
    path("automations/<str:id>", OneAutomation.as_view()),
    path("automations/<str:id>/start", AutomationStart.as_view()),
    path("automations/<str:id>/pause", AutomationPause.as_view()),
    path("automations/<str:id>/resume", AutomationResume.as_view()),
    path("automations/<str:id>/end", AutomationEnd.as_view()),
    path("automations/<str:id>/try", AutomationTrial.as_view()),
    path("automations/<str:id>/runs", AutomationRuns.as_view()),
    path("automation-runs/<str:id>", OneAutomationRun.as_view()),
    path("members/<str:id>/automations", MemberAutomations.as_view()),
]
