"""Who was exposed to which variant: kept once, moved when two members become one, told and forgotten."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from campaigns.models import Experiment, Exposure
from campaigns.queries.experiments.assigned import assigned
from loyalty.core import privacy
from loyalty.core.errors import NotFound
from members.operations.comparisons import Exposed
from members.queries.comparisons import current


class Log:
    """Keeps exposures (`members.operations.comparisons.Watch`)."""

    def saw(self, seen: Sequence[Exposed]) -> None:
        """The first of each member and experiment; others are passed over."""
        Exposure.objects.bulk_create(
            [
                Exposure(experiment_id=one.experiment, member_id=one.member, variant=one.variant, at=one.at,
                         source_kind=one.source_kind, source=one.source)
                for one in seen
            ],
            ignore_conflicts=True,
        )  # fmt: skip


@transaction.atomic
def expose_member(*, member: UUID, experiment: UUID, at: datetime) -> str:
    """A variant makes a difference to a member now: which one it is, kept as their exposure. "" where nothing of the
    experiment may reach them. Raises `NotFound` for no experiment."""
    if not Experiment.objects.filter(pk=experiment).exists():
        raise NotFound("experiment")
    variant = assigned(member, experiment, at)
    if variant:
        Log().saw([Exposed(member, experiment, variant, at, "told")])
    return variant


def move(*, to: UUID, of: UUID) -> None:
    """Two members are one: what the one met is the other's. Who met two variants, or gets another one from now on, has
    met both, and nothing is learnt from them."""
    book = current()
    has = {
        row.experiment_id: row
        for row in Exposure.objects.select_for_update().filter(member=to).order_by("id")
    }
    for row in Exposure.objects.select_for_update().filter(member=of).order_by("id"):
        kept = has.get(row.experiment_id)
        one = book.named(row.experiment_id)
        goes_on = one.arm_of(to).key if one is not None else row.variant
        if kept is None:
            row.member_id = to
            row.mixed = row.mixed or goes_on != row.variant
            row.save(update_fields=["member", "mixed"])
            continue
        kept.mixed = kept.mixed or row.mixed or kept.variant != row.variant
        kept.at = min(kept.at, row.at)
        kept.save(update_fields=["mixed", "at"])
        row.delete()


def _export(member: UUID) -> list[dict[str, Any]]:
    rows = Exposure.objects.filter(member=member).select_related("experiment").order_by("id")
    return [
        {"experiment": row.experiment.name, "variant": row.variant, "at": row.at.isoformat()} for row in rows
    ]


def _erase(member: UUID) -> None:
    Exposure.objects.filter(member=member).delete()


holder = privacy.Holder("experiments", _export, _erase)
