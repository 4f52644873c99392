"""Launch a campaign, alone or with a second person, pause it, end it.

A campaign's row is locked first, then what it touches: its newsletter, and last its rewards. Nobody who holds a reward
ever asks for a campaign.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from campaigns.operations.campaigning.touching import call_off, is_new, unveil, veil, write_to_them
from campaigns.operations.campaigning.writing import locked
from campaigns.queries.campaigning.reading import content_of, needs_two
from loyalty.core.errors import DomainError, Forbidden, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.operations.adding import note_added

State = Campaign.State
MOST_RUNNING = 50


class CampaignEmpty(DomainError):
    code = "campaign_empty"
    message = _("This campaign would do nothing yet. Give it a rule, a reward, an offer or a message first.")


class CampaignOver(DomainError):
    code = "campaign_over"
    message = _("Its time is over already. Choose a later end.")
    field = "ends_at"


class CampaignState(DomainError):
    """`params["state"]` says how it stands."""

    code = "campaign_state"
    status = 409
    message = _("This cannot be done with a campaign that is {state}.")


class NoProgramme(DomainError):
    code = "no_programme"
    message = _("Publish your programme first. A campaign gives more than a programme does.")


class OwnCampaign(DomainError):
    code = "own_campaign"
    message = _("You asked for this yourself. Somebody else has to decide it.")


class TooManyRunning(DomainError):
    code = "too_many_running"
    status = 409
    message = _("At most {most} campaigns run at the same time. End one first.")


@transaction.atomic
def launch_campaign(*, campaign: UUID, at: datetime) -> Campaign:
    """Let a draft begin at its time, at once where that has come or there is none, and a paused one go on; where it may
    cost more than one person decides, ask a second one. Raises `NotFound`, `CampaignState`, `CampaignEmpty`,
    `CampaignOver`, `NoProgramme`, `TooManyRunning`, `RewardElsewhere`."""
    row = locked(campaign)
    if row.state not in (State.DRAFT, State.PAUSED):
        raise CampaignState(state=row.state)
    _refuse_unready(row, at)
    approved = row.state == State.PAUSED and row.decided_by  # as it is, it was looked at by two
    if not approved:
        row.asked_at, row.asked_by = at, str(scope.actor())[:80]
    if needs_two(row) and not approved:
        row.state, row.reason = State.WAITING, "approval"
        row.save()
        record("campaign.asked", subject=row.pk, at=at, data=_limits(row))
        return row
    return _go(row, at)


def _limits(row: Campaign) -> dict[str, Any]:
    return {"budget_points": row.budget_points, "budget_minor": row.budget_minor}


def _refuse_unready(row: Campaign, at: datetime) -> None:
    if programmes.in_force() is None:
        raise NoProgramme()
    if not content_of(row).does_something:
        raise CampaignEmpty()
    if row.ends_at is not None and row.ends_at <= at:
        raise CampaignOver()
    if row.starts_at is None and row.early_until is not None and row.early_until <= at:
        raise CampaignOver(field="early_until")
    if Campaign.objects.filter(counts=True).exclude(state=State.ENDED).count() >= MOST_RUNNING:
        raise TooManyRunning(most=MOST_RUNNING)


@transaction.atomic
def approve_campaign(*, campaign: UUID, at: datetime) -> Campaign:
    """Let a campaign begin that somebody else asked for. Raises `NotFound`, `CampaignState`, `OwnCampaign`, `Forbidden`
    for anybody but staff, and what `launch_campaign` does."""
    row = _waiting(campaign)
    _refuse_unready(row, at)
    row.decided_at, row.decided_by = at, str(scope.actor())[:80]
    record("campaign.approved", subject=row.pk, at=at)
    return _go(row, at)


@transaction.atomic
def refuse_campaign(*, campaign: UUID, at: datetime, note: str = "") -> Campaign:
    """Send a campaign back to whoever asked for it, with a `note`. Raises `NotFound`, `CampaignState`, `OwnCampaign`,
    `Forbidden` for anybody but staff, `InvalidInput`."""
    if len(note) > 300 or "\x00" in note:
        raise InvalidInput.of("note", str(_("At most 300 characters.")))
    row = _waiting(campaign)
    row.state, row.reason = (State.PAUSED if row.launched_at else State.DRAFT), "refused"
    row.figures = {"note": note.strip()} if note.strip() else {}
    row.asked_at, row.asked_by = None, ""
    row.save()
    told = {"reason": note.strip()} if note.strip() else {}
    record("campaign.refused", subject=row.pk, at=at, data=told)
    return row


def _waiting(campaign: UUID) -> Campaign:
    if scope.actor().kind != "staff":
        raise Forbidden()
    row = locked(campaign)
    if row.state != State.WAITING:
        raise CampaignState(state=row.state)
    if row.asked_by == str(scope.actor())[:80]:
        raise OwnCampaign()
    return row


def _go(row: Campaign, at: datetime) -> Campaign:
    """Its rules count from now on, or from its beginning: each has its window, so nobody need be awake then."""
    again = row.launched_at is not None
    row.starts_at = row.starts_at or at
    row.counts_from = max(at, row.starts_at)
    row.state = State.RUNNING if row.starts_at <= at else State.PLANNED
    row.reason, row.figures, row.counts = "", {}, True
    row.revision += 1
    row.launched_at = row.launched_at or at
    if row.newsletter is None:
        write_to_them(row, at)
    if row.state == State.RUNNING or is_new(row):
        veil(row, at)
    row.save()
    note_added()
    window = {"starts_at": _iso(row.starts_at), "ends_at": _iso(row.ends_at)}
    record("campaign.resumed" if again else "campaign.launched", subject=row.pk, at=at, data=window)
    if row.state == State.RUNNING and not again:
        record("campaign.started", subject=row.pk, at=at)
    return row


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


@transaction.atomic
def pause_campaign(*, campaign: UUID, at: datetime) -> Campaign:
    """Stop a campaign for a while: from now on its rules give nothing, and a message that has not gone out waits for
    nobody. Pausing again changes nothing. Raises `NotFound`, `CampaignState`."""
    row = locked(campaign)
    if row.state == State.PAUSED:
        return row
    if row.state not in (State.PLANNED, State.RUNNING):
        raise CampaignState(state=row.state)
    return stop(row, "by_hand", {}, at)


def stop(row: Campaign, reason: str, figures: Mapping[str, Any], at: datetime) -> Campaign:
    """Pause a campaign that is held, and say why."""
    if row.state == State.PLANNED:
        call_off(row, at)
    row.state, row.counts, row.reason, row.figures = State.PAUSED, False, reason, dict(figures)
    row.save()
    note_added()
    kind = "campaign.paused" if reason == "by_hand" else "campaign.braked"
    record(kind, subject=row.pk, at=at, data=dict(figures))
    return row


@transaction.atomic
def end_campaign(*, campaign: UUID, at: datetime) -> Campaign:
    """End a campaign for good: nothing counts from now on, what it gave stays. Ending again changes nothing. Raises
    `NotFound`, `CampaignState` for one that never was launched."""
    row = locked(campaign)
    if row.state == State.ENDED:
        return row
    if row.launched_at is None:
        raise CampaignState(state=row.state)
    return close(row, "by_hand", at, ended_at=at)


def close(row: Campaign, reason: str, at: datetime, *, ended_at: datetime) -> Campaign:
    """End a campaign that is held. Orders made before `ended_at` that come late still find one that was running."""
    if row.state == State.PLANNED:
        call_off(row, at)
    was_counting = row.counts
    row.state, row.reason, row.ended_at = State.ENDED, reason, ended_at
    row.counts = was_counting and row.counts_from is not None and row.counts_from < ended_at
    row.revision += 1
    unveil(row, at)
    row.save()
    note_added()
    record("campaign.ended", subject=row.pk, at=at, data={"why": reason})
    return row
