"""The form for a reward: words by language, what it costs the member and the shop, who may have it."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from loyalty.core.money import MAX_POINTS
from loyalty.web.office.forms.programme import MoneyField, shown_amount
from rewards.models import Reward

_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}
KINDS = [
    (Reward.Kind.FREE_PRODUCT, _("A product for free")),
    (Reward.Kind.MONEY_OFF, _("Money off")),
    (Reward.Kind.PERCENT_OFF, _("Per cent off")),
    (Reward.Kind.FREE_SHIPPING, _("Free shipping")),
    (Reward.Kind.CUSTOM, _("Something else")),
]
CHANNELS = [("pos", _("At the till")), ("web", _("In the web shop")), ("app", _("In the app"))]
#: Field names of the operation, as this form calls them.
ALIASES = {
    "unit_cost_minor": "unit_cost",
    "value": "money_value",
    **{f"name.{code}": f"name_{code}" for code, _n in settings.LANGUAGES},
    **{f"description.{code}": f"description_{code}" for code, _n in settings.LANGUAGES},
}


def _number(label: Any, low: int, high: int, **kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=low, max_value=high, widget=forms.TextInput(attrs=_NUMBER), **kwargs
    )


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, help_text=help_text)


class RewardForm(forms.Form):
    """`details()` is what the operation takes. Words are wanted in the shop's language, not in the others."""

    kind = forms.ChoiceField(label=_("What the member gets"), choices=KINDS)
    cost_points = _number(_("Price"), 1, MAX_POINTS)
    percent = forms.DecimalField(
        label=_("Per cent off"),
        min_value=Decimal("0.01"),
        max_value=100,
        decimal_places=2,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    product_sku = forms.CharField(
        label=_("Article number"),
        max_length=100,
        required=False,
        help_text=_("What the till rings up for free."),
    )
    stock = _number(
        _("How many there are"),
        0,
        2_000_000_000,
        required=False,
        help_text=_("Empty: as many as are wanted."),
    )
    limit_per_member = _number(
        _("How often one member may have it"),
        1,
        1_000_000,
        required=False,
        help_text=_("Empty: as often as they like."),
    )
    available_from = _day(_("First day"))
    available_until = _day(_("Last day"))
    channels = forms.MultipleChoiceField(
        label=_("Where it can be used"),
        choices=CHANNELS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: everywhere."),
    )
    code_valid_days = _number(
        _("Days a code is good for"), 1, 3660, initial=30, help_text=_("Counted from the day it is taken.")
    )
    position = _number(
        _("Place in the list"),
        0,
        100_000,
        initial=0,
        help_text=_("Small numbers come first; equal ones by price."),
    )

    def __init__(self, *args: Any, currency: str, language: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.currency, self.language = currency, language
        self.fields["money_value"] = MoneyField(
            label=_("Money off"), currency=currency, min_value=0, required=False
        )
        self.fields["unit_cost"] = MoneyField(
            label=_("What one costs you"),
            currency=currency,
            min_value=0,
            required=False,
            help_text=_("Not shown to members. It is how “gives back” is worked out."),
        )
        for code, language_name in settings.LANGUAGES:
            needed = code == language
            self.fields[f"name_{code}"] = forms.CharField(
                label=_("Name in {language}").format(language=language_name), max_length=120, required=needed
            )
            self.fields[f"description_{code}"] = forms.CharField(
                label=_("Description in {language}").format(language=language_name),
                max_length=1000,
                required=False,
                widget=forms.Textarea(attrs={"rows": 3}),
            )

        if not self.is_bound:  # they are only seen with their kind; `clean` asks for them then
            self.fields["money_value"].required = self.fields["percent"].required = True

    def languages(self) -> list[dict[str, Any]]:
        """One tab per language, the shop's first; `filled` and `wrong` are shown on the tab."""
        order = sorted(settings.LANGUAGES, key=lambda pair: pair[0] != self.language)
        return [
            {
                "code": code,
                "label": name,
                "name": self[f"name_{code}"],
                "description": self[f"description_{code}"],
                "filled": bool(self[f"name_{code}"].value()),
                "wrong": bool(self[f"name_{code}"].errors or self[f"description_{code}"].errors),
            }
            for code, name in order
        ]

    def clean(self) -> dict[str, Any]:
        """What belongs to the chosen kind must be given with it."""
        data = super().clean() or {}
        if data.get("kind") == Reward.Kind.MONEY_OFF and not data.get("money_value"):
            self.add_error("money_value", _("Say how much is taken off."))
        if data.get("kind") == Reward.Kind.PERCENT_OFF and not data.get("percent"):
            self.add_error("percent", _("Say how many per cent are taken off."))
        start, end = data.get("available_from"), data.get("available_until")
        if start and end and end < start:
            self.add_error("available_until", _("The last day lies before the first."))
        return data

    def details(self) -> dict[str, Any]:
        """The operation's fields. A last day counts until its end in the shop's zone."""
        data = self.cleaned_data
        value = 0
        if data["kind"] == Reward.Kind.MONEY_OFF:
            value = data["money_value"]
        elif data["kind"] == Reward.Kind.PERCENT_OFF:
            value = int(data["percent"] * 100)
        codes = [code for code, _name in settings.LANGUAGES]
        until = data["available_until"]
        return {
            "kind": data["kind"],
            "name": {code: data[f"name_{code}"] for code in codes if data[f"name_{code}"]},
            "description": {
                code: data[f"description_{code}"] for code in codes if data[f"description_{code}"]
            },
            "cost_points": data["cost_points"],
            "value": value,
            "product_sku": data["product_sku"],
            "unit_cost_minor": data["unit_cost"] or 0,
            "stock": data["stock"],
            "limit_per_member": data["limit_per_member"],
            "available_from": _starts(data["available_from"]) if data["available_from"] else None,
            "available_until": _starts(until + timedelta(days=1)) if until else None,
            "channels": data["channels"],
            "code_valid_days": data["code_valid_days"],
            "position": data["position"],
        }

    @classmethod
    def of(cls, row: Reward, *, currency: str, language: str) -> "RewardForm":
        """The form filled from a reward."""
        until = (
            timezone.localtime(row.available_until) - timedelta(seconds=1) if row.available_until else None
        )
        names = (
            "kind",
            "cost_points",
            "product_sku",
            "stock",
            "limit_per_member",
            "channels",
            "code_valid_days",
            "position",
        )
        initial: dict[str, Any] = {name: getattr(row, name) for name in names}
        initial |= {f"name_{code}": text for code, text in row.name.items()}
        initial |= {f"description_{code}": text for code, text in row.description.items()}
        initial["unit_cost"] = shown_amount(row.unit_cost_minor, currency) if row.unit_cost_minor else ""
        if row.kind == Reward.Kind.MONEY_OFF:
            initial["money_value"] = shown_amount(row.value, currency)
        if row.kind == Reward.Kind.PERCENT_OFF:
            initial["percent"] = f"{Decimal(row.value) / 100:g}"
        initial["available_from"] = timezone.localdate(row.available_from) if row.available_from else None
        initial["available_until"] = until.date() if until else None
        return cls(initial=initial, currency=currency, language=language)


def _starts(day: Any) -> datetime:
    """The instant at which a day begins in the active zone, which is the shop's."""
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())
