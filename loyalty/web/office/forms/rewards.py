"""The form for a reward: words by language, what it costs the member and the shop, who may have it."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from loyalty.core.money import MAX_POINTS
from loyalty.web.office.forms.programme import MoneyField, shown_amount
from loyalty.web.office.forms.reward_kinds import (
    KINDS,
    NEEDED,
    OF_KINDS,
    Names,
    check_kind,
    initial_of,
    kind_fields,
    number,
    terms_of,
    value_of,
)
from rewards.models import Reward

PERIODS = ("day", "week", "month", "year")
DELIVERIES = [
    (Reward.Delivery.NONE, _("With its code alone")),
    (Reward.Delivery.SHIPPED, _("We send it")),
    (Reward.Delivery.COLLECTED, _("They collect it")),
    (Reward.Delivery.SERVED, _("We do it for them")),
]
CHANNELS = [("pos", _("At the till")), ("web", _("In the web shop")), ("app", _("In the app"))]
#: Field names of the operation, as this form calls them.
ALIASES = {
    "unit_cost_minor": "unit_cost",
    "value": "money_value",
    "terms.at_least_minor": "at_least",
    "terms.most_minor": "most_off",
    "terms.points": "rate_points",
    "terms.minor": "rate_money",
    **{f"terms.{name}": name for name in OF_KINDS},
    "audience.tiers": "tiers",
    "audience.segments": "segments",
    "audience.not_segments": "not_segments",
    "audience.member_days": "member_days",
    **{f"name.{code}": f"name_{code}" for code, _n in settings.LANGUAGES},
    **{f"description.{code}": f"description_{code}" for code, _n in settings.LANGUAGES},
}


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, help_text=help_text)


class RewardForm(forms.Form):
    """`details()` is what the operation takes. Words are wanted in the shop's language, not in the others."""

    kind = forms.ChoiceField(label=_("What the member gets"), choices=KINDS)
    cost_points = number(_("Price"), 0, MAX_POINTS, help_text=_("0: for nothing."))
    gift_only = forms.BooleanField(
        label=_("Only as a gift"),
        required=False,
        help_text=_("Rules and staff hand it out; nobody can take it for points."),
    )
    stock = number(
        _("How many there are"),
        0,
        2_000_000_000,
        required=False,
        help_text=_("Empty: as many as are wanted."),
    )
    limit_per_member = number(
        _("How often one member may have it"),
        1,
        1_000_000,
        required=False,
        help_text=_("Empty: as often as they like."),
    )
    limit_day = number(_("a day"), 1, 1_000_000, required=False)
    limit_week = number(_("a week"), 1, 1_000_000, required=False)
    limit_month = number(_("a month"), 1, 1_000_000, required=False)
    limit_year = number(_("a year"), 1, 1_000_000, required=False)
    tiers = Names(
        label=_("Only for these tiers"), help_text=_("Their ids with commas between. Empty: for everybody.")
    )
    segments = Names(label=_("Only for these segments"), help_text=_("Any of them will do."))
    not_segments = Names(label=_("Not for these segments"))
    member_days = number(_("Member for at least"), 1, 36_600, required=False)
    birthday = forms.BooleanField(label=_("Only around the birthday"), required=False)
    days_before = number(_("Days before it"), 0, 180, required=False, initial=0)
    days_after = number(_("Days after it"), 0, 180, required=False, initial=0)
    delivery = forms.ChoiceField(
        label=_("How it gets to the member"),
        choices=DELIVERIES,
        required=False,
        help_text=_("What has to be sent or handed over goes on a list for staff."),
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
    code_valid_days = number(
        _("Days a code is valid"), 1, 3660, initial=30, help_text=_("Counted from the day it is taken.")
    )
    position = number(
        _("Position in the list"),
        0,
        100_000,
        initial=0,
        help_text=_("Small numbers come first; equal ones by price."),
    )

    def __init__(self, *args: Any, currency: str, language: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.currency, self.language = currency, language
        self.fields |= kind_fields(currency)
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
            for name in {name for asked in NEEDED.values() for name in asked}:
                self.fields[name].required = True

    def of_kinds(self) -> list[dict[str, Any]]:
        """The fields that only some kinds have, each with the classes that show it with them."""
        return [
            {
                "field": self[name],
                "classes": " ".join(f"for-{kind}" for kind in kinds),
                "suffix": self._suffix(name),
            }
            for name, kinds in OF_KINDS.items()
        ]

    def _suffix(self, name: str) -> str:
        if isinstance(self.fields[name], MoneyField):
            return self.currency
        return "%" if name in ("percent", "most_percent") else ""

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
        check_kind(self, data)
        if data.get("kind") == Reward.Kind.PAY_WITH_POINTS:
            data["cost_points"] = 0  # what it costs is what a member pays with
        if set(data.get("segments") or ()) & set(data.get("not_segments") or ()):
            self.add_error("not_segments", _("No segment can be both asked for and ruled out."))
        start, end = data.get("available_from"), data.get("available_until")
        if start and end and end < start:
            self.add_error("available_until", _("The last day lies before the first."))
        return data

    def details(self) -> dict[str, Any]:
        """The operation's fields. A last day counts until its end in the shop's zone."""
        data = self.cleaned_data
        codes = [code for code, _name in settings.LANGUAGES]
        until = data["available_until"]
        return {
            "kind": data["kind"],
            "name": {code: data[f"name_{code}"] for code in codes if data[f"name_{code}"]},
            "description": {
                code: data[f"description_{code}"] for code in codes if data[f"description_{code}"]
            },
            "cost_points": data["cost_points"],
            "gift_only": data["gift_only"],
            "value": value_of(data),
            "terms": terms_of(data),
            "product_sku": data["product_sku"],
            "unit_cost_minor": data["unit_cost"] or 0,
            "stock": data["stock"],
            "limit_per_member": data["limit_per_member"],
            "limits": [
                {"period": period, "times": data[f"limit_{period}"]}
                for period in PERIODS
                if data[f"limit_{period}"]
            ],
            "audience": self._audience(),
            "delivery": data["delivery"],
            "available_from": _starts(data["available_from"]) if data["available_from"] else None,
            "available_until": _starts(until + timedelta(days=1)) if until else None,
            "channels": data["channels"],
            "code_valid_days": data["code_valid_days"],
            "position": data["position"],
        }

    def _audience(self) -> dict[str, Any]:
        data = self.cleaned_data
        window = {"days_before": data["days_before"] or 0, "days_after": data["days_after"] or 0}
        return {
            "tiers": data["tiers"],
            "segments": data["segments"],
            "not_segments": data["not_segments"],
            "member_days": data["member_days"],
            "birthday": window if data["birthday"] else None,
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
            "gift_only",
            "stock",
            "limit_per_member",
            "delivery",
            "channels",
            "code_valid_days",
            "position",
        )
        initial: dict[str, Any] = {name: getattr(row, name) for name in names}
        initial |= {f"name_{code}": text for code, text in row.name.items()}
        initial |= {f"description_{code}": text for code, text in row.description.items()}
        initial["unit_cost"] = shown_amount(row.unit_cost_minor, currency) if row.unit_cost_minor else ""
        initial |= initial_of(row, currency) | _who(row)
        initial["available_from"] = timezone.localdate(row.available_from) if row.available_from else None
        initial["available_until"] = until.date() if until else None
        return cls(initial=initial, currency=currency, language=language)


def _who(row: Reward) -> dict[str, Any]:
    """Limits and audience as the form shows them."""
    audience, birthday = row.audience, row.audience.get("birthday")
    return {
        **{f"limit_{limit['period']}": limit["times"] for limit in row.limits},
        **{name: ", ".join(audience.get(name, ())) for name in ("tiers", "segments", "not_segments")},
        "member_days": audience.get("member_days"),
        "birthday": birthday is not None,
        **(birthday or {}),
    }


def _starts(day: Any) -> datetime:
    """The instant at which a day begins in the active zone, which is the shop's."""
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())
