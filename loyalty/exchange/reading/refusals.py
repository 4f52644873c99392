"""Why a file is not taken. One code for each reason, so that a shop system can tell them apart."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError

REASONS: dict[str, Any] = {
    "empty": _("The file is empty."),
    "too_large": _("The file is larger than {most} MB. Split it and send the parts one after the other."),
    "too_many_rows": _(
        "The file has more than {most} rows. Split it and send the parts one after the other."
    ),
    "too_many_columns": _("The file has more than {most} columns. Leave out those you do not need."),
    "long_cell": _(
        "Row {row} has a cell with more than {most} characters. Shorten it, or check the quotation marks."
    ),
    "quotes": _("Row {row} cannot be read: a quotation mark is opened and never closed."),
    "nul": _("The file holds characters that no text has. Export it again as CSV in UTF-8, or as XLSX."),
    "encoding": _("The letters of this file cannot be read. Export it again as CSV in UTF-8, or as XLSX."),
    "no_heading": _("The first row has to name the columns."),
    "no_rows": _("There is nothing below the names of the columns."),
    "old_excel": _("This is an old or a locked Excel file. Open it, and save it as XLSX without a password."),
    "not_a_table": _("This is a {what} file, whatever its name says. Send a CSV or XLSX file."),
    "damaged": _("This spreadsheet is damaged or not one. Open it, save it as XLSX and send it again."),
    "bomb": _("Unpacked, this spreadsheet is far larger than a real one. Export it again as CSV."),
}


class NotReadable(DomainError):
    """`reason` names the refusal among `REASONS`; the rest fills its sentence."""

    code = "file_not_readable"
    message = _("This file cannot be read.")
    field = "file"

    def __init__(self, reason: str, **params: Any):
        super().__init__(reason=reason, **params)
        self.message = REASONS[reason]
