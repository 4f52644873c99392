"""How what a decision gives becomes postings: one lot for each unit, under the terms of that unit."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from loyalty.core.ledger.chart import POINTS, Do, MerchantAccount
from loyalty.core.ledger.operations import Posting
from loyalty.core.programme.document import Programme
from loyalty.core.tenancy import scope
from members.rules.decision import Decision
from members.rules.owning import owner_of
from members.rules.points_life import PointsLife, Terms, terms

NO_TERMS = Terms(False, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What earned: an order or an activity, whose it is, when it happened and when it is written (`now`). `version` is
    the programme it was decided by."""

    kind: str
    id: UUID
    owner: UUID
    at: datetime
    now: datetime
    version: UUID | None


def life_of(programme: Programme, *, unit: str) -> PointsLife:
    """How long what is earned of a unit lives."""
    life: PointsLife = programme["points_life"] if unit == POINTS else programme["side_units"].life(unit)
    return life


def _parts(decision: Decision) -> Iterator[tuple[str, str, int, list[str]]]:
    """What a decision gives, by unit and by whose rules: (unit, owner, amount, rules). The programme's own is first."""
    for unit in decision.units():
        parts: dict[str, tuple[int, list[str]]] = {}
        gave = {reason.rule: reason.amount for reason in decision.reasons if reason.unit == unit}
        own = decision.earned(unit)
        for rule in decision.rules(unit):
            owner = owner_of(rule)
            amount, rules = parts.get(owner, (0, []))
            parts[owner] = amount + (gave[rule] if owner else 0), [*rules, rule]
        own -= sum(amount for amount, _rules in parts.values())
        for owner in sorted(parts):
            amount, rules = parts[owner]
            yield unit, owner, amount if owner else own, rules


def grants(
    decision: Decision, *, source: Source, programme: Programme, zone: ZoneInfo, waits: bool = True
) -> Iterator[Posting]:
    """The postings of everything a decision gives in the ledger, points first; what a campaign adds is a posting and a
    lot of its own. `waits` False: a hold that is over by `now` is not waited for again (an order that is claimed
    late)."""
    for unit, owner, amount, rules in _parts(decision):
        life = terms(life_of(programme, unit=unit), source.at, zone)
        if not waits and life.available_from is not None and life.available_from <= source.now:
            life = replace(life, pending=False, available_from=None)
        yield Posting(
            do=Do.GRANT,
            # The key of points is the source's own, so that what was recorded before there were other units stays so.
            key=":".join(filter(None, (source.kind, str(source.id), "" if unit == POINTS else unit, owner))),
            kind="earn",
            event=f"{unit.partition('-')[0]}.earned",
            owner=source.owner,
            actor=str(scope.actor()),
            at=source.at,
            now=source.now,
            unit=unit,
            amount=amount,
            counter=MerchantAccount.ISSUED,
            pending=life.pending,
            available_from=life.available_from,
            expires_at=life.expires_at,
            slides_days=life.slides_days,
            # A purchase is activity: the member's other points on sliding terms start again with these.
            slide_to=life.expires_at if life.slides_days and waits else None,
            source_kind=source.kind,
            source=source.id,
            version=source.version,
            rule=",".join(rules)[:80],
        )
