"""The shop's places: where tills stand and orders are made."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from loyalty.core.errors import DomainError, NotFound
from loyalty.core.merchants.models import Location
from loyalty.core.merchants.queries import locations
from loyalty.core.merchants.shaping import close_location, open_location, rename_location
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.frame import office_page


class PlaceForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=60,
        help_text=gettext_lazy(
            "How tills and web shops name this place, such as “harbour”. It stays for good."
        ),
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        """Small letters, whatever was typed."""
        return str(self.cleaned_data["code"]).strip().lower()


class NameForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)


def _back(here: Here) -> str:
    return reverse("office:settings_places", args=[here.merchant.slug])


@require_http_methods(["GET", "HEAD", "POST"])
@require("settings.edit")
def places(request: HttpRequest, here: Here) -> HttpResponse:
    """All places, and a further one."""
    form = PlaceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = open_location(**form.cleaned_data, at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("“{name}” is open.").format(name=made.name))
            return sent_to(request, _back(here))
    found = locations()
    context = {
        "form": form,
        "open": [place for place in found if place.closed_at is None],
        "closed": [place for place in found if place.closed_at is not None],
    }
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/settings/places.html", context, current="settings", status=status
    )


def _found(place_id: UUID) -> Location:
    found = next((place for place in locations() if place.pk == place_id), None)
    if found is None:
        raise NotFound("place")
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@require("settings.edit")
def place(request: HttpRequest, here: Here, place_id: UUID) -> HttpResponse:
    """Another name for a place."""
    row = _found(place_id)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": row.name})
    if request.method == "POST" and form.is_valid():
        try:
            rename_location(location=row.pk, name=form.cleaned_data["name"], at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The place has its new name."))
            return sent_to(request, _back(here))
    status = 422 if form.errors else 200
    context = {"place": row, "form": form}
    return office_page(
        request, here, "office/settings/place.html", context, current="settings", status=status
    )


@require_POST
@require("settings.edit")
def close(request: HttpRequest, here: Here, place_id: UUID) -> HttpResponse:
    """Close a place; it can be opened again."""
    row = close_location(location=place_id, at=here.at)
    undo = reverse("office:place_open", args=[here.merchant.slug, row.pk])
    messages.success(request, _("“{name}” is closed.").format(name=row.name), extra_tags=f"undo={undo}")
    return sent_to(request, _back(here))


@require_POST
@require("settings.edit")
def reopen(request: HttpRequest, here: Here, place_id: UUID) -> HttpResponse:
    """Open a closed place again."""
    row = close_location(location=place_id, at=here.at, closed=False)
    messages.success(request, _("“{name}” is open.").format(name=row.name))
    return sent_to(request, _back(here))
