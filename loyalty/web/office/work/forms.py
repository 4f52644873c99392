"""Forms of the daily work."""

from typing import Any

import msgspec
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from loyalty.core.merchants.roles import PERMISSIONS, Role
from loyalty.core.money import MAX_POINTS
from members.rules.adjusting import MOST_DAYS, Limit, Limits
from rewards.models import Session
from rewards.operations.places import MOST_PLACES

_PLAIN = {"autocomplete": "off"}
_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}
_MOMENT = "%Y-%m-%dT%H:%M"


def number(label: Any, low: int, high: int, **kwargs: Any) -> forms.IntegerField:
    """A whole number that is typed."""
    return forms.IntegerField(
        label=label, min_value=low, max_value=high, widget=forms.TextInput(attrs=_NUMBER), **kwargs
    )


_EVERYBODY = (
    ("manager", _("A manager")),
    ("cashier", _("A cashier")),
    ("owner", _("An owner")),
    ("api_key", _("A shop system, by its key")),
)
#: Whom a limit is for, in the order of the form: who may change anything by hand at all.
WHO = tuple(
    (who, label)
    for who, label in _EVERYBODY
    if who == "api_key" or "members.adjust" in PERMISSIONS[Role(who)]
)


class LimitsForm(forms.Form):
    """How much who may give and take by hand without asking."""

    managers_approve = forms.BooleanField(
        label=_("Managers can approve, too"),
        required=False,
        help_text=_("Otherwise only owners do. Nobody approves what they asked for themselves."),
    )
    days = number(
        _("Days until a request lapses"), 1, MOST_DAYS, help_text=_("What nobody has decided by then is off.")
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for who, _label in WHO:
            self.fields[f"{who}_each"] = number(_("At a time"), 0, MAX_POINTS, required=False)
            self.fields[f"{who}_day"] = number(_("In a day"), 0, MAX_POINTS, required=False)

    def people(self) -> list[dict[str, Any]]:
        """Each kind of person with their two fields."""
        return [
            {"label": label, "each": self[f"{who}_each"], "day": self[f"{who}_day"]} for who, label in WHO
        ]

    def clean(self) -> dict[str, Any]:
        """A single change cannot be more than the whole day."""
        data = super().clean() or {}
        for who, _label in WHO:
            each, day = data.get(f"{who}_each"), data.get(f"{who}_day")
            if each is not None and day is not None and each > day:
                self.add_error(f"{who}_each", _("A single change cannot be more than the whole day."))
        return data

    def limits(self) -> Limits:
        """As the operation takes them."""
        data = self.cleaned_data
        each = {who: Limit(data[f"{who}_each"], data[f"{who}_day"]) for who, _label in WHO}
        return Limits(**each, managers_approve=data["managers_approve"], days=data["days"])

    @classmethod
    def of(cls, limits: Limits) -> "LimitsForm":
        """The form filled from what counts now."""
        said: dict[str, Any] = msgspec.to_builtins(limits)
        initial = {"managers_approve": limits.managers_approve, "days": limits.days}
        for who, _label in WHO:
            initial |= {f"{who}_{name}": said[who][name] for name in ("each", "day")}
        return cls(initial=initial)


class _Moment(forms.DateTimeField):
    """An instant in the shop's zone, typed as a day and a time."""

    def __init__(self, **kwargs: Any):
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT)
        super().__init__(
            widget=widget, input_formats=[_MOMENT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **kwargs
        )


class SessionForm(forms.Form):
    """One date of an event. Its times are the shop's."""

    starts_at = _Moment(label=_("It begins"))
    ends_at = _Moment(label=_("It ends"), required=False)
    place = forms.CharField(
        label=_("Where"), max_length=200, required=False, widget=forms.TextInput(attrs=_PLAIN)
    )
    capacity = number(_("Places"), 1, MOST_PLACES)
    book_until = _Moment(
        label=_("Places can be booked until"), required=False, help_text=_("Empty: until it begins.")
    )

    def details(self) -> dict[str, Any]:
        """The operation's fields."""
        data = dict(self.cleaned_data)
        data["book_until"] = data["book_until"] or data["starts_at"]
        return data

    @classmethod
    def of(cls, row: Session) -> "SessionForm":
        """The form filled from a date."""
        same = row.book_until == row.starts_at
        return cls(
            initial={
                "starts_at": timezone.localtime(row.starts_at),
                "ends_at": timezone.localtime(row.ends_at) if row.ends_at else None,
                "place": row.place,
                "capacity": row.capacity,
                "book_until": None if same else timezone.localtime(row.book_until),
            }
        )


class CalledOffForm(forms.Form):
    """Why a date is called off."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("Everybody who has a place gets their points back, and can read it."),
    )


class CodeForm(forms.Form):
    """What somebody shows at the door."""

    code = forms.CharField(
        label=_("Ticket or card"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "inputmode": "text"}),
        help_text=_("Scan it, or type the code. Capitals and dashes do not matter."),
    )


class ProposalForm(forms.Form):
    """A partnership that is proposed to another shop."""

    partner = forms.CharField(
        label=_("Their address here"),
        max_length=60,
        help_text=_("The last part of their dashboard’s address, such as bookshop."),
        widget=forms.TextInput(attrs=_PLAIN),
    )
    our_worth = forms.CharField(
        label=_("What one of your points is worth"), max_length=16, widget=forms.TextInput(attrs=_PLAIN)
    )
    their_worth = forms.CharField(
        label=_("What one of theirs is worth"), max_length=16, widget=forms.TextInput(attrs=_PLAIN)
    )
