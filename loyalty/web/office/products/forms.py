"""The form for a product."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.web.office.forms.programme import MoneyField, shown_amount
from loyalty.web.office.forms.reward_kinds import Names
from members.models import Product
from members.queries.products import Names as InUse
from members.rules.facts import LineKind
from members.rules.products import ProductChange

LINE_KINDS = (
    (LineKind.PRODUCT.value, _("Product")),
    (LineKind.GIFT_CARD.value, _("Gift card")),
    (LineKind.SHIPPING.value, _("Shipping")),
    (LineKind.TAX.value, _("Tax")),
    (LineKind.FEE.value, _("Fee")),
    (LineKind.TIP.value, _("Tip")),
)
#: Field names of the operation, as this form calls them.
ALIASES = {"price_minor": "price", "cost_minor": "cost"}


def _text(label: Any, longest: int, **attrs: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", **attrs})
    return forms.CharField(label=label, max_length=longest, required=False, widget=widget)


class ProductForm(forms.Form):
    """`change()` is what the operation takes. The number is typed once and stays. Money is in `currency`, the shop's or
    that of the price the product has. `in_use` is what fields suggest."""

    sku = forms.CharField(
        label=_("Product number"), max_length=100,
        help_text=_("Exactly as your till or web shop sends it, with the same capitals. It stays."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    name = _text(_("Name"), 200)
    category = _text(_("Category"), 100, list="categories")
    brand = _text(_("Brand"), 100, list="brands")
    tags = Names(
        label=_("Labels"), longest=60, most=20,
        help_text=_("Such as sustainable or own-brand, with commas between."),
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("Kind"), choices=LINE_KINDS, initial=LineKind.PRODUCT.value,
        help_text=_("The programme says which kinds earn."),
    )  # fmt: skip

    def __init__(self, *args: Any, currency: str, in_use: InUse, row: Product | None = None, **kwargs: Any):
        self.currency, self.in_use = (row.currency if row and row.currency else currency), in_use
        super().__init__(*args, **kwargs)
        price, cost = _("Price"), _("What one costs you")
        self.fields["price"] = MoneyField(currency=self.currency, label=price, min_value=0, required=False)
        self.fields["cost"] = MoneyField(currency=self.currency, label=cost, min_value=0, required=False)
        if row is not None:
            self.fields["sku"].disabled = True
            self.initial["sku"] = row.sku

    @classmethod
    def of(cls, row: Product, *, currency: str, in_use: InUse) -> "ProductForm":
        """The form as the product is."""
        form = cls(currency=currency, in_use=in_use, row=row)
        for name in ("name", "category", "brand", "kind"):
            form.initial[name] = getattr(row, name)
        form.initial["tags"] = ", ".join(row.tags)
        for name, amount in (("price", row.price_minor), ("cost", row.cost_minor)):
            if amount is not None:
                form.initial[name] = shown_amount(amount, form.currency)
        return form

    def clean_sku(self) -> str:
        """Visible letters alone; it names the product in files and messages."""
        sku = str(self.cleaned_data["sku"])
        if not sku.isprintable():
            raise forms.ValidationError(_("Write 1 to 100 visible characters."))
        return sku

    def change(self) -> ProductChange:
        """The product as it was typed; what is empty is emptied."""
        data = self.cleaned_data
        return ProductChange(
            data["sku"], name=data["name"], category=data["category"], brand=data["brand"],
            tags=tuple(data["tags"]), kind=LineKind(data["kind"]), price_minor=data["price"],
            cost_minor=data["cost"], currency=self.currency,
        )  # fmt: skip
