"""What an automation names of the shop: segments, rewards, offers, webhooks, kinds of events. Nothing is read."""

from collections.abc import Iterator

from campaigns.rules.automations import AddTo, Check, Enters, Flow, Leaves, TakeOff, every
from campaigns.rules.segments import Conditions, InSegment, leaves


def segments_in(flow: Flow) -> frozenset[str]:
    """Every segment a flow names, by handle."""
    return frozenset(handle for _path, handle in _segments(flow))


def conditions_in(flow: Flow) -> Iterator[tuple[str, Conditions]]:
    """Every set of conditions in a flow, with its path; those that ask nothing are left out."""
    for name, conditions in (("only", flow.only), ("exit_when", flow.exit_when)):
        if conditions.of:
            yield name, conditions
    for path, step, _depth in every(flow.steps):
        if isinstance(step, Check):
            yield f"{path}.test", step.test


def _segments(flow: Flow) -> Iterator[tuple[str, str]]:
    for index, start in enumerate(flow.starts):
        if isinstance(start, Enters | Leaves):
            yield f"starts[{index}].segment", start.segment
    for path, step, _depth in every(flow.steps):
        if isinstance(step, AddTo | TakeOff):
            yield f"{path}.segment", step.segment
    for path, conditions in conditions_in(flow):
        for inside, one in leaves(conditions):
            if isinstance(one, InSegment):
                for handle in one.any_of:
                    yield f"{path}.{inside}.any_of", handle
