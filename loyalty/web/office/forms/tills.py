"""Forms about tills: a device's name and place, and a PIN."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.core.merchants.models import Location

_PIN = {"inputmode": "numeric", "autocomplete": "off"}


class TillForm(forms.Form):
    """What a till is called, where it stands, and how long it stays unlocked."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Such as “Counter” or “Tablet by the door”.")
    )
    location = forms.ChoiceField(label=_("Place"), help_text=_("Purchases at this till are counted there."))
    idle_minutes = forms.IntegerField(
        label=_("Locks itself after"),
        min_value=1,
        max_value=60,
        initial=5,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("Minutes without anybody touching it."),
    )

    def __init__(self, *args: Any, places: Iterable[Location], **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["location"]
        choices.choices = [(place.code, place.name) for place in places]


class PinForm(forms.Form):
    """A PIN, twice: it cannot be read while it is typed."""

    pin = forms.CharField(
        label=_("PIN"),
        max_length=6,
        widget=forms.PasswordInput(attrs=_PIN),
        help_text=_("4 to 6 digits. Only who it is for should know it."),
    )
    again = forms.CharField(label=_("PIN once more"), max_length=6, widget=forms.PasswordInput(attrs=_PIN))

    def clean(self) -> dict[str, Any]:
        """Both are the same."""
        data = super().clean() or {}
        if not self.errors and data["pin"] != data["again"]:
            self.add_error("again", _("This is not the same PIN."))
        return data
