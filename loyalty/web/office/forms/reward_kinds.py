"""The fields that only some kinds of rewards have, and what they say: shown with their kind, asked for with it."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from loyalty.core.money import MAX_POINTS
from loyalty.web.office.forms.programme import MoneyField, shown_amount
from rewards.models import Reward

Kind = Reward.Kind
_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}
_DECIMAL = {"inputmode": "decimal", "autocomplete": "off"}
KINDS = [
    (Kind.FREE_PRODUCT, _("A product for free")),
    (Kind.SAMPLE, _("A sample to try")),
    (Kind.EXCLUSIVE_PRODUCT, _("An exclusive product")),
    (Kind.MONEY_OFF, _("Money off")),
    (Kind.PERCENT_OFF, _("Per cent off")),
    (Kind.FREE_SHIPPING, _("Free shipping")),
    (Kind.GIFT_CARD, _("A gift card")),
    (Kind.PAY_WITH_POINTS, _("Paying with points")),
    (Kind.WORKSHOP, _("A place at a workshop")),
    (Kind.EXPERIENCE, _("An experience")),
    (Kind.EARLY_ACCESS, _("Early access")),
    (Kind.DONATION, _("A donation to a good cause")),
    (Kind.COUPON, _("A code from a list of yours")),
    (Kind.PARTNER, _("Something from a partner")),
    (Kind.CUSTOM, _("Something else")),
]
_THINGS = (Kind.FREE_PRODUCT, Kind.SAMPLE, Kind.EXCLUSIVE_PRODUCT)
_EVENTS = (Kind.WORKSHOP, Kind.EXPERIENCE)
#: Which kinds have which field; a field stands in the form once.
OF_KINDS: dict[str, tuple[str, ...]] = {
    "money_value": (Kind.MONEY_OFF, Kind.GIFT_CARD, Kind.DONATION),
    "percent": (Kind.PERCENT_OFF,),
    "at_least": (Kind.MONEY_OFF, Kind.PERCENT_OFF, Kind.FREE_SHIPPING),
    "most_off": (Kind.PERCENT_OFF,),
    "methods": (Kind.FREE_SHIPPING,),
    "product_sku": _THINGS,
    "skus": _THINGS,
    "charity": (Kind.DONATION,),
    "partner": (Kind.PARTNER,),
    "url": (Kind.DONATION, Kind.PARTNER, Kind.COUPON, Kind.EARLY_ACCESS),
    "from_pool": (Kind.GIFT_CARD, Kind.PARTNER),
    "low_at": (Kind.COUPON, Kind.GIFT_CARD, Kind.PARTNER),
    "free_until_hours": _EVENTS,
    "bring": _EVENTS,
    "opens_at": (Kind.EARLY_ACCESS,),
    "public_at": (Kind.EARLY_ACCESS,),
    "rate_points": (Kind.PAY_WITH_POINTS,),
    "rate_money": (Kind.PAY_WITH_POINTS,),
    "most_percent": (Kind.PAY_WITH_POINTS,),
    "least_points": (Kind.PAY_WITH_POINTS,),
    "most_points": (Kind.PAY_WITH_POINTS,),
}
#: What must be given with a kind, and what is said when it is not.
NEEDED = {
    Kind.MONEY_OFF: {"money_value": _("Say how much is taken off.")},
    Kind.GIFT_CARD: {"money_value": _("Say what the card is worth.")},
    Kind.DONATION: {
        "money_value": _("Say how much is given."),
        "charity": _("Say who it is given to."),
    },
    Kind.PERCENT_OFF: {"percent": _("Say how many per cent are taken off.")},
    Kind.EXCLUSIVE_PRODUCT: {"product_sku": _("Say which article it is.")},
    Kind.PARTNER: {"partner": _("Say which partner it comes from.")},
    Kind.EARLY_ACCESS: {
        "opens_at": _("Say when members may come in."),
        "public_at": _("Say when everybody may."),
    },
    Kind.PAY_WITH_POINTS: {
        "rate_points": _("Say how many points it takes."),
        "rate_money": _("Say what they are worth."),
    },
}


def number(label: Any, low: int, high: int, **kwargs: Any) -> forms.IntegerField:
    """A whole number that people type."""
    return forms.IntegerField(
        label=label, min_value=low, max_value=high, widget=forms.TextInput(attrs=_NUMBER), **kwargs
    )


def _percent(label: Any, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=Decimal("0.01"), max_value=100, decimal_places=2, required=False,
        widget=forms.TextInput(attrs=_DECIMAL), help_text=help_text,
    )  # fmt: skip


class Names(forms.CharField):
    """Some names, with commas between them; `clean` gives a list without empty ones."""

    def __init__(self, *, longest: int = 60, most: int = 50, **kwargs: Any):
        self.longest, self.most = longest, most
        super().__init__(required=False, max_length=most * (longest + 2), **kwargs)

    def clean(self, value: Any) -> Any:
        """The names in their order, each once."""
        names = list(dict.fromkeys(part.strip() for part in super().clean(value).split(",") if part.strip()))
        if len(names) > self.most or any(len(name) > self.longest for name in names):
            raise forms.ValidationError(_("These are too many, or one of them is too long."))
        return names


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget)


def kind_fields(currency: str) -> dict[str, forms.Field]:
    """Every field that only some kinds have, in the order in which they stand."""

    def money(label: Any, help_text: Any = "") -> MoneyField:
        return MoneyField(label=label, currency=currency, min_value=0, required=False, help_text=help_text)

    return {
        "money_value": money(_("How much it is worth")),
        "percent": _percent(_("Per cent off")),
        "at_least": money(_("On orders of at least"), _("Empty: on any order.")),
        "most_off": money(_("At most"), _("Empty: without a limit.")),
        "methods": Names(label=_("Shipping methods"), help_text=_("With commas between. Empty: all of them.")),
        "product_sku": forms.CharField(
            label=_("Article number"), max_length=100, required=False, help_text=_("What the till rings up for free.")
        ),
        "skus": Names(
            label=_("Other articles to choose from"), longest=100, most=200,
            help_text=_("Article numbers with commas between."),
        ),
        "charity": forms.CharField(label=_("Who it is given to"), max_length=120, required=False),
        "partner": forms.CharField(label=_("Which partner"), max_length=120, required=False),
        "url": forms.URLField(
            label=_("Where to read more, or to use it"), max_length=500, required=False, assume_scheme="https"
        ),
        "from_pool": forms.BooleanField(
            label=_("With codes from a list of yours"), required=False,
            help_text=_("Otherwise we create the codes."),
        ),
        "low_at": number(
            _("Tell me when so few codes are left"), 0, 1_000_000, required=False, initial=10,
        ),
        "free_until_hours": number(
            _("Can be given up for the points until"), 0, 8760, required=False, initial=24,
            help_text=_("Hours before it starts. Later the points stay spent."),
        ),
        "bring": forms.CharField(label=_("What to bring"), max_length=300, required=False),
        "opens_at": _moment(_("Members may come in from")),
        "public_at": _moment(_("Everybody may from")),
        "rate_points": number(_("So many points"), 1, MAX_POINTS, required=False),
        "rate_money": money(_("are worth")),
        "most_percent": _percent(_("Of an order, points pay at most"), _("Empty: all of it.")),
        "least_points": number(_("Smallest number that can be used at once"), 1, MAX_POINTS, required=False),
        "most_points": number(_("Largest number that can be used at once"), 1, MAX_POINTS, required=False),
    }  # fmt: skip


def check_kind(form: forms.Form, data: dict[str, Any]) -> None:
    """What belongs to the chosen kind must be given with it."""
    kind = data.get("kind", "")
    for name, message in NEEDED.get(kind, {}).items():
        if not data.get(name) and name not in form.errors:
            form.add_error(name, message)
    opens, public = data.get("opens_at"), data.get("public_at")
    if kind == Kind.EARLY_ACCESS and opens and public and public <= opens:
        form.add_error("public_at", _("Everybody else comes after the members."))
    least, most = data.get("least_points"), data.get("most_points")
    if kind == Kind.PAY_WITH_POINTS and most and least and most < least:
        form.add_error("most_points", _("This is less than the smallest number."))
    url = data.get("url")
    if url and not url.startswith("https://"):
        form.add_error("url", _("Give an address that begins with https://."))


_WRITE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "at_least": ("at_least_minor", lambda value: value or 0),
    "most_off": ("most_minor", lambda value: value or None),
    "methods": ("methods", list),
    "skus": ("skus", list),
    "charity": ("charity", str),
    "partner": ("partner", str),
    "url": ("url", str),
    "from_pool": ("from_pool", bool),
    "low_at": ("low_at", lambda value: 10 if value is None else value),
    "free_until_hours": ("free_until_hours", lambda value: 24 if value is None else value),
    "bring": ("bring", str),
    "opens_at": ("opens_at", lambda value: value.astimezone(timezone.get_current_timezone())),
    "public_at": ("public_at", lambda value: value.astimezone(timezone.get_current_timezone())),
    "rate_points": ("points", int),
    "rate_money": ("minor", int),
    "most_percent": ("most_percent", lambda value: 10_000 if value is None else int(value * 100)),
    "least_points": ("least_points", lambda value: value or 1),
    "most_points": ("most_points", lambda value: value or None),
}
_MONEY = {"at_least", "most_off", "rate_money"}
_ALWAYS_POOLED = (Kind.COUPON,)


def terms_of(data: dict[str, Any]) -> dict[str, Any]:
    """What the chosen kind says, out of the form's data."""
    kind = data["kind"]
    return {
        name: write(data[field])
        for field, (name, write) in _WRITE.items()
        if kind in OF_KINDS[field] and not (field == "from_pool" and kind in _ALWAYS_POOLED)
    }


def value_of(data: dict[str, Any]) -> int:
    """The reward's `value`: minor units or hundredths of a per cent, by kind."""
    if data["kind"] in OF_KINDS["money_value"]:
        return int(data["money_value"] or 0)
    return int(data["percent"] * 100) if data["kind"] == Kind.PERCENT_OFF else 0


def initial_of(row: Reward, currency: str) -> dict[str, Any]:
    """The fields of a reward's kind as the form shows them."""
    found: dict[str, Any] = {"product_sku": row.product_sku}
    if row.kind in OF_KINDS["money_value"]:
        found["money_value"] = shown_amount(row.value, currency)
    if row.kind == Kind.PERCENT_OFF:
        found["percent"] = f"{Decimal(row.value) / 100:g}"
    for field, (name, _write) in _WRITE.items():
        value = row.terms.get(name)
        if row.kind in OF_KINDS[field] and value is not None:
            found[field] = _shown(field, value, currency)
    return found


def _shown(field: str, value: Any, currency: str) -> Any:
    if field in _MONEY:
        return shown_amount(value, currency) if value else ""
    if field == "most_percent":
        return "" if value == 10_000 else f"{Decimal(value) / 100:g}"
    if field in ("skus", "methods"):
        return ", ".join(value)
    if field in ("opens_at", "public_at"):
        return timezone.localtime(datetime.fromisoformat(value))
    return value
