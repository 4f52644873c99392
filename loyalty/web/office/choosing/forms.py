"""Forms for many members at once."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SegmentForm(forms.Form):
    """Which segment."""

    segment = forms.RegexField(
        label=_("Segment"),
        regex=r"^[a-z0-9][a-z0-9-]{0,59}$",
        help_text=_(
            "Small letters, digits and hyphens, such as regulars-2026. A new name makes a new segment."
        ),
        error_messages={"invalid": _("Use small letters, digits and hyphens, at most 60.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "segments"}),
    )
