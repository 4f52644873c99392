"""Forms about figures: what something cost, the margin, and goals."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from analytics.models import Cost
from analytics.queries.figures import FIGURES, Definition
from analytics.rules.calendar import Grain
from loyalty.core.money import exponent
from loyalty.web.office.forms.programme import MoneyField

MONTHS_BACK = 25
GRAINS = {Grain.MONTH: _("By month"), Grain.QUARTER: _("By quarter"), Grain.YEAR: _("By year")}
KINDS = {
    Cost.Kind.STAFF: _("Staff"),
    Cost.Kind.MESSAGES: _("Messages"),
    Cost.Kind.OTHER: _("Anything else"),
}
_DECIMAL = {"inputmode": "decimal", "autocomplete": "off"}


class _CostForm(forms.Form):
    """A month and what was spent in it."""

    month = forms.ChoiceField(label=_("Month"))

    def __init__(self, *args: Any, currency: str, months: list[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["month"] = forms.ChoiceField(label=_("Month"), choices=months)
        self.fields["amount"] = MoneyField(
            label=_("Amount spent"), currency=currency, min_value=0, help_text=_("0 takes the entry away.")
        )

    def first(self) -> date:
        """The month's first day."""
        return date.fromisoformat(self.cleaned_data["month"])


class WinningForm(_CostForm):
    """What winning members through a source cost."""

    def __init__(self, *args: Any, sources: list[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["source"] = forms.ChoiceField(label=_("Where they joined"), choices=sources)
        self.order_fields(["source", "month", "amount"])


class RunningForm(_CostForm):
    """What running the programme cost."""

    kind = forms.ChoiceField(label=_("Spent on"), choices=list(KINDS.items()))

    def __init__(self, *args: Any, sources: list[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["source"] = forms.ChoiceField(
            label=_("What it was for"), choices=sources, required=False,
            help_text=_("What would not have been spent without campaigns counts against what they bring."),
        )  # fmt: skip
        self.order_fields(["kind", "source", "month", "amount"])


class MarginForm(forms.Form):
    """What is left of a price when the goods are paid."""

    margin = forms.DecimalField(
        label=_("Your margin, in percent"),
        min_value=0,
        max_value=100,
        decimal_places=2,
        localize=True,
        widget=forms.TextInput(attrs=_DECIMAL),
        help_text=_("What is left of a price when the goods are paid."),
    )

    def hundredths(self) -> int:
        """In hundredths of a percent."""
        return int(self.cleaned_data["margin"] * 100)


class GoalForm(forms.Form):
    """A figure, where it is, where it should be, and by when. Values are typed as the figure is read: percent for
    shares, the currency for money."""

    figure = forms.ChoiceField(label=_("Figure"))
    grain = forms.ChoiceField(label=_("Told"), choices=list(GRAINS.items()), initial=Grain.MONTH)
    start = forms.DecimalField(
        label=_("From"),
        localize=True,
        max_digits=18,
        decimal_places=4,
        widget=forms.TextInput(attrs=_DECIMAL),
    )
    target = forms.DecimalField(
        label=_("To"), localize=True, max_digits=18, decimal_places=4, widget=forms.TextInput(attrs=_DECIMAL)
    )
    due_on = forms.DateField(label=_("By"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, currency: str, figures: list[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.currency = currency
        self.fields["figure"] = forms.ChoiceField(label=_("Figure"), choices=figures)
        self.order_fields(["figure", "grain", "start", "target", "due_on"])

    def value(self, name: str) -> Decimal:
        """What was typed, in the figure's own unit."""
        made = FIGURES[self.cleaned_data["figure"]]
        typed: Decimal = self.cleaned_data[name]
        return typed * Decimal(scale(made, self.currency)[0]) / Decimal(scale(made, self.currency)[1])


def scale(made: Definition, currency: str) -> tuple[int, int]:
    """How a typed value becomes one of the figure's: times the first, by the second."""
    if made.unit == "share":
        return 1, 100
    return (10 ** exponent(currency), 1) if made.unit == "money" else (1, 1)


def typed(value: float | None, made: Definition, currency: str) -> str:
    """A figure's value as one would type it."""
    if value is None:
        return ""
    up, down = scale(made, currency)
    return f"{round(Decimal(repr(value)) * down / up, 2):f}"


def typed_percent(part: Decimal | None) -> str:
    """A share as one would type it in percent; "" for none."""
    return "" if part is None else f"{(part * 100).normalize():f}"
