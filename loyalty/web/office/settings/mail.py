"""E-mail: whose name stands on it, where answers go, and whether it arrives."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from loyalty.core.errors import DomainError
from loyalty.core.merchants.shaping import edit_shop
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.frame import office_page
from loyalty.web.office.settings.mailing import is_configured, send, sender_of


class MailForm(forms.Form):
    sender_name = forms.CharField(
        label=gettext_lazy("Name of the sender"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("What people see in their inbox. Empty: the name of the shop."),
    )
    reply_to = forms.EmailField(
        label=gettext_lazy("Answers go to"),
        max_length=254,
        required=False,
        help_text=gettext_lazy(
            "An address somebody reads. Empty: the server’s own, which mostly nobody reads."
        ),
        widget=forms.EmailInput(attrs={"inputmode": "email", "autocomplete": "email"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("settings.edit")
def mail(request: HttpRequest, here: Here) -> HttpResponse:
    """The sender's name and where answers go; says plainly when no mail leaves this server."""
    shop = here.merchant
    initial = {"sender_name": shop.sender_name, "reply_to": shop.reply_to}
    form = MailForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            edit_shop(details=form.cleaned_data, at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The next mail goes out like this."))
            return sent_to(request, request.path)
    context = {
        "form": form,
        "configured": is_configured(),
        "sender": sender_of(shop),
        "reply_to": shop.reply_to,
        "me": str(request.user),
    }
    status = 422 if form.errors else 200
    return office_page(request, here, "office/settings/mail.html", context, current="settings", status=status)


@require_POST
@require("settings.edit")
def test(request: HttpRequest, here: Here) -> HttpResponse:
    """A mail to oneself: what members would get, from the sender that is saved."""
    shop, me = here.merchant, str(request.user)
    send(
        request,
        shop,
        to=me,
        subject=_("A test from {shop}").format(shop=shop.name),
        text=_(
            "This is what mail from {shop} looks like.\n\nIf you can read it in your inbox, your members will"
            " read theirs. Answer it to see where answers arrive."
        ).format(shop=shop.name),
    )
    if is_configured():
        messages.success(request, _("Sent to {email}. It should be there within a minute.").format(email=me))
    else:
        messages.warning(request, _("Written to a file on the server: no mail server is set up."))
    return sent_to(request, reverse("office:settings_mail", args=[shop.slug]))
