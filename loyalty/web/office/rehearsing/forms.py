"""What a rehearsal is asked with: the time to try the draft on, and what the shop knows about its money."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.web.office.forms.programme import MoneyField
from members.rules.points_life import add_months

PERIODS = {
    "12": _("The last 12 months"),
    "6": _("The last 6 months"),
    "3": _("The last 3 months"),
    "own": _("Other days"),
}
_DAY = {"type": "date"}


class RehearsalForm(forms.Form):
    """A period in the shop's days, and optionally its margin and what the programme may cost."""

    period = forms.ChoiceField(
        label=_("Try it on"), choices=list(PERIODS.items()), widget=forms.RadioSelect, initial="12"
    )
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs=_DAY))
    last = forms.DateField(label=_("To and with"), required=False, widget=forms.DateInput(attrs=_DAY))
    moved = forms.BooleanField(
        label=_("Try rules that begin later in the year before"),
        required=False,
        initial=True,
        help_text=_("What is planned for next December is tried on the last one, weekday for weekday."),
    )

    def __init__(self, *args: Any, currency: str, zone: ZoneInfo, at: datetime, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.zone, self.at = zone, at
        self.fields["margin"] = forms.DecimalField(
            label=_("Your margin, in percent"),
            required=False,
            min_value=0,
            max_value=100,
            decimal_places=2,
            localize=True,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            help_text=_(
                "What is left of a price when the goods are paid. Then you see what is left after points."
            ),
        )
        self.fields["limit"] = MoneyField(
            label=_("What it may cost"),
            currency=currency,
            required=False,
            min_value=0,
            help_text=_("Then you see on which day it would have been spent."),
        )

    def clean(self) -> dict[str, Any]:
        """Days of one's own are both given, in order, and over."""
        data = super().clean() or {}
        if data.get("period") == "own":
            first, last = data.get("first"), data.get("last")
            for name, value in (("first", first), ("last", last)):
                if value is None and name not in self.errors:
                    self.add_error(name, _("Give this day."))
            if first and last and last < first:
                self.add_error("last", _("This day lies before the first one."))
            elif last and last > self._today():
                self.add_error("last", _("This day has not been yet."))
        return data

    def _today(self) -> date:
        return self.at.astimezone(self.zone).date()

    def _begin(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=self.zone)

    def span(self) -> tuple[datetime, datetime]:
        """From when until before when; never beyond now."""
        data = self.cleaned_data
        if data["period"] == "own":
            return self._begin(data["first"]), min(self._begin(data["last"] + timedelta(days=1)), self.at)
        return self._begin(add_months(self._today(), -int(data["period"]))), self.at

    def margin(self) -> int | None:
        """In hundredths of a percent."""
        found: Decimal | None = self.cleaned_data["margin"]
        return None if found is None else int(found * 100)
