"""A member as the rules of rewards see them, in one statement; the same one that redeeming asks under its locks."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from msgspec import Struct, json

from loyalty.core.merchants.queries import shop_of_scope
from members.models import Member
from members.rules.limits import period_start
from rewards.rules.eligibility import PERIODS, Asker


class Seen(Struct):
    """What `rewards_asker` says."""

    standing: str
    joined_at: datetime
    points: int
    birthday: date | None
    tier: str
    segments: list[str]
    had: dict[UUID, list[int]]

    def asker(
        self, reward: UUID, zone: ZoneInfo, *, channel: str = "", booking: bool = False, paying: bool = False
    ) -> Asker:
        """The member as they ask for one of the rewards."""
        total, *within = self.had.get(reward, [0] * (1 + len(PERIODS)))
        return Asker(
            points=self.points, had=total, active=self.standing == Member.Status.ACTIVE, channel=channel,
            had_in=dict(zip(PERIODS, within, strict=True)), tier=self.tier, segments=frozenset(self.segments),
            joined_at=self.joined_at, birthday=self.birthday, zone=zone, booking=booking, paying=paying,
        )  # fmt: skip


_seen = json.Decoder(Seen | None).decode


def starts(at: datetime, zone: ZoneInfo) -> list[datetime | None]:
    """Since when each period counts that an instant lies in."""
    return [period_start(period, at, zone) for period in PERIODS]


def zone_of_shop() -> ZoneInfo:
    """The zone in which the shop's days begin."""
    return ZoneInfo(shop_of_scope().timezone)


def seen(member: UUID, rewards: Sequence[UUID], *, at: datetime) -> Seen | None:
    """What there is to know of a member for some rewards at an instant; None when there is no such member."""
    with connection.cursor() as cursor:
        asked: list[Any] = [member, list(rewards), starts(at, zone_of_shop()), at]
        cursor.execute("SELECT rewards_asker(%s, %s::uuid[], %s::timestamptz[], %s)", asked)
        found: Seen | None = _seen(cursor.fetchone()[0] or "null")
    return found
