"""Forms about webhooks and about replacing secrets."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

OVERLAPS = (
    ("24", gettext_lazy("24 hours")),
    ("168", gettext_lazy("A week")),
    ("1", gettext_lazy("An hour")),
    ("0", gettext_lazy("Not at all: stop the old one now")),
)
SINCE = (
    ("1", gettext_lazy("the last hour")),
    ("24", gettext_lazy("the last day")),
    ("168", gettext_lazy("the last week")),
    ("720", gettext_lazy("the last 30 days")),
)


class WebhookForm(forms.Form):
    """Where to and about what; `kinds` is drawn by the page itself."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=2000,
        help_text=gettext_lazy("The page of your system that takes the messages. It begins with https://."),
        widget=forms.URLInput(
            attrs={
                "autocomplete": "url",
                "spellcheck": "false",
                "placeholder": "https://shop.example/hooks/points",
            }
        ),
    )
    description = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Such as “Web shop” or “Warehouse”."),
    )
    kinds = forms.MultipleChoiceField(label=gettext_lazy("What it is told about"), choices=())

    def __init__(self, *args: Any, choices: list[tuple[str, Any]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = choices  # type: ignore[attr-defined]


class OverlapForm(forms.Form):
    """How long the old secret goes on working beside the new one."""

    overlap = forms.ChoiceField(
        label=gettext_lazy("How long the old one goes on working"),
        choices=OVERLAPS,
        initial="24",
        help_text=gettext_lazy("Long enough to put the new one in everywhere."),
    )

    @property
    def time(self) -> timedelta:
        """What was chosen."""
        return timedelta(hours=int(self.cleaned_data["overlap"]))


class SinceForm(forms.Form):
    """From when on what failed is sent again."""

    since = forms.ChoiceField(label=gettext_lazy("Failed in"), choices=SINCE, initial="24")

    @property
    def time(self) -> timedelta:
        """How far back."""
        return timedelta(hours=int(self.cleaned_data["since"]))
