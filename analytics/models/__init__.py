"""What analytics keeps: figures already summed and what of them is out of date, what is foretold of members, and what
people enter and decide around figures."""

from analytics.models.deciding import Advice, Cost, Economics, Goal
from analytics.models.facts import Fact, Mark, Stale
from analytics.models.value import MemberValue, ValueFit

__all__ = ["Advice", "Cost", "Economics", "Fact", "Goal", "Mark", "MemberValue", "Stale", "ValueFit"]
