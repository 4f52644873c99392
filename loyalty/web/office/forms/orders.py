"""Forms about one order: money back per line or on the whole, and cancelling."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.web.office.forms.programme import MoneyField
from members.models import OrderLine
from members.rules.shopping import RefundedLine


class RefundForm(forms.Form):
    """One amount per line that has anything left, and one on the whole order."""

    def __init__(self, *args: Any, lines: list[OrderLine], currency: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.lines = [line for line in lines if line.paid_minor > line.refunded_minor]
        for line in self.lines:
            self.fields[f"line_{line.number}"] = MoneyField(
                label=line.name or line.sku, currency=currency, min_value=0, required=False
            )
        self.fields["amount"] = MoneyField(
            label=_("On the whole order"),
            currency=currency,
            min_value=0,
            required=False,
            help_text=_("Money back that belongs to no single line, such as goodwill."),
        )

    def parts(self) -> list[tuple[OrderLine, Any]]:
        """Each line with its field."""
        return [(line, self[f"line_{line.number}"]) for line in self.lines]

    def clean(self) -> dict[str, Any]:
        """Something must be refunded, and no line more than is left of it."""
        data = super().clean() or {}
        for line in self.lines:
            name = f"line_{line.number}"
            if (data.get(name) or 0) > line.paid_minor - line.refunded_minor:
                self.add_error(name, _("This is more than is left of this line."))
        if not self.errors and not any(data.values()):
            raise forms.ValidationError(_("Say how much goes back, for a line or for the whole order."))
        return data

    def refunded_lines(self) -> tuple[RefundedLine, ...]:
        """The lines with an amount, as the operation takes them."""
        data = self.cleaned_data
        return tuple(
            RefundedLine(number=line.number, amount_minor=data[f"line_{line.number}"])
            for line in self.lines
            if data[f"line_{line.number}"]
        )
