"""Open a blueprint: its rewards into the catalogue, its programme as the one that counts, in the sandbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.blueprints.catalogue import blueprint as found_by
from loyalty.blueprints.shape import Blueprint, for_shop
from loyalty.core.errors import DomainError
from loyalty.core.events.operations import record
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import document
from loyalty.core.programme import operations as programmes
from loyalty.core.programme.models import Version
from rewards.operations.catalogue import create_reward, retire_reward
from rewards.queries.catalogue import taken_handles
from rewards.queries.naming import beyond


class SandboxOnly(DomainError):
    code = "sandbox_only"
    message = _("Open a blueprint in the test shop first, try it there, and take it live when it is right.")


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening led to: the version that counts now, the handles of the rewards that were made, of those that were
    there already and stay as they are, and of those that were retired, being for tiers or segments that are gone."""

    blueprint: Blueprint
    version: Version
    made: tuple[str, ...]
    kept: tuple[str, ...]
    retired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fit:
    """A blueprint as a shop adjusted it before opening it: its document, and its rewards with their handles."""

    programme: Mapping[str, Any]
    rewards: Sequence[Mapping[str, Any]]


def fitted(part: Any, *, at: datetime) -> Any:
    """A part of a blueprint as it would be opened for the shop that is acted for."""
    shop = shop_of_scope()
    return for_shop(part, currency=shop.currency, language=shop.language, zone=ZoneInfo(shop.timezone), at=at)


@transaction.atomic
def open_blueprint(*, blueprint: str, at: datetime, fit: Fit | None = None) -> Opened:
    """Make a blueprint the programme of the test shop that is acted for; `fit` is what was adjusted before. Rewards
    whose handle the shop has already stay as they are, unless they are for tiers or segments it does not have: those
    are retired. Raises `NotFound`, `SandboxOnly`, `InvalidInput` for numbers that cannot be, and `NothingChanged` when
    it counts already."""
    one, shop = found_by(blueprint), shop_of_scope()
    if not shop.is_sandbox:
        raise SandboxOnly()
    handles = [reward["handle"] for reward in one.rewards]
    missing = set(handles) - taken_handles(handles)
    rewards = fit.rewards if fit else [fitted(reward, at=at) for reward in one.rewards]
    for position, reward in enumerate(rewards):
        if reward["handle"] in missing:
            details = {"position": position, **reward}
            create_reward(at=at, handle=details.pop("handle"), details=details)
    content = fit.programme if fit else fitted(one.programme, at=at)
    note = str(_("Blueprint: {name}")).format(name=one.said(shop.language).name)
    draft = programmes.save_draft(content=content, at=at, note=note)
    gone = beyond(document.parse(draft.document))
    for reward in gone:
        retire_reward(reward=reward.pk, at=at)
    version = programmes.publish(at=at, note=note)
    record("blueprint.opened", subject=None, at=at, data={"blueprint": one.id, "version": str(version.pk)})
    return Opened(
        one,
        version,
        tuple(h for h in handles if h in missing),
        tuple(h for h in handles if h not in missing),
        tuple(reward.handle for reward in gone),
    )
