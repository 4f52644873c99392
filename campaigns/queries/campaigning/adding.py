"""The rules of campaigns as decisions find them: asked with every order, so one short statement and no more."""

from uuid import UUID

from django.db.models import QuerySet

from campaigns.models import Campaign
from campaigns.queries.campaigning.reading import content_of, public_id
from campaigns.rules.campaigning import added
from members.rules.adding import NOTHING, Added

_MOST_KEPT = 2000
_kept: dict[tuple[UUID, int], Added] = {}


class Running:
    """The campaigns that count, as `members.queries.adding.Adder` asks for them. Each rule has its campaign's window:
    one that is planned is here before it begins, and one that has ended for a while after, for orders that come
    late."""

    def added(self) -> Added:
        """Rules, budgets and offers of all campaigns of the merchant in scope that count."""
        running = Campaign.objects.filter(counts=True).order_by("id")
        mark = tuple((key, revision) for key, revision in running.values_list("id", "revision"))
        if not all(one in _kept for one in mark):
            mark = _read(running)  # what is read counts: somebody may have changed one since
        if not mark:
            return NOTHING
        found = [_kept[one] for one in mark]
        return Added(
            mark,
            tuple(rule for one in found for rule in one.rules),
            tuple(budget for one in found for budget in one.budgets),
            tuple(offer for one in found for offer in one.offers),
        )


def _read(running: QuerySet[Campaign]) -> tuple[tuple[UUID, int], ...]:
    if len(_kept) > _MOST_KEPT:
        _kept.clear()
    rows = list(running)
    _kept.update({(row.pk, row.revision): rules_of(row) for row in rows})
    return tuple((row.pk, row.revision) for row in rows)


def rules_of(row: Campaign) -> Added:
    """What one campaign adds as it stands."""
    return added(public_id(row), content_of(row), counts_from=row.counts_from, until=row.ended_at)
