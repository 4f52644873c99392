"""The form for codes of a pool."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

MAX_BYTES = 1_000_000


class CodesForm(forms.Form):
    """Codes that are pasted, or a file with one on each line."""

    codes = forms.CharField(
        label=_("Codes"),
        required=False,
        max_length=MAX_BYTES,
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("One on each line, or with commas between. They are not shown again."),
    )
    file = forms.FileField(
        label=_("Or a file"),
        required=False,
        help_text=_("Plain text or CSV, one code on each line, at most 1 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".txt,.csv,text/plain,text/csv"}),
    )

    def clean_file(self) -> str:
        """The file's text. Anything but text in a usual encoding is refused."""
        file = self.cleaned_data["file"]
        if not file:
            return ""
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 1 MB. Split it in two."))
        content = file.read()
        try:
            text: str = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(
                _("This is no plain text. Save it as text or CSV in UTF-8.")
            ) from None
        if "\x00" in text:
            raise forms.ValidationError(_("This is no plain text. Save it as text or CSV in UTF-8."))
        return text

    def clean(self) -> dict[str, Any]:
        """There has to be a code somewhere."""
        data = super().clean() or {}
        if not self.errors and not self.typed():
            raise forms.ValidationError(_("Paste some codes, or choose a file."))
        return data

    def typed(self) -> list[str]:
        """Every code, in order; of a line with several columns the first."""
        data = self.cleaned_data
        pasted = [
            part for line in data.get("codes", "").splitlines() for part in line.replace(";", ",").split(",")
        ]
        filed = [line.replace(";", ",").split(",")[0] for line in data.get("file", "").splitlines()]
        return [code for part in (*pasted, *filed) if (code := part.strip().strip('"').strip())]
