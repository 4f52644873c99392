"""The widget's page: sites, the secret, what to paste, and how it looks."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.csp import CSP, build_policy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from loyalty.core.errors import DomainError, NotFound
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.widget import operations, queries
from loyalty.core.widget.tokens import audience
from loyalty.web.office.connect.frame import tabs
from loyalty.web.office.forms.webhooks import OverlapForm
from loyalty.web.office.frame import office_page
from loyalty.web.office.people import names_of
from loyalty.web.office.widget import snippets


class SiteForm(forms.Form):
    """A site that may show the widget."""

    site = forms.CharField(
        label=gettext_lazy("Address of the site"),
        max_length=300,
        widget=forms.URLInput(
            attrs={"autocomplete": "url", "spellcheck": "false", "placeholder": "https://shop.example"}
        ),
        help_text=gettext_lazy("With and without “www.” are two sites: add both if both are used."),
    )


def _page(
    request: HttpRequest, here: Here, form: SiteForm, *, secret: str = "", status: int = 200
) -> HttpResponse:
    slug, sites = here.merchant.slug, queries.sites()
    rows = queries.secrets(at=here.at)
    current = next((row for row in rows if row.ends_at is None), None)
    home = request.build_absolute_uri("/").rstrip("/")
    preview = reverse("widget:frame", args=[slug])
    context: dict[str, Any] = {
        "tabs": tabs(here, "widget"),
        "form": form,
        "sites": sites,
        "current": current,
        "ending": [row for row in rows if row.ends_at is not None],
        "made_by": names_of([current.made_by]).get(current.made_by, "") if current else "",
        "secret": secret,
        "tag": snippets.tag(home, slug),
        "policy": snippets.policy(home),
        "points": snippets.points(),
        "minting": snippets.minting(slug, sites[0].origin if sites else "https://shop.example"),
        "languages": snippets.LANGUAGES,
        "audience": audience(slug),
        "preview_url": preview,
    }
    answer = office_page(request, here, "office/widget/widget.html", context, current="keys", status=status)
    # The preview is a frame of our own.
    policy: dict[str, Any] = {**settings.SECURE_CSP, "frame-src": [CSP.SELF]}
    answer.headers["Content-Security-Policy"] = build_policy(policy)
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require("keys.manage")
def widget(request: HttpRequest, here: Here) -> HttpResponse:
    """Everything about the widget; a POST allows one more site."""
    form = SiteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            site = operations.allow_site(url=form.cleaned_data["site"], at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("{site} may show the widget.").format(site=site.origin))
            return sent_to(request, reverse("office:widget", args=[here.merchant.slug]))
    return _page(request, here, form, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@require("keys.manage")
def remove_site(request: HttpRequest, here: Here, site_id: UUID) -> HttpResponse:
    """Stop showing it on a site, after asking."""
    back = reverse("office:widget", args=[here.merchant.slug])
    if request.method == "POST":
        gone = operations.remove_site(site=site_id, at=here.at)
        messages.success(request, _("{site} no longer shows the widget.").format(site=gone))
        return sent_to(request, back)
    site = next((row for row in queries.sites() if row.pk == site_id), None)
    if site is None:
        raise NotFound("site")
    context = {"site": site, "back_url": back}
    return office_page(
        request, here, "office/widget/site_remove.html", context, current="keys", partial="dialog"
    )


@never_cache
@require_POST
@require("keys.manage")
def make_secret(request: HttpRequest, here: Here) -> HttpResponse:
    """Make the first secret. It stands on the answer and nowhere else, ever again."""
    return _told(request, here, operations.make_secret(at=here.at))


def _told(request: HttpRequest, here: Here, secret: str) -> HttpResponse:
    answer = _page(request, here, SiteForm(), secret=secret)
    # Where the same form sent again is led: to the page, without the secret.
    answer["Content-Location"] = reverse("office:widget", args=[here.merchant.slug])
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require("keys.manage")
def roll_secret(request: HttpRequest, here: Here) -> HttpResponse:
    """A new secret; the old one counts for a while."""
    if queries.current_secret() is None:
        raise NotFound("secret")
    form = OverlapForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _told(request, here, operations.roll_secret(at=here.at, overlap=form.time))
    context = {"form": form, "back_url": reverse("office:widget", args=[here.merchant.slug])}
    return office_page(
        request, here, "office/widget/roll.html", context, current="keys", partial="dialog",
        status=422 if form.errors else 200,
    )  # fmt: skip
