"""The rules of campaigns as decisions find them."""

from campaigns.models import Campaign
from campaigns.queries.campaigning.reading import content_of, public_id
from campaigns.rules.campaigning import added
from members.rules.adding import Added


class Running:
    """The campaigns that count, as `members.queries.adding.Adder` asks for them. Each rule has its campaign's window:
    one that is planned is here before it begins, and one that has ended for a while after, for orders that come
    late."""

    def added(self) -> Added:
        """Rules, budgets and offers of all campaigns of the merchant in scope that count."""
        found = [rules_of(row) for row in Campaign.objects.filter(counts=True).order_by("id")]
        return Added(
            tuple(rule for one in found for rule in one.rules),
            tuple(budget for one in found for budget in one.budgets),
            tuple(offer for one in found for offer in one.offers),
        )


def rules_of(row: Campaign) -> Added:
    """What one campaign adds as it stands."""
    return added(public_id(row), content_of(row), counts_from=row.counts_from, until=row.ended_at)
