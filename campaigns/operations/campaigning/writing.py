"""Write a campaign, copy it, throw a draft away; and say from when on two people decide."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, CampaignPolicy
from campaigns.operations.campaigning.touching import call_off, unveil
from campaigns.operations.shaping import checked_words
from campaigns.queries.campaigning.reading import FIELDS, content_of, public_id
from campaigns.rules.campaigning import CampaignContent, problems
from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.money import MAX_MINOR, MAX_POINTS
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.document import complaint
from loyalty.core.tenancy import scope
from members.operations.adding import note_added
from members.queries.belonging import segment_choices
from members.rules import naming, units
from members.rules.owning import rule_id
from rewards.queries.catalogue import rewards

State = Campaign.State
MOST = 500
CHANGEABLE = (State.DRAFT, State.WAITING, State.PLANNED, State.PAUSED)


class CampaignUnderWay(DomainError):
    code = "campaign_under_way"
    status = 409
    message = _("This campaign is running or over. Pause it to change it, or copy it into a new one.")


class CampaignHasRun(DomainError):
    code = "campaign_has_run"
    status = 409
    message = _("This campaign has given something already and stays in the books. End it instead.")


class TooManyCampaigns(DomainError):
    code = "too_many_campaigns"
    status = 409
    message = _("A shop has at most {most} campaigns. Remove drafts that nobody needs.")


def locked(campaign: UUID) -> Campaign:
    """A campaign nobody else can change until the transaction ends; `NotFound` otherwise."""
    row = Campaign.objects.select_for_update().filter(pk=campaign).first()
    if row is None:
        raise NotFound("campaign")
    return row


def read_content(content: Any) -> CampaignContent:
    """A campaign's content as somebody wrote it, as JSON has it. Raises `InvalidInput` naming what cannot be read."""
    try:
        return msgspec.convert(content, CampaignContent, strict=True)
    except msgspec.ValidationError as error:
        raise InvalidInput([complaint(error)]) from None


@transaction.atomic
def write_campaign(*, campaign: UUID | None, content: CampaignContent, at: datetime) -> Campaign:
    """Begin a campaign, or change one that does not run. One that was planned or waits for somebody is a draft again;
    one that is paused stays so, and is launched anew to go on. Raises `NotFound`, `InvalidInput`, `UnknownPlaceholder`,
    `CampaignUnderWay`, `TooManyCampaigns`."""
    _refuse_senseless(content)
    words = checked_words(kind="newsletter", words=_letters(content), whole=True) if content.words else {}
    if campaign is None:
        if Campaign.objects.count() >= MOST:
            raise TooManyCampaigns(most=MOST)
        row = Campaign(created_at=at, created_by=str(scope.actor())[:80])
    else:
        row = locked(campaign)
        if row.state not in CHANGEABLE:
            raise CampaignUnderWay()
    fresh = row._state.adding
    changed = _fill(row, content, words)
    if not fresh and not changed:
        return row
    _back_to_draft(row, at)
    row.changed_at = at
    row.save(force_insert=fresh)
    if not fresh:
        note_added()
    told = {"kind": row.kind} if fresh else {"fields": changed}
    record("campaign.created" if fresh else "campaign.edited", subject=row.pk, at=at, data=told)
    return row


def _back_to_draft(row: Campaign, at: datetime) -> None:
    """What was launched as it was is launched anew as it is; nobody has approved that."""
    if row.state == State.PLANNED:  # it never began
        call_off(row, at)
        unveil(row, at)
        row.launched_at = None
    row.asked_at = row.decided_at = None
    row.asked_by = row.decided_by = ""
    row.revision += 1
    row.counts = False
    if row.state != State.PAUSED:
        row.state, row.reason, row.figures = State.DRAFT, "", {}


def _fill(row: Campaign, content: CampaignContent, words: dict[str, Any]) -> list[str]:
    """Write the content into the row; the names of fields that are others now."""
    kept: dict[str, Any] = {name: getattr(content, name) for name in FIELDS}
    for name in ("rules", "offer", "days", "rewards"):
        kept[name] = msgspec.json.decode(msgspec.json.encode(kept[name]))
    kept["words"], kept["offer"] = words, kept["offer"] or {}
    changed = []
    for name, value in kept.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed.append(name)
    row.rule_ids = sorted({*row.rule_ids, *(rule_id(public_id(row), rule.id) for rule in content.rules)})
    return changed


def _letters(content: CampaignContent) -> dict[str, dict[str, str]]:
    return {language: {"subject": one.subject, "body": one.body} for language, one in content.words.items()}


def _refuse_senseless(content: CampaignContent) -> None:
    if b"\\u0000" in msgspec.json.encode(content):
        raise InvalidInput.of("rules", "The text holds characters that cannot be kept.")
    current = programmes.in_force()
    groups = current.programme["earning"].groups if current else ()
    found = [(field, text, "invalid") for field, text in problems(content, groups=groups)]
    found += [] if found else _unknown(content)
    if found:
        raise InvalidInput(
            [{"field": field, "code": code, "message": str(text)} for field, text, code in found]
        )


def _unknown(content: CampaignContent) -> list[tuple[str, str, str]]:
    """What a campaign names and the shop lacks."""
    found = []
    current = programmes.in_force()
    tiers = {tier.id for tier in current.programme["tiers"].ladder} if current else set()
    if content.segment and content.segment not in dict(segment_choices()):
        found.append(("segment", said("There is no such segment. Choose one of yours."), "unknown_segment"))
    if content.tier and content.tier not in tiers:
        found.append(("tier", said("The programme has no such tier."), "unknown_tier"))
    handles = {row.handle for row in rewards()}
    text = said("There is no reward called “{name}”.")
    found += [(f"rewards[{index}]", text.format(name=name), "unknown_reward")
              for index, name in enumerate(content.rewards) if name not in handles]  # fmt: skip
    if content.offer and content.offer.reward and content.offer.reward not in handles:
        found.append(("offer.reward", text.format(name=content.offer.reward), "unknown_reward"))
    has = naming.inventory(current.programme) if current else None
    for index, rule in enumerate(content.rules):
        reward = getattr(rule, "reward", "") if rule.gives == units.REWARDS else ""
        if reward and reward not in handles:
            found.append((f"rules[{index}].reward", text.format(name=reward), "unknown_reward"))
        if units.family(rule.gives) in units.FAMILIES and has is not None and rule.gives not in has.units:
            message = said("The programme has no unit called “{name}”.").format(name=rule.gives)
            found.append((f"rules[{index}].unit", message, "unknown_unit"))
    return found


@transaction.atomic
def copy_campaign(*, campaign: UUID, at: datetime) -> Campaign:
    """A new draft with the content of another, its times left out. Raises `NotFound`, `TooManyCampaigns` and what
    `write_campaign` does where what it names has gone."""
    row = Campaign.objects.filter(pk=campaign).first()
    if row is None:
        raise NotFound("campaign")
    content = content_of(row)
    name = said("{name} (copy)").format(name=content.name)[:100]
    again = msgspec.structs.replace(content, name=name, starts_at=None, ends_at=None, early_until=None)
    return write_campaign(campaign=None, content=again, at=at)


@transaction.atomic
def remove_campaign(*, campaign: UUID, at: datetime) -> None:
    """Throw away a draft that never ran. Raises `NotFound`, `CampaignHasRun`."""
    row = locked(campaign)
    if row.state not in (State.DRAFT, State.WAITING) or row.launched_at is not None:
        raise CampaignHasRun()
    record("campaign.removed", subject=row.pk, at=at)
    row.delete()


@transaction.atomic
def set_policy(*, approve_points: int | None, approve_minor: int | None, at: datetime) -> CampaignPolicy:
    """Let campaigns that may cost more than so many points, or so much money in minor units, wait for a second person;
    None is no limit of that sort. Raises `InvalidInput`."""
    for name, value, most in (
        ("approve_points", approve_points, MAX_POINTS),
        ("approve_minor", approve_minor, MAX_MINOR),
    ):
        if value is not None and not 0 <= value <= most:
            raise InvalidInput.of(name, str(_("Give a whole number that is not below zero.")))
    values = {"approve_points": approve_points, "approve_minor": approve_minor}
    row, _made = CampaignPolicy.objects.update_or_create(
        only=True, defaults={**values, "changed_at": at, "changed_by": str(scope.actor())[:80]}
    )
    record("campaign.policy_set", subject=None, at=at, data=values)
    return row
