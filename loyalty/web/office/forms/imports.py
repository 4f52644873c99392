"""Forms of an import: the file, what its columns are, and what is to be so for all of its rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.exchange.archive import MOST_BYTES as MOST_ARCHIVE
from loyalty.exchange.kinds import KINDS, Kind
from loyalty.exchange.models import Import
from loyalty.exchange.reading import MOST_BYTES
from rewards.queries.pools import with_pool

KIND_WORDS = {
    "members": (_("Members"), _("Names, how to reach them, birthdays, what they agreed to."), "users"),
    "lots": (_("Points"), _("What members have, lot by lot, with when it was earned and when it ends."), "layers"),
    "orders": (_("Orders"), _("What was bought before you came here, with or without points for it."), "receipt-text"),
    "products": (_("Products"), _("What you sell, as your shop system exports it: numbers, names, categories, brands."),
                 "package-2"),
    "codes": (_("Codes"), _("Gift card or discount codes of another system, for a reward to hand out."), "ticket"),
}  # fmt: skip
_DATES = (("dmy", _("day first: 31/12/2026")), ("mdy", _("month first: 12/31/2026")))
_ENDS = (
    ("never", _("never")),
    ("earned", _("by your programme, counted from when they were earned")),
    ("today", _("by your programme, counted from today")),
)
_EARN = (
    ("then", _("what the programme that counted on their day gives")),
    ("none", _("nothing: their points come in a file of their own")),
    ("now", _("what today’s programme gives")),
)


class FileForm(forms.Form):
    """What to bring in, and the file."""

    kind = forms.ChoiceField(
        label=_("What is in it"),
        choices=[(name, words[0]) for name, words in KIND_WORDS.items()],
        widget=forms.RadioSelect,
    )
    file = forms.FileField(
        label=_("File"),
        max_length=200,
        help_text=_(
            "CSV or XLSX, up to 50 MB and 500,000 rows, with the names of the columns in the first row."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,text/csv"}),
    )

    def clean_file(self) -> Any:
        """Not larger than a table gets."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(most)s MB. Split it and send the parts one after the other."),
                params={"most": MOST_BYTES // 2**20},
            )
        return file


class ArchiveForm(forms.Form):
    """A whole shop."""

    file = forms.FileField(
        label=_("Archive"),
        max_length=200,
        help_text=_("The ZIP file that “Export the whole shop” has written, here or on another server."),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,application/zip"}),
    )

    def clean_file(self) -> Any:
        """Not larger than an archive gets."""
        file = self.cleaned_data["file"]
        if file.size > MOST_ARCHIVE:
            raise forms.ValidationError(_("This archive is larger than a server takes through a browser."))
        return file


class ColumnsForm(forms.Form):
    """A choice for each column, and what is to be so for the whole file."""

    def __init__(self, data: Any, *, imported: Import, of: Kind, rows: Sequence[Sequence[str]]):
        super().__init__(data)
        self.rows = rows
        choices = [("", _("leave out")), *((field.name, field.label) for field in of.fields)]
        for place, head in enumerate(imported.head):
            initial = imported.fields[place] if place < len(imported.fields) else ""
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=head or _("Column %(number)s") % {"number": place + 1},
                choices=choices, required=False, initial=initial,
                widget=forms.Select(attrs={"class": "input input--select"}),
            )  # fmt: skip
        self.columns = [self[f"column_{place}"] for place in range(len(imported.head))]
        self._options(imported.kind, imported.options)

    def _options(self, kind: str, now: Mapping[str, Any]) -> None:
        names = []

        def ask(name: str, field: forms.Field) -> None:
            field.initial = now.get(name, field.initial)
            self.fields[name] = field
            names.append(name)

        if kind != "codes":
            ask("dates", forms.ChoiceField(label=_("Days are written"), choices=_DATES))
        if kind == "members":
            ask(
                "consent",
                forms.CharField(
                    label=_("How they agreed to news, where no column says it"),
                    required=False,
                    max_length=300,
                    help_text=_(
                        "Such as “newsletter form on our site until 2026”. Without it a yes to news is not taken."
                    ),
                ),
            )
            ask(
                "welcome",
                forms.BooleanField(
                    label=_("Welcome them as new members, with what the programme gives for joining"),
                    required=False,
                ),
            )
        if kind == "lots":
            ask("ends", forms.ChoiceField(label=_("Points without an end in the file end"), choices=_ENDS))
        if kind == "orders":
            ask("earn", forms.ChoiceField(label=_("These orders earn"), choices=_EARN))
            ask(
                "source",
                forms.CharField(
                    label=_("The name your shop system sends orders by"),
                    required=False,
                    max_length=40,
                    initial="api",
                    help_text=_("The same as through the API, so that an order that comes again is known."),
                ),
            )
        if kind == "codes":
            rewards = [(ids.encode("rwd", row.pk), str(row)) for row in with_pool()]
            ask("reward", forms.ChoiceField(label=_("For which reward"), choices=[("", "–"), *rewards],
                                            required=False))  # fmt: skip
        self.options = [self[name] for name in names]

    def chosen(self) -> list[str]:
        """What each column is."""
        return [self.cleaned_data[bound.name] for bound in self.columns]

    def wanted(self) -> dict[str, Any]:
        """What is to be so for the whole file."""
        return {bound.name: self.cleaned_data[bound.name] for bound in self.options}

    def sheet(self) -> list[dict[str, Any]]:
        """Each column with what to choose and its first values."""
        return [
            {
                "field": bound,
                "values": [row[place] for row in self.rows if place < len(row) and row[place]][:3],
            }
            for place, bound in enumerate(self.columns)
        ]


assert KIND_WORDS.keys() == KINDS.keys()  # noqa: S101 - a kind without words would be a page without a name
