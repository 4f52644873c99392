"""What a reward says by its kind, and of who may have it, checked and brought into the form in which it is kept."""

from typing import Any

from msgspec import ValidationError, convert

from rewards.models import Reward
from rewards.rules.audience import Audience, Limit, limit_problems
from rewards.rules.kinds import KINDS, Said, as_stored, looked_at


def kind_problems(reward: Reward) -> list[tuple[str, Any]]:
    """What is wrong with a reward's terms, limits and audience, as (field, sentence); what is right is kept complete,
    with its defaults."""
    problems: list[tuple[str, Any]] = []
    if reward.delivery not in Reward.Delivery.values:
        problems.append(("delivery", "Choose shipped, collected, served or nothing."))
    if reward.kind in KINDS:
        terms, problems_found = looked_at(reward.kind, reward.terms)
        problems += problems_found
        if terms is not None:
            problems += terms.problems(Said(reward.value, reward.product_sku, reward.cost_points))
            reward.terms = as_stored(terms)
    return [*problems, *_audience(reward), *_limits(reward)]


def _audience(reward: Reward) -> list[tuple[str, str]]:
    try:
        audience = convert(reward.audience, Audience, strict=True)
    except ValidationError as error:
        return [_complaint("audience", error)]
    reward.audience = as_stored(audience)
    return [(f"audience.{path}", message) for path, message in audience.problems()]


def _limits(reward: Reward) -> list[tuple[str, str]]:
    try:
        limits = convert(reward.limits, tuple[Limit, ...], strict=True)
    except ValidationError as error:
        return [_complaint("limits", error)]
    reward.limits = as_stored(limits)
    return [(f"limits{path}", message) for path, message in limit_problems(limits)]


def _complaint(field: str, error: ValidationError) -> tuple[str, str]:
    message, _, path = str(error).partition(" - at `$")
    return f"{field}{path.rstrip('`')}", message
