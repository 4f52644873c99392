"""What stands between a test shop and its live one, and what going live would change. Reads both, changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from loyalty.core.merchants.models import Merchant
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.document import Programme
from loyalty.core.programme.identity import LANGUAGES
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import acting_for
from loyalty.setup.costing import Cost, costs, usual_basket
from loyalty.setup.queries import delivers_mail
from members.operations.tier_publishing import MOVE_DOWN
from members.queries.orders import newest_of_members
from members.queries.overview import Period, figure
from members.queries.products import unsold
from members.queries.tiers import anybody_in
from members.rules.filters import goods_named
from rewards.models import Reward
from rewards.operations.catalogue import FIELDS
from rewards.queries.catalogue import kind_terms, rewards

COSTLY = Decimal("0.15")
"""Above this share of the money, a programme gives back more than most shops earn: it has to be confirmed."""
FAR = 40
"""More usual purchases than this for the nearest reward, and people give up before they get there."""
LOOKED_AT = 25
COPIED = tuple(name for name in FIELDS if name != "stock")
"""What a reward is, besides how many are left: that is the live shop's own affair once it offers it."""


class Weight(StrEnum):
    """What a finding means: it stops, it has to be confirmed, or it is only recommended."""

    STOPS = "stops"
    CONFIRM = "confirm"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: a stable `code`, how much it weighs, and what its sentence is filled with."""

    code: str
    weight: Weight
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RewardChange:
    """What going live does to one reward: `made`, `changed`, `retired` or `restored`."""

    reward: Reward
    what: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """All of it. `number` is the version of the test programme that would go live, None while there is none."""

    number: int | None
    programme: Programme | None
    findings: tuple[Finding, ...]
    changes: tuple[RewardChange, ...]
    programme_changes: bool
    cost: Cost | None
    offered: tuple[Reward, ...] = ()

    def of(self, weight: Weight) -> list[Finding]:
        """The findings of one weight."""
        return [one for one in self.findings if one.weight is weight]

    @property
    def anything(self) -> bool:
        """True when going live would change something."""
        return self.programme_changes or bool(self.changes)


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two shops has."""

    current: programmes.Current | None
    content: dict[str, Any] | None
    has_draft: bool
    rewards: list[Reward]
    basket_minor: int
    month_minor: int


def side(merchant: Merchant, *, at: datetime) -> Side:
    """A shop's programme, rewards and usual purchase, in its own scope."""
    with acting_for(merchant, by=scope.actor()):
        current = programmes.in_force()
        bought = sorted(order.total_minor for order in newest_of_members(LOOKED_AT))
        spent = figure("revenue_members", Period.last_days(30, at=at, zone=merchant.timezone)).value
        return Side(
            current,
            programmes.complete(programmes.numbered(current.number)) if current else None,
            programmes.draft() is not None,
            list(rewards(retired=True)),
            bought[len(bought) // 2] if bought else 0,
            max(0, int(spent or 0)),
        )


def readiness(*, sandbox: Merchant, live: Merchant, at: datetime) -> Readiness:
    """How far the test shop is from going live. Needs an open scope, whose actor works at both."""
    test, real = side(sandbox, at=at), side(live, at=at)
    programme = test.current.programme if test.current else None
    offered = [row for row in test.rewards if row.retired_at is None]
    cost = None
    if programme is not None:
        basket = real.basket_minor or test.basket_minor or usual_basket(live.currency)
        cost = costs(
            programme, offered, basket_minor=basket, month_spent_minor=real.month_minor, currency=live.currency,
            zone=live.timezone, at=at,
        )  # fmt: skip
    found = [
        *_programme_findings(programme, test, real),
        *_tier_findings(programme, real, live),
        *_goods_findings(programme, live),
        *_reward_findings(programme, offered, cost),
        *_word_findings(programme, offered, live),
        *_server_findings(),
    ]
    return Readiness(
        number=test.current.number if test.current else None,
        programme=programme,
        findings=tuple(found),
        changes=tuple(changes(test.rewards, real.rewards)),
        programme_changes=test.content is not None and test.content != real.content,
        cost=cost,
        offered=tuple(offered),
    )


def changes(test: Sequence[Reward], live: Sequence[Reward]) -> Iterator[RewardChange]:
    """What has to be done so that the live shop offers what the test shop does, told by handles. Rewards that only the
    live shop has stay as they are."""
    known = {row.handle: row for row in live}
    for row in test:
        there = known.get(row.handle)
        if there is None:
            if row.retired_at is None:
                yield RewardChange(row, "made")
            continue
        if (row.retired_at is None) != (there.retired_at is None):
            yield RewardChange(row, "retired" if row.retired_at else "restored")
        if any(getattr(row, name) != getattr(there, name) for name in COPIED):
            yield RewardChange(row, "changed")


def _programme_findings(programme: Programme | None, test: Side, real: Side) -> Iterator[Finding]:
    if programme is None:
        yield Finding("no_programme", Weight.STOPS)
    elif not programme["earning"].rules and not programme["referrals"].on:
        yield Finding("nothing_earns", Weight.STOPS)
    if real.has_draft:
        yield Finding("live_draft", Weight.STOPS)
    if test.has_draft:
        yield Finding("test_draft", Weight.ADVICE, {"number": test.current.number if test.current else 0})


def _tier_findings(programme: Programme | None, real: Side, live: Merchant) -> Iterator[Finding]:
    """Tiers that members of the live shop have and the new ladder has not: publishing asks what becomes of them."""
    if programme is None or real.current is None:
        return
    after, before = programme["tiers"], real.current.programme["tiers"]
    with acting_for(live, by=scope.actor()):
        gone = [tier.id for tier in before.ladder if after.rank(tier.id) < 0 and anybody_in(tier.id)]
    if gone:
        yield Finding(MOVE_DOWN, Weight.CONFIRM, {"names": gone})


def _goods_findings(programme: Programme | None, live: Merchant) -> Iterator[Finding]:
    """What rules call goods by that the live shop's catalogue does not have: most often a name that is misspelt."""
    if programme is None:
        return
    with acting_for(live, by=scope.actor()):
        missing = unsold(goods_named(tuple(rule for rule in programme["earning"].rules if not rule.off)))
    if missing:
        yield Finding(
            "unsold", Weight.ADVICE, {"names": [word for words in missing.values() for word in words]}
        )


def _reward_findings(
    programme: Programme | None, offered: list[Reward], cost: Cost | None
) -> Iterator[Finding]:
    if not offered:
        yield Finding("no_reward", Weight.STOPS)
        return
    if programme is None or cost is None:
        return
    missing = {card.reward for card in programme["side_units"].cards} - {row.handle for row in offered}
    if missing:
        yield Finding("card_without_reward", Weight.STOPS, {"names": sorted(missing)})
    if cost.share is not None and cost.share > COSTLY:
        yield Finding("costly", Weight.CONFIRM, {"share": cost.share})
    elif cost.share is None and cost.points:
        yield Finding("cost_unknown", Weight.ADVICE)
    purchases = nearest(programme, offered, cost)
    if purchases is not None and purchases > FAR:
        yield Finding("far", Weight.ADVICE, {"count": purchases})
    empty = [row for row in offered if kind_terms(row).codes == "pool"]
    if empty:
        yield Finding("codes", Weight.ADVICE, {"rewards": empty})


def nearest(programme: Programme, offered: Sequence[Reward], cost: Cost) -> int | None:
    """Usual purchases until the nearest reward; 0 when one is free, None when purchases alone lead to none."""
    counts = [
        0 for row in offered if not row.cost_points and not row.gift_only and not kind_terms(row).at_checkout
    ]
    if cost.points:
        counts += [
            -(-row.cost_points // cost.points) for row in offered if row.cost_points and not row.gift_only
        ]
    if cost.stamps:
        counts += [-(-card.needed // cost.stamps) for card in programme["side_units"].cards]
    return min(counts, default=None)


def _word_findings(programme: Programme | None, offered: list[Reward], live: Merchant) -> Iterator[Finding]:
    own = live.language if live.language in LANGUAGES else "en"
    nameless = [row for row in offered if not row.name.get(own)]
    name = programme["identity"].name if programme else {}
    if nameless:
        yield Finding("words", Weight.STOPS, {"rewards": nameless, "language": own})
    if name and not name.get(own):
        yield Finding("name_word", Weight.ADVICE, {"language": own})
    for language in LANGUAGES:
        count = sum(1 for row in offered if not row.name.get(language))
        if language != own and count > 0:
            yield Finding("other_words", Weight.ADVICE, {"language": language, "count": count})


def _server_findings() -> Iterator[Finding]:
    if not delivers_mail():
        yield Finding("no_email", Weight.CONFIRM)
    if urlsplit(settings.SITE_URL).hostname in {"127.0.0.1", "localhost", "::1"}:
        yield Finding("local_address", Weight.ADVICE)
