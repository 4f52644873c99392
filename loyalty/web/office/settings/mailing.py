"""Mail that a page of the dashboard sends: in the shop's name, once what it tells about is certain."""

from collections.abc import Callable
from smtplib import SMTPException

from django.contrib import messages
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from campaigns.providers.email import is_configured, sender_of
from loyalty.core.merchants.models import Merchant

__all__ = ["is_configured", "send", "sender_of"]


def send(request: HttpRequest, shop: Merchant, *, to: str, subject: str, text: str) -> None:
    """Send one mail when the transaction is over; the person at the page is told when it could not be sent."""
    mail = EmailMessage(
        " ".join(subject.split()),
        text,
        from_email=sender_of(shop),
        to=[to],
        reply_to=[shop.reply_to] if shop.reply_to else None,
    )
    transaction.on_commit(_sender(request, mail))


def _sender(request: HttpRequest, mail: EmailMessage) -> Callable[[], None]:
    def now() -> None:
        try:
            mail.send()
        except (OSError, SMTPException):
            messages.error(
                request, _("The mail could not be sent: the mail server does not answer as it should.")
            )

    return now
