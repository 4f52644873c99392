"""The form for the basic rule and the life of points, and the way from a document to it and back."""

import copy
import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.core.ledger.chart import POINTS
from loyalty.core.money import exponent, major
from loyalty.web.office.words import EXPIRIES, ROUNDINGS, SHORTFALLS

_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}
_MONEY = {"inputmode": "decimal", "autocomplete": "off"}
HOLDS = {
    "none": _("At once"),
    "days": _("After some days"),
    "event": _("When something has happened"),
}
MAX_FILE_BYTES = 1_000_000
#: Fields that belong to a choice: (field, its value) → what has to be given then.
_NEEDED = (
    ("hold", "days", "hold_days"),
    ("hold", "event", "hold_event"),
    ("expiry", "rolling", "months"),
    ("expiry", "month_end", "months"),
    ("expiry", "fixed_date", "months"),
    ("expiry", "fixed_date", "day"),
    ("expiry", "sliding", "days"),
)


def _number(label: Any, low: int, high: int, **kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=low, max_value=high, widget=forms.TextInput(attrs=_NUMBER), **kwargs
    )


class MoneyField(forms.DecimalField):
    """An amount in the shop's currency: `clean` gives minor units. A decimal comma is as good as a point."""

    def __init__(self, *, currency: str, **kwargs: Any):
        self.currency = currency
        places = exponent(currency)
        super().__init__(decimal_places=places, max_digits=12, widget=forms.TextInput(attrs=_MONEY), **kwargs)

    def to_python(self, value: Any) -> Any:
        """Reads "184,50" and "1 200" too."""
        if isinstance(value, str):
            value = value.replace("\u00a0", "").replace(" ", "").replace(",", ".")
        return super().to_python(value)

    def clean(self, value: Any) -> int | None:
        """Minor units; None when nothing was typed."""
        amount = super().clean(value)
        return None if amount is None else int(amount.scaleb(exponent(self.currency)))


def shown_amount(amount_minor: int, currency: str) -> str:
    """Minor units as they stand in a money field: "184.50", and "10" for a round amount."""
    amount = major(amount_minor, currency)
    return f"{amount:f}" if amount != amount.to_integral_value() else str(int(amount))


class BasicRuleForm(forms.Form):
    """Points for money spent, when they count, when they end, and what a refund may take back."""

    points = _number(_("Points"), 1, 1_000_000)
    rounding = forms.ChoiceField(label=_("Part amounts"), choices=list(ROUNDINGS.items()))
    hold = forms.ChoiceField(
        label=_("New points can be spent"), choices=list(HOLDS.items()), widget=forms.RadioSelect
    )
    hold_days = _number(_("Days to wait"), 1, 366, required=False)
    hold_event = forms.CharField(
        label=_("What they wait for"),
        max_length=60,
        required=False,
        help_text=_("For example order.shipped."),
    )
    expiry = forms.ChoiceField(label=_("Unused points expire"), choices=list(EXPIRIES.items()))
    months = _number(_("Months"), 1, 120, required=False)
    days = _number(_("Days without activity"), 1, 3660, required=False)
    day = forms.RegexField(
        label=_("Day of the year"),
        regex=r"^\d{2}-\d{2}$",
        required=False,
        help_text=_("Month and day, such as 12-31."),
        error_messages={"invalid": _("Write month and day, such as 12-31.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    on_shortfall = forms.ChoiceField(
        label=_("A refund, when its points are already spent"), choices=list(SHORTFALLS.items())
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.currency = currency
        # Order matters: people read "1 point for every 10 kr".
        money = {
            "per": MoneyField(label=_("For every"), currency=currency, min_value=0),
            "at_least": MoneyField(
                label=_("Smallest purchase that earns"), currency=currency, min_value=0, required=False
            ),
        }
        self.fields.update(money)
        for field, choice, name in _NEEDED:
            # Shown only with its choice, so it never reads "optional"; asked for only when that was chosen.
            if not self.is_bound or self[field].value() == choice:
                self.fields[name].required = True

    def clean(self) -> dict[str, Any]:
        """What belongs to a choice must be given with it."""
        data = super().clean() or {}
        if not self.errors.get("per") and not data.get("per"):
            self.add_error("per", _("Give an amount above zero."))
        return data

    @classmethod
    def of(cls, document: dict[str, Any], currency: str) -> "BasicRuleForm":
        """The form filled from a document."""
        rule = basic_rule(document) or {
            "points": 1,
            "per_minor": 10 ** exponent(currency),
            "rounding": "down",
        }
        life = document.get("points_life", {})
        hold = "event" if life.get("hold_event") else "days" if life.get("hold_days") else "none"
        least = rule.get("at_least_minor", 0)
        return cls(
            currency=currency,
            initial={
                "points": rule["points"],
                "per": shown_amount(rule["per_minor"], currency),
                "rounding": rule.get("rounding", "down"),
                "at_least": shown_amount(least, currency) if least else "",
                "hold": hold,
                "hold_days": life.get("hold_days") or "",
                "hold_event": life.get("hold_event", ""),
                "expiry": life.get("expiry", "never"),
                "months": life.get("months", 12),
                "days": life.get("days", 365),
                "day": life.get("day", "12-31"),
                "on_shortfall": life.get("on_shortfall", "to_zero"),
            },
        )

    def applied_to(self, document: dict[str, Any]) -> dict[str, Any]:
        """A new document: the given one with the form's answers; everything the form does not know stays."""
        made = copy.deepcopy(document)
        data = self.cleaned_data
        rules = made.setdefault("earning", {}).setdefault("rules", [])
        rule = basic_rule(made)
        if rule is None:
            rule = {"type": "points_per_amount", "id": "base"}
            rules.insert(0, rule)
        rule.update(
            points=data["points"],
            per_minor=data["per"],
            rounding=data["rounding"],
            at_least_minor=data["at_least"] or 0,
        )
        life = made.setdefault("points_life", {})
        # Days besides an event are not on the form: they stay as long as the event does.
        both = data["hold"] == "event" and bool(life.get("hold_event"))
        if not both:
            life["hold_days"] = data["hold_days"] if data["hold"] == "days" else 0
        life["hold_event"] = data["hold_event"] if data["hold"] == "event" else ""
        life["expiry"], life["on_shortfall"] = data["expiry"], data["on_shortfall"]
        for name in ("months", "days", "day"):
            if data[name]:
                life[name] = data[name]
        return made


def basic_rule(document: dict[str, Any]) -> dict[str, Any] | None:
    """The document's first rule that gives points for money; the very dict, not a copy."""
    rules = document.get("earning", {}).get("rules", [])
    given = (rule for rule in rules if rule.get("type") == "points_per_amount")
    return next((rule for rule in given if rule.get("unit", POINTS) == POINTS), None)


class PublishForm(forms.Form):
    """Why this version."""

    note = forms.CharField(
        label=_("What is new, in your words"),
        max_length=300,
        required=False,
        help_text=_("Shown in the history, so that everybody remembers why."),
    )
    move_down = forms.ChoiceField(
        label=_("Members who no longer reach their tier"),
        choices=[("", _("Keep it until its time is over")), ("yes", _("Move down at once"))],
        required=False,
        widget=forms.RadioSelect,
        help_text=_("Nobody else is moved down. Who reaches a higher tier moves up either way."),
    )

    def __init__(self, *args: Any, tiers_differ: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not tiers_differ:
            del self.fields["move_down"]

    def choices(self) -> dict[str, Any]:
        """What the publisher wants of the parts that follow a publication."""
        return {"move_down": True} if self.cleaned_data.get("move_down") else {}


class ImportForm(forms.Form):
    """A programme as a file."""

    file = forms.FileField(
        label=_("Programme file"), widget=forms.ClearableFileInput(attrs={"accept": "application/json,.json"})
    )

    def clean_file(self) -> Any:
        """The file's content as data."""
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE_BYTES:
            raise forms.ValidationError(_("This file is too large to be a programme."))
        try:
            return json.loads(file.read().decode("utf-8-sig"))
        except (UnicodeDecodeError, ValueError, RecursionError):
            raise forms.ValidationError(_("This is not a programme file: it is no JSON.")) from None
