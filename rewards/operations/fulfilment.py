"""What staff do for rewards that are shipped, collected or served, step by step. The events say what happened when."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from rewards.models import Fulfilment

State = Fulfilment.State
_NEXT = {
    State.OPEN: {State.PREPARED, State.SENT, State.COLLECTED, State.DONE, State.CANCELLED},
    State.PREPARED: {State.OPEN, State.SENT, State.COLLECTED, State.DONE, State.CANCELLED},
    State.SENT: {State.DONE, State.CANCELLED},
    State.COLLECTED: {State.DONE},
    State.DONE: set(),
    State.CANCELLED: set(),
}
"""A step may be passed over; only what is prepared by mistake goes back. What was sent and never came is cancelled."""


def next_of(state: str) -> frozenset[str]:
    """Where something can go from a state."""
    return frozenset(to.value for to in _NEXT[State(state)])


class WrongStep(DomainError):
    code = "wrong_step"
    message = _("This is {state}; it cannot become {wanted}.")


@transaction.atomic
def move_fulfilment(*, fulfilment: UUID, to: str, at: datetime, reference: str | None = None) -> Fulfilment:
    """Take what has to be done for a reward to its next state, noting a `reference`. The same state again changes
    nothing but the reference. Points and codes are not touched: giving a reward back is `reverse_redemption`."""
    if to not in State.values:
        raise InvalidInput.of("to", str(_("Choose one of the states.")))
    if reference is not None and (len(reference) > 100 or not reference.isprintable()):
        raise InvalidInput.of("reference", str(_("Write at most 100 plain characters.")))
    row = Fulfilment.objects.select_for_update().select_related("redemption").filter(pk=fulfilment).first()
    if row is None:
        raise NotFound("fulfilment")
    was = row.state
    if to != was and State(to) not in _NEXT[State(was)]:
        raise WrongStep(state=was, wanted=to)
    if to == was and reference in (None, row.reference):
        return row
    row.state, row.changed_at = to, at
    row.reference = row.reference if reference is None else reference
    row.save(update_fields=["state", "changed_at", "reference"])
    data = {"fulfilment": str(row.pk), "redemption": str(row.redemption_id), "was": was, "state": to}
    record("fulfilment.changed", subject=row.redemption.member_id, at=at, data=data)
    return row
