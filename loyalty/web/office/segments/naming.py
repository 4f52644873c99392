"""Members as people write them down: a line each, by e-mail, phone, card, customer number or the member's own id."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.core.errors import InvalidInput
from loyalty.exchange.reading.table import open_table
from members.queries.identifying import normal
from members.queries.many import known_by, known_by_id

WAYS = ("email", "card", "external", "phone")
MOST = 20_000
_AT_ONCE = 2_000


class WhoForm(forms.Form):
    """Members by a line each, typed or in a file."""

    who = forms.CharField(
        label=gettext_lazy("Members, one a line"),
        help_text=gettext_lazy("E-mail, phone, card or your own customer number."),
        required=False,
        max_length=500_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label=gettext_lazy("Or a file"),
        help_text=gettext_lazy("CSV or Excel, with a heading in its first row."),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Something must be given."""
        found = super().clean() or self.cleaned_data
        if not found.get("who", "").strip() and not found.get("file"):
            self.add_error("who", _("Name at least one member, or choose a file."))
        return found

    def lines(self) -> Iterator[Sequence[str]]:
        """What was given, line by line. Raises `NotReadable`."""
        for line in self.cleaned_data["who"].splitlines():
            yield [cell for part in line.split(";") for cell in part.split("\t")]
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is not None:
            for _number, cells in open_table(file).rows:
                yield cells


def found_in(lines: Iterable[Sequence[str]]) -> tuple[set[UUID], list[str]]:
    """The members that lines of cells name, and the lines that name nobody here as they were written. The first cell
    that names somebody counts. At most `MOST` lines are read."""
    members: set[UUID] = set()
    unknown: list[str] = []
    batch: list[Sequence[str]] = []
    for number, cells in enumerate(lines):
        if number >= MOST:
            break
        batch.append(cells)
        if len(batch) == _AT_ONCE:
            _look_up(batch, members, unknown)
            batch = []
    _look_up(batch, members, unknown)
    return members, unknown


def _look_up(lines: Sequence[Sequence[str]], members: set[UUID], unknown: list[str]) -> None:
    pairs = [[_ways(cell) for cell in cells if cell.strip()] for cells in lines]
    known = known_by(pair for cells in pairs for ways in cells for pair in ways)
    by_id = known_by_id(cell.strip() for cells in lines for cell in cells)
    for cells, ways in zip(lines, pairs, strict=True):
        if not ways:
            continue
        found = next((known[pair] for cell in ways for pair in cell if pair in known), None)
        found = found or next((by_id[cell.strip()] for cell in cells if cell.strip() in by_id), None)
        if found is None:
            unknown.append(", ".join(cell.strip() for cell in cells if cell.strip())[:100])
        else:
            members.add(found)


def _ways(cell: str) -> list[tuple[str, str]]:
    """Every way in which a text may name somebody."""
    found = []
    for way in ("email",) if "@" in cell else WAYS[1:]:
        try:
            found.append((way, normal(way, cell)))
        except InvalidInput:
            continue
    return found
