"""Create, edit and retire rewards."""

import re
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.money import MAX_MINOR, MAX_POINTS
from loyalty.core.pictures.queries import known
from loyalty.core.programme.identity import LANGUAGES
from rewards.models import Reward
from rewards.operations.terms import kind_problems
from rewards.rules.kinds import read

_HANDLE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SPELT = str.maketrans({"æ": "ae", "Æ": "ae", "ø": "o", "Ø": "o", "ß": "ss", "ð": "d", "þ": "th", "ł": "l"})
FIELDS = (
    "kind",
    "name",
    "description",
    "cost_points",
    "gift_only",
    "value",
    "terms",
    "product_sku",
    "unit_cost_minor",
    "stock",
    "limit_per_member",
    "limits",
    "audience",
    "delivery",
    "available_from",
    "available_until",
    "channels",
    "code_valid_days",
    "position",
)


class HandleTaken(DomainError):
    code = "handle_taken"
    message = _("Another reward already has this id.")
    field = "handle"


class StockBelowTaken(DomainError):
    code = "stock_below_taken"
    message = _("{taken} have already been taken; the stock cannot be smaller.")
    field = "stock"


@transaction.atomic
def create_reward(*, at: datetime, details: Mapping[str, Any], handle: str = "") -> Reward:
    """A new reward. `details` holds the model's fields by name. Its `handle` is made from its name when none is given,
    and stays. Raises `InvalidInput` naming each bad field, `HandleTaken`."""
    if handle and not (len(handle) <= 60 and _HANDLE.fullmatch(handle)):
        raise InvalidInput.of("handle", str(_("Write it in small letters, digits and dashes, at most 60.")))
    reward = Reward(created_at=at)
    _fill(reward, details)
    for wanted in [handle] if handle else _handles(str(reward)):
        reward.handle = wanted
        try:
            with transaction.atomic():
                reward.save(force_insert=True)
            break
        except IntegrityError as error:
            if (
                getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
                != "rewards_reward_handle"
            ):
                raise
    else:
        raise HandleTaken()
    record("reward.created", subject=reward.pk, at=at, data={"cost_points": reward.cost_points})
    return reward


@transaction.atomic
def edit_reward(*, reward: UUID, at: datetime, details: Mapping[str, Any]) -> Reward:
    """Change the given fields. Open redemptions keep the cost they were made at."""
    row = Reward.objects.select_for_update().filter(pk=reward).first()
    if row is None:
        raise NotFound("reward")
    _fill(row, details)
    if row.stock is not None and row.stock < row.taken:
        raise StockBelowTaken(taken=row.taken)
    row.save()
    record("reward.edited", subject=row.pk, at=at, data={"fields": sorted(details)})
    return row


@transaction.atomic
def picture_reward(*, reward: UUID, picture: UUID | None, at: datetime) -> Reward:
    """Show a kept picture (its id) with a reward, or none. Raises `NotFound` for either that is not there."""
    row = Reward.objects.select_for_update().filter(pk=reward).first()
    if row is None:
        raise NotFound("reward")
    if picture is not None and not known(picture):
        raise NotFound("picture")
    row.picture_id = picture
    row.save(update_fields=["picture"])
    record("reward.edited", subject=row.pk, at=at, data={"fields": ["picture"]})
    return row


@transaction.atomic
def retire_reward(*, reward: UUID, at: datetime, retired: bool = True) -> Reward:
    """Take a reward out of (or back into) the catalogue. Codes already out stay good."""
    row = Reward.objects.select_for_update().filter(pk=reward).first()
    if row is None:
        raise NotFound("reward")
    row.retired_at = at if retired else None
    row.save(update_fields=["retired_at"])
    record("reward.retired" if retired else "reward.restored", subject=row.pk, at=at)
    return row


def _handles(name: str) -> Iterator[str]:
    """Handles for a name, plain ones first: the first that nobody has is the reward's."""
    base = slugify(name.translate(_SPELT))[:50].strip("-_").replace("_", "-") or "reward"
    used = set(Reward.objects.filter(handle__begins=base).values_list("handle", flat=True))
    numbered = (base if number == 1 else f"{base}-{number}" for number in range(1, len(used) + 2))
    yield from islice((handle for handle in numbered if handle not in used), 3)
    yield f"{base}-{secrets.token_hex(4)}"  # others are taking the plain ones at this very moment


def _fill(reward: Reward, details: Mapping[str, Any]) -> None:
    pooled, kind = _is_pooled(reward), reward.kind
    for name in FIELDS:
        if name in details:
            setattr(reward, name, details[name])
    if kind and reward.kind != kind and "terms" not in details:
        reward.terms = {}  # those of another kind
    problems = [*_problems(reward), *kind_problems(reward)]
    if not problems:
        _settle_stock(reward, pooled, details)
    errors = [{"field": field, "code": "invalid", "message": str(message)} for field, message in problems]
    if errors:
        raise InvalidInput(errors)


def _is_pooled(reward: Reward) -> bool:
    return bool(reward.handle) and read(reward.kind, reward.terms).codes == "pool"


def _settle_stock(reward: Reward, pooled: bool, details: Mapping[str, Any]) -> None:
    """Where codes come out of a pool, the stock is what is in it; whoever has begun one way stays with it."""
    now = read(reward.kind, reward.terms).codes == "pool"
    if reward._state.adding:
        reward.stock = 0 if now else reward.stock
    elif now != pooled and (reward.taken or reward.stock):
        raise InvalidInput.of(
            "kind", str(_("Codes are out or waiting in the pool: make another reward for this."))
        )
    elif now:
        reward.stock = Reward.objects.values_list("stock", flat=True).get(pk=reward.pk) or 0


def _problems(reward: Reward) -> list[tuple[str, Any]]:
    problems: list[tuple[str, Any]] = []
    if reward.kind not in Reward.Kind.values:
        problems.append(("kind", _("Choose one of the kinds offered.")))
    if not any(str(text).strip() for text in reward.name.values()):
        problems.append(("name", _("Give the reward a name.")))
    for field, words, most in (("name", reward.name, 120), ("description", reward.description, 1000)):
        for language, text in words.items():
            if language not in LANGUAGES:
                problems.append((f"{field}.{language}", _("This language is not offered.")))
            elif len(text) > most or "\x00" in text:
                problems.append((f"{field}.{language}", _("This text is too long.")))
    for field, low, high in (
        ("cost_points", 0, MAX_POINTS), ("value", 0, MAX_MINOR), ("unit_cost_minor", 0, MAX_MINOR),
        ("code_valid_days", 1, 3660), ("position", 0, 100_000),
    ):  # fmt: skip
        if not low <= getattr(reward, field) <= high:
            problems.append((field, _("This number is out of range.")))
    for field, high in (("stock", 2_000_000_000), ("limit_per_member", 1_000_000)):
        number = getattr(reward, field)
        if number is not None and not 0 <= number <= high:
            problems.append((field, _("This number is out of range.")))
    if reward.available_from and reward.available_until and reward.available_until <= reward.available_from:
        problems.append(("available_until", _("It ends before it starts.")))
    return problems
