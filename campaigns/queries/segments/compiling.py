"""Conditions as one statement: who fits, how many, and for one member what was compared."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection

from campaigns.models import RfmScale
from campaigns.queries.segments.figures import FIGURES, Asking, Figure, Scale
from campaigns.rules.segments import Condition, Conditions, Group, Match
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.plans import planned_for_its_values
from members.models import Member

HERE = "m.status IN ('active', 'blocked')"
"""Who can be in a segment: whoever is still a member."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One condition of a group as it stands for a member: the condition, what was found (JSON), whether it fits."""

    condition: Condition
    value: Any
    holds: bool


@dataclass(frozen=True, slots=True)
class CheckedGroup:
    """A group as it stands for a member."""

    match: Match
    of: tuple["Checked | CheckedGroup", ...]
    holds: bool


def scale_of_scope() -> Scale:
    """Where the fifths of the shop's buyers end; an empty scale before the first night."""
    row = RfmScale.objects.first()
    if row is None:
        return Scale()
    recency = tuple(datetime.fromisoformat(one) for one in row.recency)
    return Scale(recency, tuple(row.frequency), tuple(row.money))


@dataclass(slots=True)
class Compiled:
    """Conditions as SQL: `test` over `m` and the joins, with the values it carries. `fits` is where members come from
    and which of them fit."""

    asking: Asking
    test: str
    figures: list[Figure]

    @property
    def fits(self) -> str:
        """FROM and WHERE of who fits."""
        return f"{self.origin} AND {self.test}"

    @property
    def origin(self) -> str:
        """FROM and WHERE of everybody who is asked for."""
        joins = " ".join(text.replace("{j}", alias) for text, alias in self.asking.joins.items())
        only = self.asking.only("m.id")
        return f"FROM members_member m {joins} WHERE m.merchant_id = %(m)s::bigint AND {HERE}{only}"

    def values(self, members: Sequence[UUID] = (), **more: Any) -> dict[str, Any]:
        """What the statement carries, for some members where few are asked for."""
        theirs = _with_merged(members) if self.asking.few else []
        return {
            **self.asking.values, "m": scope.merchant_id(), "at": self.asking.at, "zone": self.asking.zone.key,
            "members": list(members), "theirs": theirs, **more,
        }  # fmt: skip


def compiled(
    conditions: Conditions, *, at: datetime, few: bool = False, scale: Scale | None = None
) -> Compiled:
    """Conditions of the shop acted for, as of an instant; `few` to ask for some members only."""
    zone = ZoneInfo(shop_of_scope().timezone)
    asking = Asking(at, zone, scale_of_scope() if scale is None else scale, few)
    figures: list[Figure] = []
    return Compiled(asking, _group(conditions, asking, figures), figures)


def _group(group: Conditions | Group, asking: Asking, figures: list[Figure]) -> str:
    tests = []
    for node in group.of:
        if isinstance(node, Group):
            tests.append(_group(node, asking, figures))
            continue
        figure = FIGURES[type(node)](node, asking)
        figures.append(figure)
        tests.append(f"({figure.holds})")
    joined = (" AND " if group.match is Match.ALL else " OR ").join(tests)
    return f"(NOT ({joined}))" if group.match is Match.NONE else f"({joined})"


def _with_merged(members: Sequence[UUID]) -> list[UUID]:
    merged = Member.objects.filter(merged_into__in=list(members)).values_list("pk", flat=True)
    return [*members, *merged]


def run(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement that is planned for the values it carries."""
    with planned_for_its_values(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def count(conditions: Conditions, *, at: datetime) -> int:
    """How many members fit."""
    asked = compiled(conditions, at=at)
    return int(run(f"SELECT count(*) {asked.fits}", asked.values())[0][0])


def sample(conditions: Conditions, *, at: datetime, most: int) -> list[UUID]:
    """Some of those who fit, the newest members first."""
    asked = compiled(conditions, at=at)
    sql = f"SELECT m.id {asked.fits} ORDER BY m.joined_at DESC, m.id DESC LIMIT %(most)s::int"
    return [row[0] for row in run(sql, asked.values(most=most))]


def who_fits(conditions: Conditions, *, members: Collection[UUID] | None = None, at: datetime) -> set[UUID]:
    """Everybody who fits, or those of some members who do."""
    asked = compiled(conditions, at=at, few=members is not None)
    return {row[0] for row in run(f"SELECT m.id {asked.fits}", asked.values(list(members or ())))}


def checked(conditions: Conditions, *, member: UUID, at: datetime) -> CheckedGroup | None:
    """How each condition stands for one member, with what was compared; None when they are no member any more."""
    asked = compiled(conditions, at=at, few=True)
    columns = ", ".join(f"to_jsonb({one.value})::text, ({one.holds})" for one in asked.figures)
    rows = run(f"SELECT {columns} {asked.origin}", asked.values([member]))
    if not rows:
        return None
    return _stands(conditions, iter(_pairs(rows[0])))


def _pairs(row: Sequence[Any]) -> Iterable[tuple[Any, bool]]:
    values = (msgspec.json.decode(one) if one is not None else None for one in row[::2])
    return zip(values, row[1::2], strict=True)


def _stands(group: Conditions | Group, found: Iterator[tuple[Any, bool]]) -> CheckedGroup:
    of: list[Checked | CheckedGroup] = [
        _stands(node, found) if isinstance(node, Group) else Checked(node, *next(found)) for node in group.of
    ]
    held = [one.holds for one in of]
    holds = {Match.ALL: all(held), Match.ANY: any(held), Match.NONE: not any(held)}[group.match]
    return CheckedGroup(group.match, tuple(of), holds)
