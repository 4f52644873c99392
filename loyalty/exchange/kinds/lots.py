"""Points people bring: each row one lot, with when it was earned and when it ends, as it was before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.core.errors import DomainError
from loyalty.core.ledger.chart import POINTS
from loyalty.core.programme import queries as programmes
from loyalty.exchange.kinds import parsing, people
from loyalty.exchange.kinds.base import (
    KNOWN,
    MADE,
    READY,
    Bad,
    Context,
    Field,
    Line,
    Verdict,
    bad,
    read_all,
    refused,
    repeated,
)
from loyalty.exchange.models import WHICH
from members.operations.opening import (
    OpeningLot,
    OtherFigures,
    open_lots,
    other_figures,
    standing,
    take_back_lots,
)
from members.rules.points_life import PointsLife, end_of, expires_at
from members.rules.shopping import EARLIEST

FIELDS = (
    *people.FIELDS,
    Field(name="points", label=gettext_lazy("Points"),
          aliases=("points", "pointsbalance", "balance", "availablepoints", "pointsapproved", "approvedpoints",
                   "currentpoints", "remaining", "pointsavailable", "poang", "saldo", "poeng", "punten", "poangsaldo",
                   "pointsremaining", "amount")),
    Field(name="earned_at", label=gettext_lazy("Earned on"),
          aliases=("earnedat", "earned", "earnedon", "dateearned", "awardedat", "createdat", "date", "datum", "dato",
                   "issuedat", "transactiondate")),
    Field(name="expires_at", label=gettext_lazy("Last day or end"),
          aliases=("expiresat", "expires", "expireson", "expirydate", "expirationdate", "expiry", "pointsexpireat",
                   "pointsexpirationdate", "validuntil", "giltigtill", "utlopsdatum", "utlopsdato", "vervaldatum",
                   "geldigtot"),
          help=gettext_lazy("A day counts to its end; a time is the very moment.")),
    Field(name="available_from", label=gettext_lazy("Can be spent from"),
          aliases=("availablefrom", "pendinguntil", "maturesat", "spendablefrom")),
    Field(name="unit", label=gettext_lazy("Unit"), aliases=("unit", "enhet", "eenheid")),
    Field(name="state", label=gettext_lazy("State"), aliases=("state", "pointsstate", "pointstatus")),
    Field(name="lot", label=gettext_lazy("Number of the lot"),
          aliases=("lot", "lotid", "transactionid", "pointtransactionid", "entryid", "bucketid", "logid", "batch"),
          help=gettext_lazy("What the other system calls this credit. With it a lot is known again for certain.")),
    Field(name=WHICH, label=gettext_lazy("Which of that day")),
    Field(name="note", label=gettext_lazy("What for"),
          aliases=("note", "reason", "description", "event", "eventtype", "action", "kommentar", "omschrijving")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Said:
    """A row as it was read, before anybody has looked whom it is about."""

    ways: dict[str, str]
    points: int
    earned_at: datetime
    expires_at: datetime | None
    available_from: datetime | None
    note: str
    mark: str


class LotsKind:
    """Rows are lots. One that was brought in before is known by its number, or by its member and its day."""

    name = "lots"
    label = gettext_lazy("Points, lot by lot")
    fields: tuple[Field, ...] = FIELDS

    def lacking(self, fields: set[str]) -> list[str]:
        """Whose and how many."""
        needed = [] if "points" in fields else [_("Say which column has the points.")]
        return people.lacking(fields) + needed

    def names(self, lines: Sequence[Line], context: Context) -> list[list[str]]:
        """The lot's own number, or whose it is and of when: the n-th of then is one lot for good. Whose and when are
        what was meant, however it is written; a row of which that cannot be told has no name."""
        said, _verdicts = read_all(
            [line if not line.get("lot") else Line(line.number, {}) for line in lines],
            lambda line: (people.identities(line), _when(line, context)),
        )
        members, _verdicts = people.find(lines, {place: ways for place, (ways, _moment) in said.items()})
        found = []
        for place, line in enumerate(lines):
            if line.get("lot"):
                found.append([f"lot:{line.get('lot')}"])
            elif place in members:
                which = "" if line.get(WHICH) == "?" else line.get(WHICH)
                found.append([f"{members[place]}|{said[place][1]}|{which}"])
            else:
                found.append([])
        return found

    def group(self, line: Line) -> str:
        """Each row stands alone."""
        return ""

    def judge(self, lines: Sequence[Line], context: Context) -> list[Verdict]:
        """Which lots are new."""
        lots, verdicts = self._read(lines, context)
        known, _names = standing(lots=list(lots.values()))
        for place, lot in lots.items():
            line = lines[place]
            before = known.get(lot.key)
            wrong = other_figures(lot=lot, row=before) if before is not None else None
            if before is not None and _is_open(line):
                verdicts[place] = _one_of_several(line)
            elif wrong is not None:
                verdicts[place] = refused(line, wrong)
            else:
                verdicts[place] = Verdict(line.number, KNOWN if before is not None else READY)
        return [verdicts[place] for place in range(len(lines))]

    def carry_out(self, lines: Sequence[Line], context: Context) -> list[Verdict]:
        """Bring in those that are."""
        lots, verdicts = self._read(lines, context)
        answers = open_lots(lots=list(lots.values()), at=context.at, source=context.source)
        for place, answer in zip(lots, answers, strict=True):
            line = lines[place]
            is_here = (
                isinstance(answer, OtherFigures) if isinstance(answer, DomainError) else not answer.created
            )
            if is_here and _is_open(line):
                verdicts[place] = _one_of_several(line)
            elif isinstance(answer, DomainError):
                verdicts[place] = refused(line, answer, otherwise="points")
            else:
                state = MADE if answer.created else KNOWN
                verdicts[place] = Verdict(
                    line.number, state, subject=answer.transfer if answer.created else None
                )
        return [verdicts[place] for place in range(len(lines))]

    def undo(self, subjects: Sequence[UUID], at: datetime) -> list[str]:
        """Take back the lots nothing has happened to."""
        return [str(answer) if answer else "" for answer in take_back_lots(transfers=subjects, at=at)]

    def _read(
        self, lines: Sequence[Line], context: Context
    ) -> tuple[dict[int, OpeningLot], dict[int, Verdict]]:
        said, verdicts = read_all(lines, lambda line: _said(line, context))
        for place, line in enumerate(lines):
            if place in said and line.get("lot") and line.nth:
                reason = _("Row {row} has the same number of a lot.").format(row=line.first)
                verdicts[place] = bad(line, "lot", "repeated", reason)
                del said[place]
            elif place in said and _is_told(line) and line.nth:
                verdicts[place] = repeated(line)
                del said[place]
        found, unknown = people.find(lines, {place: one.ways for place, one in said.items()})
        verdicts |= unknown
        for place in [place for place in found if not lines[place].first]:
            # Known only since the rows were counted: which of the member's lots it is was never asked.
            verdicts[place] = bad(
                lines[place], "", "not_counted", _("Check the file first; then import what is ready.")
            )
            del found[place]
        life = _life()
        lots = {place: _lot(found[place], said[place], lines[place], life) for place in found}
        return lots, verdicts


def _said(line: Line, context: Context) -> _Said:
    order, zone = context.option("dates", "dmy"), context.zone
    problems = []
    ways: dict[str, str] = {}
    nth = 0
    try:
        ways = people.identities(line)
    except Bad as found:
        problems += found.problems
    try:
        points = parsing.whole(line, "points")
        if points is None or points < 1:
            reason = _("Only points above zero make a lot. Leave rows without any out of the file.")
            raise parsing.problem(line, "points", "no_points", reason)
        _refuse_others(line)
        nth = _nth(line)
        earned = parsing.instant(line, "earned_at", order, zone) or context.at
        if not EARLIEST <= earned <= context.at:
            raise parsing.problem(
                line, "earned_at", "out_of_range", _("This day must lie between 2000 and today.")
            )
        ends = _ends(line, context, earned)
        if ends is not None and ends <= context.at:
            reason = _("These points have ended already: nothing is left of them.")
            raise parsing.problem(line, "expires_at", "ended", reason)
        available = parsing.instant(line, "available_from", order, zone)
        if available is not None and ends is not None and available >= ends:
            raise parsing.problem(
                line, "available_from", "out_of_range", _("This is after the points have ended.")
            )
    except Bad as found:
        problems += found.problems
    if problems:
        raise Bad(*problems)
    mark = f"lot|{line.get('lot')}" if line.get("lot") else f"day|{_when(line, context)}|{nth}"
    return _Said(ways, points or 0, earned, ends, available, line.get("note")[:300], mark)


def _when(line: Line, context: Context) -> str:
    """When a lot was earned, the same however it is written: spreadsheets write days as instants, and drop seconds."""
    earned = parsing.instant(line, "earned_at", context.option("dates", "dmy"), context.zone)
    return earned.astimezone(UTC).isoformat(timespec="minutes") if earned else ""


def _is_told(line: Line) -> bool:
    """True where the row itself says which of its day it is."""
    return line.get(WHICH) not in ("", "?")


def _is_open(line: Line) -> bool:
    """True where nobody could tell which of its day it was, and it has no number of its own."""
    return line.get(WHICH) == "?" and not line.get("lot")


def _nth(line: Line) -> int:
    """Which of those of its member and day a lot is, from 0: as the row says, else by counting."""
    if not _is_told(line):
        return line.nth
    which = parsing.whole(line, WHICH) or 0
    if which < 1:
        raise parsing.problem(line, WHICH, "not_a_number", _("This is not a whole number."))
    return which - 1


def _one_of_several(line: Line) -> Verdict:
    """Which it was could not be told before its row was fixed: the one that is here, or one more."""
    reason = _(
        "Points of this member and day are here already. Say which of that day these are: 2 for the second."
    )
    return bad(line, WHICH, "which_of_day", reason)


def _refuse_others(line: Line) -> None:
    """A stamp is no point, and what waits for something to happen cannot be spent because it has moved."""
    if line.get("unit").casefold() not in ("", POINTS):
        reason = _("Only points can be imported. Stamps, credits and cash-back come with a whole shop.")
        raise parsing.problem(line, "unit", "other_unit", reason)
    if line.get("state").casefold() in ("waiting", "pending") and not line.get("available_from"):
        reason = _("These points wait for something to happen. Say from which day they can be spent.")
        raise parsing.problem(line, "state", "waiting", reason)


def _ends(line: Line, context: Context, earned: datetime) -> datetime | None:
    """When a lot ends: as the row says, a day to its end; else as was chosen for the file."""
    order, zone = context.option("dates", "dmy"), context.zone
    text = line.get("expires_at")
    if text.casefold() in ("never", "aldrig", "aldri", "nooit"):
        return None
    ends = parsing.instant(line, "expires_at", order, zone)
    if ends is not None:
        return ends if ":" in text else end_of(ends.astimezone(zone).date(), zone)
    match context.option("ends", "never"):
        case "earned":
            return expires_at(_life(), earned, zone)
        case "today":
            return expires_at(_life(), context.at, zone)
        case _:
            return None


def _life() -> PointsLife:
    current = programmes.in_force()
    life: PointsLife = current.programme["points_life"] if current else PointsLife()
    return life


def _lot(member: UUID, said: _Said, line: Line, life: PointsLife) -> OpeningLot:
    """The lot by a name that no file changes: its own number, or its member with the day and which of that day."""
    named = said.mark if said.mark.startswith("lot|") else f"{member}|{said.mark}"
    key = blake2b(named.encode(), digest_size=20).hexdigest()
    slides = life.expiry == "sliding" and said.expires_at is not None and not line.get("expires_at")
    return OpeningLot(
        member=member, key=key, amount=said.points, earned_at=said.earned_at, expires_at=said.expires_at,
        available_from=said.available_from, slides_days=life.days if slides else None, note=said.note,
    )  # fmt: skip
