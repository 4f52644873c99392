"""Every component the pages are built from, for the shop's own staff: the gallery, in this shop's frame of mind."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from loyalty.core.pages import Here, require
from loyalty.web.office.gallery import office_context


@require_safe
@require("settings.edit")
def components(request: HttpRequest, here: Here) -> HttpResponse:
    """The component library on one page. Its links lead back to itself; it reads nothing and changes nothing."""
    base = reverse("office:components", args=[here.merchant.slug])
    part = "#reasons" if request.GET.get("part") == "reasons" else ""
    return render(request, f"office/gallery.html{part}", office_context(request, base))
