"""How segments read what was foretold of members: the last night's work (`MemberValue`)."""

from campaigns.queries.segments.figures import Asking, Figure, between, told_above
from campaigns.rules import segments as rules


def _stage(one: rules.Foretold, asking: Asking) -> Figure:
    value = f"{asking.of_member('analytics_membervalue')}.stage"
    wanted = asking.value([stage.value for stage in one.any_of], "text[]")
    return Figure(value, f"coalesce({value} = ANY({wanted}), false)")


def _spend(one: rules.ForetoldSpend, asking: Asking) -> Figure:
    value = f"{asking.of_member('analytics_membervalue')}.predicted_minor"
    return Figure(value, between(value, one.at_least_minor, one.at_most_minor, asking))


def register() -> None:
    """Segments may ask for these from now on."""
    told_above(rules.Foretold, _stage)
    told_above(rules.ForetoldSpend, _spend)
