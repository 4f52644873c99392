"""What people write down about money: costs by month, and the margin."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from analytics.models import Cost, Economics
from campaigns.models import Campaign
from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.money import MAX_MINOR
from loyalty.core.tenancy import scope

CAMPAIGNS = "campaigns"
"""The source of a cost that would not have been without campaigns; one of a single campaign has its public id."""
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)


class BadCost(DomainError):
    code = "invalid_cost"
    message = _("Give an amount from 0 to {most}. Nothing takes the entry away.")
    field = "amount_minor"


class BadMargin(DomainError):
    code = "invalid_margin"
    message = _("Give a margin from 0 to 100 percent.")
    field = "margin"


@transaction.atomic
def note_cost(*, kind: str, month: date, amount_minor: int, at: datetime, source: str = "") -> Cost | None:
    """Write down what something cost in the month that a day lies in, in minor units, in place of what stood there; 0
    takes it away. `source` is the channel that members were won through; of other kinds "campaigns" or a campaign's
    public id where it would not have been without them, else "". Raises `InvalidInput` and `BadCost`."""
    source = source.strip()
    _refuse_odd(kind, source, month)
    if not 0 <= amount_minor <= MAX_MINOR:
        raise BadCost(most=f"{MAX_MINOR:,}")
    first = month.replace(day=1)
    where = {"kind": kind, "source": source, "month": first}
    earlier = Cost.objects.select_for_update().filter(**where).first()
    if (earlier.amount_minor if earlier else 0) == amount_minor:
        return earlier
    told: dict[str, Any] = {
        "kind": kind,
        "source": source,
        "month": first.isoformat(),
        "amount_minor": amount_minor,
    }
    record("cost.noted", subject=None, at=at, data=told)
    if not amount_minor:
        Cost.objects.filter(**where).delete()
        return None
    values = {"amount_minor": amount_minor, "noted_at": at, "noted_by": str(scope.actor())[:80]}
    return Cost.objects.update_or_create(**where, defaults=values)[0]


def _refuse_odd(kind: str, source: str, month: date) -> None:
    if kind not in Cost.Kind.values:
        raise InvalidInput.of("kind", say("Choose what it was spent on."))
    if len(source) > 60 or not source.isprintable():
        raise InvalidInput.of("source", say("Give 1 to {most} characters.").format(most=60))
    if kind != Cost.Kind.WINNING and source not in ("", CAMPAIGNS) and not _is_campaign(source):
        raise InvalidInput.of("source", say("Name one of your campaigns, all of them, or nothing."))
    if kind == Cost.Kind.WINNING and not source:
        raise InvalidInput.of("source", say("Say where members came from whom it won."))
    if not EARLIEST <= month <= LATEST:
        raise InvalidInput.of("month", "The time must lie between the years 2000 and 2100.")


def _is_campaign(source: str) -> bool:
    """Whether a source is the public id of one of the shop's campaigns."""
    try:
        return Campaign.objects.filter(pk=ids.decode("cmp", source)).exists()
    except DomainError:
        return False


@transaction.atomic
def note_margin(*, margin: int, at: datetime) -> Economics:
    """Write down the shop's margin, in hundredths of a percent. Raises `BadMargin`."""
    if not 0 <= margin <= 10_000:
        raise BadMargin()
    row = Economics.objects.select_for_update().first()
    if row is not None and row.margin == margin:
        return row
    row = Economics.objects.update_or_create(only=True, defaults={"margin": margin, "noted_at": at})[0]
    record("margin.noted", subject=None, at=at, data={"margin": margin})
    return row
