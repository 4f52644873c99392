"""What analytics keeps: figures already summed, and what of them is out of date."""

from analytics.models.facts import Fact, Mark, Stale

__all__ = ["Fact", "Mark", "Stale"]
