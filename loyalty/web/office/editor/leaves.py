"""Single fields: what stands in the form for a value of the document, and what the document gets for what was typed.

`show` and `read` are each other's inverse for everything that can be typed. What nobody touched is never rewritten:
the form keeps a value whose shown text is unchanged (`tree`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from loyalty.core.money import exponent
from loyalty.web.office.editor.parts import Choices, Desk, Part
from loyalty.web.office.forms.programme import MoneyField, shown_amount
from loyalty.web.office.forms.reward_kinds import Names

_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}
_DECIMAL = {"inputmode": "decimal", "autocomplete": "off"}
MOST = 10**15

Show = Callable[[Any, Desk], Any]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A kind of field. `make(part, desk, choices)` gives the form's field, `show` the text for a value, `read` the
    value for what the form's field cleaned; None is what nobody filled in."""

    make: Callable[[Part, Desk, Choices], forms.Field]
    show: Show = lambda value, desk: "" if value is None else str(value)
    read: Callable[[Any, Desk], Any] = lambda cleaned, desk: cleaned


class SuggestingInput(forms.TextInput):
    """Names with commas between; the browser offers those of the shop's products, read when the field is drawn.
    js/programme.js lets it offer the next one, too, behind those that stand there."""

    def __init__(self, what: str, desk: Desk) -> None:
        super().__init__(attrs={"data-names": True, "autocomplete": "off"})
        self.what, self.desk = what, desk

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """The field, and the list of names beside it."""
        names, key = getattr(self.desk.in_use, self.what), f"{(attrs or {}).get('id', name)}_names"
        shown = super().render(name, value, {**(attrs or {}), "list": key}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((one,) for one in names))
        return format_html('{}<datalist id="{}">{}</datalist>', shown, key, options)


def _number(part: Part, desk: Desk, choices: Choices) -> forms.Field:
    return forms.IntegerField(min_value=-MOST, max_value=MOST, widget=forms.TextInput(attrs=_NUMBER))


class _Exact(forms.CharField):
    """A number with decimals, kept as it is written; a decimal comma is as good as a point."""

    def __init__(self) -> None:
        super().__init__(max_length=20, widget=forms.TextInput(attrs=_DECIMAL))

    def clean(self, value: Any) -> Any:
        """Decimal text; "" for nothing."""
        text = str(super().clean(value)).replace(",", ".").replace(" ", "")
        if text and not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text):
            raise forms.ValidationError(_("Give a number, like 2 or 1.5."))
        return text


def _money(part: Part, desk: Desk, choices: Choices) -> forms.Field:
    return MoneyField(currency=desk.currency, min_value=0)


def _is_money(desk: Desk) -> bool:
    return desk.tiers_by == "spend"


def _fine_shown(value: Any, desk: Desk) -> str:
    """What one unit costs: minor units as decimal text, shown in the currency."""
    try:
        return f"{Decimal(value).scaleb(-exponent(desk.currency)).normalize():f}" if value else ""
    except InvalidOperation:
        return str(value)


def _fine_read(cleaned: str, desk: Desk) -> str:
    return f"{Decimal(cleaned).scaleb(exponent(desk.currency)).normalize():f}" if cleaned else ""


def _share_shown(value: Any, desk: Desk) -> str:
    """Hundredths of a per cent as per cent: 550 → "5.5"."""
    return f"{(Decimal(value) / 100).normalize():f}" if value else ""


def _share_read(cleaned: str, desk: Desk) -> int:
    share = Decimal(cleaned or 0) * 100
    return (
        int(share) if share == share.to_integral_value() else -1
    )  # -1: the document refuses it in its own words


def _values_shown(value: Any, desk: Desk) -> str:
    words = {True: "true", False: "false"}
    return ", ".join(words[one] if isinstance(one, bool) else str(one) for one in value or ())


def _values_read(cleaned: list[str], desk: Desk) -> list[Any]:
    """Texts, whole numbers, true and false."""
    known: dict[str, Any] = {"true": True, "false": False}
    return [
        known.get(text.lower(), int(text) if re.fullmatch(r"-?[0-9]{1,15}", text) else text)
        for text in cleaned
    ]


class _Instant(forms.DateTimeField):
    def __init__(self) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(
            widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        )


def _instant_shown(value: Any, desk: Desk) -> str:
    if not value:
        return ""
    return f"{datetime.fromisoformat(value).astimezone(desk.zone):%Y-%m-%dT%H:%M}"


def _instant_read(cleaned: datetime | None, desk: Desk) -> str | None:
    return timezone.localtime(cleaned, desk.zone).isoformat() if cleaned else None


def _known(value: Any, choices: Choices) -> Choices:
    """The choices, and the present one although it is gone from them."""
    values = [value] if isinstance(value, str) else list(value or ())
    known = {key for key, _label in choices}
    gone = [
        (one, _("{name} (is not there any more)").format(name=one))
        for one in values
        if one not in known and one
    ]
    return [*choices, *gone]


def _choice(part: Part, desk: Desk, choices: Choices) -> forms.Field:
    return forms.ChoiceField(choices=choices)


def _radio(part: Part, desk: Desk, choices: Choices) -> forms.Field:
    return forms.ChoiceField(choices=choices, widget=forms.RadioSelect)


def _ticks(part: Part, desk: Desk, choices: Choices) -> forms.Field:
    if not choices:
        return Names()
    return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple)


def _joined(value: Any, desk: Desk) -> str:
    return ", ".join(value or ())


def _text(length: int, rows: int = 0, **attrs: str) -> Callable[[Part, Desk, Choices], forms.Field]:
    def make(part: Part, desk: Desk, choices: Choices) -> forms.Field:
        widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput(attrs=attrs)
        return forms.CharField(max_length=length, widget=widget)

    return make


def _day(part: Part, desk: Desk, choices: Choices) -> forms.Field:
    return forms.RegexField(
        r"^\d{2}-\d{2}$",
        error_messages={"invalid": _("Write month and day, such as 12-31.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )


def _date(part: Part, desk: Desk, choices: Choices) -> forms.Field:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def _nothing_if(empty: Any, show: Show) -> Show:
    return lambda value, desk: "" if value == empty else show(value, desk)


def _number_shown(value: Any, desk: Desk) -> str:
    return "" if value is None else str(value)


def _money_shown(value: Any, desk: Desk) -> str:
    return "" if value is None else shown_amount(value, desk.currency)


def _quantity(part: Part, desk: Desk, choices: Choices) -> forms.Field:
    return (_money if _is_money(desk) else _number)(part, desk, choices)


LEAVES: dict[str, Leaf] = {
    "number": Leaf(_number, _number_shown),
    "count": Leaf(_number, _nothing_if(0, _number_shown)),  # nothing typed is 0
    "money": Leaf(_money, _money_shown),
    "amount": Leaf(_money, _nothing_if(0, _money_shown)),
    "quantity": Leaf(  # of what qualifies for tiers: money, or a number
        _quantity, lambda value, desk: (_money_shown if _is_money(desk) else _number_shown)(value, desk)
    ),
    "fine": Leaf(lambda part, desk, choices: _Exact(), _fine_shown, _fine_read),
    "share": Leaf(lambda part, desk, choices: _Exact(), _share_shown, _share_read),
    "exact": Leaf(lambda part, desk, choices: _Exact()),
    "text": Leaf(_text(200)),
    "long": Leaf(_text(700, rows=3)),
    "letter": Leaf(_text(8000, rows=4)),
    "time": Leaf(_text(5, type="time")),
    "day": Leaf(_day),
    "date": Leaf(_date, read=lambda cleaned, desk: cleaned.isoformat() if cleaned else None),
    "instant": Leaf(lambda part, desk, choices: _Instant(), _instant_shown, _instant_read),
    "tick": Leaf(lambda part, desk, choices: forms.BooleanField(), lambda value, desk: bool(value)),
    "choice": Leaf(_choice),
    "radio": Leaf(_radio),
    "names": Leaf(lambda part, desk, choices: Names(longest=100, most=100), _joined),
    "values": Leaf(lambda part, desk, choices: Names(longest=200, most=100), _values_shown, _values_read),
    "ticks": Leaf(_ticks, lambda value, desk: list(value or ())),
}

with_present = _known
