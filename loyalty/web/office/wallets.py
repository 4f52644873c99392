"""Wallets: what makes members' cards for the phone's own wallet, how long it is good for, and how the card looks."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.connectors.wallets import apple as passes
from loyalty.connectors.wallets import pushing, queries
from loyalty.connectors.wallets.certificates import MAX_BYTES, AppleFiles
from loyalty.connectors.wallets.content import Content, grouped, pretended
from loyalty.connectors.wallets.operations import connect_apple, connect_google, disconnect
from loyalty.core import formats
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.pictures.queries import address
from loyalty.web import brand
from loyalty.web.office.frame import language_of, office_page

PLATFORMS = {"apple": gettext_lazy("Apple Wallet"), "google": gettext_lazy("Google Wallet")}


class AppleForm(forms.Form):
    certificate = forms.FileField(
        label=gettext_lazy("Certificate"),
        help_text=gettext_lazy(
            "The .p12 file exported from Keychain, or the certificate as a .pem or .cer file."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".p12,.pfx,.pem,.cer,.crt"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password of the file"),
        max_length=200,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("The one typed when it was exported. It is used once and not kept."),
    )
    key = forms.FileField(
        label=gettext_lazy("Private key"),
        required=False,
        help_text=gettext_lazy("Only where the first file is a certificate alone: the key as a .pem file."),
        widget=forms.ClearableFileInput(attrs={"accept": ".pem,.key"}),
    )
    intermediate = forms.FileField(
        label=gettext_lazy("Apple’s certificate"),
        required=False,
        help_text=gettext_lazy(
            "“Worldwide Developer Relations”, from Apple’s page of certificate authorities. "
            "Most .p12 files do not hold it."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".cer,.pem,.crt"}),
    )

    def uploaded(self) -> AppleFiles:
        """What was uploaded. One byte more than is allowed says that it is too large; the rest need not be read."""
        read = {
            name: file.read(MAX_BYTES + 1) if (file := self.cleaned_data[name]) else b""
            for name in ("certificate", "key", "intermediate")
        }
        return AppleFiles(**read, password=self.cleaned_data["password"])


class GoogleForm(forms.Form):
    issuer = forms.CharField(
        label=gettext_lazy("Issuer ID"),
        max_length=24,
        help_text=gettext_lazy("A number, at the top of Google’s Pay & Wallet Console."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    key_file = forms.FileField(
        label=gettext_lazy("Key of the service account"),
        help_text=gettext_lazy(
            "The .json file that Google made. The account needs the role Developer at the issuer."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
    )


def _url(here: Here) -> str:
    return reverse("office:wallets", args=[here.merchant.slug])


def summary(here: Here) -> str:
    """What is connected, in a few words, for the list of settings."""
    apple, google = queries.apple_wallet(), queries.google_wallet()
    names = [str(PLATFORMS["apple"])] if apple else []
    names += [str(PLATFORMS["google"])] if google else []
    if not names:
        return _("Not connected")
    text = " · ".join(names)
    if apple and queries.ends_soon(apple, at=here.at):
        text += " · " + _("certificate ends {day}").format(day=formats.when(apple.expires_at, "date"))
    return text


def notices(here: Here) -> list[dict[str, str]]:
    """A certificate that ends soon, for the list of what needs a look."""
    wallet = queries.apple_wallet() if here.may("settings.edit") else None
    if wallet is None or not queries.ends_soon(wallet, at=here.at):
        return []
    return [
        {
            "kind": "bad" if wallet.expires_at <= here.at else "warn",
            "icon": "wallet-cards",
            "text": _ending(wallet.expires_at <= here.at).format(day=formats.when(wallet.expires_at, "date")),
            "url": _url(here),
            "action": _("Renew it"),
        }
    ]


def _ending(is_over: bool) -> str:
    if is_over:
        return _(
            "The certificate for Apple Wallet ended on {day}. No new cards are made until it is renewed."
        )
    return _("The certificate for Apple Wallet ends on {day}.")


def _shown(content: Content, here: Here) -> dict[str, Any]:
    """A card of nobody as the page draws it."""
    language = language_of(get_language())
    return {
        "programme": content.look.programme[language],
        "points": content.points[language],
        "balance": formats.number(content.balance),
        "member": content.member,
        "code": content.code,
        "typed": grouped(content.code),
        "tier": content.tier[language] if content.tier else "",
        "logo_url": address(here.merchant.slug, here.merchant.logo, "small"),
        "brand_css_url": reverse("brand_css", args=[brand.digest(here.merchant.brand_colour)]),
    }


def _page(request: HttpRequest, here: Here, apple_form: AppleForm, google_form: GoogleForm) -> HttpResponse:
    apple, google = queries.apple_wallet(), queries.google_wallet()
    ends_soon = apple is not None and queries.ends_soon(apple, at=here.at)
    context = {
        "apple": apple,
        "google": google,
        "apple_form": apple_form,
        "google_form": google_form,
        "apple_cards": queries.passes("apple"),
        "google_cards": queries.passes("google"),
        "is_over": apple is not None and apple.expires_at <= here.at,
        "ending": notices(here)[0]["text"] if ends_soon else "",
        "is_https": settings.SITE_URL.startswith("https://"),
        "is_pushed": pushing.is_on(),
        "sample": _shown(pretended(here.merchant), here),
    }
    status = 422 if apple_form.errors or google_form.errors else 200
    return office_page(
        request, here, "office/wallets/wallets.html", context, current="settings", status=status
    )


@require_safe
@require("settings.edit")
def wallets(request: HttpRequest, here: Here) -> HttpResponse:
    """Both wallets, what is connected, and how the card looks."""
    return _page(request, here, AppleForm(), GoogleForm())


@require_POST
@require("settings.edit")
def apple(request: HttpRequest, here: Here) -> HttpResponse:
    """Connect Apple Wallet, or renew its certificate."""
    form = AppleForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            row = connect_apple(files=form.uploaded(), at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            day = formats.when(row.expires_at, "date")
            text = _("Apple Wallet is connected. The certificate is good until {day}.")
            messages.success(request, text.format(day=day))
            return sent_to(request, _url(here))
    return _page(request, here, form, GoogleForm())


@require_POST
@require("settings.edit")
def google(request: HttpRequest, here: Here) -> HttpResponse:
    """Connect Google Wallet, or give it another key."""
    form = GoogleForm(request.POST, request.FILES)
    if form.is_valid():
        key_file = form.cleaned_data["key_file"].read(MAX_BYTES + 1)
        try:
            connect_google(key_file=key_file, issuer=form.cleaned_data["issuer"].strip(), at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("Google Wallet is connected."))
            return sent_to(request, _url(here))
    return _page(request, here, AppleForm(), form)


def _disconnect(request: HttpRequest, here: Here, platform: str) -> HttpResponse:
    if request.method == "POST":
        disconnect(platform=platform, at=here.at)
        messages.success(request, _("{wallet} is disconnected.").format(wallet=PLATFORMS[platform]))
        return sent_to(request, _url(here))
    context = {
        "wallet": PLATFORMS[platform],
        "cards": queries.passes(platform),
        "back_url": _url(here),
    }
    return office_page(
        request, here, "office/wallets/disconnect.html", context, current="settings", partial="dialog"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("settings.edit")
def disconnect_apple(request: HttpRequest, here: Here) -> HttpResponse:
    """Forget Apple's certificate, after asking."""
    return _disconnect(request, here, "apple")


@require_http_methods(["GET", "HEAD", "POST"])
@require("settings.edit")
def disconnect_google(request: HttpRequest, here: Here) -> HttpResponse:
    """Forget Google's key, after asking."""
    return _disconnect(request, here, "google")


@require_safe
@require("settings.edit")
def sample(request: HttpRequest, here: Here) -> HttpResponse:
    """A card of nobody, to open on one's own phone before the first member has one. It never changes."""
    wallet = queries.apple_wallet()
    if wallet is None:
        raise Http404
    content = pretended(here.merchant)
    data = passes.built(
        queries.seal_of(wallet), look=content.look, language=content.language, serial="sample", token="",
        service="", content=content,
    )  # fmt: skip
    response = HttpResponse(data, content_type=passes.CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{here.merchant.slug}-sample.pkpass"'
    return response
