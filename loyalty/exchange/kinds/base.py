"""What every kind of import has: its columns, what makes a row the same as another, and what to do with rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.merchants.models import Merchant


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column an import understands. `aliases` are headings it is recognised by, in small letters without spaces and
    signs, from our own exports and those of others."""

    name: str
    label: Any
    aliases: tuple[str, ...] = ()
    help: Any = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be taken: the column, what stands there, a code and a sentence."""

    field: str
    value: str
    code: str
    reason: str


class Bad(Exception):
    """A row that cannot be taken, found while it is read."""

    def __init__(self, *problems: Problem):
        super().__init__(problems)
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it was read: its number in the file, its values by field. `nth` counts rows of the same name before it
    in the file, and `first` is the row where the first of them stands, or 0 where nobody knew its name then."""

    number: int
    values: Mapping[str, str]
    nth: int = 0
    first: int = 0

    def get(self, name: str) -> str:
        """The value of a field, "" where there is none."""
        return self.values.get(name, "")


READY, KNOWN, BAD, MADE = "ready", "known", "bad", "made"


@dataclass(slots=True)
class Verdict:
    """What becomes of a row: ready, known (here already, nothing to do), bad with problems, or made, with `subject`
    what it became."""

    number: int
    state: str
    problems: list[Problem] = field(default_factory=list)
    subject: UUID | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """Where and when an import happens, what was chosen for it, and its own id for the record."""

    shop: Merchant
    at: datetime
    options: Mapping[str, Any]
    source: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone, in which days without a time begin."""
        return ZoneInfo(self.shop.timezone)

    def option(self, name: str, otherwise: str = "") -> str:
        """What was chosen."""
        return str(self.options.get(name) or otherwise)


class Kind(Protocol):
    """A kind of import. `judge` only reads; `carry_out` does what judging says is ready, in the caller's transaction.
    `names` are what each row is known by in its file; rows of one `group` belong together."""

    name: str
    label: Any
    fields: tuple[Field, ...]

    def lacking(self, fields: set[str]) -> list[str]:
        """What must still be told before the file can be read: sentences."""

    def names(self, lines: Sequence[Line], context: Context) -> list[list[str]]: ...

    def group(self, line: Line) -> str: ...

    def judge(self, lines: Sequence[Line], context: Context) -> list[Verdict]: ...

    def carry_out(self, lines: Sequence[Line], context: Context) -> list[Verdict]: ...

    def undo(self, subjects: Sequence[UUID], at: datetime) -> list[str]:
        """Undo what rows made; for each "" or why it stays."""


def refused(line: Line, error: DomainError, *, otherwise: str = "") -> Verdict:
    """A refusal of an operation as a verdict on a row, its value beside each problem. `otherwise` names the column of
    what is about none of them."""
    found = (
        error.errors
        if isinstance(error, InvalidInput)
        else [{"field": error.field or otherwise, "code": error.code, "message": str(error)}]
    )
    problems = [
        Problem(row["field"], line.get(row["field"])[:200], row["code"], row["message"]) for row in found
    ]
    return Verdict(line.number, BAD, problems)


def bad(line: Line, name: str, code: str, reason: str) -> Verdict:
    """A verdict with one problem."""
    return Verdict(line.number, BAD, [Problem(name, line.get(name)[:200], code, reason)])


def read_all[Thing](
    lines: Sequence[Line], read: Callable[[Line], Thing]
) -> tuple[dict[int, Thing], dict[int, Verdict]]:
    """What each line says, by its place, and verdicts on those that cannot be read."""
    things: dict[int, Thing] = {}
    verdicts: dict[int, Verdict] = {}
    for place, line in enumerate(lines):
        try:
            things[place] = read(line)
        except Bad as found:
            verdicts[place] = Verdict(line.number, BAD, found.problems)
    return things, verdicts


def repeated(line: Line) -> Verdict:
    """A row whose name stands in the file already."""
    reason = _("Row {row} is about the same. Keep one of the two.").format(row=line.first)
    return Verdict(line.number, BAD, [Problem("", "", "repeated", reason)])
