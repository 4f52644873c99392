"""Points for something of a higher floor, such as a challenge: given under the terms of a programme version, and
taken back by its policy for refunds. In the caller's transaction, under the member's counts; the books are held
first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from loyalty.core.ledger.chart import Do, MerchantAccount
from loyalty.core.ledger.operations import Posting, hold, post
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.operations.taking_back import Claim, Taken, take_back
from members.rules.points_life import PointsLife, expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """Whose `points`, what they are for (`kind` and `source` name it for good), the rule, and the programme version
    whose terms they live by."""

    kind: str
    source: UUID
    member: UUID
    points: int
    version: UUID | None
    rule: str = ""


def hold_books(*, member: UUID) -> None:
    """Keep others from a member's books until the transaction ends. After what was given, before rewards."""
    hold([member])


def give_award(*, award: Award, at: datetime) -> None:
    """Give the points, spendable at once. The same award again gives nothing more."""
    if award.points <= 0:
        return
    life = _life(award)
    post(Posting(
        do=Do.GRANT, key=f"{award.kind}:{award.source}", kind=award.kind, event="points.earned", owner=award.member,
        actor=str(scope.actor()), at=at, now=at, amount=award.points, counter=MerchantAccount.ISSUED,
        expires_at=expires_at(life, at, ZoneInfo(shop_of_scope().timezone)),
        slides_days=life.days if life.expiry == "sliding" else None,
        source_kind=award.kind, source=award.source, version=award.version, rule=award.rule,
    ))  # fmt: skip


def take_award_back(*, award: Award, at: datetime) -> Taken:
    """Take the points back; those that were used by then are told, not dropped."""
    if award.points <= 0:
        return Taken()
    return take_back(Claim(
        kind=award.kind, key=f"{award.kind}:{award.source}:back", source_kind=award.kind, source=award.source,
        owner=award.member, owed=award.points, policy=_life(award).on_shortfall, at=at, now=at,
        version=award.version,
    ))  # fmt: skip


def _life(award: Award) -> PointsLife:
    if award.version is None:
        return PointsLife()
    life: PointsLife = programmes.version(award.version).programme["points_life"]
    return life
