"""Looks at a programme before it is published: does it have the tiers and segments that rewards are for?"""

from collections.abc import Iterator

from loyalty.core.programme.document import Coded, Programme
from members.queries.naming import missing
from members.rules.naming import Called, What, segment
from rewards.models import Reward
from rewards.queries.catalogue import rewards
from rewards.queries.telling import named

_PLACES = {What.TIER: "tiers.ladder", What.PLAN: "membership_plans.plans", What.OFFER: "offers.offers"}


def review(programme: Programme) -> list[Coded]:
    """What rewards in the catalogue name and the programme lacks; the path is where it would have to stand."""
    limited = rewards().exclude(audience={})
    return missing(programme, (call for row in limited for call in _called(row)))


def beyond(programme: Programme) -> list[Reward]:
    """Rewards in the catalogue that nobody could have under a programme: it lacks what they are for."""
    return [row for row in rewards().exclude(audience={}) if missing(programme, _called(row))]


def _called(row: Reward) -> Iterator[Called]:
    name, audience = named(row), row.audience
    for tier in audience.get("tiers", ()):
        yield Called(_PLACES[What.TIER], name, What.TIER, tier)
    for one in (*audience.get("segments", ()), *audience.get("not_segments", ())):
        what = segment("", name, one).what
        yield Called(_PLACES.get(what, "earning.rules"), name, what, one)
