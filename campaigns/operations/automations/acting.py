"""What each step that acts does, through the very operations that everybody else uses, under a name of its own: the run
and the step. So it happens once, whoever asks how often.

Everything is written in the caller's transaction, which holds the member's counts and the run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F

from campaigns.models import AutomationRun, AutomationSpend, AutomationStep
from campaigns.operations.automations.shaping import list_of
from campaigns.operations.planning import New, plan
from campaigns.rules.automations import (
    About,
    AddTo,
    AnyStep,
    Budget,
    CallWebhook,
    GiveOffer,
    GivePoints,
    GiveReward,
    Message,
    TakeOff,
)
from loyalty.core import ids
from loyalty.core.errors import NotFound
from loyalty.core.events.operations import record
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.webhooks.operations import call_endpoint
from members.models import Member
from members.operations import gifts
from members.operations.offers import activate_offer
from members.operations.points import adjust_points
from rewards.operations.issuing import given_under, issue_reward

SOURCE = "automation"
Outcome = AutomationStep.Outcome


@dataclass(frozen=True, slots=True)
class Acting:
    """One step for one member: whose run it is, the budget it draws on, and the instant."""

    run: AutomationRun
    member: Member
    step: AnyStep
    budget: Budget
    at: datetime

    @property
    def key(self) -> str:
        """The name under which it is done, once for good."""
        return f"{SOURCE}:{self.run.pk}:{self.step.id}"

    @property
    def occasion(self) -> gifts.Occasion:
        """What gifts are given for."""
        return gifts.Occasion(SOURCE, self.run.pk, self.member.pk, self.at)


@dataclass(frozen=True, slots=True)
class Did:
    """What came of a step: an outcome, with the ids and figures that say what."""

    outcome: str
    data: Mapping[str, Any] = field(default_factory=dict)


def act(acting: Acting) -> Did:
    """Do what a step says. Raises `DomainError` where that is refused; nothing of it is written then."""
    return _ACTS[type(acting.step)](acting, acting.step)


def _message(acting: Acting, step: Message) -> Did:
    kind = "automation_news" if step.about is About.NEWS else "automation"
    occasion = f"{SOURCE}:{acting.run.pk.hex}:{step.id}"
    data = {"edition": str(acting.run.edition_id), "step": step.id}
    new = New(member=acting.member.pk, kind=kind, occasion=occasion, due_at=acting.at, data=data)
    plan(messages=[new], at=acting.at)
    return Did(Outcome.DONE, {"message": kind})


def _points(acting: Acting, step: GivePoints) -> Did:
    if not _draw(acting, points=step.amount):
        return Did(Outcome.SKIPPED, {"why": "budget", "points": step.amount})
    posted = adjust_points(
        member=acting.member.pk, amount=step.amount, reason=step.reason, at=acting.at, key=acting.key
    )
    return Did(Outcome.DONE, {"points": posted.amount, "transfer": str(posted.transfer)})


def _reward(acting: Acting, step: GiveReward) -> Did:
    if not _draw(acting, rewards=1):
        return Did(Outcome.SKIPPED, {"why": "budget", "reward": step.reward})
    issued = issue_reward(reward=step.reward, quantity=1, key=acting.key, occasion=acting.occasion)
    given = given_under(acting.key)
    if not issued or given is None:
        _draw(acting, rewards=-1)
        return Did(Outcome.SKIPPED, {"why": "none_left", "reward": step.reward})
    return Did(Outcome.DONE, {"reward": step.reward, "redemption": str(given.pk)})


def _draw(acting: Acting, *, points: int = 0, rewards: int = 0) -> bool:
    """Take from the automation's budget, in all and of today; False when there is not as much left. Its rows are locked
    after the member's counts and before the books, as every budget."""
    zone = ZoneInfo(shop_of_scope().timezone)
    today, budget = acting.at.astimezone(zone).date(), acting.budget
    rows = []
    for day in (None, today):
        AutomationSpend.objects.get_or_create(automation=acting.run.automation, day=day)
        of_day = AutomationSpend.objects.select_for_update().filter(automation=acting.run.automation, day=day)
        rows.append(of_day.get())
    whole, of_today = rows
    if budget.points is not None and whole.points + points > budget.points and points > 0:
        return False
    if budget.points_a_day is not None and of_today.points + points > budget.points_a_day and points > 0:
        return False
    if budget.rewards is not None and whole.rewards + rewards > budget.rewards and rewards > 0:
        return False
    spent = AutomationSpend.objects.filter(pk__in=[one.pk for one in rows])
    spent.update(points=F("points") + points, rewards=F("rewards") + rewards)
    return True


def _offer(acting: Acting, step: GiveOffer) -> Did:
    if step.active:
        mine = activate_offer(member=acting.member.pk, offer=step.offer, at=acting.at, channel=SOURCE)
        return Did(Outcome.DONE, {"offer": step.offer, "state": mine.state})
    current = programmes.in_force()
    offer = current.programme["offers"].offer(step.offer) if current else None
    segment = list_of(offer.segments) if offer else None
    if segment is None:
        raise NotFound("offer")
    gifts.enter_segment(segment, occasion=acting.occasion)
    return Did(Outcome.DONE, {"offer": step.offer, "segment": segment})


def _add(acting: Acting, step: AddTo) -> Did:
    gifts.enter_segment(step.segment, occasion=acting.occasion)
    return Did(Outcome.DONE, {"segment": step.segment})


def _take_off(acting: Acting, step: TakeOff) -> Did:
    gifts.leave_segment(step.segment, member=acting.member.pk, at=acting.at)
    return Did(Outcome.DONE, {"segment": step.segment})


def _call(acting: Acting, step: CallWebhook) -> Did:
    data = {
        "automation": ids.encode("atm", acting.run.automation_id), "run": ids.encode("atr", acting.run.pk),
        "step": step.id, "label": step.label,
    }  # fmt: skip
    event = record("automation.called", subject=acting.member.pk, at=acting.at, data=data)
    delivery = call_endpoint(endpoint=ids.decode("whe", step.endpoint), event=event, at=acting.at)
    return Did(Outcome.DONE, {"delivery": ids.encode("dlv", delivery.pk)})


_ACTS: Mapping[type, Callable[[Acting, Any], Did]] = {
    Message: _message,
    GivePoints: _points,
    GiveReward: _reward,
    GiveOffer: _offer,
    AddTo: _add,
    TakeOff: _take_off,
    CallWebhook: _call,
}
