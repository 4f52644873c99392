"""Forms of the till as they come in: a sale's sum with what it is made of, who is looked for, who joins."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import InvalidInput
from loyalty.web.pos.asking import MOST, MOST_OF_ONE, Asks, Item, item_of
from loyalty.web.pos.selling import CHANNEL, Sale
from loyalty.web.pos.sums import read_sum
from members.rules.shopping import NewLine

COUNT, PRICE = "n:", "a:"
"""Names of the fields that say how many of a product there were and how much of the sum they cost."""
_DIGITS = frozenset("0123456789")


def read_sale(sent: Mapping[str, Any], *, currency: str, asks: Asks) -> Sale:
    """What a form says was bought. Raises `InvalidInput` with every field that cannot be used.

    The lines add up to the sum that was typed: products with a price of their own have it, the others share the rest
    by their number, and where there are none the rest is one line.
    """
    errors: list[dict[str, str]] = []
    amount = _amount(sent.get("amount", ""), "amount", currency, errors)
    counted = _counted(sent, asks, errors)
    priced = {}
    for item in counted:
        text = sent.get(f"{PRICE}{item.id}", "")
        if item.priced and text.strip():
            priced[item.id] = _amount(text, f"{PRICE}{item.id}", currency, errors)
        elif item.priced:
            errors.append(_wrong(f"{PRICE}{item.id}", _("Type how much of the sum it was.")))
    left = amount - sum(priced.values())
    sharing = sum(count for item, count in counted.items() if item.id not in priced)
    if not errors and (left < 0 or left < sharing):
        errors.append(_wrong("amount", _("The products cost more than the whole.")))
    if errors:
        raise InvalidInput(errors)
    payment, channel = sent.get("payment", ""), sent.get("channel", "")
    return Sale(
        tuple(_lines(counted, priced, left, sharing)),
        payment if payment in asks.payments else "",
        channel if channel in asks.channels else CHANNEL,
    )


def _wrong(field: str, sentence: Any) -> dict[str, str]:
    return {"field": field, "code": "invalid", "message": str(sentence)}


def _amount(text: str, field: str, currency: str, errors: list[dict[str, str]]) -> int:
    if not text.strip():
        errors.append(_wrong(field, _("Type what was paid.")))
        return 0
    try:
        return read_sum(text, currency)
    except ValueError:
        errors.append(_wrong(field, _("This is not a sum. Type it like 184,50.")))
        return 0


def _counted(sent: Mapping[str, Any], asks: Asks, errors: list[dict[str, str]]) -> dict[Item, int]:
    """How many of each product. One whose rule has gone since the form was shown is still what was bought."""
    known = {item.id: item for item in asks.items}
    found: dict[Item, int] = {}
    for name in sent:
        text = str(sent.get(name, "")).strip() if name.startswith(COUNT) else ""
        if not text or text == "0":
            continue
        item = known.get(name[len(COUNT) :]) or item_of(name[len(COUNT) :])
        if item is None or len(text) > 2 or not set(text) <= _DIGITS or int(text) > MOST_OF_ONE:
            errors.append(_wrong(name[:120], _("Give a number from 0 to 99.")))
        elif int(text) and len(found) < MOST:
            found[item] = int(text)
    return found


def _lines(counted: dict[Item, int], priced: dict[str, int], left: int, sharing: int) -> list[NewLine]:
    lines = []
    for item, count in counted.items():
        if item.id in priced:
            lines.append(item.line(count, priced[item.id]))
            continue
        part = left * count // sharing  # of what is left, so that the last one takes the remainder
        lines.append(item.line(count, part))
        left, sharing = left - part, sharing - count
    if left:
        lines.append(NewLine(sku="sale", amount_minor=left))
    return lines


class JoinForm(forms.Form):
    """One way to recognise somebody, and what they agree to."""

    contact = forms.CharField(
        label=_("Phone or e-mail"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email", "autocapitalize": "none"}),
    )
    given_name = forms.CharField(
        label=_("First name"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    agreed = forms.BooleanField(
        label=_("They want to join and know that the shop keeps what they told"),
        error_messages={"required": _("Ask them first: nobody joins without wanting to.")},
    )
    news = forms.BooleanField(label=_("They want news and offers"), required=False)

    def identities(self) -> dict[str, str]:
        """The way to recognise them, by its kind."""
        contact = self.cleaned_data["contact"].strip()
        return {"email" if "@" in contact else "phone": contact}

    def details(self) -> dict[str, Any]:
        """The profile's fields, as joining takes them. News goes where they said they can be reached."""
        news, kind = self.cleaned_data["news"], next(iter(self.identities()))
        return {
            "given_name": self.cleaned_data["given_name"].strip(),
            "news_by_email": news and kind == "email",
            "news_by_sms": news and kind == "phone",
        }
