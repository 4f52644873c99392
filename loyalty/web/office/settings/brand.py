"""Name, colour and logo: how the shop looks to its members, and that every text on it stays readable."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core.errors import DomainError
from loyalty.core.merchants.shaping import edit_shop
from loyalty.core.pages import Here, render_page, require, sent_to, show_errors
from loyalty.core.pictures.encoding import MAX_BYTES
from loyalty.core.pictures.operations import keep_picture
from loyalty.core.pictures.queries import address
from loyalty.web import brand as colours_of
from loyalty.web.office.frame import office_page

#: Calm starting points for who has no colour of their own yet.
SUGGESTED = ("#2f5d50", "#2f4fc4", "#b4532a", "#8a3f9c", "#a11d33", "#0f6b7a", "#c99700", "#33363d")


class BrandForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name of the shop"),
        max_length=120,
        help_text=gettext_lazy("On cards, posters and mails, wherever the programme has no name of its own."),
    )
    brand_colour = forms.CharField(
        label=gettext_lazy("Colour"),
        max_length=7,
        help_text=gettext_lazy("The background of cards and buttons. What is read on it follows by itself."),
        widget=forms.TextInput(attrs={"type": "color"}),
    )

    def clean_brand_colour(self) -> str:
        """Also three digits, also without the #."""
        try:
            return colours_of.normalise(self.cleaned_data["brand_colour"])
        except colours_of.BadColour as refused:
            raise forms.ValidationError(str(refused)) from None


class PictureForm(forms.Form):
    picture = forms.FileField(
        label=gettext_lazy("Picture file"),
        help_text=gettext_lazy("PNG, JPEG or WebP, at most 5 MB. It is made smaller for you."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )


def shown_pairs(colour: str) -> dict[str, Any]:
    """A colour and everything derived from it, as the page shows it; `adjusted` where the colour itself could not be
    read as text."""
    derived = colours_of.derive(colour)
    pairs = colours_of.pairs(derived)
    texts = [pair.ratio for pair in pairs if pair.least == colours_of.TEXT_CONTRAST]
    return {
        "brand": derived,
        "weakest": f"{number_format(min(texts), decimal_pos=1)}:1",
        "on_brand": f"{number_format(pairs[0].ratio, decimal_pos=1)}:1",
        "white_text": derived.on_brand == "#ffffff",
        "adjusted": derived.ink_light != derived.brand,
        "edged": derived.edge_light != derived.brand,
    }


def _page(request: HttpRequest, here: Here, form: BrandForm, picture_form: PictureForm) -> HttpResponse:
    shop = here.merchant
    typed = form.data.get("brand_colour", "") if form.is_bound and not form.errors else shop.brand_colour
    context = {
        "form": form,
        "picture_form": picture_form,
        "pairs": shown_pairs(typed or shop.brand_colour),
        "suggested": SUGGESTED,
        "logo_url": address(shop.slug, shop.logo),
    }
    bad = form.errors or picture_form.errors
    return office_page(
        request, here, "office/settings/brand.html", context, current="settings", status=422 if bad else 200
    )


def _blank(here: Here) -> BrandForm:
    return BrandForm(initial={"name": here.merchant.name, "brand_colour": here.merchant.brand_colour})


@require_http_methods(["GET", "HEAD", "POST"])
@require("settings.edit")
def brand(request: HttpRequest, here: Here) -> HttpResponse:
    """The shop's name and colour, and the logo beside them. Counts at once, for members too."""
    if request.method != "POST":
        return _page(request, here, _blank(here), PictureForm())
    form = BrandForm(request.POST)
    if form.is_valid():
        try:
            edit_shop(details=form.cleaned_data, at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("Saved. Members see it from their next page on."))
            return sent_to(request, request.path)
    return _page(request, here, form, PictureForm())


@require_safe
@require("settings.edit")
def colours(request: HttpRequest, here: Here) -> HttpResponse:
    """What a colour would look like, while it is being chosen. Saves nothing."""
    try:
        wanted = colours_of.normalise(request.GET.get("brand_colour", ""))
    except colours_of.BadColour:
        wanted = here.merchant.brand_colour
    context = {"pairs": shown_pairs(wanted), "merchant": here.merchant}
    return render_page(request, "office/settings/colours.html", context)


@require_POST
@require("settings.edit")
def logo(request: HttpRequest, here: Here) -> HttpResponse:
    """Another logo, or none (`remove`)."""
    back = reverse("office:settings_brand", args=[here.merchant.slug])
    if "remove" in request.POST:
        edit_shop(details={"logo": None}, at=here.at)
        messages.success(request, _("The logo is gone. The shop’s initials stand in its place."))
        return sent_to(request, back)
    form = PictureForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["picture"]
        try:
            # One byte more than is allowed says that it is too large; the rest need not be read.
            kept = keep_picture(data=file.read(MAX_BYTES + 1), name=file.name or "", at=here.at)
            edit_shop(details={"logo": kept.pk}, at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The new logo stands on every page and every card."))
            return sent_to(request, back)
    return _page(request, here, _blank(here), form)
